//! Every step on which durability rests, so that a test can watch the steps, leave one out or let one fail.

use crate::runtime::fault::{Fault, planted};
use std::{fs, fs::File, io, path::Path};

pub(super) trait Disk: Send + Sync {
    /// sled's own flush: after it, all appended records are written to the file, though not yet durable.
    fn flush(&self, db: &sled::Db) -> sled::Result<()>;
    /// Contents and size of the file at `path`, of which `file` is a descriptor.
    fn sync_file(&self, path: &Path, file: &File) -> io::Result<()>;
    /// The names in a folder.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
}

pub(super) struct OsDisk;

impl Disk for OsDisk {
    fn flush(&self, db: &sled::Db) -> sled::Result<()> {
        db.flush().map(|_bytes| ())
    }

    fn sync_file(&self, _path: &Path, file: &File) -> io::Result<()> {
        if planted(Fault::NoFsync) { Ok(()) } else { file.sync_all() }
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        if planted(Fault::NoFolderFsync) { Ok(()) } else { File::open(path)?.sync_all() }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }
}
