//! The installer's tools: what is on a line, what it says, and what is wrong with it.
//!
//! ```text
//!   scan ───┐                                        ┌─ tap ─▶ journal ─▶ diagnosis
//!   read ───┼─▶ ask ─▶ source::line::Endpoint ─▶ line┤
//!   doctor ─┘    └── source::{modbus, dlt645, cjt188}└─ tap ─▶ recording ─▶ replay
//! ```
//!
//! # Promises
//! - What is asked, and how its answer is judged, is the service's own code: what a tool reads the agent reads.
//! - Reading only. What is stopped half way says what it has found so far.
//! - Deciding is pure: the order of a scan, the decodings, the diagnosis and the replay take bytes and times.
//!
//! # Does not
//! Write to a meter, or touch a port that a running agent has.

pub mod ask;
pub mod busy;
pub mod decoding;
pub mod diagnosis;
pub mod doctor;
pub mod frames;
pub mod hosts;
pub mod identity;
pub mod journal;
pub mod link;
pub mod progress;
pub mod reading;
pub mod recording;
pub mod scan;
pub mod session;
pub mod table;
pub mod wire;
