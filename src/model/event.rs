//! What happens at a gateway at an instant.

use super::UtcMillis;

/// 16 random bytes of one process run of an agent; it names the run's clock segments.
pub type RunId = [u8; 16];

/// The same event may come twice: its id says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub event_id: [u8; 16],
    pub time: UtcMillis,
    pub what: EventKind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EventKind {
    Replaced(Replaced),
    ClockSegment(ClockSegment),
    ClockShift(ClockShift),
    Tag(Tag),
    Entered(Entered),
}

/// A meter was replaced by another one, as a person declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replaced {
    pub meter: String,
    /// One for each of the meter's cumulative points, 64 at most.
    pub registers: Vec<Register>,
    pub serial_old: String,
    pub serial_new: String,
    /// Who declared it.
    pub by: String,
    /// Why, in their words.
    pub note: String,
}

/// A register's end and the beginning of the next one; `None` where it could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register {
    pub point: String,
    /// Counts of the point's series.
    pub final_count: Option<i64>,
    pub initial_count: Option<i64>,
}

/// How far a gateway's clock can be relied on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockState {
    /// The system, or a platform, says that it is right within 1 s.
    Synced = 1,
    /// A clock that runs while the gateway is off, and nobody has compared it.
    Free = 2,
    /// The time can not be true, or nothing kept it while the gateway was off.
    Unknown = 3,
}

/// From here on the run's samples are stamped by a clock in this state. Segment 0 is a run's first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockSegment {
    pub segment: u32,
    pub state: ClockState,
    pub wall: UtcMillis,
    /// Since the gateway's boot, at `wall`.
    pub mono_ms: i64,
    /// By how much the wall clock stepped when the segment before ended.
    pub step_ms: i64,
}

/// The samples of a run's segment were taken so much later than they say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClockShift {
    pub run_id: RunId,
    pub segment: u32,
    pub shift_ms: i64,
}

/// What a meter's output belongs to from the event on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    pub meter: String,
    /// `product`, `shift` or `order`.
    pub name: String,
    pub value: String,
}

/// What a person read off a meter, or what was delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entered {
    pub meter: String,
    pub point: String,
    /// Of the point's series: the register, or what was delivered.
    pub count: i64,
    pub delivery: bool,
    /// Who entered it.
    pub by: String,
    /// What proves it, in their words.
    pub evidence: String,
    pub file: Option<Proof>,
    /// When it was entered; the event's time is when it was read or delivered.
    pub entered: UtcMillis,
}

/// A file that shows what was entered; the file itself stays where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    pub name: String,
    pub sha256: [u8; 32],
}
