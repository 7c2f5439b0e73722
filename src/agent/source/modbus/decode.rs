//! Registers and bits → raw values.
//!
//! ```text
//!   0x12345678 lies in two registers as        bytes swapped in each    words reversed
//!   ABCD  1234 5678                            no                       no
//!   BADC  3412 7856                            yes                      no
//!   CDAB  5678 1234                            no                       yes
//!   DCBA  7856 3412                            yes                      yes
//! ```
//! Four registers follow the same two choices, one register only the first.
//!
//! # Promises
//! - No digit is lost: integers stay integers of 64 bits, an `f32` becomes the `f64` of the same value.
//! - What is no finite number is [`Reason::NotANumber`].

use super::{connection::Answer, plan::Part};
use crate::{
    agent::config::{ModbusPoint, ValueType, WordOrder},
    model::{RawValue, Reason},
};

/// The value of a coil or discrete input: 0 or 1.
pub fn from_bit(bit: bool) -> RawValue {
    RawValue::UInt(bit.into())
}

/// The value in `words`, which are just the registers it takes; any other number of them is malformed.
pub fn from_words(words: &[u16], value_type: ValueType, order: WordOrder) -> Result<RawValue, Reason> {
    Ok(match value_type {
        // a register that is meant to be true or false and is neither was described wrongly
        ValueType::Bool => match u16::from_be_bytes(big_endian(words, order)?) {
            bit @ 0..=1 => RawValue::UInt(bit.into()),
            _ => return Err(Reason::OutOfRange),
        },
        ValueType::U16 => RawValue::UInt(u16::from_be_bytes(big_endian(words, order)?).into()),
        ValueType::I16 => RawValue::Int(i16::from_be_bytes(big_endian(words, order)?).into()),
        ValueType::U32 => RawValue::UInt(u32::from_be_bytes(big_endian(words, order)?).into()),
        ValueType::I32 => RawValue::Int(i32::from_be_bytes(big_endian(words, order)?).into()),
        ValueType::U64 => RawValue::UInt(u64::from_be_bytes(big_endian(words, order)?)),
        ValueType::I64 => RawValue::Int(i64::from_be_bytes(big_endian(words, order)?)),
        ValueType::F32 => return finite(f32::from_be_bytes(big_endian(words, order)?).into()),
        ValueType::F64 => return finite(f64::from_be_bytes(big_endian(words, order)?)),
        ValueType::U8Hi
        | ValueType::U8Lo
        | ValueType::Bits { .. }
        | ValueType::Bcd(_)
        | ValueType::Mod10k(_)
        | ValueType::Ascii(_) => return Err(Reason::Malformed),
    })
}

fn finite(value: f64) -> Result<RawValue, Reason> {
    if value.is_finite() { Ok(RawValue::Float(value)) } else { Err(Reason::NotANumber) }
}

/// The value's bytes, most significant first.
fn big_endian<const N: usize>(words: &[u16], order: WordOrder) -> Result<[u8; N], Reason> {
    if words.len() * 2 != N {
        return Err(Reason::Malformed);
    }
    let (swapped, reversed) = match order {
        WordOrder::Abcd => (false, false),
        WordOrder::Badc => (true, false),
        WordOrder::Cdab => (false, true),
        WordOrder::Dcba => (true, true),
        WordOrder::Efghabcd => (false, false),
        WordOrder::Fehgbadc => (true, false),
    };
    let mut bytes = [0; N];
    for (i, word) in words.iter().enumerate() {
        let place = if reversed { words.len() - 1 - i } else { i };
        let pair = if swapped { word.to_le_bytes() } else { word.to_be_bytes() };
        if let Some(to) = bytes.chunks_exact_mut(2).nth(place) {
            to.copy_from_slice(&pair);
        }
    }
    Ok(bytes)
}

/// The point's value in the answer to the request that has it.
pub fn value(answer: &Answer, point: &ModbusPoint, part: &Part) -> Result<RawValue, Reason> {
    match answer {
        Answer::Words(words) => {
            let words = words.get(part.offset..part.offset + part.width).ok_or(Reason::Malformed)?;
            from_words(words, point.value_type, point.word_order)
        }
        Answer::Bits(bits) => bits.get(part.offset).map(|bit| from_bit(*bit)).ok_or(Reason::Malformed),
        Answer::Exception(_) => Err(Reason::Exception),
    }
}

#[cfg(test)]
mod tests;
