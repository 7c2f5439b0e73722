//! Any bytes as what comes from a line of meters. `fuzz/` tries them for hours, the tests for a moment.

use super::{Address, Discovery, plan};
use crate::{
    agent::{
        config::{Dlt645Edition, Dlt645Point},
        source::line::Seen,
    },
    model::RawValue,
};

const METER: [u8; 6] = [0x20, 0x21, 0x00, 0x12, 0x34, 0x56];

/// The first byte says what is read, the others are all that ever comes.
pub fn reply(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let edition = if choice & 1 == 0 { Dlt645Edition::E2007 } else { Dlt645Edition::E1997 };
    let identifiers: &[u32] = match (edition, choice >> 1 & 3) {
        (Dlt645Edition::E2007, 0) => &[0x0001_0000],
        (Dlt645Edition::E2007, 1) => &[0x0203_0000, 0x0203_0100, 0x0203_0200, 0x0203_0300],
        (Dlt645Edition::E2007, 2) => &[0x0506_0101],
        (Dlt645Edition::E2007, _) => &[0x0201_0100, 0x0201_0300],
        (Dlt645Edition::E1997, 0) => &[0x9010],
        (Dlt645Edition::E1997, _) => &[0xB611, 0xB612, 0xB613],
    };
    let bytes_of = |identifier| super::item(edition, identifier).map_or(4, |item| item.bytes);
    let point = |identifier: &u32| Dlt645Point {
        series: 0,
        identifier: *identifier,
        offset: 0,
        bytes: bytes_of(*identifier),
        signed: choice & 8 != 0,
    };
    let points: Vec<_> = identifiers.iter().map(point).collect();
    let address = if choice & 16 == 0 { Address::printed(METER) } else { Address::ANYONE };
    for request in plan(edition, &points) {
        let (mut request, mut rest, mut asked) = (request, bytes, 0);
        while let Seen::Whole(range) = request.seen(address, rest) {
            asked += 1;
            assert!(asked <= 16 && range.end <= rest.len());
            let reply = &rest[range.clone()];
            rest = &rest[range.end..];
            let refused = request.refusal(reply).is_some();
            for (place, value) in request.values(reply) {
                assert!(place < points.len() && !(refused && value.is_ok()));
                let limit = 10_i64.pow(u32::from(points[place].bytes) * 2);
                match value {
                    Ok(RawValue::Int(value)) => assert!(value.abs() < limit),
                    Ok(RawValue::UInt(value)) => assert!(i64::try_from(value).is_ok_and(|value| value < limit)),
                    Ok(other) => panic!("{other:?} is not in digits"),
                    Err(_) => {}
                }
            }
            match request.more(reply) {
                Some(next) => request = next,
                None => break,
            }
        }
    }
    let mut discovery = Discovery::new(edition);
    let mut answers = bytes.chunks(usize::from(*choice).max(8));
    while discovery.next().is_some() && discovery.progress().0 < 2_000 {
        let _heard = discovery.heard(answers.next().unwrap_or_default());
    }
    assert!(discovery.found().all(|address| address.is_one_meter()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{agent::source::dlt645::frame::Frame, wire::fuzz::corpus};
    use proptest::prelude::*;

    fn replies() -> Vec<Vec<u8>> {
        let framed = |choice: u8, frames: &[(u8, &[u8])]| {
            let bytes = |(control, data): &(u8, &[u8])| {
                Frame { address: Address::printed(METER), control: *control, data: data.to_vec() }.bytes()
            };
            [vec![choice], frames.iter().map(bytes).collect::<Vec<_>>().concat()].concat()
        };
        corpus::of(
            "dlt645",
            &[
                framed(0, &[(0x91, &[0, 0, 1, 0, 0x78, 0x56, 0x34, 0x12])]),
                framed(8, &[(0xD1, &[2])]),
                framed(2 | 8, &[(0x91, &[0, 0xFF, 3, 2, 0x56, 0x34, 0x92, 1, 0, 0, 2, 0, 0, 0xFF, 0xFF, 0xFF])]),
                framed(4, &[(0xB1, &[1, 1, 6, 5, 0x11, 0x22]), (0x92, &[1, 1, 6, 5, 0x33, 0x44, 1])]),
                framed(1, &[(0x81, &[0x10, 0x90, 0x01, 0, 0, 0])]),
                framed(3, &[(0x81, &[0x1F, 0xB6, 0x20, 0x02, 0x21, 0x02, 0x22, 0x02, 0xAA])]),
                framed(16, &[(0x93, &[0x56, 0x34, 0x12, 0, 0x21, 0x20])]),
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
