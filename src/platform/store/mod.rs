//! Records → snapshot: the ledger. One data folder, one SQLite file, no server.
//!
//! ```text
//!   ingest ─▶ decode ─▶ queue ─▶ one writer: records + mark + ledger, one commit for what waits ─▶ answer
//!   snapshot, intervals, ledger ◀─ readers: one read transaction each
//! ```
//!
//! # Promises
//! - A record and the mark that counts it become durable together. A repeat changes nothing.
//! - The ledger is a function of the set of readings, not of the order or number of their arrivals: for each
//!   stretch of readings without a fall, Σ intervals = last − first reading, to the last count.
//! - Late data lands where it belongs. A reading that contradicts its neighbours parts their stretch in two, and
//!   is itself never lost.
//! - A snapshot never changes under its reader.
//! - Behind its fence a handle brings nothing in, and marks count all that was on its way before they were asked for.
//! - A second platform on the folder gets a clear error.
//!
//! # Does not
//! Interpret: no standard coal, no indicators. Repair: a bad record is refused with its number and its reason.
//! Guess: where a register falls, the difference is unknown and counted as a break.

use crate::{
    model::{Gateway, Period, Reading, Series, Site, UtcMillis},
    runtime::{clock, task},
    wire::{
        GenId,
        record::{Record, RecordError, decode},
    },
};
use rusqlite::Connection;
use rust_decimal::Decimal;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio_util::sync::CancellationToken;

mod audit;
mod block;
mod folder;
mod generation;
mod intake;
mod ledger;
mod reader;
mod registry;
mod run;
mod snapshot;
mod writer;

pub use audit::Audit;

/// The platform's store. Cloning gives another handle; when the last one goes, the folder is free again.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    fence: CancellationToken,
}

struct Inner {
    // dropped in this order: the writer ends, then the lock goes
    writer: writer::Writer,
    readers: reader::Readers,
    duplicates: AtomicU64,
    conflicts: AtomicU64,
    _folder: folder::Folder,
}

impl Store {
    /// Opens the folder and creates what is missing. Blocks on the disk.
    pub fn open(dir: &Path) -> Result<Store, StoreError> {
        let folder = folder::Folder::take(dir)?;
        let connection = folder.writer()?;
        let readers = reader::Readers::new(folder.file().to_owned());
        let writer = writer::Writer::start(connection)
            .map_err(|error| StoreError::Folder { dir: dir.to_owned(), source: error.into() })?;
        let (duplicates, conflicts) = Default::default();
        let inner = Arc::new(Inner { writer, readers, duplicates, conflicts, _folder: folder });
        Ok(Store { inner, fence: CancellationToken::new() })
    }

    /// A handle that brings in no record and no seal once `fence` is cancelled, not even what then waits for the
    /// writer. So [`Store::marks`] asked for after that count all it ever stores.
    pub fn fenced(&self, fence: CancellationToken) -> Store {
        Store { inner: Arc::clone(&self.inner), fence }
    }

    /// Stores the records of a batch that follow the generation's mark, in one commit with the mark and the ledger;
    /// durable on return. Those at or below the mark are repeats and are skipped. A batch that begins behind a
    /// hole is not touched.
    ///
    /// # Errors
    /// [`StoreError::BadRecord`] names the first record that can not be stored: all before it are stored, and the
    /// generation's mark is the number before it.
    pub async fn ingest(
        &self,
        gateway_id: &str,
        gen_id: GenId,
        first_seq: u64,
        records: Vec<Record>,
    ) -> Result<Outcome, StoreError> {
        let (gateway_id, now) = (gateway_id.to_owned(), clock::now());
        let batch = task::blocking(move || {
            let decoded = |record| {
                let content = decode(&record);
                (record, content)
            };
            let records = records.into_iter().map(decoded).collect();
            intake::Batch { gateway_id, gen_id, first_seq, records, now }
        })
        .await;
        let taken = self.bring(move |tx| {
            let taken = intake::ingest(tx, &batch)?;
            Ok((batch, taken))
        });
        let (batch, taken) = taken.await?;
        self.inner.duplicates.fetch_add(taken.duplicates, Relaxed);
        if let Some(seq) = taken.conflicts.first() {
            let conflicts = taken.conflicts.len() as u64;
            let total = self.inner.conflicts.fetch_add(conflicts, Relaxed) + conflicts;
            let generation = u128::from_be_bytes(gen_id);
            tracing::error!(
                gateway_id = batch.gateway_id, generation = %format_args!("{generation:032x}"), seq, conflicts, total,
                "a number was used for two contents: the stored record stays"
            );
        }
        match taken.refused {
            Some((seq, error)) => Err(StoreError::BadRecord { seq, error }),
            None => Ok(taken.outcome),
        }
    }

    /// Remembers where the gateway ended a generation. `complete` when everything up to there is stored.
    pub async fn seal(&self, gateway_id: &str, gen_id: GenId, last_seq: u64) -> Result<Outcome, StoreError> {
        let gateway_id = gateway_id.to_owned();
        self.bring(move |tx| intake::seal(tx, &gateway_id, &gen_id, last_seq)).await
    }

