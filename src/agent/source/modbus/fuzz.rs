//! Any bytes as a meter's reply. `fuzz/` tries them for hours, the tests for a moment.

use super::{
    connection::{Answer, Connection},
    decode,
    plan::{Read, plan},
    rtu::{self, Asked},
};
use crate::{
    agent::{
        config::{Function, ModbusPoint, Multiplier, ValueType, WordOrder},
        source::line::{Line, Seen, Timing},
    },
    model::Scale,
};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const TYPES: [&str; 24] = [
    "bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "u8hi", "u8lo", "bit:7", "bits:3:9", "bcd16",
    "bcd32", "bcd48", "bcd64", "mod10k16", "mod10k32", "mod10k48", "mod10k64", "ascii:1", "ascii:5", "ascii:9",
];

/// The first byte says what is read, the others are all that ever comes.
pub fn reply(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let function = if choice & 0x80 == 0 { Function::HoldingRegisters } else { Function::Coils };
    let value_type = match function {
        Function::Coils => ValueType::Bool,
        _ => ValueType::named(TYPES[usize::from(*choice) % TYPES.len()]).unwrap_or(ValueType::U16),
    };
    let orders: Vec<_> = WordOrder::ALL.into_iter().filter(|order| order.fits(value_type.registers())).collect();
    // of its own register, as a meter with a wrong description would have it
    let multiplier = Multiplier {
        function,
        register: 0,
        value_type,
        word_order: orders[0],
        power_of_ten: choice & 1 == 0,
        scale: Scale::ONE,
    };
    let point = |series| ModbusPoint {
        series,
        function,
        register: u16::try_from(series * u32::from(value_type.registers())).unwrap_or(u16::MAX),
        value_type,
        word_order: orders[usize::from(*choice) % orders.len()],
        no_value: vec![0xFFFF],
        multiplier: (series == 1).then_some(multiplier),
    };
    let points: Vec<_> = (0..3).map(point).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return };
    for read in plan(&points, &Default::default(), &Default::default()) {
        let asked = async {
            let (ours, mut theirs) = tokio::io::duplex(1 << 16);
            let _whole = theirs.write_all(&bytes[..bytes.len().min(1 << 15)]).await;
            let _ended = theirs.shutdown().await;
            Connection::over(ours, Duration::from_secs(1)).read(1, &read).await
        };
        let Ok((_, answer)) = runtime.block_on(asked) else { continue };
        for part in &read.parts {
            let factor = decode::factor(&answer, &multiplier, part);
            let value = decode::value(&answer, &points[part.point], part, factor.ok());
            // a whole reply has a value or a reason for each point, and an exception is never a value
            assert!(value.is_err() || !matches!(answer, Answer::Exception(_)));
            assert!(value.is_err() || factor.is_ok() || points[part.point].multiplier.is_none());
            assert!(factor.is_err() || factor.is_ok_and(|factor| factor.is_sign_positive() && !factor.is_zero()));
        }
    }
}

/// The first two bytes say what was asked and how the others come in pieces; those are all that ever comes.
pub fn rtu(bytes: &[u8]) {
    let [choice, piece, bytes @ ..] = bytes else { return };
    let function = if choice & 0x80 == 0 { Function::InputRegisters } else { Function::DiscreteInputs };
    let read = Read { function, start: 0, count: u16::from(choice & 0x7F).max(1), parts: Vec::new() };
    let asked = Asked::of(1, &read);
    let owed = [Asked { bytes: asked.bytes + 2, ..asked }];
    if let Seen::Whole(range) = asked.seen(&owed, bytes) {
        let reply = &bytes[range];
        assert!(rtu::sound(reply) && reply[0] == 1 && reply[1] & 0x7F == asked.function);
        assert!(reply.len() == asked.bytes + 5 || reply.len() == 5 && reply[1] & 0x80 != 0);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return };
    let answered = runtime.block_on(async {
        let (ours, mut theirs) = tokio::io::duplex(1 << 12);
        let mut line = Line::new(ours, Timing::of(None, Duration::from_secs(1)));
        let peer = async move {
            let mut request = [0; 8];
            let _sent = tokio::io::AsyncReadExt::read_exact(&mut theirs, &mut request).await;
            for piece in bytes.chunks(usize::from(*piece).max(1)) {
                if theirs.write_all(piece).await.is_err() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(rtu::read(&mut line, 1, &read, &owed), peer).0
    });
    match answered {
        Ok(Answer::Words(words)) => assert_eq!(words.len() * 2, asked.bytes),
        Ok(Answer::Bits(bits)) => assert_eq!(bits.len(), asked.bytes * 8),
        Ok(Answer::Exception(_)) | Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::fuzz::corpus;
    use proptest::prelude::*;

    /// Transaction, protocol, length, unit, function, then what the function says.
    fn replies() -> Vec<Vec<u8>> {
        let framed = |choice: u8, pdu: &[u8]| {
            let length = u16::try_from(pdu.len() + 1).unwrap().to_be_bytes();
            [&[choice, 0, 0, 0, 0], &length[..], &[1], pdu].concat()
        };
        corpus::of(
            "reply",
            &[
                framed(1, &[3, 6, 0, 1, 0, 2, 0, 3]),
                framed(3, &[3, 12, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
                framed(7, &[3, 12, 0x7f, 0xc0, 0, 0, 0x3f, 0x80, 0, 0, 1, 2, 3, 4]),
                framed(14, &[3, 12, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56, 0x99, 0x99, 0, 1]),
                framed(18, &[3, 12, 4, 0xD2, 0x16, 0x2E, 0, 0, 0, 1, 0x27, 0x0F, 0x27, 0x10]),
                framed(21, &[3, 6, b'1', b'2', b' ', b'7', b'4', 0]),
                framed(0x80, &[1, 1, 5]),
                framed(1, &[0x83, 2]),
            ],
        )
    }

    /// What was asked, the pieces, then frames of RTU.
    fn lines() -> Vec<Vec<u8>> {
        let line = |choice: u8, frames: &[&[u8]]| {
            let frames: Vec<u8> = frames.iter().flat_map(|frame| rtu::framed(frame)).collect();
            [&[choice, 3], &frames[..]].concat()
        };
        corpus::of(
            "rtu",
            &[
                line(2, &[&[1, 4, 4, 0, 1, 0, 2]]),
                line(0x89, &[&[1, 2, 2, 0xFF, 1]]),
                line(2, &[&[1, 4, 6, 0, 1, 0, 2, 0, 3], &[1, 4, 4, 0, 1, 0, 2]]),
                line(2, &[&[1, 0x84, 2]]),
                line(2, &[&[2, 4, 4, 0, 1, 0, 2]]),
                line(2, &[&[1, 4, 0, 0, 0, 2], &[1, 4, 4, 0, 1, 0, 2]]),
            ],
        )
    }

    #[test]
    fn what_was_found_once_is_taken() {
        replies().iter().for_each(|bytes| reply(bytes));
        lines().iter().for_each(|bytes| rtu(bytes));
    }

    proptest! {
        #[test]
        fn any_reply_is_taken(bytes in corpus::changed(replies())) {
            reply(&bytes);
        }

        #[test]
        fn any_line_is_taken(bytes in corpus::changed(lines())) {
            rtu(&bytes);
        }
    }
}
