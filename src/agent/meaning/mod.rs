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
    agent::{clock::Stamp, config::Point},
    model::{ClockState, Doubts, Event, PointKind, Reading, Replaced, RunId, Scan, Span, UtcMillis, Value},
    wire::record::{Content, Dictionary, Interval, Record, Samples, encode},
};
use interval::Intervals;

/// Samples that one record may hold: about 2 KiB at worst, far below a record's limit.
const RECORD_SAMPLES_MAX: usize = 1_000;
/// What one sample of a record takes before compression, about.
const SAMPLE_BYTES: usize = 12;

pub struct Meaning {
    points: Vec<Point>,
    intervals: Vec<Intervals>,
    pending: Vec<Pending>,
    pending_samples: usize,
    closed: Vec<Interval>,
}

/// What waits, in the order in which it is to be read.
enum Pending {
    /// Of a clock segment.
    Samples(u32, Samples),
    Event(Event),
}

impl Meaning {
    pub fn new(points: Vec<Point>) -> Meaning {
        let intervals = (0..).zip(&points).map(|(series, _)| Intervals::new(series)).collect();
        Meaning { points, intervals, pending: Vec::new(), pending_samples: 0, closed: Vec::new() }
    }

    /// The dictionary of no run: for what does not depend on it.
    pub fn preamble(&self) -> Vec<Record> {
        self.preamble_of(RunId::default(), UtcMillis::default())
    }

    /// The dictionary: what the first records of each generation must say.
    pub fn preamble_of(&self, run_id: RunId, created: UtcMillis) -> Vec<Record> {
        let series = (0..).zip(&self.points).map(|(id, point)| (id, point.series.clone())).collect();
        encode(&Content::Dictionary(Dictionary { run_id, created, series }))
    }

    /// By a clock that is right.
    pub fn take(&mut self, scan: Scan) {
        self.take_at(scan, Stamp { segment: 0, state: ClockState::Synced, late: false });
    }

    /// The intervals that are open end here: what comes is of another timeline, or known less or better. `state` is
    /// that of the clock until now.
    pub fn cut(&mut self, state: ClockState) {
        let doubts = doubts(state);
        let open = self.intervals.iter_mut().flat_map(Intervals::cut);
        self.closed.extend(open.map(|one| Interval { doubts: one.doubts | doubts, ..one }));
    }

    /// Travels before all that is taken from now on.
    pub fn note(&mut self, event: Event) {
        self.pending.push(Pending::Event(event));
    }

    /// A person said that the meter was replaced: no difference is taken across it.
    pub fn declare(&mut self, replaced: &Replaced, _time: UtcMillis) {
        let own = |point: &Point| {
            point.series.meter == replaced.meter
                && replaced.registers.iter().any(|register| register.point == point.series.point)
        };
        let intervals = self.points.iter().zip(&mut self.intervals).filter(|(point, _)| own(point));
        self.closed.extend(intervals.flat_map(|(_, intervals)| intervals.cut()));
    }

    /// Nothing is booked while the time is not known, nor for what comes late into another timeline.
    pub fn take_at(&mut self, scan: Scan, stamp: Stamp) {
        let books = stamp.state != ClockState::Unknown && !stamp.late;
        let mut samples = Vec::with_capacity(scan.found.len());
        for (series, found) in scan.found {
            let Some(point) = self.points.get(series as usize) else { continue };
            let sample = judge::sample(series, point, found);
            if let (PointKind::Cumulative, Some(Value::Count(count)), true) = (point.series.kind, sample.value, books) {
                let reading = Reading { time: scan.time, count };
                let closed = self.intervals[series as usize].take(reading).into_iter();
                let doubts = doubts(stamp.state);
                self.closed.extend(closed.map(|one| Interval { doubts: one.doubts | doubts, ..one }));
            }
            samples.push(sample);
        }
        self.pending_samples += samples.len();
        self.pending.push(Pending::Samples(stamp.segment, Samples { time: scan.time, samples }));
    }

    /// About how many bytes wait for [`close`](Self::close).
    pub fn pending_bytes(&self) -> usize {
        self.pending_samples * SAMPLE_BYTES
    }

    /// Everything taken since the last call, encoded, and from when its samples are.
    pub fn close(&mut self) -> (Vec<Record>, Option<Span>) {
        self.pending_samples = 0;
        let instants = self.pending.iter().filter_map(|one| match one {
            Pending::Samples(_, one) => Some(Span { start: one.time, end: one.time.plus_ms(1) }),
            Pending::Event(_) => None,
        });
        let span = instants.reduce(Span::cover);
        let mut records = Vec::new();
        let mut pending = std::mem::take(&mut self.pending).into_iter().peekable();
        while let Some(next) = pending.next() {
            let (segment, first) = match next {
                Pending::Samples(segment, first) => (segment, first),
                Pending::Event(event) => {
                    records.extend(encode(&Content::Event(event)));
                    continue;
                }
            };
            let mut room = RECORD_SAMPLES_MAX.saturating_sub(first.samples.len());
            let mut part = vec![first];
            let fits = |one: &Pending, room: usize| matches!(one, Pending::Samples(of, one) if *of == segment && one.samples.len() <= room);
            while let Some(Pending::Samples(_, one)) = pending.next_if(|one| fits(one, room)) {
                room = room.saturating_sub(one.samples.len());
                part.push(one);
            }
            records.extend(encode(&Content::Samples(segment, part)));
        }
        let closed = std::mem::take(&mut self.closed);
        if !closed.is_empty() {
            records.extend(encode(&Content::Intervals(closed)));
        }
        (records, span)
    }
}

fn doubts(state: ClockState) -> Doubts {
    if state == ClockState::Free { Doubts::CLOCK } else { Doubts::NONE }
}

#[cfg(test)]
mod tests;
