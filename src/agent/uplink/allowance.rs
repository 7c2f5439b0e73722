//! What the platform lets the gateway send: credit for all that flies, and a pace for the backlog.
//!
//! # Promises
//! - Never more than 512 KiB and 256 messages fly, whatever is granted; the backlog takes at most half of either.
//! - Over any time t the backlog sends at most pace × (t + 1 s) and one record.
//!
//! # Does not
//! Read a clock: `now` is handed in.

use super::lane::Flight;
use crate::wire::{RECORD_BYTES_MAX, proto};
use std::time::Duration;

/// Bytes of bodies and messages in flight. tonic takes 1 MiB without a word, so only acks count.
pub(super) const WINDOW_BYTES: usize = 512 * 1024;
pub(super) const WINDOW_MESSAGES: usize = 256;

/// Before the first grant nothing may be sent.
#[derive(Default)]
pub(super) struct Allowance {
    /// Bytes in flight.
    credit: usize,
    /// Backlog bytes a second; 0 is no limit.
    pace: u32,
    /// What the backlog may send by its pace, in bytes × ms, so that no fraction is lost. Below 0 after a record that
    /// was larger than what was left: a low pace must not hold a large record for ever.
    saved: i64,
    saved_at: Duration,
}

impl Allowance {
    pub fn grant(&mut self, grant: proto::Grant, now: Duration) {
        self.save(now);
        self.credit = usize::try_from(grant.credit_bytes).unwrap_or(usize::MAX).min(WINDOW_BYTES);
        self.pace = grant.backlog_bytes_per_s;
        self.saved = self.saved.min(self.burst());
    }

    /// Bytes of bodies that may be added to what flies; `None` where a record of the largest size would not fit.
    pub fn live(&self, flight: Flight) -> Option<usize> {
        let room = self.credit.saturating_sub(flight.bytes);
        (room >= RECORD_BYTES_MAX && flight.messages < WINDOW_MESSAGES).then_some(room)
    }

    /// As [`Allowance::live`], where `backlog` of `flight` is backlog.
    pub fn backlog(&mut self, flight: Flight, backlog: Flight, now: Duration) -> Option<usize> {
        let room = self.live(flight)?;
        // one record always fits, so that a small credit is no standstill
        let share = (self.credit / 2).max(RECORD_BYTES_MAX).saturating_sub(backlog.bytes);
        if share < RECORD_BYTES_MAX || backlog.messages >= WINDOW_MESSAGES / 2 {
            return None;
        }
        self.save(now);
        let paced = match self.pace {
            0 => usize::MAX,
            _ => usize::try_from(self.saved / 1000).ok().filter(|bytes| *bytes > 0)?,
        };
        Some(room.min(share).min(paced))
    }

    /// Whether a Sealed may go: it has no body, but nothing goes without credit.
    pub fn seal(&self, flight: Flight, backlog: Flight) -> bool {
        self.live(flight).is_some() && backlog.messages < WINDOW_MESSAGES / 2
    }

    /// The backlog sent these bytes.
    pub fn spend(&mut self, bytes: usize) {
        if self.pace > 0 {
            self.saved -= i64::try_from(bytes).unwrap_or(i64::MAX / 1000) * 1000;
        }
    }

    fn save(&mut self, now: Duration) {
        let elapsed_ms = i64::try_from(now.saturating_sub(self.saved_at).as_millis()).unwrap_or(i64::MAX);
        self.saved = self.saved.saturating_add(elapsed_ms.saturating_mul(self.pace.into())).min(self.burst());
        // the rest of a millisecond is saved the next time
        self.saved_at += Duration::from_millis(elapsed_ms.unsigned_abs());
    }

