//! The last of everything: each point's last sample, and its last quarter-hours.
//!
//! # Promises
//! - Holds what was committed: it is made of the committed records.
//! - Its size is bounded by the number of points, whatever they say.

use crate::{
    agent::config::Point,
    energy::interval::QUARTER_MS,
    model::{Doubts, PointKind, Reason, Sample, Series, UtcMillis, Value},
    wire::record::{Content, Interval, Record, decode},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Quarter-hours of a point: a day.
pub const QUARTERS_MAX: usize = 96;
/// Quarter-hours of all points: about 6 MiB. With more than 2,000 cumulative points each has fewer.
const QUARTERS_TOTAL_MAX: usize = 2_000 * QUARTERS_MAX;

pub struct Board {
    lines: Mutex<Vec<Line>>,
    quarters_max: usize,
}

/// What is known of one point.
#[derive(Clone)]
pub struct Line {
    pub series: Arc<Series>,
    /// The last sample that had a value.
    pub value: Option<(UtcMillis, Value)>,
    /// The last sample.
    pub sample: Option<(UtcMillis, Reason)>,
    /// By their start, the latest last.
    pub quarters: VecDeque<Quarter>,
}

/// A closed quarter-hour as the gateway computed it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quarter {
    pub start: UtcMillis,
    /// Counts of the series.
    pub amount: i64,
    pub covered_ms: u32,
    pub readings: u32,
    pub doubts: Doubts,
}

impl Board {
    /// `points` by their series ids.
    pub fn new(points: &[Point]) -> Board {
        let counting = points.iter().filter(|point| point.series.kind == PointKind::Cumulative).count();
        let line = |point: &Point| Line {
            series: Arc::new(point.series.clone()),
            value: None,
            sample: None,
            quarters: VecDeque::new(),
        };
        Board {
            lines: Mutex::new(points.iter().map(line).collect()),
            quarters_max: QUARTERS_MAX.min(QUARTERS_TOTAL_MAX / counting.max(1)),
        }
    }

    /// Records that were committed, in their order.
    pub fn take(&self, records: &[Record]) {
        for record in records {
            match decode(record) {
                Ok(Content::Samples(_, instants)) => {
                    let mut lines = self.lock();
                    for instant in instants {
                        instant.samples.into_iter().for_each(|sample| seen(&mut lines, instant.time, sample));
                    }
                }
                Ok(Content::Intervals(intervals)) => {
                    let mut lines = self.lock();
                    let quarters = intervals.iter().filter(|interval| interval.width_ms == QUARTER_MS);
                    quarters.for_each(|interval| closed(&mut lines, interval, self.quarters_max));
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "the console can not read a record of its own agent"),
            }
        }
    }

    /// Those whose series is `wanted`, in the order of the configuration.
    pub fn lines(&self, wanted: impl Fn(&Series) -> bool) -> Vec<Line> {
        self.lock().iter().filter(|line| wanted(&line.series)).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A broker may hand over a late message: the last one is the last by its time.
fn seen(lines: &mut [Line], time: UtcMillis, sample: Sample) {
    let Some(line) = lines.get_mut(sample.series as usize) else { return };
    if line.sample.is_none_or(|(last, _)| last <= time) {
        line.sample = Some((time, sample.reason));
    }
    if let Some(value) = sample.value.filter(|_| line.value.is_none_or(|(last, _)| last <= time)) {
        line.value = Some((time, value));
    }
}

/// Where the clock stepped a quarter-hour is closed in parts: it is their sum.
fn closed(lines: &mut [Line], interval: &Interval, quarters_max: usize) {
    let Some(line) = lines.get_mut(interval.series as usize) else { return };
    let quarter = Quarter {
        start: interval.start,
        amount: interval.amount,
        covered_ms: u32::try_from(interval.covered_ms).unwrap_or_default(),
        readings: interval.readings,
        doubts: interval.doubts,
    };
    match line.quarters.binary_search_by_key(&quarter.start, |known| known.start) {
        Ok(at) => {
            if let Some(known) = line.quarters.get_mut(at) {
                known.amount = known.amount.saturating_add(quarter.amount);
                known.covered_ms = known.covered_ms.saturating_add(quarter.covered_ms).min(QUARTER_MS as u32);
                known.readings = known.readings.saturating_add(quarter.readings);
                known.doubts |= quarter.doubts;
            }
        }
        Err(at) => line.quarters.insert(at, quarter),
    }
    while line.quarters.len() > quarters_max {
        line.quarters.pop_front();
    }
}
