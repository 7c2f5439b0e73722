//! A record as a value of the tree; its key is the seq, 8 bytes big-endian.
//!
//! ```text
//!   0         1      2             6
//!   │ version │ kind │ CRC-32C LE  │ body, at most 7 KiB
//! ```

use crate::wire::record::Record;
use bytes::Bytes;

const VERSION: u8 = 1;

pub(super) fn key(seq: u64) -> [u8; 8] {
    seq.to_be_bytes()
}

pub(super) fn seq_from_key(key: &[u8]) -> Result<u64, String> {
    key.try_into().map(u64::from_be_bytes).map_err(|_| format!("a key has {} bytes, not 8", key.len()))
}

pub(super) fn encode(record: &Record) -> Vec<u8> {
    let mut value = Vec::with_capacity(6 + record.body.len());
    value.extend([VERSION, record.kind]);
    value.extend(record.crc32c.to_le_bytes());
    value.extend_from_slice(&record.body);
    value
}

/// The record, or what is wrong with the value.
pub(super) fn decode(value: &[u8]) -> Result<Record, String> {
    let Some((&[version, kind, a, b, c, d], body)) = value.split_first_chunk::<6>() else {
        return Err(format!("a value has {} bytes, fewer than its header", value.len()));
    };
    if version != VERSION {
        return Err(format!("a value has version {version}, not {VERSION}"));
    }
    let record = Record { kind, crc32c: u32::from_le_bytes([a, b, c, d]), body: Bytes::copy_from_slice(body) };
    record.check().map_err(|error| error.to_string())?;
    Ok(record)
}
