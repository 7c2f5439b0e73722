//! The shipped binaries against peers that we did not write.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // waits for other processes; a helper that panics fails its test

mod meters;
mod stack;
mod steel;