    fn burst(&self) -> i64 {
        i64::from(self.pace) * 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowance(credit_bytes: u32, backlog_bytes_per_s: u32) -> Allowance {
        let mut allowance = Allowance::default();
        allowance.grant(proto::Grant { credit_bytes, backlog_bytes_per_s }, Duration::ZERO);
        allowance
    }

    fn flight(messages: usize, bytes: usize) -> Flight {
        Flight { messages, bytes }
    }

    const NONE: Flight = Flight { messages: 0, bytes: 0 };

    #[test]
    fn nothing_goes_without_credit_nor_before_the_first_grant() {
        for mut allowance in [Allowance::default(), allowance(0, 0), allowance(RECORD_BYTES_MAX as u32 - 1, 0)] {
            assert_eq!(allowance.live(NONE), None);
            assert_eq!(allowance.backlog(NONE, NONE, Duration::ZERO), None);
            assert!(!allowance.seal(NONE, NONE));
        }
    }

    #[test]
    fn our_own_bound_stands_above_any_grant() {
        let mut allowance = allowance(u32::MAX, 0);
        assert_eq!(allowance.live(NONE), Some(WINDOW_BYTES));
        assert_eq!(allowance.live(flight(WINDOW_MESSAGES, 0)), None);
        assert_eq!(allowance.live(flight(1, WINDOW_BYTES - RECORD_BYTES_MAX)), Some(RECORD_BYTES_MAX));
        assert_eq!(allowance.live(flight(1, WINDOW_BYTES - RECORD_BYTES_MAX + 1)), None);
        assert_eq!(allowance.backlog(NONE, NONE, Duration::ZERO), Some(WINDOW_BYTES / 2));
    }

    #[test]
    fn the_backlog_takes_half_of_bytes_and_messages() {
        let mut allowance = allowance(100_000, 0);
        let half = flight(1, 50_000 - RECORD_BYTES_MAX + 1);
        assert_eq!(allowance.backlog(half, half, Duration::ZERO), None);
        assert_eq!(allowance.live(half), Some(100_000 - half.bytes));
        let many = flight(WINDOW_MESSAGES / 2, 0);
        assert_eq!(allowance.backlog(many, many, Duration::ZERO), None);
        assert!(!allowance.seal(many, many) && allowance.live(many).is_some());
    }

    #[test]
    fn a_credit_of_one_record_moves_live_and_backlog_one_by_one() {
        let mut allowance = allowance(RECORD_BYTES_MAX as u32, 0);
        assert_eq!(allowance.backlog(NONE, NONE, Duration::ZERO), Some(RECORD_BYTES_MAX));
        assert_eq!(allowance.live(NONE), Some(RECORD_BYTES_MAX));
        assert_eq!(allowance.backlog(flight(1, 1), NONE, Duration::ZERO), None);
    }

    #[test]
    fn a_new_pace_begins_with_nothing_saved_and_an_old_debt_stays() {
        let mut allowance = allowance(u32::MAX, 0);
        allowance.grant(proto::Grant { credit_bytes: u32::MAX, backlog_bytes_per_s: 1000 }, Duration::from_secs(9));
        assert_eq!(allowance.backlog(NONE, NONE, Duration::from_secs(9)), None);
        assert_eq!(allowance.backlog(NONE, NONE, Duration::from_millis(9_500)), Some(500));
        allowance.spend(7000);
        assert_eq!(allowance.backlog(NONE, NONE, Duration::from_millis(16_000)), None);
        assert_eq!(allowance.backlog(NONE, NONE, Duration::from_millis(16_010)), Some(10));
    }

    proptest! {
        #[test]
        fn the_pace_is_kept_over_any_time(pace in 1..2_000_000_u32, waits in prop::collection::vec(0..3_000_u64, 1..200)) {
            let mut allowance = allowance(u32::MAX, pace);
            let (mut sent, mut ms) = (0_u64, 0);
            for wait in waits {
                ms += wait;
                // a record may be larger than what was left of the pace
                if let Some(bytes) = allowance.backlog(NONE, NONE, Duration::from_millis(ms)) {
                    let bytes = bytes.max(RECORD_BYTES_MAX);
                    allowance.spend(bytes);
                    sent += bytes as u64;
                }
                prop_assert!(sent * 1000 <= u64::from(pace) * (ms + 1000) + RECORD_BYTES_MAX as u64 * 1000);
            }
        }
    }
}
