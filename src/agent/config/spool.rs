//! The `[spool]` table.

use super::{
    SpoolConfig,
    key::{AGE_MAX_DAYS, ARCHIVE_DAYS, ARCHIVE_MIB_MAX, BYTES_MAX_MIB, COMMIT_INTERVAL_MS, DIR, WHEN_FULL},
    meter,
};
use crate::{
    agent::spool::WhenFull,
    runtime::settings::{self, Key, Section},
};
use std::{ops::RangeInclusive, path::Path, time::Duration};

const WHEN_FULL_WORDS: [(&str, WhenFull); 2] = [("drop_oldest", WhenFull::DropOldest), ("refuse", WhenFull::Refuse)];

pub(super) fn config(section: Option<&Section>) -> SpoolConfig {
    let dir = section.and_then(|section| section.parse(&DIR, settings::path));
    let dir = dir.map_or(Path::new("spool"), |dir| dir.value);
    let integer = |key: &Key, default: i64, range: RangeInclusive<i64>| {
        section.map_or(Some(default), |section| section.or(key, default, section.integer(key, range)))
    };
    let count = |key: &Key, default, range| integer(key, default, range).unwrap_or(default).unsigned_abs();
    let when_full = section.and_then(|section| section.one_of(&WHEN_FULL, &WHEN_FULL_WORDS));
    SpoolConfig {
        dir: dir.into(),
        commit_interval: meter::millis(integer(&COMMIT_INTERVAL_MS, 2000, 200..=10_000)),
        bytes_max: count(&BYTES_MAX_MIB, 2048, 64..=1_048_576) << 20,
        age_max: Duration::from_secs(count(&AGE_MAX_DAYS, 3650, 1..=3650) * 86_400),
        when_full: when_full.map_or(WhenFull::DropOldest, |found| found.value),
        archive_days: u32::try_from(count(&ARCHIVE_DAYS, 183, 0..=3650)).unwrap_or(u32::MAX),
        archive_bytes_max: count(&ARCHIVE_MIB_MAX, 256, 1..=65_536) << 20,
    }
}
