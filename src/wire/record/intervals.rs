//! Intervals ↔ a list for each of their fields.

use super::RecordError;
use crate::{
    energy::interval::Cell,
    model::{Reading, UtcMillis},
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
            message.last_offset_ms.push(offset(last.time));
            message.last_rise.push(last.count.wrapping_sub(first.count));
        }
    }
    message
}

pub(super) fn from_message(message: proto::Intervals) -> Result<Vec<Interval>, RecordError> {
    const MISMATCH: RecordError = RecordError::Content("intervals whose lists differ in length");
    let count = message.series.len();
    let lengths = [
        message.width_s.len(),
        message.start_s.len(),
        message.amount.len(),
        message.uncovered_ms.len(),
        message.readings.len(),
    ];
    if lengths.into_iter().any(|length| length != count) {
        return Err(MISMATCH);
    }
    let mut cells = message
        .first_offset_ms
        .iter()
        .zip(&message.first_count)
        .zip(message.last_offset_ms.iter().zip(&message.last_rise));
    let cells_stated = message.readings.iter().filter(|readings| **readings > 0).count();
    let lengths = [&message.first_offset_ms, &message.last_offset_ms].map(Vec::len);
    if lengths != [cells_stated; 2] || [&message.first_count, &message.last_rise].map(Vec::len) != [cells_stated; 2] {
        return Err(MISMATCH);
    }
    let (mut series, mut start_s) = (0_i64, 0_i64);
    let mut intervals = Vec::with_capacity(count);
    for i in 0..count {
        series = series.wrapping_add(message.series[i]);
        start_s = start_s.wrapping_add(message.start_s[i]);
        let readings = message.readings[i];
        let (start, width_ms, covered_ms) = aligned(start_s, message.width_s[i], message.uncovered_ms[i])?;
        let cell = match (readings > 0).then(|| cells.next()).flatten() {
            Some(((first, count), (last, rise))) => Some(cell(start, width_ms, (*first, *count), (*last, *rise))?),
            None => None,
        };
        let series = u32::try_from(series).map_err(|_| RecordError::Content("a series' id out of range"))?;
        intervals.push(Interval { series, width_ms, start, amount: message.amount[i], covered_ms, readings, cell });
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
