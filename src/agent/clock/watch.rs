//! The gateway's own clock under watch: what the rules need to see, and what they must not forget.

use super::{Clock, Grounds, Look, Stamp, Turn, Waiting, memory::Memory};
use crate::{
    agent::health::Health,
    model::{ClockSegment, ClockState, RunId, UtcMillis},
    runtime::clock,
};
use std::{fs, path::Path, sync::Arc};

/// A platform's difference that is older says nothing any more.
const OFFSET_AGE_MS: i64 = 60_000;
/// A battery clock that is read a moment later still shows the same time.
const BATTERY_TOLERANCE_S: i64 = 5;

pub struct Watch {
    clock: Clock,
    pub(super) memory: Option<Memory>,
    health: Arc<Health>,
    see: Box<dyn FnMut() -> Look + Send + Sync>,
    last: Option<Look>,
    /// Of samples that carry their device's time.
    dated: Option<u32>,
    /// Placed, and the shift waits for no commit yet.
    placed: Vec<Waiting>,
    /// Placed, and the shift is in the next commit.
    noted: Vec<Waiting>,
}

impl Watch {
    /// Watches the system's clock and remembers in `folder`. Blocks on the disk.
    pub fn open(folder: &Path, run_id: RunId, trust: bool, newest: Option<UtcMillis>, health: Arc<Health>) -> Watch {
        let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let memory = Memory::open(folder, boot_id.trim());
        let grounds = Grounds { battery: battery(clock::now()), trust, newest };
        let clock = Clock::new(run_id, grounds, memory.saved().to_vec());
        let heard = health.clone();
        let see = move || {
            let (wall, boot_ms) = (clock::now(), clock::since_boot_ms());
            let offset_ms = heard.clock_offset(boot_ms.saturating_sub(OFFSET_AGE_MS));
            Look { wall, boot_ms, disciplined: clock::disciplined(), offset_ms }
        };
        Watch { memory: Some(memory), ..Watch::of(clock, health, Box::new(see)) }
    }

    /// Sees what `see` says, and forgets at its end.
    pub fn of(clock: Clock, health: Arc<Health>, see: Box<dyn FnMut() -> Look + Send + Sync>) -> Watch {
        Watch { clock, memory: None, health, see, last: None, dated: None, placed: Vec::new(), noted: Vec::new() }
    }

    pub fn look(&mut self) -> Turn {
        let look = (self.see)();
        self.turn(look)
    }

    /// Only whether the clock stepped: cheap enough for each input.
    pub fn glance(&mut self) -> Turn {
        let Some(last) = self.last else { return self.look() };
        let (wall, boot_ms) = (clock::now(), clock::since_boot_ms());
        let steps = wall.since(last.wall).saturating_sub(boot_ms.saturating_sub(last.boot_ms)).abs();
        if steps > super::TOLERANCE_MS && self.memory.is_some() { self.look() } else { Turn::default() }
    }

    fn turn(&mut self, look: Look) -> Turn {
        self.last = Some(look);
        let before = self.clock.waiting().to_vec();
        let turn = self.clock.look(look);
        if let Some(segment) = turn.segment {
            self.health.clock_is_unknown(segment.state == ClockState::Unknown);
            if segment.step_ms != 0 {
                self.health.forget_clock_offset();
            }
            said(&segment);
        }
        self.placed.extend(before.into_iter().filter(|one| self.clock.waiting().iter().all(|left| !same(left, one))));
        turn
    }

    pub fn state(&self) -> ClockState {
        self.clock.state_now()
    }

    /// The present time by the latest look.
    pub fn now(&self) -> (UtcMillis, i64) {
        self.last.map_or((clock::now(), clock::since_boot_ms()), |look| (look.wall, look.boot_ms))
    }

    pub fn stamp(&self, time: UtcMillis) -> Stamp {
        self.clock.stamp(time, if self.memory.is_some() { clock::since_boot_ms() } else { self.now().1 })
    }

    /// For a sample that carries its device's time, and the segment that begins with it.
    pub fn stamp_dated(&mut self) -> (Stamp, Option<ClockSegment>) {
        let (wall, mono_ms) = self.now();
        let (state, new) = (ClockState::Free, self.dated.is_none());
        if self.clock.state_now() == ClockState::Synced {
            return (self.clock.stamp(wall, mono_ms), None);
        }
        let segment = self.dated.unwrap_or_else(|| self.clock.number());
        self.dated = Some(segment);
        let begun = ClockSegment { segment, state, wall, mono_ms, step_ms: 0 };
        (Stamp { segment, state, late: false }, new.then_some(begun))
    }

    /// Before the commit of a new segment. Blocks on the disk.
    pub fn remember(&mut self) {
        self.save();
    }

    /// The shifts of the latest look are in the next commit.
    pub fn noted(&mut self) {
        self.noted.append(&mut self.placed);
    }

    /// Behind a commit. Blocks on the disk where something changed.
    pub fn committed(&mut self) {
        self.noted.clear();
        self.save();
    }

    fn save(&mut self) {
        let Some(memory) = &mut self.memory else { return };
        let all: Vec<Waiting> = self.placed.iter().chain(&self.noted).chain(self.clock.waiting()).copied().collect();
        if let Err(error) = memory.save(&all) {
            tracing::warn!(%error, "what waits for the time could not be saved: a restart before it is known loses it");
        }
    }
}

fn same(one: &Waiting, other: &Waiting) -> bool {
    (one.run_id, one.segment) == (other.run_id, other.segment)
}

fn said(segment: &ClockSegment) {
    let ClockSegment { segment, state, wall, step_ms, .. } = *segment;
    match state {
        ClockState::Synced => tracing::info!(segment, %wall, step_ms, "the clock is right"),
        ClockState::Free => tracing::warn!(segment, %wall, step_ms, "nobody has compared the clock; amounts say so"),
        ClockState::Unknown => tracing::warn!(
            segment, %wall, step_ms,
            "the time is not known: samples are kept, and placed when NTP or a platform tells it; \
             [agent] trust_clock = true believes this clock"
        ),
    }
}

/// Whether a battery clock gave the kernel its time, or agrees with it.
fn battery(now: UtcMillis) -> bool {
    let Ok(clocks) = fs::read_dir("/sys/class/rtc") else { return false };
    clocks.flatten().take(8).any(|entry| {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).ok();
        let gave = read("hctosys").is_some_and(|flag| flag.trim() == "1");
        let shows = read("since_epoch").and_then(|text| text.trim().parse::<i64>().ok());
        gave || shows.is_some_and(|s| s.saturating_sub(now.0 / 1000).abs() <= BATTERY_TOLERANCE_S)
    })
}
