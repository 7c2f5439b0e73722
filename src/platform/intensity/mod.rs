//! Energy intensity and dual control (能耗双控): sites' figures → rows by site, industry, township, county, city, province.
//!
//! ```text
//!   Σ energy over the members whose energy and denominator are both known
//!   ─────────────────────────────────────────────────────────────────────  = intensity of a row
//!   Σ denominator of the same members
//! ```
//!
//! # Promises
//! - Sums are of the sites' figures as they are shown (4 decimals of kgce), so that a row equals what its sites add up to.
//!   Each further result is rounded once, at the end, half to even (GB/T 8170).
//! - Unknown is never 0: a row says how many of its sites are known and complete, which are missing, and calls its sum a
//!   lower bound where one is.
//! - A change against last year compares the same sites in both years and no others, at comparable prices.
//! - A light is compared on exact decimals, before any rounding.
//!
//! # Does not
//! Read: assessments, economy, targets and limits are brought. Allocate a site's energy to several products.

mod group;
mod limit;
mod product;
mod row;
mod span;
mod target;

pub use group::By;
pub use limit::{Verdict, verdict};
pub use product::output_of;
pub use row::{Counting, Member, Missing, Per, Row, Year, energy_of, rows, tce, whole};
pub use span::{DateSpan, last_year, span, to_date};
pub use target::{TargetLight, lights, region_covers};

#[cfg(test)]
mod tests;
