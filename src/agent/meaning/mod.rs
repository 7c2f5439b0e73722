//! Meaning: samples → records.
//!
//! ```text
//!   Scan ─▶ judge (number → count, quality) ─┬─▶ samples ───────────────────────────┐
//!                                            └─▶ cumulative: minute, quarter-hour ──┴─▶ close() ─▶ records
//! ```
//!
//! # Promises
//! - Same input, same output: it reads no clock and does no I/O.
//! - Each reading travels as it was read; what is derived from it travels beside it.
//! - A difference is never taken across an epoch, nor over a distance longer than the interval it is booked to.
//! - Unknown stays unknown: a number that is none, or does not fit, is a sample with a reason and no value.
//!
//! # Does not
//! Remember over a restart. The interval that was open then is sent in two parts, each saying what it covers; the
//! platform's ledger is made from the readings and has no such seam.

mod interval;
mod judge;

use crate::{
    agent::config::Point,
    model::{PointKind, Reading, Scan, Span, Value},
    wire::record::{Content, Record, Samples, encode},
};
use interval::Intervals;

/// Samples that one record may hold: about 2 KiB at worst, far below a record's limit.
const RECORD_SAMPLES_MAX: usize = 1_000;
/// What one sample of a record takes before compression, about.
const SAMPLE_BYTES: usize = 12;

pub struct Meaning {
    points: Vec<Point>,
    intervals: Vec<Intervals>,
    pending: Vec<Samples>,
    pending_samples: usize,
    closed: Vec<crate::wire::record::Interval>,
}

impl Meaning {
    pub fn new(points: Vec<Point>) -> Meaning {
        let intervals = (0..).zip(&points).map(|(series, _)| Intervals::new(series)).collect();
        Meaning { points, intervals, pending: Vec::new(), pending_samples: 0, closed: Vec::new() }
    }

    /// The dictionary: what the first records of each generation must say.
    pub fn preamble(&self) -> Vec<Record> {
        let series: Vec<_> = (0..).zip(&self.points).map(|(id, point)| (id, point.series.clone())).collect();
        encode(&Content::Dictionary(series.into()))
    }

    pub fn take(&mut self, scan: Scan) {
        let mut samples = Vec::with_capacity(scan.found.len());
        for (series, found) in scan.found {
            let Some(point) = self.points.get(series as usize) else { continue };
            let sample = judge::sample(series, point, found);
            if let (PointKind::Cumulative, Some(Value::Count(count))) = (point.series.kind, sample.value) {
                let reading = Reading { time: scan.time, count };
                self.closed.extend(self.intervals[series as usize].take(reading));
            }
            samples.push(sample);
        }
        self.pending_samples += samples.len();
        self.pending.push(Samples { time: scan.time, samples });
    }

    /// About how many bytes wait for [`close`](Self::close).
    pub fn pending_bytes(&self) -> usize {
        self.pending_samples * SAMPLE_BYTES
    }

    /// Everything taken since the last call, encoded, and from when its samples are.
    pub fn close(&mut self) -> (Vec<Record>, Option<Span>) {
        self.pending_samples = 0;
        let instants = self.pending.iter().map(|one| Span { start: one.time, end: one.time.plus_ms(1) });
        let span = instants.reduce(Span::cover);
        let mut records = Vec::new();
        let mut pending = std::mem::take(&mut self.pending).into_iter().peekable();
        while pending.peek().is_some() {
            let mut room = RECORD_SAMPLES_MAX;
            let mut part = Vec::new();
            while let Some(one) = pending.next_if(|one| part.is_empty() || one.samples.len() <= room) {
                room = room.saturating_sub(one.samples.len());
                part.push(one);
            }
            records.extend(encode(&Content::Samples(0, part)));
        }
        let closed = std::mem::take(&mut self.closed);
        if !closed.is_empty() {
            records.extend(encode(&Content::Intervals(closed)));
        }
        (records, span)
    }
}

#[cfg(test)]
mod tests;
