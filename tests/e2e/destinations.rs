//! One gateway, two platforms: one of them comes up long after the other has everything.

use super::{
    process::{Running, first_line, free_port, python},
    stack::Stack,
};
use std::{process::Stdio, time::Duration};

#[test]
fn a_platform_that_comes_late_gets_what_the_other_has() {
    let port = free_port();
    let mut server = Running(python("modbus_server.py").arg(port.to_string()).stdout(Stdio::piped()).spawn().unwrap());
    first_line(&mut server);
    let sources = format!(
        "[[bus]]\nname = \"line\"\naddress = \"127.0.0.1:{port}\"\n[[bus.meter]]\nname = \"m\"\nunit_id = 1\n\
         [[bus.meter.point]]\nname = \"energy\"\nregister = 0\ntype = \"u16\"\nkind = \"cumulative\"\nunit = \"kWh\"\n"
    );
    let (county, mut city) = (Stack::start(), Stack::prepared());
    let uplinks = county.uplink("county") + &city.uplink("city");
    let agent = county.agent_to(&uplinks, &sources);
    let read = |ledger: &serde_json::Value| ledger[0]["last"].is_string();
    let at_county = county.wait("/api/v1/ledger", Duration::from_secs(30), read);
    // what the first run read lies in a sealed generation now
    drop(agent);
    let _agent = county.agent_to(&uplinks, &sources);
    city.start_platform();
    let at_city = city.wait("/api/v1/ledger", Duration::from_secs(90), read);
    assert_eq!(at_city[0]["first_ms"], at_county[0]["first_ms"], "from the first reading on");
    assert_eq!(at_city[0]["first"], at_county[0]["first"]);
}
