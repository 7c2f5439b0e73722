//! Registers and bits → raw values.
//!
//! ```text
//!   0x12345678 lies in two registers as        bytes swapped in each    words reversed
//!   ABCD  1234 5678                            no                       no
//!   BADC  3412 7856                            yes                      no
//!   CDAB  5678 1234                            no                       yes
//!   DCBA  7856 3412                            yes                      yes
//! ```
//! Any number of registers follows the same two choices; of four, the halves may be swapped as well (EFGHABCD, FEHGBADC).
//!
//! # Promises
//! - No digit is lost: integers stay integers of 64 bits, an `f32` becomes the `f64` of the same value, a multiplied
//!   integer is exact or refused.
//! - What is no finite number is [`Reason::NotANumber`]; a pattern by which the meter says that it has none is
//!   [`Reason::NoValue`]; digits that are none are [`Reason::Malformed`].

use super::{connection::Answer, plan::Part};
use crate::{
    agent::config::{ModbusPoint, Multiplier, ValueType, WordOrder},
    model::{RawValue, Reason},
};
use rust_decimal::{
    Decimal,
    prelude::{FromPrimitive, ToPrimitive},
};

/// Powers of ten beyond these are no register's unit.
const EXPONENT_MAX: i64 = 12;

/// The point's value in the answer to the request that has it. `multiplier` is what [`factor`] made of the point's
/// multiplier, of the same poll; a point that has one is no value without it.
pub fn value(
    answer: &Answer,
    point: &ModbusPoint,
    part: &Part,
    multiplier: Option<Decimal>,
) -> Result<RawValue, Reason> {
    let value = in_answer(answer, part, point.value_type, point.word_order, &point.no_value)?;
    match (&point.multiplier, multiplier) {
        (None, _) => Ok(value),
        (Some(_), Some(factor)) => times(value, factor),
        (Some(_), None) => Err(Reason::Missing),
    }
}

/// What a multiplier's register says. A factor of 0, or below, is none: it would take the meter's reading away.
pub fn factor(answer: &Answer, multiplier: &Multiplier, part: &Part) -> Result<Decimal, Reason> {
    let register = match in_answer(answer, part, multiplier.value_type, multiplier.word_order, &[])? {
        RawValue::Int(int) => Decimal::from(int),
        RawValue::UInt(int) => Decimal::from(int),
        RawValue::Float(float) => Decimal::from_f64(float).ok_or(Reason::OutOfRange)?,
        RawValue::Decimal(decimal) => decimal,
    };
    let factor = if multiplier.power_of_ten {
        let exponent = register.is_integer().then(|| register.to_i64()).flatten().ok_or(Reason::OutOfRange)?;
        power_of_ten(exponent)?
    } else {
        exact_product(register, multiplier.scale.per_count())?
    };
    if factor > Decimal::ZERO { Ok(factor) } else { Err(Reason::OutOfRange) }
}

fn in_answer(
    answer: &Answer,
    part: &Part,
    value_type: ValueType,
    order: WordOrder,
    no_value: &[u64],
) -> Result<RawValue, Reason> {
    match answer {
        Answer::Words(words) => {
            let end = part.offset.checked_add(part.width).ok_or(Reason::Malformed)?;
            let words = words.get(part.offset..end).ok_or(Reason::Malformed)?;
            from_words(words, value_type, order, no_value)
        }
        Answer::Bits(bits) => bits.get(part.offset).map(|bit| from_bit(*bit)).ok_or(Reason::Malformed),
        Answer::Exception(_) => Err(Reason::Exception),
    }
}

/// The value of a coil or discrete input: 0 or 1.
pub fn from_bit(bit: bool) -> RawValue {
    RawValue::UInt(bit.into())
}

/// The value in `words`, which are just the registers it takes; any other number of them is malformed.
pub fn from_words(
    words: &[u16],
    value_type: ValueType,
    order: WordOrder,
    no_value: &[u64],
) -> Result<RawValue, Reason> {
    if words.len() != usize::from(value_type.registers()) {
        return Err(Reason::Malformed);
    }
    let words = in_order(words, order)?;
    // more than four registers hold text, of which there is no pattern
    let bits = words.iter().fold(0_u64, |bits, word| bits << 16 | u64::from(*word));
    let bits = match value_type {
        ValueType::U8Hi => bits >> 8 & 0xFF,
        ValueType::U8Lo => bits & 0xFF,
        ValueType::Bits { first, count } => {
            let above = bits.checked_shr(first.into()).unwrap_or_default();
            above & 1_u64.checked_shl(count.into()).map_or(u64::MAX, |limit| limit - 1)
        }
        _ => bits,
    };
    if no_value.contains(&bits) {
        return Err(Reason::NoValue);
    }
    Ok(match value_type {
        // a register that is meant to be true or false and is neither was described wrongly
        ValueType::Bool if bits > 1 => return Err(Reason::OutOfRange),
        ValueType::Bool
        | ValueType::U8Hi
        | ValueType::U8Lo
        | ValueType::Bits { .. }
        | ValueType::U16
        | ValueType::U32
        | ValueType::U64 => RawValue::UInt(bits),
        ValueType::I16 => RawValue::Int((bits as u16 as i16).into()),
        ValueType::I32 => RawValue::Int((bits as u32 as i32).into()),
        ValueType::I64 => RawValue::Int(bits as i64),
        ValueType::F32 => return finite(f32::from_bits(bits as u32).into()),
        ValueType::F64 => return finite(f64::from_bits(bits)),
        ValueType::Bcd(_) => return number(words.iter().flat_map(|word| nibbles(*word)), 10),
        ValueType::Mod10k(_) => return number(words.iter().map(|word| u64::from(*word)), 10_000),
        ValueType::Ascii(_) => return text(&words),
    })
}

