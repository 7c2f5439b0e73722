//! The rules of the house, held by a machine.

#![allow(clippy::unwrap_used)] // a test helper that panics is a failed test

mod contract;
mod dependencies;
mod imports;
mod protocol;
