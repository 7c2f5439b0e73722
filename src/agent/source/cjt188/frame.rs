//! Frames: `68 T A0…A6 C L DATA CS 16`, nothing added to the data.

use crate::agent::source::digits;
use std::{fmt, ops::Range};

const START: u8 = 0x68;
const END: u8 = 0x16;
const WAKE_UP: [u8; 4] = [0xFE; 4];
/// Any kind, and any byte of an address.
pub const ANY: u8 = 0xAA;
/// From the 68 to the length, and behind the data.
const HEAD: usize = 11;
const TAIL: usize = 2;
/// Bytes of data in a reply to a reading (4.2.5).
const DATA_MAX: usize = 100;
const REPLY: u8 = 0x80;

/// A kind of meter and its number, or [`ANY`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    kind: u8,
    /// As on the wire, A0 first: the lowest digits. The maker's code is in the highest two bytes.
    wire: [u8; 7],
}

impl Address {
    pub const ANYONE: Address = Address { kind: ANY, wire: [ANY; 7] };

    /// From the digits as they are printed on the meter, the highest first.
    pub fn printed(kind: u8, mut digits: [u8; 7]) -> Address {
        digits.reverse();
        Address { kind, wire: digits }
    }

    /// Whether a meter of the address `other` may answer to this one.
    pub fn covers(&self, other: &Address) -> bool {
        let ours = self.wire.iter().chain([&self.kind]);
        ours.zip(other.wire.iter().chain([&other.kind])).all(|(ours, theirs)| *ours == ANY || ours == theirs)
    }

    pub fn is_one_meter(&self) -> bool {
        digits::are_decimal(&self.wire) && self.kind != ANY
    }

    pub fn kind(&self) -> u8 {
        self.kind
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&digits::text(&self.wire))
    }
}

/// A frame whose checksum is right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    pub address: Address,
    pub control: u8,
    pub data: Vec<u8>,
}

impl Frame {
    /// With the wake-up bytes before it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = WAKE_UP.to_vec();
        bytes.extend([START, self.address.kind]);
        bytes.extend(self.address.wire);
        // what we ask fits a byte by far; a longer one would be refused by its length
        bytes.extend([self.control, u8::try_from(self.data.len()).unwrap_or(u8::MAX)]);
        bytes.extend(&self.data);
        let sum = digits::sum(bytes.get(WAKE_UP.len()..).unwrap_or_default());
        bytes.extend([sum, END]);
        bytes
    }

    pub fn is_reply(&self) -> bool {
        self.control & REPLY != 0
    }
}

enum Begun {
    Nothing,
    Part,
    Damaged,
    Whole(Frame, usize),
}

/// There is no second 68 that would tell a frame from a 68 in noise: the length and the end must.
fn begun(bytes: &[u8]) -> Begun {
    let Some(head) = bytes.first_chunk::<HEAD>() else { return Begun::Part };
    let [_, kind, wire @ .., control, length] = head;
    let length = usize::from(*length);
    if length > DATA_MAX {
        return Begun::Nothing;
    }
    let end = HEAD + length + TAIL;
    let Some(whole) = bytes.get(..end) else { return Begun::Part };
    let (body, tail) = whole.split_at(HEAD + length);
    match tail {
        [sum, END] if *sum == digits::sum(body) => {
            let data = body.get(HEAD..).unwrap_or_default().to_vec();
            Begun::Whole(Frame { address: Address { kind: *kind, wire: *wire }, control: *control, data }, end)
        }
        // only where it ends like a frame: a 68 in noise is not damage
        [_, END] => Begun::Damaged,
        _ => Begun::Nothing,
    }
}

/// Everything in `received` that is a frame, one behind the other.
pub struct Heard {
    pub frames: Vec<(Range<usize>, Frame)>,
    pub damaged: bool,
}

pub fn hear(received: &[u8]) -> Heard {
    let mut heard = Heard { frames: Vec::new(), damaged: false };
    let mut at = 0;
    while let Some(rest) = received.get(at..).filter(|rest| !rest.is_empty()) {
        let found = if rest.first() == Some(&START) { begun(rest) } else { Begun::Nothing };
        at += match found {
            Begun::Whole(frame, length) => {
                heard.frames.push((at..at + length, frame));
                length
            }
            Begun::Damaged => {
                heard.damaged = true;
                1
            }
            Begun::Part | Begun::Nothing => 1,
        };
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_frame() -> impl Strategy<Value = Frame> {
        let data = prop::collection::vec(any::<u8>(), 0..=DATA_MAX);
        (any::<u8>(), any::<[u8; 7]>(), any::<u8>(), data).prop_map(|(kind, wire, control, data)| Frame {
            address: Address { kind, wire },
            control,
            data,
        })
    }

    #[test]
    fn an_address_is_its_kind_and_its_digits() {
        let water = Address::printed(0x10, [0x78, 0x33, 0x00, 0x11, 0x22, 0x33, 0x44]);
        assert_eq!((water.to_string(), water.kind()), ("78330011223344".into(), 0x10));
        let heat = Address { kind: 0x20, ..water };
        assert!(Address::ANYONE.covers(&water) && !heat.covers(&water) && !water.covers(&Address::ANYONE));
        assert!(water.is_one_meter() && !Address::ANYONE.is_one_meter());
    }

    proptest! {
        #[test]
        fn a_frame_is_heard_behind_any_noise_that_holds_no_68(
            frame in any_frame(),
            noise in prop::collection::vec(any::<u8>().prop_filter("68", |byte| *byte != START), 0..20),
        ) {
            let bytes = [noise.clone(), frame.bytes()].concat();
            prop_assert_eq!(hear(&bytes).frames, vec![(noise.len() + WAKE_UP.len()..bytes.len(), frame)]);
        }

        #[test]
        fn no_single_wrong_bit_gives_the_frame_other_data(frame in any_frame(), at: prop::sample::Index, bit in 0..8_u8) {
            let mut bytes = frame.bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            for (_, heard) in hear(&bytes).frames {
                prop_assert!(at < WAKE_UP.len(), "bit {} of byte {} gives {:?}", bit, at, heard);
                prop_assert_eq!(&heard, &frame);
            }
        }

        #[test]
        fn any_bytes_are_heard(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(START), Just(END)], 0..400)) {
            let mut end = 0;
            for (range, _) in hear(&bytes).frames {
                prop_assert!(range.start >= end && range.end <= bytes.len());
                end = range.end;
            }
        }
    }
}
