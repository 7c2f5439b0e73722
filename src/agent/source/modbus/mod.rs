//! Modbus TCP: the registers of an endpoint's meters → scans.
//!
//! ```text
//!   schedule ─▶ bus ─▶ meter ─▶ endpoint ─▶ connection ─▶ socket
//!   when        all    plan,    reconnect,  one call,
//!               meters decode   back-off    one deadline
//! ```
//!
//! # Promises
//! - Each poll gives every point of every meter one result: a value, or the reason why there is none.
//! - A reply counts only when transaction, unit, function and length are those of the request.
//! - Every call has a deadline. A connection on which anything but a whole reply arrived is never used again, so
//!   that a late answer cannot be taken for the next one.
//! - A meter that does not answer costs one timeout a poll, then is left alone for a growing pause. The other
//!   meters of its endpoint keep their polls.
//! - A value of several registers comes out of one reply.
//!
//! # Does not
//! Write to a meter, read an address nobody asked for, scale, or repeat a request whose answer did not come.

mod bus;
mod connection;
mod decode;
mod endpoint;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod meter;
mod pause;
mod plan;
mod schedule;
#[cfg(test)]
mod tests;

pub use bus::run;
