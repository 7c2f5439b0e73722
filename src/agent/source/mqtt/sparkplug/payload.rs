//! The part of Sparkplug B's payload that carries numbers, as protobuf: the field numbers are those of the Eclipse
//! Sparkplug specification, version 3.0, section 6.4. What is not named here (texts, templates, data sets, properties)
//! is skipped without being kept.
//!
//! # Promises
//! - Any bytes are taken or refused, and take memory in proportion to their length.

use bytes::Bytes;
use prost::Message;

/// Births of thousands of metrics are larger than other payloads.
pub const PAYLOAD_BYTES_MAX: usize = 512 * 1024;
pub const METRICS_MAX: usize = 10_000;

/// The data type of a metric (6.4.16), as far as it is a number.
pub mod datatype {
    pub const INT8: u32 = 1;
    pub const INT16: u32 = 2;
    pub const INT32: u32 = 3;
    pub const INT64: u32 = 4;
    pub const UINT8: u32 = 5;
    pub const UINT16: u32 = 6;
    pub const UINT32: u32 = 7;
    pub const UINT64: u32 = 8;
    pub const FLOAT: u32 = 9;
    pub const DOUBLE: u32 = 10;
    pub const BOOLEAN: u32 = 11;
}

/// What cannot be read as a payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the payload has {0} bytes; expected at most {PAYLOAD_BYTES_MAX}")]
    TooLarge(usize),
    #[error("the payload has {0} metrics; expected at most {METRICS_MAX}")]
    TooMany(usize),
    #[error("the payload is no Sparkplug B: {0}")]
    NoProtobuf(String),
    #[error("the payload has the sequence number {0}; expected 0 to 255")]
    Sequence(u64),
}

#[derive(Debug, Default, PartialEq)]
pub struct Payload {
    /// Milliseconds since 1970.
    pub timestamp: Option<u64>,
    pub seq: Option<u8>,
    pub metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Metric {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub alias: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "4")]
    pub datatype: Option<u32>,
    #[prost(bool, optional, tag = "5")]
    pub is_historical: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    pub is_null: Option<bool>,
    #[prost(oneof = "Number", tags = "10, 11, 12, 13, 14")]
    pub value: Option<Number>,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum Number {
    #[prost(uint32, tag = "10")]
    Int(u32),
    #[prost(uint64, tag = "11")]
    Long(u64),
    #[prost(float, tag = "12")]
    Float(f32),
    #[prost(double, tag = "13")]
    Double(f64),
    #[prost(bool, tag = "14")]
    Boolean(bool),
}

/// On the wire. The metrics stay bytes, so that a payload of very many empty ones costs no more than itself.
#[derive(Clone, PartialEq, Message)]
struct Envelope {
    #[prost(uint64, optional, tag = "1")]
    timestamp: Option<u64>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    metrics: Vec<Bytes>,
    #[prost(uint64, optional, tag = "3")]
    seq: Option<u64>,
}

pub fn decode(bytes: &Bytes) -> Result<Payload, Unreadable> {
    if bytes.len() > PAYLOAD_BYTES_MAX {
        return Err(Unreadable::TooLarge(bytes.len()));
    }
    let unreadable = |error: prost::DecodeError| Unreadable::NoProtobuf(error.to_string());
    let envelope = Envelope::decode(bytes.clone()).map_err(unreadable)?;
    if envelope.metrics.len() > METRICS_MAX {
        return Err(Unreadable::TooMany(envelope.metrics.len()));
    }
    let seq = envelope.seq.map(|seq| u8::try_from(seq).map_err(|_| Unreadable::Sequence(seq))).transpose()?;
    let metrics: Result<_, _> = envelope.metrics.into_iter().map(Metric::decode).collect();
    Ok(Payload { timestamp: envelope.timestamp, seq, metrics: metrics.map_err(unreadable)? })
}

pub fn encode(payload: &Payload) -> Vec<u8> {
    let metrics = payload.metrics.iter().map(|metric| metric.encode_to_vec().into()).collect();
    Envelope { timestamp: payload.timestamp, metrics, seq: payload.seq.map(u64::from) }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_as_the_specification_numbers_its_fields() {
        // timestamp 1, metrics 2 { name 1 "a", alias 2 = 7, timestamp 3, datatype 4 = 9, historical 5, null 7 = false,
        // float 12 = 1.5, and a text 15 that is skipped }, seq 3 = 255
        let metric = [
            &[0x0a, 1, b'a', 0x10, 7, 0x18, 5, 0x20, 9, 0x28, 1, 0x38, 0, 0x65, 0, 0, 0xc0, 0x3f][..],
            &[0x7a, 1, b'x'],
        ]
        .concat();
        let bytes = [&[0x08, 0x2a, 0x12, metric.len() as u8][..], &metric, &[0x18, 0xff, 0x01]].concat();
        let payload = decode(&Bytes::from(bytes)).unwrap();
        let metric = Metric {
            name: Some("a".into()),
            alias: Some(7),
            timestamp: Some(5),
            datatype: Some(datatype::FLOAT),
            is_historical: Some(true),
            is_null: Some(false),
            value: Some(Number::Float(1.5)),
        };
        assert_eq!(payload, Payload { timestamp: Some(42), seq: Some(255), metrics: vec![metric] });
        assert_eq!(decode(&encode(&payload).into()), Ok(payload));
    }

    #[test]
    fn what_is_none_or_too_much_is_refused() {
        let refused = |bytes: Vec<u8>| decode(&bytes.into()).unwrap_err();
        assert!(matches!(refused(vec![0xff]), Unreadable::NoProtobuf(_)));
        assert!(matches!(refused(b"{\"json\": 1}".to_vec()), Unreadable::NoProtobuf(_)));
        assert_eq!(refused(vec![0x18, 0x80, 0x02]), Unreadable::Sequence(256));
        assert_eq!(refused([0x12, 0].repeat(METRICS_MAX + 1)), Unreadable::TooMany(METRICS_MAX + 1));
        assert_eq!(refused(vec![0; PAYLOAD_BYTES_MAX + 1]), Unreadable::TooLarge(PAYLOAD_BYTES_MAX + 1));
    }
}
