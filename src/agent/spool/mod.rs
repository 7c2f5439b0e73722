//! Bytes → a durable number.
//!
//! A folder of small sled databases, one per **generation**: a run of records that one process writes, that is read
//! afterwards, and that is deleted whole. A record is known by its generation's random id and its seq, from 1.
//!
//! ```text
//!   commit ─▶ [g…07 current] ──rotate: 8 MiB, 1 h, process start──▶ [g…06 sealed] ─▶ read ─▶ acked complete ─▶ deleted
//!                                                                        └─ damaged ─▶ quarantine/
//! ```
//!
//! # Promises
//! - `commit` returned `Ok`: the records survive kill -9 and power loss, on a disk that honours an fsync. Not sled's
//!   flush makes that so but our own fsync behind it: see `generation.rs`.
//! - The order is kept, seq has no holes, and a number is never given to two contents: a generation is written by one
//!   process run only, and a generation in which an error happened ends at its last durable record.
//! - Readers see durable records only, never the tail in flight.
//! - It opens although a generation is damaged: that one goes to `quarantine/`, with a log line and a count.
//! - A generation is deleted only when it is sealed and complete at the platform.
//!
//! # Does not
//! - Look inside a record, or bound the bytes on disk.
//! - Read or open on a full disk: sled writes whenever it opens a database. Both are errors then, and nothing is set
//!   aside; with a few MiB freed all is there.
//! - Notice a lost tail where no manifest says where the tail was: in the last generation of a killed run.
//! - Keep the platform's marks: after a start all on disk is backlog until the platform's Welcome says otherwise.
//! - Give a commit a deadline: a disk that hangs in an fsync hangs the caller.
//!
//! # Locks
//! Three, taken in this order, each optional:
//!
//! | lock | held | guards |
//! |---|---|---|
//! | `writer` | for a whole commit, its fsync included | the current generation's tail |
//! | `open` | for one read, or the opening and closing of a database | the databases that are open, so that nobody opens one that is still closing |
//! | `index` | for an access to memory, never across I/O | what there is: generations, last durable seq, marks |
//!
//! A commit holds `writer` alone while it waits for the disk and publishes under `index` afterwards, so a reader never
//! waits for an fsync of a commit. A rotation waits for a read in progress.

mod disk;
mod error;
mod generation;
mod index;
mod layout;
mod open;
mod start;
#[cfg(test)]
mod tests;
mod trim;
mod value;
mod writer;

pub use error::SpoolError;

use crate::wire::{GenId, record::Record};
use disk::{Disk, OsDisk};
use index::Index;
use layout::Layout;
use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::watch;

/// What a spool may hold on to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of record bodies from which on a generation is rotated: what is deleted at once, and what is lost at
    /// most when one is damaged.
    pub generation_bytes_max: u64,
    /// Age from which on a generation that holds more than its preamble is rotated, at the next commit.
    pub generation_age_max: Duration,
    /// Databases open at once, the current one included, at least 2: each costs a cache of up to 8 MiB.
    pub open_max: usize,
    /// For opening and checking one generation. Milliseconds are usual; a damaged file can make sled wait for ever.
    pub open_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            generation_bytes_max: 8 * 1024 * 1024,
            generation_age_max: Duration::from_secs(3600),
            open_max: 3,
            open_deadline: Duration::from_secs(30),
        }
    }
}

/// One generation as the uplink announces it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generation {
    pub gen_id: GenId,
    /// Durable through this record; 0 is none.
    pub last_seq: u64,
    /// Nothing will be added to it.
    pub sealed: bool,
    /// Bytes of its records' bodies.
    pub bytes: u64,
}

/// What is durable here and not yet acknowledged by the platform.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backlog {
    pub records: u64,
    /// Bytes of bodies. In a generation that is acknowledged in part: in proportion to its records.
    pub bytes: u64,
}

/// The spool of one gateway. Clones are the same spool. All calls block on the disk.
#[derive(Clone)]
pub struct Spool(Arc<Inner>);

struct Inner {
    layout: Layout,
    limits: Limits,
    disk: Arc<dyn Disk>,
    /// The first records of each generation.
    preamble: Vec<Record>,
    writer: Mutex<writer::Writer>,
    open: Mutex<open::Open>,
    index: Mutex<Index>,
    changed: watch::Sender<u64>,
    quarantined: AtomicU64,
    /// Last, so that it is released last.
    _lock: std::fs::File,
}

