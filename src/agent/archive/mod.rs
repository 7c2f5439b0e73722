//! Delivered quarter-hours → files of a day, kept for the months that a regulator may ask for.
//!
//! ```text
//!   archive/2026-11-24.mja   blocks, appended: dictionary, intervals of one generation, intervals of the next, …
//! ```
//!
//! # Promises
//! - [`Archive::store`] returned: the intervals are durable. Said twice of the same generation, they are there once.
//! - A damaged block costs itself and nothing else; it is counted.
//! - Bounded in days that hold anything and in bytes; the oldest day goes first. A clock that jumps ahead makes days of
//!   its own and drops no more than as many old ones.
//!
//! # Does not
//! Keep samples, or intervals of another width: a quarter-hour is what is reported.

mod block;
mod columns;
#[cfg(test)]
mod tests;

use crate::{
    model::{Series, Span, UtcMillis},
    wire::{
        GenId,
        record::{Content, Interval, Record, decode},
    },
};
use block::{Block, Scan};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

pub use crate::energy::interval::QUARTER_MS;

pub const DAY_MS: i64 = 86_400_000;
/// Bytes of one file that are read: a day of 10,000 points takes less than 10 MB.
const FILE_BYTES_MAX: u64 = 256 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ArchiveLimits {
    /// Days that hold anything; 0 keeps none.
    pub days: u32,
    pub bytes_max: u64,
}

pub struct Archive {
    dir: PathBuf,
    limits: ArchiveLimits,
}

/// Intervals of one generation, under its own series ids.
pub struct Part {
    pub gen_id: GenId,
    pub dictionary: Vec<(u32, Series)>,
    pub intervals: Vec<Interval>,
}

/// What one day holds.
#[derive(Default)]
pub struct Day {
    pub parts: Vec<Part>,
    /// Blocks that could not be read, and stretches between blocks.
    pub damaged: u64,
}

impl Archive {
    pub fn new(dir: PathBuf, limits: ArchiveLimits) -> Archive {
        Archive { dir, limits }
    }

    pub fn keeps(&self) -> bool {
        self.limits.days > 0
    }

    /// The quarter-hours among `records`, which are those of one generation; `dictionary` are its first ones.
    ///
    /// # Errors
    /// The disk's. What was stored before is whole, and the call can be repeated.
    pub fn store(&self, gen_id: &GenId, dictionary: &[Record], records: &[Record]) -> io::Result<()> {
        if !self.keeps() {
            return Ok(());
        }
        let mut days: BTreeMap<UtcMillis, Vec<Interval>> = BTreeMap::new();
        for record in records {
            let Ok(Content::Intervals(intervals)) = decode(record) else { continue };
            for interval in intervals.into_iter().filter(|interval| interval.width_ms == QUARTER_MS) {
                days.entry(interval.start.floor(DAY_MS)).or_default().push(interval);
            }
        }
        for (day, intervals) in days {
            if let Some(name) = file_name(day) {
                self.append(&name, gen_id, dictionary, day, &intervals)?;
            }
        }
        self.trim()
    }

