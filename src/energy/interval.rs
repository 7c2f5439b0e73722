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
//! # Promises
//! - The shares of a pair of readings add up to its difference, to the last count, for every width.
//! - A [`Cell`] holds all that an interval must know of the readings inside it. Merging cells gives the same
//!   result in every order and however often a cell is repeated.
//!
//! # Does not
//! Judge: both readings of a pair are of one epoch ([`super::counter::continues`]).

use crate::model::{Reading, UtcMillis};

pub const MINUTE_MS: i64 = 60_000;
/// The reporting interval of the national on-line monitoring system: 15 minutes.
pub const QUARTER_MS: i64 = 900_000;

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

/// The shares of the aligned intervals of `width_ms` that the pair touches, in order. `a` is not later than `b`.
pub fn shares(a: Reading, b: Reading, width_ms: i64) -> impl Iterator<Item = Share> {
    let mut from = a;
    let mut start = a.time.floor(width_ms);
    std::iter::from_fn(move || {
        if from.time >= b.time {
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reading(time: i64, count: i64) -> Reading {
        Reading { time: UtcMillis(time), count }
    }

    #[test]
    fn a_pair_inside_one_interval_is_one_share() {
        let got: Vec<_> = shares(reading(1_000, 5), reading(59_000, 9), MINUTE_MS).collect();
        assert_eq!(got, [Share { start: UtcMillis(0), amount: 4, covered_ms: 58_000 }]);
    }

    #[test]
    fn a_boundary_is_interpolated_and_rounded_down() {
        let got: Vec<_> = shares(reading(30_000, 100), reading(130_000, 107), MINUTE_MS).collect();
        let expected = [(0, 2, 30_000), (60_000, 4, 60_000), (120_000, 1, 10_000)];
        assert_eq!(
            got,
            expected.map(|(start, amount, covered_ms)| Share { start: UtcMillis(start), amount, covered_ms })
        );
    }

    #[test]
    fn a_reading_on_the_boundary_belongs_to_the_interval_it_opens() {
        let got: Vec<_> = shares(reading(0, 0), reading(60_000, 7), MINUTE_MS).collect();
        assert_eq!(got, [Share { start: UtcMillis(0), amount: 7, covered_ms: 60_000 }]);
    }

    proptest! {
        #[test]
        fn shares_add_up_to_the_difference(
            t in -1_000_000_000_i64..1_000_000_000, dt in 0_i64..10_000_000,
            count in any::<i32>(), risen in 0_i64..(1 << 50), width in prop::sample::select(vec![MINUTE_MS, QUARTER_MS]),
        ) {
            let (a, b) = (reading(t, i64::from(count)), reading(t + dt, i64::from(count) + if dt == 0 { 0 } else { risen }));
            let all: Vec<_> = shares(a, b, width).collect();
            prop_assert_eq!(all.iter().map(|s| s.amount).sum::<i64>(), b.count - a.count);
            prop_assert_eq!(all.iter().map(|s| s.covered_ms).sum::<i64>(), dt);
            prop_assert!(all.iter().all(|s| s.amount >= 0 && s.covered_ms <= width && s.start.floor(width) == s.start));
        }

        #[test]
        fn cells_merge_in_any_order_and_however_often(times in prop::collection::vec(0_i64..900_000, 1..20), seed in any::<u64>()) {
            let readings: Vec<_> = times.iter().map(|t| reading(*t, *t * 3)).collect();
            let fold = |order: &[Reading]| order.iter().map(|r| Cell::of(*r)).reduce(|mut a, b| { a.merge(b); a }).unwrap();
            let mut shuffled = readings.clone();
            shuffled.extend_from_within(..readings.len() / 2);
            let turn = usize::try_from(seed % 97).unwrap() % shuffled.len();
            shuffled.rotate_left(turn);
            prop_assert_eq!(fold(&readings), fold(&shuffled));
        }
    }
}
