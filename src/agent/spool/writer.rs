//! The tail: commit, rotation, and a generation given up after an error.

use super::{
    Inner, Limits, SpoolError,
    generation::{Database, Extent, close},
    held,
    index::Entry,
    layout::{Manifest, Marker},
    trim,
};
use crate::{
    runtime::{
        clock,
        fault::{self, Fault, planted},
        random,
    },
    wire::record::Record,
};
use std::{sync::Arc, time::Duration};

/// What the `writer` lock guards.
pub(super) struct Writer {
    /// `None` after a failure that could not be answered with a new generation, and after the close.
    current: Option<Current>,
    /// Given up, and their manifests not written yet.
    unsealed: Vec<u64>,
    next_ordinal: u64,
    rotation_failing: bool,
    closed: bool,
}

struct Current {
    ordinal: u64,
    database: Arc<Database>,
    preamble: u64,
    extent: Extent,
    since: tokio::time::Instant,
}

impl Writer {
    pub fn new(next_ordinal: u64) -> Writer {
        Writer { current: None, unsealed: Vec::new(), next_ordinal, rotation_failing: false, closed: false }
    }
}

impl Inner {
    pub(super) fn commit(&self, writer: &mut Writer, records: &[Record]) -> Result<(), SpoolError> {
        if writer.closed {
            return Err(SpoolError::Closed);
        }
        match &writer.current {
            None => self.begin(writer)?,
            Some(current) if due(current, clock::monotonic() - current.since, &self.limits) => self.rotate(writer),
            Some(_) => {}
        }
        let Err(error) = self.append(writer, records) else {
            return Ok(());
        };
        self.give_up(writer, &error);
        self.begin(writer)?;
        let again = self.append(writer, records);
        if let Err(error) = &again {
            self.give_up(writer, error);
        }
        again
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
        let extent = Extent::of(&self.preamble);
        let before = held(&self.index).generations().last().map(|generation| generation.gen_id);
        let gen_id =
            before.filter(|_| writer.current.is_none() && planted(Fault::ReusedSeq)).unwrap_or_else(random::id);
        let marker = Marker { gen_id, preamble: extent.last };
        let created = Database::create(&self.layout, &*self.disk, ordinal, &marker, &self.preamble);
        let database = created.inspect_err(|_| {
            if let Err(error) = trim::delete(&self.layout, &*self.disk, ordinal) {
                tracing::debug!(ordinal, %error, "an unfinished generation stays until the next start");
            }
        })?;
        fault::committed(&marker.gen_id, 1, &self.preamble);
        let previous = {
            let mut open = held(&self.open);
            let mut index = held(&self.index);
            let current = Current {
                ordinal,
                database: Arc::clone(&database),
                preamble: extent.last,
                extent,
                since: clock::monotonic(),
            };
            let previous = writer.current.replace(current).map(|previous| previous.ordinal);
            previous.iter().for_each(|ordinal| index.seal(*ordinal));
            let Extent { last, bytes } = extent;
            index.add(Entry { ordinal, gen_id: marker.gen_id, last, bytes, sealed: false, mark: 0 });
            drop(index);
            open.add(ordinal, database);
            previous
        };
        self.notify();
        if let Some(previous) = previous {
            self.seal_in_order(previous);
        }
        Ok(())
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

    fn append(&self, writer: &mut Writer, records: &[Record]) -> Result<(), SpoolError> {
        let Some(current) = &mut writer.current else {
            return Err(SpoolError::Closed);
        };
        let first_seq = current.extent.last + 1;
        current.database.commit(&*self.disk, first_seq, records)?;
        if let Some(entry) = held(&self.index).at(current.ordinal) {
            fault::committed(&entry.gen_id, first_seq, records);
        }
        let grown = Extent::of(records);
        current.extent.last += grown.last;
        current.extent.bytes += grown.bytes;
        held(&self.index).grew(current.ordinal, grown.last, grown.bytes);
        self.notify();
        Ok(())
    }

    /// Ends the current generation at its last durable record. Nothing is ever written to it again.
    fn give_up(&self, writer: &mut Writer, error: &SpoolError) {
        if let Some(ordinal) = self.retire(writer) {
            tracing::warn!(ordinal, %error, "a commit failed, its generation ends here");
            writer.unsealed.push(ordinal);
        }
    }

    /// The orderly end.
    pub(super) fn close(&self, writer: &mut Writer) {
        writer.closed = true;
        let ended = self.retire(writer);
        for ordinal in writer.unsealed.drain(..).chain(ended) {
            self.seal_in_order(ordinal);
        }
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
        let Some(entry) = held(&self.index).at(ordinal) else {
            return Ok(()); // delivered and deleted meanwhile
        };
        let manifest = Manifest { gen_id: entry.gen_id, last: entry.last, bytes: entry.bytes };
        self.layout.write_manifest(&*self.disk, ordinal, &manifest)
    }
}

fn due(current: &Current, age: Duration, limits: &Limits) -> bool {
    let used = current.extent.last > current.preamble;
    used && (current.extent.bytes >= limits.generation_bytes_max || age >= limits.generation_age_max)
}
