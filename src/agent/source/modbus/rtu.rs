//! Modbus RTU: where a reply ends, and one reading request over a line.
//!
//! ```text
//!   tokio-modbus ◀─▶ in-memory pipe ◀─▶ Line::ask ◀─▶ the line
//!                                         ▲
//!                                       seen: CRC, unit, function, length, before a byte is handed on
//! ```
//!
//! # Promises
//! - A reply counts only when it is sound and its unit, function and length are those of the request.
//! - Answers to earlier requests that are still owed are skipped wherever they come.
//! - Noise before the reply is passed over.
//!
//! # Does not
//! Broadcast, or tell two requests of the same unit, function and length apart: see [`super::late`].

use super::{
    connection::{self, Answer},
    plan::{Read, holds_bits},
};
use crate::agent::source::line::{Fault, Line, Miss, Seen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_modbus::prelude::*;

const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);
/// Unit, function, byte count; the CRC behind them.
const HEAD: usize = 3;
const CRC_BYTES: usize = 2;
const EXCEPTION: u8 = 0x80;
/// The longest frame on a serial line (Modbus over Serial Line V1.02, 2.5.1).
const FRAME_MAX: usize = 256;
/// A reading request.
const REQUEST: usize = 8;

/// All by which a reply can be told from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    pub unit: u8,
    pub function: u8,
    /// Of values in the reply.
    pub bytes: usize,
}

impl Asked {
    pub fn of(unit_id: u8, read: &Read) -> Asked {
        let count = usize::from(read.count);
        let bytes = if holds_bits(read.function) { count.div_ceil(8) } else { count * 2 };
        Asked { unit: unit_id, function: read.function as u8, bytes }
    }

    /// What the bytes received so far are to this request.
    pub fn seen(&self, owed: &[Asked], received: &[u8]) -> Seen {
        let (mut at, mut begun, mut damaged, mut other) = (0, false, false, None);
        while let Some(rest) = received.get(at..).filter(|rest| !rest.is_empty()) {
            at += match frame(rest) {
                // what looks like an exception inside of a reply that is still coming is none
                Frame::Sound(answer) if self.takes(&answer) && !(begun && answer.bytes.is_none()) => {
                    return Seen::Whole(at..at + answer.length());
                }
                Frame::Sound(answer) if owed.iter().any(|owed| owed.takes(&answer)) => answer.length(),
                Frame::Sound(answer) if !begun => {
                    other.get_or_insert(answer);
                    answer.length()
                }
                Frame::Begun { unit, function, bytes } => {
                    begun |= self.unit == unit
                        && function.is_none_or(|function| function & !EXCEPTION == self.function)
                        && bytes.is_none_or(|bytes| bytes == self.bytes);
                    1
                }
                Frame::Damaged(answer) => {
                    damaged |= self.takes(&answer);
                    1
                }
                Frame::Sound(_) | Frame::None => 1,
            };
        }
        match other {
            _ if damaged => Seen::Damaged("a reply with a wrong CRC".into()),
            _ if begun => Seen::More,
            Some(other) => Seen::Wrong(self.unlike(&other)),
            None => Seen::More,
        }
    }

    fn takes(&self, answer: &Framed) -> bool {
        let bytes = answer.bytes.is_none_or(|bytes| bytes == self.bytes);
        self.unit == answer.unit && self.function == answer.function && bytes
    }

    fn unlike(&self, answer: &Framed) -> String {
        let Framed { unit, function, bytes } = answer;
        if *unit != self.unit {
            format!("unit {unit} answers where unit {} was asked", self.unit)
        } else if *function != self.function {
            format!("function {function} is answered where {} was asked", self.function)
        } else {
            format!("{} bytes of values where {} were asked for", bytes.unwrap_or_default(), self.bytes)
        }
    }
}

/// A reply of one of the four reading functions.
#[derive(Clone, Copy)]
struct Framed {
    unit: u8,
    /// Without the mark of an exception.
    function: u8,
    /// `None`: an exception.
    bytes: Option<usize>,
}

impl Framed {
    fn length(&self) -> usize {
        HEAD + self.bytes.unwrap_or_default() + CRC_BYTES
    }
}

