//! The agent reads DL/T 645 meters of the PyPI package dlt645, over TCP and on a serial line, and CJ/T 188 meters of a
//! simulator of ours, since there is no package. What its console shows is what the meters hold.

use super::{
    lines::cable,
    process::{Running, first_line, free_port, python},
    stack::Stack,
};
use serde_json::Value;
use std::{
    process::Stdio,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(60);

fn meter(script: &str, arguments: &[&str]) -> Running {
    let mut meter = Running(python(script).args(arguments).stdout(Stdio::piped()).spawn().unwrap());
    assert_eq!(first_line(&mut meter), "ready\n");
    meter
}

/// A whole meter: a block that the peer refuses, one of three phases, signs, single values.
fn electricity(name: &str) -> String {
    let mut text =
        format!("[[bus.meter]]\nname = \"{name}\"\nprotocol = \"dlt645-2007\"\naddress = \"202100123456\"\n");
    let tariffs = ["energy", "t1", "t2", "t3", "t4"].into_iter().zip(0_u32..);
    for (point, tariff) in tariffs {
        text += &format!(
            "[[bus.meter.point]]\nname = \"{point}\"\nidentifier = \"0001{tariff:02}00\"\nbytes = 4\nkind = \"cumulative\"\n\
             scale = \"0.01\"\nunit = \"kWh\"\ncarrier = \"electricity\"\ndigits = 8\n"
        );
    }
    for (point, identifier, bytes, signed, scale, unit) in [
        ("voltage_l1", "02010100", 2, false, "0.1", "V"),
        ("voltage_l2", "02010200", 2, false, "0.1", "V"),
        ("voltage_l3", "02010300", 2, false, "0.1", "V"),
        ("current_l1", "02020100", 3, true, "0.001", "A"),
        ("power", "02030000", 3, true, "0.0001", "kW"),
        ("frequency", "02800002", 2, false, "0.01", "Hz"),
        ("absent", "02810001", 2, false, "0.01", ""),
    ] {
        text += &format!(
            "[[bus.meter.point]]\nname = \"{point}\"\nidentifier = \"{identifier}\"\nbytes = {bytes}\nsigned = {signed}\n\
             scale = \"{scale}\"\nunit = \"{unit}\"\n"
        );
    }
    text
}

const HELD: [(&str, f64); 11] = [
    ("energy", 12345.67),
    ("t1", 1000.01),
    ("t2", 2000.02),
    ("t3", 3000.03),
    ("t4", 6345.61),
    ("voltage_l1", 220.1),
    ("voltage_l2", 221.2),
    ("voltage_l3", 219.9),
    ("current_l1", -1.234),
    ("power", -12.3456),
    ("frequency", 49.98),
];

fn points(console: u16) -> Option<Value> {
    ureq::get(format!("http://127.0.0.1:{console}/api/v1/points")).call().ok()?.body_mut().read_json().ok()
}

fn point<'a>(points: &'a Value, meter: &str, name: &str) -> Option<&'a Value> {
    points.as_array()?.iter().find(|point| point["meter"] == meter && point["point"] == name)
}

fn holds(points: &Value, meter: &str, name: &str, value: f64) -> bool {
    let shown = point(points, meter, name).and_then(|point| point["value"].as_str()?.parse::<f64>().ok());
    shown.is_some_and(|shown| (shown - value).abs() < 1e-9)
}

