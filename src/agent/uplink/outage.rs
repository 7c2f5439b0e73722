//! When an outage is long enough to begin a new generation, so that what is new need not wait behind what is old.

use std::time::Duration;

/// A platform that answers and then fails, again and again, must not cut the spool into crumbs.
const ROTATE_EVERY: Duration = Duration::from_secs(600);

/// Since when there is no session; the times are on any steady clock.
pub(super) struct Outage {
    since: Duration,
    rotate_after: Duration,
    rotated: Option<Duration>,
}

impl Outage {
    /// Also the time before the first session.
    pub fn begin(now: Duration, rotate_after: Duration) -> Outage {
        Outage { since: now, rotate_after, rotated: None }
    }

    /// A session ended. The outage goes on where that one was never welcomed.
    pub fn session_ended(&mut self, welcomed: bool, now: Duration) {
        if welcomed {
            self.since = now;
        }
    }

    /// Asked when the platform can be reached, before Hello.
    pub fn rotate_now(&mut self, now: Duration) -> bool {
        let due = now.saturating_sub(self.since) > self.rotate_after
            && self.rotated.is_none_or(|at| now.saturating_sub(at) > ROTATE_EVERY);
        if due {
            self.rotated = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_long_outage_rotates_once_and_a_short_one_does_not() {
        let mut outage = Outage::begin(s(0), s(30));
        assert!(!outage.rotate_now(s(30)));
        assert!(outage.rotate_now(s(31)));
        outage.session_ended(true, s(1000));
        assert!(!outage.rotate_now(s(1030)));
        assert!(outage.rotate_now(s(1031)));
    }

    #[test]
    fn a_platform_that_fails_after_each_hello_rotates_every_10_minutes_at_most() {
        let mut outage = Outage::begin(s(0), s(30));
        let rotations = (0..3600).step_by(20).filter(|second| {
            outage.session_ended(false, s(*second));
            outage.rotate_now(s(*second))
        });
        assert_eq!(rotations.collect::<Vec<_>>(), [40, 660, 1280, 1900, 2520, 3140]);
    }
}
