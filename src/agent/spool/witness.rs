//! A second opinion on where the tail was: what the last commits were, in a file that no database touches.
//!
//! ```text
//!   WITNESS: two slots of 64 bytes, written in turn; all little-endian
//!   │ counter 8 │ gen_id 16 │ last_seq 8 │ records 4 │ span 8 + 8 │ wall clock 8 │ CRC-32C 4 │
//! ```
//!
//! # Promises
//! - Written and fsynced after the records of a commit and before the commit returns, so it never says too much; a
//!   slot that a power cut tore leaves the other one.
//!
//! # Does not
//! Fail a commit: the records are durable without it. It is made anew at the next one.

use super::{disk::Disk, error::SpoolError};
use crate::{
    model::{Span, UtcMillis},
    wire::GenId,
};
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

const SLOT: usize = 64;

/// What one slot says of a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub gen_id: GenId,
    pub last_seq: u64,
    /// Records of this commit: the last ones through `last_seq`.
    pub records: u32,
    /// Times of its samples.
    pub span: Option<Span>,
    pub wall: UtcMillis,
}

pub(super) struct Witness {
    path: PathBuf,
    /// `None` after an error.
    file: Option<File>,
    counter: u64,
}

impl Witness {
    /// With what it said last.
    pub fn open(disk: &dyn Disk, path: PathBuf) -> Result<(Witness, Option<Said>), SpoolError> {
        let last = read(&path)?;
        let mut witness = Witness { path, file: None, counter: last.map_or(0, |(counter, _)| counter) };
        witness.file = File::options().write(true).open(&witness.path).ok();
        if witness.file.is_none() {
            witness.make(disk, &[0; 2 * SLOT])?;
        }
        Ok((witness, last.map(|(_, said)| said)))
    }

    pub fn say(&mut self, disk: &dyn Disk, said: &Said) {
        self.counter = self.counter.wrapping_add(1);
        let slot = encode(self.counter, said);
        let at = (self.counter % 2) * SLOT as u64;
        let result = match &self.file {
            Some(file) => file
                .write_all_at(&slot, at)
                .and_then(|()| disk.sync_file(&self.path, file))
                .map_err(SpoolError::at(&self.path)),
            None => {
                let mut both = [0; 2 * SLOT];
                both[usize::from(at > 0) * SLOT..][..SLOT].copy_from_slice(&slot);
                self.make(disk, &both)
            }
        };
        if let Err(error) = result {
            // after a failed fsync the same descriptor may lie
            self.file = None;
            tracing::warn!(%error, "the witness was not written, the next commit makes it anew");
        }
    }

    fn make(&mut self, disk: &dyn Disk, contents: &[u8]) -> Result<(), SpoolError> {
        super::line::replace(disk, &self.path, contents)?;
        let file = File::options().write(true).open(&self.path).map_err(SpoolError::at(&self.path))?;
        self.file = Some(file);
        Ok(())
    }
}

/// The last one that is whole, and its counter.
pub(super) fn read(path: &Path) -> Result<Option<(u64, Said)>, SpoolError> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(SpoolError::at(path))?,
    };
    Ok(bytes.chunks(SLOT).take(2).filter_map(decode).max_by_key(|(counter, _)| *counter))
}

fn encode(counter: u64, said: &Said) -> [u8; SLOT] {
    let (start, end) = said.span.map_or((0, 0), |span| (span.start.0, span.end.0));
    let mut slot = Vec::with_capacity(SLOT);
    slot.extend(counter.to_le_bytes());
    slot.extend(said.gen_id);
    slot.extend(said.last_seq.to_le_bytes());
    slot.extend(said.records.to_le_bytes());
    slot.extend(start.to_le_bytes());
    slot.extend(end.to_le_bytes());
    slot.extend(said.wall.0.to_le_bytes());
    slot.extend(crc32c::crc32c(&slot).to_le_bytes());
    let mut whole = [0; SLOT];
    whole.copy_from_slice(&slot);
    whole
}

fn decode(slot: &[u8]) -> Option<(u64, Said)> {
    let (text, crc) = slot.split_last_chunk::<4>()?;
    if text.len() != SLOT - 4 || crc32c::crc32c(text) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut rest = text;
    let mut next = || {
        let (word, behind) = rest.split_first_chunk::<8>()?;
        rest = behind;
        Some(*word)
    };
    let counter = u64::from_le_bytes(next()?);
    let (high, low) = (next()?, next()?);
    let last_seq = u64::from_le_bytes(next()?);
    let (records, behind) = rest.split_first_chunk::<4>()?;
    rest = behind;
    let mut next = || {
        let (word, behind) = rest.split_first_chunk::<8>()?;
        rest = behind;
        Some(i64::from_le_bytes(*word))
    };
    let (start, end, wall) = (next()?, next()?, next()?);
    let mut gen_id = [0; 16];
    gen_id[..8].copy_from_slice(&high);
    gen_id[8..].copy_from_slice(&low);
    let span = (start, end) != (0, 0) && start <= end;
    Some((
        counter,
        Said {
            gen_id,
            last_seq,
            records: u32::from_le_bytes(*records),
            span: span.then_some(Span { start: UtcMillis(start), end: UtcMillis(end) }),
            wall: UtcMillis(wall),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_slot_leaves_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("WITNESS");
        let (mut witness, none) = Witness::open(&super::super::disk::OsDisk, path.clone()).unwrap();
        assert_eq!(none, None);
        let said = |last_seq| Said {
            gen_id: [9; 16],
            last_seq,
            records: 3,
            span: (last_seq != 2).then_some(Span { start: UtcMillis(-5), end: UtcMillis(70) }),
            wall: UtcMillis(1_700_000_000_000),
        };
        for last_seq in 1..=5 {
            witness.say(&super::super::disk::OsDisk, &said(last_seq));
            assert_eq!(read(&path).unwrap(), Some((last_seq, said(last_seq))));
            let bytes = std::fs::read(&path).unwrap();
            for at in 0..bytes.len() {
                let mut torn = bytes.clone();
                torn[at] ^= 0x40;
                std::fs::write(&path, torn).unwrap();
                let (counter, found) = read(&path).unwrap().unwrap_or((0, said(0)));
                assert!(counter + 1 >= last_seq && found == said(counter), "{at}");
            }
            std::fs::write(&path, bytes).unwrap();
        }
    }
}
