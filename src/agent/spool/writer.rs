//! The tail: commit, rotation, and a generation given up after an error.

use super::{
    Limits, SpoolError, budget,
    generation::{Database, Extent, close},
    index::{Entry, Mark},
    note::{Manifest, Marker},
    sled_spool::{Inner, held},
    span, trim,
    witness::{Said, Witness},
};
use crate::{
    model::{Span, UtcMillis},
    runtime::{
        clock,
        fault::{self, Fault, planted},
        random, space,
    },
    wire::{GenId, record::Record},
};
use std::{sync::Arc, time::Duration};

/// How often a commit makes room when the disk says that it is full: the ballast, then generations.
const ROOM_TRIES: u32 = 3;

/// What the `writer` lock guards.
pub(super) struct Writer {
    /// `None` after a failure that could not be answered with a new generation, and after the close.
    current: Option<Current>,
    /// Given up, and their manifests not written yet.
    unsealed: Vec<u64>,
    next_ordinal: u64,
    /// The generation created last, which the next one names.
    last_gen_id: Option<GenId>,
    rotation_failing: bool,
    closed: bool,
    witness: Witness,
    /// Wall clock at the last commit that held samples, of this run or the one before.
    last_samples: UtcMillis,
}

struct Current {
    ordinal: u64,
    gen_id: GenId,
    database: Arc<Database>,
    preamble: u64,
    extent: Extent,
    since: tokio::time::Instant,
}

impl Writer {
    pub fn new(next_ordinal: u64, last_gen_id: Option<GenId>, witness: Witness, last_samples: UtcMillis) -> Writer {
        Writer {
            current: None,
            unsealed: Vec::new(),
            next_ordinal,
            last_gen_id,
            rotation_failing: false,
            closed: false,
            witness,
            last_samples,
        }
    }
}

impl Inner {
    pub(super) fn commit(&self, writer: &mut Writer, records: &[Record], span: Option<Span>) -> Result<(), SpoolError> {
        if writer.closed {
            return Err(SpoolError::Closed);
        }
        self.keep_budget()?;
        for _ in 0..ROOM_TRIES {
            match self.store(writer, records, span) {
                Err(error) if budget::is_full(&error) && self.make_room() => {}
                stored => return stored,
            }
        }
        self.store(writer, records, span)
    }

    /// Once in the current generation and, where that fails, once in a new one.
    fn store(&self, writer: &mut Writer, records: &[Record], span: Option<Span>) -> Result<(), SpoolError> {
        match &writer.current {
            None => self.begin(writer)?,
            Some(current) if due(current, clock::monotonic() - current.since, &self.limits) => self.rotate(writer),
            Some(_) => {}
        }
        let Err(error) = self.append_behind_gaps(writer, records, span) else {
            return Ok(());
        };
        self.give_up(writer, &error);
        self.begin(writer)?;
        let again = self.append_behind_gaps(writer, records, span);
        if let Err(error) = &again {
            self.give_up(writer, error);
        }
        again
    }

    /// What was lost is said first.
    fn append_behind_gaps(
        &self,
        writer: &mut Writer,
        records: &[Record],
        span: Option<Span>,
    ) -> Result<(), SpoolError> {
        self.append_gaps(writer)?;
        self.append(writer, records, span)
    }

    pub(super) fn append_gaps(&self, writer: &mut Writer) -> Result<(), SpoolError> {
        let (count, gaps) = self.gap_records();
        if count > 0 {
            self.append(writer, &gaps, None)?;
            self.settle(count);
        }
        Ok(())
    }

    /// Starts a new generation and seals the one before it, if there is one. On an error that one goes on.
    pub(super) fn begin(&self, writer: &mut Writer) -> Result<(), SpoolError> {
        // Behind the last durable record of a generation that was given up there may be records that are about to
        // be stored again: only its manifest keeps a later run from reading both.
        while let Some(&ordinal) = writer.unsealed.last() {
            self.write_manifest(ordinal)?;
            writer.unsealed.pop();
        }
        let ordinal = writer.next_ordinal;
        writer.next_ordinal += 1;
        let mut first = self.preamble.clone();
        first.extend_from_slice(&held(&self.repeated));
        let (extent, begun) = (Extent::of(&first), clock::now());
        let reused = writer.last_gen_id.filter(|_| writer.current.is_none() && planted(Fault::ReusedSeq));
        let gen_id = reused.unwrap_or_else(random::id);
        let marker = Marker { gen_id, prev: writer.last_gen_id, preamble: extent.last, begun };
        let created = Database::create(&self.layout, &*self.disk, ordinal, &marker, &first);
        let database = created.inspect_err(|_| {
            if let Err(error) = trim::delete(&self.layout, &*self.disk, ordinal) {
                tracing::debug!(ordinal, %error, "an unfinished generation stays until the next start");
            }
        })?;
        fault::committed(&marker.gen_id, 1, &first);
        writer.last_gen_id = Some(marker.gen_id);
        let previous = {
            let mut open = held(&self.open);
            let mut index = held(&self.index);
            let current = Current {
                ordinal,
                gen_id: marker.gen_id,
                database: Arc::clone(&database),
                preamble: extent.last,
                extent,
                since: clock::monotonic(),
            };
            let previous = writer.current.replace(current).map(|previous| previous.ordinal);
            previous.iter().for_each(|ordinal| index.seal(*ordinal));
            index.add(Entry {
                ordinal,
                gen_id: marker.gen_id,
                prev: marker.prev,
                extent,
                span: None,
                begun,
                ended: begun,
                disk_bytes: database.disk_bytes(),
                sealed: false,
                marks: vec![Mark::default(); self.destinations.len()],
            });
            drop(index);
            open.add(ordinal, database);
            previous
        };
        self.notify();
        if let Some(previous) = previous {
            self.seal_in_order(previous);
        }
        self.ballast.restore(space::free_bytes(self.layout.dir()).unwrap_or(0));
        if let Err(error) = self.delete_delivered() {
            tracing::warn!(%error, "a delivered generation could not be deleted, the next start tries again");
        }
        Ok(())
    }

