//! The rules of single fields. An error says what is expected and what to do.

use super::table::Rule;
use crate::runtime::lang::Text;
use rust_decimal::Decimal;

const INTEGER_DIGITS_MAX: usize = 12;
const FRACTION_DIGITS_MAX: usize = 6;
const TEXT_CHARS_MAX: usize = 200;

/// Plain digits: no exponent, no thousands separators, no plus sign.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let sound = |part: &str, max| (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let sound = sound(integer, INTEGER_DIGITS_MAX) && sound(fraction, FRACTION_DIGITS_MAX);
    sound.then(|| Decimal::from_str_exact(text).ok()).flatten()
}

fn refuse(zh: &str, en: &str) -> Rule {
    let (i, f) = (INTEGER_DIGITS_MAX, FRACTION_DIGITS_MAX);
    (
        Text::new(
            format!("{zh}的十进制数（整数至多 {i} 位，小数至多 {f} 位）"),
            format!("a decimal {en}, at most {i} digits before and {f} behind the point"),
        ),
        Text::new("只写数字和小数点，如 1234.5", "write digits and a point only, such as 1234.5"),
    )
}

pub(super) fn positive(text: &str) -> Result<Decimal, Rule> {
    decimal(text).filter(|value| *value > Decimal::ZERO).ok_or_else(|| refuse("大于 0 ", "above 0"))
}

/// Empty is unknown.
pub(super) fn not_negative(text: &str) -> Result<Option<Decimal>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    let value = decimal(text).filter(|value| *value >= Decimal::ZERO && !text.starts_with('-'));
    value.map(Some).ok_or_else(|| refuse("空或不小于 0 ", "of 0 or more, or nothing"))
}

/// Empty is unknown.
pub(super) fn any_sign(text: &str) -> Result<Option<Decimal>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    decimal(text).map(Some).ok_or_else(|| refuse("空或可为负", "of either sign, or nothing"))
}

/// Empty is unknown.
pub(super) fn count(text: &str) -> Result<Option<u32>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    let digits = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().map(Some).ok_or_else(|| {
        (
            Text::new("空或至多 8 位的整数", "a whole number of at most 8 digits, or nothing"),
            Text::new("只写数字", "write digits only"),
        )
    })
}

pub(super) fn name(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Err((Text::new("名称", "a name"), Text::new("填写", "fill it in")));
    }
    short(text)
}

pub(super) fn short(text: &str) -> Result<String, Rule> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err((
            Text::new(format!("至多 {TEXT_CHARS_MAX} 个字符"), format!("at most {TEXT_CHARS_MAX} characters")),
            Text::new("缩短", "shorten it"),
        ));
    }
    Ok(text.to_owned())
}
