//! A spool without a disk, that fails when it is told to: for the tests of whoever uses one.
//!
//! # Promises
//! - What [`Spool`] says, and nothing of it earlier than the shipped one: a record is read only when it is committed.
//! - [`MemorySpool::cut_power`] leaves what was committed, in a sealed generation, and starts a new run.
//!
//! # Does not
//! Keep an archive or a budget: it is as full as it is told.

use super::{Backlog, Fill, Generation, Level, Limits, Refusal, Run, Spool, SpoolError};
use crate::{
    model::{Span, UtcMillis},
    runtime::{clock, random},
    wire::{GenId, record::Record},
};
use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// The commit of this number from now on fails, from 1; nothing of it is stored.
    pub commit: Option<u64>,
    /// That many last records are gone when the power is cut, although they were committed: a disk that lies.
    pub lost_at_cut: usize,
    /// Commits fail as on a full disk.
    pub full: bool,
    pub level: Option<Level>,
}

pub(crate) struct MemorySpool {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    destinations: usize,
    preamble: Vec<Record>,
}

struct State {
    generations: Vec<Held>,
    run: Run,
    refusals: Vec<u64>,
    recalls: Vec<Span>,
    repeated: Vec<Record>,
    last_samples: Option<UtcMillis>,
    earlier_end: Option<UtcMillis>,
    faults: Faults,
    closed: bool,
}

struct Held {
    about: Generation,
    records: Vec<Record>,
    /// How many of them it began with.
    first: usize,
    /// For each destination: through which record, and whether complete.
    marks: Vec<(u64, bool)>,
    begun: UtcMillis,
}

impl MemorySpool {
    pub fn new(preamble: Vec<Record>, destinations: usize) -> MemorySpool {
        let run = Run { store_id: random::id(), boot_id: random::id(), prev_boot_id: None, boot_counter: 1 };
        let state = State {
            generations: Vec::new(),
            run,
            refusals: vec![0; destinations],
            recalls: Vec::new(),
            repeated: Vec::new(),
            last_samples: None,
            earlier_end: None,
            faults: Faults::default(),
            closed: false,
        };
        let spool = MemorySpool { state: Mutex::new(state), changed: watch::Sender::new(0), destinations, preamble };
        spool.begin(&mut spool.state());
        spool
    }

    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// What was asked for of the archive.
    pub fn recalls(&self) -> Vec<Span> {
        self.state().recalls.clone()
    }

    /// The end of this run without any order, and the start of the next.
    pub fn cut_power(&self) {
        let mut state = self.state();
        let lost = state.faults.lost_at_cut;
        if let Some(last) = state.generations.last_mut() {
            let kept = last.records.len().saturating_sub(lost).max(last.first);
            last.records.truncate(kept);
            last.about.last_seq = kept as u64;
        }
        let before = state.run;
        state.run = Run {
            boot_id: random::id(),
            prev_boot_id: Some(before.boot_id),
            boot_counter: before.boot_counter + 1,
            ..before
        };
        state.repeated.clear();
        (state.closed, state.earlier_end) = (false, state.last_samples);
        self.begin(&mut state);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, state: &mut State) {
        if let Some(last) = state.generations.last_mut() {
            last.about.sealed = true;
        }
        let records = [&self.preamble[..], &state.repeated].concat();
        let about = Generation {
            gen_id: random::id(),
            prev_gen_id: state.generations.last().map(|last| last.about.gen_id),
            last_seq: records.len() as u64,
            sealed: false,
            bytes: bytes(&records),
        };
        let (first, marks) = (records.len(), vec![(0, false); self.destinations]);
        state.generations.push(Held { about, records, first, marks, begun: clock::now() });
        self.delete_delivered(state);
    }

    fn delete_delivered(&self, state: &mut State) {
        let newest = state.generations.last().map(|last| last.about.gen_id);
        state.generations.retain(|held| {
            let delivered = held.about.sealed && !held.marks.is_empty() && held.marks.iter().all(|mark| mark.1);
            !delivered || Some(held.about.gen_id) == newest
        });
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}

fn bytes(records: &[Record]) -> u64 {
    records.iter().map(|record| record.body.len() as u64).sum()
}

impl Spool for MemorySpool {
    fn commit(&self, records: &[Record], span: Option<Span>) -> Result<(), SpoolError> {
        for (index, record) in records.iter().enumerate() {
            record.check().map_err(|source| SpoolError::Record { index, source })?;
        }
        let mut state = self.state();
        if state.closed {
            return Err(SpoolError::Closed);
        }
        let failed = |kind: io::ErrorKind| SpoolError::Io { path: "memory".into(), source: kind.into() };
        if state.faults.full {
            return Err(failed(io::ErrorKind::StorageFull));
        }
        if let Some(left) = &mut state.faults.commit {
            *left -= 1;
            if *left == 0 {
                state.faults.commit = None;
                return Err(failed(io::ErrorKind::Other));
            }
        }
        if span.is_some() {
            state.last_samples = Some(clock::now());
        }
        if let Some(current) = state.generations.last_mut() {
            current.records.extend_from_slice(records);
            current.about.last_seq += records.len() as u64;
            current.about.bytes += bytes(records);
        }
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
        Ok(())
    }

