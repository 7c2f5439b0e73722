//! When the next poll is due.

use crate::model::UtcMillis;

/// The first multiple of `interval_ms` after `now` that was not served yet. What a late poll has missed is left
/// out, never caught up with.
pub fn next_due(now: UtcMillis, served: Option<UtcMillis>, interval_ms: i64) -> UtcMillis {
    let interval_ms = interval_ms.max(1);
    let next = now.floor(interval_ms).plus_ms(interval_ms);
    // a wall clock that is being slowed down can still stand before the instant for which we have just woken
    if served == Some(next) { next.plus_ms(interval_ms) } else { next }
}

/// Polls left out between the one that was served and the one that is due.
pub fn skipped(served: Option<UtcMillis>, due: UtcMillis, interval_ms: i64) -> i64 {
    served.map_or(0, |served| (due.since(served) / interval_ms.max(1) - 1).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn polls_stand_on_multiples_of_the_interval_and_a_late_one_skips() {
        let due = |now, served: Option<i64>| next_due(UtcMillis(now), served.map(UtcMillis), 1000).0;
        assert_eq!(due(10_000, None), 11_000);
        assert_eq!(due(10_999, None), 11_000);
        assert_eq!(due(11_002, Some(11_000)), 12_000);
        assert_eq!(due(14_300, Some(11_000)), 15_000, "12, 13 and 14 are left out");
        assert_eq!(skipped(Some(UtcMillis(11_000)), UtcMillis(15_000), 1000), 3);
        assert_eq!(skipped(Some(UtcMillis(11_000)), UtcMillis(12_000), 1000), 0);
        assert_eq!(skipped(None, UtcMillis(12_000), 1000), 0);
    }

    #[test]
    fn a_clock_that_goes_backwards_serves_no_instant_twice_in_a_row_and_never_stalls() {
        assert_eq!(next_due(UtcMillis(10_999), Some(UtcMillis(11_000)), 1000).0, 12_000);
        assert_eq!(next_due(UtcMillis(5_100), Some(UtcMillis(11_000)), 1000).0, 6_000);
        assert_eq!(skipped(Some(UtcMillis(11_000)), UtcMillis(6_000), 1000), 0);
    }

    proptest! {
        #[test]
        fn the_next_poll_is_aligned_and_at_most_two_intervals_away(now in -4_000_000_000_000..4_000_000_000_000_i64, ago in 0..5_i64, interval in 1..90_000_000_i64) {
            let served = UtcMillis(now).floor(interval).plus_ms(interval * (2 - ago));
            let due = next_due(UtcMillis(now), Some(served), interval);
            prop_assert_eq!(due.0.rem_euclid(interval), 0);
            prop_assert!(due.0 > now && due.0 - now <= 2 * interval && due != served);
        }
    }
}
