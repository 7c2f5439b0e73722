//! Opening: what earlier runs left, each generation checked before it is believed.
//!
//! | found | then |
//! |---|---|
//! | `.ok`, database in order, `.sealed` | listed through the manifest's last record; records behind it were never committed |
//! | `.ok`, database in order, no `.sealed` | the run was killed: fsynced, listed through its last record, and sealed there |
//! | no `.ok` | was not created to the end, or its deletion was cut short: deleted |
//! | anything else | quarantine |

use super::{
    Limits, SpoolError,
    disk::Disk,
    generation::{Database, Fault, close, panicked},
    index::{Entry, Index},
    layout::{Layout, Manifest, Names},
    trim,
};
use crate::runtime::task;
use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, sync_channel},
    },
};

pub(super) struct Recovered {
    pub index: Index,
    pub next_ordinal: u64,
    pub quarantined: u64,
}

pub(super) fn recover(layout: &Layout, disk: &Arc<dyn Disk>, limits: &Limits) -> Result<Recovered, SpoolError> {
    let next_ordinal = layout.last_ordinal()?.saturating_add(1);
    let (generations, unfinished) = layout.list()?;
    for path in unfinished {
        if let Err(error) = disk.remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "a file that was never finished could not be deleted");
        }
    }
    let (mut index, mut quarantined) = (Index::default(), 0);
    for (ordinal, names) in generations {
        if !names.ok {
            tracing::info!(ordinal, "an unfinished or already delivered generation is deleted");
            if let Err(error) = trim::delete(layout, &**disk, ordinal) {
                tracing::warn!(ordinal, %error, "it could not be deleted, the next start tries again");
            }
            continue;
        }
        match inspect_in_time(layout, disk, limits, ordinal, names) {
            Ok(entry) => index.add(entry),
            Err(Fault::Disk(error)) => return Err(error),
            Err(Fault::Damaged(reason)) => {
                quarantine(layout, &**disk, ordinal, &reason);
                quarantined += 1;
            }
        }
    }
    Ok(Recovered { index, next_ordinal, quarantined })
}

/// Moves a generation out of the way. Where even that fails it stays, is not listed, and is found again at the next
/// start.
pub(super) fn quarantine(layout: &Layout, disk: &dyn Disk, ordinal: u64, reason: &str) {
    let to = layout.quarantine();
    tracing::error!(ordinal, reason, folder = %to.display(), "a damaged generation is set aside, its records are lost");
    let aside = || {
        std::fs::create_dir_all(&to)?;
        // The marker goes after the folder: a folder without a marker would be deleted at the next start.
        for from in [layout.folder(ordinal), layout.sealed(ordinal), layout.ok(ordinal)] {
            let name = from.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            match disk.rename(&from, &to.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                moved => moved?,
            }
            disk.sync_folder(&to)?;
            disk.sync_folder(layout.dir())?;
        }
        Ok::<(), io::Error>(())
    };
    if let Err(error) = aside() {
        tracing::error!(ordinal, %error, "the damaged generation could not be moved");
    }
}

/// Opens a generation for reading, within the deadline.
pub(super) fn open_in_time(layout: &Layout, limits: &Limits, ordinal: u64) -> Result<Arc<Database>, Fault> {
    let layout = layout.clone();
    in_time(limits, move || Database::open(&layout, ordinal)).map(Arc::new)
}

fn inspect_in_time(
    layout: &Layout,
    disk: &Arc<dyn Disk>,
    limits: &Limits,
    ordinal: u64,
    names: Names,
) -> Result<Entry, Fault> {
    let (layout, disk) = (layout.clone(), Arc::clone(disk));
    in_time(limits, move || inspect(&layout, &*disk, ordinal, names))
}

/// Runs `work` on a thread of its own. One that never ends keeps its thread, as nothing can end it from outside.
pub(super) fn in_time<T: Send + 'static>(
    limits: &Limits,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let (done, wait) = sync_channel(1);
    let guarded = move || {
        let result = catch_unwind(AssertUnwindSafe(work));
        let result = result.unwrap_or_else(|panic| Err(Fault::Damaged(panicked(&*panic))));
        // Where nobody waits any more, a database that did open is closed here.
        let _late = done.send(result);
    };
    task::thread("spool-open", guarded).map_err(|error| Fault::from_io("a thread".as_ref(), error))?;
    match wait.recv_timeout(limits.open_deadline) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => {
            Err(Fault::Damaged(format!("it did not open within {:?}", limits.open_deadline)))
        }
        Err(RecvTimeoutError::Disconnected) => Err(Fault::Damaged("the thread that opened it died".into())),
    }
}

fn inspect(layout: &Layout, disk: &dyn Disk, ordinal: u64, names: Names) -> Result<Entry, Fault> {
    let damaged = |reason: String| Err(Fault::Damaged(reason));
    if !names.folder {
        return damaged("its database is missing".into());
    }
    let Some(marker) = layout.read_marker(ordinal).map_err(by_kind)? else {
        return damaged("its .ok file is damaged".into());
    };
    let manifest = if names.sealed {
        match layout.read_manifest(ordinal).map_err(by_kind)? {
            Some(manifest) if manifest.gen_id == marker.gen_id => Some(manifest),
            _ => return damaged("its .sealed file is damaged".into()),
        }
    } else {
        // What sled is about to recover may be in the page cache only; it is shown to readers as durable.
        let data = layout.data(ordinal);
        File::open(&data).and_then(|file| disk.sync_file(&data, &file)).map_err(|e| Fault::from_io(&data, e))?;
        None
    };
    let database = Database::open(layout, ordinal)?;
    let found = database.check(manifest.map(|manifest| manifest.last));
    close(database);
    let found = found?;
    if let Some(stated) = manifest {
        if (found.last, found.bytes) != (stated.last, stated.bytes) {
            let (last, bytes) = (found.last, found.bytes);
            return damaged(format!("{last} records of {} ({bytes} bytes of {}) are there", stated.last, stated.bytes));
        }
    } else if found.last < marker.preamble {
        return damaged(format!("{} records of its first {} are there", found.last, marker.preamble));
    } else {
        let manifest = Manifest { gen_id: marker.gen_id, last: found.last, bytes: found.bytes };
        layout.write_manifest(disk, ordinal, &manifest).map_err(Fault::Disk)?;
    }
    Ok(Entry { ordinal, gen_id: marker.gen_id, last: found.last, bytes: found.bytes, sealed: true, mark: 0 })
}

fn by_kind(error: SpoolError) -> Fault {
    match error {
        SpoolError::Io { path, source } => Fault::from_io(&path, source),
        error => Fault::Disk(error),
    }
}
