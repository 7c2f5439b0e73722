//! One generation's sled database: created, appended to and made durable, checked, read. Only this file and `disk.rs` name sled.
//!
//! # Promises
//! - [`Database::create`] returned: folder, files, preamble and marker are durable.
//! - [`Database::commit`] returned: the records are. sled 0.34.7 flushes with `sync_file_range`, which makes neither
//!   the file's size nor the drive's cache durable; hence the fsync through a descriptor of our own (an fsync is of
//!   the file, whoever wrote to it).
//! - A panic of sled is an error here.
//!
//! # Does not
//! Try again: after a failed fsync the kernel may have dropped the pages and the next fsync would report success.
//!
//! ```text
//!   create: open ─▶ preamble ─▶ flush ─▶ fsync every file ─▶ fsync blobs/, g…/, spool/ ─▶ .ok ─▶ fsync spool/
//!   commit: apply_batch ─▶ flush ─▶ fsync db ─▶ done; the witness follows: witness.rs
//! ```

use super::{disk::Disk, error::SpoolError, layout::Layout, note::Marker, span, value};
use crate::{
    model::Span,
    runtime::fault::{self, Fault as Planted, planted},
    wire::{BATCH_RECORDS_MAX, record::Record},
};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Records are written and read once, in order: more would only stay in memory.
const CACHE_BYTES: u64 = 512 * 1024;
/// sled reclaims space only while its flusher runs.
const FLUSH_EVERY_MS: u64 = 500;

pub(super) struct Database {
    folder: PathBuf,
    db: sled::Db,
    /// Our own read-only descriptor of sled's data file.
    data: File,
}

/// Records 1 to `last`: the bytes of their bodies, and a CRC-32C over their checksums, in order.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    pub last: u64,
    pub bytes: u64,
    pub hash: u32,
}

impl Extent {
    pub fn of(records: &[Record]) -> Extent {
        Extent::default().with(records)
    }

    /// With `records` behind it.
    pub fn with(mut self, records: &[Record]) -> Extent {
        records.iter().for_each(|record| self.add(record));
        self
    }

    fn add(&mut self, record: &Record) {
        self.last += 1;
        self.bytes += record.body.len() as u64;
        self.hash = crc32c::crc32c_append(self.hash, &record.crc32c.to_le_bytes());
    }
}

/// Why a generation can not be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// What is there is not what was written, and will not get better.
    Damaged(String),
    /// The surroundings: no space, no descriptors, no permission. Later it may work.
    Disk(SpoolError),
}

/// A closed database's lock can outlive it for a moment: another thread of this process that is just starting a
/// child holds a copy of the descriptor until the child is running.
const LOCK_TRIES: u32 = 50;

#[allow(clippy::disallowed_methods)] // the spool's calls block; there is nothing else to wait for
fn wait_for_lock() {
    std::thread::sleep(std::time::Duration::from_millis(100));
}

impl Database {
    pub fn create(
        layout: &Layout,
        disk: &dyn Disk,
        ordinal: u64,
        marker: &Marker,
        preamble: &[Record],
    ) -> Result<Arc<Database>, SpoolError> {
        let folder = layout.folder(ordinal);
        let config = sled::Config::new().path(&folder).create_new(true);
        fault::point("spool.before_create");
        let db = guarded(&folder, || config.cache_capacity(CACHE_BYTES).flush_every_ms(Some(FLUSH_EVERY_MS)).open())?;
        let created = Database::with(folder, db)?;
        created.append(1, preamble)?;
        guarded(&created.folder, || disk.flush(&created.db))?;
        sync_tree(disk, &created.folder)?;
        disk.sync_folder(layout.dir()).map_err(SpoolError::at(layout.dir()))?;
        fault::point("spool.before_marker");
        layout.write_marker(disk, ordinal, marker)?;
        fault::point("spool.after_marker");
        Ok(Arc::new(created))
    }

    /// A generation that will only be read: it needs no flusher.
    pub fn open(layout: &Layout, ordinal: u64) -> Result<Database, Fault> {
        let folder = layout.folder(ordinal);
        // sled would create what is missing, and find it empty and in order.
        match fs::metadata(layout.data(ordinal)) {
            Ok(data) if data.len() > 0 => {}
            Ok(_) => return Err(Fault::Damaged("its data file is empty".into())),
            Err(error) => return Err(Fault::from_io(&layout.data(ordinal), error)),
        }
        remove_unfinished_snapshots(&folder).map_err(|error| Fault::from_io(&folder, error))?;
        let config = sled::Config::new().path(&folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let mut tries = LOCK_TRIES;
        let db = loop {
            let opened =
                catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|panic| Fault::Damaged(panicked(&*panic)))?;
            match opened {
                Err(error) if tries > 0 && error.to_string().contains("could not acquire lock") => wait_for_lock(),
                opened => break opened.map_err(|error| Fault::from_sled(&folder, error))?,
            }
            tries -= 1;
        };
        Database::with(folder, db).map_err(Fault::Disk)
    }

    fn with(folder: PathBuf, db: sled::Db) -> Result<Database, SpoolError> {
        let path = folder.join("db");
        let data = File::open(&path).map_err(SpoolError::at(&path))?;
        Ok(Database { folder, db, data })
    }

    /// Durable on return.
    pub fn commit(&self, disk: &dyn Disk, first_seq: u64, records: &[Record]) -> Result<(), SpoolError> {
        self.append(first_seq, records)?;
        fault::point("spool.before_flush");
        guarded(&self.folder, || disk.flush(&self.db))?;
        fault::point("spool.after_flush");
        let path = self.folder.join("db");
        disk.sync_file(&path, &self.data).map_err(SpoolError::at(&path))?;
        fault::point("spool.after_fsync");
        Ok(())
    }

