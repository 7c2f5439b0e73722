//! What a message asks for, and what the store's answer means to the gateway: the stream's rules, without I/O and
//! without a clock.

use super::hello::gen_id;
use crate::{
    platform::store::{Hole, Ingested, Mark, Outcome, REFUSED_MAX, Stop, StoreError},
    wire::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GENERATIONS_MAX, GenId, RECORD_BYTES_MAX,
        proto::{self, RejectCode, down, up},
        record::{Record, RecordError},
    },
};
use std::collections::{HashMap, HashSet};

/// Stretches that are asked out of a gateway's archive in one stream.
const RECALLS_MAX: usize = 16;
/// The longest stretch that is asked for at once: no archive holds more.
const RECALL_MS_MAX: i64 = 400 * 86_400_000;

pub fn welcome(marks: &[Mark], grant: proto::Grant) -> down::Message {
    let marks = marks.iter().map(|mark| ack(mark.gen_id, mark.seq, mark.complete)).collect();
    down::Message::Welcome(proto::Welcome { marks, grant: Some(grant) })
}

/// What is to be done for a message after the greeting.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Store, then answer with [`Session::stored`] or [`refused`].
    Ingest { gen_id: GenId, first_seq: u64, records: Vec<Record>, again: Option<u64> },
    /// Store, then answer with [`Session::sealed`] or [`refused`].
    Seal { gen_id: GenId, last_seq: u64 },
    /// Find the gateway's holes, then ask with [`Session::recall`].
    FindHoles,
    /// Our clock less the gateway's, which is too much.
    NoteClock { offset_ms: i64 },
}

/// One stream, from its Welcome on.
#[derive(Debug, Default)]
pub struct Session {
    /// Generations of which a Rewind is out, and the record it asks for.
    rewinding: HashMap<GenId, u64>,
    /// Records that were asked for again, since their checksum did not match. Twice is not by chance.
    again: HashMap<GenId, u64>,
    /// Holes for which the gateway's archive was asked.
    recalled: HashSet<i64>,
}

/// What is said, and whether the stream ends with it.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub messages: Vec<down::Message>,
    pub end: Option<proto::Reject>,
}

impl Session {
    /// Nothing for a batch that was sent before the gateway had our Rewind, and is sent again after it.
    pub fn take(&mut self, message: Asked) -> Result<Option<Action>, proto::Reject> {
        match message {
            Asked::Batch(batch) => self.batch(batch),
            Asked::Sealed(sealed) => {
                let gen_id = gen_id(&sealed.gen_id)?;
                check_seq(sealed.last_seq)?;
                Ok(Some(Action::Seal { gen_id, last_seq: sealed.last_seq }))
            }
        }
    }

    fn batch(&mut self, batch: proto::Batch) -> Result<Option<Action>, proto::Reject> {
        let (gen_id, count) = (gen_id(&batch.gen_id)?, batch.records.len());
        let bytes: usize = batch.records.iter().map(|record| record.body.len()).sum();
        if batch.first_seq == 0 || count == 0 {
            return Err(protocol("a batch without records, or with record number 0"));
        }
        check_seq(batch.first_seq.saturating_add(count as u64))?;
        if count > BATCH_RECORDS_MAX || bytes > BATCH_BYTES_MAX {
            let limits = format!("at most {BATCH_RECORDS_MAX} and {BATCH_BYTES_MAX} are taken");
            let message = format!("a batch of {count} records and {bytes} bytes: {limits}");
            return Err(of_record(gen_id, batch.first_seq, RejectCode::TooLarge, message));
        }
        // no gateway could have stored it
        if let Some((seq, record)) =
            (batch.first_seq..).zip(&batch.records).find(|(_, record)| record.body.len() > RECORD_BYTES_MAX)
        {
            let message = RecordError::TooLarge(record.body.len()).to_string();
            return Err(of_record(gen_id, seq, RejectCode::TooLarge, message));
        }
        if self.rewinding.get(&gen_id).is_some_and(|expected| batch.first_seq > *expected) {
            return Ok(None);
        }
        // checksum, kind and content are the store's to judge: it keeps what it can not take
        let record = |record: proto::Record| Record {
            kind: u8::try_from(record.kind).unwrap_or(u8::MAX),
            crc32c: record.crc32c,
            body: record.body,
        };
        let records = batch.records.into_iter().map(record).collect();
        let again = self.again.get(&gen_id).copied();
        Ok(Some(Action::Ingest { gen_id, first_seq: batch.first_seq, records, again }))
    }

    /// The answer to what the store made of a batch that began at `first_seq`.
    pub fn stored(&mut self, gen_id: GenId, first_seq: u64, ingested: &Ingested) -> Answer {
        let mut messages = Vec::new();
        for refusal in &ingested.refusals {
            messages.push(down::Message::Refused(proto::Refused {
                gen_id: gen_id.to_vec().into(),
                seq: refusal.seq,
                code: i32::from(refusal.error.code()),
                message: refusal.error.to_string(),
            }));
        }
        let seq = match self.sealed(gen_id, ingested.outcome) {
            Ok(message) => {
                let seq = match ingested.outcome {
                    Outcome::Stored { seq, .. } => seq,
                    Outcome::Rewind { .. } => 0,
                };
                // a batch whose first record was left brought nothing to acknowledge
                if ingested.stop.is_none() || seq >= first_seq {
                    messages.push(message);
                }
                seq
            }
            Err(reject) => return Answer { messages, end: Some(reject) },
        };
        if self.again.get(&gen_id).is_some_and(|again| seq >= *again) {
            self.again.remove(&gen_id);
        }
        let end = match ingested.stop {
            None => None,
            Some(Stop::Again(again)) => {
                self.again.insert(gen_id, again);
                match self.rewind(gen_id, again) {
                    Ok(rewind) => {
                        messages.push(rewind);
                        None
                    }
                    Err(reject) => Some(reject),
                }
            }
            Some(Stop::Full) => Some(reject(
                RejectCode::Unavailable,
                format!(
                    "{REFUSED_MAX} refused records of this gateway are kept already: see /api/v1/refused, and \
                     mujun-platform write-off-refused"
                ),
            )),
        };
        Answer { messages, end }
    }

