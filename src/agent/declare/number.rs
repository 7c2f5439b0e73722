//! Numbers, times and words as a person writes them.

use crate::{
    energy::counter::COUNT_MAX,
    model::{Series, UtcMillis},
    runtime::{
        lang::Text,
        problem::{Problems, found, quoted},
    },
    wire::{FUTURE_MS_MAX, TIME_MIN_MS},
};
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use rust_decimal::Decimal;

/// What `value`, in the unit, is in counts of the series: exactly, and no more than its register has.
pub fn count(series: &Series, place: &str, value: &str, such: Text) -> Result<i64, Problems> {
    let wrong = |found, expected, fix| Problems::of_file(place, found, expected, fix);
    let too_much = |number: Decimal, expected| {
        wrong(found(&number.to_string()), expected, Text::new("核对读数与单位", "check the reading and its unit"))
    };
    let number = value.trim().parse::<Decimal>().ok().filter(|number| !number.is_sign_negative() || number.is_zero());
    let Some(number) = number else {
        return Err(wrong(found(&quoted(value)), Text::new("不小于 0 的小数", "a decimal of 0 or more"), such));
    };
    let unit = &series.unit;
    let (count, exact) = series
        .scale
        .count_from_value(number)
        .filter(|(count, _)| (0..=COUNT_MAX).contains(count))
        .ok_or_else(|| too_much(number, Text::new("表底能有的读数", "a reading that the register can have")))?;
    if !exact {
        let near = series.scale.value_from_count(count).unwrap_or_default();
        let scale = series.scale;
        return Err(wrong(
            Text::new(format!("写的是 {number} {unit}"), format!("found {number} {unit}")),
            Text::new(
                format!("{scale} {unit}（一个计数）的整数倍"),
                format!("a multiple of {scale} {unit}, which is one count"),
            ),
            Text::new(
                format!("照表计的显示写，scale 中有互感器变比时乘以变比；最近的读数是 {near}"),
                format!(
                    "write what the meter shows, times its transformer ratio where the scale has one; the nearest is {near}"
                ),
            ),
        ));
    }
    if let Some(modulus) = series.physics.modulus.filter(|modulus| count >= *modulus) {
        let end = series.scale.value_from_count(modulus).unwrap_or_default();
        return Err(too_much(
            number,
            Text::new(
                format!("小于 {end} {unit}（表底在此归零）"),
                format!("less than {end} {unit}, where the register starts again"),
            ),
        ));
    }
    Ok(count)
}

/// A problem where the text is none, too long, or not one line.
pub fn label(argument: &str, text: &str, bytes_max: usize) -> Option<Problems> {
    let fits =
        !text.is_empty() && text.len() <= bytes_max && text.trim() == text && !text.chars().any(char::is_control);
    (!fits).then(|| {
        Problems::of_file(
            argument,
            Text::new(
                format!("{} 字节：{}", text.len(), quoted(text)),
                format!("found {} of {} bytes", quoted(text), text.len()),
            ),
            Text::new(
                format!("1 到 {bytes_max} 字节，首尾无空格，无控制字符"),
                format!("1 to {bytes_max} bytes, without blanks at the ends and control characters"),
            ),
            Text::new(
                "此事要能查证：写清楚，不过长",
                "this is kept as evidence: write it, and shorten it where it is too long",
            ),
        )
    })
}

/// ISO 8601 with its zone, or a civil time in China.
pub fn time(at: Option<&str>, now: UtcMillis) -> Result<UtcMillis, Problems> {
    let Some(text) = at else { return Ok(now) };
    let civil = || text.parse::<DateTime>().ok().and_then(|civil| Offset::constant(8).to_timestamp(civil).ok());
    let time = text.parse::<Timestamp>().ok().or_else(civil).map(|time| UtcMillis(time.as_millisecond()));
    time.filter(|time| time.0 >= TIME_MIN_MS && time.since(now) <= FUTURE_MS_MAX).ok_or_else(|| {
        Problems::of_file(
            "--at",
            found(&quoted(text)),
            Text::new(
                format!("2000 年以后、不晚于现在（{now}）的时间"),
                format!("a time since 2000 and not later than now, which is {now}"),
            ),
            Text::new(
                "例如 2026-11-24T08:30（北京时间）",
                "such as 2026-11-24T08:30 (in China), or with its zone: 2026-11-24T00:30Z",
            ),
        )
    })
}
