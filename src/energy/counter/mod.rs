//! From the readings of a register to its epochs: what may be subtracted, and why not.
//!
//! Readings are taken in the order of their times, at one time of their counts; equal readings are one. Two neighbours
//! are *plausible* when the register rose from one to the other, and no faster than it can. Anything else is a
//! *break*, and these are tried at it, in this order:
//!
//! ```text
//!   declared    ●●●│○○○        a person said that the meter was replaced here
//!   restart     ●●●│○○○        it falls, and is known to be set to 0 in operation: from 0, at once
//!   backstep    ●●● ●●●        it falls by no more than `backstep_max`: the same register, a negative difference
//!   transient   ●●● ○ ●●●      without at most HEAL_READINGS readings, or one constant value for at most the warm-up
//!                              time, the register goes on plausibly: those are set aside, and nothing is booked for them
//!   rollover    ●●●↻●●●        by modulo it rose no faster than it can, and by less than half of its range
//!   epoch       ●●●│○○○        reset (starts near 0), backwards (falls), jump (rises faster than it can)
//! ```
//!
//! A restart from 0 must itself be plausible. What is set aside is the fewest readings around the break without which the
//! register goes on plausibly, of as many the fewest before it; then more of one constant value behind it, the fewest.
//! Before it, only those that were taken since the last break, and never the one that opens the epoch: no row of breaks
//! eats its way back. HEAL_READINGS in a row at most are set aside, or the constant value.
//!
//! A break is decided as soon as this order decides, at the latest when HEAL_READINGS readings follow the first one
//! behind it, and the constant value, if there is one, gave way or outlasted the warm-up time. A declaration decides at
//! once with what there is: readings at its time and later are the new register's, and tell nothing of the old one.
//!
//! # Promises
//! - A difference is never taken across an epoch. Per epoch, Σ differences = last − first reading, plus the modulus for
//!   each rollover, exactly.
//! - The verdicts are a function of the set of readings and declarations, whatever the order of their arrival.
//! - They are local: of a stretch of plausible readings without a declaration, those that have [`SETTLED_READINGS`] of
//!   the stretch, and the warm-up time, on both sides are normal, whatever lies beyond; and what lies on one side of
//!   them has the same verdicts whatever lies on the other.
//! - A break is not decided before what follows it tells: until then its readings are held, and nothing is booked.
//!
//! # Does not
//! Divide differences among intervals ([`super::interval`]). Read a clock.

mod machine;
mod rule;

pub use machine::Machine;

use crate::model::{Physics, Reading, UtcMillis};

/// Counts of the ledger lie within ±2^61, so that no difference and no sum of three leaves 63 bits. No meter's
/// register reaches this; a count beyond stays in its block and takes no part in the ledger.
pub const COUNT_MAX: i64 = 1 << 61;

/// So many readings in a row may be set aside as passing.
pub const HEAL_READINGS: usize = 3;
/// So many readings of one constant value may be set aside as a warm-up, however long it may last.
pub const WARM_UP_READINGS: usize = 1_024;
/// So many plausible readings on either side make what they enclose independent of anything beyond.
pub const SETTLED_READINGS: usize = 2 * HEAL_READINGS + 2;
/// Added to the distance of two readings before the rate is judged: meters refresh their registers once a minute or
/// faster, and stamp nothing.
pub const RATE_SLACK_MS: i64 = 60_000;

const HOUR_MS: i128 = 3_600_000;

/// Why an epoch begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum EpochCause {
    /// Nothing is known before it.
    First,
    /// A person declared that the meter was replaced.
    Replaced,
    /// The register is set to 0 in operation, and was.
    Restart,
    /// It fell, to what it can have counted from 0 since: a reset, or a new meter.
    Reset,
    /// It fell, and goes on from where it fell to: a meter that forgot, or another one.
    Backwards,
    /// It rose faster than it can, and goes on from there: another meter, or a limit that is too low.
    Jump,
}

/// What a reading is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It goes on from the reading before it in its epoch.
    Normal,
    /// It goes on behind the register's end: the difference is that of the counts plus the modulus.
    Rollover,
    /// It stepped back a little: the difference is negative.
    Backstep,
    /// A passing wrong value: not in any difference.
    Transient,
    /// Later readings will tell: not in any difference yet.
    Held,
    /// The first of an epoch.
    Opens(EpochCause),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Judged {
    pub reading: Reading,
    pub verdict: Verdict,
    /// Not read but declared, or known: a replaced meter's last and first register, the 0 of a restart.
    pub declared: bool,
}

/// At `time` one register ended and another began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Declaration {
    pub time: UtcMillis,
    pub final_count: Option<i64>,
    pub initial_count: Option<i64>,
}

/// Whether the register can have run from `a` to `b`, the reading that follows it in time: by ⌈rate · (distance +
/// [`RATE_SLACK_MS`])⌉ + 1 counts at most.
pub fn plausible(physics: &Physics, a: Reading, b: Reading) -> bool {
    let risen = i128::from(b.count) - i128::from(a.count);
    risen >= 0 && physics.rate_max_per_h.is_none_or(|rate| within_rate(rate, risen, b.time.since(a.time)))
}

/// `risen` <= ⌈rate · ms / 1 h⌉ + 1, without a division.
fn within_rate(rate_max_per_h: i64, risen: i128, ms: i64) -> bool {
    (risen - 2) * HOUR_MS < i128::from(rate_max_per_h) * (i128::from(ms) + i128::from(RATE_SLACK_MS))
}

/// The verdicts of all readings, in order, with the declared ones among them. Counts beyond [`COUNT_MAX`] take no part.
pub fn resolve(physics: &Physics, readings: &[Reading], declarations: &[Declaration]) -> Vec<Judged> {
    let mut sorted = readings.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut machine = Machine::new(*physics);
    machine.declare_all(declarations);
    let mut judged = Vec::with_capacity(sorted.len() + 2 * declarations.len());
    sorted.into_iter().for_each(|reading| machine.feed(reading, &mut judged));
    machine.reach(UtcMillis(i64::MAX), &mut judged);
    judged.extend(machine.pending());
    judged
}

#[cfg(test)]
pub(super) mod tests;
