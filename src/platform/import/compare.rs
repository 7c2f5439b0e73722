//! What rows change in a table.

use crate::platform::registry::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Changed rows that are listed; the rest is counted.
const LISTED_MAX: usize = 200;

/// What a table does to the registered one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    pub unchanged: u64,
    /// The first of them: what stood there, what stands there then.
    pub listed: Vec<(Option<Entry>, Option<Entry>)>,
}

impl Difference {
    pub fn is_none(&self) -> bool {
        self.added + self.changed + self.removed == 0
    }
}

/// Rows of a table after the change, those to be written, keys of those that are gone.
pub(super) struct Compared {
    pub(super) difference: Difference,
    pub(super) put: Vec<Entry>,
    pub(super) gone: Vec<String>,
}

/// `named` goes over `standing`; where it is the whole, what it does not name goes.
pub(super) fn compare(standing: &BTreeMap<String, Entry>, named: Vec<Entry>, whole: bool) -> Compared {
    let (mut difference, mut put) = (Difference::default(), Vec::new());
    let keys: BTreeSet<String> = named.iter().map(|entry| entry.key.clone()).collect();
    for entry in named {
        let before = standing.get(&entry.key);
        match before {
            Some(same) if same.fields == entry.fields => {
                difference.unchanged += 1;
                continue;
            }
            Some(_) => difference.changed += 1,
            None => difference.added += 1,
        }
        if difference.listed.len() < LISTED_MAX {
            difference.listed.push((before.cloned(), Some(entry.clone())));
        }
        put.push(entry);
    }
    let mut gone = Vec::new();
    for entry in standing.values().filter(|entry| whole && !keys.contains(&entry.key)) {
        difference.removed += 1;
        if difference.listed.len() < LISTED_MAX {
            difference.listed.push((Some(entry.clone()), None));
        }
        gone.push(entry.key.clone());
    }
    Compared { difference, put, gone }
}
