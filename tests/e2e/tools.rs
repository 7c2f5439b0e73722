//! The installer's tools, as commands: on a simulated line whose slaves misbehave, and against DL/T 645 and Modbus TCP
//! peers that we did not write.

use super::{
    process::{Running, first_line, free_port, python},
    simulated::{Behaviour, Line, Slave, character, crc},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};

const TURNAROUND: Duration = Duration::from_millis(20);

fn tool(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mujun-agent"));
    command.args(arguments).args(["--lang", "en"]);
    command
}

fn said(arguments: &[&str]) -> (i32, String) {
    let output = tool(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap_or_else(|| panic!("{error}")), format!("{text}{error}"))
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let (status, text) = said(arguments);
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn slave(unit: u8, behaviour: Behaviour) -> Slave {
    Slave { unit, turnaround: TURNAROUND, behaviour }
}

fn line(slaves: Vec<Slave>) -> (Line, String) {
    let line = Line::start(character(38_400, 10), false, slaves);
    let address = line.address.to_string();
    (line, address)
}

fn suspicions(value: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let findings = value["findings"].as_array().unwrap().iter();
    findings.map(|finding| (text(&finding["suspicion"]).unwrap(), text(&finding["meter"]))).collect()
}

fn doctor(address: &str, units: &str) -> (i32, Value) {
    let at = ["--serial-server", address, "--baud", "38400", "--timeout-ms", "1000"];
    json(&[&["doctor"][..], &at, &["--units", units, "--for", "6", "--json"]].concat())
}

#[test]
fn a_scan_finds_who_answers_and_says_who_answers_badly() {
    let (line, address) = line(vec![
        Slave::sound(1, TURNAROUND),
        slave(2, Behaviour::Dead),
        slave(3, Behaviour::Exception(2)),
        slave(4, Behaviour::WrongCrc),
        slave(5, Behaviour::Noisy(vec![0xFF, 0x00], vec![0x00])),
    ]);
    let at = ["scan", "--serial-server", &address, "--baud", "38400", "--units", "1-6", "--protocol", "modbus"];
    let (status, value) = json(&[&at[..], &["--json", "--timeout-ms", "150"]].concat());
    let found: Vec<_> = value["found"].as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap()).collect();
    assert_eq!((status, found), (0, vec!["1", "3", "5"]), "{value}");
    assert_eq!(value["garbled"][0]["address"], "4", "{value}");
    assert_eq!(value["found"][1]["said"], "refused (exception 2: it has no such register)");
    let writes = line.asked().iter().filter(|asked| !(1..=4).contains(&asked.function)).count();
    assert_eq!(writes, 0, "a scan reads");
}

#[test]
fn a_scan_that_is_stopped_says_what_it_has() {
    let (_line, address) = line(vec![Slave::sound(1, TURNAROUND)]);
    let arguments = ["scan", "--serial-server", &address, "--timeout-ms", "1000", "--protocol", "modbus", "--anyway"];
    let child = tool(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    // far from its end: 247 addresses of a second each
    std::thread::sleep(Duration::from_secs(5));
    let mut out = running.0.stdout.take().unwrap();
    assert!(running.interrupt().success());
    let mut text = String::new();
    out.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("stopped; found so far:") && text.contains("9600 8N1  modbus    1 "), "{text}");
}

#[test]
fn the_doctor_finds_nothing_on_a_sound_line() {
    let (_line, address) = line(vec![Slave::sound(1, TURNAROUND), Slave::sound(2, TURNAROUND)]);
    let (status, value) = doctor(&address, "1-2");
    assert_eq!((status, suspicions(&value)), (0, vec![]), "{value}");
    let median = value["meters"][0]["turnaround_ms"]["median"].as_f64().unwrap();
    assert!((15.0..120.0).contains(&median), "{median}");
}

