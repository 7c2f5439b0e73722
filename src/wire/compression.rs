//! A message's bytes ↔ a record's body: one zstd frame, made with a dictionary that both halves ship.
//!
//! A record of a two-second commit is a hundred bytes long: too short for zstd to learn anything from, and so a
//! dictionary of what records look like halves it. `cargo run --release --example train-dictionary` made it.
//!
//! # Promises
//! - A frame names its dictionary by the id in its own header; 0 is none. Each id stands for the same bytes for
//!   ever, and every one that was ever shipped stays in [`DICTIONARIES`]: what lies in a store can be read.
//! - Nothing is allocated for a frame that does not state a content of at most [`RECORD_INFLATED_MAX`] bytes.
//!
//! # Does not
//! Know what a message says, or bound what its lists stand for.

use super::{RECORD_INFLATED_MAX, record::RecordError};
use std::sync::OnceLock;
use zstd::{
    bulk::{Compressor, Decompressor},
    dict::{DecoderDictionary, EncoderDictionary},
    zstd_safe,
};

/// In the order of their ids, from 1. A new one is added behind the others, and none is ever changed.
pub const DICTIONARIES: [&[u8]; 1] = [include_bytes!("dictionary-1.zdict")];

/// Higher levels search longer. A record is small and is encoded once, so that even the gateway has the time: at 40
/// samples a second this is a few hundred microseconds every two seconds.
const LEVEL: i32 = 9;

/// The body for `message`, with the newest dictionary.
pub fn deflate(message: &[u8]) -> Vec<u8> {
    static NEWEST: OnceLock<EncoderDictionary> = OnceLock::new();
    let newest = NEWEST.get_or_init(|| {
        let bytes = DICTIONARIES.last().copied().unwrap_or_default();
        EncoderDictionary::copy(bytes, LEVEL)
    });
    Compressor::with_prepared_dictionary(newest)
        .and_then(|mut compressor| compressor.compress(message))
        .expect("zstd compresses into memory")
}

/// The message in `body`.
pub fn inflate(body: &[u8]) -> Result<Vec<u8>, RecordError> {
    let Ok(Some(stated)) = zstd_safe::get_frame_content_size(body) else {
        return Err(RecordError::Compression);
    };
    let size = usize::try_from(stated).unwrap_or(usize::MAX);
    if size > RECORD_INFLATED_MAX {
        return Err(RecordError::Inflated(stated));
    }
    // bytes behind the frame, or a second one, would be stored and sent for nothing
    if zstd_safe::find_frame_compressed_size(body) != Ok(body.len()) {
        return Err(RecordError::Compression);
    }
    let decompressor = match zstd_safe::get_dict_id_from_frame(body) {
        None => Decompressor::new(),
        Some(id) => Decompressor::with_prepared_dictionary(prepared(id.get())?),
    };
    let message = decompressor.and_then(|mut decompressor| decompressor.decompress(body, size));
    message.ok().filter(|message| message.len() == size).ok_or(RecordError::Compression)
}

fn prepared(id: u32) -> Result<&'static DecoderDictionary<'static>, RecordError> {
    static ALL: [OnceLock<DecoderDictionary>; DICTIONARIES.len()] = [const { OnceLock::new() }; DICTIONARIES.len()];
    let place = usize::try_from(id).unwrap_or(usize::MAX).checked_sub(1);
    let known = place.and_then(|place| ALL.get(place).zip(DICTIONARIES.get(place)));
    let (slot, bytes) = known.ok_or(RecordError::Dictionary(id))?;
    Ok(slot.get_or_init(|| DecoderDictionary::copy(bytes)))
}

#[cfg(test)]
mod tests;
