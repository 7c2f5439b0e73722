//! Numbers in decimal digits, two in a byte, the lowest byte first: how DL/T 645 and CJ/T 188 write them.

use crate::model::{RawValue, Reason};

/// What fills a number that a meter does not have.
const NO_VALUE: [u8; 2] = [0xFF, 0xEE];
const SIGN: u8 = 0x80;
/// Digits of which any number fits 63 bits.
const DIGITS_MAX: usize = 18;

/// `signed`: the highest bit is a minus, and the number's own highest digit ends at 7.
pub fn number(bytes: &[u8], signed: bool) -> Result<RawValue, Reason> {
    let (highest, lower) = bytes.split_last().ok_or(Reason::Malformed)?;
    if bytes.len() * 2 > DIGITS_MAX {
        return Err(Reason::OutOfRange);
    }
    if NO_VALUE.iter().any(|fill| bytes.iter().all(|byte| byte == fill)) {
        return Err(Reason::NoValue);
    }
    let negative = signed && highest & SIGN != 0;
    let highest = if negative { highest & !SIGN } else { *highest };
    let mut value = two_digits(highest)?;
    for byte in lower.iter().rev() {
        value = value * 100 + two_digits(*byte)?;
    }
    let whole = i64::try_from(value).map_err(|_| Reason::OutOfRange)?;
    Ok(match signed {
        true if negative => RawValue::Int(-whole),
        true => RawValue::Int(whole),
        false => RawValue::UInt(value),
    })
}

/// The sum that closes a frame: of all bytes from its first 68 on.
pub fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Digits as text, the highest first, from bytes with the lowest first.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().rev().map(|byte| format!("{byte:02X}")).collect()
}

pub fn are_decimal(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| two_digits(*byte).is_ok())
}

fn two_digits(byte: u8) -> Result<u64, Reason> {
    match (byte >> 4, byte & 0x0F) {
        (high @ 0..=9, low @ 0..=9) => Ok(u64::from(high) * 10 + u64::from(low)),
        _ => Err(Reason::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The digits of a number, the lowest byte first.
    fn written(value: u64, bytes: usize) -> Vec<u8> {
        let digits = format!("{value:0width$}", width = bytes * 2);
        let pairs = digits.as_bytes().chunks(2).rev();
        pairs.map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0')).collect()
    }

    #[test]
    fn the_lowest_byte_comes_first_and_the_highest_bit_is_a_sign_only_where_it_is_one() {
        assert_eq!(number(&[0x78, 0x56, 0x34, 0x12], false), Ok(RawValue::UInt(12_345_678)));
        assert_eq!(number(&[0x67, 0x45, 0x83], true), Ok(RawValue::Int(-34_567)));
        assert_eq!(number(&[0x67, 0x45, 0x83], false), Ok(RawValue::UInt(834_567)));
        assert_eq!(number(&[0x00, 0x00, 0x80], true), Ok(RawValue::Int(0)), "minus zero");
    }

    #[test]
    fn what_is_no_number_says_why() {
        assert_eq!(number(&[0xFF; 4], false), Err(Reason::NoValue));
        assert_eq!(number(&[0xEE; 3], true), Err(Reason::NoValue));
        assert_eq!(number(&[0xFF, 0xFF, 0x12], false), Err(Reason::Malformed));
        assert_eq!(number(&[0x1A], false), Err(Reason::Malformed));
        assert_eq!(number(&[0xA1], false), Err(Reason::Malformed));
        assert_eq!(number(&[0xFA], true), Err(Reason::Malformed));
        assert_eq!(number(&[], false), Err(Reason::Malformed));
        assert_eq!(number(&[0x99; 10], false), Err(Reason::OutOfRange));
    }

    proptest! {
        #[test]
        fn a_number_that_was_written_is_read(value in 0..1_000_000_000_000_u64, negative: bool) {
            prop_assert_eq!(number(&written(value, 6), false), Ok(RawValue::UInt(value)));
            let value = value % 800_000_000_000;
            let mut bytes = written(value, 6);
            if negative { bytes[5] |= SIGN; }
            let value = value as i64;
            prop_assert_eq!(number(&bytes, true), Ok(RawValue::Int(if negative { -value } else { value })));
        }

        #[test]
        fn any_bytes_are_a_number_within_their_digits_or_none(bytes in prop::collection::vec(any::<u8>(), 0..12), signed: bool) {
            let limit = 10_u64.saturating_pow(u32::try_from(bytes.len()).unwrap() * 2);
            match number(&bytes, signed) {
                Ok(RawValue::UInt(value)) => prop_assert!(!signed && value < limit),
                Ok(RawValue::Int(value)) => prop_assert!(signed && value.unsigned_abs() < limit),
                Ok(other) => prop_assert!(false, "{:?}", other),
                Err(_) => {}
            }
        }
    }
}
