//! Records → snapshot: the ledger. One data folder with one SQLite file, or one PostgreSQL database.
//!
//! ```text
//!   ingest ─▶ decode ─▶ queue ─▶ one writer: records + mark + ledger, one commit for what waits ─▶ answer
//!   snapshot, intervals, ledger ◀─ readers: one read transaction each
//! ```
//!
//! # Promises
//! - A record and the mark that counts it become durable together. A repeat changes nothing.
//! - The ledger is a function of the set of readings, declarations, shifts of clocks and physics, not of the order or
//!   number of their arrivals: per epoch of a register, Σ intervals = last − first reading, to the last count, and the
//!   modulus for each time that it passed its end.
//! - Late data lands where it belongs. A reading that contradicts its neighbours is in no amount until others confirm it,
//!   is counted, and is itself never lost. Samples without a time that is known wait for it.
//! - Each amount says why it is not simply good, and leads back to its readings and their records.
//! - A record that can not be taken is kept beside the ledger with its reason, counts for the mark, and is taken, once,
//!   when it can be. What the gateway says it has not, and what it no longer has, are rows with a cause.
//! - Of two copies of a gateway's spool one is let in.
//! - A snapshot never changes under its reader.
//! - Behind its fence a handle brings nothing in, and marks count all that was on its way before they were asked for.
//! - A second platform on the folder gets a clear error.
//!
//! # Does not
//! Interpret: no standard coal, no indicators. Repair: a bad record stays as it came.
//! Guess: where an epoch ends, what ran until the next one is unknown and counted as a break. Where readings are far
//! apart the sum is known, and its shape is said to be estimated.

use crate::{
    model::{Declared, Gateway, Period, Site, UtcMillis},
    runtime::{clock as wall, task},
    wire::{
        GenId,
        record::{Record, decode},
    },
};
use connection::Connection;
use sql::Tx;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio_util::sync::CancellationToken;

mod address;
mod alarm;
mod attestation;
mod audit;
mod backup;
mod block;
mod bridge;
mod bulk;
pub mod change;
mod clock;
mod cluster;
mod connection;
mod county;
mod dual;
mod emission;
mod epoch;
mod error;
mod evaluation;
mod event;
mod feed;
mod folder;
mod gap;
mod generation;
mod greeting;
mod hole;
mod intake;
mod judge;
mod ledger;
mod lineage;
mod listing;
mod past;
mod proof;
mod publication;
mod reader;
mod refused;
mod register;
mod registry;
mod renew;
mod rollup;
mod row;
mod run;
mod session;
mod snapshot;
mod sql;
mod standing;
mod tag;
mod take;
mod trace;
mod transfer;
mod user;
mod view;
mod warning;
mod writer;

pub use address::Address;
pub use alarm::{Alarm, AlarmKind};
pub use attestation::{AttestationLine, GatewayKey};
pub use audit::Audit;
pub use backup::backup;
pub use bridge::{Message, Outgoing};
pub use change::{Change, ChangeQuery, ChangeRow};
pub use emission::Emitted;
pub use epoch::{EPOCHS_MAX, EpochEnd};
pub use error::{BadRecord, StoreError};
pub use evaluation::{
    EvaluatedSite, EvaluationDraft, EvaluationRow, GradeCount, Objection, SiteGrade, SitePage, SiteQuery, SiteSort,
};
pub use feed::{Closed, Due};
pub use gap::GapRow;
pub use generation::Mark;
pub use greeting::{Greeted, Greeting};
pub use hole::{Hole, Link};
pub use intake::{Ingested, Outcome, Refusal, Stop};
pub use lineage::Run;
pub use listing::{Listing, Page};
pub use proof::{Proof, ProvenEpoch, ProvenRegister, prove};
pub use publication::{Draft, Publication};
pub use refused::{REFUSED_MAX, RefusedRow};
pub use register::{
    FigureKey, FoundSite, RegisterChange, RegisterImport, RegisterRow, RegisterVersion, Registered, SiteSearch,
};
pub use session::{Found as FoundSession, Session};
pub use standing::{PointSeen, Standing};
pub use trace::{SourcedReading, Trace, TracedInterval};
pub use transfer::{Moved, transfer};
pub use user::{Account, ApiToken};
pub use view::{Amount, Flow, LedgerLine, SiteInterval, SiteLedger, Snapshot, TagShare};
pub use warning::{Acknowledged, Channel, Delivery, DeliveryState, Told, WarningRow, WarningsAsked};
pub use writer::Waiting;

