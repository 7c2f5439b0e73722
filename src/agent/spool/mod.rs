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
//! - It opens although a generation is damaged: that one goes to `quarantine/`, at the start or when a read finds the
//!   damage, and is never read past it. A tail that the disk did not keep is noticed by the witness; what is there is kept.
//! - Whatever it loses is a gap record, with cause, records and times, committed before anything else: `gaps.rs`.
//! - It keeps its budget of bytes and age; what gives way is a stated policy: `budget.rs`. On a full disk it opens,
//!   reads and commits as far as the ballast and that policy make room.
//! - A generation is deleted only when it is sealed and complete at every destination, and its quarter-hours are in the
//!   archive before that. They can be recalled.
//! - Each generation names the one created before it, whatever became of that one: a platform sees a hole.
//! - What a destination holds to the end is known after a restart; what it refused is kept and counted.
//!
//! # Does not
//! - Look inside a record, but for the times of samples after a kill and for the quarter-hours of the archive.
//! - Work on a read-only disk: opening is an error that says so, and a commit fails until the disk can be written. The
//!   agent tries again for ever.
//! - Keep the gaps inside of a generation that is quarantined, or dropped at a start on a disk so full that it can not be
//!   opened, where no platform has them yet.
//! - Say a gap once only: a process that ends right behind the commit of a gap says it again, word for word.
//! - Know the times of what is lost better than the manifest, the witness and the markers do: where samples carry
//!   times of their own, a generation without a manifest may have held others.
//! - Keep each mark: after a kill, what is not complete anywhere is backlog until the platform's Welcome says otherwise.
//! - Give a commit a deadline: a disk that hangs in an fsync hangs the caller.
//!
//! # Locks
//! Taken in this order, each optional; those for small files and lists are held last and alone:
//!
//! | lock | held | guards |
//! |---|---|---|
//! | `writer` | for a whole commit, its fsync included | the current generation's tail |
//! | `archive_lock` | while the quarter-hours of one generation are stored | the archive's files |
//! | `open` | for one read, or the opening and closing of a database | the databases that are open, so that nobody opens one that is still closing |
//! | `index` | for an access to memory, never across I/O | what there is: generations, last durable seq, marks |
//!
//! A commit holds `writer` alone while it waits for the disk and publishes under `index` afterwards, so a reader never
//! waits for an fsync of a commit. A rotation waits for a read in progress.

mod archived;
mod ballast;
mod boot;
mod budget;
mod disk;
mod error;
mod gaps;
mod generation;
mod index;
mod layout;
mod line;
mod marks;
#[cfg(test)]
pub(crate) mod memory;
mod note;
mod open;
mod outlook;
mod refused;
mod sled_spool;
mod span;
mod start;
#[cfg(test)]
mod tests;
pub mod tool;
mod trim;
mod value;
mod witness;
mod writer;

pub use boot::Run;
pub use error::SpoolError;
pub use outlook::Outlook;
pub use refused::{Kept, Refusal};
pub use sled_spool::SledSpool;

use super::archive::ArchiveLimits;
use crate::{
    model::{Span, UtcMillis},
    wire::{GenId, record::Record},
};
use std::time::Duration;
use tokio::sync::watch;

/// What the agent's stages know of a spool. All calls block on the disk.
pub trait Spool: Send + Sync {
    /// Stores `records`, in order, behind all earlier ones; `span` is when the samples inside were taken. Durable on
    /// return. On an error of the disk the records go into a new generation; only when that fails too is it an error,
    /// and then none of them will be read unless the process ends before the next commit: then a part may be found in
    /// the generation that failed.
    ///
    /// # Errors
    /// `Record` where one of them may not be stored: nothing was written. `Io`, `Database` and `Full`: try again, with
    /// the same records. `Closed`.
    fn commit(&self, records: &[Record], span: Option<Span>) -> Result<(), SpoolError>;

    /// Starts a new generation, so that what comes next need not wait behind what is there. Nothing happens where
    /// the current one holds nothing but its preamble.
    ///
    /// # Errors
    /// `Io` and `Database`: the current generation goes on. `Closed`.
    fn rotate(&self) -> Result<(), SpoolError>;

    /// From now on each new generation holds these behind its preamble and before anything else, durable as soon as it
    /// is there. The latest call counts; the current generation stays as it is.
    ///
    /// # Errors
    /// `Record` where one of them may not be stored: those of before stay.
    fn repeat(&self, records: &[Record]) -> Result<(), SpoolError>;

    /// Every generation on disk that can be read, oldest first. The last one is the current one.
    fn generations(&self) -> Vec<Generation>;

