//! What a person declares at the gateway: from the command to the recorder, through a file each.
//!
//! ```text
//!   mujun-agent meter replace ┐
//!   mujun-agent manual        ├▶ <spool>/declared/<time>-<id>.event ─▶ recorder ─▶ commit ─▶ the file is deleted
//!   console: /api/v1/manual   ┘
//! ```
//!
//! # Promises
//! - A declaration that was printed as made is on the disk, and is committed by the agent that runs or by the next one.
//! - A kill in between commits it twice under one event id, which is one event.
//! - A file that can not be read is renamed to `*.unreadable` and named in the log. Nothing of it is guessed.
//!
//! # Does not
//! Touch the spool's own files, or need its lock.

mod book;
mod entry;
mod number;
mod replacement;
#[cfg(test)]
mod tests;

pub use book::{Refused, enter};
pub use entry::{Written, entry, file};
pub use replacement::{Asked, replacement};

use crate::{
    model::{Event, EventKind},
    wire::{
        RECORD_BYTES_MAX, hex,
        proto::RecordKind,
        record::{Content, Record, decode, encode},
    },
};
use bytes::Bytes;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

const ENDING: &str = "event";
/// Taken up at one look.
const FILES_MAX: usize = 64;
/// Looked at in one look, whatever lies there.
const ENTRIES_MAX: usize = 4_096;

/// Writes the event where the agent of the spool in `dir` finds it; durable on return. Gives the file.
///
/// # Errors
/// Of the disk: nothing was declared.
pub fn declare(dir: &Path, event: &Event) -> io::Result<PathBuf> {
    let folder = folder(dir);
    fs::create_dir_all(&folder)?;
    let record = encode(&Content::Event(event.clone()));
    let record = record.first().ok_or_else(|| io::Error::other("the event can not be encoded"))?;
    let id = hex(&event.event_id);
    let path = folder.join(format!("{:020}-{id}.{ENDING}", event.time.0.max(0)));
    let written = path.with_extension("tmp");
    let mut file = File::create(&written)?;
    file.write_all(&record.crc32c.to_be_bytes())?;
    file.write_all(&record.body)?;
    file.sync_all()?;
    fs::rename(&written, &path)?;
    File::open(&folder)?.sync_all()?;
    File::open(dir)?.sync_all()?;
    Ok(path)
}

fn folder(dir: &Path) -> PathBuf {
    dir.join("declared")
}

/// The recorder's end.
pub struct Declared {
    folder: PathBuf,
    /// Handed out, to be deleted when they are committed.
    waiting: Vec<PathBuf>,
    /// Committed, and the disk would not delete them.
    left: BTreeSet<PathBuf>,
}

impl Declared {
    /// Of the spool in `dir`. Makes the folder, so that it belongs to the agent's user. Blocks on the disk.
    pub fn open(dir: &Path) -> Declared {
        let folder = folder(dir);
        if let Err(error) = fs::create_dir_all(&folder) {
            tracing::warn!(%error, folder = %folder.display(), "the folder of declarations could not be made");
        }
        Declared { folder, waiting: Vec::new(), left: BTreeSet::new() }
    }

    /// Of no spool: nothing is ever declared.
    pub fn none() -> Declared {
        Declared { folder: PathBuf::new(), waiting: Vec::new(), left: BTreeSet::new() }
    }

    /// What was declared and is not committed yet, in the order of its times. Blocks on the disk.
    pub fn look(&mut self) -> Vec<Event> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.take(ENTRIES_MAX).flatten().map(|entry| entry.path());
        let mut paths: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|ending| ending == ENDING) && !self.left.contains(path))
            .collect();
        paths.sort();
        let mut events = Vec::new();
        for path in paths.into_iter().take(FILES_MAX) {
            match read(&path) {
                Ok(event) => {
                    events.push(event);
                    self.waiting.push(path);
                }
                Err(error) => self.set_aside(path, &error),
            }
        }
        events
    }

    /// Those of the latest look are committed. Blocks on the disk.
    pub fn committed(&mut self) {
        for path in self.waiting.drain(..) {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, file = %path.display(), "committed, and the file can not be deleted: do it by hand");
                self.left.insert(path);
            }
        }
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
    }

    fn set_aside(&mut self, path: PathBuf, error: &io::Error) {
        let aside = path.with_extension("unreadable");
        tracing::error!(%error, file = %aside.display(), "a declaration can not be read and is set aside: declare it again");
        if fs::rename(&path, &aside).is_err() {
            self.left.insert(path);
        }
    }
}

fn read(path: &Path) -> io::Result<Event> {
    let mut bytes = Vec::new();
    File::open(path)?.take(RECORD_BYTES_MAX as u64 + 5).read_to_end(&mut bytes)?;
    let wrong = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    let (crc32c, body) = bytes.split_first_chunk().ok_or_else(|| wrong("the file is too short"))?;
    let record = Record {
        kind: RecordKind::Event as u8,
        crc32c: u32::from_be_bytes(*crc32c),
        body: Bytes::copy_from_slice(body),
    };
    match decode(&record).map_err(|error| wrong(&error.to_string()))? {
        Content::Event(event @ Event { what: EventKind::Replaced(_) | EventKind::Entered(_), .. }) => Ok(event),
        _ => Err(wrong("it declares nothing that a person may declare")),
    }
}
