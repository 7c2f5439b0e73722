//! A JSON value → a number, by its digits.

use crate::model::{RawValue, Reason};
use rust_decimal::Decimal;
use serde_json::Value;

/// 959636.71 is those digits, not the binary fraction next to it. A JSON number is exact to 15 digits, a whole one
/// to 64 bits; where a device has more, it writes them as a string, which is exact to 28.
///
/// Only where `strings` may stand for numbers one is read: elsewhere "1" is the name of something.
pub fn number(value: Option<&Value>, strings: bool) -> Result<RawValue, Reason> {
    match value {
        None | Some(Value::Null) => Err(Reason::Missing),
        Some(Value::Bool(on)) => Ok(RawValue::Int(i64::from(*on))),
        Some(Value::Number(number)) => digits(&number.to_string()),
        Some(Value::String(text)) if strings => digits(text.trim()),
        Some(Value::String(_) | Value::Array(_) | Value::Object(_)) => Err(Reason::Malformed),
    }
}

fn digits(text: &str) -> Result<RawValue, Reason> {
    // `f64` decides what is a number at all; without the letters, as it would take `inf` and `nan`
    let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if !plain || text.parse::<f64>().is_err() {
        return Err(Reason::Malformed);
    }
    if let Ok(int) = text.parse() {
        return Ok(RawValue::Int(int));
    }
    if let Ok(int) = text.parse() {
        return Ok(RawValue::UInt(int));
    }
    let decimal = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    decimal.map(RawValue::Decimal).map_err(|_| Reason::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(json: &str) -> Result<RawValue, Reason> {
        number(Some(&serde_json::from_str(json).unwrap()), true)
    }

    fn decimal(text: &str) -> Result<RawValue, Reason> {
        Ok(RawValue::Decimal(text.parse().unwrap()))
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(of("959636.71"), decimal("959636.71"));
        assert_eq!(of("-0.1"), decimal("-0.1"));
        assert_eq!(of("1.5e3"), decimal("1500"));
        assert_eq!(of("42"), Ok(RawValue::Int(42)));
        assert_eq!(of("-9223372036854775808"), Ok(RawValue::Int(i64::MIN)));
        assert_eq!(of("18446744073709551615"), Ok(RawValue::UInt(u64::MAX)));
    }

    #[test]
    fn numbers_in_strings_and_truth_values_are_numbers() {
        assert_eq!(of(r#"" 42 ""#), Ok(RawValue::Int(42)));
        assert_eq!(of(r#""+7""#), Ok(RawValue::Int(7)));
        assert_eq!(of(r#""1234567890123456789.01""#), decimal("1234567890123456789.01"));
        assert_eq!(of(r#""2.5E-3""#), decimal("0.0025"));
        assert_eq!(of("true"), Ok(RawValue::Int(1)));
        assert_eq!(of("false"), Ok(RawValue::Int(0)));
    }

    #[test]
    fn a_string_is_a_number_only_where_that_was_said() {
        let text = serde_json::json!("42");
        assert_eq!(number(Some(&text), false), Err(Reason::Malformed));
        assert_eq!(number(Some(&text), true), Ok(RawValue::Int(42)));
    }

    #[test]
    fn what_is_none_says_why() {
        assert_eq!(number(None, true), Err(Reason::Missing));
        assert_eq!(of("null"), Err(Reason::Missing));
        for text in ["", " ", "many", "NaN", "inf", "-Infinity", "0x10", "1_000", "1,5", "12 kWh", "1e", "--1", "1.2.3"]
        {
            assert_eq!(of(&format!("{text:?}")), Err(Reason::Malformed), "{text}");
        }
        assert_eq!(of("[1]"), Err(Reason::Malformed));
        assert_eq!(of(r#"{"value": 1}"#), Err(Reason::Malformed));
        assert_eq!(of("1e300"), Err(Reason::OutOfRange));
        assert_eq!(of(r#""1e99999999999999999999""#), Err(Reason::OutOfRange));
    }

    proptest! {
        #[test]
        fn fifteen_digits_come_through_json_unchanged(digits in 0_i64..1_000_000_000_000_000, scale in 1_u32..=15) {
            let written = Decimal::new(digits, scale);
            let Ok(RawValue::Decimal(read)) = of(&written.to_string()) else { panic!("{written}") };
            prop_assert_eq!(read, written);
        }
    }
}
