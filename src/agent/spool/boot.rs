//! Which run of which store this is: the file BOOT, by which a platform knows a copied disk.
//!
//! ```text
//!   mujun-boot 1 <store_id> <boot_id> <prev_boot_id or -> <counter> <crc>
//! ```
//!
//! # Promises
//! - Each opening has a boot_id of its own, durably before anything is sent under it.
//!
//! # Does not
//! Survive its own loss: without a readable BOOT the store is a new one, and the platform says so.

use super::{
    disk::Disk,
    error::SpoolError,
    line::{self, hex_or_none, id_from_hex, id_or_none},
};
use crate::{runtime::random, wire::hex};
use std::{io, path::Path};

/// One run of one store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Made with the folder; `mujun-agent spool renew-store` makes another.
    pub store_id: [u8; 16],
    pub boot_id: [u8; 16],
    /// Of the start before.
    pub prev_boot_id: Option<[u8; 16]>,
    /// 1 at the store's first start.
    pub boot_counter: u64,
}

/// The run that begins now.
pub(super) fn begin(disk: &dyn Disk, path: &Path) -> Result<Run, SpoolError> {
    let run = match read(path)? {
        Some(last) => Run {
            store_id: last.store_id,
            boot_id: random::id(),
            // a store that was renewed has no boot before
            prev_boot_id: (last.boot_counter > 0).then_some(last.boot_id),
            boot_counter: last.boot_counter.saturating_add(1),
        },
        None => Run { store_id: random::id(), boot_id: random::id(), prev_boot_id: None, boot_counter: 1 },
    };
    write(disk, path, &run)?;
    Ok(run)
}

/// Makes the store another one: its next run is the first.
pub(super) fn renew(disk: &dyn Disk, path: &Path) -> Result<[u8; 16], SpoolError> {
    let run = Run { store_id: random::id(), boot_id: random::id(), prev_boot_id: None, boot_counter: 0 };
    write(disk, path, &run)?;
    Ok(run.store_id)
}

fn write(disk: &dyn Disk, path: &Path, run: &Run) -> Result<(), SpoolError> {
    let (store, boot, prev) = (hex(&run.store_id), hex(&run.boot_id), hex_or_none(run.prev_boot_id.as_ref()));
    let text = format!("mujun-boot 1 {store} {boot} {prev} {}", run.boot_counter);
    line::replace(disk, path, line::checked(&text).as_bytes())
}

fn read(path: &Path) -> Result<Option<Run>, SpoolError> {
    let text = match line::read_one(path) {
        Err(SpoolError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let run = text.as_deref().and_then(parse);
    if run.is_none() {
        tracing::error!(path = %path.display(), "this file is damaged: the spool counts as a new store from here on");
    }
    Ok(run)
}

fn parse(text: &str) -> Option<Run> {
    let ["mujun-boot", "1", store, boot, prev, counter] = text.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    Some(Run {
        store_id: id_from_hex(store)?,
        boot_id: id_from_hex(boot)?,
        prev_boot_id: id_or_none(prev)?,
        boot_counter: counter.parse().ok()?,
    })
}
