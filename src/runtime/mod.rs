//! How things run: the one clock, named tasks with one stop, back-off, logs. No domain words.

pub mod backoff;
#[cfg(any(feature = "agent", feature = "platform"))]
pub mod cause;
pub mod clock;
pub mod fault;
pub mod file;
pub mod lang;
pub mod log;
pub mod problem;
pub mod random;
pub mod run;
#[cfg(any(feature = "agent", feature = "platform"))]
pub mod server;
pub mod settings;
#[cfg(feature = "agent")]
pub mod space;
pub mod task;