    fn append(
        &self,
        name: &str,
        gen_id: &GenId,
        dictionary: &[Record],
        day: UtcMillis,
        intervals: &[Interval],
    ) -> io::Result<()> {
        let path = self.dir.join(name);
        let there = read(&path)?;
        let dictionary = block::dictionary(dictionary);
        let (mut known, mut done) = (false, false);
        for block in Scan::new(&there).filter_map(Result::ok) {
            match block {
                Block::Dictionary { id, .. } => known |= id == block::id(&dictionary),
                Block::Intervals { gen_id: stored, .. } => done |= stored == *gen_id,
            }
        }
        if done {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if !known {
            bytes.extend(block::frame(block::DICTIONARY, &dictionary));
        }
        let columns = columns::encode(intervals, day);
        bytes.extend(block::frame(block::INTERVALS, &block::intervals(gen_id, block::id(&dictionary), &columns)));
        let created = !path.exists();
        if created {
            fs::create_dir_all(&self.dir)?;
        }
        let mut file = File::options().create(true).append(true).open(&path)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        if created {
            File::open(&self.dir)?.sync_all()?;
            if let Some(parent) = self.dir.parent() {
                File::open(parent)?.sync_all()?;
            }
        }
        Ok(())
    }

    /// The days that hold anything of `span`, oldest first.
    pub fn days(&self, span: Span) -> io::Result<Vec<UtcMillis>> {
        let files = self.files()?;
        let days = files.into_iter().map(|file| file.day);
        Ok(days.filter(|day| *day < span.end && span.start < day.plus_ms(DAY_MS)).collect())
    }

    pub fn day(&self, day: UtcMillis) -> io::Result<Day> {
        let mut found = Day::default();
        let Some(name) = file_name(day) else { return Ok(found) };
        let bytes = read(&self.dir.join(name))?;
        let mut dictionaries = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for block in Scan::new(&bytes) {
            let part = match block {
                Ok(Block::Dictionary { id, records }) => {
                    dictionaries.insert(id, records);
                    continue;
                }
                Ok(Block::Intervals { gen_id, dictionary, columns }) => {
                    let series = dictionaries.get(&dictionary).and_then(|records| series(records));
                    let intervals = columns::decode(columns, day);
                    series.zip(intervals).map(|(dictionary, intervals)| Part { gen_id, dictionary, intervals })
                }
                Err(block::Damaged) => None,
            };
            match part {
                Some(part) if seen.insert(part.gen_id) => found.parts.push(part),
                Some(_again) => {}
                None => found.damaged += 1,
            }
        }
        Ok(found)
    }

    pub fn bytes(&self) -> io::Result<u64> {
        Ok(self.files()?.iter().map(|file| file.bytes).sum())
    }

    fn trim(&self) -> io::Result<()> {
        let files = self.files()?;
        let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
        let mut count = files.len();
        for file in files {
            // one more: neither the first nor the last day is a whole one
            if count <= 1 || (count <= self.limits.days as usize + 1 && bytes <= self.limits.bytes_max) {
                break;
            }
            fs::remove_file(&file.path)?;
            tracing::debug!(path = %file.path.display(), "the archive's oldest day is deleted");
            bytes -= file.bytes;
            count -= 1;
        }
        Ok(())
    }

    /// The oldest first.
    fn files(&self) -> io::Result<Vec<DayFile>> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            if let Some(day) = entry.file_name().to_str().and_then(day_of) {
                files.push(DayFile { day, bytes: entry.metadata()?.len(), path: entry.path() });
            }
        }
        files.sort_by_key(|file| file.day);
        Ok(files)
    }
}

struct DayFile {
    day: UtcMillis,
    bytes: u64,
    path: PathBuf,
}

/// The dictionary's records, decoded; `None` where one is damaged.
fn series(records: &[Record]) -> Option<Vec<(u32, Series)>> {
    let mut all = Vec::new();
    for record in records {
        match decode(record) {
            Ok(Content::Dictionary(dictionary)) => all.extend(dictionary.series),
            _ => return None,
        }
    }
    Some(all)
}

/// Empty where there is none.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        file => drop(file?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?),
    }
    Ok(bytes)
}

/// The day, UTC; `None` outside of the years that a calendar knows.
fn file_name(day: UtcMillis) -> Option<String> {
    let instant = jiff::Timestamp::from_millisecond(day.0).ok()?;
    let date = jiff::tz::Offset::UTC.to_datetime(instant).date();
    (1970..=9999).contains(&date.year()).then(|| format!("{date}.mja"))
}

fn day_of(name: &str) -> Option<UtcMillis> {
    let date: jiff::civil::Date = name.strip_suffix(".mja")?.parse().ok()?;
    let instant = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    Some(UtcMillis(instant.as_millisecond()))
}
