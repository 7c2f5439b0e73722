//! The contract between the halves: the messages of `proto/mujun/v1`, and records in and out of them.
//!
//! # Promises
//! - What [`record::encode`] made, [`record::decode`] gives back, value for value.
//! - Decoding takes any bytes: it is bounded in size and time, and refuses with a reason. It never panics.
//!
//! # Does not
//! Keep, send or judge records.

pub mod chain;
pub mod compression;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod hex;
#[rustfmt::skip]
#[allow(clippy::all, clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]
#[path = "generated.rs"]
pub mod proto;
pub mod record;

pub use hex::hex;

/// `proto/` as a descriptor set, for reflection.
#[cfg(feature = "platform")]
pub const DESCRIPTORS: &[u8] = include_bytes!("contract.desc");

/// The stream's version. The platform refuses any other.
pub const PROTOCOL: u32 = 2;
/// Bytes of a record's body on disk and on the wire. sled keeps 16 values in a page and writes a page of more than
/// a quarter of its 512 KiB segment to a file of its own, without an fsync: 16 × 7 KiB stays below.
pub const RECORD_BYTES_MAX: usize = 7 * 1024;
/// Bytes of a record's message when inflated.
pub const RECORD_INFLATED_MAX: usize = 1024 * 1024;
pub const BATCH_RECORDS_MAX: usize = 256;
pub const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Bytes of any message of the stream: a full batch and its framing.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Generations in a Hello.
pub const GENERATIONS_MAX: usize = 4096;
/// The platform takes samples up to this far ahead of its own clock.
pub const FUTURE_MS_MAX: i64 = 5 * 60_000;
/// Samples earlier than 2000-01-01 come from a clock that was never set.
pub const TIME_MIN_MS: i64 = 946_684_800_000;

/// A generation's id: 16 random bytes.
pub type GenId = [u8; 16];
