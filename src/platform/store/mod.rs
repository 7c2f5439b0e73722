//! Records → snapshot: the ledger. One data folder, one SQLite file, no server.
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
    energy::counter::EpochCause,
    model::{Declared, Doubts, Gateway, Period, Reading, Series, Site, UtcMillis},
    runtime::{clock as wall, task},
    wire::{
        GenId,
        record::{Record, decode},
    },
};
use rusqlite::Connection;
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio_util::sync::CancellationToken;

mod alarm;
mod attestation;
mod audit;
mod block;
mod clock;
mod epoch;
mod error;
mod event;
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
mod registry;
mod renew;
mod row;
mod run;
mod snapshot;
mod tag;
mod take;
mod trace;
mod writer;

pub use alarm::{Alarm, AlarmKind};
pub use attestation::{AttestationLine, GatewayKey};
pub use audit::Audit;
pub use error::{BadRecord, StoreError};
pub use gap::GapRow;
pub use greeting::{Greeted, Greeting};
pub use hole::{Hole, Link};
pub use lineage::Run;
pub use listing::{Listing, Page};
pub use proof::{Proof, ProvenEpoch, ProvenRegister, prove};
pub use publication::{Draft, Publication};
pub use refused::{REFUSED_MAX, RefusedRow};
pub use trace::{SourcedReading, Trace, TracedInterval};

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
        Store::on(dir, folder, connection)
    }

    /// Opens the folder of a platform that may be running, to read it and to publish: SQLite keeps the two writers apart.
    /// Blocks on the disk.
    pub fn beside(dir: &Path) -> Result<Store, StoreError> {
        let (folder, connection) = folder::Folder::beside(dir)?;
        Store::on(dir, folder, connection)
    }

    fn on(dir: &Path, folder: folder::Folder, connection: Connection) -> Result<Store, StoreError> {
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

    /// Lets a gateway's run in, or not; notes what the gateway no longer has.
    ///
    /// # Errors
    /// [`StoreError::UnknownGateway`] when it is not in the registry.
    pub async fn greet(&self, greeting: Greeting) -> Result<Greeted, StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| greeting::greet(tx, &greeting, now)).await
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
        let batch = task::blocking(move || {
            let decoded = |record| {
                let content = decode(&record);
                (record, content)
            };
            let records = records.into_iter().map(decoded).collect();
            intake::Batch { gateway_id, gen_id, first_seq, records, again, now }
        })
        .await;
        let taken = self.bring(move |tx| intake::ingest(tx, &batch)).await?;
        self.inner.duplicates.fetch_add(taken.duplicates, Relaxed);
        self.inner.conflicts.fetch_add(taken.conflicts.len() as u64, Relaxed);
        Ok(Ingested { outcome: taken.outcome, refusals: taken.refusals, stop: taken.stop })
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

    /// The holes of a gateway that its archive has not filled, oldest first.
    pub async fn open_holes(&self, gateway_id: &str) -> Result<Vec<Hole>, StoreError> {
        let gateway_id = gateway_id.to_owned();
        self.inner.readers.read(move |tx| hole::open(tx, registry::gateway_number(tx, &gateway_id)?)).await
    }

    /// Judges every refused record again: for the start, since a newer platform may know what an older one did not.
    /// The number of those that were taken.
    pub async fn retry_refused(&self) -> Result<u64, StoreError> {
        let mut taken = 0;
        let mut next = refused::Retry::After(0, 0);
        loop {
            let retried = self.retry(next).await?;
            taken += retried.taken;
            match retried.at {
                Some((generation, seq)) => next = refused::Retry::After(generation, seq),
                None => return Ok(taken),
            }
        }
    }

    /// Takes the records that were ahead of the clock and whose time has come.
    pub async fn retry_due(&self) -> Result<u64, StoreError> {
        let mut taken = 0;
        loop {
            let retried = self.retry(refused::Retry::Due).await?;
            taken += retried.taken;
            if retried.judged == 0 {
                return Ok(taken);
            }
        }
    }

    async fn retry(&self, which: refused::Retry) -> Result<refused::Retried, StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| refused::retry(tx, which, now)).await
    }

    /// What is missing, and why, newest first.
    pub async fn gaps(&self, listing: Listing) -> Result<Page<GapRow>, StoreError> {
        self.inner.readers.read(move |tx| gap::gaps(tx, &listing)).await
    }

    /// Records that are kept outside of the ledger, newest first.
    pub async fn refused(&self, listing: Listing) -> Result<Page<RefusedRow>, StoreError> {
        self.inner.readers.read(move |tx| refused::refused(tx, &listing)).await
    }

    /// By gateway and kind; the listing's period is not looked at.
    pub async fn alarms(&self, listing: Listing) -> Result<Page<Alarm>, StoreError> {
        self.inner.readers.read(move |tx| alarm::alarms(tx, &listing)).await
    }

    /// Gives up the bytes of the refused records of a gateway, when they can not be mended and hold up the others.
    pub async fn write_off_refused(&self, gateway_id: &str) -> Result<u64, StoreError> {
        let gateway_id = gateway_id.to_owned();
        self.inner.writer.write(move |tx| refused::write_off(tx, registry::gateway_number(tx, &gateway_id)?)).await
    }

    /// Refused records that are kept of each registered gateway that has any.
    pub async fn refused_counts(&self) -> Result<HashMap<String, u64>, StoreError> {
        self.inner.readers.read(|tx| refused::counts(tx)).await
    }

    /// How long the writer's queue is.
    pub fn waiting(&self) -> Waiting {
        self.inner.writer.waiting()
    }

    /// Puts a registry in the place of the stored one. Data of gateways that are no longer in it is kept, for
    /// when they come back.
    pub async fn replace_registry(&self, sites: Vec<Site>, gateways: Vec<Gateway>) -> Result<(), StoreError> {
        self.inner.writer.write(move |tx| registry::replace(tx, &sites, &gateways)).await
    }

    /// As [`Store::replace_registry`], with what was declared about the sites, by credit code.
    pub async fn register(
        &self,
        sites: Vec<Site>,
        gateways: Vec<Gateway>,
        declared: BTreeMap<String, Declared>,
    ) -> Result<(), StoreError> {
        let replace = move |tx: &Connection| {
            registry::replace(tx, &sites, &gateways)?;
            registry::declare(tx, &declared)
        };
        self.inner.writer.write(replace).await
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
        self.inner.readers.read(|tx| snapshot::ledger(tx)).await
    }

    /// Stores a version of a period's figures. `None` when another one was published meanwhile.
    pub async fn publish(&self, draft: Draft) -> Result<Option<u64>, StoreError> {
        let now = wall::now();
        self.inner.writer.write(move |tx| publication::add(tx, &draft, now)).await
    }

    /// Published versions, the newest first; of one period where it is given.
    pub async fn publications(&self, period: Option<String>) -> Result<Vec<Publication>, StoreError> {
        self.inner.readers.read(move |tx| publication::list(tx, period.as_deref())).await
    }

    /// The last published version of each period and basis.
    pub async fn latest_publications(&self) -> Result<Vec<Publication>, StoreError> {
        self.inner.readers.read(|tx| publication::latest(tx)).await
    }

    /// A published version with its body; by default the last one.
    pub async fn publication(
        &self,
        period: String,
        basis: String,
        version: Option<u64>,
    ) -> Result<Option<(Publication, Vec<u8>)>, StoreError> {
        self.inner.readers.read(move |tx| publication::body(tx, &period, &basis, version)).await
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

/// What became of a batch's records.
#[derive(Clone, PartialEq, Debug)]
pub struct Ingested {
    pub outcome: Outcome,
    /// Kept outside of the ledger; the mark counts them.
    pub refusals: Vec<Refusal>,
    /// Why the batch was not taken to its end.
    pub stop: Option<Stop>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Refusal {
    pub seq: u64,
    pub error: BadRecord,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The checksum of this record does not match. It may have been damaged on its way: it should come once more.
    Again(u64),
    /// [`REFUSED_MAX`] refused records of the gateway are kept already.
    Full,
}

/// The writer's queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    pub jobs: usize,
    pub jobs_max: usize,
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
    pub declared: Declared,
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
    /// Of `amount`, counts that come from pairs of readings more than 22.5 minutes apart, or that no reading parted:
    /// their sum is exact, and their place in the period is estimated.
    pub estimated: i64,
    /// How often an epoch ended and another began inside the period: what ran between the two is not in `amount`.
    pub breaks: u64,
    /// The first [`EPOCHS_MAX`] of them, in order.
    pub epochs: Vec<EpochEnd>,
    /// Readings of the period that are in no difference: passing wrong ones, and those that wait for later ones.
    pub set_aside: u64,
    /// Union of those of the intervals inside the period.
    pub doubts: Doubts,
    /// For `product`, `shift` and `order`: how `amount` is shared among the values that the meter's tags had. Empty for a
    /// name that no tag of the meter ever had, and for a register that is neither output nor scrap.
    pub outputs_by_tag: Vec<TagShare>,
}

/// Epoch ends that one [`Flow`] or [`Trace`] names.
pub const EPOCHS_MAX: usize = 100;

/// One epoch of a register ends and another begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochEnd {
    /// When the new one begins.
    pub time: UtcMillis,
    pub cause: EpochCause,
    /// The last reading of the old one and the first of the new one.
    pub before: Reading,
    pub after: Reading,
}

/// The part of a flow that belongs to one value of a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct TagShare {
    /// `product`, `shift` or `order`.
    pub name: String,
    /// Empty: before the first tag, or while nothing was tagged.
    pub value: String,
    /// Counts. Over all values of a name they add up to the flow's amount.
    pub amount: i64,
}

/// A quarter-hour of a site's balance.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteInterval {
    pub start: UtcMillis,
    /// By carrier and unit: what entered less what left.
    pub energy: Vec<Amount>,
    /// Qualified and rejected product, by product and unit.
    pub output: Vec<Amount>,
    pub scrap: Vec<Amount>,
    /// Whether any register was read in it. Otherwise its amounts are shares of longer stretches.
    pub readings_present: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Carrier or product.
    pub name: Arc<str>,
    pub unit: Arc<str>,
    pub amount: Decimal,
    pub doubts: Doubts,
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
    /// How often an epoch ended and another began.
    pub breaks: u64,
    /// Quarter-hours from the first to the last reading, but for those inside a break.
    pub intervals: u64,
}

#[cfg(test)]
mod tests;
