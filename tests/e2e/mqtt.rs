//! The agent's file for MQTT as an installer writes it: a login, wildcards, arrays and CSV, from paho through mosquitto to
//! the platform's ledger.

use super::{
    mosquitto::Mosquitto,
    process::{Running, python},
    stack::Stack,
};
use serde_json::{Value, json};
use std::{fs, io::Write, os::unix::fs::PermissionsExt, process::Command, process::Stdio, time::Duration};

const PASSWORD: &str = "geheim-17";
const PATIENCE: Duration = Duration::from_secs(60);

fn sources(port: u16) -> String {
    format!(
        r#"
[[mqtt]]
name = "machines"
url = "mqtt://127.0.0.1:{port}"
version = 5
username = "gw"
password_file = "mqtt.password"

[[mqtt.topic]]
topic = "plant/+/energy"
meter = "{{1}}"
meters = ["lathe", "press"]
each = "/values"
strings = true
time = {{ pointer = "/t", format = "unix_ms" }}

[[mqtt.topic.point]]
name = "energy"
pointer = "/kwh"
kind = "cumulative"
resolution = "0.01"
unit = "kWh"
carrier = "electricity"

[[mqtt.topic]]
topic = "plant/boiler"
meter = "boiler"
format = "csv"
separator = ";"
time = {{ pointer = "1", format = "unix_s" }}

[[mqtt.topic.point]]
name = "gas"
pointer = "3"
kind = "cumulative"
resolution = "0.1"
unit = "m3"
carrier = "natural_gas"
"#
    )
}

fn publish(port: u16, topic: &str, payload: &str) {
    let mut command = python("publish.py");
    let mut publisher = Running(command.args([&port.to_string(), topic]).stdin(Stdio::piped()).spawn().unwrap());
    writeln!(publisher.0.stdin.take().unwrap(), "{payload}").unwrap();
    assert!(publisher.0.wait().unwrap().success());
}

fn last<'l>(ledger: &'l Value, meter: &str) -> &'l Value {
    ledger.as_array().unwrap().iter().find(|row| row["meter"] == meter).map_or(&Value::Null, |row| &row["last"])
}

#[test]
fn what_machines_say_behind_a_login_reaches_the_ledger_and_the_password_no_log() {
    let stack = Stack::start();
    let users = stack.path("users");
    let made = Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&users).args(["gw", PASSWORD]).status();
    assert!(made.unwrap().success());
    let broker = Mosquitto::start_with(format!("password_file {}\n", users.display()));
    let port = broker.port();

    stack.configure_agent(&sources(port));
    let (right, said) = stack.ask_agent("check");
    assert!(right && said.contains("mqtt.password can not be read"), "{said}");
    stack.write("mqtt.password", &format!("{PASSWORD}\n"));
    let mode = |mode| fs::set_permissions(stack.path("mqtt.password"), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    assert!(stack.ask_agent("check").1.contains("warning: "));
    let _agent = stack.start_agent();
    stack.wait_log("agent.log", &["mqtt.password is open to every user of this machine"]);
    stack.wait_log("agent.log", &["connected to the broker"]);
    mode(0o600);
    assert!(!stack.ask_agent("check").1.contains("warning: /"));

    let now = mujun::runtime::clock::now().0;
    let values = |kwh: [&str; 3]| {
        let value = |(at, kwh): (i64, &str)| json!({ "t": now - at, "kwh": kwh });
        let at = [120_000, 60_000, 0];
        json!({ "values": at.into_iter().zip(kwh).map(value).collect::<Vec<_>>() }).to_string()
    };
    // the subscription is asked for right after the connection was made
    std::thread::sleep(Duration::from_secs(1));
    publish(port, "plant/lathe/energy", &values(["10.00", "10.50", "11.25"]));
    publish(port, "plant/press/energy", &values(["7.00", "7.01", "7.02"]));
    publish(port, "plant/saw/energy", &values(["1.00", "1.01", "1.02"]));
    publish(port, "plant/boiler", &format!("{};ok;120.5", now / 1000 - 60));
    publish(port, "plant/boiler", &format!("{};ok;121.0", now / 1000));
    stack.wait_log("agent.log", &["meter=\"saw\"", "refused: the meter is not in `meters` of its topic"]);
    let ledger = stack
        .wait("/api/v1/ledger", PATIENCE, |ledger| last(ledger, "press") == "7.02" && last(ledger, "boiler") == "121");
    assert_eq!(last(&ledger, "lathe"), "11.25");
    assert_eq!(ledger.as_array().map(Vec::len), Some(3), "{ledger}");
    assert!(!stack.logs().contains(PASSWORD));
}
