//! Records: model ↔ message ↔ compressed bytes.
//!
//! ```text
//!   kind ─┐
//!   model ─▶ message ─▶ protobuf ─▶ zstd with a dictionary ─▶ body (≤ 7 KiB), CRC-32C of body
//! ```

mod event;
mod gap;
mod intervals;
mod samples;
mod series;

pub use event::{Attestation, NOTE_BYTES_MAX};
pub use gap::{DETAIL_BYTES_MAX, Gap, Lost};
pub use intervals::Interval;
pub use samples::Samples;
pub use series::NAME_BYTES_MAX;

use super::{RECORD_BYTES_MAX, RECORD_INFLATED_MAX, compression, proto};
use crate::model::{Event, RunId, Series, UtcMillis};
use bytes::Bytes;
use prost::Message;

/// One stored item, opaque to everything between the gateway's meaning and the platform's ingest.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    pub kind: u8,
    pub crc32c: u32,
    pub body: Bytes,
}

/// What a record says.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    Dictionary(Dictionary),
    /// Samples of a clock segment of the generation's run.
    Samples(u32, Vec<Samples>),
    Intervals(Vec<Interval>),
    Gap(Gap),
    /// Intervals out of the gateway's archive, as the platform asked for.
    Recalled(Vec<Interval>),
    Event(Event),
    Attestation(Attestation),
}

/// The series of a generation by their numbers, and the run that wrote it. Another record may hold more of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Dictionary {
    pub run_id: RunId,
    /// When the run began, by the gateway's clock: of two dictionaries the later one knows the physics.
    pub created: UtcMillis,
    pub series: Vec<(u32, Series)>,
}

/// Of no run: for what does not depend on it.
impl From<Vec<(u32, Series)>> for Dictionary {
    fn from(series: Vec<(u32, Series)>) -> Dictionary {
        Dictionary { series, ..Dictionary::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("the record has {0} bytes, at most {RECORD_BYTES_MAX} are allowed")]
    TooLarge(usize),
    #[error("the checksum does not match: {stated:08x} is stated, {found:08x} was computed")]
    Checksum { stated: u32, found: u32 },
    #[error("kind {0} is unknown")]
    Kind(u8),
    #[error("the body is not one whole zstd frame that states its content's size")]
    Compression,
    #[error("the body inflates to {0} bytes, at most {RECORD_INFLATED_MAX} are allowed")]
    Inflated(u64),
    #[error(
        "the body needs dictionary {0}, and this version has those up to {last}: the gateway is newer, update the platform",
        last = compression::DICTIONARIES.len()
    )]
    Dictionary(u32),
    #[error("the body is no message of its kind: {0}")]
    Message(String),
    #[error("{0}")]
    Content(&'static str),
}

impl Record {
    /// Checks size and checksum, which is all that can be known without a look inside.
    pub fn check(&self) -> Result<(), RecordError> {
        if self.body.len() > RECORD_BYTES_MAX {
            return Err(RecordError::TooLarge(self.body.len()));
        }
        let found = crc32c::crc32c(&self.body);
        if found != self.crc32c { Err(RecordError::Checksum { stated: self.crc32c, found }) } else { Ok(()) }
    }
}

impl From<Record> for proto::Record {
    fn from(record: Record) -> Self {
        proto::Record { kind: i32::from(record.kind), crc32c: record.crc32c, body: record.body }
    }
}

impl TryFrom<proto::Record> for Record {
    type Error = RecordError;

    fn try_from(record: proto::Record) -> Result<Self, RecordError> {
        let kind = u8::try_from(record.kind).map_err(|_| RecordError::Kind(u8::MAX))?;
        let record = Record { kind, crc32c: record.crc32c, body: record.body };
        record.check()?;
        Ok(record)
    }
}