    /// What a gateway brings: refused behind the fence, by the writer itself.
    async fn bring<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let fence = self.fence.clone();
        let fenced = move |tx: &Connection| if fence.is_cancelled() { Err(StoreError::Fenced) } else { work(tx) };
        self.inner.writer.write(fenced).await
    }

    /// # Errors
    /// [`StoreError::UnknownGateway`] when it is not in the registry.
    pub async fn check_registered(&self, gateway_id: &str) -> Result<(), StoreError> {
        let gateway_id = gateway_id.to_owned();
        self.inner.readers.read(move |tx| registry::gateway_number(tx, &gateway_id).map(drop)).await
    }

    /// The marks of those of the generations that are known. They count all that waited for the writer before: a
    /// gateway that comes again may have left something there.
    ///
    /// # Errors
    /// [`StoreError::UnknownGateway`] when it is not in the registry.
    pub async fn marks(&self, gateway_id: &str, generations: Vec<GenId>) -> Result<Vec<Mark>, StoreError> {
        let gateway_id = gateway_id.to_owned();
        let read = self.inner.writer.write(move |tx| {
            let gateway = registry::gateway_number(tx, &gateway_id)?;
            let mut marks = Vec::new();
            for gen_id in generations {
                marks.extend(generation::find(tx, gateway, &gen_id)?.map(|standing| standing.mark(gen_id)));
            }
            Ok(marks)
        });
        read.await
    }

    /// Puts a registry in the place of the stored one. Data of gateways that are no longer in it is kept, for
    /// when they come back.
    pub async fn replace_registry(&self, sites: Vec<Site>, gateways: Vec<Gateway>) -> Result<(), StoreError> {
        self.inner.writer.write(move |tx| registry::replace(tx, &sites, &gateways)).await
    }

    /// Registered gateways, by id.
    pub async fn gateways(&self) -> Result<Vec<Gateway>, StoreError> {
        self.inner.readers.read(|tx| registry::gateways(tx)).await
    }

    /// Registered sites, by credit code.
    pub async fn sites(&self) -> Result<Vec<Site>, StoreError> {
        self.inner.readers.read(|tx| registry::sites(tx)).await
    }

    /// All registered sites and what the ledger says of them in the period. `now` ends what can be expected.
    pub async fn snapshot(&self, period: &Period, now: UtcMillis) -> Result<Snapshot, StoreError> {
        let period = period.clone();
        self.inner.readers.read(move |tx| snapshot::snapshot(tx, &period, now)).await
    }

    /// A site's balance by quarter-hours; those of which nothing is known are left out.
    pub async fn intervals(&self, credit_code: &str, period: &Period) -> Result<Vec<SiteInterval>, StoreError> {
        let (credit_code, period) = (credit_code.to_owned(), period.clone());
        self.inner.readers.read(move |tx| snapshot::intervals(tx, &credit_code, &period)).await
    }

    /// Every cumulative series of the registered gateways over all time.
    pub async fn ledger(&self) -> Result<Vec<LedgerLine>, StoreError> {
        self.inner.readers.read(|tx| snapshot::ledger(tx)).await
    }

    /// Reads every block and compares marks and ledger with what the blocks give. Takes as long as the store is
    /// large, and holds the readings of one gateway in memory.
    pub async fn audit(&self) -> Result<Audit, StoreError> {
        self.inner.readers.read(|tx| audit::audit(tx)).await
    }

    /// Since the store was opened: records that came again, and those of them that came with another content.
    pub fn repeats(&self) -> Repeats {
        Repeats { duplicates: self.inner.duplicates.load(Relaxed), conflicts: self.inner.conflicts.load(Relaxed) }
    }

    /// Returns when the writer has ended although the store is in use: nothing can be stored any more.
    pub async fn ended(&self) {
        self.inner.writer.ended().cancelled().await;
    }
}

/// What became of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The generation is stored through `seq`; `complete` when the gateway sealed it there or before.
    Stored { seq: u64, complete: bool },
    /// The batch begins behind a hole; nothing of it was stored.
    Rewind { expected_seq: u64 },
}

/// How far one generation is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    pub gen_id: GenId,
    pub seq: u64,
    pub complete: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Repeats {
    pub duplicates: u64,
    pub conflicts: u64,
}

/// Why one record can not be stored.
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
    #[error("a sample of {time}, but only from 2000-01-01 to 5 minutes after the platform's clock ({now}) is taken")]
    Time { time: UtcMillis, now: UtcMillis },
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("record {seq}: {error}")]
    BadRecord { seq: u64, error: BadRecord },
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
    Database(Arc<rusqlite::Error>),
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

/// What the ledger says of one period. It never changes under its reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub as_of: UtcMillis,
    pub sites: Vec<SiteLedger>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SiteLedger {
    pub site: Site,
    pub gateways: Vec<Gateway>,
    /// One for each cumulative series of the site's gateways.
    pub flows: Vec<Flow>,
}

/// One cumulative series over the period.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    pub gateway_id: String,
    pub series: Series,
    /// Σ of the intervals inside the period, counts of the series' scale.
    pub amount: i64,
    /// First and last reading inside the period.
    pub first: Option<Reading>,
    pub last: Option<Reading>,
    /// Quarter-hours of the period, from the series' first reading ever to the snapshot's instant, and those of
    /// them that hold a reading.
    pub slots_expected: u64,
    pub slots_received: u64,
    /// How often the register fell inside the period: at each the difference is unknown and not in `amount`.
    pub breaks: u64,
}

/// A quarter-hour of a site's balance.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteInterval {
    pub start: UtcMillis,
    /// By carrier and unit: what entered less what left.
    pub energy: Vec<Amount>,
    /// By product and unit.
    pub output: Vec<Amount>,
    /// Whether any register was read in it. Otherwise its amounts are shares of longer stretches.
    pub readings_present: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Carrier or product.
    pub name: Arc<str>,
    pub unit: Arc<str>,
    pub amount: Decimal,
}

/// One cumulative series over all time.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerLine {
    pub gateway_id: String,
    pub series: Series,
    pub first: Option<Reading>,
    pub last: Option<Reading>,
    /// Σ of all intervals, counts.
    pub total: i64,
    /// How often the register fell.
    pub breaks: u64,
    /// Quarter-hours from the first to the last reading, but for those inside a break.
    pub intervals: u64,
}

#[cfg(test)]
mod tests;