    /// What sled's data file takes on the disk.
    pub fn disk_bytes(&self) -> u64 {
        self.data.metadata().map_or(0, |data| data.blocks().saturating_mul(512))
    }

    fn append(&self, first_seq: u64, records: &[Record]) -> Result<(), SpoolError> {
        let mut seq = first_seq;
        for part in records.chunks(BATCH_RECORDS_MAX) {
            let mut batch = sled::Batch::default();
            for record in part {
                batch.insert(&value::key(seq), value::encode(record));
                seq += 1;
            }
            if planted(Planted::BlobsAllowed) {
                // makes the page too large for sled's log, in front of all that is read
                batch.insert(&value::key(0), vec![seq.to_le_bytes()[0]; 256 * 1024]);
            }
            guarded(&self.folder, || self.db.apply_batch(batch))?;
        }
        Ok(())
    }

    /// Reads everything and finds each record in its place and intact; and from when their samples are.
    pub fn check(&self) -> Result<(Extent, Option<Span>), Fault> {
        let (mut extent, mut span) = (Extent::default(), None);
        self.each(1, u64::MAX, |record| {
            extent.add(&record);
            span = span::cover(span, span::of(&record));
            true
        })?;
        Ok((extent, span))
    }

    /// The last record there is.
    pub fn last(&self) -> Option<Record> {
        let last = catch_unwind(AssertUnwindSafe(|| self.db.last())).ok()?.ok()??;
        value::decode(&last.1).ok()
    }

    /// Records `from..=last`, fewer where a limit is reached, but one at least.
    pub fn read(&self, from: u64, last: u64, records_max: usize, bytes_max: usize) -> Result<Vec<Record>, Fault> {
        let (mut records, mut bytes) = (Vec::new(), 0_usize);
        self.each(from, last, |record| {
            bytes += record.body.len();
            let fits = records.is_empty() || bytes <= bytes_max;
            if fits {
                records.push(record);
            }
            fits && records.len() < records_max
        })?;
        if records.is_empty() {
            return Err(Fault::Damaged(format!("record {from} is missing, {last} should be there")));
        }
        Ok(records)
    }

    /// Hands out the records from `from` to `last` or to the end, in order, while `take` wants more.
    pub fn each(&self, from: u64, last: u64, mut take: impl FnMut(Record) -> bool) -> Result<(), Fault> {
        if last < from {
            return Ok(());
        }
        let walk = || {
            for (expected, item) in (from..).zip(self.db.range(value::key(from)..=value::key(last))) {
                let (key, value) = item.map_err(|error| Fault::from_sled(&self.folder, error))?;
                let seq = value::seq_from_key(&key).map_err(Fault::Damaged)?;
                if seq != expected {
                    return Err(Fault::Damaged(format!("record {expected} is missing, {seq} follows")));
                }
                let record =
                    value::decode(&value).map_err(|reason| Fault::Damaged(format!("record {seq}: {reason}")))?;
                if !take(record) {
                    break;
                }
            }
            Ok(())
        };
        catch_unwind(AssertUnwindSafe(walk)).unwrap_or_else(|panic| Err(Fault::Damaged(panicked(&*panic))))
    }
}

/// Drops what may be the last reference. sled fsyncs on the way and panics where that fails; what was committed is
/// durable already.
pub(super) fn close(database: impl Sized) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(database))) {
        tracing::warn!(error = panicked(&*panic), "a generation's database did not close cleanly");
    }
}

impl Fault {
    fn from_sled(folder: &Path, error: sled::Error) -> Fault {
        match error {
            sled::Error::Io(error) => Fault::from_io(folder, error),
            error => Fault::Damaged(error.to_string()),
        }
    }

    pub fn from_io(path: &Path, error: io::Error) -> Fault {
        use io::ErrorKind::{OutOfMemory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        let surroundings =
            matches!(error.kind(), OutOfMemory | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull)
                || matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
                || error.to_string().starts_with("could not acquire lock");
        if surroundings { Fault::Disk(SpoolError::at(path)(error)) } else { Fault::Damaged(error.to_string()) }
    }
}

fn guarded<T>(folder: &Path, work: impl FnOnce() -> sled::Result<T>) -> Result<T, SpoolError> {
    let reason = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(sled::Error::Io(error))) => return Err(SpoolError::at(folder)(error)),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panicked(&*panic),
    };
    Err(SpoolError::Database { path: folder.to_path_buf(), reason })
}

pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("sled panicked: {}", text.unwrap_or("no message"))
}

/// sled writes a snapshot of its tables whenever it opens a database, beside the one before it, and takes the one
/// with the highest name at the next open: after a kill in between, one that was never finished, which it calls
/// corrupt. Without it, it takes the one before.
fn remove_unfinished_snapshots(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "generating") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Makes a folder and all in it durable, the innermost first.
fn sync_tree(disk: &dyn Disk, folder: &Path) -> Result<(), SpoolError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    for entry in entries.map_err(SpoolError::at(folder))? {
        let path = entry.path();
        if entry.file_type().map_err(SpoolError::at(&path))?.is_dir() {
            sync_tree(disk, &path)?;
        } else {
            File::open(&path).and_then(|file| disk.sync_file(&path, &file)).map_err(SpoolError::at(&path))?;
        }
    }
    disk.sync_folder(folder).map_err(SpoolError::at(folder))
}
