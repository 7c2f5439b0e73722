//! One gateway.

pub mod config;
pub mod meaning;
pub mod source;
pub mod spool;
pub mod uplink;
