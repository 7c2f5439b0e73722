//! 亩均效益综合评价: rules as data, and their runs over the figures of a year.
//!
//! ```text
//!   deploy/rules/*.toml ─▶ rule: checked sets ─────────────────────┐
//!   figures of the year (assess) + facts (profile, land, economy) ─▶ candidate ─▶ run: score, rank, grade ─▶ evaluation
//! ```
//!
//! # Promises
//! - Rules are data: a county's weights, base values, bands and exceptions are a file with its source, and no code.
//! - A grade can be defended: it has its reasons, and its score is a tree down to registers, entries and rule lines.
//!
//! # Does not
//! Choose rules. Change the figures: these are `assess`'s.

mod candidate;
mod change;
mod compare;
mod facts;
mod quantity;
mod record;
pub mod rule;
mod run;
mod runs;

pub use candidate::Candidate;
pub use change::Change;
pub use compare::{Comparison, Move, Moved, causes, compare};
pub use facts::Facts;
pub use quantity::Quantity;
pub use record::site as stored_site;
pub use run::{
    Evaluation, Filled, GroupOutcome, IndicatorStatistics, Reason, ReasonKind, Scored, SiteOutcome, evaluate, workings,
};
pub use runs::{Correction, RunError, Runs, WhatIf, Worked};

#[cfg(test)]
pub(in crate::platform) use runs::tests;
