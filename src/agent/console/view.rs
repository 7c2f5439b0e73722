//! The board as JSON.

use super::board::{Line, Quarter};
use crate::{
    energy::interval::QUARTER_MS,
    model::{PointKind, Quality, Reason, Series, UtcMillis, Value},
};
use rust_decimal::Decimal;
use serde::Serialize;

/// One point as it was read last.
#[derive(Serialize)]
pub struct Point {
    meter: String,
    point: String,
    unit: String,
    /// Whether it counts up, so that it has intervals.
    counts: bool,
    /// The last value, in the unit.
    value: Option<String>,
    /// When that was read, and how long ago.
    time_ms: Option<UtcMillis>,
    age_s: Option<i64>,
    /// Of the last sample, which may have no value.
    quality: Option<&'static str>,
    reason: Option<&'static str>,
    sample_ms: Option<UtcMillis>,
}

pub fn points(lines: &[Line], now: UtcMillis) -> Vec<Point> {
    let point = |line: &Line| Point {
        meter: line.series.meter.clone(),
        point: line.series.point.clone(),
        unit: line.series.unit.clone(),
        counts: line.series.kind == PointKind::Cumulative,
        value: line.value.and_then(|(_, value)| shown(&line.series, value)),
        time_ms: line.value.map(|(time, _)| time),
        age_s: line.value.map(|(time, _)| now.since(time).div_euclid(1000)),
        quality: line.sample.map(|(_, reason)| quality(reason)),
        reason: line.sample.map(|(_, reason)| name(reason)),
        sample_ms: line.sample.map(|(time, _)| time),
    };
    lines.iter().map(point).collect()
}

#[derive(Serialize)]
pub struct Intervals {
    width_s: i64,
    points: Vec<PointIntervals>,
}

#[derive(Serialize)]
struct PointIntervals {
    meter: String,
    point: String,
    unit: String,
    intervals: Vec<Interval>,
}

#[derive(Serialize)]
struct Interval {
    start_ms: UtcMillis,
    /// In the unit.
    amount: Option<Decimal>,
    covered: Decimal,
    readings: u32,
    doubts: Vec<&'static str>,
}

pub fn intervals(lines: &[Line]) -> Intervals {
    let interval = |series: &Series, quarter: &Quarter| Interval {
        start_ms: quarter.start,
        amount: series.scale.value_from_count(quarter.amount),
        covered: covered(quarter.covered_ms),
        readings: quarter.readings,
        doubts: quarter.doubts.names().collect(),
    };
    let point = |line: &Line| PointIntervals {
        meter: line.series.meter.clone(),
        point: line.series.point.clone(),
        unit: line.series.unit.clone(),
        intervals: line.quarters.iter().map(|quarter| interval(&line.series, quarter)).collect(),
    };
    Intervals { width_s: QUARTER_MS / 1000, points: lines.iter().map(point).collect() }
}

/// The share of a quarter-hour, from 0 to 1, to six decimals.
pub fn covered(covered_ms: u32) -> Decimal {
    (Decimal::from(covered_ms) / Decimal::from(QUARTER_MS)).round_dp(6).normalize()
}

fn shown(series: &Series, value: Value) -> Option<String> {
    match value {
        Value::Count(count) => series.scale.value_from_count(count).map(|value| value.to_string()),
        Value::Real(real) => Some(real.to_string()),
    }
}

fn quality(reason: Reason) -> &'static str {
    match reason.quality() {
        Quality::Good => "good",
        Quality::Uncertain => "uncertain",
        Quality::Bad => "bad",
    }
}

fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::Good => "good",
        Reason::Rounded => "rounded",
        Reason::Timeout => "timeout",
        Reason::Disconnected => "disconnected",
        Reason::Exception => "exception",
        Reason::Malformed => "malformed",
        Reason::NotANumber => "not_a_number",
        Reason::OutOfRange => "out_of_range",
        Reason::Missing => "missing",
        Reason::NoValue => "no_value",
    }
}
