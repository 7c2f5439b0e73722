//! What can go wrong, and what then is true of the records.

use crate::wire::{GenId, hex, record::RecordError};
use std::{
    io,
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error("the spool folder {} is in use: another mujun-agent uses it", folder.display())]
    Locked { folder: PathBuf },
    /// Nothing of the call was stored.
    #[error("record {index} of the call can not be stored: {source}")]
    Record { index: usize, source: RecordError },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// sled refused or panicked.
    #[error("the database {}: {reason}", path.display())]
    Database { path: PathBuf, reason: String },
    #[error("the generation {} is damaged: {reason}", hex(gen_id))]
    Damaged { gen_id: GenId, reason: String },
    #[error("the generation {} is not in this spool", hex(.0))]
    UnknownGeneration(GenId),
    /// It was kept.
    #[error("the platform calls the generation {} complete at record {seq}, here it ends at {last}", hex(gen_id))]
    Incomplete { gen_id: GenId, seq: u64, last: u64 },
    /// A caller's mistake.
    #[error("the spool was opened for fewer destinations than {}", .0 + 1)]
    Destination(usize),
    /// Nothing of the call was stored. It will be when there is room again.
    #[error("the spool is full and keeps what it has ([spool] when_full = \"refuse\")")]
    Full,
    #[error("the spool is closed")]
    Closed,
}

impl SpoolError {
    /// For `map_err`: an I/O error with its path.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
        let path = path.to_path_buf();
        |source| SpoolError::Io { path, source }
    }
}
