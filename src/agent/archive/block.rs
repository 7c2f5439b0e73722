//! The frame of an archive file: blocks that are found again behind a damage.
//!
//! ```text
//!   │ "MJA1" │ kind 1 │ length 4 │ CRC-32C of kind, length, payload 4 │ payload │
//!   dictionary: for each record, length 4 │ CRC-32C 4 │ body
//!   intervals:  gen_id 16 │ dictionary's id 8 │ columns
//! ```

use crate::wire::{GenId, proto::RecordKind, record::Record};
use bytes::Bytes;

pub const DICTIONARY: u8 = 1;
pub const INTERVALS: u8 = 2;
const MAGIC: &[u8; 4] = b"MJA1";
const HEADER: usize = 13;

pub enum Block<'a> {
    Dictionary { id: u64, records: Vec<Record> },
    Intervals { gen_id: GenId, dictionary: u64, columns: &'a [u8] },
}

/// A block, or what lies where one should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Damaged;

pub fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut frame = MAGIC.to_vec();
    frame.push(kind);
    frame.extend(length);
    frame.extend(checksum(kind, &length, payload).to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

fn checksum(kind: u8, length: &[u8], payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c_append(crc32c::crc32c(&[kind]), length);
    crc32c::crc32c_append(crc, payload)
}

pub fn dictionary(records: &[Record]) -> Vec<u8> {
    let mut payload = Vec::new();
    for record in records {
        payload.extend(u32::try_from(record.body.len()).unwrap_or(u32::MAX).to_le_bytes());
        payload.extend(record.crc32c.to_le_bytes());
        payload.extend_from_slice(&record.body);
    }
    payload
}

/// What names a dictionary inside of a file.
pub fn id(dictionary: &[u8]) -> u64 {
    (dictionary.len() as u64) << 32 | u64::from(crc32c::crc32c(dictionary))
}

pub fn intervals(gen_id: &GenId, dictionary: u64, columns: &[u8]) -> Vec<u8> {
    let mut payload = gen_id.to_vec();
    payload.extend(dictionary.to_le_bytes());
    payload.extend_from_slice(columns);
    payload
}

/// The blocks of a file, in order; one `Damaged` for each stretch that is none.
pub struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub fn new(file: &'a [u8]) -> Scan<'a> {
        Scan { rest: file }
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Result<Block<'a>, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some((block, behind)) = take(self.rest) {
            self.rest = behind;
            return Some(block.ok_or(Damaged));
        }
        // to the next block that is whole
        let at =
            (1..self.rest.len()).find(|at| self.rest[*at..].starts_with(MAGIC) && take(&self.rest[*at..]).is_some());
        self.rest = at.and_then(|at| self.rest.get(at..)).unwrap_or_default();
        Some(Err(Damaged))
    }
}

/// The block at the start, `None` inside where its payload is none of ours, and what follows.
fn take(bytes: &[u8]) -> Option<(Option<Block<'_>>, &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let (magic, header) = header.split_at(4);
    let (&kind, header) = header.split_first()?;
    let (length, crc) = header.split_at(4);
    let count = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
    let (payload, behind) = rest.split_at_checked(count)?;
    let whole = magic == MAGIC && checksum(kind, length, payload).to_le_bytes() == crc;
    whole.then(|| (parse(kind, payload), behind))
}

fn parse(kind: u8, payload: &[u8]) -> Option<Block<'_>> {
    match kind {
        DICTIONARY => {
            let (mut records, mut rest) = (Vec::new(), payload);
            while !rest.is_empty() {
                let (length, behind) = rest.split_first_chunk::<4>()?;
                let (crc, behind) = behind.split_first_chunk::<4>()?;
                let (body, behind) = behind.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
                let body = Bytes::copy_from_slice(body);
                records.push(Record { kind: RecordKind::Dictionary as u8, crc32c: u32::from_le_bytes(*crc), body });
                rest = behind;
            }
            Some(Block::Dictionary { id: id(payload), records })
        }
        INTERVALS => {
            let (gen_id, rest) = payload.split_first_chunk::<16>()?;
            let (dictionary, columns) = rest.split_first_chunk::<8>()?;
            Some(Block::Intervals { gen_id: *gen_id, dictionary: u64::from_le_bytes(*dictionary), columns })
        }
        _ => None,
    }
}
