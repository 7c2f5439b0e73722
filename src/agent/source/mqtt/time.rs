//! A payload's time stamp → an instant.

use super::{number::number, payload::Refusal};
use crate::{
    agent::config::{PayloadTime, TimeFormat},
    model::{RawValue, UtcMillis},
    wire::{FUTURE_MS_MAX, TIME_MIN_MS},
};
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use rust_decimal::Decimal;
use serde_json::Value;

/// Characters of a foreign value in a message.
const FOUND_CHARS_MAX: usize = 64;

/// When the payload says it was taken, where that can be: since 2000, and at most five minutes ahead of `now`.
pub fn instant(time: &PayloadTime, found: Option<&Value>, now: UtcMillis) -> Result<UtcMillis, Refusal> {
    let refuse = |expected| Refusal::Time { pointer: time.pointer.clone(), found: shown(found), expected };
    let instant = parse(&time.format, found).ok_or_else(|| refuse(expected(&time.format)))?;
    if instant.0 < TIME_MIN_MS {
        return Err(Refusal::TimeUnset { pointer: time.pointer.clone(), found: shown(found) });
    }
    if instant.since(now) > FUTURE_MS_MAX {
        return Err(Refusal::TimeAhead { pointer: time.pointer.clone(), found: shown(found), now });
    }
    Ok(instant)
}

/// What [`instant`] asks of a time stamp, of one that is no JSON.
pub fn is_plausible(time: UtcMillis, now: UtcMillis) -> bool {
    time.0 >= TIME_MIN_MS && time.since(now) <= FUTURE_MS_MAX
}

