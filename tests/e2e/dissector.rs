//! A second opinion of our Modbus frames: tshark takes them apart, from the bytes that `doctor --capture` kept of a line
//! with libmodbus at its other end.

use super::{libmodbus, lines::cable};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// What one frame says: unit, function, first register, number of registers, values; empty where it says none.
type Frame = [String; 5];

/// Both ends of a capture as tshark knows them: what was sent goes to port 502.
const PORTS: &str = "502,40000";

fn captured(dir: &Path, link: &[&str], unit: u8) -> Vec<(bool, String)> {
    let file = dir.join("capture.txt");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mujun-agent"));
    command.arg("doctor").args(link).args(["--units", &unit.to_string(), "--for", "1", "--capture"]).arg(&file);
    assert!(command.stdout(Stdio::null()).status().unwrap().success(), "the doctor finds nothing wrong");
    let text = fs::read_to_string(file).unwrap();
    let mut frames: Vec<(bool, String)> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with('+')) {
        let mut parts = line.splitn(3, ' ').skip(1);
        let (sent, bytes) = (parts.next() == Some(">"), parts.next().unwrap());
        match frames.last_mut().filter(|last| last.0 == sent) {
            Some(last) => last.1 = format!("{} {bytes}", last.1),
            None => frames.push((sent, bytes.to_owned())),
        }
    }
    frames
}

/// What tshark says of each frame, and how many it finds fault with.
fn dissected(dir: &Path, frames: &[(bool, String)], rtu: bool) -> (Vec<Frame>, usize) {
    let (dump, packets) = (dir.join("dump.txt"), dir.join("packets.pcapng"));
    let line = |(sent, bytes): &(bool, String)| format!("{}\n000000 {bytes}\n", if *sent { 'O' } else { 'I' });
    fs::write(&dump, frames.iter().map(line).collect::<String>()).unwrap();
    let status = Command::new("text2pcap")
        .args(["-q", "-D", "-T", PORTS])
        .arg(&dump)
        .arg(&packets)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(&packets).args(["-T", "fields", "-E", "separator=;"]);
    let unit = if rtu { "mbrtu.unit_id" } else { "mbtcp.unit_id" };
    if rtu {
        tshark.args(["-d", "tcp.port==502,mbrtu", "-o", "mbrtu.crc_verification:TRUE"]);
    }
    let fields = [unit, "modbus.func_code", "modbus.reference_num", "modbus.word_cnt", "modbus.regval_uint16"];
    for field in fields.into_iter().chain(["_ws.malformed", "mbrtu.crc16.status"]) {
        tshark.args(["-e", field]);
    }
    let output = tshark.stderr(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<String>> = text.lines().map(|line| line.split(';').map(str::to_owned).collect()).collect();
    // 1: the checksum is right
    let sound = |row: &&Vec<String>| row[5].is_empty() && (!rtu || row[6] == "1");
    let faults = rows.len() - rows.iter().filter(sound).count();
    let frame = |row: &Vec<String>| std::array::from_fn(|i| row[i].clone());
    (rows.iter().map(frame).collect(), faults)
}

/// Requests and replies alternate, each names the unit, and each reply holds what libmodbus' registers hold.
fn agrees(frames: &[Frame], unit: u8, value: impl Fn(u16) -> u16) {
    assert!(frames.len() >= 4, "{frames:?}");
    for pair in frames.chunks_exact(2) {
        let ([of, function, start, count, none], [by, same, _, _, values]) = (&pair[0], &pair[1]);
        assert_eq!((of, by, none), (&unit.to_string(), &unit.to_string(), &String::new()));
        assert_eq!((function.as_str(), same.as_str()), ("3", "3"));
        let (start, count): (u16, u16) = (start.parse().unwrap(), count.parse().unwrap());
        let held: Vec<String> = (start..start + count).map(|register| value(register).to_string()).collect();
        assert_eq!(*values, held.join(","));
    }
}

#[test]
fn modbus_tcp_frames_are_what_another_reader_takes_them_for() {
    let dir = tempfile::tempdir().unwrap();
    let servers = libmodbus::servers(1);
    let address = format!("127.0.0.1:{}", servers.ports[0]);
    let frames = captured(dir.path(), &["--tcp", &address], 1);
    let (read, faults) = dissected(dir.path(), &frames, false);
    assert_eq!((read.len(), faults), (frames.len(), 0));
    agrees(&read, 1, |register| register.wrapping_mul(31).wrapping_add(7));
}

#[test]
fn rtu_frames_of_libmodbus_on_a_serial_line_too_and_a_wrong_checksum_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let _socat = cable(dir.path());
    let _slave = libmodbus::slave(&dir.path().join("meter"), 7);
    let port = dir.path().join("agent");
    let frames = captured(dir.path(), &["--serial", port.to_str().unwrap()], 7);
    let (read, faults) = dissected(dir.path(), &frames, true);
    assert_eq!((read.len(), faults), (frames.len(), 0));
    agrees(&read, 7, |register| 7000 + register);

    // the reader would say so: one bit of one checksum
    let mut wrong = frames;
    let bytes = &mut wrong[0].1;
    let last = u8::from_str_radix(&bytes[bytes.len() - 2..], 16).unwrap() ^ 1;
    bytes.replace_range(bytes.len() - 2.., &format!("{last:02X}"));
    assert_eq!(dissected(dir.path(), &wrong, true).1, 1);
}