    /// A new generation where the current one holds more than its preamble.
    pub(super) fn rotate_now(&self, writer: &mut Writer) -> Result<(), SpoolError> {
        if writer.closed {
            return Err(SpoolError::Closed);
        }
        match &writer.current {
            Some(current) if current.extent.last <= current.preamble => Ok(()),
            _ => self.begin(writer),
        }
    }

    /// An error leaves the current generation in use, which is healthy: the next commit tries again.
    fn rotate(&self, writer: &mut Writer) {
        match self.begin(writer) {
            Ok(()) => writer.rotation_failing = false,
            Err(error) => {
                if !std::mem::replace(&mut writer.rotation_failing, true) {
                    tracing::warn!(%error, "no new generation can be started, the current one grows");
                }
            }
        }
    }

    fn append(&self, writer: &mut Writer, records: &[Record], span: Option<Span>) -> Result<(), SpoolError> {
        let Some(current) = &mut writer.current else {
            return Err(SpoolError::Closed);
        };
        let first_seq = current.extent.last + 1;
        current.database.commit(&*self.disk, first_seq, records)?;
        current.extent = current.extent.with(records);
        let now = clock::now();
        if span.is_some() {
            writer.last_samples = now;
        }
        let wall = writer.last_samples;
        let last_seq = current.extent.last;
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let said = Said { gen_id: current.gen_id, last_seq, records: count, span, wall };
        writer.witness.say(&*self.disk, &said);
        fault::point("spool.after_witness");
        if let Some(entry) = held(&self.index).at_mut(current.ordinal) {
            fault::committed(&entry.gen_id, first_seq, records);
            entry.extent = current.extent;
            entry.span = span::cover(entry.span, span);
            entry.ended = now;
            entry.disk_bytes = current.database.disk_bytes();
        }
        self.notify();
        Ok(())
    }

    /// Ends the current generation at its last durable record. Nothing is ever written to it again.
    pub(super) fn give_up(&self, writer: &mut Writer, error: &SpoolError) {
        if let Some(ordinal) = self.retire(writer) {
            tracing::warn!(ordinal, %error, "a commit failed, its generation ends here");
            writer.unsealed.push(ordinal);
        }
    }

    /// The orderly end.
    pub(super) fn close(&self, writer: &mut Writer) {
        writer.closed = true;
        let ended = self.retire(writer);
        let unsealed: Vec<u64> = writer.unsealed.drain(..).chain(ended).collect();
        if unsealed.is_empty() {
            return; // closed before
        }
        unsealed.into_iter().for_each(|ordinal| self.seal_in_order(ordinal));
        self.write_marks();
    }

    /// Takes the current generation out of the writer's hands and closes its database.
    fn retire(&self, writer: &mut Writer) -> Option<u64> {
        let current = writer.current.take()?;
        let mut open = held(&self.open);
        close(current.database);
        open.remove(current.ordinal);
        held(&self.index).seal(current.ordinal);
        drop(open);
        self.notify();
        Some(current.ordinal)
    }

    /// Without a manifest the next start takes the generation's last record for its end, which it is.
    fn seal_in_order(&self, ordinal: u64) {
        if let Err(error) = self.write_manifest(ordinal) {
            tracing::warn!(ordinal, %error, "the manifest of a sealed generation could not be written");
        }
    }

    fn write_manifest(&self, ordinal: u64) -> Result<(), SpoolError> {
        let manifest = match held(&self.index).at(ordinal) {
            Some(Entry { gen_id, extent, span, ended, .. }) => {
                Manifest { gen_id: *gen_id, extent: *extent, span: *span, ended: *ended }
            }
            None => return Ok(()), // delivered and deleted meanwhile
        };
        self.layout.write_manifest(&*self.disk, ordinal, &manifest)
    }
}

fn due(current: &Current, age: Duration, limits: &Limits) -> bool {
    let used = current.extent.last > current.preamble;
    used && (current.extent.bytes >= limits.generation_bytes_max || age >= limits.generation_age_max)
}