fn parse(format: &TimeFormat, found: Option<&Value>) -> Option<UtcMillis> {
    match format {
        TimeFormat::Unix { per_second } => since_1970(found, *per_second),
        TimeFormat::Iso8601 => {
            let instant: Timestamp = found?.as_str()?.trim().parse().ok()?;
            Some(UtcMillis(instant.as_millisecond()))
        }
        TimeFormat::Pattern { pattern, offset_s } => {
            // 20180101001500 is written as a number by some
            let text = match found? {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            let civil = DateTime::strptime(pattern, text).ok()?;
            let instant = Offset::from_seconds(*offset_s).ok()?.to_timestamp(civil).ok()?;
            Some(UtcMillis(instant.as_millisecond()))
        }
    }
}

/// Fractions of a millisecond are cut off.
fn since_1970(found: Option<&Value>, per_second: u32) -> Option<UtcMillis> {
    // a time stamp in quotes means nothing else
    let units = match number(found, true).ok()? {
        RawValue::Int(int) => Decimal::from(int),
        RawValue::UInt(int) => Decimal::from(int),
        RawValue::Decimal(decimal) => decimal,
        RawValue::Float(_) => return None,
    };
    let ms = units.checked_mul(Decimal::from(1_000))?.checked_div(Decimal::from(per_second))?.floor();
    i64::try_from(ms).ok().map(UtcMillis)
}

fn expected(format: &TimeFormat) -> String {
    match format {
        TimeFormat::Unix { per_second: 1 } => "seconds since 1970-01-01 UTC".into(),
        TimeFormat::Unix { per_second: 1_000 } => "milliseconds since 1970-01-01 UTC".into(),
        TimeFormat::Unix { per_second: 1_000_000 } => "microseconds since 1970-01-01 UTC".into(),
        TimeFormat::Unix { .. } => "nanoseconds since 1970-01-01 UTC".into(),
        TimeFormat::Iso8601 => "ISO 8601 with its zone, such as 2026-11-24T08:00:00+08:00".into(),
        TimeFormat::Pattern { pattern, .. } => format!("a time written as {pattern}"),
    }
}

fn shown(found: Option<&Value>) -> String {
    let Some(found) = found else { return "nothing".into() };
    let text = found.to_string();
    match text.char_indices().nth(FOUND_CHARS_MAX - 1) {
        Some((cut, last)) if cut + last.len_utf8() < text.len() => format!("{}…", text.get(..cut).unwrap_or_default()),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: UtcMillis = UtcMillis(1_800_000_000_000);

    fn read(format: TimeFormat, ts: Value) -> Result<UtcMillis, Refusal> {
        instant(&PayloadTime { pointer: "/ts".into(), format }, Some(&ts), NOW)
    }

    fn china(pattern: &str) -> TimeFormat {
        TimeFormat::Pattern { pattern: pattern.into(), offset_s: 28_800 }
    }

    #[test]
    fn time_stamps_are_read_as_configured() {
        let half_past = Ok(UtcMillis(1_700_000_000_500));
        assert_eq!(read(TimeFormat::UNIX_MS, json!(1_700_000_000_500_u64)), half_past);
        assert_eq!(read(TimeFormat::UNIX_MS, json!("1700000000500")), half_past);
        assert_eq!(read(TimeFormat::UNIX_MS, json!(1_700_000_000_500.9)), half_past);
        assert_eq!(read(TimeFormat::UNIX_S, json!(1_700_000_000.5)), half_past);
        assert_eq!(read(TimeFormat::Iso8601, json!("2023-11-15T06:13:20.5+08:00")), half_past);
        assert_eq!(read(TimeFormat::Iso8601, json!("2023-11-14T22:13:20.500Z")), half_past);
        assert_eq!(read(TimeFormat::UNIX_US, json!(1_700_000_000_500_999_u64)), half_past);
        assert_eq!(read(TimeFormat::UNIX_NS, json!(1_700_000_000_500_999_999_u64)), half_past);
        let label = read(china("%d/%m/%Y %H:%M"), json!("01/01/2018 00:15")).unwrap();
        assert_eq!(label.to_string(), "2018-01-01T00:15:00+08:00");
        assert_eq!(read(china("%Y%m%d%H%M%S"), json!(20_180_101_001_500_u64)), Ok(label));
    }

    #[test]
    fn what_is_no_time_stamp_is_refused_with_what_was_found() {
        for (format, ts) in [
            (TimeFormat::UNIX_MS, json!("noon")),
            (TimeFormat::UNIX_MS, json!(null)),
            (TimeFormat::UNIX_MS, json!([1])),
            (TimeFormat::UNIX_MS, json!(1e300)),
            (TimeFormat::UNIX_S, json!(i64::MAX)),
            (TimeFormat::Iso8601, json!("2023-11-15T06:13:20")),
            (TimeFormat::Iso8601, json!(1_700_000_000)),
            (china("%d/%m/%Y %H:%M"), json!("2018-01-01 00:15")),
            (china("%d/%m/%Y %H:%M"), json!("32/01/2018 00:15")),
        ] {
            let written = ts.to_string();
            let refused = read(format, ts);
            assert!(matches!(&refused, Err(Refusal::Time { found, .. }) if *found == written), "{refused:?}");
        }
        let absent = PayloadTime { pointer: "/time".into(), format: TimeFormat::Iso8601 };
        assert_eq!(
            instant(&absent, None, NOW).unwrap_err().to_string(),
            "`/time` holds nothing; expected ISO 8601 with its zone, such as 2026-11-24T08:00:00+08:00"
        );
    }

    #[test]
    fn the_time_must_lie_between_2000_and_five_minutes_ahead() {
        let read = |ms: i64| read(TimeFormat::UNIX_MS, json!(ms));
        assert!(matches!(read(TIME_MIN_MS - 1), Err(Refusal::TimeUnset { .. })));
        assert!(matches!(read(-1), Err(Refusal::TimeUnset { .. })));
        assert!(read(TIME_MIN_MS).is_ok());
        assert!(read(NOW.0 + FUTURE_MS_MAX).is_ok());
        assert!(matches!(read(NOW.0 + FUTURE_MS_MAX + 1), Err(Refusal::TimeAhead { .. })));
    }

    #[test]
    fn what_was_found_is_shown_in_64_characters_at_most() {
        assert_eq!(shown(Some(&json!("é".repeat(62)))).chars().count(), 64);
        let long = shown(Some(&json!("é".repeat(63))));
        assert!(long.chars().count() == 64 && long.ends_with('…'), "{long}");
    }
}