    /// The answer to where a generation stands.
    pub fn sealed(&mut self, gen_id: GenId, outcome: Outcome) -> Result<down::Message, proto::Reject> {
        match outcome {
            Outcome::Stored { seq, complete } => {
                if self.rewinding.get(&gen_id).is_some_and(|expected| seq >= *expected) {
                    self.rewinding.remove(&gen_id);
                }
                Ok(down::Message::Ack(ack(gen_id, seq, complete)))
            }
            Outcome::Rewind { expected_seq } => self.rewind(gen_id, expected_seq),
        }
    }

    fn rewind(&mut self, gen_id: GenId, expected_seq: u64) -> Result<down::Message, proto::Reject> {
        if self.rewinding.len() >= GENERATIONS_MAX {
            return Err(protocol(format!("holes in more than {GENERATIONS_MAX} generations")));
        }
        self.rewinding.insert(gen_id, expected_seq);
        Ok(down::Message::Rewind(proto::Rewind { gen_id: gen_id.to_vec().into(), expected_seq }))
    }

    /// Asks the gateway's archive for what is missing, for each hole once a stream.
    pub fn recall(&mut self, holes: &[Hole]) -> Vec<down::Message> {
        let mut asked = Vec::new();
        for hole in holes {
            if self.recalled.len() < RECALLS_MAX && self.recalled.insert(hole.id) {
                let start = hole.span.start.max(hole.span.end.plus_ms(-RECALL_MS_MAX));
                asked.push(down::Message::Recall(proto::Recall { start_ms: start.0, end_ms: hole.span.end.0 }));
            }
        }
        asked
    }

    /// Whether there may be holes left to ask for.
    pub fn may_recall(&self) -> bool {
        self.recalled.len() < RECALLS_MAX
    }
}

/// A message that waits for the store.
#[derive(Debug, PartialEq)]
pub enum Asked {
    Batch(proto::Batch),
    Sealed(proto::Sealed),
}

impl Asked {
    pub fn bytes(&self) -> usize {
        match self {
            Asked::Batch(batch) => batch.records.iter().map(|record| record.body.len()).sum(),
            Asked::Sealed(_) => 0,
        }
    }
}

/// A message after the Hello: one for the store, or a Ping, which waits for nothing.
#[derive(Debug, PartialEq)]
pub enum Sorted {
    Asked(Asked),
    Ping(proto::Ping),
}

pub fn sort(message: Option<up::Message>) -> Result<Sorted, proto::Reject> {
    match message {
        Some(up::Message::Hello(_)) => Err(protocol("a second Hello")),
        Some(up::Message::Batch(batch)) => Ok(Sorted::Asked(Asked::Batch(batch))),
        Some(up::Message::Sealed(sealed)) => Ok(Sorted::Asked(Asked::Sealed(sealed))),
        Some(up::Message::Ping(ping)) => Ok(Sorted::Ping(ping)),
        None => Err(unknown()),
    }
}

/// What a gateway is told before its stream ends, when the store gave an error.
pub fn refused(error: &StoreError) -> proto::Reject {
    match error {
        StoreError::Fenced => reject(RejectCode::Superseded, error.to_string()),
        StoreError::UnknownGateway(_) => reject(RejectCode::UnknownGateway, error.to_string()),
        StoreError::SeqRange(_) => protocol(error.to_string()),
        // what ails the store is the operator's to know
        _ => reject(RejectCode::Unavailable, "the platform can not store now"),
    }
}

fn check_seq(seq: u64) -> Result<(), proto::Reject> {
    i64::try_from(seq).map(drop).map_err(|_| protocol("a record number beyond 63 bits"))
}

fn ack(gen_id: GenId, seq: u64, complete: bool) -> proto::Ack {
    proto::Ack { gen_id: gen_id.to_vec().into(), seq, complete }
}

pub fn unknown() -> proto::Reject {
    protocol("an empty message, or one of a newer protocol")
}

pub fn protocol(message: impl Into<String>) -> proto::Reject {
    reject(RejectCode::Protocol, message)
}

fn of_record(gen_id: GenId, seq: u64, code: RejectCode, message: impl Into<String>) -> proto::Reject {
    let generation = u128::from_be_bytes(gen_id);
    reject(code, format!("generation {generation:032x}, record {seq}: {}", message.into()))
}

pub fn reject(code: RejectCode, message: impl Into<String>) -> proto::Reject {
    let retry_after_ms = match code {
        RejectCode::Unavailable => 1_000,
        // a person must do something first
        _ => 30_000,
    };
    proto::Reject { code: code.into(), message: message.into(), retry_after_ms }
}

#[cfg(test)]
mod tests;
