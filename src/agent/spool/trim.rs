//! The destinations' marks, and the deletion of what all of them hold to the end.

use super::{
    Level, SpoolError,
    disk::Disk,
    layout::Layout,
    sled_spool::{Inner, held},
};
use crate::{runtime::fault, wire::GenId};
use std::{io, path::Path};

impl Inner {
    pub(super) fn acked(&self, destination: usize, gen_id: &GenId, seq: u64, complete: bool) -> Result<(), SpoolError> {
        let completed = held(&self.index).mark(destination, gen_id, seq, complete)?;
        if completed {
            let deleted = self.delete_delivered();
            // complete here and not everywhere, or the newest: that must be known after a restart
            if held(&self.index).get(gen_id).is_some() {
                self.write_marks();
            }
            return deleted;
        }
        Ok(())
    }

    /// Deletes what is complete at every destination, its quarter-hours in the archive first. Where the archive can
    /// not be written a generation waits for the next call, unless the spool is full. A deletion that fails is
    /// repeated after the next start.
    pub(super) fn delete_delivered(&self) -> Result<(), SpoolError> {
        let mut result = Ok(());
        let delivered = {
            let index = held(&self.index);
            let delivered = index.delivered().into_iter().filter_map(|ordinal| index.at(ordinal).cloned());
            delivered.collect::<Vec<_>>()
        };
        for entry in delivered {
            if let Err(error) = self.archive(&entry) {
                tracing::error!(%error, "delivered quarter-hours could not be archived");
                if self.fill().level != Level::Full {
                    return Err(error);
                }
            }
            {
                let mut open = held(&self.open);
                if !held(&self.index).remove(entry.ordinal) {
                    continue; // another thread was faster
                }
                open.remove(entry.ordinal);
            }
            tracing::debug!(entry.ordinal, records = entry.extent.last, "a generation is complete at every platform");
            self.notify();
            let deleted = delete(&self.layout, &*self.disk, entry.ordinal);
            result = result.and(deleted);
        }
        result
    }
}

/// The marker goes first, durably: from then on the generation is deleted at the next start at the latest, and no
/// half of it can be taken for a whole.
pub(super) fn delete(layout: &Layout, disk: &dyn Disk, ordinal: u64) -> Result<(), SpoolError> {
    fault::point("spool.before_trim");
    remove(&layout.ok(ordinal), |path| disk.remove_file(path))?;
    disk.sync_folder(layout.dir()).map_err(SpoolError::at(layout.dir()))?;
    fault::point("spool.in_trim");
    remove(&layout.folder(ordinal), |path| disk.remove_folder(path))?;
    remove(&layout.sealed(ordinal), |path| disk.remove_file(path))?;
    fault::point("spool.after_trim");
    Ok(())
}

/// What is left of a dropped generation when its gap is committed; the marker's other name last.
pub(super) fn delete_dropped(layout: &Layout, disk: &dyn Disk, ordinal: u64) -> Result<(), SpoolError> {
    remove(&layout.folder(ordinal), |path| disk.remove_folder(path))?;
    remove(&layout.sealed(ordinal), |path| disk.remove_file(path))?;
    remove(&layout.ok(ordinal), |path| disk.remove_file(path))?;
    remove(&layout.dropped(ordinal), |path| disk.remove_file(path))
}

fn remove(path: &Path, step: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), SpoolError> {
    match step(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(SpoolError::at(path)),
    }
}
