//! CSV files → sites, gateways, and what was declared about the sites.
//!
//! ```text
//!   text ─▶ table: header, rows, places ─▶ sites | gateways | boundary | …: each field by its rule ─▶ Import | Problems
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
//! Store, or look at what was imported before. Know whether a point exists: that is seen where its data is. Read GBK: a file that is not UTF-8 is refused.

mod boundary;
mod calorific;
mod field;
mod formula;
mod gateways;
mod industry;
mod place;
mod products;
mod sites;
mod stock;
mod table;
mod tree;
mod virtual_point;

pub use boundary::boundary_from_csv;
pub use calorific::calorific_from_csv;
pub use gateways::gateways_from_csv;
pub use products::products_from_csv;
pub use sites::sites_from_csv;
pub use stock::stock_from_csv;
pub use virtual_point::virtual_points_from_csv;

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
