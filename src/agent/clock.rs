//! How far the gateway's clock can be relied on, and where samples belong that were taken while it could not.
//!
//! ```text
//!   kernel, platform, battery clock ─▶ state ─▶ segments of one state and one timeline ─▶ shifts, once the time is known
//! ```
//!
//! # Promises
//! - A segment is SYNCED when the kernel says that its clock is disciplined, or a platform's answer that it is right
//!   within 1 s, and for an hour after nobody says so any more. It is FREE when a battery clock kept the time, or the
//!   configuration trusts it, and the time can be true. Everything else is UNKNOWN: 1970, a restored old time.
//! - A step of the wall clock by more than 1 s ends a segment, and the next one says by how much.
//! - Once the time is known, each segment of the same kernel boot that was not synced gets its shift, also those of
//!   earlier runs. While only a platform knows the time, its difference is the shift.
//! - Nobody is believed who says that a synced clock is wrong: that is for people.
//!
//! # Does not
//! Set a clock. Place what an earlier kernel boot took while it did not know the time: nothing measured in between.

mod memory;
#[cfg(test)]
mod tests;
mod watch;

pub use watch::Watch;

use crate::model::{ClockSegment, ClockShift, ClockState, RunId, UtcMillis};

/// Differences up to here are no step, and no error.
const TOLERANCE_MS: i64 = 1_000;
/// A clock that a platform called right is so until the platform says more than this: no segment each time that an
/// answer is a little late.
const LEAVE_MS: i64 = 1_500;
/// A clock that was right is right within 1 s for so long: crystals drift by less than 280 ppm.
const HOLD_MS: i64 = 3_600_000;
/// A platform's difference that changes is said again after so long.
const AGAIN_MS: i64 = 600_000;
/// 2024-01-01: no agent ran before.
const EARLIEST: UtcMillis = UtcMillis(1_704_067_200_000);
/// Segments whose time is not known and that are remembered; beyond, the oldest stay without a place.
const WAITING_MAX: usize = 1_000;

/// What can be seen of the clock at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub wall: UtcMillis,
    /// Since the kernel's boot, sleep included.
    pub boot_ms: i64,
    /// The kernel says that its clock is disciplined.
    pub disciplined: bool,
    /// A platform's clock less this one, measured lately and since the last step.
    pub offset_ms: Option<i64>,
}

/// What does not change within a run.
#[derive(Clone, Copy, Debug)]
pub struct Grounds {
    /// A battery clock gave the kernel its time.
    pub battery: bool,
    /// The configuration says that the wall clock is to be believed.
    pub trust: bool,
    /// The newest record of an earlier run: a time before it can not be true.
    pub newest: Option<UtcMillis>,
}

/// A segment that was not synced.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Waiting {
    pub run_id: RunId,
    pub segment: u32,
    /// Its wall clock less the time since the kernel's boot.
    pub lead_ms: i64,
    /// The shift that a platform's difference gave, and when, since the boot.
    pub said: Option<(i64, i64)>,
}

/// What a look at the clock leads to.
#[derive(Clone, Default, Debug, PartialEq)]
pub struct Turn {
    pub segment: Option<ClockSegment>,
    pub shifts: Vec<ClockShift>,
}

pub struct Clock {
    run_id: RunId,
    grounds: Grounds,
    current: Option<Current>,
    before: Option<Current>,
    next_segment: u32,
    waiting: Vec<Waiting>,
}

#[derive(Clone, Copy)]
struct Current {
    segment: u32,
    state: ClockState,
    lead_ms: i64,
    since_boot_ms: i64,
    /// When somebody last said that it is right.
    confirmed_boot_ms: i64,
}

/// How a sample is stamped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    pub segment: u32,
    pub state: ClockState,
    /// Taken before the present segment began.
    pub late: bool,
}

impl Clock {
    /// `waiting` are the segments of earlier runs of the same kernel boot.
    pub fn new(run_id: RunId, grounds: Grounds, waiting: Vec<Waiting>) -> Clock {
        Clock { run_id, grounds, current: None, before: None, next_segment: 0, waiting }
    }

