//! The spool that ships: generations of sled databases in one folder.

use super::{
    Backlog, Fill, Generation, Limits, Refusal, Run, Spool, SpoolError,
    ballast::Ballast,
    boot, budget,
    disk::{Disk, OsDisk},
    gaps::Pending,
    index::Index,
    layout::Layout,
    marks, open, refused, start, writer,
};
use crate::{
    agent::archive::Archive,
    model::{Span, UtcMillis},
    runtime::{clock, space},
    wire::{GenId, record::Record},
};
use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::sync::watch;

/// The spool of one gateway. Clones are the same spool.
#[derive(Clone)]
pub struct SledSpool(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub layout: Layout,
    pub limits: Limits,
    pub disk: Arc<dyn Disk>,
    /// The first records of each generation.
    pub preamble: Vec<Record>,
    /// What follows it in each new one.
    pub repeated: Mutex<Vec<Record>>,
    /// Their names.
    pub destinations: Vec<String>,
    pub run: Run,
    /// Wall clock at the last commit of samples in an earlier run.
    pub earlier_end: Option<UtcMillis>,
    /// Losses that no record tells of yet.
    pub pending: Mutex<Vec<Pending>>,
    /// What the quarantine takes on the disk.
    pub aside_bytes: AtomicU64,
    pub ballast: Ballast,
    pub archive: Archive,
    pub archive_lock: Mutex<()>,
    pub writer: Mutex<writer::Writer>,
    pub open: Mutex<open::Open>,
    pub index: Mutex<Index>,
    pub refused: Mutex<refused::Refused>,
    pub marks_file: Mutex<()>,
    pub changed: watch::Sender<u64>,
    pub quarantined: AtomicU64,
    /// Last, so that it is released last.
    _lock: std::fs::File,
}

impl SledSpool {
    /// Opens or creates the spool in `dir` and starts a new generation whose first records are `preamble`, as are
    /// those of each later one. A generation waits for all `destinations`, by their names; their place in the list is
    /// their number. Without one, nothing is ever delivered.
    ///
    /// # Errors
    /// `Locked` where another process uses the folder; `Record` for a preamble that may not be stored; `Io` and
    /// `Database` where the folder can not be written, which includes a full disk.
    pub fn open(
        dir: &Path,
        preamble: Vec<Record>,
        destinations: &[String],
        limits: Limits,
    ) -> Result<SledSpool, SpoolError> {
        SledSpool::open_on(Arc::new(OsDisk), dir, |_| preamble, destinations, limits)
    }

    /// The same with a preamble that depends on the latest wall clock that the spool has seen.
    ///
    /// # Errors
    /// As [`SledSpool::open`].
    pub fn open_later_than(
        dir: &Path,
        preamble: impl FnOnce(Option<UtcMillis>) -> Vec<Record>,
        destinations: &[String],
        limits: Limits,
    ) -> Result<SledSpool, SpoolError> {
        SledSpool::open_on(Arc::new(OsDisk), dir, preamble, destinations, limits)
    }

