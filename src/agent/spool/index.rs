//! What there is: every generation, its last durable record and the platform's mark. In memory, no I/O.

use super::{Backlog, Generation, SpoolError};
use crate::wire::GenId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// Names the files and orders the generations on this disk; says nothing elsewhere.
    pub ordinal: u64,
    pub gen_id: GenId,
    pub last: u64,
    pub bytes: u64,
    pub sealed: bool,
    /// Stored at the platform through this record.
    pub mark: u64,
}

#[derive(Default)]
pub(super) struct Index {
    /// Ascending ordinals.
    entries: Vec<Entry>,
}

impl Index {
    /// `entry` is newer than all there are.
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub fn get(&self, gen_id: &GenId) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.gen_id == *gen_id).copied()
    }

    pub fn at(&self, ordinal: u64) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.ordinal == ordinal).copied()
    }

    pub fn grew(&mut self, ordinal: u64, records: u64, bytes: u64) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.ordinal == ordinal) {
            entry.last += records;
            entry.bytes += bytes;
        }
    }

    pub fn seal(&mut self, ordinal: u64) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.ordinal == ordinal) {
            entry.sealed = true;
        }
    }

    pub fn remove(&mut self, ordinal: u64) {
        self.entries.retain(|entry| entry.ordinal != ordinal);
    }

    /// Takes the platform's mark and gives the generation that may now be deleted. A mark behind the end counts as
    /// the end: after a power cut the platform may hold more than the gateway kept.
    pub fn mark(&mut self, gen_id: &GenId, seq: u64, complete: bool) -> Result<Option<Entry>, SpoolError> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.gen_id == *gen_id) else {
            return Ok(None);
        };
        entry.mark = seq.min(entry.last);
        match (complete && entry.sealed, seq >= entry.last) {
            (true, true) => Ok(Some(*entry)),
            (true, false) => Err(SpoolError::Incomplete { gen_id: *gen_id, seq, last: entry.last }),
            (false, _) => Ok(None),
        }
    }

    pub fn generations(&self) -> Vec<Generation> {
        self.entries
            .iter()
            .map(|e| Generation { gen_id: e.gen_id, last_seq: e.last, sealed: e.sealed, bytes: e.bytes })
            .collect()
    }

    pub fn backlog(&self) -> Backlog {
        let mut backlog = Backlog::default();
        for entry in self.entries.iter().filter(|entry| entry.mark < entry.last) {
            let records = entry.last - entry.mark;
            let share = u128::from(entry.bytes) * u128::from(records) / u128::from(entry.last);
            backlog.records += records;
            backlog.bytes += u64::try_from(share).unwrap_or(u64::MAX);
        }
        backlog
    }
}
