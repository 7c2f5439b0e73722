//! The arithmetic of the ledger, pure: judged readings → rows, bridges and turns.
//!
//! ```text
//!   quarter-hour     q0            q1            q2            q3
//!   readings    │ ● ─ ● ─ ●   │      ×      │         ● ─ ●│  ○ ─ ○      │     ○: another epoch  ×: set aside
//!   row         │ run    after│             │before run   0│0 run        │
//!   bridge      │             │─── amount ──│              │             │
//!   turn        │             │      ×      │              │  ○          │
//! ```
//!
//! Between two accepted readings of one epoch the register is taken to run evenly. Where it passed its end on the way, it
//! counts on to the modulus and further, so that the shares of the pair still add up to its difference.

use crate::{
    energy::{
        counter::{self, Declaration, EpochCause, Judged, Verdict},
        interval::{Cell, ESTIMATED_ABOVE_MS, QUARTER_MS, register_between},
    },
    model::{Doubts, Physics, Reading, UtcMillis},
};
use std::collections::BTreeSet;

pub use crate::energy::counter::COUNT_MAX;

/// A reading and what its record says of it: rounded, an uncertain clock, recalled, declared by hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Sourced {
    pub reading: Reading,
    pub doubts: Doubts,
}

/// In order, each reading once: of one that came several times the doubts that all of them have.
pub fn settled(mut readings: Vec<Sourced>) -> Vec<Sourced> {
    readings.sort_unstable_by_key(|one| one.reading);
    readings.dedup_by(|later, kept| {
        let same = later.reading == kept.reading;
        if same {
            kept.doubts = kept.doubts.common(later.doubts);
        }
        same
    });
    readings
}

/// One row of the table `cell`: accepted readings of one quarter-hour and one epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    pub start: UtcMillis,
    pub part: i64,
    /// The epoch that opens with the part.
    pub cause: Option<EpochCause>,
    pub cell: Cell,
    pub readings: i64,
    /// The modulus, where the register passed its end before the first reading.
    pub carry_in: i64,
    /// The modulus for each time that it did behind.
    pub carry: i64,
    /// Of the readings, and of the pairs between them.
    pub own: Doubts,
    pub first_doubts: Doubts,
    pub last_doubts: Doubts,
    pub before: i64,
    pub before_doubts: Doubts,
    pub after: i64,
    pub after_doubts: Doubts,
}

impl Row {
    pub fn of(one: Sourced, cause: Option<EpochCause>) -> Row {
        Row {
            start: one.reading.time.floor(QUARTER_MS),
            part: 0,
            cause,
            cell: Cell::of(one.reading),
            readings: 1,
            carry_in: 0,
            carry: 0,
            own: one.doubts,
            first_doubts: one.doubts,
            last_doubts: one.doubts,
            before: 0,
            before_doubts: Doubts::NONE,
            after: 0,
            after_doubts: Doubts::NONE,
        }
    }

    /// Goes on with the accepted readings of `later`, of the same quarter-hour and epoch.
    pub fn extend(&mut self, later: &Row) {
        self.own |= later.own | turn_doubts(self.cell.last, later);
        self.carry += later.carry_in + later.carry;
        self.cell.last = later.cell.last;
        self.last_doubts = later.last_doubts;
        self.readings += later.readings;
    }

    pub fn amount(&self) -> i64 {
        self.before + self.cell.last.count - self.cell.first.count + self.carry + self.after
    }

    pub fn doubts(&self) -> Doubts {
        self.own | self.before_doubts | self.after_doubts
    }

    /// The same readings with the same verdicts, whatever lies around.
    pub fn alike(&self, other: &Row) -> bool {
        let inner = |row: &Row| (row.start, row.part, row.cause, row.cell, row.readings, row.carry_in, row.carry);
        inner(self) == inner(other) && self.own == other.own
    }
}

/// What the way from `last` to a row of the same epoch adds to the doubts.
fn turn_doubts(last: Reading, next: &Row) -> Doubts {
    if next.carry_in > 0 {
        Doubts::ROLLOVER
    } else if next.cell.first.count < last.count {
        Doubts::BACKSTEP
    } else {
        Doubts::NONE
    }
}

/// Quarter-hours without an accepted reading between two of one epoch: one row, however long it lasts. A backlog that
/// fills a gap from its start then changes one row at each step, where a row for each quarter-hour would have to change
/// all that are still empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bridge {
    pub start: UtcMillis,
    pub until: UtcMillis,
    pub a: Reading,
    /// Counts on behind the register's end.
    pub b: Reading,
    pub doubts: Doubts,
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
    let last = a.cell.last;
    if b.cause.is_some() {
        // a replaced meter whose last and first register are known hides nothing
        let declared = a.last_doubts.has(Doubts::MANUAL) && b.first_doubts.has(Doubts::MANUAL);
        let doubts = if declared && last.time == b.cell.first.time { Doubts::NONE } else { Doubts::EPOCH };
        (a.after, a.after_doubts, b.before, b.before_doubts) = (0, doubts, 0, doubts);
        return None;
    }
    let next = Reading { time: b.cell.first.time, count: b.cell.first.count + b.carry_in };
    let far = if next.time.since(last.time) > ESTIMATED_ABOVE_MS { Doubts::ESTIMATED_SHAPE } else { Doubts::NONE };
    let doubts = a.last_doubts | b.first_doubts | turn_doubts(last, b) | far;
    let left = a.start.plus_ms(QUARTER_MS);
    a.after = register_between(last, next, left) - last.count;
    a.after_doubts = doubts;
    b.before = next.count - register_between(last, next, b.start);
    // a reading on the boundary gets nothing of the pair
    b.before_doubts = if next.time > b.start { doubts } else { Doubts::NONE };
    let doubts = doubts | Doubts::ESTIMATED_SHAPE;
    (left < b.start).then_some(Bridge { start: left, until: b.start, a: last, b: next, doubts })
}

