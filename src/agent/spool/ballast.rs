//! Room that is given up when the disk is full, so that the spool can open, say what it drops, and go on.

use super::{disk::Disk, error::SpoolError};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

pub(super) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// 16 MiB, less for a small budget.
    pub fn new(path: PathBuf, bytes_max: u64) -> Ballast {
        Ballast { path, bytes: (16 << 20).min(bytes_max / 16) }
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether there was any.
    pub fn release(&self, disk: &dyn Disk) -> bool {
        let released = self.path.exists() && disk.remove_file(&self.path).is_ok();
        if released {
            tracing::warn!(bytes = self.bytes, "the disk is full: the ballast is given up");
        }
        released
    }

    /// Makes it again where there is room for four of it. Its loss in a power cut costs nothing: no fsync.
    pub fn restore(&self, free: u64) {
        let whole = std::fs::metadata(&self.path).is_ok_and(|file| file.len() >= self.bytes);
        if self.bytes == 0 || whole || free < self.bytes.saturating_mul(4) {
            return;
        }
        if let Err(error) = allocate(&self.path, self.bytes) {
            tracing::debug!(%error, "no ballast");
            let _none = std::fs::remove_file(&self.path);
        }
    }
}

fn allocate(path: &Path, bytes: u64) -> Result<(), SpoolError> {
    let file = File::create(path).map_err(SpoolError::at(path))?;
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes)
        .map_err(io::Error::from)
        .map_err(SpoolError::at(path))
}
