//! A batch into one transaction: its records, what they mean to the ledger, and the mark.

use super::sql::Tx;
use super::{
    BadRecord, StoreError,
    alarm::{self, AlarmKind},
    block,
    connection::commit_apart,
    generation, hole, refused, registry,
    take::Taker,
};
use crate::{
    model::UtcMillis,
    runtime::fault::{Fault, planted},
    wire::{
        GenId,
        record::{Content, Record, RecordError},
    },
};

/// What became of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The generation is stored through `seq`; `complete` when the gateway sealed it there or before.
    Stored { seq: u64, complete: bool },
    /// The batch begins behind a hole; nothing of it was stored.
    Rewind { expected_seq: u64 },
}

/// What became of a batch's records.
#[derive(Clone, PartialEq, Debug)]
pub struct Ingested {
    pub outcome: Outcome,
    /// Kept outside of the ledger; the mark counts them.
    pub refusals: Vec<Refusal>,
    /// Why the batch was not taken to its end.
    pub stop: Option<Stop>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Refusal {
    pub seq: u64,
    pub error: BadRecord,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The checksum of this record does not match. It may have been damaged on its way: it should come once more.
    Again(u64),
    /// [`super::REFUSED_MAX`] refused records of the gateway are kept already.
    Full,
}

/// Records of one generation that follow each other, already decoded: the writer has better to do.
pub struct Batch {
    pub gateway_id: String,
    pub gen_id: GenId,
    pub first_seq: u64,
    pub records: Vec<(Record, Result<Content, RecordError>)>,
    /// The record that was already asked for again, since its checksum did not match.
    pub again: Option<u64>,
    /// The platform's clock.
    pub now: UtcMillis,
}

/// What was taken of a batch.
#[derive(Debug, PartialEq)]
pub struct Taken {
    pub outcome: Outcome,
    /// Records that are kept outside of the ledger.
    pub refusals: Vec<Refusal>,
    /// Why the rest of the batch was left.
    pub stop: Option<Stop>,
    pub duplicates: u64,
    /// Duplicates that are not what is stored under their number.
    pub conflicts: Vec<u64>,
}

impl Taken {
    fn nothing(outcome: Outcome) -> Taken {
        Taken { outcome, refusals: Vec::new(), stop: None, duplicates: 0, conflicts: Vec::new() }
    }
}

pub fn ingest(tx: Tx<'_>, batch: &Batch) -> Result<Taken, StoreError> {
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
    let mut taker = Taker::new(tx, gateway, standing.id, batch.now)?;
    let mut taken = Taken::nothing(standing.outcome());
    let begun = standing.times.is_some();
    if planted(Fault::MarkApart) {
        commit_mark(tx, &standing, batch)?;
    }

    for (seq, (record, content)) in (batch.first_seq..).zip(&batch.records) {
        let number = i64::try_from(seq).map_err(|_| StoreError::SeqRange(seq))?;
        if seq <= standing.seq {
            taken.duplicates += 1;
            let stored = match block::crc32c(tx, standing.id, number)? {
                Some(stored) => Some(stored),
                None => refused::crc32c(tx, standing.id, number)?,
            };
            if stored != Some(record.crc32c) {
                taken.conflicts.push(seq);
            }
            continue;
        }
        if matches!(content, Err(RecordError::Checksum { .. })) && batch.again != Some(seq) {
            taken.stop = Some(Stop::Again(seq));
            break;
        }
        match taker.take(number, record, content.as_ref())? {
            Ok(Some((first, last))) => standing.extend(first, last),
            Ok(None) => {}
            Err(_) if refused::full(tx, gateway)? => {
                taken.stop = Some(Stop::Full);
                break;
            }
            Err(error) => {
                let place = block::Place { gateway, generation: standing.id, seq: number };
                refused::insert(tx, &place, record, &error, batch.now)?;
                taken.refusals.push(Refusal { seq, error });
            }
        }
        standing.seq = seq;
    }
    taker.finish()?;
    generation::save(tx, &standing)?;
    let times = if begun { None } else { generation::find(tx, gateway, &batch.gen_id)?.and_then(|known| known.times) };
    if let Some(times) = times {
        hole::ends(tx, gateway, &batch.gen_id, times.start, batch.now)?;
    }
    raise(tx, gateway, batch, &taken)?;
    taken.outcome = standing.outcome();
    Ok(taken)
}

/// [`Fault::MarkApart`]: the mark is durable before the records are.
fn commit_mark(tx: Tx<'_>, standing: &generation::Standing, batch: &Batch) -> Result<(), StoreError> {
    let seq = standing.seq.max(batch.first_seq + batch.records.len() as u64 - 1);
    generation::save(tx, &generation::Standing { seq, ..*standing })?;
    commit_apart(tx)
}

fn raise(tx: Tx<'_>, gateway: i64, batch: &Batch, taken: &Taken) -> Result<(), StoreError> {
    let generation = u128::from_be_bytes(batch.gen_id);
    if let Some(seq) = taken.conflicts.first() {
        let detail = format!("generation {generation:032x}, record {seq}: another content came under its number");
        alarm::raise(tx, gateway, AlarmKind::Conflict, taken.conflicts.len(), &detail, batch.now)?;
    }
    if let Some(Refusal { seq, error }) = taken.refusals.last() {
        let detail = format!("generation {generation:032x}, record {seq}: {error}");
        alarm::raise(tx, gateway, AlarmKind::Refusal, taken.refusals.len(), &detail, batch.now)?;
    }
    Ok(())
}

/// Notes where the gateway ended a generation.
pub fn seal(tx: Tx<'_>, gateway_id: &str, gen_id: &GenId, last_seq: u64) -> Result<Outcome, StoreError> {
    let gateway = registry::gateway_number(tx, gateway_id)?;
    let mut standing = generation::find_or_create(tx, gateway, gen_id)?;
    standing.last_seq = Some(last_seq);
    generation::save(tx, &standing)?;
    Ok(standing.outcome())
}