    /// The records from `from_seq` on, without a hole, at most `records_max` of them and `bytes_max` bytes of bodies,
    /// but one at least where there is one. Empty where nothing durable is there (yet).
    ///
    /// # Errors
    /// `UnknownGeneration`: deleted or never there. `Damaged`: what is on disk is not what was written; a sealed
    /// generation went to quarantine and is no longer listed. `Io` and `Database`: try again.
    fn read(
        &self,
        gen_id: &GenId,
        from_seq: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, SpoolError>;

    /// The destination holds the generation through `seq`; the latest call counts, a lower one too. A sealed
    /// generation that is `complete` at all destinations is deleted, unless it is the newest: that one waits for the
    /// next. For a generation that is not here, nothing happens.
    ///
    /// # Errors
    /// `Incomplete`: the platform called complete what is longer here; it was kept. `Io`: the deletion failed; it
    /// is repeated after the next start. `Destination`.
    fn acked(&self, destination: usize, gen_id: &GenId, seq: u64, complete: bool) -> Result<(), SpoolError>;

    /// The destination will never store this record. Its mark moves on without it.
    ///
    /// # Errors
    /// `Io`: it is counted, but not kept over a restart. `Destination`.
    fn refused(&self, destination: usize, refusal: Refusal) -> Result<(), SpoolError>;

    /// How many records this destination refused, ever.
    fn refusals(&self, destination: usize) -> u64;

    fn backlog(&self, destination: usize) -> Backlog;

    /// Commits what the archive holds of `span` as records of kind RECALLED.
    ///
    /// # Errors
    /// As [`Spool::commit`]: then a part may have been committed.
    fn recall(&self, span: Span) -> Result<(), SpoolError>;

    fn fill(&self) -> Fill;

    /// Which run of which store this is.
    fn run(&self) -> Run;

    /// The wall clock at the last commit of samples before this opening; `None` for a spool that never had any.
    fn earlier_end(&self) -> Option<UtcMillis>;

    /// Fires after each commit, rotation, deletion and quarantine.
    fn changed(&self) -> watch::Receiver<u64>;

    /// Generations set aside as damaged since this spool was opened, the opening included.
    fn quarantined(&self) -> u64;

    /// Seals the current generation: an orderly end, after which a commit is refused and reads go on. Dropping the
    /// last clone does it too.
    fn close(&self);
}

/// What a spool may hold on to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of record bodies from which on a generation is rotated: what is deleted at once, and what is lost at
    /// most when one is damaged.
    pub generation_bytes_max: u64,
    /// Age from which on a generation that holds more than its preamble is rotated, at the next commit.
    pub generation_age_max: Duration,
    /// Databases open at once, the current one included, at least 2: each costs a few MiB of memory.
    pub open_max: usize,
    /// For opening and checking one generation. Milliseconds are usual; a damaged file can make sled wait for ever.
    pub open_deadline: Duration,
    /// Bytes on the disk that all generations may take, those in quarantine included.
    pub bytes_max: u64,
    /// Sealed generations that end so much before the one sealed last are dropped.
    pub age_max: Duration,
    pub when_full: WhenFull,
    pub archive: ArchiveLimits,
}

/// What gives way when the spool is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenFull {
    /// The oldest records, with a gap that says so.
    DropOldest,
    /// The new ones: a commit fails until there is room.
    Refuse,
}

impl Limits {
    pub const DEFAULT: Limits = Limits {
        generation_bytes_max: 8 * 1024 * 1024,
        generation_age_max: Duration::from_secs(3600),
        open_max: 3,
        open_deadline: Duration::from_secs(30),
        bytes_max: 2 << 30,
        age_max: Duration::from_secs(3650 * 86_400),
        when_full: WhenFull::DropOldest,
        archive: ArchiveLimits { days: 183, bytes_max: 256 << 20 },
    };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}

/// One generation as the uplink announces it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generation {
    pub gen_id: GenId,
    /// The one created before it in this store, whether it is still there or not; `None` for the first.
    pub prev_gen_id: Option<GenId>,
    /// Durable through this record; 0 is none.
    pub last_seq: u64,
    /// Nothing will be added to it.
    pub sealed: bool,
    /// Bytes of its records' bodies.
    pub bytes: u64,
}

/// What is durable here and not yet acknowledged by one destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backlog {
    pub records: u64,
    /// Bytes of bodies. In a generation that is acknowledged in part: in proportion to its records.
    pub bytes: u64,
    /// When the oldest of them was committed, by the wall clock and in the same proportion.
    pub oldest: Option<UtcMillis>,
}

/// How full the spool is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// On the disk.
    pub bytes: u64,
    pub bytes_max: u64,
    pub level: Level,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Low,
    /// What can wait elsewhere should.
    High,
    /// Something has to give: see the policy.
    Full,
}
