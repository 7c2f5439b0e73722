//! pymodbus as the meter: every type in every word order comes out of the platform's ledger as it was put in.

use super::{
    process::{Running, first_line, free_port, python},
    stack::Stack,
};
use std::{process::Stdio, time::Duration};

#[test]
fn every_type_and_word_order_of_a_foreign_server_is_read_exactly() {
    let port = free_port();
    let mut server = Running(python("modbus_server.py").arg(port.to_string()).stdout(Stdio::piped()).spawn().unwrap());
    let described: serde_json::Value = serde_json::from_str(&first_line(&mut server)).unwrap();
    let points = described["points"].as_array().unwrap();
    assert_eq!(points.len(), 26);

    let mut sources =
        format!("[[bus]]\nname = \"line\"\naddress = \"127.0.0.1:{port}\"\n[[bus.meter]]\nname = \"m\"\nunit_id = 1\n");
    for point in points {
        let (kind, order, register) =
            (point["type"].as_str().unwrap(), point["order"].as_str().unwrap(), &point["register"]);
        let order_line = if kind.ends_with("16") { String::new() } else { format!("word_order = \"{order}\"\n") };
        let resolution = if kind.starts_with('f') { "resolution = \"0.01\"\n" } else { "" };
        sources += &format!(
            "[[bus.meter.point]]\nname = \"{kind}-{order}\"\nregister = {register}\ntype = \"{kind}\"\n{order_line}\
             kind = \"cumulative\"\n{resolution}unit = \"kWh\"\ncarrier = \"electricity\"\n"
        );
    }
    let stack = Stack::start();
    let _agent = stack.agent(&sources);
    let ledger = stack.wait("/api/v1/ledger", Duration::from_secs(30), |ledger| {
        ledger
            .as_array()
            .is_some_and(|rows| rows.len() == points.len() && rows.iter().all(|row| row["last"].is_string()))
    });
    for point in points {
        let name = format!("{}-{}", point["type"].as_str().unwrap(), point["order"].as_str().unwrap());
        let row = ledger.as_array().unwrap().iter().find(|row| row["point"] == name.as_str()).unwrap();
        // two decimals are the float points' resolution
        let expected = match &point["value"] {
            value if value.is_f64() => format!("{:.2}", value.as_f64().unwrap()),
            value => value.to_string(),
        };
        assert_eq!(row["last"].as_str().unwrap(), expected, "{name}");
    }
}
