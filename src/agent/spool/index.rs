//! What there is: every generation, its last durable record and each destination's mark. In memory, no I/O.

use super::{Backlog, Generation, SpoolError, generation::Extent};
use crate::{
    model::{Span, UtcMillis},
    wire::GenId,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// Names the files and orders the generations on this disk; says nothing elsewhere.
    pub ordinal: u64,
    pub gen_id: GenId,
    /// Of the generation created before it.
    pub prev: Option<GenId>,
    pub extent: Extent,
    /// Times of the samples inside, as far as the commits said.
    pub span: Option<Span>,
    /// Wall clock at its creation, and at its last commit.
    pub begun: UtcMillis,
    pub ended: UtcMillis,
    /// What its files take.
    pub disk_bytes: u64,
    pub sealed: bool,
    /// One for each destination.
    pub marks: Vec<Mark>,
}

/// What one destination holds of one generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mark {
    /// Stored there through this record.
    pub seq: u64,
    /// Sealed and stored there to its end.
    pub complete: bool,
}

impl Entry {
    /// Sealed, and to its end at every destination. Without a destination: never.
    pub fn is_delivered(&self) -> bool {
        self.sealed && !self.marks.is_empty() && self.marks.iter().all(|mark| mark.complete)
    }
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

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn get(&self, gen_id: &GenId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.gen_id == *gen_id)
    }

    pub fn at(&self, ordinal: u64) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.ordinal == ordinal)
    }

    pub fn at_mut(&mut self, ordinal: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.ordinal == ordinal)
    }

    pub fn seal(&mut self, ordinal: u64) {
        if let Some(entry) = self.at_mut(ordinal) {
            entry.sealed = true;
        }
    }

    pub fn remove(&mut self, ordinal: u64) {
        self.entries.retain(|entry| entry.ordinal != ordinal);
    }

    /// Takes a destination's mark; whether its generation is complete there and was not before. A mark behind the end counts as the
    /// end: after a power cut the platform may hold more than the gateway kept.
    pub fn mark(&mut self, destination: usize, gen_id: &GenId, seq: u64, complete: bool) -> Result<bool, SpoolError> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.gen_id == *gen_id) else {
            return Ok(false);
        };
        let (last, sealed) = (entry.extent.last, entry.sealed);
        let mark = entry.marks.get_mut(destination).ok_or(SpoolError::Destination(destination))?;
        let before = mark.complete;
        *mark = Mark { seq: seq.min(last), complete: complete && sealed && seq >= last };
        if complete && sealed && seq < last {
            return Err(SpoolError::Incomplete { gen_id: *gen_id, seq, last });
        }
        Ok(mark.complete && !before)
    }

    /// Those that may be deleted. The newest stays, delivered or not: the next one names it as the one before.
    pub fn delivered(&self) -> Vec<u64> {
        let Some((_newest, older)) = self.entries.split_last() else { return Vec::new() };
        older.iter().filter(|entry| entry.is_delivered()).map(|entry| entry.ordinal).collect()
    }

    pub fn generations(&self) -> Vec<Generation> {
        let generation = |entry: &Entry| Generation {
            gen_id: entry.gen_id,
            prev_gen_id: entry.prev,
            last_seq: entry.extent.last,
            sealed: entry.sealed,
            bytes: entry.extent.bytes,
        };
        self.entries.iter().map(generation).collect()
    }

    pub fn backlog(&self, destination: usize) -> Backlog {
        let mut backlog = Backlog::default();
        for entry in &self.entries {
            let (last, mark) = (entry.extent.last, entry.marks.get(destination).map_or(0, |mark| mark.seq));
            if mark >= last {
                continue;
            }
            let share = |of: u64, part: u64| {
                u64::try_from(u128::from(of) * u128::from(part) / u128::from(last)).unwrap_or(u64::MAX)
            };
            backlog.records += last - mark;
            backlog.bytes += share(entry.extent.bytes, last - mark);
            if backlog.oldest.is_none() {
                let length = u64::try_from(entry.ended.since(entry.begun)).unwrap_or(0);
                let into = i64::try_from(share(length, mark)).unwrap_or(i64::MAX);
                backlog.oldest = Some(entry.begun.plus_ms(into));
            }
        }
        backlog
    }
}
