//! What a break is.

use super::{COUNT_MAX, EpochCause, HEAL_READINGS, WARM_UP_READINGS, plausible, within_rate};
use crate::model::{Physics, Reading};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The register was set to 0 behind the last reading.
    Restart,
    Backstep,
    /// So many readings on either side of the break are passing.
    SetAside {
        before: usize,
        behind: usize,
    },
    Rollover,
    Epoch(EpochCause),
}

/// What the ledger can add up.
pub fn in_range(count: i64) -> bool {
    (-COUNT_MAX..=COUNT_MAX).contains(&count)
}

/// The break between `last` and `next`; `None`: later readings will tell. `behind(0)` is `next`, `behind(k)` the kth
/// reading behind it; `before(0, n)` is `last`, `before(k, n)` the kth before it, if n readings from there on may be set
/// aside. `ended`: the register has no more readings.
pub fn decide(
    physics: &Physics,
    last: Reading,
    next: Reading,
    behind: impl Fn(usize) -> Option<Reading>,
    before: impl Fn(usize, usize) -> Option<Reading>,
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
    let goes_on = |count_before: usize, count: usize| {
        let pair = before(count_before, count).zip(behind(count - count_before));
        pair.is_some_and(|(earlier, later)| plausible(physics, earlier, later))
    };
    for count in 1..=HEAL_READINGS {
        if behind(count).is_none() && !ended {
            return None;
        }
        if let Some(before) = (0..=count).find(|before| goes_on(*before, count)) {
            return Some(Outcome::SetAside { before, behind: count - before });
        }
    }
    let warms_up =
        |reading: &Reading| reading.count == next.count && reading.time.since(next.time) <= physics.warm_up_ms;
    let constant = (0..WARM_UP_READINGS).take_while(|k| behind(*k).as_ref().is_some_and(warms_up)).count();
    for k in HEAL_READINGS + 1..=constant {
        match behind(k) {
            Some(later) if plausible(physics, last, later) => {
                return Some(Outcome::SetAside { before: 0, behind: k });
            }
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
