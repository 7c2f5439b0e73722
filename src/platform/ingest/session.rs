//! What a message asks for, and what the store's answer means to the gateway: the stream's rules, without I/O and
//! without a clock.

use crate::{
    platform::store::{BadRecord, Mark, Outcome, StoreError},
    wire::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GENERATIONS_MAX, GenId, PROTOCOL,
        proto::{self, RejectCode, down, up},
        record::{Record, RecordError},
    },
};
use std::collections::HashMap;

/// Bytes of a gateway's id and of its version. Both are logged.
const NAME_BYTES_MAX: usize = 128;

/// Who comes, and which of its generations it asks the marks of.
#[derive(Debug, PartialEq)]
pub struct Greeting {
    pub gateway_id: String,
    pub agent_version: String,
    pub generations: Vec<GenId>,
}

/// The first message of a stream must be a Hello.
pub fn greet(message: Option<up::Message>) -> Result<Greeting, proto::Reject> {
    let hello = match message {
        Some(up::Message::Hello(hello)) => hello,
        Some(_) => return Err(protocol("the first message is no Hello")),
        None => return Err(unknown()),
    };
    if hello.protocol != PROTOCOL {
        return Err(protocol(format!("protocol {} is not spoken here, {PROTOCOL} is", hello.protocol)));
    }
    if hello.gateway_id.len() > NAME_BYTES_MAX || hello.agent_version.len() > NAME_BYTES_MAX {
        return Err(protocol(format!("a gateway id or a version of more than {NAME_BYTES_MAX} bytes")));
    }
    if hello.generations.len() > GENERATIONS_MAX {
        return Err(protocol(format!("more than {GENERATIONS_MAX} generations in a Hello")));
    }
    let generations = hello.generations.iter().map(|one| gen_id(&one.gen_id)).collect::<Result<_, _>>()?;
    Ok(Greeting { gateway_id: hello.gateway_id, agent_version: hello.agent_version, generations })
}

pub fn welcome(marks: &[Mark]) -> down::Message {
    let marks = marks.iter().map(|mark| ack(mark.gen_id, mark.seq, mark.complete)).collect();
    down::Message::Welcome(proto::Welcome { marks, grant: None })
}

/// What is to be done for a message after the greeting.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Store, then answer with [`Session::stored`] or [`refused`].
    Ingest {
        gen_id: GenId,
        first_seq: u64,
        records: Vec<Record>,
    },
    /// The same.
    Seal {
        gen_id: GenId,
        last_seq: u64,
    },
    Note(proto::Ping),
    /// It was sent before the gateway had our Rewind, and is sent again after it.
    Nothing,
}

/// One stream, from its Welcome on.
#[derive(Debug, Default)]
pub struct Session {
    /// Generations of which a Rewind is out, and the record it asks for.
    rewinding: HashMap<GenId, u64>,
}

impl Session {
    pub fn take(&mut self, message: Option<up::Message>) -> Result<Action, proto::Reject> {
        match message {
            Some(up::Message::Hello(_)) => Err(protocol("a second Hello")),
            Some(up::Message::Batch(batch)) => self.batch(batch),
            Some(up::Message::Sealed(sealed)) => {
                let gen_id = gen_id(&sealed.gen_id)?;
                check_seq(sealed.last_seq)?;
                Ok(Action::Seal { gen_id, last_seq: sealed.last_seq })
            }
            Some(up::Message::Ping(ping)) => Ok(Action::Note(ping)),
            None => Err(unknown()),
        }
    }

    fn batch(&mut self, batch: proto::Batch) -> Result<Action, proto::Reject> {
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
        if self.rewinding.get(&gen_id).is_some_and(|expected| batch.first_seq > *expected) {
            return Ok(Action::Nothing);
        }
        // size, checksum and kind are the store's to judge: it takes what comes before a bad record
        let record = |record: proto::Record| Record {
            kind: u8::try_from(record.kind).unwrap_or(u8::MAX),
            crc32c: record.crc32c,
            body: record.body,
        };
        let records = batch.records.into_iter().map(record).collect();
        Ok(Action::Ingest { gen_id, first_seq: batch.first_seq, records })
    }

    /// The answer to what the store made of a batch or a seal.
    pub fn stored(&mut self, gen_id: GenId, outcome: Outcome) -> Result<down::Message, proto::Reject> {
        match outcome {
            Outcome::Stored { seq, complete } => {
                if self.rewinding.get(&gen_id).is_some_and(|expected| seq >= *expected) {
                    self.rewinding.remove(&gen_id);
                }
                Ok(down::Message::Ack(ack(gen_id, seq, complete)))
            }
            Outcome::Rewind { expected_seq } => {
                if self.rewinding.len() >= GENERATIONS_MAX {
                    return Err(protocol(format!("holes in more than {GENERATIONS_MAX} generations")));
                }
                self.rewinding.insert(gen_id, expected_seq);
                Ok(down::Message::Rewind(proto::Rewind { gen_id: gen_id.to_vec().into(), expected_seq }))
            }
        }
    }
}

/// What a gateway is told before its stream ends: what is stored all the same, and why it ends.
pub fn refused(gen_id: GenId, first_seq: u64, error: &StoreError) -> (Option<down::Message>, proto::Reject) {
    match error {
        StoreError::BadRecord { seq, error } => {
            let code = match error {
                BadRecord::Record(RecordError::TooLarge(_)) => RejectCode::TooLarge,
                _ => RejectCode::Protocol,
            };
            // a batch whose first record is bad brought nothing to acknowledge
            let ack = (*seq > first_seq).then(|| down::Message::Ack(ack(gen_id, seq - 1, false)));
            (ack, of_record(gen_id, *seq, code, error.to_string()))
        }
        StoreError::Fenced => (None, reject(RejectCode::Superseded, error.to_string())),
        StoreError::UnknownGateway(_) => (None, reject(RejectCode::UnknownGateway, error.to_string())),
        StoreError::SeqRange(_) => (None, protocol(error.to_string())),
        // what ails the store is the operator's to know
        _ => (None, reject(RejectCode::Unavailable, "the platform can not store now")),
    }
}

fn gen_id(bytes: &[u8]) -> Result<GenId, proto::Reject> {
    bytes.try_into().map_err(|_| protocol("a generation id that has not 16 bytes"))
}

fn check_seq(seq: u64) -> Result<(), proto::Reject> {
    i64::try_from(seq).map(drop).map_err(|_| protocol("a record number beyond 63 bits"))
}

fn ack(gen_id: GenId, seq: u64, complete: bool) -> proto::Ack {
    proto::Ack { gen_id: gen_id.to_vec().into(), seq, complete }
}

fn unknown() -> proto::Reject {
    protocol("an empty message, or one of a newer protocol")
}

fn protocol(message: impl Into<String>) -> proto::Reject {
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
    proto::Reject { code: code.into(), message: message.into(), retry_after_ms, ..Default::default() }
}

#[cfg(test)]
mod tests;