/// The platform's store. Cloning gives another handle; when the last one goes, the folder is free again.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    fence: CancellationToken,
    /// Of the stream that the handle stores for; `None`: of none.
    epoch: Option<i64>,
}

struct Inner {
    // dropped in this order: the writer ends, then the lock goes
    writer: writer::Writer,
    readers: reader::Readers,
    duplicates: AtomicU64,
    conflicts: AtomicU64,
    batches: AtomicU64,
    records: AtomicU64,
    refused: AtomicU64,
    folder: Option<folder::Folder>,
}

impl Store {
    /// Opens the folder and creates what is missing. Blocks on the disk.
    pub fn open(dir: &Path) -> Result<Store, StoreError> {
        let folder = folder::Folder::take(dir)?;
        let connection = folder.writer()?;
        Store::on(Address::Folder(dir.to_owned()), Some(folder), Connection::Sqlite(connection))
    }

    /// Opens the store wherever it is; blocks on the disk or the network. Of a cluster many platforms have it open at one
    /// time.
    pub fn at(address: &Address) -> Result<Store, StoreError> {
        match address {
            Address::Folder(dir) => Store::open(dir),
            Address::Cluster(config) => {
                let connection = apart(config, |config| cluster::writer(&config))?;
                Store::on(address.clone(), None, connection)
            }
        }
    }

    /// Opens the folder of a platform that may be running, to read it and to publish: SQLite keeps the two writers apart.
    /// Blocks on the disk.
    pub fn beside(dir: &Path) -> Result<Store, StoreError> {
        let (folder, connection) = folder::Folder::beside(dir)?;
        Store::on(Address::Folder(dir.to_owned()), Some(folder), Connection::Sqlite(connection))
    }

    /// As [`Store::beside`], wherever the store is.
    pub fn beside_at(address: &Address) -> Result<Store, StoreError> {
        match address {
            Address::Folder(dir) => Store::beside(dir),
            Address::Cluster(config) => {
                let connection = apart(config, |config| cluster::beside(&config))?;
                Store::on(address.clone(), None, connection)
            }
        }
    }

    /// As [`Store::beside_at`]; where no platform has run yet, as [`Store::at`].
    pub fn beside_or_new(address: &Address) -> Result<Store, StoreError> {
        match address {
            Address::Folder(dir) if folder::Folder::file_in(dir).exists() => Store::beside(dir),
            _ => Store::at(address),
        }
    }

    fn on(address: Address, folder: Option<folder::Folder>, connection: Connection) -> Result<Store, StoreError> {
        let readers = reader::Readers::new(address.clone());
        let writer = writer::Writer::start(connection, address)
            .map_err(|error| StoreError::Unreachable(format!("no thread for the writer: {error}")))?;
        let (duplicates, conflicts, batches, records, refused) = Default::default();
        let inner = Inner { writer, readers, duplicates, conflicts, batches, records, refused, folder };
        let inner = Arc::new(inner);
        Ok(Store { inner, fence: CancellationToken::new(), epoch: None })
    }

    /// A handle that brings in no record and no seal once `fence` is cancelled, not even what then waits for the
    /// writer. So [`Store::marks`] asked for after that count all it ever stores.
    pub fn fenced(&self, fence: CancellationToken) -> Store {
        Store { inner: Arc::clone(&self.inner), fence, epoch: self.epoch }
    }

    /// A handle for a new stream of the gateway, which supersedes all others wherever they are: from here on no other
    /// handle of an earlier stream brings anything in, at whatever node of a cluster, and [`Store::marks`] asked for now
    /// count all that those have brought.
    ///
    /// # Errors
    /// [`StoreError::UnknownGateway`] when it is not in the registry.
    pub async fn superseding(&self, gateway_id: &str, fence: CancellationToken) -> Result<Store, StoreError> {
        let gateway_id = gateway_id.to_owned();
        let epoch = self.inner.writer.write(move |tx| registry::next_epoch(tx, &gateway_id)).await?;
        Ok(Store { epoch: Some(epoch), ..self.fenced(fence) })
    }

