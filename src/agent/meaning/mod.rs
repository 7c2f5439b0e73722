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
//! - A difference is never taken across an epoch. Over a distance whose shape is not known it is spread evenly over
//!   quarter-hours that say so, and over no minutes.
//! - Samples of a clock that does not know the time are in no interval; those of one that nobody compared say so in theirs.
//! - Unknown stays unknown: a number that is none, or does not fit, is a sample with a reason and no value.
//!
//! # Does not
//! Remember over a restart. What is open at an orderly end is closed as far as it is known, and the next run begins that
//! interval anew: one quarter-hour comes in two parts then, and what the register moved between the two is in neither.
//! What is open when the power goes is in no interval of this gateway. The platform's ledger is made from the readings and
//! has no such seam.

mod interval;
mod judge;

pub use judge::sample;

use crate::{
    agent::{clock::Stamp, config::Point},
    energy::counter::Declaration,
    model::{
        ClockSegment, ClockState, Doubts, Entered, Event, PointKind, Reading, Reason, Replaced, RunId, Sample, Scan,
        Span, UtcMillis, Value,
    },
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
    segment: u32,
    clock: ClockState,
    closed: Vec<Interval>,
}

/// What a run measures.
#[derive(Clone)]
pub struct Measured(Dictionary);

impl Measured {
    /// The dictionary of a run that begins `now`. It is later than whatever was `seen` before, since the latest one gives
    /// the physics of its series and a clock may start in 1970.
    pub fn begun(&self, now: UtcMillis, seen: Option<UtcMillis>) -> Vec<Record> {
        let created = seen.map_or(now, |seen| now.max(seen.plus_ms(1)));
        encode(&Content::Dictionary(Dictionary { created, ..self.0.clone() }))
    }
}

/// What waits, in the order in which it is to be read.
enum Pending {
    /// Of a clock segment.
    Samples(u32, Samples),
    Event(Event),
}

impl Meaning {
    pub fn new(points: Vec<Point>) -> Meaning {
        let intervals =
            (0..).zip(&points).map(|(series, point)| Intervals::new(series, point.series.physics)).collect();
        Meaning {
            points,
            intervals,
            pending: Vec::new(),
            pending_samples: 0,
            segment: 0,
            clock: ClockState::Synced,
            closed: Vec::new(),
        }
    }

    /// From now on the samples are of this segment. Where the clock stepped, what is open is closed, and begins anew.
    pub fn clock(&mut self, segment: &ClockSegment) {
        (self.segment, self.clock) = (segment.segment, segment.state);
        if segment.step_ms != 0 {
            self.finish();
        }
    }

    /// The meter's registers end at `time`, and others begin. `false`: a reading of one of them has reached that time;
    /// only the platform's ledger has the replacement then, and this gateway's intervals say that an epoch begins.
    pub fn declare(&mut self, time: UtcMillis, replaced: &Replaced) -> bool {
        let mut ahead = true;
        for (point, series) in self.points.iter().zip(&mut self.intervals) {
            let register = replaced.registers.iter().find(|register| register.point == point.series.point);
            if let Some(register) = register.filter(|_| point.series.meter == replaced.meter) {
                let (final_count, initial_count) = (register.final_count, register.initial_count);
                ahead &= series.declare(Declaration { time, final_count, initial_count });
            }
        }
        ahead
    }

    /// What a person entered, as samples of its series. `false`: this gateway has no such point (any more).
    pub fn enter(&mut self, time: UtcMillis, entered: &Entered, stamp: Stamp) -> bool {
        let own = |point: &Point| point.series.meter == entered.meter && point.series.point == entered.point;
        let Some(series) = self.points.iter().position(own).and_then(|place| u32::try_from(place).ok()) else {
            return false;
        };
        // a delivery is a register of its own that rises from 0: it counts whatever was entered before or is later
        let begins = entered.delivery.then_some((time.plus_ms(-1), 0));
        for (time, count) in begins.into_iter().chain([(time, entered.count)]) {
            let sample = Sample { series, reason: Reason::Manual, value: Some(Value::Count(count)) };
            self.keep(time, vec![sample], stamp);
        }
        true
    }

    /// The dictionary of no run: for what does not depend on it.
    pub fn preamble(&self) -> Vec<Record> {
        self.preamble_of(RunId::default(), UtcMillis::default())
    }

    /// The dictionary: what the first records of each generation must say.
    pub fn preamble_of(&self, run_id: RunId, created: UtcMillis) -> Vec<Record> {
        self.dictionary(run_id).begun(created, None)
    }

    /// The series under their numbers, as a run names them.
    pub fn dictionary(&self, run_id: RunId) -> Measured {
        let series = (0..).zip(&self.points).map(|(id, point)| (id, point.series.clone())).collect();
        Measured(Dictionary { run_id, created: UtcMillis::default(), series })
    }

    /// By the clock as it is.
    pub fn take(&mut self, scan: Scan) {
        self.take_at(scan, Stamp { segment: self.segment, state: self.clock, late: false });
    }

    /// Travels before all that is taken from now on.
    pub fn note(&mut self, event: Event) {
        self.pending.push(Pending::Event(event));
    }

    /// Nothing is booked while the time is not known, nor for what comes late into another timeline.
    pub fn take_at(&mut self, scan: Scan, stamp: Stamp) {
        let mut samples = Vec::with_capacity(scan.found.len());
        for (series, found) in scan.found {
            let Some(point) = self.points.get(series as usize) else { continue };
            samples.push(judge::sample(series, point, found));
        }
        self.keep(scan.time, samples, stamp);
    }

    fn keep(&mut self, time: UtcMillis, samples: Vec<Sample>, stamp: Stamp) {
        let books = stamp.state != ClockState::Unknown && !stamp.late;
        for sample in &samples {
            let Some(point) = self.points.get(sample.series as usize) else { continue };
            if let (PointKind::Cumulative, Some(Value::Count(count)), true) = (point.series.kind, sample.value, books) {
                let reading = Reading { time, count };
                let mut doubts = sample.reason.doubts();
                if stamp.state == ClockState::Free {
                    doubts |= Doubts::CLOCK;
                }
                if let Some(intervals) = self.intervals.get_mut(sample.series as usize) {
                    intervals.take(reading, doubts, &mut self.closed);
                }
            }
        }
        self.pending_samples += samples.len();
        self.pending.push(Pending::Samples(stamp.segment, Samples { time, samples }));
    }

    /// The end: what is open is closed as far as it is known.
    pub fn finish(&mut self) {
        self.intervals.iter_mut().for_each(|series| series.restart(&mut self.closed));
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

#[cfg(test)]
mod tests;