enum Frame {
    None,
    /// As much as is known of one that is not whole yet.
    Begun {
        unit: u8,
        function: Option<u8>,
        bytes: Option<usize>,
    },
    Damaged(Framed),
    Sound(Framed),
}

/// What begins here.
fn frame(rest: &[u8]) -> Frame {
    let [unit, head @ ..] = rest else { return Frame::None };
    let unit = *unit;
    let Some(function) = head.first().copied() else {
        return Frame::Begun { unit, function: None, bytes: None };
    };
    if !(1..=4).contains(&(function & !EXCEPTION)) {
        return Frame::None;
    }
    let bytes = match head.get(1) {
        _ if function & EXCEPTION != 0 => None,
        Some(0 | 251..) => return Frame::None,
        Some(bytes) => Some(usize::from(*bytes)),
        None => return Frame::Begun { unit, function: Some(function), bytes: None },
    };
    let framed = Framed { unit, function: function & !EXCEPTION, bytes };
    let length = framed.length();
    let Some((body, crc)) = rest.get(..length).and_then(|whole| whole.split_at_checked(length - CRC_BYTES)) else {
        return Frame::Begun { unit, function: Some(function), bytes };
    };
    if CRC.checksum(body).to_le_bytes() == crc { Frame::Sound(framed) } else { Frame::Damaged(framed) }
}

/// One request over a line. On an error the line holds bytes of nobody.
pub async fn read(line: &mut Line, unit_id: u8, read: &Read, owed: &[Asked]) -> Result<Answer, Miss> {
    let asked = Asked::of(unit_id, read);
    let (ours, mut theirs) = tokio::io::duplex(FRAME_MAX);
    let mut context = client::rtu::attach_slave(ours, Slave(unit_id));
    // owns its end of the pipe: when the line fails, the call ends too
    let pump = async move {
        let piped = |error: std::io::Error| Miss::from(Fault::Closed(error.to_string()));
        let mut request = [0; REQUEST];
        theirs.read_exact(&mut request).await.map_err(piped)?;
        let reply = line.ask(&request, |received| asked.seen(owed, received)).await?;
        theirs.write_all(&reply).await.map_err(piped)
    };
    let (reply, pumped) = tokio::join!(context.call(connection::request(read)), pump);
    pumped?;
    Ok(connection::answer(reply, read)?)
}

/// With its CRC.
#[cfg(test)]
pub fn framed(bytes: &[u8]) -> Vec<u8> {
    [bytes, &CRC.checksum(bytes).to_le_bytes()].concat()
}

