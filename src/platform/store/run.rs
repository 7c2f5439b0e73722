//! The arithmetic of the ledger, pure: readings → runs → rows and bridges.
//!
//! ```text
//!   quarter-hour     q0            q1            q2            q3
//!   readings    │ ● ─ ● ─ ●   │             │         ● ─ ●│  ○ ─ ○      │     ○: the register fell
//!   row         │ run    after│             │before run   0│0 run        │
//!   bridge      │             │─── amount ──│              │             │
//! ```
//!
//! Readings are ordered by time, and at one time by count. Equal readings are one.

use crate::{
    energy::{
        counter::continues,
        interval::{Cell, QUARTER_MS, register_between},
    },
    model::{Reading, UtcMillis},
};

pub use crate::energy::counter::COUNT_MAX;

/// Readings of one quarter-hour that follow each other without a fall.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    pub cell: Cell,
    pub readings: i64,
}

impl Run {
    pub fn of(reading: Reading) -> Run {
        Run { cell: Cell::of(reading), readings: 1 }
    }
}

/// Joins neighbouring runs, given in order, as far as the register does not fall.
pub fn fold(runs: impl IntoIterator<Item = Run>) -> Vec<Run> {
    let mut folded: Vec<Run> = Vec::new();
    for run in runs {
        match folded.last_mut() {
            Some(last) if continues(last.cell.last, run.cell.first) => {
                last.cell.merge(run.cell);
                last.readings += run.readings;
            }
            _ => folded.push(run),
        }
    }
    folded
}

/// What becomes of a quarter-hour's stored runs when readings arrive.
#[derive(PartialEq, Eq, Debug)]
pub enum Placed {
    /// All of them are there already.
    Known,
    /// They lie beside the stored runs: these are the runs now.
    Runs(Vec<Run>),
    /// One lies inside a stored run, whose inner readings only the blocks know.
    Inside,
}

/// `stored` is in order; `new` is in order and holds no reading twice.
pub fn place(stored: &[Run], new: &[Reading]) -> Placed {
    let mut runs = stored.to_vec();
    for reading in new {
        let at = stored.partition_point(|run| run.cell.last < *reading);
        match stored.get(at) {
            Some(run) if run.cell.first == *reading || run.cell.last == *reading => {}
            Some(run) if run.cell.first < *reading => return Placed::Inside,
            _ => runs.push(Run::of(*reading)),
        }
    }
    if runs.len() == stored.len() {
        return Placed::Known;
    }
    runs.sort_by_key(|run| run.cell.first);
    Placed::Runs(fold(runs))
}

/// One row of the table `cell`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    pub start: UtcMillis,
    pub part: i64,
    pub fell: bool,
    pub run: Run,
    pub before: i64,
    pub after: i64,
}

impl Row {
    pub fn amount(&self) -> i64 {
        self.before + self.run.cell.inner() + self.after
    }
}

/// The rows of one quarter-hour, not yet joined to their neighbours.
pub fn rows(start: UtcMillis, runs: &[Run]) -> Vec<Row> {
    (0..).zip(runs).map(|(part, run)| Row { start, part, fell: part > 0, run: *run, before: 0, after: 0 }).collect()
}

/// Empty quarter-hours between two readings of one epoch: one row, however long it lasts. A backlog that fills a
/// gap from its start then changes one row at each step, where a row for each quarter-hour would have to change
/// all that are still empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bridge {
    pub start: UtcMillis,
    pub until: UtcMillis,
    pub a: Reading,
    pub b: Reading,
}

impl Bridge {
    /// The part of the bridge's amount that falls into `[from, until)`.
    pub fn amount_within(&self, from: UtcMillis, until: UtcMillis) -> i64 {
        let (from, until) = (from.clamp(self.start, self.until), until.clamp(self.start, self.until));
        if from >= until {
            return 0;
        }
        register_between(self.a, self.b, until) - register_between(self.a, self.b, from)
    }

    /// The bridge's quarter-hours inside `[from, until)`, which are aligned, with their amounts.
    pub fn quarters_within(&self, from: UtcMillis, until: UtcMillis) -> impl Iterator<Item = (UtcMillis, i64)> {
        let (mut at, until) = (self.start.max(from), self.until.min(until));
        std::iter::from_fn(move || {
            let start = at;
            at = at.plus_ms(QUARTER_MS);
            (start < until).then(|| (start, self.amount_within(start, at)))
        })
    }
}

/// Sets what two rows that follow each other give each other, and says what lies between them.
pub fn join(a: &mut Row, b: &mut Row) -> Option<Bridge> {
    let (last, first) = (a.run.cell.last, b.run.cell.first);
    b.fell = !continues(last, first);
    if b.fell {
        (a.after, b.before) = (0, 0);
        return None;
    }
    let left = a.start.plus_ms(QUARTER_MS);
    a.after = register_between(last, first, left) - last.count;
    b.before = first.count - register_between(last, first, b.start);
    (left < b.start).then_some(Bridge { start: left, until: b.start, a: last, b: first })
}

/// The whole ledger of one series: what the tables must hold. `readings` are in order, none twice.
pub fn ledger(readings: &[Reading]) -> (Vec<Row>, Vec<Bridge>) {
    let (mut all, mut bridges): (Vec<Row>, Vec<Bridge>) = Default::default();
    let quarter = |reading: &Reading| reading.time.floor(QUARTER_MS);
    for readings in readings.chunk_by(|a, b| quarter(a) == quarter(b)) {
        let Some(start) = readings.first().map(quarter) else { continue };
        let mut next = rows(start, &fold(readings.iter().map(|reading| Run::of(*reading))));
        if let (Some(a), Some(b)) = (all.last_mut(), next.first_mut()) {
            bridges.extend(join(a, b));
        }
        all.append(&mut next);
    }
    (all, bridges)
}
