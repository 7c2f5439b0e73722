//! Which meter of a bus is polled next, and when.
//!
//! ```text
//!   interval 2     ·   │   ·   │   ·   │     a poll is due at each multiple of the meter's interval,
//!   interval 3     ·   ·   │   ·   ·   │     counted from 1970, and stays so until it is served
//! ```
//!
//! # Promises
//! - Whoever has waited longest is served first; of those that became due together, the one whose last service is
//!   longer ago, then the one with the shorter interval. So while one meter waits, each other one is served at most once.
//! - What a late poll has missed is counted, and never caught up with.
//! - No meter waits longer than 1.1 intervals for its poll to be due, whatever the wall clock does. A clock that is
//!   slowed down can stand a little before the instant for which a poll was woken: that instant is not served twice.
//!
//! # Does not
//! Read a clock, or wait.

use crate::model::UtcMillis;

/// The two clocks at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instants {
    pub wall: UtcMillis,
    /// Since some beginning, never back.
    pub steady_ms: i64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Serve {
        meter: usize,
        /// Polls that it should have had since it became due.
        skipped: u64,
    },
    Wait {
        ms: u64,
    },
    /// There is no meter.
    Never,
}

#[derive(Debug)]
pub struct Schedule {
    slots: Vec<Slot>,
    /// Wall clock less steady clock.
    offset_ms: i64,
    services: u64,
}

#[derive(Debug)]
struct Slot {
    interval_ms: i64,
    due_steady_ms: i64,
    /// The number of its last service.
    served: u64,
}

impl Schedule {
    pub fn new(intervals_ms: impl IntoIterator<Item = i64>, now: Instants) -> Schedule {
        let slot = |interval_ms: i64| {
            let interval_ms = interval_ms.max(1);
            Slot { interval_ms, due_steady_ms: next_due(now, interval_ms), served: 0 }
        };
        Schedule { slots: intervals_ms.into_iter().map(slot).collect(), offset_ms: offset(now), services: 0 }
    }

    /// What to do now. A meter that is served is due again at its next multiple.
    pub fn next(&mut self, now: Instants) -> Next {
        self.follow(now);
        let order = |(_, slot): &(usize, &mut Slot)| (slot.due_steady_ms, slot.served, slot.interval_ms);
        let Some((meter, slot)) = self.slots.iter_mut().enumerate().min_by_key(order) else { return Next::Never };
        let late_ms = now.steady_ms.saturating_sub(slot.due_steady_ms);
        if late_ms < 0 {
            return Next::Wait { ms: late_ms.unsigned_abs() };
        }
        slot.due_steady_ms = next_due(now, slot.interval_ms);
        self.services += 1;
        slot.served = self.services;
        let missed = late_ms.saturating_add(tolerance_ms(slot.interval_ms)) / slot.interval_ms;
        Next::Serve { meter, skipped: missed.unsigned_abs() }
    }

    /// After a step of the wall clock the multiples lie elsewhere. Who is due stays so.
    fn follow(&mut self, now: Instants) {
        let step_ms = offset(now).saturating_sub(self.offset_ms);
        self.offset_ms = offset(now);
        for slot in self.slots.iter_mut().filter(|slot| slot.due_steady_ms > now.steady_ms) {
            // what is less is the wall clock being drawn to the right time, or two clocks not read in one moment
            if step_ms.saturating_abs() > tolerance_ms(slot.interval_ms) {
                slot.due_steady_ms = next_due(now, slot.interval_ms);
            }
        }
    }
}

fn offset(now: Instants) -> i64 {
    now.wall.0.saturating_sub(now.steady_ms)
}

fn tolerance_ms(interval_ms: i64) -> i64 {
    interval_ms / 10
}

/// The first multiple that is not the one for which this poll was woken.
fn next_due(now: Instants, interval_ms: i64) -> i64 {
    let past = now.wall.plus_ms(tolerance_ms(interval_ms));
    let next = past.floor(interval_ms).plus_ms(interval_ms);
    now.steady_ms.saturating_add(next.since(now.wall))
}

#[cfg(test)]
mod tests;
