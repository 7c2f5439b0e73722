//! DL/T 645-1997 and -2007: which requests give a meter's points, their frames, and what the replies hold.
//!
//! ```text
//!   points ─▶ plan ─▶ Request ─▶ frame ─▶ (line) ─▶ seen ─▶ more? ─▶ values
//! ```
//!
//! # Promises
//! - A reply counts only when checksum, meter, control code and identifier are those of the request. Noise, wake-up
//!   bytes (FE) and replies of other meters before it are passed over.
//! - Each point gets a value, or the reason why there is none. A reply of another length than the points describe gives
//!   no value: its highest digits may be the ones that would be cut off.
//! - Everything here is pure: bytes in, bytes out.
//!
//! # Does not
//! Write to a meter, set its clock, freeze, open a line, or repeat. A frozen value (class 05, or the last byte of an
//! identifier of class 00 above 0) is a value of the past: its sample carries the time at which it was read.

mod discovery;
mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod identifier;
mod plan;
mod refusal;
mod request;
#[cfg(test)]
mod tests;

pub use discovery::{Discovery, Heard, Probe};
pub use frame::Address;
pub use identifier::{Item, item};
pub use plan::plan;
pub use refusal::Refusal;
pub use request::Request;
