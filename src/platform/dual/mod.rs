//! Reads what [`super::intensity`], [`super::quota`] and [`super::warning`] judge: the figures of two years, the bureaus'
//! figures, the months of a site.
//!
//! # Promises
//! - What one answer compares was read through [`Figures`] and the store and nothing else.
//!
//! # Does not
//! Compute: rows, lights and forecasts are made where they are pure.

mod fact;
mod history;
mod pair;

pub use fact::{daily, frequent};
pub use history::{History, Months};
pub use pair::{Pair, covers, gravest};

use super::{
    figures::Figures,
    store::{Store, StoreError},
};

/// The two doors.
#[derive(Clone)]
pub struct Dual {
    pub store: Store,
    pub figures: Figures,
}

type Answer<T> = Result<T, StoreError>;
