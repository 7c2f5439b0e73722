//! Aligned intervals: how much of a register's movement belongs to each.
//!
//! Between two readings the register is taken to run evenly, and its value at a boundary is rounded down to a
//! whole count:
//!
//! ```text
//!   count
//!    b ┤                       ●  b.time
//!      │               ○ ← boundary: a.count + ⌊(b.count − a.count)·(t − a.time)/(b.time − a.time)⌋
//!    a ┤   ●  a.time
//!      └───┴───────────┴───────┴──▶ t
//! ```
//!
//! The register of a pair may roll over between them, or step back a little: its end is then `b.count + carry`, and it is
//! taken to run evenly to there. Of a pair that lies farther apart than [`ESTIMATED_ABOVE_MS`] only the sum is known;
//! it is spread by the same rule, and each interval that gets a part says so. So does a quarter-hour without any reading,
//! however near its neighbours are.
//!
//! # Promises
//! - The shares of a pair of readings add up to its difference, to the last count, for every width.
//! - The amount of an interval is the same whether it is booked pair by pair ([`Booking`]) or made from its first and last
//!   reading and the pairs at its sides ([`amount`]).
//! - A [`Cell`] holds all that an interval must know of the readings inside it. Merging cells gives the same
//!   result in every order and however often a cell is repeated.
//!
//! # Does not
//! Judge: both readings of a pair are of one epoch ([`super::counter`]).

mod booking;
mod pair;

pub use booking::{Amount, Booking, amounts};
pub use pair::{Pair, amount};

use crate::model::{Reading, UtcMillis};

pub const MINUTE_MS: i64 = 60_000;
/// The reporting interval of the national on-line monitoring system: 15 minutes.
pub const QUARTER_MS: i64 = 900_000;
/// Of readings farther apart than one and a half quarter-hours the shape is estimated, ms.
pub const ESTIMATED_ABOVE_MS: i64 = QUARTER_MS + QUARTER_MS / 2;

/// The register at `t`, taken to run evenly from `a` to `b`. Outside of the pair the nearer reading counts.
pub fn register_between(a: Reading, b: Reading, t: UtcMillis) -> i64 {
    if t <= a.time {
        return a.count;
    }
    if t >= b.time {
        return b.count;
    }
    let risen = i128::from(b.count) - i128::from(a.count);
    let share = (risen * i128::from(t.since(a.time))).div_euclid(i128::from(b.time.since(a.time)));
    i64::try_from(i128::from(a.count) + share).expect("lies between two i64")
}

/// What one interval gets of a pair of readings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// Start of the interval.
    pub start: UtcMillis,
    /// Counts.
    pub amount: i64,
    /// How much of the interval lies between the two readings.
    pub covered_ms: i64,
}

/// The shares of the aligned intervals of `width_ms` that the pair touches, in order. `a` is not later than
/// `b`; what lies between two readings at one time belongs to the interval that holds them.
pub fn shares(a: Reading, b: Reading, width_ms: i64) -> impl Iterator<Item = Share> {
    let mut from = a;
    let mut start = a.time.floor(width_ms);
    std::iter::from_fn(move || {
        if from == b {
            return None;
        }
        let end = start.plus_ms(width_ms);
        let upto = if end >= b.time { b } else { Reading { time: end, count: register_between(a, b, end) } };
        let share = Share { start, amount: upto.count - from.count, covered_ms: upto.time.since(from.time) };
        (from, start) = (upto, end);
        Some(share)
    })
}

/// The readings of one series inside one aligned interval, as far as any sum needs them: the first and the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    pub first: Reading,
    pub last: Reading,
}

impl Cell {
    pub fn of(reading: Reading) -> Cell {
        Cell { first: reading, last: reading }
    }

    /// Both cells are of one interval and one epoch.
    pub fn merge(&mut self, other: Cell) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    /// Counts between the first and the last reading of the interval.
    pub fn inner(&self) -> i64 {
        self.last.count - self.first.count
    }
}

#[cfg(test)]
mod tests;
