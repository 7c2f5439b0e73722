//! Lines: from a serial port, an endpoint of the network or a DTU that calls us, to a reply.
//!
//! ```text
//!   endpoint ─▶ link: tcp, tls, serial server, serial port, dial-in ─▶ bytes ─▶ tap
//!      │
//!      ├─▶ modbus::Connection   TCP, TLS: a reply names its request
//!      └─▶ Line::exchange       the others: silence, echo, noise, deadline
//! ```
//!
//! # Promises
//! - One request, its reply, one deadline. After anything else the line is closed (that of a DTU: left alone until
//!   nothing can be under way), so that a late reply is never taken for the next one.
//! - A line that was lost is opened again, with growing pauses; the old handle is closed first.
//!
//! # Does not
//! Know what the bytes mean: a protocol says where its reply ends.

mod advice;
mod dial_in;
mod endpoint;
mod exchange;
mod fault;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod heartbeat;
mod link;
mod pause;
mod quiet;
mod seen;
mod serial;
mod tap;
#[cfg(test)]
mod tests;
mod timing;
mod tls;

pub use dial_in::Switchboard;
pub use endpoint::Endpoint;
pub use exchange::{Line, Stream};
pub(super) use fault::Miss;
pub use fault::{Fault, Trouble};
pub use pause::Pause;
pub use seen::Seen;
pub use tap::{Event, Exchange, Moment, Outcome, Tap};
pub use timing::Timing;
