//! Requests against frames of meters.

use super::*;
use crate::{
    agent::{
        config::{Dlt645Edition, Dlt645Point},
        source::{dlt645::frame::Frame, line::Seen},
    },
    model::{RawValue, Reason},
};
use Dlt645Edition::{E1997, E2007};
use proptest::prelude::*;

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn address(digits: &str) -> Address {
    let bytes: Vec<_> = (0..6).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
    Address::printed(bytes.try_into().unwrap())
}

fn point(identifier: u32, bytes: u8, signed: bool) -> Dlt645Point {
    Dlt645Point { series: 0, identifier, offset: 0, bytes, signed }
}

/// Asks for the points, gives the request these bytes, and takes their values.
fn read(
    edition: Dlt645Edition,
    meter: &str,
    points: &[Dlt645Point],
    reply: &str,
) -> Vec<(usize, Result<RawValue, Reason>)> {
    let requests = plan(edition, points);
    assert_eq!(requests.len(), 1, "{requests:?}");
    let bytes = hex(reply);
    let Seen::Whole(range) = requests[0].seen(address(meter), &bytes) else { panic!("not seen: {reply}") };
    requests[0].values(&bytes[range])
}

fn frame(meter: &str, control: u8, data: &[u8]) -> Vec<u8> {
    Frame { address: address(meter), control, data: data.to_vec() }.bytes()
}

/// Requests and replies of meters that stand in public documents and code.
#[test]
fn published_frames_are_asked_for_and_read() {
    let cases = [
        (E2007, "000000000001", 0x0001_0000, "68 01 00 00 00 00 00 68 11 04 33 33 34 33 B3 16"),
        (E2007, "000000000161", 0x0001_0000, "68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16"),
        (E2007, "652022122003", 0x0000_0000, "68 03 20 12 22 20 65 68 11 04 33 33 33 33 8D 16"),
        (E1997, "138000130754", 0x9010, "68 54 07 13 00 80 13 68 01 02 43 C3 DA 16"),
        (E1997, "000000000003", 0xB611, "68 03 00 00 00 00 00 68 01 02 44 E9 03 16"),
    ];
    for (edition, meter, identifier, sent) in cases {
        let request = &plan(edition, &[point(identifier, 4, false)])[0];
        let wake_up = [0xFE; 4];
        assert_eq!(request.frame(address(meter)), [&wake_up[..], &hex(sent)].concat(), "{sent}");
    }
    let value =
        |edition, meter, identifier, bytes, reply| read(edition, meter, &[point(identifier, bytes, false)], reply)[0].1;
    let reply = "FE FE 68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16";
    assert_eq!(value(E2007, "000000000161", 0x0001_0000, 4, reply), Ok(RawValue::UInt(26)), "0.26 kWh");
    let reply = "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16";
    assert_eq!(value(E2007, "000000000161", 0x0201_0100, 2, reply), Ok(RawValue::UInt(1001)), "100.1 V");
    let reply = "68 03 20 12 22 20 65 68 91 08 33 33 33 33 33 33 33 33 DD 16";
    assert_eq!(value(E2007, "652022122003", 0x0000_0000, 4, reply), Ok(RawValue::UInt(0)));
    let reply = "68 54 07 13 00 80 13 68 81 06 43 C3 34 33 33 33 2B 16";
    assert_eq!(value(E1997, "138000130754", 0x9010, 4, reply), Ok(RawValue::UInt(1)), "0.01 kWh");
    let reply = "68 03 00 00 00 00 00 68 81 04 44 E9 33 34 EC 16";
    assert_eq!(value(E1997, "000000000003", 0xB611, 2, reply), Ok(RawValue::UInt(100)), "100 V");
}

