//! Opening: what earlier runs left. Only what the last run left unsealed is read whole; a sealed generation is
//! believed by its manifest, and checked record by record when it is read: see `open.rs`.
//!
//! | found | then |
//! |---|---|
//! | `.ok`, `.sealed`, a data file as long as it must be | listed through the manifest's last record; records behind it were never committed |
//! | `.ok`, database in order, no `.sealed` | the run was killed: fsynced, listed through its last record, and sealed there |
//! | no `.ok` | was not created to the end, or its deletion was cut short: deleted |
//! | anything else | quarantine |

use super::{
    Limits, SpoolError, WhenFull,
    ballast::Ballast,
    budget,
    disk::Disk,
    gaps::{self, Pending},
    generation::{Database, Fault, close, panicked},
    index::{Entry, Index, Mark},
    layout::{Layout, Names},
    marks::Marks,
    note::{Manifest, Marker},
    span, trim,
    witness::{Said, Witness},
};
use crate::{model::UtcMillis, runtime::task, wire::GenId};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, sync_channel},
    },
};

pub(super) struct Recovered {
    pub index: Index,
    pub pending: Vec<Pending>,
    pub witness: Witness,
    /// What it said last.
    pub said: Option<Said>,
    pub next_ordinal: u64,
    /// Of the newest generation there ever was, as far as anything of it is left.
    pub last_gen_id: Option<GenId>,
    pub quarantined: u64,
}

pub(super) fn recover(
    layout: &Layout,
    disk: &Arc<dyn Disk>,
    limits: &Limits,
    destinations: usize,
    marks: &Marks,
) -> Result<Recovered, SpoolError> {
    let (witness, said) = Witness::open(&**disk, layout.witness())?;
    let mut pending = Vec::new();
    let next_ordinal = layout.last_ordinal()?.saturating_add(1);
    let (generations, unfinished) = layout.list()?;
    for path in unfinished {
        if let Err(error) = disk.remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "a file that was never finished could not be deleted");
        }
    }
    let (mut index, mut quarantined) = (Index::default(), 0);
    for (ordinal, names) in generations {
        if names.dropped {
            continue; // its gap is pending
        }
        if !names.ok {
            tracing::info!(ordinal, "an unfinished or already delivered generation is deleted");
            if let Err(error) = trim::delete(layout, &**disk, ordinal) {
                tracing::warn!(ordinal, %error, "it could not be deleted, the next start tries again");
            }
            continue;
        }
        match inspect_in_time(layout, disk, limits, ordinal, names) {
            Ok((mut entry, kept_until)) => {
                if let Some(said) = said.filter(|said| said.gen_id == entry.gen_id && said.last_seq > entry.extent.last)
                {
                    pending.push(gaps::tail_lost(entry.extent.last, kept_until, entry.begun, &said));
                }
                let mark = |at| marks.get(&(at, entry.gen_id)).copied().unwrap_or_default();
                entry.marks = (0..destinations).map(mark).map(|mark| bounded(mark, entry.extent.last)).collect();
                index.add(entry);
            }
            Err(Fault::Disk(error)) => return Err(error),
            Err(Fault::Damaged(reason)) => {
                quarantine(layout, &**disk, ordinal, &reason);
                quarantined += 1;
            }
        }
    }
    pending.extend(gaps::found(layout, said.as_ref())?);
    let last_gen_id = last_gen_id(layout)?;
    Ok(Recovered { index, pending, witness, said, next_ordinal, last_gen_id, quarantined })
}

/// At a start on a full disk, by the same policy as later; whether there is room now.
pub(super) fn make_room(
    layout: &Layout,
    disk: &dyn Disk,
    ballast: &Ballast,
    limits: &Limits,
) -> Result<bool, SpoolError> {
    if ballast.release(disk) {
        return Ok(true);
    }
    let (generations, _) = layout.list()?;
    let sealed: Vec<u64> = generations.iter().filter(|(_, names)| names.ok && names.sealed).map(|(o, _)| *o).collect();
    match (limits.when_full, &sealed[..]) {
        (WhenFull::DropOldest, [oldest, _, ..]) => {
            tracing::error!(ordinal = *oldest, "the disk is full: the oldest generation is dropped, a gap will say so");
            let opened = open_in_time(layout, limits, *oldest);
            let carried = opened.map(|database| gaps::carried(&database)).unwrap_or_default();
            budget::set_dropped(layout, disk, *oldest, &carried).map(|()| true)
        }
        _ => Ok(false),
    }
}

