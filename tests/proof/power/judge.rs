//! Whether a folder holds what was said to be committed, and takes more.

use super::{log::Op, work};
use mujun::agent::spool::Spool;
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// A number that no workload reaches.
const NEW: u64 = 1 << 40;

/// What the process had said.
#[derive(Clone, Copy, Default, Hash)]
pub struct State {
    pub committed: u64,
    delivered: u64,
    /// Begun, and then all or nothing: through this record.
    begun: u64,
}

impl State {
    pub fn note(&mut self, op: &Op) {
        let Op::Note(text) = op else { return };
        let words: Vec<&str> = text.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "start" => self.begun = number(2),
            "done" => {
                self.committed = number(1);
                self.begun = self.committed;
            }
            "delivered" => self.delivered = number(1),
            _ => {}
        }
    }
}

#[derive(Default)]
pub struct Verdict {
    pub lost: u64,
    pub doubled: u64,
    pub torn: u64,
    pub reordered: u64,
    pub failure: Option<String>,
}

impl Verdict {
    pub fn add(&mut self, other: &Verdict) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.torn += other.torn;
        self.reordered += other.reordered;
    }
}

pub fn judge(folder: &Path, state: &State) -> Verdict {
    let opened = catch_unwind(AssertUnwindSafe(|| look(folder, state)));
    match opened {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(what)) => Verdict { lost: state.committed - state.delivered, failure: Some(what), ..Verdict::default() },
        Err(_) => Verdict {
            lost: state.committed - state.delivered,
            failure: Some("a panic came out of the spool".into()),
            ..Verdict::default()
        },
    }
}

fn look(folder: &Path, state: &State) -> Result<Verdict, String> {
    let spool = work::open(folder).map_err(|error| format!("does not open: {error}"))?;
    let found = work::numbers(&spool)?;
    let gaps = work::gaps(&spool)?;
    spool.commit(&[work::record(NEW)], None).map_err(|error| format!("takes nothing new: {error}"))?;
    let after = work::numbers(&spool)?;
    let damaged = spool.quarantined(); // reading is what finds damage
    let ids: BTreeSet<_> = spool.generations().iter().map(|generation| generation.gen_id).collect();
    let mut verdict = compare(&found, state);
    if after.split_last() != Some((&NEW, &found[..])) {
        verdict.failure = Some("a new record did not land behind the others".into());
    }
    if ids.len() != spool.generations().len() {
        verdict.doubled += 1;
        verdict.failure = Some("two generations have one id".into());
    }
    if let Some(gap) = gaps.first() {
        verdict.failure = Some(format!("it says that it lost something: {gap:?}"));
    }
    if damaged > 0 {
        verdict.failure = Some(format!("{damaged} generations went to quarantine"));
    }
    Ok(verdict)
}

fn compare(found: &[u64], state: &State) -> Verdict {
    let mut verdict = Verdict::default();
    let set: BTreeSet<u64> = found.iter().copied().collect();
    verdict.lost = (state.delivered + 1..=state.committed).filter(|number| !set.contains(number)).count() as u64;
    verdict.doubled = (found.len() - set.len()) as u64;
    verdict.reordered = found.windows(2).filter(|pair| pair[1] < pair[0]).count() as u64;
    let last = set.last().copied().unwrap_or(0);
    // a commit is there as a whole or not at all, and nothing is there that was never begun
    verdict.torn = u64::from(last > state.committed && last != state.begun);
    if verdict.lost + verdict.doubled + verdict.reordered + verdict.torn > 0 {
        verdict.failure = Some(format!(
            "{} lost, {} doubled, {} out of order, {} torn: {} were committed, {} delivered, {} found through {last}",
            verdict.lost,
            verdict.doubled,
            verdict.reordered,
            verdict.torn,
            state.committed,
            state.delivered,
            found.len(),
        ));
    }
    verdict
}