#[cfg(any(test, fuzzing))]
pub fn sound(frame: &[u8]) -> bool {
    frame.split_last_chunk::<CRC_BYTES>().is_some_and(|(body, crc)| CRC.checksum(body).to_le_bytes() == *crc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::Function;
    use proptest::prelude::*;

    fn values(unit: u8, function: u8, values: &[u8]) -> Vec<u8> {
        framed(&[&[unit, function, values.len() as u8], values].concat())
    }

    const ASKED: Asked = Asked { unit: 1, function: 3, bytes: 4 };

    #[test]
    fn the_crc_is_the_standards() {
        assert_eq!(framed(&[1, 3, 0, 0x64, 0, 1])[6..], [0xC5, 0xD5]);
    }

    #[test]
    fn the_length_asked_for_follows_from_the_request() {
        let bytes = |function, count| Asked::of(7, &Read { function, start: 0, count, parts: Vec::new() }).bytes;
        assert_eq!(bytes(Function::HoldingRegisters, 125), 250);
        assert_eq!((bytes(Function::Coils, 8), bytes(Function::Coils, 9)), (1, 2));
    }

    #[test]
    fn only_the_answer_to_the_request_is_whole() {
        let seen = |bytes: &[u8]| ASKED.seen(&[], bytes);
        assert_eq!(seen(&values(1, 3, &[1, 2, 3, 4])), Seen::Whole(0..9));
        assert_eq!(seen(&framed(&[1, 0x83, 2])), Seen::Whole(0..5));
        let wrong = |bytes: Vec<u8>| match seen(&bytes) {
            Seen::Wrong(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(values(2, 3, &[1, 2, 3, 4])), "unit 2 answers where unit 1 was asked");
        assert_eq!(wrong(framed(&[2, 0x83, 2])), "unit 2 answers where unit 1 was asked");
        assert_eq!(wrong(values(1, 4, &[1, 2, 3, 4])), "function 4 is answered where 3 was asked");
        assert_eq!(wrong(framed(&[1, 0x81, 2])), "function 1 is answered where 3 was asked");
        assert_eq!(wrong(values(1, 3, &[1, 2])), "2 bytes of values where 4 were asked for");
        let mut spoilt = values(1, 3, &[1, 2, 3, 4]);
        spoilt[4] ^= 0x10;
        assert_eq!(seen(&spoilt), Seen::Damaged("a reply with a wrong CRC".into()));
        assert_eq!(seen(&[]), Seen::More);
        assert_eq!(seen(&framed(&[1, 6, 0, 1, 0, 1])), Seen::More, "no reply of a reading function: noise");
    }

    #[test]
    fn an_owed_answer_is_skipped_and_the_right_one_behind_it_taken() {
        let owed = [Asked { bytes: 8, ..ASKED }, Asked { unit: 9, ..ASKED }];
        let late = values(1, 3, &[9; 8]);
        let other = values(9, 3, &[9; 4]);
        let right = values(1, 3, &[1, 2, 3, 4]);
        assert_eq!(ASKED.seen(&owed, &late), Seen::More);
        assert_eq!(ASKED.seen(&[], &late), Seen::Wrong("8 bytes of values where 4 were asked for".into()));
        let all = [late, other, framed(&[9, 0x83, 0x0B]), right].concat();
        assert_eq!(ASKED.seen(&owed, &all), Seen::Whole(all.len() - 9..all.len()));
    }

    fn split(bytes: &[u8]) -> impl Iterator<Item = (usize, Seen)> + '_ {
        (0..=bytes.len()).map(|end| (end, ASKED.seen(&[], &bytes[..end])))
    }

    proptest! {
        #[test]
        fn a_reply_is_found_behind_any_noise_at_its_last_byte(
            noise in prop::collection::vec(any::<u8>(), 0..40), data in any::<[u8; 4]>(), refused in any::<bool>(),
        ) {
            let reply = if refused { framed(&[1, 0x83, data[0]]) } else { values(1, 3, &data) };
            let bytes = [&noise[..], &reply].concat();
            // noise that ends like the beginning of a longer reply makes an exception wait
            let begun = (0..noise.len()).any(|at| {
                matches!(frame(&bytes[at..]), Frame::Begun { unit: 1, function, bytes } if function.is_none_or(|f| f & 0x7F == 3) && bytes.is_none_or(|b| b == 4))
            });
            prop_assume!(!(refused && begun));
            let found = ASKED.seen(&[], &bytes);
            prop_assert_eq!(found, Seen::Whole(noise.len()..bytes.len()), "{:02x?}", bytes);
            for (end, seen) in split(&bytes).take(bytes.len()) {
                prop_assert!(!matches!(seen, Seen::Whole(_)), "whole with {} of {:02x?}", end, bytes);
            }
        }

        #[test]
        fn whatever_is_whole_is_sound_and_the_one_asked_for(bytes in prop::collection::vec(prop_oneof![Just(1_u8), Just(3), Just(4), any::<u8>()], 0..64)) {
            for (end, seen) in split(&bytes) {
                if let Seen::Whole(range) = seen {
                    prop_assert!(range.end <= end);
                    let (body, crc) = bytes[range.clone()].split_at(range.len() - 2);
                    prop_assert_eq!(CRC.checksum(body).to_le_bytes(), crc);
                    prop_assert!(body[0] == 1 && (body[1..3] == [3, 4] && body.len() == 7 || body[1] == 0x83 && body.len() == 3));
                }
            }
        }

        #[test]
        fn one_bit_spoils_a_reply(data in any::<[u8; 4]>(), bit in 0..72_usize) {
            let mut bytes = values(1, 3, &data);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!matches!(ASKED.seen(&[], &bytes), Seen::Whole(_)));
        }
    }
}
