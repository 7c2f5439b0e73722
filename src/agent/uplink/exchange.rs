//! Heartbeats out and back, and what they say about the two clocks.
//!
//! ```text
//!   gateway   t0 ───Ping──▶        ───Pong──▶ t3        offset     = ((t1 - t0) + (t2 - t3)) / 2
//!   platform          t1 ────────── t2                  round trip =  (t3 - t0) - (t2 - t1)
//! ```
//!
//! t3 is t0 and the steady time since: a step of the gateway's own clock in between is no difference of the clocks.

use super::ended::Ended;
use crate::{model::UtcMillis, wire::proto};
use std::{collections::VecDeque, time::Duration};

/// The shortest round trip of so many says most: what waited in a queue lies in it least.
const KEPT: usize = 8;
/// Pings without a Pong that are remembered.
const OPEN_MAX: usize = 8;
/// Our wall clock against the steady one: more is no slewing.
const STEP_MS: i64 = 500;

#[derive(Default)]
pub(super) struct Exchanges {
    open: VecDeque<Sent>,
    kept: VecDeque<Exchange>,
    /// The wall clock less the steady one at the latest Ping.
    lead_ms: Option<i64>,
}

struct Sent {
    t0: UtcMillis,
    at: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The platform's clock less the gateway's.
    pub offset_ms: i64,
    pub round_trip_ms: u32,
}

impl Exchanges {
    pub fn sent(&mut self, t0: UtcMillis, now: Duration) {
        // a wall clock that was set makes what was measured before the difference of another one
        let lead_ms = t0.0.saturating_sub(i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        if self.lead_ms.replace(lead_ms).is_some_and(|before| lead_ms.saturating_sub(before).abs() > STEP_MS) {
            self.kept.clear();
        }
        if self.open.len() >= OPEN_MAX {
            self.open.pop_front();
        }
        self.open.push_back(Sent { t0, at: now });
    }

    /// # Errors
    /// It answers no Ping that is open. Impossible times are no error, since a platform's clock may be set between
    /// the two: such an exchange is not counted.
    pub fn answered(&mut self, pong: proto::Pong, now: Duration) -> Result<(), Ended> {
        let place = self.open.iter().position(|sent| sent.t0.0 == pong.t0_ms);
        let Some(sent) = place.and_then(|place| self.open.remove(place)) else {
            return Err(Ended::Protocol(format!("a Pong for t0 {}, which no open Ping has", pong.t0_ms)));
        };
        let elapsed = i128::try_from(now.saturating_sub(sent.at).as_millis()).unwrap_or(i128::MAX / 4);
        let (t0, t1, t2) = (i128::from(pong.t0_ms), i128::from(pong.t1_ms), i128::from(pong.t2_ms));
        let (held, offset) = (t2 - t1, ((t1 - t0) + (t2 - (t0 + elapsed))).div_euclid(2));
        // each side cuts its times to whole milliseconds
        if (0..=elapsed + 1).contains(&held)
            && let (Ok(offset_ms), Ok(round_trip_ms)) = (offset.try_into(), (elapsed - held).max(0).try_into())
        {
            if self.kept.len() >= KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(Exchange { offset_ms, round_trip_ms });
        }
        Ok(())
    }

    /// The latest of those with the least round trip.
    pub fn best(&self) -> Option<Exchange> {
        self.kept.iter().rev().min_by_key(|exchange| exchange.round_trip_ms).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An exchange with these ways out and back, and the platform's clock `ahead` of ours.
    fn exchange(exchanges: &mut Exchanges, at_ms: u64, out: u64, back: u64, ahead: i64) {
        let t0 = 1_700_000_000_000 + i64::try_from(at_ms).unwrap();
        exchanges.sent(UtcMillis(t0), Duration::from_millis(at_ms));
        let t1_ms = t0 + i64::try_from(out).unwrap() + ahead;
        let pong = proto::Pong { t0_ms: t0, t1_ms, t2_ms: t1_ms + 3 };
        exchanges.answered(pong, Duration::from_millis(at_ms + out + 3 + back)).unwrap();
    }

    fn offset(exchanges: &Exchanges) -> Option<(i64, u32)> {
        exchanges.best().map(|best| (best.offset_ms, best.round_trip_ms))
    }

    #[test]
    fn the_exchange_with_the_least_round_trip_of_the_last_8_counts() {
        let mut exchanges = Exchanges::default();
        assert_eq!(offset(&exchanges), None);
        exchange(&mut exchanges, 0, 10, 200, 5000);
        assert_eq!(offset(&exchanges), Some((4905, 210)), "half of the difference of the two ways is in it");
        exchange(&mut exchanges, 15_000, 20, 20, 5000);
        assert_eq!(offset(&exchanges), Some((5000, 40)));
        for i in 2..9 {
            exchange(&mut exchanges, i * 15_000, 100, 100, -7000);
            assert_eq!(offset(&exchanges), Some((5000, 40)));
        }
        exchange(&mut exchanges, 9 * 15_000, 100, 100, -7000);
        assert_eq!(offset(&exchanges), Some((-7000, 200)), "the short one is 8 exchanges old");
    }

    #[test]
    fn a_pong_without_a_ping_is_refused_and_impossible_times_are_not_counted() {
        let mut exchanges = Exchanges::default();
        exchanges.sent(UtcMillis(1000), Duration::ZERO);
        assert!(exchanges.answered(proto::Pong { t0_ms: 1001, ..Default::default() }, Duration::ZERO).is_err());
        for (t1_ms, t2_ms) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (500, 499), (500, 612)] {
            let mut exchanges = Exchanges::default();
            exchanges.sent(UtcMillis(1000), Duration::ZERO);
            exchanges.answered(proto::Pong { t0_ms: 1000, t1_ms, t2_ms }, Duration::from_millis(100)).unwrap();
            assert_eq!(offset(&exchanges), None);
            let again = exchanges.answered(proto::Pong { t0_ms: 1000, t1_ms, t2_ms }, Duration::from_millis(100));
            assert!(again.is_err(), "a Ping is answered once");
        }
    }

    #[test]
    fn what_was_measured_before_a_step_of_our_clock_does_not_count() {
        let mut exchanges = Exchanges::default();
        exchange(&mut exchanges, 0, 10, 10, 600_000);
        assert_eq!(offset(&exchanges), Some((600_000, 20)));
        // NTP puts our clock right
        exchanges.sent(UtcMillis(1_700_000_000_000 + 15_000 + 600_000), Duration::from_millis(15_000));
        assert_eq!(offset(&exchanges), None);
    }

    #[test]
    fn pings_without_answer_are_bounded() {
        let mut exchanges = Exchanges::default();
        (0..1000).for_each(|i| exchanges.sent(UtcMillis(i), Duration::ZERO));
        assert_eq!(exchanges.open.len(), OPEN_MAX);
    }
}
