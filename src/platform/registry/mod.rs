//! CSV files → sites and gateways.
//!
//! ```text
//!   text ─▶ table: header, rows, places ─▶ sites | gateways: each field by its rule ─▶ Import | Problems
//! ```
//!
//! # Promises
//! - All or nothing: with one error nothing is imported, and every error (up to 1,000) is told at once, with its
//!   line, column, what was found, what is expected and what to do, in both languages.
//! - No value is repaired: what is imported is what the file says. The one exception is written here: an industry
//!   code without its letter gets it.
//! - Fields, rows and the file have limits.
//!
//! # Does not
//! Store, or look at what was imported before. Read GBK: a file that is not UTF-8 is refused.

mod field;
mod gateways;
mod industry;
mod place;
mod sites;
mod table;

pub use gateways::gateways_from_csv;
pub use sites::sites_from_csv;

use crate::runtime::problem::Problems;

/// 200,000 sites take about 30 MiB.
pub const FILE_MIB_MAX: usize = 32;

/// What a file gave.
#[derive(Clone, PartialEq, Debug)]
pub struct Import<T> {
    pub rows: Vec<T>,
    /// About rows that were taken.
    pub warnings: Option<Problems>,
}

#[cfg(test)]
mod tests;
