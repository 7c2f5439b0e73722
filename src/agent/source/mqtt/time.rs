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
pub fn instant(time: &PayloadTime, payload: &Value, now: UtcMillis) -> Result<UtcMillis, Refusal> {
    let found = payload.pointer(&time.pointer);
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

fn parse(format: &TimeFormat, found: Option<&Value>) -> Option<UtcMillis> {
    match format {
        TimeFormat::UnixSeconds => since_1970(found, 1_000),
        TimeFormat::UnixMillis => since_1970(found, 1),
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
fn since_1970(found: Option<&Value>, ms_per_unit: i64) -> Option<UtcMillis> {
    let units = match number(found).ok()? {
        RawValue::Int(int) => Decimal::from(int),
        RawValue::UInt(int) => Decimal::from(int),
        RawValue::Decimal(decimal) => decimal,
        RawValue::Float(_) => return None,
    };
    let ms = units.checked_mul(Decimal::from(ms_per_unit))?.floor();
    i64::try_from(ms).ok().map(UtcMillis)
}

fn expected(format: &TimeFormat) -> String {
    match format {
        TimeFormat::UnixSeconds => "seconds since 1970-01-01 UTC".into(),
        TimeFormat::UnixMillis => "milliseconds since 1970-01-01 UTC".into(),
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
        instant(&PayloadTime { pointer: "/ts".into(), format }, &json!({ "ts": ts }), NOW)
    }

    fn china(pattern: &str) -> TimeFormat {
        TimeFormat::Pattern { pattern: pattern.into(), offset_s: 28_800 }
    }

    #[test]
    fn time_stamps_are_read_as_configured() {
        let half_past = Ok(UtcMillis(1_700_000_000_500));
        assert_eq!(read(TimeFormat::UnixMillis, json!(1_700_000_000_500_u64)), half_past);
        assert_eq!(read(TimeFormat::UnixMillis, json!("1700000000500")), half_past);
        assert_eq!(read(TimeFormat::UnixMillis, json!(1_700_000_000_500.9)), half_past);
        assert_eq!(read(TimeFormat::UnixSeconds, json!(1_700_000_000.5)), half_past);
        assert_eq!(read(TimeFormat::Iso8601, json!("2023-11-15T06:13:20.5+08:00")), half_past);
        assert_eq!(read(TimeFormat::Iso8601, json!("2023-11-14T22:13:20.500Z")), half_past);
        let label = read(china("%d/%m/%Y %H:%M"), json!("01/01/2018 00:15")).unwrap();
        assert_eq!(label.to_string(), "2018-01-01T00:15:00+08:00");
        assert_eq!(read(china("%Y%m%d%H%M%S"), json!(20_180_101_001_500_u64)), Ok(label));
    }

    #[test]
    fn what_is_no_time_stamp_is_refused_with_what_was_found() {
        for (format, ts) in [
            (TimeFormat::UnixMillis, json!("noon")),
            (TimeFormat::UnixMillis, json!(null)),
            (TimeFormat::UnixMillis, json!([1])),
            (TimeFormat::UnixMillis, json!(1e300)),
            (TimeFormat::UnixSeconds, json!(i64::MAX)),
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
            instant(&absent, &json!({ "ts": 1 }), NOW).unwrap_err().to_string(),
            "`/time` holds nothing; expected ISO 8601 with its zone, such as 2026-11-24T08:00:00+08:00"
        );
    }

    #[test]
    fn the_time_must_lie_between_2000_and_five_minutes_ahead() {
        let read = |ms: i64| read(TimeFormat::UnixMillis, json!(ms));
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
