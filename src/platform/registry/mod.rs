//! CSV and XLSX → sites, gateways, and what is said of the sites.
//!
//! ```text
//!   bytes ─▶ sheet ─▶ table: header, rows, places ─▶ sites | gateways | economy | …: each field by its rule ─▶ Import | Problems
//! ```
//!
//! # Promises
//! - All or nothing: with one error nothing is imported, and every error (up to 1,000) is told at once, with its
//!   place, what was found, what is expected and what to do, in both languages.
//! - No value is repaired: what is imported is what the file says. The one exception is written here: an industry
//!   code without its letter gets it.
//! - Fields, rows and the file have limits.
//!
//! # Does not
//! Store, or look at what was imported before. Know whether a point exists: that is seen where its data is.

mod boundary;
mod calorific;
mod code;
mod economy;
mod field;
mod formula;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod gateways;
mod industry;
mod kind;
mod parcels;
mod place;
mod products;
mod profiles;
mod sheet;
mod sites;
mod stock;
mod table;
mod tree;
mod virtual_point;
mod whole;
mod word;

pub use boundary::boundary_of;
pub use calorific::calorific_of;
pub use economy::{economy_of, figure};
pub use gateways::gateways_of;
pub use kind::{Entry, Kind, csv_safe};
pub use parcels::parcels_of;
pub use products::products_of;
pub use profiles::profiles_of;
pub use sheet::Sheet;
pub use sites::sites_of;
pub use stock::stock_of;
pub use virtual_point::virtual_points_of;
pub use whole::Whole;

use crate::runtime::problem::Problems;

/// Of a file; 200,000 sites take about 30 MiB.
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
