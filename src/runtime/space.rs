//! How much room a file system has left for us.

use std::{io, path::Path};

/// Bytes that a process without privileges may still write where `path` lies.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let figures = rustix::fs::statvfs(path)?;
    Ok(figures.f_bavail.saturating_mul(figures.f_frsize))
}