    pub(super) fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        preamble: impl FnOnce(Option<UtcMillis>) -> Vec<Record>,
        destinations: &[String],
        limits: Limits,
    ) -> Result<SledSpool, SpoolError> {
        let layout = Layout::create(dir)?;
        let lock = layout.lock()?;
        let ballast = Ballast::new(layout.ballast(), limits.bytes_max);
        if space::free_bytes(layout.dir()).is_ok_and(|free| free < ballast.bytes()) {
            ballast.release(&*disk);
        }
        let marks = marks::read(&layout.marks(), destinations)?;
        let (run, found) = loop {
            let begun = || {
                let found = start::recover(&layout, &disk, &limits, destinations.len(), &marks)?;
                Ok((boot::begin(&*disk, &layout.boot())?, found))
            };
            match begun() {
                Err(error) if budget::is_full(&error) && start::make_room(&layout, &*disk, &ballast, &limits)? => {}
                begun => break begun?,
            }
        };
        let ended = found.index.entries().last().map(|entry| entry.ended);
        let seen = found.index.entries().iter().flat_map(|entry| [entry.begun, entry.ended]);
        let preamble = preamble(seen.chain(found.said.map(|said| said.wall)).max());
        check(&preamble)?;
        let earlier_end = found.said.map(|said| said.wall).or(ended);
        let inner = Inner {
            run,
            earlier_end,
            pending: Mutex::new(found.pending),
            aside_bytes: AtomicU64::new(layout.set_aside().all_bytes()),
            ballast,
            archive: Archive::new(layout.archive(), limits.archive),
            archive_lock: Mutex::new(()),
            writer: Mutex::new(writer::Writer::new(
                found.next_ordinal,
                found.last_gen_id,
                found.witness,
                earlier_end.unwrap_or_else(clock::now),
            )),
            open: Mutex::new(open::Open::new(limits.open_max)),
            index: Mutex::new(found.index),
            refused: Mutex::new(refused::Refused::read(layout.refused())?),
            marks_file: Mutex::new(()),
            changed: watch::Sender::new(0),
            quarantined: AtomicU64::new(found.quarantined),
            destinations: destinations.to_vec(),
            _lock: lock,
            layout,
            limits,
            disk,
            preamble,
            repeated: Mutex::default(),
        };
        inner.start()?;
        let generations = held(&inner.index).generations();
        tracing::info!(
            folder = %dir.display(),
            generations = generations.len(),
            bytes = generations.iter().map(|generation| generation.bytes).sum::<u64>(),
            quarantined = found.quarantined,
            "the spool is open"
        );
        Ok(SledSpool(Arc::new(inner)))
    }
}

impl Spool for SledSpool {
    fn commit(&self, records: &[Record], span: Option<Span>) -> Result<(), SpoolError> {
        check(records)?;
        if records.is_empty() {
            return Ok(());
        }
        self.0.commit(&mut held(&self.0.writer), records, span)
    }

    fn rotate(&self) -> Result<(), SpoolError> {
        self.0.rotate_now(&mut held(&self.0.writer))
    }

    fn repeat(&self, records: &[Record]) -> Result<(), SpoolError> {
        check(records)?;
        *held(&self.0.repeated) = records.to_vec();
        Ok(())
    }

    fn generations(&self) -> Vec<Generation> {
        held(&self.0.index).generations()
    }

    fn read(
        &self,
        gen_id: &GenId,
        from_seq: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, SpoolError> {
        self.0.read(gen_id, from_seq.max(1), records_max, bytes_max)
    }

    fn acked(&self, destination: usize, gen_id: &GenId, seq: u64, complete: bool) -> Result<(), SpoolError> {
        self.0.acked(destination, gen_id, seq, complete)
    }

    fn refused(&self, destination: usize, refusal: Refusal) -> Result<(), SpoolError> {
        let name = self.0.destinations.get(destination).ok_or(SpoolError::Destination(destination))?;
        held(&self.0.refused).add(&*self.0.disk, name, refusal)
    }

    fn refusals(&self, destination: usize) -> u64 {
        self.0.destinations.get(destination).map_or(0, |name| held(&self.0.refused).count(name))
    }

    fn backlog(&self, destination: usize) -> Backlog {
        held(&self.0.index).backlog(destination)
    }

    fn recall(&self, span: Span) -> Result<(), SpoolError> {
        self.0.recall(span)
    }

    fn fill(&self) -> Fill {
        self.0.fill()
    }

    fn run(&self) -> Run {
        self.0.run
    }

    fn earlier_end(&self) -> Option<UtcMillis> {
        self.0.earlier_end
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn quarantined(&self) -> u64 {
        self.0.quarantined.load(Relaxed)
    }

    fn close(&self) {
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
    /// The first generation of this run, and in it what earlier runs lost.
    fn start(&self) -> Result<(), SpoolError> {
        let mut writer = held(&self.writer);
        loop {
            let begun = self.begin(&mut writer).and_then(|()| self.append_gaps(&mut writer));
            match begun {
                Err(error) if budget::is_full(&error) && self.make_room() => self.give_up(&mut writer, &error),
                begun => return begun,
            }
        }
    }

    pub fn notify(&self) {
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// The guard, also of a lock in which a thread panicked: what these locks guard is changed in single steps.
pub(super) fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses what would make its whole generation unreadable later.
fn check(records: &[Record]) -> Result<(), SpoolError> {
    for (index, record) in records.iter().enumerate() {
        record.check().map_err(|source| SpoolError::Record { index, source })?;
    }
    Ok(())
}
