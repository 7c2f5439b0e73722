//! The spool as the benchmarks use it.

use mujun::{
    agent::{meaning::Meaning, spool::Spool},
    wire::record::Record,
};
use std::path::Path;

pub fn open(dir: &Path, preamble: Vec<Record>) -> Spool {
    Spool::open(dir, preamble).unwrap()
}

pub fn commit(spool: &Spool, records: &[Record]) {
    spool.commit(records).unwrap();
}

/// What the recorder hands to a commit: the records of everything that `meaning` took since the last one.
pub fn close(meaning: &mut Meaning) -> Vec<Record> {
    meaning.close()
}
