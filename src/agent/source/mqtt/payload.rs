//! A payload → scans, or the reason why there are none. Pure.
//!
//! # Promises
//! - A payload gives at most [`SAMPLES_MAX`] scans, in the order of their times, and no two of one time: of two
//!   samples of one time the last counts, as of two equal keys of an object.
//! - A field that is missing or no number spoils only itself, a sample without a usable time only itself.

use super::{csv, number::number, time::instant};
use crate::{
    agent::config::{MqttTopic, PayloadFormat, Retained},
    model::{Scan, Tag, UtcMillis},
    wire::record::NAME_BYTES_MAX,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// More than any device's readings. Below the packet limit, so that a larger payload is refused and the connection
/// stands.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// Elements of an array or lines of CSV.
pub const SAMPLES_MAX: usize = 1000;

/// Why a payload, or one sample of it, was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the payload has {0} bytes; expected at most {PAYLOAD_BYTES_MAX}")]
    TooLarge(usize),
    #[error("the payload has {0} samples; expected at most {SAMPLES_MAX}")]
    TooMany(usize),
    #[error("the payload is no JSON: {0}")]
    NotJson(String),
    #[error("the payload is no CSV: {0}")]
    NotCsv(&'static str),
    #[error("`{0}` holds no array; expected one of samples")]
    NoArray(String),
    #[error("the payload is {found}; expected {expected}")]
    Root { found: &'static str, expected: &'static str },
    #[error("`{pointer}` holds {found}; expected {expected}")]
    Time { pointer: String, found: String, expected: String },
    #[error("`{pointer}` holds {found}, a time before 2000; expected the device's clock to be set")]
    TimeUnset { pointer: String, found: String },
    #[error("`{pointer}` holds {found}; expected at most 5 minutes ahead of this gateway's clock, which says {now}")]
    TimeAhead { pointer: String, found: String, now: UtcMillis },
}

/// What a payload says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    pub samples: Vec<Sample>,
    /// Of single samples, beside which others were taken.
    pub refused: Vec<Refusal>,
    /// Samples of a time that a later one has too.
    pub repeated: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub scan: Scan,
    /// Of the topic's tags, each with its place: what it says now, or why it says nothing.
    pub tags: Vec<Result<Tag, &'static str>>,
}

/// Whether a message that the broker had kept is not to be taken.
pub fn is_stale(topic: &MqttTopic, retained: bool) -> bool {
    retained && topic.retained == Retained::Ignore
}

/// What `payload` says of the topic's meter at place `meter`. Where the topic names no time stamp, it was taken when it
/// `arrived`.
pub fn read(topic: &MqttTopic, meter: usize, payload: &[u8], arrived: UtcMillis) -> Result<Said, Refusal> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Refusal::TooLarge(payload.len()));
    }
    let rows = rows(topic, payload)?;
    let mut said = Said::default();
    let mut by_time = BTreeMap::new();
    for row in &rows {
        match sample(topic, meter, row, arrived) {
            Ok(sample) => {
                said.repeated += u64::from(by_time.insert(sample.scan.time.0, sample).is_some());
            }
            Err(refusal) => said.refused.push(refusal),
        }
    }
    if by_time.is_empty() && !said.refused.is_empty() {
        return Err(said.refused.swap_remove(0));
    }
    said.samples = by_time.into_values().collect();
    Ok(said)
}

/// The samples of a payload, as they are written.
fn rows(topic: &MqttTopic, payload: &[u8]) -> Result<Vec<Value>, Refusal> {
    let rows = match topic.format {
        PayloadFormat::Csv { separator } => csv::lines(payload, separator, SAMPLES_MAX).map_err(Refusal::NotCsv)?,
        PayloadFormat::Json { .. } => {
            // nesting is bounded by serde_json
            let mut whole: Value =
                serde_json::from_slice(payload).map_err(|error| Refusal::NotJson(error.to_string()))?;
            match &topic.each {
                None => vec![whole],
                Some(each) => match whole.pointer_mut(each).map(Value::take) {
                    Some(Value::Array(samples)) => samples,
                    _ => return Err(Refusal::NoArray(each.clone())),
                },
            }
        }
    };
    if rows.len() > SAMPLES_MAX {
        return Err(Refusal::TooMany(rows.len()));
    }
    Ok(rows)
}

fn sample(topic: &MqttTopic, meter: usize, row: &Value, arrived: UtcMillis) -> Result<Sample, Refusal> {
    check_root(topic, row)?;
    let strings = !matches!(topic.format, PayloadFormat::Json { strings: false });
    let at = |pointer: &str| place(topic.format, row, pointer);
    let time = match &topic.time {
        Some(time) => instant(time, at(&time.pointer), arrived)?,
        None => arrived,
    };
    let points = topic.points.iter().filter_map(|point| Some((*point.series.get(meter)?, &point.pointer)));
    let found = points.map(|(series, pointer)| (series, number(at(pointer), strings))).collect();
    let tags = topic.tags.iter().map(|tag| {
        let value = text(at(&tag.pointer))?;
        let meter = topic.meters.get(meter).cloned().unwrap_or_default();
        Ok(Tag { meter, name: tag.name.clone(), value })
    });
    Ok(Sample { tags: tags.collect(), scan: Scan { time, found } })
}

fn place<'v>(format: PayloadFormat, row: &'v Value, pointer: &str) -> Option<&'v Value> {
    match format {
        PayloadFormat::Json { .. } => row.pointer(pointer),
        PayloadFormat::Csv { .. } => row.get(pointer.parse::<usize>().ok()?.checked_sub(1)?),
    }
}

/// A tag's value: text, an integer, or null and "" for nothing.
fn text(found: Option<&Value>) -> Result<String, &'static str> {
    let value = match found {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        Some(Value::Null) => String::new(),
        Some(_) => return Err("holds neither text nor an integer; expected one of them"),
        None => return Err("holds nothing; expected text or an integer"),
    };
    match value.len() <= NAME_BYTES_MAX && !value.chars().any(char::is_control) {
        true => Ok(value),
        false => Err("holds more than 128 bytes or control characters; expected a short text"),
    }
}

/// A payload of the other shape has no point in it at all: the topic is not what the configuration says.
fn check_root(topic: &MqttTopic, payload: &Value) -> Result<(), Refusal> {
    if matches!(topic.format, PayloadFormat::Csv { .. }) {
        return Ok(());
    }
    let pointers = topic.points.iter().map(|point| &point.pointer).chain(topic.time.iter().map(|time| &time.pointer));
    let mut pointers = pointers.chain(topic.tags.iter().map(|tag| &tag.pointer));
    let fields_expected = pointers.any(|pointer| !pointer.is_empty());
    let (found, has_fields) = match payload {
        Value::Object(_) => ("an object", true),
        Value::Array(_) => ("an array", true),
        Value::String(_) => ("a string", false),
        Value::Number(_) => ("a number", false),
        Value::Bool(_) => ("a truth value", false),
        Value::Null => ("null", false),
    };
    match (fields_expected, has_fields) {
        (true, false) => Err(Refusal::Root { found, expected: "an object or array with the configured fields" }),
        (false, true) => Err(Refusal::Root { found, expected: "a bare value, as the pointer is empty" }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
