//! The spool's promises, each under its name.

mod api;
mod archived;
mod budget;
mod damage;
mod destinations;
mod double;
mod errors;
mod full_disk;
mod gaps;
mod identity;
mod order;
mod power;

use super::{disk::Disk, sled_spool::held, *};
use crate::wire::{
    proto::RecordKind,
    record::{self, Content, Gap},
};
use bytes::Bytes;
use double::Double;
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

/// One destination, as most gateways have.
fn open(folder: &Path, preamble: Vec<Record>) -> Result<SledSpool, SpoolError> {
    open_with(folder, preamble, Limits::DEFAULT)
}

fn open_with(folder: &Path, preamble: Vec<Record>, limits: Limits) -> Result<SledSpool, SpoolError> {
    SledSpool::open(folder, preamble, &["platform".into()], limits)
}

fn open_on(disk: Arc<dyn Disk>, folder: &Path, preamble: Vec<Record>, limits: Limits) -> Result<SledSpool, SpoolError> {
    SledSpool::open_on(disk, folder, |_| preamble, &["platform".into()], limits)
}

const GAP: u8 = RecordKind::Gap as u8;

/// Record `number`, recognisable and `size` bytes long, at least 8. Its bytes do not repeat.
fn record(number: u64, size: usize) -> Record {
    let mut body = number.to_le_bytes().to_vec();
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while body.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        body.push(state.to_le_bytes()[3]);
    }
    Record { kind: 2, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) }
}

fn records(numbers: std::ops::RangeInclusive<u64>) -> Vec<Record> {
    numbers.map(|number| record(number, 100)).collect()
}

/// A dictionary's stand-in.
fn preamble() -> Vec<Record> {
    let body = Bytes::from_static(b"the dictionary");
    vec![Record { kind: 1, crc32c: crc32c::crc32c(&body), body }]
}

fn number(record: &Record) -> u64 {
    u64::from_le_bytes(record.body[..8].try_into().unwrap())
}

/// Everything readable of one generation, page by page.
fn read_all(spool: &SledSpool, generation: &Generation) -> Vec<Record> {
    let mut all = Vec::new();
    loop {
        let page = spool.read(&generation.gen_id, all.len() as u64 + 1, 7, 1 << 20).unwrap();
        if page.is_empty() {
            assert_eq!(all.len() as u64, generation.last_seq);
            return all;
        }
        all.extend(page);
    }
}

/// The numbers of all records but the preambles', over all generations; each begins with its preamble.
fn numbers(spool: &SledSpool) -> Vec<u64> {
    let mut numbers = Vec::new();
    for generation in spool.generations() {
        let all = read_all(spool, &generation);
        assert_eq!(all[..1], preamble());
        for stored in all[1..].iter().filter(|stored| stored.kind != GAP) {
            assert_eq!(*stored, record(number(stored), stored.body.len()), "the content is what was committed");
            numbers.push(number(stored));
        }
    }
    numbers
}

/// Reads everything, and gives what could not be read.
fn unreadable(spool: &SledSpool) -> Vec<SpoolError> {
    let read = |generation: Generation| {
        let mut seq = 1;
        while seq <= generation.last_seq {
            seq += spool.read(&generation.gen_id, seq, 1024, 1 << 20)?.len() as u64;
        }
        Ok(())
    };
    spool.generations().into_iter().filter_map(|generation| read(generation).err()).collect()
}

/// All gaps that the readable generations tell of.
fn gaps(spool: &SledSpool) -> Vec<Gap> {
    let records = spool.generations().into_iter().flat_map(|generation| read_all(spool, &generation));
    let gaps = records.filter(|record| record.kind == GAP).map(|record| match record::decode(&record).unwrap() {
        Content::Gap(gap) => gap,
        other => panic!("{other:?}"),
    });
    gaps.collect()
}

/// The folder as a kill -9 would leave it now: the copy of a spool in use.
fn killed(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_tree(folder, copy.path());
    copy
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_tree(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Rotates at each commit.
fn small() -> Limits {
    Limits { generation_bytes_max: 1, open_deadline: Duration::from_secs(5), ..Limits::default() }
}
