//! Any bytes as a meter's reply. `fuzz/` tries them for hours, the tests for a moment.

use super::{
    connection::{Answer, Connection},
    decode,
    plan::{Read, plan},
    rtu::{self, Asked},
};
use crate::agent::{
    config::{Function, ModbusPoint, ValueType, WordOrder},
    source::line::{Line, Seen, Timing},
};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

const TYPES: [ValueType; 9] = [
    ValueType::Bool,
    ValueType::U16,
    ValueType::I16,
    ValueType::U32,
    ValueType::I32,
    ValueType::U64,
    ValueType::I64,
    ValueType::F32,
    ValueType::F64,
];
const ORDERS: [WordOrder; 4] = [WordOrder::Abcd, WordOrder::Badc, WordOrder::Cdab, WordOrder::Dcba];

/// The first byte says what is read, the others are all that ever comes.
pub fn reply(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let function = if choice & 0x80 == 0 { Function::HoldingRegisters } else { Function::Coils };
    let value_type = match function {
        Function::Coils => ValueType::Bool,
        _ => TYPES[usize::from(*choice) % TYPES.len()],
    };
    let point = |series| ModbusPoint {
        series,
        function,
        register: u16::try_from(series * u32::from(value_type.registers())).unwrap_or(u16::MAX),
        value_type,
        word_order: ORDERS[usize::from(*choice) % ORDERS.len()],
        no_value: Vec::new(),
        multiplier: None,
    };
    let points: Vec<_> = (0..3).map(point).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return };
    for read in plan(&points) {
        let asked = async {
            let (ours, mut theirs) = tokio::io::duplex(1 << 16);
            let _whole = theirs.write_all(&bytes[..bytes.len().min(1 << 15)]).await;
            let _ended = theirs.shutdown().await;
            Connection::over(ours, Duration::from_secs(1)).read(1, &read).await
        };
        let Ok((_, answer)) = runtime.block_on(asked) else { continue };
        for part in &read.parts {
            let value = decode::value(&answer, &points[part.point], part);
            // a whole reply has a value or a reason for each point, and an exception is never a value
            assert!(value.is_err() || !matches!(answer, Answer::Exception(_)));
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
