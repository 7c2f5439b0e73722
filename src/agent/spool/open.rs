//! Reading, and the few databases that are open for it.

use super::{
    SpoolError, budget, gaps,
    generation::{Database, Fault, close},
    sled_spool::{Inner, held},
    start,
};
use crate::wire::{GenId, record::Record};
use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::Relaxed},
};

/// The open databases, the least recently read first. The current generation's is among them, held by the writer
/// too. Whoever drops the last reference of any holds this struct's lock: sled locks its file, so nobody may open a
/// database that is still closing.
pub(super) struct Open {
    max: usize,
    databases: VecDeque<(u64, Arc<Database>)>,
}

impl Open {
    pub fn new(max: usize) -> Open {
        Open { max: max.max(2), databases: VecDeque::new() }
    }

    pub fn add(&mut self, ordinal: u64, database: Arc<Database>) {
        while self.databases.len() >= self.max {
            // The writer holds the current one as well: that one stays.
            let Some(idle) = self.databases.iter().position(|(_, database)| Arc::strong_count(database) == 1) else {
                break;
            };
            close(self.databases.remove(idle));
        }
        self.databases.push_back((ordinal, database));
    }

    pub fn remove(&mut self, ordinal: u64) {
        while let Some(at) = self.databases.iter().position(|(open, _)| *open == ordinal) {
            close(self.databases.remove(at));
        }
    }

    pub fn close_all(&mut self) {
        while let Some(database) = self.databases.pop_front() {
            close(database);
        }
    }

    fn get(&mut self, ordinal: u64) -> Option<Arc<Database>> {
        let at = self.databases.iter().position(|(open, _)| *open == ordinal)?;
        let entry = self.databases.remove(at)?;
        let database = Arc::clone(&entry.1);
        self.databases.push_back(entry);
        Some(database)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.databases.len()
    }
}

impl Inner {
    pub(super) fn read(
        &self,
        gen_id: &GenId,
        from: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, SpoolError> {
        let mut open = held(&self.open);
        let entry = held(&self.index).get(gen_id).cloned().ok_or(SpoolError::UnknownGeneration(*gen_id))?;
        let last = entry.extent.last;
        if from > last || records_max == 0 {
            return Ok(Vec::new());
        }
        let mut opened = self.opened(&mut open, entry.ordinal);
        if matches!(&opened, Err(Fault::Disk(error)) if budget::is_full(error)) && self.ballast.release(&*self.disk) {
            opened = self.opened(&mut open, entry.ordinal); // sled writes whenever it opens a database
        }
        let read = opened.and_then(|database| database.read(from, last, records_max, bytes_max));
        match read {
            Ok(records) => Ok(records),
            Err(Fault::Disk(error)) => Err(error),
            Err(Fault::Damaged(reason)) => {
                if entry.sealed {
                    open.remove(entry.ordinal);
                    held(&self.index).remove(entry.ordinal);
                    start::quarantine(&self.layout, &*self.disk, entry.ordinal, &reason);
                    held(&self.pending).push(gaps::quarantined(&self.layout, entry.ordinal, None, &reason));
                    self.aside_bytes.store(self.layout.set_aside().all_bytes(), Relaxed);
                    self.quarantined.fetch_add(1, Relaxed);
                    self.notify();
                }
                Err(SpoolError::Damaged { gen_id: *gen_id, reason })
            }
        }
    }

    fn opened(&self, open: &mut Open, ordinal: u64) -> Result<Arc<Database>, Fault> {
        match open.get(ordinal) {
            Some(database) => Ok(database),
            None => start::open_in_time(&self.layout, &self.limits, ordinal).inspect(|database| {
                open.add(ordinal, Arc::clone(database));
            }),
        }
    }
}
