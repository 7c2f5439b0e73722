//! Buses: the meters of a line → scans.
//!
//! ```text
//!   schedule ─▶ task ─▶ meter ─▶ program ─▶ line
//!   when        all     one      requests,  reconnect,
//!               meters  poll     decode     one exchange
//! ```
//!
//! # Promises
//! - Each poll gives every point of every meter one result: a value, or the reason why there is none.
//! - A reply counts only when it is the reply to just that request.
//! - Every exchange has a deadline. A connection on which anything but a whole reply arrived is never used again, so
//!   that a late answer cannot be taken for the next one.
//! - A meter that does not answer costs one timeout a poll, then is left alone for a growing pause. The other
//!   meters of its bus keep their polls.
//! - A value of several registers comes out of one reply.
//!
//! # Does not
//! Write to a meter, scale, or repeat a request whose answer did not come.

mod meter;
mod program;
mod schedule;
mod task;
#[cfg(test)]
mod tests;

pub use task::run;
