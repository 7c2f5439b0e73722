//! How full the spool is, and what gives way.
//!
//! ```text
//!   Low ── 80 % of the budget, or little room left on the disk ──▶ High ── 95 %, or hardly any ──▶ Full
//! ```
//!
//! | level | what gives way |
//! |---|---|
//! | High | what can wait elsewhere: the recorder withholds the broker's acknowledgements |
//! | Full | drop_oldest: what is set aside and reported, then the oldest sealed generation, with a gap. refuse: the new records |
//!
//! # Promises
//! - The newest generations are never dropped: neither the current one nor the one sealed last.
//! - Age is counted against the generation sealed last, not against the clock: a clock that jumps drops nothing
//!   before it was wrong for a whole generation.

use super::{
    Fill, Level, SpoolError, WhenFull,
    gaps::{self, Then},
    index::Entry,
    layout::Layout,
    sled_spool::{Inner, held},
};
use crate::runtime::space;
use std::{
    io::ErrorKind::{QuotaExceeded, StorageFull},
    sync::atomic::Ordering::Relaxed,
};

/// Room on the disk below which the level is High or Full, for a budget that is large enough.
const FREE_HIGH: u64 = 64 << 20;
const FREE_FULL: u64 = 8 << 20;

impl Inner {
    pub(super) fn fill(&self) -> Fill {
        let spooled: u64 = held(&self.index).entries().iter().map(|entry| entry.disk_bytes).sum();
        let bytes = spooled.saturating_add(self.aside_bytes.load(Relaxed));
        let bytes_max = self.limits.bytes_max;
        let free = space::free_bytes(self.layout.dir()).unwrap_or(u64::MAX);
        let level = if bytes >= bytes_max / 20 * 19 || free < FREE_FULL.min(bytes_max / 32) {
            Level::Full
        } else if bytes >= bytes_max / 5 * 4 || free < FREE_HIGH.min(bytes_max / 16) {
            Level::High
        } else {
            Level::Low
        };
        Fill { bytes, bytes_max, level }
    }

    /// Before a commit: room by policy, or the refusal.
    pub(super) fn keep_budget(&self) -> Result<(), SpoolError> {
        while let Some(ordinal) = self.outdated() {
            self.drop_generation(ordinal, "older than [spool] age_max_days")?;
        }
        while self.fill().level == Level::Full {
            if self.limits.when_full == WhenFull::Refuse {
                return Err(SpoolError::Full);
            }
            if !self.drop_oldest()? {
                break; // nothing is left to give: the disk itself decides
            }
        }
        Ok(())
    }

    /// After the disk said that it is full; whether there is room now.
    pub(super) fn make_room(&self) -> bool {
        if self.ballast.release(&*self.disk) {
            return true;
        }
        self.limits.when_full == WhenFull::DropOldest
            && self.drop_oldest().unwrap_or_else(|error| {
                tracing::error!(%error, "the oldest generation could not be dropped");
                false
            })
    }

    fn drop_oldest(&self) -> Result<bool, SpoolError> {
        if self.forget_aside()? {
            return Ok(true);
        }
        let oldest = held(&self.index).droppable().map(|entry| entry.ordinal);
        oldest.map_or(Ok(false), |ordinal| self.drop_generation(ordinal, "the spool was full").map(|()| true))
    }

    fn outdated(&self) -> Option<u64> {
        let age_max = i64::try_from(self.limits.age_max.as_millis()).unwrap_or(i64::MAX);
        let index = held(&self.index);
        let newest = index.entries().iter().rev().find(|entry| entry.sealed)?.ended;
        index.droppable().filter(|oldest| newest.since(oldest.ended) > age_max).map(|oldest| oldest.ordinal)
    }

    /// The records go at once, their gap comes with the next commit, and until then its marker lies there under
    /// another name.
    fn drop_generation(&self, ordinal: u64, why: &str) -> Result<(), SpoolError> {
        let entry = held(&self.index).at(ordinal).cloned();
        {
            let mut open = held(&self.open);
            held(&self.index).remove(ordinal);
            open.remove(ordinal);
        }
        let renamed = set_dropped(&self.layout, &*self.disk, ordinal);
        held(&self.pending).push(gaps::dropped(&self.layout, ordinal, why));
        self.notify();
        let records = entry.map_or(0, |entry| entry.extent.last);
        tracing::error!(ordinal, records, why, "the oldest generation is dropped, a gap will say so");
        renamed
    }

    /// Deletes one generation that is set aside and reported; whether there was one.
    fn forget_aside(&self) -> Result<bool, SpoolError> {
        let aside = self.layout.set_aside();
        let Some(ordinal) = aside.reported_ordinals()?.first().copied() else { return Ok(false) };
        if held(&self.pending).iter().any(|one| one.then == Then::Report(ordinal)) {
            return Ok(false);
        }
        tracing::warn!(ordinal, "a generation in quarantine is deleted to make room");
        super::trim::delete(&aside, &*self.disk, ordinal)?;
        let reported = aside.reported(ordinal);
        self.disk.remove_file(&reported).map_err(SpoolError::at(&reported))?;
        self.aside_bytes.store(aside.all_bytes(), Relaxed);
        Ok(true)
    }
}

/// From here on it counts as dropped, whatever happens.
pub(super) fn set_dropped(layout: &Layout, disk: &dyn super::disk::Disk, ordinal: u64) -> Result<(), SpoolError> {
    let dropped = layout.dropped(ordinal);
    disk.rename(&layout.ok(ordinal), &dropped).map_err(SpoolError::at(&dropped))?;
    disk.sync_folder(layout.dir()).map_err(SpoolError::at(layout.dir()))?;
    let folder = layout.folder(ordinal);
    disk.remove_folder(&folder).map_err(SpoolError::at(&folder))
}

/// Whether the disk had no room for it.
pub(super) fn is_full(error: &SpoolError) -> bool {
    matches!(error, SpoolError::Io { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded))
}

impl super::index::Index {
    /// The oldest sealed one, but not the last two: what is written, and what was just written.
    fn droppable(&self) -> Option<&Entry> {
        let (_newest, older) = self.entries().split_last()?;
        let (_last, older) = older.split_last()?;
        older.iter().find(|entry| entry.sealed)
    }
}