/// A mark of a longer generation than is there: the platform holds more than a power cut left here.
fn bounded(mark: Mark, last: u64) -> Mark {
    Mark { seq: mark.seq.min(last), complete: mark.complete && mark.seq >= last }
}

/// The newest generation's own word, wherever it lies; where its marker is damaged its manifest's; else that of the
/// one before it.
fn last_gen_id(layout: &Layout) -> Result<Option<GenId>, SpoolError> {
    let known = |ordinal: &u64| {
        [layout.clone(), layout.set_aside()].iter().find_map(|place| {
            let marker = place.read_marker(*ordinal).ok().flatten().map(|marker: Marker| marker.gen_id);
            marker.or_else(|| Some(place.read_manifest(*ordinal).ok()??.gen_id))
        })
    };
    Ok(layout.ordinals()?.iter().rev().find_map(known))
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
) -> Result<(Entry, Option<UtcMillis>), Fault> {
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

/// The entry, and until when its last record is known to reach, where that is looked at.
fn inspect(layout: &Layout, disk: &dyn Disk, ordinal: u64, names: Names) -> Result<(Entry, Option<UtcMillis>), Fault> {
    let damaged = |reason: String| Err(Fault::Damaged(reason));
    if !names.folder {
        return damaged("its database is missing".into());
    }
    let Some(marker) = layout.read_marker(ordinal).map_err(by_kind)? else {
        return damaged("its .ok file is damaged".into());
    };
    let data = layout.data(ordinal);
    let (manifest, kept_until) = if names.sealed {
        let manifest = match layout.read_manifest(ordinal).map_err(by_kind)? {
            Some(manifest) if manifest.gen_id == marker.gen_id => manifest,
            _ => return damaged("its .sealed file is damaged".into()),
        };
        // sled keeps every body uncompressed in this one file
        let length = fs::metadata(&data).map_err(|error| Fault::from_io(&data, error))?.len();
        if length <= manifest.extent.bytes {
            return damaged(format!("{length} bytes are there of {} and more", manifest.extent.bytes));
        }
        (manifest, None)
    } else {
        // What sled is about to recover may be in the page cache only; it is shown to readers as durable.
        File::open(&data).and_then(|file| disk.sync_file(&data, &file)).map_err(|e| Fault::from_io(&data, e))?;
        let written = written(&data); // before sled touches it
        let database = Database::open(layout, ordinal)?;
        let found = database.check();
        let kept_until = database.last().and_then(|record| span::of(&record)).map(|span| span.end);
        close(database);
        let (extent, span) = found?;
        if extent.last < marker.preamble {
            return damaged(format!("{} records of its first {} are there", extent.last, marker.preamble));
        }
        let manifest = Manifest { gen_id: marker.gen_id, extent, span, ended: written.unwrap_or(marker.begun) };
        layout.write_manifest(disk, ordinal, &manifest).map_err(Fault::Disk)?;
        (manifest, kept_until)
    };
    let disk_bytes = fs::metadata(&data).map_or(0, |data| data.blocks().saturating_mul(512));
    let Marker { gen_id, prev, begun, .. } = marker;
    let Manifest { extent, span, ended, .. } = manifest;
    let marks = Vec::new(); // the caller knows
    Ok((Entry { ordinal, gen_id, prev, extent, span, begun, ended, disk_bytes, sealed: true, marks }, kept_until))
}

/// When the file was last written.
fn written(path: &std::path::Path) -> Option<UtcMillis> {
    let time = std::fs::metadata(path).and_then(|data| data.modified()).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(UtcMillis(i64::try_from(since.as_millis()).ok()?))
}

fn by_kind(error: SpoolError) -> Fault {
    match error {
        SpoolError::Io { path, source } => Fault::from_io(&path, source),
        error => Fault::Disk(error),
    }
}