#[test]
fn the_doctor_tells_a_dead_meter_from_two_on_one_address() {
    let twin = |ms| Slave::sound(3, Duration::from_millis(ms));
    let (_line, address) = line(vec![Slave::sound(1, TURNAROUND), slave(2, Behaviour::Dead), twin(20), twin(21)]);
    let (status, value) = doctor(&address, "1-3");
    let is = |suspicion: &str, meter: &str| (suspicion.to_owned(), Some(meter.to_owned()));
    assert_eq!(status, 1, "{value}");
    assert_eq!(suspicions(&value), [is("dead_meter", "unit 2"), is("two_on_one_address", "unit 3")], "{value}");
}

#[test]
fn the_doctor_knows_silence_echo_and_a_slow_meter() {
    let (_silent, address) = line(vec![]);
    assert_eq!(suspicions(&doctor(&address, "1-2").1), [("nothing_heard".into(), None)]);
    let echoing = Line::start(character(38_400, 10), true, vec![Slave::sound(1, TURNAROUND)]);
    assert_eq!(suspicions(&doctor(&echoing.address.to_string(), "1").1), [("echo".into(), None)]);
    let (_slow, address) = line(vec![slave(1, Behaviour::Late(Duration::from_millis(760)))]);
    let (_, value) = doctor(&address, "1");
    assert_eq!(suspicions(&value), [("timeout_tight".into(), Some("unit 1".into()))], "{value}");
}

/// Somebody else asks on the line: a tool that listens hears it before it says a word.
#[test]
fn another_master_is_heard_and_a_scan_holds_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = [&[9, 3, 0, 0, 0, 2][..], &crc(&[9, 3, 0, 0, 0, 2])].concat();
            std::thread::spawn(move || {
                while stream.write_all(&request).is_ok() {
                    std::thread::sleep(Duration::from_millis(300));
                }
            });
        }
    });
    let (status, text) = said(&["scan", "--serial-server", &address, "--protocol", "modbus", "--units", "1"]);
    assert!(status == 1 && text.contains("another master is on this line"), "{text}");
    assert!(text.contains("modbus-rtu 9: 3 @0x0000 x2"), "{text}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let to = file.path().to_str().unwrap();
    let (status, text) = said(&["capture", "--serial-server", &address, "--to", to, "--for", "2"]);
    assert_eq!(status, 0, "{text}");
    let (status, value) = json(&["replay", to, "--json"]);
    assert_eq!((status, &value["exchanges"][0]["state"]), (1, &"unasked".into()), "{value}");
}