/// One row of the table `turn`: a reading that does not simply go on from the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Turn {
    pub reading: Reading,
    pub what: i64,
}

pub const SET_ASIDE: i64 = 1;
pub const HELD: i64 = 2;
const ROLLED: i64 = 3;
const OPENS: i64 = 10;

/// `None` for a reading that goes on, and for the first one of all.
fn turn_of(judged: &Judged) -> Option<Turn> {
    let what = match judged.verdict {
        Verdict::Normal | Verdict::Backstep | Verdict::Opens(EpochCause::First) => return None,
        Verdict::Transient => SET_ASIDE,
        Verdict::Held => HELD,
        Verdict::Rollover => ROLLED,
        Verdict::Opens(cause) => OPENS + code_of_cause(cause),
    };
    Some(Turn { reading: judged.reading, what })
}

// Stored for years.

pub fn code_of_cause(cause: EpochCause) -> i64 {
    match cause {
        EpochCause::First => 0,
        EpochCause::Replaced => 1,
        EpochCause::Restart => 2,
        EpochCause::Reset => 3,
        EpochCause::Backwards => 4,
        EpochCause::Jump => 5,
    }
}

pub fn cause_of_code(code: i64) -> EpochCause {
    match code {
        0 => EpochCause::First,
        1 => EpochCause::Replaced,
        2 => EpochCause::Restart,
        3 => EpochCause::Reset,
        4 => EpochCause::Backwards,
        _ => EpochCause::Jump,
    }
}

/// What the tables hold of a series, or of a stretch of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    pub rows: Vec<Row>,
    pub bridges: Vec<Bridge>,
    pub turns: BTreeSet<Turn>,
}

impl Ledger {
    /// The next reading of the series, as it was judged.
    fn push(&mut self, judged: &Judged, doubts: Doubts, physics: &Physics) {
        self.turns.extend(turn_of(judged));
        let cause = match judged.verdict {
            Verdict::Transient | Verdict::Held => return,
            Verdict::Opens(cause) => Some(cause),
            Verdict::Normal | Verdict::Rollover | Verdict::Backstep => None,
        };
        let mut row = Row::of(Sourced { reading: judged.reading, doubts }, cause);
        if judged.verdict == Verdict::Rollover {
            row.carry_in = physics.modulus.unwrap_or(0);
        }
        match self.rows.last_mut() {
            Some(last) if last.start == row.start && cause.is_none() => last.extend(&row),
            last => {
                row.part = last.filter(|last| last.start == row.start).map_or(0, |last| last.part + 1);
                self.rows.push(row);
            }
        }
    }

    fn joined(mut self) -> Ledger {
        for i in 1..self.rows.len() {
            if let Some([a, b]) = self.rows.get_mut(i - 1..=i).and_then(|pair| <&mut [Row; 2]>::try_from(pair).ok()) {
                self.bridges.extend(join(a, b));
            }
        }
        self
    }
}

/// What the readings, in order and none twice, give of themselves. `opens`: the verdict of the first of them, where it is
/// not the first of its series.
pub fn stretch(
    physics: &Physics,
    readings: &[Sourced],
    declarations: &[Declaration],
    opens: Option<Verdict>,
) -> Ledger {
    let plain: Vec<Reading> = readings.iter().map(|one| one.reading).collect();
    let mut judged = counter::resolve(physics, &plain, declarations);
    if let Some((first, verdict)) = judged.first_mut().zip(opens) {
        first.verdict = verdict;
    }
    let mut ledger = Ledger::default();
    for judged in &judged {
        let doubts = match (judged.declared, judged.verdict) {
            // that a counter begins at 0 is its nature, and nobody's word
            (true, Verdict::Opens(EpochCause::Restart)) => Doubts::NONE,
            (true, _) => Doubts::MANUAL,
            (false, _) => readings
                .binary_search_by_key(&judged.reading, |one| one.reading)
                .ok()
                .and_then(|place| readings.get(place))
                .map_or(Doubts::NONE, |one| one.doubts),
        };
        ledger.push(judged, doubts, physics);
    }
    ledger.joined()
}

/// The whole ledger of one series: what the tables must hold.
pub fn ledger(physics: &Physics, readings: &[Sourced], declarations: &[Declaration]) -> Ledger {
    stretch(physics, readings, declarations, None)
}
