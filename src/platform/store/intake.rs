//! A batch into one transaction: its records, what they mean to the ledger, and the mark.

use super::{BadRecord, Outcome, StoreError, block, generation, generation::Dictionary, ledger, registry};
use crate::{
    model::{PointKind, Reading, Series, UtcMillis, Value},
    runtime::fault::{Fault, planted},
    wire::{
        FUTURE_MS_MAX, GenId, TIME_MIN_MS,
        record::{Content, Record, RecordError, Samples},
    },
};
use rusqlite::Connection;
use std::collections::HashMap;

/// Series of one generation. A gateway has hundreds.
const DICTIONARY_MAX: usize = 65_536;

/// Records of one generation that follow each other, already decoded: the writer has better to do.
pub struct Batch {
    pub gateway_id: String,
    pub gen_id: GenId,
    pub first_seq: u64,
    pub records: Vec<(Record, Result<Content, RecordError>)>,
    /// The platform's clock.
    pub now: UtcMillis,
}

/// What was taken of a batch.
#[derive(Debug, PartialEq)]
pub struct Taken {
    pub outcome: Outcome,
    /// The first record that can not be stored. What came before it is.
    pub refused: Option<(u64, BadRecord)>,
    pub duplicates: u64,
    /// Duplicates that are not what is stored under their number.
    pub conflicts: Vec<u64>,
}

impl Taken {
    fn nothing(outcome: Outcome) -> Taken {
        Taken { outcome, refused: None, duplicates: 0, conflicts: Vec::new() }
    }
}

pub fn ingest(tx: &Connection, batch: &Batch) -> Result<Taken, StoreError> {
    if batch.first_seq == 0 {
        return Err(StoreError::SeqRange(0));
    }
    let gateway = registry::gateway_number(tx, &batch.gateway_id)?;
    let found = generation::find(tx, gateway, &batch.gen_id)?;
    let expected_seq = found.map_or(0, |standing| standing.seq) + 1;
    if batch.first_seq > expected_seq {
        return Ok(Taken::nothing(Outcome::Rewind { expected_seq }));
    }
    let mut standing = generation::find_or_create(tx, gateway, &batch.gen_id)?;
    let mut dictionary = generation::dictionary(tx, standing.id)?;
    let mut readings: HashMap<i64, Vec<Reading>> = HashMap::new();
    let mut taken = Taken::nothing(standing.outcome());
    if planted(Fault::MarkApart) {
        commit_mark(tx, &standing, batch)?;
    }

    for (seq, (record, content)) in (batch.first_seq..).zip(&batch.records) {
        let number = i64::try_from(seq).map_err(|_| StoreError::SeqRange(seq))?;
        if seq <= standing.seq {
            taken.duplicates += 1;
            if block::crc32c(tx, standing.id, number)? != Some(record.crc32c) {
                taken.conflicts.push(seq);
            }
            continue;
        }
        let judged = match content {
            Ok(Content::Dictionary(series)) => judge_dictionary(tx, gateway, series, &dictionary)?,
            Ok(content) => judge(content, &dictionary, batch.now),
            Err(error) => Err(BadRecord::Record(error.clone())),
        };
        let times = match judged {
            Ok(times) => times,
            Err(bad) => {
                taken.refused = Some((seq, bad));
                break;
            }
        };
        let place = block::Place { gateway, generation: standing.id, seq: number };
        block::insert(tx, &place, record, times)?;
        match content {
            Ok(Content::Dictionary(series)) => {
                for (local, series) in series {
                    if !dictionary.contains_key(local) {
                        dictionary.insert(*local, generation::define(tx, gateway, standing.id, *local, series)?);
                    }
                }
            }
            Ok(Content::Samples(samples)) => {
                block::collect(samples, &dictionary, |series, reading| {
                    readings.entry(series).or_default().push(reading)
                });
            }
            // the ledger is made from readings alone
            Ok(Content::Intervals(_) | Content::Recalled(_) | Content::Gap(_)) | Err(_) => {}
        }
        standing.seq = seq;
    }
    ledger::merge(tx, gateway, readings)?;
    generation::save(tx, &standing)?;
    taken.outcome = standing.outcome();
    Ok(taken)
}

