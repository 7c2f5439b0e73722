//! What a gateway may send: credit for all, pace for the backlogs. Pure.
//!
//! ```text
//!   connected streams ─▶ credit      64 MiB shared out, 64 to 512 KiB each
//!   store's queue ─────▶ pace        from half full on: half as fast; nearly empty: twice as fast, up to no limit
//! ```
//!
//! The live lane has no pace: what a gateway reads now is always less than its link carries.

use crate::{platform::store::Waiting, wire::proto};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Bodies that may be on their way to this platform, or wait in it, at one time.
const CREDIT_TOTAL: u64 = 64 << 20;
/// Credit is given in this step, so that a gateway more or less seldom changes what the others have.
const CREDIT_STEP: u64 = 64 << 10;
const CREDIT_MAX: u64 = 512 << 10;
/// The first limit, and the one above which there is none.
const PACE_MAX: u32 = 1 << 20;
/// A backlog flows even then: 1.4 GB a day.
const PACE_MIN: u32 = 16 << 10;
/// A pace needs time to show.
const JUDGED_EVERY: Duration = Duration::from_secs(1);

/// The streams that are open, for sharing out.
#[derive(Clone, Default)]
pub struct Streams(Arc<AtomicU64>);

/// One of them; it counts until it is dropped.
pub struct Counted(Streams);

impl Streams {
    pub fn enter(&self) -> Counted {
        self.0.fetch_add(1, Relaxed);
        Counted(self.clone())
    }
}

impl Counted {
    /// All that are open, this one with them.
    pub fn open(&self) -> u64 {
        self.0.0.load(Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// What one stream was granted.
pub struct Flow {
    granted: proto::Grant,
    judged: Instant,
}

impl Flow {
    pub fn new(streams: u64, now: Instant) -> Flow {
        Flow { granted: proto::Grant { credit_bytes: credit(streams), backlog_bytes_per_s: 0 }, judged: now }
    }

    pub fn granted(&self) -> proto::Grant {
        self.granted
    }

    /// Another grant, when it is time for one.
    pub fn judge(&mut self, streams: u64, waiting: Waiting, now: Instant) -> Option<proto::Grant> {
        if now.duration_since(self.judged) < JUDGED_EVERY {
            return None;
        }
        self.judged = now;
        let backlog_bytes_per_s = pace(self.granted.backlog_bytes_per_s, waiting);
        let next = proto::Grant { credit_bytes: credit(streams), backlog_bytes_per_s };
        (next != std::mem::replace(&mut self.granted, next)).then_some(next)
    }
}

fn credit(streams: u64) -> u32 {
    let share = CREDIT_TOTAL / streams.max(1) / CREDIT_STEP * CREDIT_STEP;
    u32::try_from(share.clamp(CREDIT_STEP, CREDIT_MAX)).unwrap_or(u32::MAX)
}

/// The next pace of a backlog; 0 is without limit, as in the contract.
fn pace(now: u32, waiting: Waiting) -> u32 {
    if waiting.jobs.saturating_mul(2) >= waiting.jobs_max {
        return match now {
            0 => PACE_MAX,
            limited => (limited / 2).max(PACE_MIN),
        };
    }
    match now {
        0 => 0,
        limited if waiting.jobs.saturating_mul(8) > waiting.jobs_max => limited,
        limited if limited >= PACE_MAX => 0,
        limited => limited.saturating_mul(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn queue(jobs: usize) -> Waiting {
        Waiting { jobs, jobs_max: 256 }
    }

    #[test]
    fn credit_is_shared_out_within_its_bounds() {
        let kib = |streams| credit(streams) / 1024;
        assert_eq!([0, 1, 128, 200, 512, 1024, 55_000].map(kib), [512, 512, 512, 320, 128, 64, 64]);
    }

    #[test]
    fn a_long_queue_slows_the_backlogs_and_an_empty_one_frees_them_again() {
        let mut at = 0;
        let mut seen = Vec::new();
        for jobs in [10, 128, 200, 256, 60, 60, 32, 0, 0, 0] {
            at = pace(at, queue(jobs));
            seen.push(at / 1024);
        }
        assert_eq!(seen, [0, 1024, 512, 256, 256, 256, 512, 1024, 0, 0]);
        assert_eq!((0..20).fold(0, |at, _| pace(at, queue(256))), PACE_MIN, "a backlog never stands still");
    }

    #[test]
    fn a_stream_that_ends_counts_no_more() {
        let streams = Streams::default();
        let one = streams.enter();
        let two = streams.enter();
        assert_eq!(one.open(), 2);
        drop(two);
        assert_eq!(one.open(), 1);
    }

    #[test]
    fn a_grant_is_said_when_it_changed_and_not_more_often_than_it_can_show() {
        let start = crate::runtime::clock::monotonic();
        let after = |ms| start + Duration::from_millis(ms);
        let mut flow = Flow::new(1, start);
        assert_eq!(flow.judge(1, queue(256), after(999)), None);
        let slow = proto::Grant { credit_bytes: 512 << 10, backlog_bytes_per_s: PACE_MAX };
        assert_eq!(flow.judge(1, queue(256), after(1_000)), Some(slow));
        assert_eq!(flow.judge(1, queue(0), after(1_500)), None);
        assert_eq!(flow.judge(1, queue(50), after(2_500)), None, "nothing has changed");
        assert_eq!(flow.granted(), slow);
        let shared = proto::Grant { credit_bytes: 128 << 10, backlog_bytes_per_s: 0 };
        assert_eq!(flow.judge(512, queue(0), after(4_000)), Some(shared));
    }

    proptest! {
        #[test]
        fn whatever_the_queue_does_the_grant_stays_within_its_bounds(jobs in prop::collection::vec(0_usize..300, 0..50), streams in 0_u64..100_000) {
            let at = jobs.iter().fold(0, |at, jobs| pace(at, queue(*jobs)));
            prop_assert!(at == 0 || (PACE_MIN..=PACE_MAX).contains(&at), "{at}");
            // from any pace on, an idle store frees the backlog within 7 steps
            prop_assert_eq!((0..7).fold(at, |at, _| pace(at, queue(0))), 0);
            let credit = u64::from(credit(streams));
            prop_assert!((CREDIT_STEP..=CREDIT_MAX).contains(&credit));
            prop_assert!(credit == CREDIT_STEP || credit * streams <= CREDIT_TOTAL);
        }
    }
}
