//! Frames: `68 A0…A5 68 C L DATA CS 16`, each byte of DATA with 33 added to it.

use crate::agent::source::digits;
use std::{fmt, ops::Range};

const START: u8 = 0x68;
const END: u8 = 0x16;
const WAKE_UP: [u8; 4] = [0xFE; 4];
const OFFSET: u8 = 0x33;
/// Stands for any byte of an address.
pub const ANY: u8 = 0xAA;
/// From the first 68 to the length, and behind the data.
const HEAD: usize = 10;
const TAIL: usize = 2;
/// Bytes of data in one reply (both editions, 5.2.5).
const DATA_MAX: usize = 200;
/// The bit of the control code that says that a meter speaks.
const REPLY: u8 = 0x80;

/// A meter's address, or a pattern with [`ANY`] in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    /// As on the wire, A0 first: the lowest digits.
    wire: [u8; 6],
}

impl Address {
    /// Whoever is there.
    pub const ANYONE: Address = Address { wire: [ANY; 6] };

    /// From the digits as they are printed on the meter, the highest first.
    pub fn printed(mut digits: [u8; 6]) -> Address {
        digits.reverse();
        Address { wire: digits }
    }

    pub fn from_wire(wire: [u8; 6]) -> Address {
        Address { wire }
    }

    pub fn wire(&self) -> [u8; 6] {
        self.wire
    }

    /// Whether a meter of the address `other` may answer to this one.
    pub fn covers(&self, other: &Address) -> bool {
        self.wire.iter().zip(&other.wire).all(|(ours, theirs)| *ours == ANY || ours == theirs)
    }

    pub fn is_one_meter(&self) -> bool {
        digits::are_decimal(&self.wire)
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
    /// Without the 33.
    pub data: Vec<u8>,
}

impl Frame {
    /// With the wake-up bytes before it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = WAKE_UP.to_vec();
        bytes.push(START);
        bytes.extend(self.address.wire);
        // what we ask fits a byte by far; a longer one would be refused by its length
        bytes.extend([START, self.control, u8::try_from(self.data.len()).unwrap_or(u8::MAX)]);
        bytes.extend(self.data.iter().map(|byte| byte.wrapping_add(OFFSET)));
        let sum = digits::sum(bytes.get(WAKE_UP.len()..).unwrap_or_default());
        bytes.extend([sum, END]);
        bytes
    }

    pub fn is_reply(&self) -> bool {
        self.control & REPLY != 0
    }
}

/// What the bytes from one 68 on are.
pub enum Begun {
    /// Not the beginning of a frame.
    Nothing,
    /// It can become one.
    Part,
    /// Whole by its length, and its checksum is wrong.
    Damaged,
    Whole(Frame, usize),
}

fn begun(bytes: &[u8]) -> Begun {
    if bytes.get(7).is_some_and(|byte| *byte != START) {
        return Begun::Nothing;
    }
    let Some(head) = bytes.first_chunk::<HEAD>() else { return Begun::Part };
    let [_, wire @ .., _, control, length] = head;
    let length = usize::from(*length);
    if length > DATA_MAX {
        return Begun::Nothing;
    }
    let end = HEAD + length + TAIL;
    let Some(whole) = bytes.get(..end) else { return Begun::Part };
    let (body, tail) = whole.split_at(HEAD + length);
    match tail {
        [sum, END] if *sum == digits::sum(body) => {
            let data = body.get(HEAD..).unwrap_or_default().iter().map(|byte| byte.wrapping_sub(OFFSET)).collect();
            Begun::Whole(Frame { address: Address { wire: *wire }, control: *control, data }, end)
        }
        _ => Begun::Damaged,
    }
}

/// Everything in `received` that is a frame, one behind the other, and what is left.
pub struct Heard {
    pub frames: Vec<(Range<usize>, Frame)>,
    pub damaged: usize,
    /// The end can become a frame.
    pub unfinished: bool,
    /// Bytes of no frame, FE not counted.
    pub noise: usize,
}

pub fn hear(received: &[u8]) -> Heard {
    let mut heard = Heard { frames: Vec::new(), damaged: 0, unfinished: false, noise: 0 };
    let mut at = 0;
    while let Some(rest) = received.get(at..).filter(|rest| !rest.is_empty()) {
        let found = if rest.first() == Some(&START) { begun(rest) } else { Begun::Nothing };
        match found {
            Begun::Whole(frame, length) => {
                heard.frames.push((at..at + length, frame));
                at += length;
                continue;
            }
            // a frame may begin inside of what looked like one
            Begun::Damaged => heard.damaged += 1,
            Begun::Part => heard.unfinished = true,
            Begun::Nothing => {}
        }
        heard.noise += usize::from(rest.first() != Some(&WAKE_UP[0]));
        at += 1;
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn any_frame() -> impl Strategy<Value = Frame> {
        let data = prop::collection::vec(any::<u8>(), 0..=DATA_MAX);
        (any::<[u8; 6]>(), any::<u8>(), data).prop_map(|(wire, control, data)| Frame {
            address: Address { wire },
            control,
            data,
        })
    }

    #[test]
    fn an_address_is_printed_with_its_highest_digits_first_and_sent_with_its_lowest() {
        let address = Address::printed([0x20, 0x19, 0x00, 0x00, 0x01, 0x23]);
        assert_eq!(address.wire(), [0x23, 0x01, 0, 0, 0x19, 0x20]);
        assert_eq!(address.to_string(), "201900000123");
        assert!(Address::ANYONE.covers(&address) && !address.covers(&Address::ANYONE));
        assert!(address.is_one_meter() && !Address::ANYONE.is_one_meter());
        let tail = Address::from_wire([0x23, ANY, ANY, ANY, ANY, ANY]);
        assert!(tail.covers(&address) && !tail.covers(&Address::printed([0; 6])));
    }

    proptest! {
        #[test]
        fn a_frame_is_heard_behind_any_noise_that_holds_no_68(
            frame in any_frame(),
            noise in prop::collection::vec(any::<u8>().prop_filter("68", |byte| *byte != START), 0..20),
        ) {
            let bytes = [noise.clone(), frame.bytes()].concat();
            let heard = hear(&bytes);
            let start = noise.len() + WAKE_UP.len();
            prop_assert_eq!(heard.frames, vec![(start..bytes.len(), frame)]);
            prop_assert!(!heard.unfinished && heard.damaged == 0);
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
        fn what_is_not_whole_yet_is_no_frame(frame in any_frame(), cut: prop::sample::Index) {
            let bytes = frame.bytes();
            let cut = cut.index(bytes.len());
            let heard = hear(&bytes[..cut]);
            // inside of a frame there can be one by chance, but not this one
            prop_assert!(heard.frames.iter().all(|(range, _)| range.start != WAKE_UP.len()));
            prop_assert_eq!(cut > WAKE_UP.len(), heard.unfinished);
        }

        #[test]
        fn any_bytes_are_heard(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(START), Just(END)], 0..600)) {
            let heard = hear(&bytes);
            let mut end = 0;
            for (range, _) in &heard.frames {
                prop_assert!(range.start >= end && range.end <= bytes.len());
                end = range.end;
            }
        }
    }
}
