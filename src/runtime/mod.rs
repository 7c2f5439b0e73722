//! How things run: the one clock, named tasks with one stop, back-off, logs. No domain words.

pub mod backoff;
pub mod clock;
pub mod fault;
pub mod lang;
pub mod log;
pub mod place;
pub mod random;
pub mod run;
#[cfg(feature = "agent")]
pub mod space;
pub mod task;
