//! How long to wait before the next try: exponential with full jitter, so that thousands of gateways that lost one
//! platform do not come back in the same second.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Backoff {
    base_ms: u64,
    max_ms: u64,
    failures: u32,
}

impl Backoff {
    /// Waits up to `base`, then up to twice, four times, … as long, never more than `max`.
    pub fn new(base: Duration, max: Duration) -> Backoff {
        let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX).max(1);
        Backoff { base_ms: ms(base), max_ms: ms(max).max(ms(base)), failures: 0 }
    }

    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The pause before the next try. `draw(n)` gives a number in `0..=n`.
    pub fn failed(&mut self, draw: impl FnOnce(u64) -> u64) -> Duration {
        let ceiling = self.base_ms.saturating_mul(1 << self.failures.min(20)).min(self.max_ms);
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(draw(ceiling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_to_its_maximum_and_starts_again_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let mut longest = || backoff.failed(|n| n).as_secs();
        let pauses: Vec<_> = (0..8).map(|_| longest()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.succeeded();
        assert_eq!(backoff.failed(|n| n).as_secs(), 1);
        assert_eq!(backoff.failed(|_| 0), Duration::ZERO);
    }
}
