//! `docs/protocol.md`: its examples are what it says of them.

use bytes::Bytes;
use mujun::{
    model::{EventKind, UtcMillis, Value},
    wire::{
        proto::{Down, Up, down, up},
        record::{Content, Record, decode},
    },
};
use prost::Message;

const PAGE: &str = include_str!("../../docs/protocol.md");
const T: i64 = 1_772_409_600_000;

fn example(name: &str) -> Vec<u8> {
    let (_, rest) = PAGE.split_once(&format!("```hex {name}\n")).unwrap();
    let text = rest.split_once('\n').unwrap().0;
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn content(name: &str, kind: u8) -> Content {
    let body = Bytes::from(example(name));
    let before = PAGE.split_once(&format!("```hex {name}\n")).unwrap().0;
    let stated = before.rsplit_once("CRC-32C `").unwrap().1;
    let crc32c = u32::from_str_radix(&stated[..8], 16).unwrap();
    decode(&Record { kind, crc32c, body }).unwrap()
}

#[test]
fn the_records_of_the_page_say_what_it_says() {
    let Content::Dictionary(dictionary) = content("dictionary", 1) else { panic!() };
    let (id, series) = &dictionary.series[0];
    assert_eq!((*id, &*series.meter, &*series.point, &*series.carrier), (0, "main", "total", "electricity"));
    assert_eq!((series.scale.mantissa(), series.scale.exponent(), &*series.unit), (1, -2, "kWh"));
    let Content::Event(event) = content("event", 6) else { panic!() };
    assert!(event.time == UtcMillis(T) && matches!(event.what, EventKind::ClockSegment(_)));
    let Content::Samples(0, samples) = content("samples", 2) else { panic!() };
    let read = samples.iter().map(|one| (one.time.0, one.samples[0].value.unwrap())).collect::<Vec<_>>();
    let expected = [(T, 1_000_000), (T + 60_000, 1_000_007), (T + 120_010, 1_000_013)];
    assert_eq!(read, expected.map(|(time, count)| (time, Value::Count(count))));
}

#[test]
fn the_messages_of_the_page_say_what_it_says() {
    let gen_id: Vec<u8> = (0..16).collect();
    let up = |name| Up::decode(example(name).as_slice()).unwrap().message.unwrap();
    let up::Message::Hello(hello) = up("hello") else { panic!() };
    assert_eq!((hello.protocol, &*hello.gateway_id), (mujun::wire::PROTOCOL, "gw-1"));
    let up::Message::Batch(batch) = up("batch") else { panic!() };
    assert_eq!((batch.gen_id.to_vec(), batch.first_seq), (gen_id.clone(), 3));
    assert_eq!(batch.records[0].body, example("samples"));
    assert!(matches!(up("sealed"), up::Message::Sealed(sealed) if sealed.last_seq == 3));
    let down = |name| Down::decode(example(name).as_slice()).unwrap().message.unwrap();
    let down::Message::Welcome(welcome) = down("welcome") else { panic!() };
    assert_eq!((welcome.marks[0].seq, welcome.grant.unwrap().credit_bytes), (2, 256 * 1024));
    assert!(matches!(down("ack"), down::Message::Ack(ack) if ack.seq == 3 && ack.complete));
    assert!(matches!(down("rewind"), down::Message::Rewind(rewind) if rewind.expected_seq == 2));
}
