//! What a break is.

use super::{COUNT_MAX, EpochCause, HEAL_READINGS, WARM_UP_READINGS, plausible, within_rate};
use crate::model::{Physics, Reading};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The register was set to 0 behind the last reading.
    Restart,
    Backstep,
    /// So many readings behind the break are passing.
    SetAsideBehind(usize),
    /// So many readings before the break are passing.
    SetAsideBefore(usize),
    Rollover,
    Epoch(EpochCause),
}

/// What the ledger can add up.
pub fn in_range(count: i64) -> bool {
    (-COUNT_MAX..=COUNT_MAX).contains(&count)
}

/// The break between `last` and `next`; `None`: later readings will tell. `behind(0)` is `next`, `behind(k)` the kth
/// reading behind it; `before(k)` the kth before `last`, if `last` and those up to it may be set aside. `ended`: the
/// register has no more readings.
pub fn decide(
    physics: &Physics,
    last: Reading,
    next: Reading,
    behind: impl Fn(usize) -> Option<Reading>,
    before: impl Fn(usize) -> Option<Reading>,
    ended: bool,
) -> Option<Outcome> {
    let fell = next.count < last.count;
    let zero = Reading { time: last.time, count: 0 };
    if fell && physics.restarts && plausible(physics, zero, next) {
        return Some(Outcome::Restart);
    }
    if fell && last.count - next.count <= physics.backstep_max {
        return Some(Outcome::Backstep);
    }
    for k in 1..=HEAL_READINGS {
        match behind(k) {
            Some(later) if plausible(physics, last, later) => return Some(Outcome::SetAsideBehind(k)),
            None if !ended => return None,
            _ => {}
        }
        if before(k).is_some_and(|earlier| plausible(physics, earlier, next)) {
            return Some(Outcome::SetAsideBefore(k));
        }
    }
    let warms_up =
        |reading: &Reading| reading.count == next.count && reading.time.since(next.time) <= physics.warm_up_ms;
    let constant = (0..WARM_UP_READINGS).take_while(|k| behind(*k).as_ref().is_some_and(warms_up)).count();
    for k in HEAL_READINGS + 1..=constant {
        match behind(k) {
            Some(later) if plausible(physics, last, later) => return Some(Outcome::SetAsideBehind(k)),
            None if !ended => return None,
            _ => {}
        }
    }
    Some(if rolled_over(physics, last, next) { Outcome::Rollover } else { Outcome::Epoch(cause(physics, last, next)) })
}

fn rolled_over(physics: &Physics, last: Reading, next: Reading) -> bool {
    let Some(modulus) = physics.modulus else { return false };
    if next.count < 0 || next.count >= last.count || last.count >= modulus {
        return false;
    }
    let risen = i128::from(next.count) - i128::from(last.count) + i128::from(modulus);
    let within = |rate| within_rate(rate, risen, next.time.since(last.time));
    2 * risen < i128::from(modulus) && physics.rate_max_per_h.is_none_or(within)
}

fn cause(physics: &Physics, last: Reading, next: Reading) -> EpochCause {
    let zero = Reading { time: last.time, count: 0 };
    if next.count > last.count {
        EpochCause::Jump
    } else if next.count <= last.count / 10 && plausible(physics, zero, next) {
        EpochCause::Reset
    } else {
        EpochCause::Backwards
    }
}