/// Until the console shows all of it.
fn wait(stack: &Stack, console: u16, expected: &[(&str, &str, f64)]) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let shown = points(console).unwrap_or_default();
        let missing: Vec<_> =
            expected.iter().filter(|(meter, name, value)| !holds(&shown, meter, name, *value)).collect();
        if missing.is_empty() {
            return shown;
        }
        assert!(Instant::now() < end, "{missing:?}\n{shown:#}\n{}", stack.logs());
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_console_shows_what_meters_of_dlt645_hold_over_tcp_and_on_a_serial_line() {
    let stack = Stack::prepared();
    let (console, port) = (free_port(), free_port().to_string());
    let _socat = cable(&stack.path(""));
    // a serial port lies below /dev: what the link names; a pseudo terminal has no parity
    let (theirs, ours) = (stack.path("meter"), stack.path("agent").canonicalize().unwrap());
    let _tcp = meter("dlt645_meter.py", &["tcp", &port]);
    let _serial = meter("dlt645_meter.py", &["serial", theirs.to_str().unwrap(), "9600", "N"]);
    let sources = format!(
        "[console]\nlisten = \"127.0.0.1:{console}\"\n\
         [[bus]]\nname = \"hall\"\nlink = \"serial_server\"\naddress = \"127.0.0.1:{port}\"\nformat = \"8E1\"\n{}\
         [[bus]]\nname = \"line\"\nlink = \"serial\"\nport = \"{}\"\nformat = \"8N1\"\n{}",
        electricity("tcp"),
        ours.display(),
        electricity("serial"),
    );
    let agent = stack.agent(&sources);
    let expected: Vec<_> =
        ["tcp", "serial"].into_iter().flat_map(|meter| HELD.map(|(name, value)| (meter, name, value))).collect();
    let shown = wait(&stack, console, &expected);
    for meter in ["tcp", "serial"] {
        let absent = point(&shown, meter, "absent").unwrap();
        assert_eq!((&absent["value"], &absent["reason"]), (&Value::Null, &"exception".into()), "{meter}");
    }
    assert!(agent.stop().success(), "{}", stack.logs());
}

#[test]
fn the_console_shows_what_water_and_heat_meters_hold() {
    let stack = Stack::prepared();
    let (console, port) = (free_port(), free_port().to_string());
    let _line = meter("cjt188_meter.py", &[&port]);
    let point = |name: &str, offset: u8, bytes: u8, unit_code: Option<u8>, scale: &str, unit: &str| {
        let unit_code = unit_code.map_or(String::new(), |code| format!("unit_code = {code}\n"));
        format!(
            "[[bus.meter.point]]\nname = \"{name}\"\nidentifier = \"901F\"\noffset = {offset}\nbytes = {bytes}\n\
             {unit_code}scale = \"{scale}\"\nunit = \"{unit}\"\n"
        )
    };
    let sources = format!(
        "[console]\nlisten = \"127.0.0.1:{console}\"\n\
         [[bus]]\nname = \"pipes\"\nlink = \"serial_server\"\naddress = \"127.0.0.1:{port}\"\nformat = \"8E1\"\n\
         [[bus.meter]]\nname = \"water\"\nprotocol = \"cjt188\"\nkind = \"water\"\naddress = \"78330011223344\"\n{}\
         [[bus.meter]]\nname = \"heat\"\nprotocol = \"cjt188\"\nkind = \"heat\"\naddress = \"00000040314132\"\n{}{}{}{}",
        point("volume", 0, 4, Some(0x2C), "0.01", "m3"),
        point("heat_energy", 5, 4, Some(0x05), "0.01", "kWh"),
        point("heat_power", 10, 4, Some(0x17), "0.01", "kW"),
        point("temperature_supply", 25, 3, None, "0.01", "°C"),
        // the meter counts m3, and this was set up for litres
        point("volume_in_litres", 20, 4, Some(0x29), "0.01", "L"),
    );
    let agent = stack.agent(&sources);
    let expected = [
        ("water", "volume", 556.67),
        ("heat", "heat_energy", 123.45),
        ("heat", "heat_power", 12.5),
        ("heat", "temperature_supply", 65.35),
    ];
    let shown = wait(&stack, console, &expected);
    let litres = self::point(&shown, "heat", "volume_in_litres").unwrap();
    assert_eq!((&litres["value"], &litres["reason"]), (&Value::Null, &"out_of_range".into()));
    assert!(agent.stop().success(), "{}", stack.logs());
}
