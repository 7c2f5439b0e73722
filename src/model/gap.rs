//! A stretch of time of which nothing is known, and why.

use super::UtcMillis;

/// `[start, end)`, never empty backwards: `start <= end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Span {
    pub start: UtcMillis,
    pub end: UtcMillis,
}

impl Span {
    /// The shortest span that holds both.
    pub fn cover(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Why there is nothing where something should be. The codes are the contract's; they are stored for years.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum GapCause {
    /// A generation of the spool was damaged on disk and is set aside on the gateway.
    Quarantined = 1,
    /// A generation was deleted unsent: the spool's budget was used up.
    Dropped = 2,
    /// The end of a generation is gone: the disk did not keep what it said it had.
    TailLost = 3,
    /// The gateway was off, or did not read its sources.
    Unread = 4,
    /// Read while the gateway did not know the time.
    UnknownClock = 5,
}

impl GapCause {
    pub const ALL: [GapCause; 5] =
        [GapCause::Quarantined, GapCause::Dropped, GapCause::TailLost, GapCause::Unread, GapCause::UnknownClock];

    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u32) -> Option<GapCause> {
        GapCause::ALL.into_iter().find(|cause| u32::from(cause.code()) == code)
    }
}
