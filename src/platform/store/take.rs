//! A record that may be taken, into the tables: its block, and what it means to dictionary, gaps and ledger.

use super::{
    BadRecord, StoreError, attestation, block, gap,
    generation::{self, Dictionary},
    hole,
    judge::judge,
    ledger,
};
use crate::{
    model::{Reading, UtcMillis},
    wire::record::{Content, Record, RecordError},
};
use rusqlite::Connection;
use std::collections::HashMap;

/// Takes records of one generation. The ledger is changed at the end, for all of them together.
pub struct Taker<'a> {
    tx: &'a Connection,
    gateway: i64,
    generation: i64,
    dictionary: Dictionary,
    readings: HashMap<i64, Vec<Reading>>,
    now: UtcMillis,
}

impl<'a> Taker<'a> {
    pub fn new(tx: &'a Connection, gateway: i64, generation: i64, now: UtcMillis) -> Result<Taker<'a>, StoreError> {
        let dictionary = generation::dictionary(tx, generation)?;
        Ok(Taker { tx, gateway, generation, dictionary, readings: HashMap::new(), now })
    }

    /// The times of the record's samples, where it has any; or why it is not taken, and then nothing was written.
    pub fn take(
        &mut self,
        seq: i64,
        record: &Record,
        content: Result<&Content, &RecordError>,
    ) -> Result<Result<Option<(UtcMillis, UtcMillis)>, BadRecord>, StoreError> {
        let content = match content {
            Ok(content) => content,
            Err(error) => return Ok(Err(BadRecord::Record(error.clone()))),
        };
        let times = match judge(self.tx, self.gateway, content, &self.dictionary, self.now)? {
            Ok(times) => times,
            Err(bad) => return Ok(Err(bad)),
        };
        let place = block::Place { gateway: self.gateway, generation: self.generation, seq };
        block::insert(self.tx, &place, record, times.unwrap_or_default())?;
        block::collect(content, &self.dictionary, |series, reading| {
            self.readings.entry(series).or_default().push(reading);
        });
        match content {
            Content::Dictionary(new) => {
                for (local, series) in &new.series {
                    if !self.dictionary.contains_key(local) {
                        let known = generation::define(self.tx, self.gateway, self.generation, *local, series)?;
                        self.dictionary.insert(*local, known);
                    }
                }
            }
            Content::Gap(gap) => gap::insert(self.tx, &place, gap, self.now)?,
            Content::Recalled(intervals) => hole::fill(self.tx, self.gateway, intervals)?,
            Content::Samples(..) => return Ok(Ok(times)),
            Content::Attestation(one) => attestation::note(self.tx, self.gateway, one, self.now)?,
            Content::Intervals(_) | Content::Event(_) => {}
        }
        Ok(Ok(None))
    }

    pub fn finish(self) -> Result<(), StoreError> {
        ledger::merge(self.tx, self.gateway, self.readings)
    }
}