    fn rotate(&self) -> Result<(), SpoolError> {
        let mut state = self.state();
        if state.closed {
            return Err(SpoolError::Closed);
        }
        let used = state.generations.last().is_none_or(|last| last.records.len() > last.first);
        if used {
            self.begin(&mut state);
        }
        Ok(())
    }

    fn repeat(&self, records: &[Record]) -> Result<(), SpoolError> {
        self.state().repeated = records.to_vec();
        Ok(())
    }

    fn generations(&self) -> Vec<Generation> {
        self.state().generations.iter().map(|held| held.about).collect()
    }

    fn read(
        &self,
        gen_id: &GenId,
        from_seq: u64,
        records_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Record>, SpoolError> {
        let state = self.state();
        let held = state.generations.iter().find(|held| held.about.gen_id == *gen_id);
        let held = held.ok_or(SpoolError::UnknownGeneration(*gen_id))?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        let before = usize::try_from(from_seq.max(1) - 1).unwrap_or(usize::MAX);
        for record in held.records.iter().skip(before).take(records_max) {
            bytes += record.body.len();
            if !found.is_empty() && bytes > bytes_max {
                break;
            }
            found.push(record.clone());
        }
        Ok(found)
    }

    fn acked(&self, destination: usize, gen_id: &GenId, seq: u64, complete: bool) -> Result<(), SpoolError> {
        let mut state = self.state();
        let Some(held) = state.generations.iter_mut().find(|held| held.about.gen_id == *gen_id) else {
            return Ok(());
        };
        let (last, sealed) = (held.about.last_seq, held.about.sealed);
        let mark = held.marks.get_mut(destination).ok_or(SpoolError::Destination(destination))?;
        *mark = (seq.min(last), complete && sealed && seq >= last);
        if complete && sealed && seq < last {
            return Err(SpoolError::Incomplete { gen_id: *gen_id, seq, last });
        }
        self.delete_delivered(&mut state);
        Ok(())
    }

    fn refused(&self, destination: usize, _refusal: Refusal) -> Result<(), SpoolError> {
        let mut state = self.state();
        *state.refusals.get_mut(destination).ok_or(SpoolError::Destination(destination))? += 1;
        Ok(())
    }

    fn refusals(&self, destination: usize) -> u64 {
        self.state().refusals.get(destination).copied().unwrap_or(0)
    }

    fn backlog(&self, destination: usize) -> Backlog {
        let mut backlog = Backlog::default();
        for held in &self.state().generations {
            let mark = held.marks.get(destination).map_or(0, |mark| mark.0);
            let left: Vec<&Record> = held.records.iter().skip(usize::try_from(mark).unwrap_or(usize::MAX)).collect();
            if !left.is_empty() {
                backlog.records += left.len() as u64;
                backlog.bytes += left.iter().map(|record| record.body.len() as u64).sum::<u64>();
                backlog.oldest = backlog.oldest.or(Some(held.begun));
            }
        }
        backlog
    }

    fn recall(&self, span: Span) -> Result<(), SpoolError> {
        self.state().recalls.push(span);
        Ok(())
    }

    fn fill(&self) -> Fill {
        let state = self.state();
        let bytes = state.generations.iter().map(|held| held.about.bytes).sum();
        let level = state.faults.level.unwrap_or(Level::Low);
        Fill { bytes, bytes_max: Limits::DEFAULT.bytes_max, level }
    }

    fn run(&self) -> Run {
        self.state().run
    }

    fn earlier_end(&self) -> Option<UtcMillis> {
        self.state().earlier_end
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn quarantined(&self) -> u64 {
        0
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        if let Some(last) = state.generations.last_mut() {
            last.about.sealed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &'static str) -> Record {
        Record { kind: 2, crc32c: crc32c::crc32c(text.as_bytes()), body: text.into() }
    }

    #[test]
    fn it_fails_and_forgets_as_told() {
        let spool = MemorySpool::new(vec![record("dictionary")], 2);
        spool.set_faults(Faults { commit: Some(2), lost_at_cut: 1, ..Faults::default() });
        spool.commit(&[record("a")], None).unwrap();
        assert!(spool.commit(&[record("b")], None).is_err());
        spool.commit(&[record("b"), record("c")], None).unwrap();
        let first = spool.generations()[0];
        assert_eq!(spool.read(&first.gen_id, 2, 9, 99).unwrap(), [record("a"), record("b"), record("c")]);
        let run = spool.run();
        spool.cut_power();
        assert_eq!(spool.run().prev_boot_id, Some(run.boot_id));
        let [first, second] = spool.generations()[..] else { panic!("two generations") };
        assert_eq!((first.last_seq, first.sealed, second.prev_gen_id), (3, true, Some(first.gen_id)));
        spool.acked(0, &first.gen_id, 3, true).unwrap();
        assert_eq!((spool.generations().len(), spool.backlog(0).records, spool.backlog(1).records), (2, 1, 4));
        spool.acked(1, &first.gen_id, 3, true).unwrap();
        assert_eq!(spool.generations(), [second]);
        let span = Span { start: UtcMillis(1), end: UtcMillis(2) };
        spool.recall(span).unwrap();
        assert_eq!(spool.recalls(), [span]);
    }
}
