//! Findings and what is open already → changes. Pure.

use crate::{
    model::{Ground, WarningKey, WarningLevel, WarningRule},
    runtime::lang::Text,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a rule says of one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Raised(WarningLevel),
    /// Between the threshold that raises and the one that clears, or not known: what is open stays.
    Held,
    Clear,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    pub key: WarningKey,
    pub state: State,
    /// The place is a site.
    pub is_site: bool,
    /// What people call the place, and the region that it lies in.
    pub name: String,
    pub region: String,
    pub text: Text,
    pub grounds: Vec<Ground>,
}

/// A warning that is open in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    pub id: i64,
    pub key: WarningKey,
    pub level: WarningLevel,
    /// The highest level it had: going there again is not told again.
    pub peak: WarningLevel,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// There is a new one. It is told.
    Raise { finding: Finding, level: WarningLevel },
    /// It is still so, with newer figures, or at another level. Told only where it is worse than ever.
    See { id: i64, finding: Finding, level: WarningLevel, worse: bool },
    /// It is gone. It is told.
    Clear { id: i64 },
}

/// `judged`: the rules that were examined. An open warning of one of them without a finding is gone with its object, such
/// as a site that left the registry; those of other rules are left alone.
pub fn judge(findings: Vec<Finding>, open: &[Open], judged: &BTreeSet<WarningRule>) -> Vec<Change> {
    let by_key: BTreeMap<&WarningKey, &Open> = open.iter().map(|open| (&open.key, open)).collect();
    let mut named = BTreeSet::new();
    let mut changes = Vec::new();
    for finding in findings {
        // of two findings of one key the first counts
        if !named.insert(finding.key.clone()) {
            continue;
        }
        match (by_key.get(&finding.key), finding.state) {
            (None, State::Raised(level)) => changes.push(Change::Raise { finding, level }),
            (Some(open), State::Raised(level)) => {
                let worse = level > open.peak;
                changes.push(Change::See { id: open.id, finding, level, worse });
            }
            (Some(open), State::Clear) => changes.push(Change::Clear { id: open.id }),
            (None, State::Held | State::Clear) | (Some(_), State::Held) => {}
        }
    }
    let gone = open.iter().filter(|open| judged.contains(&open.key.rule) && !named.contains(&open.key));
    changes.extend(gone.map(|open| Change::Clear { id: open.id }));
    changes
}
