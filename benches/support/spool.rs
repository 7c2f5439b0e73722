//! The spool as the benchmarks use it.

use mujun::{
    agent::{
        meaning::Meaning,
        spool::{Limits, SledSpool, Spool},
    },
    wire::record::Record,
};
use std::path::Path;

pub fn open(dir: &Path, preamble: Vec<Record>) -> SledSpool {
    SledSpool::open(dir, preamble, &["platform".to_owned()], Limits::DEFAULT).unwrap()
}

pub fn commit(spool: &SledSpool, records: &[Record]) {
    spool.commit(records, None).unwrap();
}

/// What the recorder hands to a commit: the records of everything that `meaning` took since the last one.
pub fn close(meaning: &mut Meaning) -> Vec<Record> {
    meaning.close().0
}
