//! The platform's marks, and the deletion of what it holds to the end.

use super::{Inner, SpoolError, disk::Disk, held, layout::Layout};
use crate::{runtime::fault, wire::GenId};
use std::{io, path::Path};

impl Inner {
    pub(super) fn acked(&self, gen_id: &GenId, seq: u64, complete: bool) -> Result<(), SpoolError> {
        let Some(done) = held(&self.index).mark(gen_id, seq, complete)? else {
            return Ok(());
        };
        {
            let mut open = held(&self.open);
            open.remove(done.ordinal);
            held(&self.index).remove(done.ordinal);
        }
        tracing::debug!(ordinal = done.ordinal, records = done.last, "a generation is complete at the platform");
        self.notify();
        delete(&self.layout, &*self.disk, done.ordinal)
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

fn remove(path: &Path, step: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), SpoolError> {
    match step(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(SpoolError::at(path)),
    }
}
