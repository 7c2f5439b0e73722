//! Buses: the meters of a line → scans.
//!
//! ```text
//!   schedule ─▶ task ─▶ meter ─▶ program ─▶ medium = line
//!   whose       all     one      requests,  reconnect,
//!   turn        meters  poll     decode     one exchange
//!                 │       └─ pause: a meter that failed is left alone
//!                 └─ findings: what a meter refuses, on the disk
//! ```
//!
//! # Promises
//! - Each poll gives every point of every meter one result: a value, or the reason why there is none.
//! - A reply counts only when it is the reply to just that request.
//! - Every exchange has a deadline. A connection on which anything but a whole reply arrived is never used again, so
//!   that a late answer cannot be taken for the next one.
//! - A meter that does not answer costs the others one time-out, then is left alone for a growing pause, after which
//!   it is asked something short first. The other meters of its bus keep their polls.
//! - A line that is too slow serves its meters in turn; what it leaves out is counted.
//! - What a meter was found to refuse is left out, and the rest is read on.
//! - A value of several registers comes out of one reply.
//!
//! # Does not
//! Write to a meter, scale, or repeat a request whose answer did not come.

mod estimate;
mod findings;
mod framed;
mod medium;
mod meter;
mod program;
mod schedule;
mod task;
#[cfg(test)]
mod tests;

pub use estimate::{Estimate, MeterEstimate, at_baud};
pub use findings::Findings;
pub use medium::Medium;
pub use meter::told;
pub use program::{Asks, Outline, Program};
pub use task::run;
