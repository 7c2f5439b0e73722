//! Requests against frames of meters.

use super::{frame::Frame, *};
use crate::{
    agent::{config::Cjt188Point, source::line::Seen},
    model::{RawValue, Reason},
};
use proptest::prelude::*;

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn address(kind: u8, digits: &str) -> Address {
    let bytes: Vec<_> = (0..7).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
    Address::printed(kind, bytes.try_into().unwrap())
}

fn point(offset: u8, bytes: u8, unit_code: Option<u8>) -> Cjt188Point {
    Cjt188Point { series: 0, identifier: 0x901F, offset, bytes, unit_code }
}

/// Requests and replies of meters that stand in public documents and code.
#[test]
fn published_frames_are_asked_for_and_read() {
    let volume = [point(0, 4, Some(0x2C)), point(5, 4, Some(0x2C))];
    let request = &plan(&volume)[0];
    for (meter, sent) in [
        ("78330011223344", "FE FE FE FE 68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16"),
        ("00000805000001", "FE FE FE FE 68 10 01 00 00 05 08 00 00 01 03 1F 90 00 39 16"),
    ] {
        assert_eq!(request.frame(address(0x10, meter)), hex(sent));
    }
    for (meter, reply, now, settled) in [
        // its ST and checksum as one of three publications has them; the other two do not add up
        (
            "78330011223344",
            "68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84 13 16",
            55_667_700,
            55_667_700,
        ),
        // the identifier swapped
        (
            "00000805000001",
            "FE FE FE 68 10 01 00 00 05 08 00 00 81 16 90 1F 00 00 23 01 00 2C 00 00 00 00 2C 00 00 00 00 00 00 00 00 00 48 16",
            12_300,
            0,
        ),
        (
            "00002020120218",
            "FE FE FE 68 10 18 02 12 20 20 00 00 81 16 90 1F 00 00 02 00 00 2C 00 02 00 00 2C 00 00 00 00 00 00 00 00 FF 85 16",
            200,
            200,
        ),
        // another serial number than was asked
        (
            "78330007061326",
            "FE FE 68 10 26 13 06 07 00 33 78 81 16 1F 90 04 00 68 00 00 2C 00 00 00 00 2C 00 00 00 00 00 00 00 00 00 73 16",
            6_800,
            0,
        ),
        (
            "00001811775450",
            "68 10 50 54 77 11 18 00 00 81 16 1F 90 00 00 00 00 00 2C 00 00 00 00 2C 00 00 00 00 00 00 00 00 00 5A 16",
            0,
            0,
        ),
        // noise behind it
        (
            "00201707010069",
            "68 10 69 00 01 07 17 20 00 81 16 1F 90 02 00 00 00 00 2C 00 00 00 00 2C 59 54 16 19 08 17 20 13 01 EF 16 52 4F",
            0,
            0,
        ),
    ] {
        let bytes = hex(reply);
        let Seen::Whole(range) = request.seen(address(0x10, meter), &bytes) else { panic!("not seen: {reply}") };
        assert_eq!(
            request.values(&bytes[range]),
            [(0, Ok(RawValue::UInt(now))), (1, Ok(RawValue::UInt(settled)))],
            "{reply}"
        );
    }
}

/// A heat meter's current data, laid out as the standard has it.
fn heat() -> Vec<u8> {
    let mut data = vec![0x1F, 0x90, 0x00];
    for (number, unit) in [
        ([0x34, 0x12, 0, 0], 0x05),
        ([0x78, 0x56, 0, 0], 0x05),
        ([0x20, 0x01, 0, 0], 0x17),
        ([0x05, 0, 0, 0], 0x35),
        ([0x99, 0x88, 0x77, 0], 0x2C),
    ] {
        data.extend(number);
        data.push(unit);
    }
    data.extend([0x35, 0x65, 0x00, 0x66, 0x40, 0x00, 0x00, 0x10, 0x00]);
    data.extend([0x00, 0x30, 0x08, 0x24, 0x11, 0x26, 0x20, 0x00, 0x00]);
    data
}

#[test]
fn a_heat_meter_gives_energy_power_flow_and_temperatures_out_of_one_answer() {
    let points = [
        point(5, 4, Some(0x05)),
        point(10, 4, Some(0x17)),
        point(15, 4, Some(0x35)),
        point(20, 4, Some(0x2C)),
        point(25, 3, None),
        point(28, 3, None),
        point(31, 3, None),
    ];
    let requests = plan(&points);
    assert_eq!((requests.len(), heat().len()), (1, 0x2E));
    let reply = Frame { address: address(0x20, "00000040314132"), control: 0x81, data: heat() }.bytes();
    let values: Vec<_> = requests[0].values(&reply).into_iter().map(|(_, value)| value).collect();
    let expected = [5678, 120, 5, 778_899, 6535, 4066, 1000].map(|number| Ok(RawValue::UInt(number)));
    assert_eq!(values, expected);
}

