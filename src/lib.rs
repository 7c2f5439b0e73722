//! **Mujun** (亩均, "per mu"): from a meter's register to a factory's rank.
//!
//! ```text
//!   agent, one per gateway                          platform, one per region
//!   source ─▶ meaning ─▶ spool ─▶ uplink ══ gRPC ══▶ ingest ─▶ store ─▶ assess ─▶ api ─▶ dashboard
//! ```
//!
//! # Layout, in the order of the path
//!
//! - [`model`]: the nouns. No I/O, no clock, no formats.
//! - [`energy`]: the arithmetic of the standards, pure, used by both halves.
//! - [`wire`]: the contract between the halves: records, their encoding, the generated messages.
//! - [`runtime`]: how things run: the one clock, named tasks, back-off, logs. No domain words.
//! - [`agent`]: one gateway.
//! - [`platform`]: one region.
//! - [`demo`]: a simulated county that runs real agents against a real platform.
//!
//! Imports go down this list, never up; `tests/house` holds every file to it.

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(feature = "demo")]
pub mod demo;
pub mod energy;
pub mod model;
#[cfg(feature = "platform")]
pub mod platform;
pub mod runtime;
pub mod wire;
