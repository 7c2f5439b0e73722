//! The register: what is known of sites beside their rows — profiles, land parcels, the bureaus' figures.
//!
//! # Promises
//! - What it says of a site stays when the site leaves the registry, and is there again when it comes back.
//! - A figure that an import does not name stays as it is.

mod economy;
mod standing;

pub use economy::of_period as economy_of;
pub use standing::all as standings;

use super::{Store, StoreError};
use crate::model::{EconomicFigure, Parcel, Profile};

impl Store {
    /// Puts profiles and parcels in the place of all stored ones.
    pub async fn describe(&self, profiles: Vec<Profile>, parcels: Vec<Parcel>) -> Result<(), StoreError> {
        self.inner.writer.write(move |tx| standing::replace(tx, &profiles, &parcels)).await
    }

    /// Adds figures, or puts them in the place of those of the same site, year, month and item.
    pub async fn enter_economy(&self, figures: Vec<EconomicFigure>) -> Result<(), StoreError> {
        self.inner.writer.write(move |tx| figures.iter().try_for_each(|one| economy::put(tx, one))).await
    }
}
