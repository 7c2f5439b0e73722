//! Lines: from a serial port, an endpoint of the network or a DTU that calls us, to a reply.
//!
//! # Promises
//! - One request, its reply, one deadline. After anything else the line is closed, so that a late reply is never taken
//!   for the next one.
//!
//! # Does not
//! Know what the bytes mean: a protocol says where its reply ends.

mod endpoint;
mod fault;
mod pause;
mod seen;

pub use endpoint::Endpoint;
pub use fault::Fault;
pub use pause::Pause;
pub use seen::Seen;
