//! pymodbus' meters on lines of every kind: a serial port (socat's pair of pseudo terminals), a serial server, a DTU
//! that calls, TLS.

use super::process::{Running, first_line, free_port, python};
use mujun::agent::{
    config::{Bus, DialIn, Function, Link, Parity, Serial, Tls, Wire},
    source::{
        line::{Endpoint, Fault, Switchboard},
        modbus::{Answer, Read},
    },
};
use std::{
    future::Future,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const WIRE: Wire = Wire { baud: 9600, parity: Parity::Even, stop_bits: 1 };
const TIMEOUT: Duration = Duration::from_secs(1);
/// No test waits longer for a peer.
const PATIENCE: Duration = Duration::from_secs(40);

fn endpoint(link: Link) -> Endpoint {
    Endpoint::new(&bus(link))
}

fn bus(link: Link) -> Bus {
    Bus { name: "line-1".into(), link, timeout: TIMEOUT, poll_interval: TIMEOUT, meters: Vec::new() }
}

fn holding(start: u16, count: u16) -> Read {
    Read { function: Function::HoldingRegisters, start, count, parts: Vec::new() }
}

/// Register `a` of unit `u` holds `1000·u + a`.
fn values(unit: u8, start: u16, count: u16) -> Answer {
    Answer::Words((start..start + count).map(|at| 1000 * u16::from(unit) + at).collect())
}

fn meters(args: &[&str]) -> Running {
    let mut server = Running(python("modbus_line.py").args(args).stdout(Stdio::piped()).spawn().unwrap());
    assert_eq!(first_line(&mut server), "ready\n");
    server
}

/// Three meters, each in several requests, short and of the greatest length.
async fn all_are_read(endpoint: &mut Endpoint) {
    for (start, count) in [(0, 2), (100, 125), (7, 1)] {
        for unit in 1..=3 {
            let answer = endpoint.read(unit, &holding(start, count)).await;
            assert_eq!(answer.unwrap(), values(unit, start, count), "unit {unit}, from {start}");
        }
    }
}

/// Asks until the first meter answers, for as long as it is patient.
async fn until_it_answers(endpoint: &mut Endpoint) {
    let begun = Instant::now();
    loop {
        endpoint.begin_poll();
        match endpoint.read(1, &holding(5, 3)).await {
            Ok(answer) => return assert_eq!(answer, values(1, 5, 3)),
            Err(fault) => assert!(begun.elapsed() < PATIENCE, "still {fault}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Two ends of a cable, `meter` and `agent` in the folder.
fn cable(dir: &Path) -> Running {
    let end = |name| format!("pty,raw,echo=0,link={}", dir.join(name).display());
    let socat = Running(Command::new("socat").args([end("meter"), end("agent")]).spawn().unwrap());
    let begun = Instant::now();
    while !(dir.join("meter").exists() && dir.join("agent").exists()) {
        assert!(begun.elapsed() < PATIENCE, "socat makes its two ends");
        std::thread::sleep(Duration::from_millis(10));
    }
    socat
}

fn serial(path: PathBuf) -> Serial {
    Serial { path, wire: WIRE, rs485: false }
}

#[tokio::test]
async fn rtu_on_a_serial_port_through_an_absent_meter_and_a_pulled_cable() {
    let dir = tempfile::tempdir().unwrap();
    let (meter, ours) = (dir.path().join("meter"), dir.path().join("agent"));
    let socat = cable(dir.path());
    let slave = meters(&["serial", meter.to_str().unwrap(), "9600", "E"]);
    let mut endpoint = endpoint(Link::Serial(serial(ours.clone())));
    all_are_read(&mut endpoint).await;

    let absent = endpoint.read(9, &holding(0, 2)).await;
    assert!(matches!(absent, Err(Fault::Timeout(_))), "{absent:?}");
    all_are_read(&mut endpoint).await;

    let mut second = self::endpoint(Link::Serial(serial(ours)));
    let taken = second.read(1, &holding(0, 2)).await.unwrap_err();
    assert!(taken.to_string().contains("another program holds the port"), "{taken}");

    drop((slave, socat));
    let pulled = endpoint.read(1, &holding(0, 2)).await.unwrap_err();
    assert_eq!(pulled.reason(), mujun::model::Reason::Disconnected, "{pulled}");
    let _socat = cable(dir.path());
    let _slave = meters(&["serial", meter.to_str().unwrap(), "9600", "E"]);
    until_it_answers(&mut endpoint).await;
    all_are_read(&mut endpoint).await;
}

#[tokio::test]
async fn rtu_behind_a_serial_server() {
    let port = free_port().to_string();
    let server = meters(&["rtu", &port]);
    let mut endpoint = endpoint(Link::SerialServer(format!("127.0.0.1:{port}"), WIRE));
    all_are_read(&mut endpoint).await;
    assert!(matches!(endpoint.read(9, &holding(0, 2)).await, Err(Fault::Timeout(_))));
    all_are_read(&mut endpoint).await;
    assert_eq!(endpoint.read(1, &holding(9999, 1)).await.unwrap(), Answer::Exception(2));
    drop(server);
    assert!(endpoint.read(1, &holding(0, 2)).await.is_err());
    let _server = meters(&["rtu", &port]);
    until_it_answers(&mut endpoint).await;
}

#[tokio::test]
async fn two_dtus_call_one_port_and_one_calls_again() {
    let (listen, rtu) = (free_port(), free_port().to_string());
    let _meters = meters(&["rtu", &rtu]);
    let bus = |name: &str, registration: &str| Bus {
        name: name.into(),
        link: Link::DialIn(DialIn {
            listen: ([127, 0, 0, 1], listen).into(),
            registration: registration.into(),
            heartbeat: b"hb".into(),
            wire: WIRE,
        }),
        timeout: TIMEOUT,
        poll_interval: TIMEOUT,
        meters: Vec::new(),
    };
    let buses = [bus("east", "DTU-1"), bus("west", "DTU-10")];
    let switchboards = Switchboard::all(&buses);
    assert_eq!(switchboards.len(), 1);
    let mut endpoints = buses.each_ref().map(|bus| Endpoint::new(bus).behind(&switchboards));
    let stop = CancellationToken::new();
    let listening = switchboards[0].clone().run(stop.clone());
    let calls = async {
        let before = endpoints[0].read(1, &holding(0, 2)).await.unwrap_err();
        assert_eq!(before.to_string(), "cannot be reached: its DTU has not called");
        let _stranger = call(listen, &rtu, "DTU-2");
        let east = call(listen, &rtu, "DTU-1");
        until_it_answers(&mut endpoints[0]).await;
        all_are_read(&mut endpoints[0]).await;
        endpoints[1].begin_poll();
        assert!(endpoints[1].read(1, &holding(0, 2)).await.is_err(), "nobody has called for this one");
        let _west = call(listen, &rtu, "DTU-10");
        until_it_answers(&mut endpoints[1]).await;
        // heartbeats lie there and come in between
        tokio::time::sleep(Duration::from_millis(300)).await;
        all_are_read(&mut endpoints[1]).await;
        // the old connection is still open: the new one takes its place
        let _again = call(listen, &rtu, "DTU-1");
        drop(east);
        until_it_answers(&mut endpoints[0]).await;
        all_are_read(&mut endpoints[0]).await;
        stop.cancel();
    };
    within(async { tokio::join!(listening, calls).1 }).await;
}

fn call(listen: u16, rtu: &str, registration: &str) -> Running {
    Running(
        python("modbus_line.py")
            .args(["dtu", &listen.to_string(), rtu, registration])
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    )
}

async fn within(work: impl Future<Output = ()>) {
    tokio::time::timeout(PATIENCE * 3, work).await.expect("it comes to its end");
}

#[tokio::test]
async fn modbus_inside_of_tls() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    authority(dir.path(), "ca");
    authority(dir.path(), "stranger");
    certificate(dir.path(), "server", "ca", "subjectAltName=DNS:meters.factory,IP:127.0.0.1");
    certificate(dir.path(), "agent", "ca", "extendedKeyUsage=clientAuth");
    let port = free_port().to_string();
    let [server, key, ca] = ["server.pem", "server.key", "ca.pem"].map(|name| file(name).display().to_string());
    let _meters = meters(&["tls", &port, &server, &key, &ca]);
    let tls = Tls {
        ca_file: Some(file("ca.pem")),
        certificate: Some((file("agent.pem"), file("agent.key"))),
        server_name: None,
    };
    let address = format!("127.0.0.1:{port}");
    let with = |tls: &Tls| endpoint(Link::Tls(address.clone(), tls.clone()));

    all_are_read(&mut with(&tls)).await;
    all_are_read(&mut with(&Tls { server_name: Some("meters.factory".into()), ..tls.clone() })).await;

    let refused = [
        ("another authority", Tls { ca_file: Some(file("stranger.pem")), ..tls.clone() }, "no TLS"),
        ("another name", Tls { server_name: Some("other.factory".into()), ..tls.clone() }, "no TLS"),
        ("the system's authorities", Tls { ca_file: None, ..tls.clone() }, ""),
        ("no certificate of ours", Tls { certificate: None, ..tls.clone() }, ""),
        ("a file that is not there", Tls { ca_file: Some(file("none.pem")), ..tls.clone() }, "none.pem"),
        ("a key for a certificate", Tls { ca_file: Some(file("ca.key")), ..tls }, "holds no certificate in PEM"),
    ];
    for (name, tls, says) in refused {
        let fault = with(&tls).read(1, &holding(0, 2)).await.unwrap_err();
        assert_eq!(fault.reason(), mujun::model::Reason::Disconnected, "{name}: {fault}");
        assert!(fault.to_string().contains(says), "{name}: {fault}");
    }
}

fn openssl(dir: &Path, args: &[&str]) {
    let run = Command::new("openssl").current_dir(dir).args(args).output().unwrap();
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
}

fn authority(dir: &Path, name: &str) {
    let (key, pem, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let args = ["req", "-x509", "-days", "2", "-subj", &subject, "-keyout", &key, "-out", &pem];
    openssl(dir, &[&args[..], &curve].concat());
}

fn certificate(dir: &Path, name: &str, authority: &str, extension: &str) {
    let (key, pem, subject) = (format!("{name}.key"), format!("{name}.pem"), format!("/CN={name}"));
    let (ca, ca_key) = (format!("{authority}.pem"), format!("{authority}.key"));
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let signed = ["-CA", &ca, "-CAkey", &ca_key, "-addext", extension, "-addext", "basicConstraints=CA:FALSE"];
    let args = ["req", "-x509", "-days", "2", "-subj", &subject, "-keyout", &key, "-out", &pem];
    openssl(dir, &[&args[..], &curve, &signed].concat());
}
