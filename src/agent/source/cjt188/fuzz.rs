//! Any bytes as what comes from a line of meters. `fuzz/` tries them for hours, the tests for a moment.

use super::{Address, plan};
use crate::{
    agent::{config::Cjt188Point, source::line::Seen},
    model::RawValue,
};

const METER: [u8; 7] = [0x78, 0x33, 0x00, 0x11, 0x22, 0x33, 0x44];

/// The first byte says which meter is read, the others are all that ever comes.
pub fn reply(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let heat = choice & 1 != 0;
    let places: &[(u8, u8)] = if heat { &[(5, 4), (10, 4), (25, 3), (31, 3)] } else { &[(0, 4), (5, 4)] };
    let unit_code = (choice & 2 != 0).then_some(if heat { 0x05 } else { 0x2C });
    let point = |(offset, bytes): &(u8, u8)| Cjt188Point {
        series: 0,
        identifier: 0x901F,
        offset: *offset,
        bytes: *bytes,
        unit_code: unit_code.filter(|_| *bytes == 4),
    };
    let points: Vec<_> = places.iter().map(point).collect();
    let address =
        if choice & 4 == 0 { Address::printed(if heat { 0x20 } else { 0x10 }, METER) } else { Address::ANYONE };
    for request in plan(&points) {
        let mut rest = bytes;
        while let Seen::Whole(range) = request.seen(address, rest) {
            assert!(!range.is_empty() && range.end <= rest.len());
            let reply = &rest[range.clone()];
            rest = &rest[range.end..];
            let (refused, wrong) = (request.is_refused(reply), request.wrong_units(reply));
            for (place, value) in request.values(reply) {
                let foreign = wrong.iter().any(|(point, ..)| *point == place);
                assert!(place < points.len() && !((refused || foreign) && value.is_ok()));
                match value {
                    Ok(RawValue::UInt(value)) => assert!(value < 10_u64.pow(u32::from(points[place].bytes) * 2)),
                    Ok(other) => panic!("{other:?} is not in digits"),
                    Err(_) => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{agent::source::cjt188::frame::Frame, wire::fuzz::corpus};
    use proptest::prelude::*;

    fn replies() -> Vec<Vec<u8>> {
        let framed = |choice: u8, kind: u8, control: u8, data: &[u8]| {
            let frame = Frame { address: Address::printed(kind, METER), control, data: data.to_vec() };
            [&[choice][..], &frame.bytes()].concat()
        };
        let water = [
            0x1F, 0x90, 0, 0x00, 0x77, 0x66, 0x55, 0x2C, 0x00, 0x77, 0x66, 0x55, 0x2C, 0x31, 0x01, 0x22, 0x11, 0x05,
            0x15, 0x20, 0x21, 0x84,
        ];
        let heat =
            [&[0x1F, 0x90, 1][..], &[0x08, 0x02, 0, 0, 0x05].repeat(5), &[0x35, 0x25, 0], &[0x66, 0x25, 0], &[0; 12]]
                .concat();
        corpus::of(
            "cjt188",
            &[
                framed(2, 0x10, 0x81, &water),
                framed(3, 0x20, 0x81, &heat),
                framed(0, 0x10, 0xC1, &[0, 0, 0]),
                framed(6, 0x30, 0x81, &[0x90, 0x1F, 0, 0x12, 0, 0, 0, 0x29]),
            ],
        )
    }

    #[test]
    fn what_was_found_once_is_taken() {
        replies().iter().for_each(|bytes| reply(bytes));
    }

    proptest! {
        #[test]
        fn any_reply_is_taken(bytes in corpus::changed(replies())) {
            reply(&bytes);
        }
    }
}