/// The record or, where one would be too large, the records that hold `content`, in order. Of very many samples of one
/// instant some may come in one record and some in the next.
pub fn encode(content: &Content) -> Vec<Record> {
    match content {
        Content::Dictionary(Dictionary { run_id, created, series }) => {
            split(proto::RecordKind::Dictionary, series, |part| proto::Dictionary {
                series: part.iter().map(|(id, series)| series::message_from(*id, series)).collect(),
                run_id: Bytes::copy_from_slice(run_id),
                created_ms: created.0,
            })
        }
        Content::Samples(segment, samples) => {
            let message = |part: &[Samples]| samples::message_from(*segment, part);
            split(proto::RecordKind::Samples, &samples::narrowed(samples), message)
        }
        Content::Event(event) => one(proto::RecordKind::Event, &event::message_from(event)),
        Content::Attestation(attestation) => {
            one(proto::RecordKind::Attestation, &event::message_from_attestation(attestation))
        }
        Content::Intervals(intervals) => split(proto::RecordKind::Intervals, intervals, intervals::message_from),
        Content::Gap(gap) => one(proto::RecordKind::Gap, &gap::message_from(gap)),
        Content::Recalled(intervals) => split(proto::RecordKind::Recalled, intervals, intervals::message_from),
    }
}

pub fn decode(record: &Record) -> Result<Content, RecordError> {
    record.check()?;
    let bytes = compression::inflate(&record.body)?;
    fn message<M: Message + Default>(bytes: &[u8]) -> Result<M, RecordError> {
        M::decode(bytes).map_err(|error| RecordError::Message(error.to_string()))
    }
    match proto::RecordKind::try_from(i32::from(record.kind)) {
        Ok(proto::RecordKind::Dictionary) => {
            let dictionary: proto::Dictionary = message(&bytes)?;
            let run_id = (&dictionary.run_id[..]).try_into();
            Ok(Content::Dictionary(Dictionary {
                run_id: run_id.map_err(|_| RecordError::Content("a dictionary whose run has not 16 bytes"))?,
                created: UtcMillis(dictionary.created_ms),
                series: dictionary.series.into_iter().map(series::from_message).collect::<Result<_, _>>()?,
            }))
        }
        Ok(proto::RecordKind::Samples) => {
            let (segment, samples) = samples::from_message(message(&bytes)?)?;
            Ok(Content::Samples(segment, samples))
        }
        Ok(proto::RecordKind::Intervals) => intervals::from_message(message(&bytes)?).map(Content::Intervals),
        Ok(proto::RecordKind::Gap) => gap::from_message(message(&bytes)?).map(Content::Gap),
        Ok(proto::RecordKind::Recalled) => intervals::from_message(message(&bytes)?).map(Content::Recalled),
        Ok(proto::RecordKind::Event) => event::from_message(message(&bytes)?).map(Content::Event),
        Ok(proto::RecordKind::Attestation) => {
            event::attestation_from(&message::<proto::Attestation>(&bytes)?).map(Content::Attestation)
        }
        _ => Err(RecordError::Kind(record.kind)),
    }
}

fn one<M: Message>(kind: proto::RecordKind, message: &M) -> Vec<Record> {
    vec![record(kind, compression::deflate(&message.encode_to_vec()))]
}

fn record(kind: proto::RecordKind, body: Vec<u8>) -> Record {
    Record { kind: kind as u8, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) }
}

fn split<T, M: Message>(kind: proto::RecordKind, items: &[T], message: impl Fn(&[T]) -> M + Copy) -> Vec<Record> {
    let bytes = message(items).encode_to_vec();
    let body = compression::deflate(&bytes);
    if items.len() > 1 && (body.len() > RECORD_BYTES_MAX || bytes.len() > RECORD_INFLATED_MAX / 2) {
        let (left, right) = items.split_at(items.len() / 2);
        let mut records = split(kind, left, message);
        records.extend(split(kind, right, message));
        return records;
    }
    vec![record(kind, body)]
}

#[cfg(test)]
mod tests;
