//! Intervals ↔ a list for each of their fields.

use super::RecordError;
use crate::{
    energy::interval::Cell,
    model::{Doubts, Reading, UtcMillis},
    wire::proto,
};

/// A closed interval as the gateway saw it; see the contract.
#[derive(Clone, PartialEq, Debug)]
pub struct Interval {
    pub series: u32,
    pub width_ms: i64,
    pub start: UtcMillis,
    /// Counts, boundaries interpolated.
    pub amount: i64,
    pub covered_ms: i64,
    pub readings: u32,
    pub cell: Option<Cell>,
    pub doubts: Doubts,
}

pub(super) fn message_from(intervals: &[Interval]) -> proto::Intervals {
    let mut message = proto::Intervals::default();
    let (mut series_before, mut start_before) = (0, 0);
    for interval in intervals {
        let start_s = interval.start.0.div_euclid(1000);
        message.series.push(i64::from(interval.series) - series_before);
        message.start_s.push(start_s - start_before);
        (series_before, start_before) = (i64::from(interval.series), start_s);
        message.width_s.push(u32::try_from(interval.width_ms / 1000).unwrap_or(0));
        message.amount.push(interval.amount);
        message.uncovered_ms.push(u32::try_from(interval.width_ms - interval.covered_ms).unwrap_or(u32::MAX));
        message.readings.push(interval.readings);
        if let Some(Cell { first, last }) = interval.cell {
            let offset = |time: UtcMillis| u32::try_from(time.since(interval.start)).unwrap_or(u32::MAX);
            message.first_offset_ms.push(offset(first.time));
            message.first_count.push(first.count);
            if interval.readings > 1 {
                message.last_offset_ms.push(offset(last.time));
                message.last_rise.push(last.count.wrapping_sub(first.count));
            }
        }
    }
    if intervals.iter().any(|interval| !interval.doubts.is_none()) {
        message.doubts = intervals.iter().map(|interval| interval.doubts.bits()).collect();
    }
    message
}

pub(super) fn from_message(message: proto::Intervals) -> Result<Vec<Interval>, RecordError> {
    let count = message.series.len();
    let with = |readings_min: u32| message.readings.iter().filter(|readings| **readings >= readings_min).count();
    let lengths = [
        (message.width_s.len(), count),
        (message.start_s.len(), count),
        (message.amount.len(), count),
        (message.uncovered_ms.len(), count),
        (message.readings.len(), count),
        (message.first_offset_ms.len(), with(1)),
        (message.first_count.len(), with(1)),
        (message.last_offset_ms.len(), with(2)),
        (message.last_rise.len(), with(2)),
    ];
    let doubts = message.doubts.len();
    if lengths.iter().any(|(found, expected)| found != expected) || (doubts != 0 && doubts != count) {
        return Err(RecordError::Content("intervals whose lists do not have their lengths"));
    }
    let mut firsts = message.first_offset_ms.iter().copied().zip(message.first_count.iter().copied());
    let mut lasts = message.last_offset_ms.iter().copied().zip(message.last_rise.iter().copied());
    let (mut series, mut start_s) = (0_i64, 0_i64);
    let mut intervals = Vec::with_capacity(count);
    for i in 0..count {
        series = series.wrapping_add(message.series[i]);
        start_s = start_s.wrapping_add(message.start_s[i]);
        let readings = message.readings[i];
        let (start, width_ms, covered_ms) = aligned(start_s, message.width_s[i], message.uncovered_ms[i])?;
        let first = if readings > 0 { firsts.next() } else { None };
        let cell = match first {
            Some(first) => {
                let last = if readings > 1 { lasts.next() } else { None };
                Some(cell(start, width_ms, first, last.unwrap_or((first.0, 0)))?)
            }
            None => None,
        };
        let series = u32::try_from(series).map_err(|_| RecordError::Content("a series' id out of range"))?;
        let doubts = Doubts::from_bits(message.doubts.get(i).copied().unwrap_or_default());
        let doubts = doubts.ok_or(RecordError::Content("an interval with a doubt that is not known here"))?;
        let amount = message.amount[i];
        intervals.push(Interval { series, width_ms, start, amount, covered_ms, readings, cell, doubts });
    }
    Ok(intervals)
}

/// Start, width and covered milliseconds, where they agree.
fn aligned(start_s: i64, width_s: u32, uncovered_ms: u32) -> Result<(UtcMillis, i64, i64), RecordError> {
    let width_ms = i64::from(width_s) * 1000;
    let start = start_s.checked_mul(1000).filter(|start| start.checked_add(width_ms).is_some());
    let start = UtcMillis(start.ok_or(RecordError::Content("an interval outside of time"))?);
    let covered_ms = width_ms - i64::from(uncovered_ms);
    if width_ms == 0 || start.0.rem_euclid(width_ms) != 0 || covered_ms < 0 {
        return Err(RecordError::Content("an interval that is not aligned to its width"));
    }
    Ok((start, width_ms, covered_ms))
}

/// `first` is an offset and a count, `last` an offset and the rise since.
fn cell(start: UtcMillis, width_ms: i64, first: (u32, i64), last: (u32, i64)) -> Result<Cell, RecordError> {
    if first.0 > last.0 || i64::from(last.0) >= width_ms {
        return Err(RecordError::Content("an interval whose readings lie outside of it"));
    }
    let reading = |offset_ms: u32, count| Reading { time: start.plus_ms(i64::from(offset_ms)), count };
    Ok(Cell { first: reading(first.0, first.1), last: reading(last.0, first.1.wrapping_add(last.1)) })
}
