//! One gateway.

pub mod config;
pub mod health;
pub mod meaning;
pub mod source;
pub mod spool;
pub mod uplink;
