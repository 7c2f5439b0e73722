//! The records that platforms refused: kept for people, bounded, counted for ever.
//!
//! ```text
//!   REFUSED: <running number at its destination> <ms> <gen_id> <seq> <code> <name> <message> <crc>
//! ```
//!
//! # Promises
//! - Durable on return. The last 1,000 are kept; the count of each destination outlives what is dropped.
//! - A message is one line of at most 300 characters, whatever a platform sends.
//!
//! # Does not
//! Keep the record: the platform does, with the reason, and its mark moves on.

use super::{disk::Disk, error::SpoolError, line};
use crate::{
    model::UtcMillis,
    runtime::clock,
    wire::{GenId, hex},
};
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Write},
    path::PathBuf,
};

const KEPT: usize = 1000;
/// Lines in the file before it is written anew.
const LINES_MAX: usize = 2 * KEPT;
const MESSAGE_CHARS_MAX: usize = 300;

/// A platform's word on one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub gen_id: GenId,
    pub seq: u64,
    /// The contract's `RefusedCode`.
    pub code: i32,
    /// For people, English.
    pub message: String,
}

/// A refusal as it was kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// From 1, at its destination.
    pub number: u64,
    pub time: UtcMillis,
    pub destination: String,
    pub refusal: Refusal,
}

#[derive(Debug)]
pub(super) struct Refused {
    path: PathBuf,
    kept: VecDeque<Kept>,
    lines: usize,
}

impl Refused {
    pub fn read(path: PathBuf) -> Result<Refused, SpoolError> {
        let text = match line::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(SpoolError::at(&path))?.unwrap_or_default(),
        };
        let kept = text.lines().filter_map(|line| parse(line::unchecked(line)?)).collect();
        // a damaged or torn end must not be continued
        let lines = if text.ends_with('\n') || text.is_empty() { text.lines().count() } else { LINES_MAX };
        Ok(Refused { path, kept, lines })
    }

    /// Refused ever by this destination.
    pub fn count(&self, destination: &str) -> u64 {
        self.kept.iter().rev().find(|kept| kept.destination == destination).map_or(0, |kept| kept.number)
    }

    pub fn all(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter()
    }

    pub fn add(&mut self, disk: &dyn Disk, destination: &str, refusal: Refusal) -> Result<(), SpoolError> {
        let message = refusal.message.chars().take(MESSAGE_CHARS_MAX);
        let message = message.map(|c| if c.is_control() { ' ' } else { c }).collect();
        let kept = Kept {
            number: self.count(destination).saturating_add(1),
            time: clock::now(),
            destination: destination.to_owned(),
            refusal: Refusal { message, ..refusal },
        };
        let line = line::checked(&text(&kept));
        self.kept.push_back(kept);
        self.lines += 1;
        if self.lines > LINES_MAX {
            return self.rewrite(disk);
        }
        let append = || {
            let mut file = File::options().create(true).append(true).open(&self.path)?;
            file.write_all(line.as_bytes())?;
            disk.sync_file(&self.path, &file)
        };
        append().map_err(SpoolError::at(&self.path))
    }

    /// Keeps the last 1,000, and the last of each destination for its count.
    fn rewrite(&mut self, disk: &dyn Disk) -> Result<(), SpoolError> {
        let surplus = self.kept.len().saturating_sub(KEPT);
        let mut old: Vec<Kept> = self.kept.drain(..surplus).collect();
        old.retain(|old| self.count(&old.destination) == 0);
        let last: Vec<Kept> = old
            .iter()
            .enumerate()
            .filter(|(at, kept)| !old[at + 1..].iter().any(|later| later.destination == kept.destination))
            .map(|(_, kept)| kept.clone())
            .collect();
        last.into_iter().rev().for_each(|kept| self.kept.push_front(kept));
        let lines: String = self.kept.iter().map(|kept| line::checked(&text(kept))).collect();
        self.lines = self.kept.len();
        line::replace(disk, &self.path, lines.as_bytes())
    }
}

/// The destination's name is a name of the configuration: without spaces.
fn text(kept: &Kept) -> String {
    let Kept { number, time, destination, refusal } = kept;
    let Refusal { gen_id, seq, code, message } = refusal;
    format!("{number} {} {} {seq} {code} {destination} {message}", time.0, hex(gen_id))
}

fn parse(text: &str) -> Option<Kept> {
    let mut words = text.splitn(7, ' ');
    let number = words.next()?.parse().ok()?;
    let time = UtcMillis(words.next()?.parse().ok()?);
    let gen_id = line::id_from_hex(words.next()?)?;
    let seq = words.next()?.parse().ok()?;
    let code = words.next()?.parse().ok()?;
    let destination = words.next()?.to_owned();
    let message = words.next()?.to_owned();
    Some(Kept { number, time, destination, refusal: Refusal { gen_id, seq, code, message } })
}
