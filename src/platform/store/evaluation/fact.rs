//! What an evaluation must know of all sites beside their figures.

use super::super::{Store, StoreError, register};
use crate::model::{EconomicFigure, Parcel, Period, Profile};
use std::collections::BTreeMap;

/// Profile, parcels, and the bureaus' figures of the years that the period touches.
pub type SiteFacts = (Profile, Vec<Parcel>, Vec<EconomicFigure>);

impl Store {
    /// By credit code. A site of which nothing was said is not in it.
    pub async fn facts(&self, period: Period) -> Result<BTreeMap<String, SiteFacts>, StoreError> {
        self.inner
            .readers
            .read(move |tx| {
                let mut all: BTreeMap<String, SiteFacts> = BTreeMap::new();
                for (credit_code, (profile, parcels)) in register::standings(tx)? {
                    all.insert(credit_code, (profile, parcels, Vec::new()));
                }
                for (credit_code, figures) in register::economy_of(tx, &period)? {
                    all.entry(credit_code).or_default().2 = figures;
                }
                Ok(all)
            })
            .await
    }
}
