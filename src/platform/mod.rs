//! One region.

pub mod api;
pub mod assess;
pub mod config;
pub mod dashboard;
pub mod ingest;
pub mod registry;
pub mod store;