impl Spool {
    /// Opens or creates the spool in `dir` and starts a new generation whose first records are `preamble`, as are
    /// those of each later one.
    ///
    /// # Errors
    /// `Locked` where another process uses the folder; `Record` for a preamble that may not be stored; `Io` and
    /// `Database` where the folder can not be written, which includes a full disk.
    pub fn open(dir: &Path, preamble: Vec<Record>) -> Result<Spool, SpoolError> {
        Spool::open_with(dir, preamble, Limits::default())
    }

    /// [`Spool::open`] with other limits.
    pub fn open_with(dir: &Path, preamble: Vec<Record>, limits: Limits) -> Result<Spool, SpoolError> {
        Spool::open_on(Arc::new(OsDisk), dir, preamble, limits)
    }

    fn open_on(disk: Arc<dyn Disk>, dir: &Path, preamble: Vec<Record>, limits: Limits) -> Result<Spool, SpoolError> {
        check(&preamble)?;
        let layout = Layout::create(dir)?;
        let lock = layout.lock()?;
        let found = start::recover(&layout, &disk, &limits)?;
        let inner = Inner {
            writer: Mutex::new(writer::Writer::new(found.next_ordinal)),
            open: Mutex::new(open::Open::new(limits.open_max)),
            index: Mutex::new(found.index),
            changed: watch::Sender::new(0),
            quarantined: AtomicU64::new(found.quarantined),
            _lock: lock,
            layout,
            limits,
            disk,
            preamble,
        };
        inner.begin(&mut held(&inner.writer))?;
        let backlog = held(&inner.index).backlog();
        tracing::info!(
            folder = %dir.display(),
            records = backlog.records,
            bytes = backlog.bytes,
            quarantined = found.quarantined,
            "the spool is open"
        );
        Ok(Spool(Arc::new(inner)))
    }

    /// Stores `records`, in order, behind all earlier ones. Durable on return. On an error of the disk the records go
    /// into a new generation; only when that fails too is it an error, and then none of them will be read unless the
    /// process ends before the next commit: then a part may be found in the generation that failed.
    ///
    /// # Errors
    /// `Record` where one of them may not be stored: nothing was written. `Io` and `Database` from the disk: try
    /// again, with the same records. `Closed`.
    pub fn commit(&self, records: &[Record]) -> Result<(), SpoolError> {
        check(records)?;
        if records.is_empty() {
            return Ok(());
        }
        self.0.commit(&mut held(&self.0.writer), records)
    }

    /// Every generation on disk that can be read, oldest first. The last one is the current one.
    pub fn generations(&self) -> Vec<Generation> {
        held(&self.0.index).generations()
    }

    /// The records from `from_seq` on, without a hole, at most `records_max` of them and `bytes_max` bytes of bodies,
    /// but one at least where there is one. Empty where nothing durable is there (yet).
    ///
    /// # Errors
    /// `UnknownGeneration`: deleted or never there. `Damaged`: what is on disk is not what was written; a sealed
    /// generation went to quarantine and is no longer listed. `Io` and `Database`: try again.
    pub fn read(
        &self,
        gen_id: &GenId,
        from_seq: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, SpoolError> {
        self.0.read(gen_id, from_seq.max(1), records_max, bytes_max)
    }

    /// The platform holds the generation through `seq`; the latest call counts, a lower one too. With `complete`, a
    /// sealed generation is deleted. For a generation that is not here, nothing happens.
    ///
    /// # Errors
    /// `Incomplete`: the platform called complete what is longer here; it was kept. `Io`: the deletion failed; it
    /// is repeated after the next start.
    pub fn acked(&self, gen_id: &GenId, seq: u64, complete: bool) -> Result<(), SpoolError> {
        self.0.acked(gen_id, seq, complete)
    }

    pub fn backlog(&self) -> Backlog {
        held(&self.0.index).backlog()
    }

    /// Fires after each commit, rotation, deletion and quarantine.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Generations set aside as damaged since this spool was opened, the opening included.
    pub fn quarantined(&self) -> u64 {
        self.0.quarantined.load(Relaxed)
    }

    /// Seals the current generation: an orderly end, after which a commit is refused and reads go on. Dropping the
    /// last clone does it too.
    pub fn close(&self) {
        self.0.close(&mut held(&self.0.writer));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close(&mut held(&self.writer));
        held(&self.open).close_all();
    }
}

impl Inner {
    fn notify(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// The guard, also of a lock in which a thread panicked: what these locks guard is changed in single steps.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses what would make its whole generation unreadable later.
fn check(records: &[Record]) -> Result<(), SpoolError> {
    for (index, record) in records.iter().enumerate() {
        record.check().map_err(|source| SpoolError::Record { index, source })?;
    }
    Ok(())
}
