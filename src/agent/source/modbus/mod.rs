//! Modbus: which requests give a meter's points, their exchange over TCP, and what the replies hold.
//!
//! # Promises
//! - A reply counts only when transaction, unit, function and length are those of the request.
//! - A value of several registers comes out of one reply.
//!
//! # Does not
//! Write to a meter, read an address nobody asked for, scale, or repeat a request whose answer did not come.

mod connection;
mod decode;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod plan;

pub use connection::{Answer, Connection};
pub use decode::{factor, from_words, value};
pub use plan::{Part, Read, plan};