/// The words, the most significant first, with the most significant byte first in each.
fn in_order(words: &[u16], order: WordOrder) -> Result<Vec<u16>, Reason> {
    let count = words.len();
    let (swapped, halves, reversed) = match order {
        WordOrder::Abcd => (false, false, false),
        WordOrder::Badc => (true, false, false),
        WordOrder::Cdab => (false, false, true),
        WordOrder::Dcba => (true, false, true),
        WordOrder::Efghabcd => (false, true, false),
        WordOrder::Fehgbadc => (true, true, false),
    };
    if halves && count != 4 {
        return Err(Reason::Malformed);
    }
    let place = |i: usize| match (halves, reversed) {
        (true, _) => i ^ 2,
        (_, true) => count - 1 - i,
        _ => i,
    };
    let word = |i| words.get(place(i)).map(|word| if swapped { word.swap_bytes() } else { *word });
    Ok((0..count).filter_map(word).collect())
}

fn finite(value: f64) -> Result<RawValue, Reason> {
    if value.is_finite() { Ok(RawValue::Float(value)) } else { Err(Reason::NotANumber) }
}

/// The four decimal digits that a word may hold.
fn nibbles(word: u16) -> [u64; 4] {
    [12, 8, 4, 0].map(|shift| u64::from(word >> shift & 0xF))
}

/// A number by its digits, the most significant first.
fn number(digits: impl Iterator<Item = u64>, base: u64) -> Result<RawValue, Reason> {
    let mut number = 0_u64;
    for digit in digits {
        if digit >= base {
            return Err(Reason::Malformed);
        }
        let more = number.checked_mul(base).and_then(|number| number.checked_add(digit));
        number = more.ok_or(Reason::OutOfRange)?;
    }
    Ok(RawValue::UInt(number))
}

/// Decimal digits, which may be filled up with blanks and zero bytes.
fn text(words: &[u16]) -> Result<RawValue, Reason> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let filling = |byte: &u8| matches!(byte, b' ' | 0);
    let first = bytes.iter().position(|byte| !filling(byte)).ok_or(Reason::Malformed)?;
    let last = bytes.iter().rposition(|byte| !filling(byte)).ok_or(Reason::Malformed)?;
    let digits = bytes.get(first..=last).unwrap_or_default();
    // what is below '0' wraps, and is no digit either
    number(digits.iter().map(|byte| byte.wrapping_sub(b'0').into()), 10)
}

fn times(value: RawValue, factor: Decimal) -> Result<RawValue, Reason> {
    let exact = |number| exact_product(number, factor).map(RawValue::Decimal);
    match value {
        RawValue::Int(int) => exact(Decimal::from(int)),
        RawValue::UInt(int) => exact(Decimal::from(int)),
        RawValue::Decimal(decimal) => exact(decimal),
        // a float is not more exact for having been written as digits
        RawValue::Float(float) => {
            let number = Decimal::from_f64(float).ok_or(Reason::OutOfRange)?;
            let product = number.checked_mul(factor).and_then(|product| product.to_f64()).ok_or(Reason::OutOfRange)?;
            finite(product)
        }
    }
}

/// `Decimal`'s own product rounds where it does not fit.
fn exact_product(a: Decimal, b: Decimal) -> Result<Decimal, Reason> {
    let (a, b) = (a.normalize(), b.normalize());
    let mantissa = a.mantissa().checked_mul(b.mantissa()).ok_or(Reason::OutOfRange)?;
    let product = Decimal::try_from_i128_with_scale(mantissa, a.scale() + b.scale()).map_err(|_| Reason::OutOfRange)?;
    Ok(product.normalize())
}

fn power_of_ten(exponent: i64) -> Result<Decimal, Reason> {
    if !(-EXPONENT_MAX..=EXPONENT_MAX).contains(&exponent) {
        return Err(Reason::OutOfRange);
    }
    let power = Decimal::from(10_i64.pow(u32::try_from(exponent.unsigned_abs()).map_err(|_| Reason::OutOfRange)?));
    Ok(if exponent < 0 { Decimal::ONE / power } else { power })
}

#[cfg(test)]
mod tests;