    /// Lets a gateway's run in, or not; notes what the gateway no longer has.
    ///
    /// # Errors
    /// [`StoreError::UnknownGateway`] when it is not in the registry.
    pub async fn greet(&self, greeting: Greeting) -> Result<Greeted, StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| greeting::greet(tx, &greeting, now)).await
    }

    /// Raises the alarm that the gateway's clock and this one differ: ours less its own.
    ///
    /// # Errors
    /// [`StoreError::UnknownGateway`] when it is not in the registry.
    pub async fn note_clock_offset(&self, gateway_id: &str, offset_ms: i64) -> Result<(), StoreError> {
        let (gateway_id, now) = (gateway_id.to_owned(), wall::now());
        let note = move |tx: Tx<'_>| {
            let gateway = registry::gateway_number(tx, &gateway_id)?;
            let detail = format!("the platform's clock less the gateway's: {offset_ms} ms");
            alarm::raise(tx, gateway, alarm::AlarmKind::ClockOffset, 1, &detail, now)
        };
        self.inner.writer.write(note).await
    }

    /// Takes the records of a batch that follow the generation's mark, in one commit with the mark and the ledger;
    /// durable on return. Those at or below the mark are repeats and are skipped. A batch that begins behind a
    /// hole is not touched. A record that can not be taken is kept with its reason, and the mark goes on.
    ///
    /// `again`: the record that the gateway was already asked for again, since its checksum did not match.
    pub async fn ingest(
        &self,
        gateway_id: &str,
        gen_id: GenId,
        first_seq: u64,
        records: Vec<Record>,
        again: Option<u64>,
    ) -> Result<Ingested, StoreError> {
        let (gateway_id, now) = (gateway_id.to_owned(), wall::now());
        let brought = records.len() as u64;
        let batch = task::blocking(move || {
            let decoded = |record| {
                let content = decode(&record);
                (record, content)
            };
            let records = records.into_iter().map(decoded).collect();
            intake::Batch { gateway_id, gen_id, first_seq, records, again, now }
        })
        .await;
        let taken = self.bring(batch.gateway_id.clone(), move |tx| intake::ingest(tx, &batch)).await?;
        self.inner.duplicates.fetch_add(taken.duplicates, Relaxed);
        self.inner.conflicts.fetch_add(taken.conflicts.len() as u64, Relaxed);
        self.inner.batches.fetch_add(1, Relaxed);
        self.inner.records.fetch_add(brought, Relaxed);
        self.inner.refused.fetch_add(taken.refusals.len() as u64, Relaxed);
        Ok(Ingested { outcome: taken.outcome, refusals: taken.refusals, stop: taken.stop })
    }

    /// Remembers where the gateway ended a generation. `complete` when everything up to there is stored.
    pub async fn seal(&self, gateway_id: &str, gen_id: GenId, last_seq: u64) -> Result<Outcome, StoreError> {
        let gateway_id = gateway_id.to_owned();
        self.bring(gateway_id.clone(), move |tx| intake::seal(tx, &gateway_id, &gen_id, last_seq)).await
    }

    /// What a gateway brings: refused behind the fence, by the writer itself, and once a newer stream of the gateway was
    /// let in anywhere.
    async fn bring<T: Send + 'static>(
        &self,
        gateway_id: String,
        work: impl FnOnce(Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let fence = self.fence.clone();
        let known = self.epoch;
        let fenced = move |tx: Tx<'_>| {
            if fence.is_cancelled() {
                return Err(StoreError::Fenced);
            }
            let epoch = registry::hold(tx, &gateway_id)?;
            if known.is_some_and(|known| known != epoch) { Err(StoreError::Fenced) } else { work(tx) }
        };
        self.inner.writer.write(fenced).await
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

    /// The holes of a gateway that its archive has not filled, oldest first.
    pub async fn open_holes(&self, gateway_id: &str) -> Result<Vec<Hole>, StoreError> {
        let gateway_id = gateway_id.to_owned();
        self.inner.readers.read(move |tx| hole::open(tx, registry::gateway_number(tx, &gateway_id)?)).await
    }

    /// What is missing, and why, newest first.
    pub async fn gaps(&self, listing: Listing) -> Result<Page<GapRow>, StoreError> {
        self.inner.readers.read(move |tx| gap::gaps(tx, &listing)).await
    }

    /// By gateway and kind; the listing's period is not looked at.
    pub async fn alarms(&self, listing: Listing) -> Result<Page<Alarm>, StoreError> {
        self.inner.readers.read(move |tx| alarm::alarms(tx, &listing)).await
    }

    /// Sums up at most `days` days of series that are due; how many there were.
    pub async fn settle(&self, days: usize) -> Result<usize, StoreError> {
        self.inner.writer.write(move |tx| rollup::settle(tx, days)).await
    }

    /// Grows with every commit: while it is the same, so is what is stored. `None` where others write too.
    pub fn commits(&self) -> Option<u64> {
        let alone = self.inner.folder.as_ref().is_some_and(folder::Folder::is_ours);
        alone.then(|| self.inner.writer.commits())
    }

    /// How long the writer's queue is.
    pub fn waiting(&self) -> Waiting {
        self.inner.writer.waiting()
    }

    /// Puts a registry, and what was declared about its sites by credit code, in the place of the stored one. Data of
    /// gateways that are no longer in it is kept, for when they come back.
    pub async fn register(
        &self,
        sites: Vec<Site>,
        gateways: Vec<Gateway>,
        declared: BTreeMap<String, Declared>,
    ) -> Result<(), StoreError> {
        let replace = move |tx: Tx<'_>| {
            registry::replace(tx, &sites, &gateways)?;
            registry::declare(tx, &declared)
        };
        self.inner.writer.write(replace).await
    }

    /// Registered gateways, by id.
    pub async fn gateways(&self) -> Result<Vec<Gateway>, StoreError> {
        self.inner.readers.read(registry::gateways).await
    }

    /// Registered sites, by credit code.
    pub async fn sites(&self) -> Result<Vec<Site>, StoreError> {
        self.inner.readers.read(registry::sites).await
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

    /// From which readings the amounts of a register in a period come: one trace for each series of the
    /// point that has any interval in it, since a changed scale or unit is another series.
    ///
    /// # Errors
    /// [`StoreError::UnknownGateway`] when it is not in the registry.
    pub async fn trace(
        &self,
        gateway_id: &str,
        meter: &str,
        point: &str,
        period: &Period,
    ) -> Result<Vec<Trace>, StoreError> {
        let (gateway_id, meter, point) = (gateway_id.to_owned(), meter.to_owned(), point.to_owned());
        let period = period.clone();
        self.inner.readers.read(move |tx| trace::trace(tx, &gateway_id, &meter, &point, &period)).await
    }

    /// Every cumulative series of the registered gateways over all time.
    pub async fn ledger(&self) -> Result<Vec<LedgerLine>, StoreError> {
        self.inner.readers.read(snapshot::ledger).await
    }

    /// Reads every block and compares marks and ledger with what the blocks give. Takes as long as the store is
    /// large, and holds the readings of one gateway in memory.
    pub async fn audit(&self) -> Result<Audit, StoreError> {
        self.inner.readers.read(audit::audit).await
    }

    /// Since the store was opened: records that came again, and those of them that came with another content.
    pub fn repeats(&self) -> Repeats {
        Repeats { duplicates: self.inner.duplicates.load(Relaxed), conflicts: self.inner.conflicts.load(Relaxed) }
    }

    /// Since the store was opened: what gateways brought, repeats too.
    pub fn brought(&self) -> Brought {
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        let Inner { batches, records, refused, .. } = &*self.inner;
        Brought { batches: count(batches), records: count(records), refused: count(refused) }
    }

    /// Returns when the writer has ended although the store is in use: nothing can be stored any more.
    pub async fn ended(&self) {
        self.inner.writer.ended().cancelled().await;
    }
}

/// Runs `work`, which waits for the network, where no asynchronous task runs.
fn apart<A: Clone + Send + 'static, T: Send + 'static>(
    with: &A,
    work: impl FnOnce(A) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (say, said) = std::sync::mpsc::sync_channel(1);
    let with = with.clone();
    // nobody listens only when this thread was ended
    let thread = task::thread("store-open", move || drop(say.send(work(with))));
    thread.map_err(|error| StoreError::Unreachable(error.to_string()))?;
    said.recv().map_err(|_| StoreError::Ended)?
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brought {
    pub batches: u64,
    pub records: u64,
    /// Of the records, those that could not be taken.
    pub refused: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Repeats {
    pub duplicates: u64,
    pub conflicts: u64,
}

#[cfg(test)]
mod tests;
