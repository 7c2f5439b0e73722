//! How long a meter or endpoint that failed is left alone.

use crate::{model::Reason, runtime::backoff::Backoff};
use std::time::Duration;
use tokio::time::Instant;

/// Open: ask. Held: say the reason without asking.
#[derive(Debug)]
pub struct Pause {
    backoff: Backoff,
    held: Option<(Instant, Reason)>,
}

impl Pause {
    /// A first failure holds for up to `base`, each further one for up to twice as long, at most `max`.
    pub fn new(base: Duration, max: Duration) -> Pause {
        Pause { backoff: Backoff::new(base, max), held: None }
    }

    /// Why nothing is to be asked at `now`.
    pub fn reason(&self, now: Instant) -> Option<Reason> {
        self.held.filter(|(until, _)| now < *until).map(|(_, reason)| reason)
    }

    /// `draw(n)` gives a number in `0..=n`.
    pub fn failed(&mut self, now: Instant, reason: Reason, draw: impl FnOnce(u64) -> u64) {
        self.held = Some((now + self.backoff.failed(draw), reason));
    }

    pub fn succeeded(&mut self) {
        self.backoff.succeeded();
        self.held = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_says_the_last_reason_grows_and_ends_with_a_success() {
        let start = crate::runtime::clock::monotonic();
        let at = |s| start + Duration::from_secs(s);
        let mut pause = Pause::new(Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(pause.reason(at(0)), None);
        pause.failed(at(0), Reason::Timeout, |n| n);
        assert_eq!(pause.reason(at(0)), Some(Reason::Timeout));
        assert_eq!(pause.reason(at(1)), None, "the time has come to try again");
        pause.failed(at(1), Reason::Malformed, |n| n);
        assert_eq!(pause.reason(at(2)), Some(Reason::Malformed));
        assert_eq!(pause.reason(at(3)), None);
        pause.succeeded();
        pause.failed(at(4), Reason::Timeout, |n| n);
        assert_eq!(pause.reason(at(5)), None, "short again");
    }
}
