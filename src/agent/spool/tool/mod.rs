//! A spool that no agent uses: looked at, copied out of, renewed.
//!
//! # Promises
//! - The folder is locked meanwhile; where an agent has it, nothing happens.
//! - Only [`StoppedSpool::renew_store`] changes what an agent would find. sled writes when it opens a database, as at
//!   every start of the agent: who wants a folder untouched gives a copy.

mod export;
mod salvage;
#[cfg(test)]
mod tests;
mod verify;

pub use salvage::Salvaged;
pub use verify::{Checked, State};

use super::{
    Kept, Limits, SpoolError, boot,
    disk::OsDisk,
    generation::{Fault, close},
    layout::Layout,
    refused::Refused,
    start,
};
use crate::wire::record::Record;
use std::{io, path::Path};

/// Locked as long as it lives.
pub struct StoppedSpool {
    layout: Layout,
    _lock: std::fs::File,
}

impl StoppedSpool {
    /// # Errors
    /// `Locked` while an agent runs; `Io` where there is no spool.
    pub fn open(dir: &Path) -> Result<StoppedSpool, SpoolError> {
        // nothing may be created by looking
        let lock = dir.join("LOCK");
        if !lock.exists() {
            return Err(SpoolError::Io { path: lock, source: io::ErrorKind::NotFound.into() });
        }
        let layout = Layout::create_nothing(dir)?;
        let lock = layout.lock()?;
        Ok(StoppedSpool { layout, _lock: lock })
    }

    /// The records that platforms refused, the last 1,000.
    ///
    /// # Errors
    /// `Io`.
    pub fn refused(&self) -> Result<Vec<Kept>, SpoolError> {
        Ok(Refused::read(self.layout.refused())?.all().cloned().collect())
    }

    /// Makes the spool another store with the same data: the remedy for a restored backup, which a platform takes for
    /// a clone.
    ///
    /// # Errors
    /// `Io`: the old identity stays.
    pub fn renew_store(&self) -> Result<[u8; 16], SpoolError> {
        boot::renew(&OsDisk, &self.layout.boot())
    }

    /// Hands out the readable records of a generation in order. Gives what is wrong with it, if anything is.
    fn each(
        layout: &Layout,
        ordinal: u64,
        last: u64,
        take: impl FnMut(Record) -> bool,
    ) -> Result<Option<String>, SpoolError> {
        let database = match start::open_in_time(layout, &Limits::DEFAULT, ordinal) {
            Ok(database) => database,
            Err(Fault::Damaged(reason)) => return Ok(Some(reason)),
            Err(Fault::Disk(error)) => return Err(error),
        };
        let read = database.each(1, last, take);
        close(database);
        match read {
            Ok(()) => Ok(None),
            Err(Fault::Damaged(reason)) => Ok(Some(reason)),
            Err(Fault::Disk(error)) => Err(error),
        }
    }
}