#[test]
fn what_a_tool_says_on_the_line_is_captured_and_replayed() {
    let (_line, address) = line(vec![Slave::sound(1, TURNAROUND), slave(2, Behaviour::WrongCrc)]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let at = ["--serial-server", &address, "--timeout-ms", "300", "--units", "1-2", "--for", "1", "--capture", path];
    assert_eq!(said(&[&["doctor"][..], &at].concat()).0, 1);
    let (status, value) = json(&["replay", path, "--json"]);
    let exchanges = value["exchanges"].as_array().unwrap();
    let states = |unit: &str| {
        let of = exchanges.iter().filter(|one| one["asked"].as_str().unwrap().starts_with(unit));
        of.map(|one| one["state"].as_str().unwrap()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!((status, states("1:"), states("2:")), (1, ["sound"].into(), ["damaged"].into()), "{value}");
}

/// The types and orders of `modbus_server.py`, encoded by Python: the display's number finds each of them.
#[test]
fn the_number_on_the_display_finds_type_and_order() {
    let port = free_port().to_string();
    let mut server = Running(python("modbus_server.py").arg(&port).stdout(Stdio::piped()).spawn().unwrap());
    let told: Value = serde_json::from_str(&first_line(&mut server)).unwrap();
    let address = format!("127.0.0.1:{port}");
    for point in told["points"].as_array().unwrap() {
        let register = point["register"].to_string();
        let value = match point["type"].as_str() {
            // no more digits than a float of 32 bits has
            Some("f32") => format!("{:.2}", point["value"].as_f64().unwrap()),
            _ => point["value"].to_string(),
        };
        let arguments = [
            "read",
            "--tcp",
            &address,
            "--unit",
            "1",
            "--register",
            &register,
            "--count",
            "4",
            "--json",
            "--expect",
            &value,
        ];
        let (status, read) = match point["type"].as_str() {
            // 19 digits: no display shows them, and no decoding so large is plausible
            Some("i64" | "u64") => continue,
            _ => json(&arguments),
        };
        let matched = read["matches"].as_array().unwrap().iter().any(|one| {
            let same = |key: &str, of: &str| one[key] == point[of];
            same("register", "register") && same("type", "type") && same("word_order", "order")
                // of a positive number the unsigned type says the same
                || same("register", "register") && point["type"].as_str().unwrap().replace('i', "u") == one["type"].as_str().unwrap() && same("word_order", "order")
        });
        assert!(status == 0 && matched, "{point}: {}", read["matches"]);
    }
    let (status, text) =
        said(&["read", "--tcp", &address, "--unit", "1", "--register", "0", "--count", "1", "--expect", "99999.9"]);
    assert!(status == 1 && text.contains("no decoding gives 99999.9"), "{text}");
}

#[test]
fn a_network_range_is_scanned_where_it_was_named() {
    let port = free_port().to_string();
    let mut server = Running(python("modbus_server.py").arg(&port).stdout(Stdio::piped()).spawn().unwrap());
    assert!(!first_line(&mut server).is_empty());
    let (status, value) = json(&["scan", "--hosts", "127.0.0.1-3", "--port", &port, "--units", "1", "--json"]);
    let found: Vec<_> =
        value["found"].as_array().unwrap().iter().map(|one| one["host"].as_str().unwrap().to_owned()).collect();
    assert_eq!((status, found), (0, vec![format!("127.0.0.1:{port}")]), "{value}");
    let (status, text) = said(&["scan", "--hosts", "10.0.0.0/8"]);
    assert!(status == 64 && text.contains("1024 hosts at most"), "{text}");
}

/// The PyPI package dlt645.
#[test]
fn a_dlt645_meter_is_read_and_its_display_found() {
    let port = free_port().to_string();
    let mut meter = Running(python("dlt645_meter.py").args(["tcp", &port]).stdout(Stdio::piped()).spawn().unwrap());
    assert_eq!(first_line(&mut meter), "ready\n");
    let address = format!("127.0.0.1:{port}");
    let at = ["read", "--serial-server", &address, "--dlt645", "202100123456"];
    let (status, text) = said(&[&at[..], &["--identifier", "00010000", "--expect", "12345.67"]].concat());
    assert!(
        status == 0 && text.contains("identifier = \"00010000\"\noffset = 0\nbytes = 4\nscale = \"0.01\""),
        "{text}"
    );
    let (status, text) = said(&[&at[..], &["--identifier", "02030000"]].concat());
    assert!(status == 0 && text.contains("-12.3456") && text.contains("kW"), "{text}");
    let (status, text) = said(&[&at[..], &["--identifier", "0001"]].concat());
    assert!(status == 64 && text.contains("8 hexadecimal digits"), "{text}");
}

#[test]
fn what_is_wrong_is_said_with_its_remedy() {
    let nothing = free_port();
    let (status, text) = said(&["scan", "--serial", "/dev/no-such-port", "--protocol", "modbus", "--units", "1"]);
    assert!(status == 1 && text.contains("ls /dev/serial/by-id"), "{text}");
    let (status, text) = said(&["read", "--tcp", &format!("127.0.0.1:{nothing}"), "--unit", "1", "--register", "0"]);
    assert!(status == 1 && text.contains("nothing was read") && text.contains("fix:"), "{text}");
    let (status, text) = said(&["doctor"]);
    assert!(status == 64 && text.contains("no line is named"), "{text}");
    let (status, text) = said(&["replay", "/etc/hostname"]);
    assert!(status == 64 && text.contains("this is no capture"), "{text}");
    let mut out = BufReader::new(tool(&["scan", "--help"]).stdout(Stdio::piped()).spawn().unwrap().stdout.unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert!(first.starts_with("Find the meters"), "{first}");
}
