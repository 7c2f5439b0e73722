//! CSV files → sites and gateways.
//!
//! ```text
//!   bytes ─▶ table: encoding, header, rows ─▶ sites | gateways: each field by its rule ─▶ Import | CsvProblems
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
mod problem;
mod sites;
mod table;

pub use gateways::{GATEWAY_COLUMNS, gateways_from_csv};
pub use problem::{CsvProblem, CsvProblems};
pub use sites::{SITE_COLUMNS, sites_from_csv};

use crate::{model::region, runtime::lang::Text};

/// What a file gave. Warnings are about rows that were taken.
#[derive(Clone, PartialEq, Debug)]
pub struct Import<T> {
    pub rows: Vec<T>,
    pub warnings: Vec<CsvProblem>,
}

/// The name of a division of GB/T 2260, where it is known: Zhejiang and its cities.
pub fn region_name(code: &str) -> Option<Text> {
    region::name(code).map(|(zh, en)| Text::new(zh, en))
}

#[cfg(test)]
mod tests;