#[test]
fn another_unit_is_no_value_and_is_told() {
    let request = &plan(&[point(5, 4, Some(0x11)), point(25, 3, None)])[0];
    let reply = Frame { address: address(0x20, "00000040314132"), control: 0x81, data: heat() }.bytes();
    assert_eq!(request.values(&reply), [(0, Err(Reason::OutOfRange)), (1, Ok(RawValue::UInt(6535)))]);
    assert_eq!(request.wrong_units(&reply), [(0, 0x11, 0x05)]);
}

#[test]
fn a_refusal_or_a_short_answer_gives_no_value() {
    let request = &plan(&[point(5, 4, None), point(25, 3, None)])[0];
    let meter = address(0x20, "00000040314132");
    let refused = Frame { address: meter, control: 0xC1, data: vec![0, 0, 0] }.bytes();
    assert!(matches!(request.seen(meter, &refused), Seen::Whole(_)) && request.is_refused(&refused));
    assert_eq!(request.values(&refused), request.none(Reason::Exception));
    let short = Frame { address: meter, control: 0x81, data: heat()[..26].to_vec() }.bytes();
    assert_eq!(request.values(&short), [(0, Ok(RawValue::UInt(5678))), (1, Err(Reason::Malformed))]);
}

#[test]
fn what_answers_nobody_or_somebody_else_is_passed_over() {
    let request = &plan(&[point(0, 4, None)])[0];
    let meter = address(0x10, "00000000000001");
    let volume = [0x1F, 0x90, 0x00, 0x34, 0x12, 0, 0, 0x2C];
    let frame = |kind, digits, control, data: &[u8]| {
        Frame { address: address(kind, digits), control, data: data.to_vec() }.bytes()
    };
    let right = frame(0x10, "00000000000001", 0x81, &volume);
    for before in [
        request.frame(meter),
        frame(0x10, "00000000000002", 0x81, &volume),
        frame(0x20, "00000000000001", 0x81, &volume),
        frame(0x10, "00000000000001", 0x83, &volume),
        frame(0x10, "00000000000001", 0x81, &[0x2F, 0x90, 0, 0x99, 0, 0, 0, 0x2C]),
    ] {
        assert_eq!(request.seen(meter, &before), Seen::More, "{before:02X?}");
        let both = [before.as_slice(), right.as_slice()].concat();
        let Seen::Whole(range) = request.seen(meter, &both) else { panic!("behind {before:02X?}") };
        assert_eq!(request.values(&both[range]), [(0, Ok(RawValue::UInt(1234)))]);
    }
    let mut damaged = right.clone();
    damaged[20] ^= 1;
    assert!(matches!(request.seen(meter, &damaged), Seen::Damaged(_)));
    assert!(matches!(request.seen(meter, &[damaged, right].concat()), Seen::Whole(_)));
}

proptest! {
    #[test]
    fn a_reply_is_whole_at_its_last_byte_and_a_wrong_bit_gives_no_wrong_value(
        volume in 0..100_000_000_u64,
        cut: prop::sample::Index,
        at: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let request = &plan(&[point(0, 4, Some(0x2C))])[0];
        let meter = address(0x10, "78330011223344");
        let digits = format!("{volume:08}");
        let bcd: Vec<_> = (0..4).rev().map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
        let data = [&[0x1F, 0x90, 0][..], &bcd, &[0x2C]].concat();
        let mut reply = Frame { address: meter, control: 0x81, data }.bytes();
        prop_assert_eq!(request.seen(meter, &reply[..cut.index(reply.len())]), Seen::More);
        prop_assert_eq!(request.values(&reply), vec![(0, Ok(RawValue::UInt(volume)))]);
        let at = at.index(reply.len());
        reply[at] ^= 1 << bit;
        if let Seen::Whole(range) = request.seen(meter, &reply) {
            prop_assert_eq!(request.values(&reply[range]), vec![(0, Ok(RawValue::UInt(volume)))]);
        }
    }

    #[test]
    fn every_point_is_in_the_request_of_its_identifier(points in prop::collection::vec((0..4_u16, 0..40_u8), 0..20)) {
        let points: Vec<_> = points.into_iter().map(|(identifier, offset)| Cjt188Point { identifier: 0x901F + identifier, ..point(offset, 4, None) }).collect();
        let mut times = vec![0; points.len()];
        for request in plan(&points) {
            for (place, _) in request.none(Reason::Missing) {
                times[place] += 1;
                prop_assert_eq!(points[place].identifier, request.identifier());
            }
        }
        prop_assert!(times.iter().all(|times| *times == 1));
    }
}