#[test]
fn a_negative_power_a_missing_phase_and_a_wrong_digit() {
    let power = [0, 1, 2, 3].map(|phase| point(0x0203_0000 + phase * 0x100, 3, true));
    let requests = plan(E2007, &power);
    assert_eq!((requests.len(), requests[0].name()), (1, "0203FF00".into()));
    let data =
        [&[0x00, 0xFF, 0x03, 0x02][..], &[0x56, 0x34, 0x92], &[0x56, 0x34, 0x12], &[0xFF; 3], &[0x0A, 0, 0]].concat();
    let values = requests[0].values(&frame("000000000001", 0x91, &data));
    let values: Vec<_> = values.into_iter().map(|(_, value)| value).collect();
    let expected =
        [Ok(RawValue::Int(-123_456)), Ok(RawValue::Int(123_456)), Err(Reason::NoValue), Err(Reason::Malformed)];
    assert_eq!(values, expected);
}

#[test]
fn a_block_is_asked_for_only_where_all_of_it_is_wanted() {
    let names = |edition, points: &[Dlt645Point]| plan(edition, points).iter().map(Request::name).collect::<Vec<_>>();
    let voltage = |phase: u32| point(0x0201_0000 | phase << 8, 2, false);
    assert_eq!(names(E2007, &[voltage(1), voltage(2), voltage(3)]), ["0201FF00"]);
    assert_eq!(names(E2007, &[voltage(3), voltage(1)]), ["02010300", "02010100"]);
    // this meter's voltages are a byte longer than the standard's: nothing is known of its block
    let long = |phase: u32| Dlt645Point { bytes: 3, ..voltage(phase) };
    assert_eq!(names(E2007, &[long(1), long(2), long(3)]).len(), 3);
    let tariffs: Vec<_> = (0..5).map(|tariff| point(0x0001_0000 | tariff << 8, 4, false)).collect();
    assert_eq!(names(E2007, &tariffs), ["0001FF00"]);
    assert_eq!(names(E2007, &tariffs[..4]).len(), 4);
    // a frozen list is asked for by its own name, its values by their place
    let frozen = [0, 4].map(|offset| Dlt645Point { offset, ..point(0x0506_0101, 4, false) });
    assert_eq!(names(E2007, &frozen), ["05060101"]);
    let old: Vec<_> = (0..5).map(|tariff| point(0x9010 | tariff, 4, false)).collect();
    assert_eq!(names(E1997, &old), ["901F"]);
}

#[test]
fn where_a_block_is_refused_its_members_are_asked_for_one_by_one() {
    let points = [3, 1, 2].map(|phase| point(0x0202_0000 | phase << 8, 3, true));
    let block = &plan(E2007, &points)[0];
    let refused = frame("000000000001", 0xD1, &[0x02]);
    assert!(matches!(block.seen(address("000000000001"), &refused), Seen::Whole(_)));
    assert_eq!(block.refusal(&refused), Some(Refusal { edition: E2007, word: 2 }));
    assert!(block.values(&refused).iter().all(|(_, value)| *value == Err(Reason::Exception)));
    let singles = block.instead(&refused).unwrap();
    assert_eq!(singles.iter().map(Request::name).collect::<Vec<_>>(), ["02020100", "02020200", "02020300"]);
    let reply = frame("000000000001", 0x91, &[0x00, 0x03, 0x02, 0x02, 0x34, 0x12, 0x00]);
    assert_eq!(singles[2].values(&reply), [(0, Ok(RawValue::Int(1234)))]);
    assert_eq!(singles[0].instead(&refused), None);
    let whole = [&[0x00, 0xFF, 0x02, 0x02][..], &[0x11; 9]].concat();
    assert_eq!(block.instead(&frame("000000000001", 0x91, &whole)), None);
    assert!(block.instead(&frame("000000000001", 0x91, &whole[..10])).is_some(), "of a meter of two phases");
}

