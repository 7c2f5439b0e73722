//! Sign-in attempts, with growing pauses. Pure: time comes in.
//!
//! # Promises
//! - An attempt counts when it begins, so that a thousand at one moment are not one.
//! - A name is slowed for the address that guesses it, sooner than for all others: who knows the password gets in from
//!   elsewhere while somebody guesses.
//! - What is remembered is bounded.

use crate::model::UtcMillis;
use std::{collections::HashMap, net::IpAddr};

/// Attempts without a pause: a person mistypes.
const FREE_OF_BOTH: u32 = 5;
/// Of one name from all addresses, of one address for all names: a town hall has one address.
const FREE_OF_ONE: u32 = 30;
/// The longest pause.
const PAUSE_MAX_MS: i64 = 15 * 60_000;
/// Of a name from other addresses: it must not keep its owner out.
const PAUSE_OF_NAME_MAX_MS: i64 = 60_000;
/// After so long without an attempt, all is forgotten.
const FORGOTTEN_MS: i64 = 60 * 60_000;
/// Names and addresses that are remembered; beyond, those of the oldest attempts go.
const REMEMBERED_MAX: usize = 20_000;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Who {
    Both(String, Option<IpAddr>),
    Name(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    last: UtcMillis,
}

#[derive(Debug, Default)]
pub struct Attempts {
    known: HashMap<Who, Tries>,
}

impl Attempts {
    /// Counts an attempt, or says how many milliseconds are to pass before the next one is looked at.
    ///
    /// # Errors
    /// The pause that is left.
    pub fn begin(&mut self, name: &str, address: Option<IpAddr>, now: UtcMillis) -> Result<(), i64> {
        let all = whos(name, address);
        let left = all.iter().filter_map(|who| Some(self.pause(who)? - now.since(self.known.get(who)?.last))).max();
        if let Some(left) = left.filter(|left| *left > 0) {
            return Err(left);
        }
        if self.known.len() + all.len() > REMEMBERED_MAX {
            self.forget(now);
        }
        for who in all {
            let tries = self.known.entry(who).or_insert(Tries { count: 0, last: now });
            if now.since(tries.last) > FORGOTTEN_MS {
                tries.count = 0;
            }
            *tries = Tries { count: tries.count.saturating_add(1), last: now };
        }
        Ok(())
    }

    /// It was the right password. Attempts of others stay counted.
    pub fn succeeded(&mut self, name: &str, address: Option<IpAddr>) {
        self.known.remove(&Who::Both(name.to_owned(), address));
        for who in whos(name, address) {
            if let Some(tries) = self.known.get_mut(&who) {
                tries.count = tries.count.saturating_sub(1);
            }
        }
    }

    fn pause(&self, who: &Who) -> Option<i64> {
        let (free, max) = match who {
            Who::Both(..) => (FREE_OF_BOTH, PAUSE_MAX_MS),
            Who::Name(_) => (FREE_OF_ONE, PAUSE_OF_NAME_MAX_MS),
            Who::Address(_) => (FREE_OF_ONE, PAUSE_MAX_MS),
        };
        let beyond = self.known.get(who)?.count.checked_sub(free)?;
        Some((1000_i64 << beyond.min(20)).min(max))
    }

    fn forget(&mut self, now: UtcMillis) {
        self.known.retain(|_, tries| now.since(tries.last) <= FORGOTTEN_MS);
        let mut times: Vec<_> = self.known.values().map(|tries| tries.last).collect();
        let middle = times.len() / 2;
        if self.known.len() * 2 > REMEMBERED_MAX {
            let (_, newest_that_goes, _) = times.select_nth_unstable(middle);
            let newest_that_goes = *newest_that_goes;
            self.known.retain(|_, tries| tries.last > newest_that_goes);
        }
    }
}

fn whos(name: &str, address: Option<IpAddr>) -> Vec<Who> {
    let both = [Who::Both(name.to_owned(), address), Who::Name(name.to_owned())];
    both.into_iter().chain(address.map(Who::Address)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, last]))
    }

    /// Tries one after another, each as soon as it may; gives the pauses.
    fn pauses(attempts: &mut Attempts, n: usize, name: &str, from: Option<IpAddr>, mut now: i64) -> Vec<i64> {
        let mut pauses = Vec::new();
        for _ in 0..n {
            if let Err(pause) = attempts.begin(name, from, UtcMillis(now)) {
                pauses.push(pause);
                now += pause;
                attempts.begin(name, from, UtcMillis(now)).unwrap();
            }
        }
        pauses
    }

    #[test]
    fn pauses_grow_to_a_quarter_of_an_hour_and_are_forgotten_after_an_hour() {
        let mut attempts = Attempts::default();
        let found = pauses(&mut attempts, 20, "li", address(1), 0);
        assert_eq!(found[..4], [1000, 2000, 4000, 8000]);
        assert_eq!(found.last(), Some(&PAUSE_MAX_MS));
        assert!(pauses(&mut attempts, 5, "li", address(1), 30 * FORGOTTEN_MS).is_empty());
    }

    #[test]
    fn a_thousand_at_one_moment_are_not_one() {
        let mut attempts = Attempts::default();
        let taken = (0..1000).filter(|_| attempts.begin("li", address(1), UtcMillis(0)).is_ok()).count();
        assert_eq!(taken, FREE_OF_BOTH as usize);
    }

    #[test]
    fn who_knows_the_password_gets_in_from_elsewhere_within_a_minute() {
        let mut attempts = Attempts::default();
        for n in 0..200 {
            let _ = attempts.begin("li", address(n), UtcMillis(0));
        }
        let pause = attempts.begin("li", address(201), UtcMillis(0)).unwrap_err();
        assert!(pause <= PAUSE_OF_NAME_MAX_MS);
        assert!(attempts.begin("wang", address(201), UtcMillis(0)).is_ok());
    }

    #[test]
    fn one_address_that_tries_many_names_is_slowed() {
        let mut attempts = Attempts::default();
        let taken = (0..1000).filter(|n| attempts.begin(&n.to_string(), address(1), UtcMillis(0)).is_ok()).count();
        assert_eq!(taken, FREE_OF_ONE as usize);
        assert!(attempts.begin("li", address(2), UtcMillis(0)).is_ok());
    }

    #[test]
    fn a_right_password_ends_the_pauses_of_its_own_address_only() {
        let mut attempts = Attempts::default();
        for _ in 0..FREE_OF_BOTH {
            attempts.begin("li", address(1), UtcMillis(0)).unwrap();
            attempts.begin("li", address(2), UtcMillis(0)).unwrap();
        }
        attempts.succeeded("li", address(1));
        assert!(attempts.begin("li", address(1), UtcMillis(0)).is_ok());
        assert!(attempts.begin("li", address(2), UtcMillis(0)).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut attempts = Attempts::default();
        for n in 0..2 * REMEMBERED_MAX {
            let _ = attempts.begin(&n.to_string(), None, UtcMillis(n as i64));
        }
        assert!(attempts.known.len() <= REMEMBERED_MAX);
    }
}
