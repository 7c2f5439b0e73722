//! One line behind a serial server, with meters of three protocols on it.

use super::{Bench, PATIENT, point};
use crate::{
    agent::config::{
        Bus, Cjt188Point, Dlt645Edition, Dlt645Point, Function, Link, Meter, ModbusLimits, Parity, Station, ValueType,
        Wire,
    },
    model::{RawValue, Reason},
    runtime::task,
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpListener,
    time::Duration,
};

const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);

/// What the meters of the line answer to a whole request; `None`: it is not whole yet.
fn answer(request: &[u8]) -> Option<(usize, Vec<u8>)> {
    let awake = request.iter().take_while(|byte| **byte == 0xFE).count();
    let frame = &request[awake..];
    if frame.first()? != &0x68 {
        let frame = frame.get(..8)?;
        let count = usize::from(frame[5]);
        let words = (0..count as u8).flat_map(|at| [0, 10 + at]);
        let mut reply: Vec<u8> = [frame[0], frame[1], 2 * count as u8].into_iter().chain(words).collect();
        reply.extend(CRC.checksum(&reply).to_le_bytes());
        return Some((awake + 8, reply));
    }
    // DL/T 645 has a second 68 behind six bytes of address, CJ/T 188 a kind and seven bytes before its control code
    let dlt645 = frame.get(7)? == &0x68;
    let length = usize::from(*frame.get(if dlt645 { 9 } else { 10 })?);
    let whole = length + if dlt645 { 12 } else { 13 };
    let frame = frame.get(..whole)?;
    let mut reply = if dlt645 {
        // 1234.56 kWh, each byte with 33 added
        [&frame[..8], &[0x91, 8], &frame[10..14], &[0x89, 0x67, 0x45, 0x33]].concat()
    } else {
        // 78.90 m³
        [&frame[..9], &[0x81, 8], &frame[11..14], &[0x90, 0x78, 0, 0, 0x2C]].concat()
    };
    reply.push(reply.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    reply.push(0x16);
    Some((awake + whole, reply))
}

fn line() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serve = move || {
        for stream in listener.incoming() {
            let (mut stream, mut received) = (stream.unwrap(), Vec::new());
            let mut bytes = [0; 256];
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                received.extend(&bytes[..count]);
                while let Some((taken, reply)) = answer(&received) {
                    received.drain(..taken);
                    if stream.write_all(&reply).is_err() {
                        break;
                    }
                }
            }
        }
    };
    task::thread("mixed-line", serve).unwrap();
    address
}

fn meter(name: &str, poll_ms: u64, station: Station) -> Meter {
    Meter { name: name.into(), model: None, poll_interval: Duration::from_millis(poll_ms), station }
}

#[tokio::test]
async fn meters_of_three_protocols_share_a_line() {
    let words = [0, 1, 2].map(|at| point(at, Function::HoldingRegisters, at as u16, ValueType::U16));
    let modbus = Station::Modbus { unit_id: 1, limits: ModbusLimits::default(), points: words.to_vec() };
    let energy = Dlt645Point { series: 10, identifier: 0x0001_0000, offset: 0, bytes: 4, signed: false };
    let dlt645 = Station::Dlt645 { edition: Dlt645Edition::E2007, address: [0, 0, 0, 0, 0, 1], points: vec![energy] };
    let volume = |series, unit| Cjt188Point { series, identifier: 0x901F, offset: 0, bytes: 4, unit_code: Some(unit) };
    let points = vec![volume(20, 0x2C), volume(21, 0x35)];
    let cjt188 = Station::Cjt188 { kind: 0x10, address: [0, 0, 0, 0, 0, 0x12, 0x34], points };
    let poll_interval = Duration::from_millis(200);
    let bus = Bus {
        name: "line".into(),
        link: Link::SerialServer(line(), Wire { baud: 9600, parity: Parity::Even, stop_bits: 1 }),
        timeout: PATIENT,
        poll_interval,
        meters: vec![meter("modbus", 200, modbus), meter("dlt645", 200, dlt645), meter("cjt188", 400, cjt188)],
    };
    let mut bench = Bench::of(bus, Default::default());
    let (mut scans, mut found) = (0, BTreeMap::new());
    while scans < 12 {
        for scan in bench.scans().await {
            scans += 1;
            for (series, value) in scan.found {
                let before = found.insert(series, value);
                assert!(before.is_none_or(|before| before == value), "{series}: {before:?}, then {value:?}");
            }
        }
    }
    let expected = [
        (0, Ok(RawValue::UInt(10))),
        (1, Ok(RawValue::UInt(11))),
        (2, Ok(RawValue::UInt(12))),
        (10, Ok(RawValue::UInt(123_456))),
        (20, Ok(RawValue::UInt(7890))),
        (21, Err(Reason::OutOfRange)),
    ];
    assert_eq!(found, expected.into());
    let view = bench.health.buses().remove(0);
    assert!(view.meters.iter().all(|meter| meter.success_percent.as_deref() == Some("100.0")), "{view:?}");
    assert!(view.meters[2].polls_due < view.meters[0].polls_due, "each has its own interval: {view:?}");
}