#[test]
fn a_reply_of_another_length_gives_no_value() {
    let energy = [point(0x0001_0000, 4, false)];
    let request = &plan(E2007, &energy)[0];
    for digits in [3, 5] {
        let reply = frame("000000000001", 0x91, &[&[0, 0, 1, 0][..], &vec![0x11; digits]].concat());
        assert_eq!(request.values(&reply), [(0, Err(Reason::Malformed))], "{digits} bytes");
    }
    let tariffs: Vec<_> = (0..5).map(|tariff| point(0x0001_0000 | tariff << 8, 4, false)).collect();
    let block = &plan(E2007, &tariffs)[0];
    let of =
        |bytes: usize| block.values(&frame("000000000001", 0x91, &[&[0, 0xFF, 1, 0][..], &vec![0x11; bytes]].concat()));
    assert!(of(16).iter().all(|(_, value)| value.is_err()), "of a meter of three tariffs: singles");
    assert!(of(22).iter().all(|(_, value)| value.is_err()));
    assert!(of(20).iter().chain(&of(36)).all(|(_, value)| *value == Ok(RawValue::UInt(11_111_111))));
    let old: Vec<_> = (0..5).map(|tariff| point(0x9010 | tariff, 4, false)).collect();
    let ended = [&[0x1F, 0x90][..], &[0x11; 20], &[0xAA]].concat();
    let values = plan(E1997, &old)[0].values(&frame("000000000001", 0x81, &ended));
    assert!(values.iter().all(|(_, value)| *value == Ok(RawValue::UInt(11_111_111))), "{values:?}");
}

#[test]
fn an_answer_of_several_frames_is_put_together_in_order() {
    let points = [0, 6].map(|offset| Dlt645Point { offset, ..point(0x0506_0101, 4, false) });
    let first = &plan(E2007, &points)[0];
    let meter = address("000000000001");
    let name = [0x01, 0x01, 0x06, 0x05];
    let begin = frame("000000000001", 0xB1, &[&name[..], &[0x11, 0x11, 0, 0, 0x77, 0x77, 0x22]].concat());
    assert!(first.values(&begin).iter().all(|(_, value)| value.is_err()), "not before its end");
    let second = first.more(&begin).unwrap();
    let asked = [&name[..], &[1]].concat();
    assert_eq!(second.frame(meter), frame("000000000001", 0x12, &asked));
    let end = |seq| frame("000000000001", 0x92, &[&name[..], &[0x22, 0, 0, seq]].concat());
    assert_eq!(second.seen(meter, &end(2)), Seen::More, "another frame than the one that was asked for");
    assert!(matches!(second.seen(meter, &end(1)), Seen::Whole(_)));
    assert_eq!(second.more(&end(1)), None);
    assert_eq!(second.values(&end(1)), [(0, Ok(RawValue::UInt(1111))), (1, Ok(RawValue::UInt(2222)))]);
    let mut request = first.clone();
    let mut frames = 1;
    while let Some(next) = request.more(&frame("000000000001", request.number_control(), &request.echo())) {
        (request, frames) = (next, frames + 1);
    }
    assert_eq!(frames, 16, "a meter that never ends is left");
}

#[test]
fn what_answers_nobody_or_somebody_else_is_passed_over() {
    let request = &plan(E2007, &[point(0x0001_0000, 4, false)])[0];
    let meter = address("000000000001");
    let right = frame("000000000001", 0x91, &[0, 0, 1, 0, 0x34, 0x12, 0, 0]);
    let foreign = [
        request.frame(meter),
        frame("000000000002", 0x91, &[0, 0, 1, 0, 0x99, 0x99, 0, 0]),
        frame("000000000001", 0x91, &[0, 0, 2, 0, 0x99, 0x99, 0, 0]),
        frame("000000000001", 0x81, &[0, 0, 1, 0, 0x99, 0x99, 0, 0]),
        frame("000000000001", 0x94, &[]),
        vec![0x68, 0x00, 0x68, 0x16, 0x16],
    ];
    for before in foreign {
        assert_eq!(request.seen(meter, &before), Seen::More, "{before:02X?}");
        let both = [before.as_slice(), right.as_slice()].concat();
        let Seen::Whole(range) = request.seen(meter, &both) else { panic!("behind {before:02X?}") };
        assert_eq!(request.values(&both[range]), [(0, Ok(RawValue::UInt(1234)))]);
    }
    let mut damaged = right.clone();
    *damaged.last_mut().unwrap() = 0x17;
    assert!(matches!(request.seen(meter, &damaged), Seen::Damaged(_)));
    assert!(matches!(request.seen(meter, &[damaged, right].concat()), Seen::Whole(_)));
}

