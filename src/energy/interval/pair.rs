//! Two neighbours of one epoch.

use super::{Cell, ESTIMATED_ABOVE_MS, Share, register_between, shares};
use crate::{
    energy::counter::{EpochCause, Judged, Verdict},
    model::{Doubts, Physics, Reading, UtcMillis},
};

/// Two readings of one epoch with none of it between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair {
    pub a: Reading,
    pub b: Reading,
    /// Counts: the modulus where the register rolled over between the two, otherwise 0.
    pub carry: i64,
    /// Of each interval that gets a part of it.
    pub doubts: Doubts,
}

impl Pair {
    /// `b` goes on from `a` in its epoch.
    pub fn of(physics: &Physics, a: &Judged, b: &Judged) -> Pair {
        let (carry, step) = match b.verdict {
            Verdict::Rollover => (physics.modulus.unwrap_or(0), Doubts::ROLLOVER),
            Verdict::Backstep => (0, Doubts::BACKSTEP),
            _ => (0, Doubts::NONE),
        };
        let mut doubts = step | Self::doubts_of_distance(a.reading, b.reading);
        if by_hand(a) || by_hand(b) {
            doubts |= Doubts::MANUAL;
        }
        Pair { a: a.reading, b: b.reading, carry, doubts }
    }

    /// What follows from the distance of two neighbours alone.
    pub fn doubts_of_distance(a: Reading, b: Reading) -> Doubts {
        if b.time.since(a.time) > ESTIMATED_ABOVE_MS { Doubts::ESTIMATED_SHAPE } else { Doubts::NONE }
    }

    /// Counts from `a` to `b`.
    pub fn moved(&self) -> i64 {
        self.end().count - self.a.count
    }

    /// The register at `t`, as it would read if it had no end.
    pub fn register_at(&self, t: UtcMillis) -> i64 {
        register_between(self.a, self.end(), t)
    }

    pub fn shares(&self, width_ms: i64) -> impl Iterator<Item = Share> {
        shares(self.a, self.end(), width_ms)
    }

    fn end(&self) -> Reading {
        Reading { count: self.b.count.saturating_add(self.carry), ..self.b }
    }
}

/// Whether a person wrote it: the 0 of a restart is known without one.
pub(super) fn by_hand(judged: &Judged) -> bool {
    judged.declared && judged.verdict != Verdict::Opens(EpochCause::Restart)
}

/// Counts that the interval of `width_ms` from `start` gets of one epoch: the share of the pair that comes in from the
/// left, what the register moved between the first and the last reading inside (`carry`: what it rolled over between
/// them), and the share of the pair that goes out to the right.
pub fn amount(
    before: Option<&Pair>,
    cell: &Cell,
    carry: i64,
    after: Option<&Pair>,
    start: UtcMillis,
    width_ms: i64,
) -> i64 {
    let from_left = before.map_or(0, |pair| pair.end().count - pair.register_at(start));
    let to_right = after.map_or(0, |pair| pair.register_at(start.plus_ms(width_ms)) - pair.a.count);
    from_left + cell.inner() + carry + to_right
}
