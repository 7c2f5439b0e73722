//! Payload → scan. Pure.

use crate::{
    agent::config::{MqttTopic, PayloadTime, TimeFormat},
    model::{RawValue, Reason, Scan, UtcMillis},
    wire::{FUTURE_MS_MAX, TIME_MIN_MS},
};
use rust_decimal::Decimal;
use serde_json::Value;

pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Why a whole payload was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} bytes, at most {PAYLOAD_BYTES_MAX} are taken")]
    TooLarge(usize),
    #[error("it is no JSON: {0}")]
    NotJson(String),
    #[error("`{pointer}` has no time stamp as configured ({expected}): {found}")]
    Time { pointer: String, expected: &'static str, found: String },
    #[error("the time stamp {0} is before 2000: the device's clock was never set")]
    TimeUnset(UtcMillis),
    #[error("the time stamp {time} is more than 5 minutes ahead of this gateway's clock ({now})")]
    TimeAhead { time: UtcMillis, now: UtcMillis },
}

impl Refusal {
    pub fn kind(&self) -> &'static str {
        match self {
            Refusal::TooLarge(_) => "too large",
            Refusal::NotJson(_) => "no JSON",
            Refusal::Time { .. } => "no time stamp",
            Refusal::TimeUnset(_) => "time unset",
            Refusal::TimeAhead { .. } => "time ahead",
        }
    }
}

/// A point whose field is missing or no number is a bad sample; the others keep their values.
pub fn scan(topic: &MqttTopic, payload: &[u8], now: UtcMillis) -> Result<Scan, Refusal> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Refusal::TooLarge(payload.len()));
    }
    let value: Value = serde_json::from_slice(payload).map_err(|error| Refusal::NotJson(error.to_string()))?;
    let time = match &topic.time {
        Some(time) => stamp(time, &value)?,
        None => now,
    };
    if time.0 < TIME_MIN_MS {
        return Err(Refusal::TimeUnset(time));
    }
    if time.since(now) > FUTURE_MS_MAX {
        return Err(Refusal::TimeAhead { time, now });
    }
    let found = topic.points.iter().map(|point| (point.series, number(value.pointer(&point.pointer)))).collect();
    Ok(Scan { time, found })
}

/// Numbers by their digits: 959636.71 is that, not the nearest binary fraction.
fn number(value: Option<&Value>) -> Result<RawValue, Reason> {
    match value {
        None | Some(Value::Null) => Err(Reason::Missing),
        Some(Value::Bool(on)) => Ok(RawValue::Int(i64::from(*on))),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Ok(RawValue::Int(int)),
            (_, Some(int)) => Ok(RawValue::UInt(int)),
            _ => decimal(&number.to_string()),
        },
        Some(Value::String(text)) => decimal(text.trim()),
        Some(_) => Err(Reason::Malformed),
    }
}

fn decimal(text: &str) -> Result<RawValue, Reason> {
    let parsed = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    parsed.map(RawValue::Decimal).map_err(|_| Reason::Malformed)
}

fn stamp(time: &PayloadTime, payload: &Value) -> Result<UtcMillis, Refusal> {
    let found = payload.pointer(&time.pointer);
    let expected = match time.format {
        TimeFormat::UnixSeconds => "seconds since 1970",
        TimeFormat::UnixMillis => "milliseconds since 1970",
        TimeFormat::Iso8601 => "ISO 8601 with zone",
        TimeFormat::Pattern { .. } => "the configured pattern",
    };
    instant(&time.format, found).ok_or_else(|| Refusal::Time {
        pointer: time.pointer.clone(),
        expected,
        found: found.map_or("nothing is there".into(), |value| value.to_string().chars().take(64).collect()),
    })
}

fn instant(format: &TimeFormat, found: Option<&Value>) -> Option<UtcMillis> {
    let scaled = |per_unit: i64| {
        let RawValue::Decimal(number) = (match number(found).ok()? {
            RawValue::Int(int) => RawValue::Decimal(Decimal::from(int)),
            other => other,
        }) else {
            return None;
        };
        let ms = number.checked_mul(Decimal::from(per_unit))?.floor();
        i64::try_from(ms).ok().map(UtcMillis)
    };
    match format {
        TimeFormat::UnixSeconds => scaled(1_000),
        TimeFormat::UnixMillis => scaled(1),
        TimeFormat::Iso8601 => {
            let timestamp: jiff::Timestamp = found?.as_str()?.parse().ok()?;
            Some(UtcMillis(timestamp.as_millisecond()))
        }
        TimeFormat::Pattern { pattern, offset_s } => {
            let civil = jiff::civil::DateTime::strptime(pattern, found?.as_str()?).ok()?;
            let timestamp = jiff::tz::Offset::from_seconds(*offset_s).ok()?.to_timestamp(civil).ok()?;
            Some(UtcMillis(timestamp.as_millisecond()))
        }
    }
}
