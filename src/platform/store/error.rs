//! Why a record is not taken, and why the store does not do what it was asked.

use crate::{
    model::{Gateway, UtcMillis},
    wire::{proto::RefusedCode, record::RecordError},
};
use std::{path::PathBuf, sync::Arc};

/// Why one record can not be taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadRecord {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("series {0} is not in the generation's dictionary")]
    UnknownSeries(u32),
    #[error("series {0} already means another series in this generation")]
    Redefined(u32),
    #[error("a generation's dictionary has at most 65,536 series")]
    DictionarySize,
    #[error("series {0} is a register, which has whole counts, but a real number came")]
    RealReading(u32),
    #[error("the generation belongs to another run of the gateway than its dictionary said before")]
    Run,
    #[error("clock segment {0}: a run has at most 4096, numbered from 0")]
    Segment(u32),
    #[error("a gap whose record numbers leave 63 bits")]
    GapRange,
    #[error("a sample of {time}, but only from 2000-01-01 to 5 minutes after the platform's clock ({now}) is taken")]
    Time { time: UtcMillis, now: UtcMillis },
}

impl BadRecord {
    /// The contract's code.
    pub fn code(&self) -> u8 {
        let code = match self {
            BadRecord::Record(RecordError::Checksum { .. }) => RefusedCode::Checksum,
            BadRecord::Record(RecordError::Content(_)) => RefusedCode::Content,
            BadRecord::Record(_) => RefusedCode::Encoding,
            BadRecord::Time { .. } => RefusedCode::Time,
            _ => RefusedCode::Content,
        };
        code as u8
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("gateway `{0}` is not in the registry")]
    UnknownGateway(String),
    #[error("gateway `{}` belongs to site `{}`, which is not in the registry", .0.gateway_id, .0.credit_code)]
    UnknownSite(Gateway),
    #[error("{0} is no record number: they run from 1 to 2^63 - 1")]
    SeqRange(u64),
    #[error("the data folder {} is in use by another platform", .dir.display())]
    InUse { dir: PathBuf },
    #[error("the data folder {}: {source}", .dir.display())]
    Folder { dir: PathBuf, source: Arc<std::io::Error> },
    #[error("the data folder has schema {found}, this platform knows {known}")]
    Version { found: i64, known: i64 },
    #[error("a stored record of generation {generation} is damaged: {error}")]
    Damaged { generation: i64, error: RecordError },
    #[error("the database: {0}")]
    Database(Arc<dyn std::error::Error + Send + Sync>),
    #[error("a stored value can not be read: column {column} holds {found}")]
    Unreadable { column: usize, found: String },
    #[error("the database can not be reached: {0}")]
    Unreachable(String),
    #[error("`{table}` at the target is not empty: take an empty one")]
    NotEmpty { table: String },
    #[error("table `{table}` at the target is not what it is here; nothing was moved")]
    Differs { table: String },
    #[error("the target must be a PostgreSQL database: postgresql://user@host/database")]
    NoCluster,
    #[error("the copy does not pass its check: {0}")]
    BadCopy(String),
    #[error("a row that must be in the database is not there")]
    NoRow,
    #[error("another version was made meanwhile, nothing of this one is stored")]
    Overtaken,
    #[error("a newer stream of this gateway took over")]
    Fenced,
    #[error("the commit was given up, nothing of it is stored")]
    NotReached,
    #[error("the store's writer has ended")]
    Ended,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Database(Arc::new(error))
    }
}