impl Request {
    fn number_control(&self) -> u8 {
        self.frame(Address::ANYONE)[12] | 0xA0
    }

    /// What was asked, as a reply's data.
    fn echo(&self) -> Vec<u8> {
        let sent = self.frame(Address::ANYONE);
        sent[14..sent.len() - 2].iter().map(|byte| byte.wrapping_sub(0x33)).collect()
    }
}

fn any_point() -> impl Strategy<Value = Dlt645Point> {
    let identifiers = prop_oneof![
        (0..4_u32, 0..6_u32, 0..2_u32).prop_map(|(kind, tariff, day)| kind << 16 | tariff << 8 | day),
        (1..8_u32, 0..4_u32).prop_map(|(kind, phase)| 0x0200_0000 | kind << 16 | phase << 8),
        Just(0x0506_0101),
    ];
    (identifiers, prop_oneof![4 => Just(0_u8), 1 => 0..8_u8], 2..5_u8, any::<bool>())
        .prop_map(|(identifier, offset, bytes, signed)| Dlt645Point { series: 0, identifier, offset, bytes, signed })
}

proptest! {
    #[test]
    fn every_point_is_in_one_request_and_a_refused_block_loses_none(points in prop::collection::vec(any_point(), 0..30)) {
        let requests = plan(E2007, &points);
        let mut times = vec![0; points.len()];
        for request in &requests {
            for single in request.singles().unwrap_or_else(|| vec![request.clone()]) {
                for (point, _) in single.none(Reason::Missing) {
                    times[point] += 1;
                    prop_assert_eq!(single.identifier(), points[point].identifier);
                }
            }
        }
        prop_assert!(times.iter().all(|times| *times == 1), "{:?}", times);
        let distinct: std::collections::BTreeSet<_> = points.iter().map(|point| point.identifier).collect();
        prop_assert!(requests.len() <= distinct.len());
    }

    #[test]
    fn a_reply_is_whole_at_its_last_byte_however_it_comes(energy in 0..100_000_000_u64, noise in prop::collection::vec(prop_oneof![Just(0xFE_u8), 0..0x60_u8], 0..8), splits in prop::collection::vec(1..9_usize, 0..9)) {
        let request = &plan(E2007, &[point(0x0001_0000, 4, false)])[0];
        let meter = address("202100123456");
        let digits = format!("{energy:08}");
        let bcd: Vec<_> = (0..4).rev().map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
        let reply = frame("202100123456", 0x91, &[&[0, 0, 1, 0][..], &bcd].concat());
        let stream = [noise, reply].concat();
        let mut came = 0;
        for split in splits.into_iter().chain([stream.len()]) {
            came = (came + split).min(stream.len());
            match request.seen(meter, &stream[..came]) {
                Seen::Whole(range) => {
                    prop_assert_eq!(came, stream.len());
                    prop_assert_eq!(request.values(&stream[range]), vec![(0, Ok(RawValue::UInt(energy)))]);
                }
                Seen::More => prop_assert!(came < stream.len()),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn a_wrong_bit_gives_no_wrong_value(energy in 0..100_000_000_u64, at: prop::sample::Index, bit in 0..8_u8) {
        let request = &plan(E2007, &[point(0x0001_0000, 4, false)])[0];
        let digits = format!("{energy:08}");
        let bcd: Vec<_> = (0..4).rev().map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
        let mut reply = frame("202100123456", 0x91, &[&[0, 0, 1, 0][..], &bcd].concat());
        let at = at.index(reply.len());
        reply[at] ^= 1 << bit;
        if let Seen::Whole(range) = request.seen(address("202100123456"), &reply) {
            prop_assert_eq!(request.values(&reply[range]), vec![(0, Ok(RawValue::UInt(energy)))]);
        }
    }
}