/// [`Fault::MarkApart`]: the mark is durable before the records are.
fn commit_mark(tx: &Connection, standing: &generation::Standing, batch: &Batch) -> Result<(), StoreError> {
    let seq = standing.seq.max(batch.first_seq + batch.records.len() as u64 - 1);
    generation::save(tx, &generation::Standing { seq, ..*standing })?;
    tx.execute_batch("RELEASE _rusqlite_sp; COMMIT; BEGIN IMMEDIATE; SAVEPOINT _rusqlite_sp")?;
    Ok(())
}

/// Notes where the gateway ended a generation.
pub fn seal(tx: &Connection, gateway_id: &str, gen_id: &GenId, last_seq: u64) -> Result<Outcome, StoreError> {
    let gateway = registry::gateway_number(tx, gateway_id)?;
    let mut standing = generation::find_or_create(tx, gateway, gen_id)?;
    standing.last_seq = Some(last_seq);
    generation::save(tx, &standing)?;
    Ok(standing.outcome())
}

/// The times of a record's first and last sample, or why it can not be stored.
type Judged = Result<(UtcMillis, UtcMillis), BadRecord>;

/// A number means one series for as long as its generation lives.
fn judge_dictionary(
    tx: &Connection,
    gateway: i64,
    all: &[(u32, Series)],
    dictionary: &Dictionary,
) -> Result<Judged, StoreError> {
    if dictionary.len() + all.len() > DICTIONARY_MAX {
        return Ok(Err(BadRecord::DictionarySize));
    }
    let mut new: HashMap<u32, &Series> = HashMap::new();
    for (local, series) in all {
        let same = match dictionary.get(local) {
            Some(known) => generation::find_series(tx, gateway, series)? == Some(known.series),
            None => *new.entry(*local).or_insert(series) == series,
        };
        if !same {
            return Ok(Err(BadRecord::Redefined(*local)));
        }
    }
    Ok(Ok(Default::default()))
}

fn judge(content: &Content, dictionary: &Dictionary, now: UtcMillis) -> Judged {
    match content {
        Content::Samples(samples) => judge_samples(samples, dictionary, now),
        Content::Intervals(intervals) | Content::Recalled(intervals) => {
            match intervals.iter().find(|interval| !dictionary.contains_key(&interval.series)) {
                Some(interval) => Err(BadRecord::UnknownSeries(interval.series)),
                None => Ok(Default::default()),
            }
        }
        Content::Gap(gap) => match gap.series.iter().find(|series| !dictionary.contains_key(series)) {
            Some(series) => Err(BadRecord::UnknownSeries(*series)),
            None => Ok(Default::default()),
        },
        Content::Dictionary(_) => Ok(Default::default()),
    }
}

fn judge_samples(all: &[Samples], dictionary: &Dictionary, now: UtcMillis) -> Judged {
    for one in all {
        if one.time < UtcMillis(TIME_MIN_MS) || one.time > now.plus_ms(FUTURE_MS_MAX) {
            return Err(BadRecord::Time { time: one.time, now });
        }
        for sample in &one.samples {
            match dictionary.get(&sample.series) {
                None => return Err(BadRecord::UnknownSeries(sample.series)),
                Some(known) if known.kind == PointKind::Cumulative && matches!(sample.value, Some(Value::Real(_))) => {
                    return Err(BadRecord::RealReading(sample.series));
                }
                Some(_) => {}
            }
        }
    }
    let times = all.iter().map(|one| one.time);
    Ok((times.clone().min().unwrap_or_default(), times.max().unwrap_or_default()))
}
