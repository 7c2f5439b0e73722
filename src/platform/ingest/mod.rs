//! Ingest: stream → acknowledgement.
//!
//! # Promises
//! - An Ack is sent only after the store's commit has returned.
//! - The same record twice is one record; a hole is answered with what is expected.
//! - A gateway that is not in the registry stores nothing.
//! - One stream a gateway: a newer one ends the older.
//!
//! # Does not
//! Assess, or trust: every message is bounded and checked before the store sees it.

mod presence;
mod service;

pub use presence::{GatewayState, Presence};
pub use service::serve;
