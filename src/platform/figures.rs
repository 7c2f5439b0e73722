//! The figures of all sites for a period: the one door to them, for the API, evaluations, warnings and exports.
//!
//! # Promises
//! - What it gives is what [`assess`] says of one snapshot.
//! - What is asked for several times at once is made once.
//! - It is made anew when the store has changed or another quarter-hour is due. Where that takes long, as in a province
//!   whose store changes all the time, an answer may be [`AGE_FACTOR`] times as old as it took to make; it says of when
//!   it is.
//!
//! # Does not
//! Keep more than [`KEPT_MAX`] answers.

use super::{
    assess::{Assessment, Basis, Rules, assess},
    store::{SiteLedger, Store, StoreError},
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{Period, UtcMillis},
    runtime::{clock, task},
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as Turns;

/// One answer of a province with all its terms is some hundred MiB; a person looks at a month, the year and the year before.
const KEPT_MAX: usize = 6;
/// Answers that are made faster than this are always made anew.
const QUICK_MS: i64 = 100;
/// So at most a tenth of a processor goes into one question that is asked again and again.
const AGE_FACTOR: i64 = 10;

/// The figures, and beside each site from where they come.
#[derive(Debug)]
pub struct Seen {
    pub assessment: Arc<Assessment>,
    /// In the order of the assessment's sites.
    pub sources: Vec<Source>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub gateways: Vec<String>,
    /// The newest reading of the period.
    pub newest: Option<UtcMillis>,
}

#[derive(Clone)]
pub struct Figures {
    store: Store,
    rules: Arc<Rules>,
    kept: Arc<Mutex<Vec<Kept>>>,
}

struct Kept {
    key: (Period, Basis),
    /// Who holds it makes the answer.
    turn: Arc<Turns<Option<Made>>>,
}

struct Made {
    seen: Arc<Seen>,
    /// Of the store, when it was made.
    commits: Option<u64>,
    /// The first quarter-hour that was not due.
    due: UtcMillis,
    at: UtcMillis,
    took_ms: i64,
}

impl Made {
    fn holds(&self, commits: Option<u64>, due: UtcMillis, now: UtcMillis) -> bool {
        let same = commits.is_some() && self.commits == commits && self.due == due;
        let young =
            self.took_ms >= QUICK_MS && (0..self.took_ms.saturating_mul(AGE_FACTOR)).contains(&now.since(self.at));
        same || young
    }
}

impl Figures {
    pub fn new(store: Store, rules: Arc<Rules>) -> Figures {
        Figures { store, rules, kept: Arc::default() }
    }

    /// As they stand now.
    pub async fn of(&self, period: &Period, basis: Basis) -> Result<Arc<Assessment>, StoreError> {
        Ok(Arc::clone(&self.seen(period, basis).await?.assessment))
    }

    /// As they stand now, and from where they come.
    pub async fn seen(&self, period: &Period, basis: Basis) -> Result<Arc<Seen>, StoreError> {
        let turn = self.turn(period, basis);
        let mut made = turn.lock().await;
        let (commits, now) = (self.store.commits(), clock::now());
        let due = now.floor(QUARTER_MS).min(period.end);
        if let Some(made) = made.as_ref().filter(|made| made.holds(commits, due, now)) {
            return Ok(Arc::clone(&made.seen));
        }
        let snapshot = self.store.snapshot(period, now).await?;
        let (rules, asked) = (Arc::clone(&self.rules), period.clone());
        let seen = task::blocking(move || {
            let sources = snapshot.sites.iter().map(Source::of).collect();
            Arc::new(Seen { assessment: Arc::new(assess(&snapshot, &rules, &asked, basis)), sources })
        })
        .await;
        let took_ms = clock::now().since(now);
        *made = Some(Made { seen: Arc::clone(&seen), commits, due, at: now, took_ms });
        Ok(seen)
    }

    /// Of each question one; the one that was asked last stands last.
    fn turn(&self, period: &Period, basis: Basis) -> Arc<Turns<Option<Made>>> {
        let key = (period.clone(), basis);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let one = match kept.iter().position(|one| one.key == key) {
            Some(at) => kept.remove(at),
            None => Kept { key, turn: Arc::default() },
        };
        let turn = Arc::clone(&one.turn);
        kept.push(one);
        if kept.len() > KEPT_MAX {
            kept.remove(0);
        }
        turn
    }
}

impl Source {
    fn of(ledger: &SiteLedger) -> Source {
        let newest = ledger.flows.iter().filter_map(|flow| flow.last).map(|last| last.time).max();
        Source { gateways: ledger.gateways.iter().map(|gateway| gateway.gateway_id.clone()).collect(), newest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(commits: u64, at: i64, took_ms: i64) -> Made {
        let assessment = Assessment {
            period: String::new(),
            start_ms: UtcMillis(0),
            end_ms: UtcMillis(0),
            as_of_ms: UtcMillis(0),
            basis: Basis::Calorific,
            sites: Vec::new(),
        };
        let seen = Arc::new(Seen { assessment: Arc::new(assessment), sources: Vec::new() });
        Made { seen, commits: Some(commits), due: UtcMillis(QUARTER_MS), at: UtcMillis(at), took_ms }
    }

    #[test]
    fn an_answer_holds_until_the_store_changes_and_a_slow_one_ten_times_its_making() {
        let quick = made(7, 0, 20);
        let due = UtcMillis(QUARTER_MS);
        assert!(quick.holds(Some(7), due, UtcMillis(1_000_000)), "nothing changed");
        assert!(!Made { commits: None, ..made(7, 0, 1) }.holds(None, due, UtcMillis(1)), "others write too");
        assert!(!quick.holds(Some(8), due, UtcMillis(1)), "a quick one is made anew");
        assert!(!quick.holds(Some(7), UtcMillis(2 * QUARTER_MS), UtcMillis(1)), "more is due");
        let slow = made(7, 0, 2_000);
        assert!(slow.holds(Some(8), due, UtcMillis(19_999)));
        assert!(!slow.holds(Some(8), due, UtcMillis(20_000)));
        assert!(!slow.holds(Some(8), due, UtcMillis(-1)), "the clock was set back");
    }
}