    pub fn look(&mut self, look: Look) -> Turn {
        let lead_ms = look.wall.0.saturating_sub(look.boot_ms);
        let step_ms = self.current.map_or(0, |current| lead_ms.saturating_sub(current.lead_ms));
        let stepped = step_ms.abs() > TOLERANCE_MS;
        // measured before the step, a difference is none of this clock
        let look = Look { offset_ms: look.offset_ms.filter(|_| !stepped), ..look };
        let was_right = !stepped && self.state_now() == ClockState::Synced;
        let near_ms = if was_right { LEAVE_MS } else { TOLERANCE_MS };
        let right = look.disciplined || look.offset_ms.is_some_and(|offset| offset.saturating_abs() <= near_ms);
        let state = self.state(&look, right, stepped);
        let mut turn = Turn::default();
        if stepped || self.current.is_none_or(|current| current.state != state) {
            let segment = self.number();
            let step_ms = if stepped { step_ms } else { 0 };
            turn.segment = Some(ClockSegment { segment, state, wall: look.wall, mono_ms: look.boot_ms, step_ms });
            self.before = self.current.replace(Current {
                segment,
                state,
                lead_ms,
                since_boot_ms: look.boot_ms,
                confirmed_boot_ms: look.boot_ms,
            });
            if state != ClockState::Synced {
                self.remember(Waiting { run_id: self.run_id, segment, lead_ms, said: None });
            }
        } else if let Some(current) = self.current.as_mut().filter(|_| right) {
            current.confirmed_boot_ms = look.boot_ms;
        }
        turn.shifts = match (state, look.offset_ms) {
            (ClockState::Synced, _) => self.place(lead_ms),
            (_, Some(offset)) => self.place_by(lead_ms.saturating_add(offset), look.boot_ms),
            _ => Vec::new(),
        };
        turn
    }

    fn state(&self, look: &Look, right: bool, stepped: bool) -> ClockState {
        let held = self.current.is_some_and(|current| {
            current.state == ClockState::Synced
                && !stepped
                && look.offset_ms.is_none()
                && look.boot_ms.saturating_sub(current.confirmed_boot_ms) < HOLD_MS
        });
        let kept = self.grounds.battery && self.grounds.newest.is_none_or(|newest| look.wall >= newest);
        if right || held {
            ClockState::Synced
        } else if look.wall >= EARLIEST && (self.grounds.trust || kept) {
            ClockState::Free
        } else {
            ClockState::Unknown
        }
    }

    /// The number of the next segment: also of one of its own for samples that carry their device's time, since nobody
    /// has compared that clock and no shift of ours moves it.
    pub fn number(&mut self) -> u32 {
        let number = self.next_segment;
        self.next_segment = self.next_segment.saturating_add(1);
        number
    }

    pub fn state_now(&self) -> ClockState {
        self.current.map_or(ClockState::Unknown, |current| current.state)
    }

    /// To which segment a sample belongs that comes in now and was taken at `time` by our clock: after a step, to the
    /// timeline that it is nearer to.
    pub fn stamp(&self, time: UtcMillis, boot_ms: i64) -> Stamp {
        let Some(current) = self.current else {
            return Stamp { segment: 0, state: ClockState::Unknown, late: false };
        };
        let distance = |one: &Current| time.0.saturating_sub(one.lead_ms).saturating_sub(boot_ms).saturating_abs();
        let fresh = boot_ms.saturating_sub(current.since_boot_ms) < 5_000;
        match self.before.filter(|before| fresh && distance(before) < distance(&current)) {
            Some(before) => Stamp { segment: before.segment, state: before.state, late: true },
            None => Stamp { segment: current.segment, state: current.state, late: false },
        }
    }

    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    fn remember(&mut self, waiting: Waiting) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.remove(0);
            tracing::warn!(
                "more than {WAITING_MAX} clock segments wait for the time: the oldest stays without a place"
            );
        }
        self.waiting.push(waiting);
    }

    /// All that wait, now that the time is known.
    fn place(&mut self, lead_ms: i64) -> Vec<ClockShift> {
        self.waiting.drain(..).map(|one| shift(&one, lead_ms)).collect()
    }

    /// All that wait, by a platform's clock. They go on waiting for a better word.
    fn place_by(&mut self, lead_ms: i64, boot_ms: i64) -> Vec<ClockShift> {
        let mut shifts = Vec::new();
        for one in &mut self.waiting {
            let found = shift(one, lead_ms);
            let known = one.said.is_some_and(|(said, at)| {
                found.shift_ms.saturating_sub(said).abs() <= TOLERANCE_MS || boot_ms.saturating_sub(at) < AGAIN_MS
            });
            if !known {
                one.said = Some((found.shift_ms, boot_ms));
                shifts.push(found);
            }
        }
        shifts
    }
}

fn shift(waiting: &Waiting, lead_ms: i64) -> ClockShift {
    let Waiting { run_id, segment, lead_ms: own, .. } = *waiting;
    ClockShift { run_id, segment, shift_ms: lead_ms.saturating_sub(own) }
}
