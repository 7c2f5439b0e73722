//! Modbus: which requests give a meter's points, their exchange over TCP and RTU, and what the replies hold.
//!
//! # Promises
//! - A reply counts only when unit, function and length are those of the request: over TCP its transaction too, over RTU
//!   while no other answer of the same three is owed.
//! - A value of several registers comes out of one reply.
//!
//! # Does not
//! Write to a meter, read an address nobody asked for (but for the one that [`late`] says), scale, or repeat a request
//! whose answer did not come.

mod connection;
mod decode;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod late;
mod plan;
mod program;
mod rtu;

pub use connection::{Answer, Connection};
pub use decode::{factor, from_words, value};
pub use late::{OWED_MAX, Owed};
pub use plan::{FINDINGS_MAX, Learned, Part, Read, Role, Stretch, plan};
pub use program::{Program, description};
pub use rtu::{Asked, read};
