//! The register: versions of the registered tables, and what is known of sites beside their rows — profiles, land
//! parcels, the bureaus' figures.
//!
//! # Promises
//! - A version, its rows and all that follows from them become durable together, or nothing does.
//! - Of two changes that were made on the same version one is taken.
//! - No row of a version is ever lost: a changed or removed one stays as what it was until then.
//! - What is said of a site stays when the site leaves the registry, and is there again when it comes back.

mod economy;
mod listing;
mod standing;
#[cfg(test)]
mod tests;
mod version;

pub use economy::of_period as economy_of;
pub use listing::{FoundSite, SiteSearch};
pub use standing::all as standings;
pub use version::{RegisterChange, RegisterRow, RegisterVersion};

use super::{
    Store, StoreError,
    change::{self, Change},
    registry,
};
use crate::model::{BoundaryLine, Declared, EconomicFigure, EconomicItem, Gateway, Parcel, Profile, Site};
use std::collections::BTreeMap;

/// Kind whose rows are the figures, and are read by their years.
const ECONOMY: &str = "economy";

/// What follows from the tables of all kinds but the figures.
#[derive(Clone, PartialEq, Debug)]
pub struct Registered {
    pub sites: Vec<Site>,
    pub gateways: Vec<Gateway>,
    /// By credit code.
    pub declared: BTreeMap<String, Declared>,
    pub profiles: Vec<Profile>,
    pub parcels: Vec<Parcel>,
}

/// Changes of several kinds that are one.
#[derive(Clone, PartialEq, Debug)]
pub struct RegisterImport {
    pub changes: Vec<RegisterChange>,
    /// `None` where none of its kinds changes.
    pub registered: Option<Registered>,
    pub figures: Vec<EconomicFigure>,
    /// Figures that are no longer there.
    pub figures_gone: Vec<FigureKey>,
}

/// Site, year, month or whole year, item.
pub type FigureKey = (String, i16, Option<u8>, EconomicItem);

/// As it stands in the audit log.
fn noted(version: &RegisterVersion) -> Change {
    let RegisterVersion { kind, number, by, file, sha256, reason, added, changed, removed, .. } = version;
    let of = if file.is_empty() { String::new() } else { format!("; {file} {sha256}") };
    Change {
        by: by.clone(),
        area: "registry",
        subject: kind.clone(),
        action: "import",
        detail: format!("version {number}: {added} added, {changed} changed, {removed} removed{of}; {reason}"),
    }
}

impl Store {
    /// Rows of the current versions, without the figures; the last version of each kind.
    pub async fn register_rows(&self) -> Result<(Vec<RegisterRow>, BTreeMap<String, u64>), StoreError> {
        self.inner.readers.read(|tx| Ok((version::rows(tx, ECONOMY)?, version::latest(tx)?))).await
    }

    /// Figures of these years, both included, of all sites.
    pub async fn figures_between(&self, first: i16, last: i16) -> Result<Vec<EconomicFigure>, StoreError> {
        self.inner.readers.read(move |tx| economy::between(tx, first, last)).await
    }

    /// All figures of a site, by year, month and item.
    pub async fn figures_of(&self, credit_code: &str) -> Result<Vec<EconomicFigure>, StoreError> {
        let credit_code = credit_code.to_owned();
        self.inner.readers.read(move |tx| economy::of_site(tx, &credit_code)).await
    }

    /// A site's profile and parcels.
    pub async fn standing_of(&self, credit_code: &str) -> Result<(Profile, Vec<Parcel>), StoreError> {
        let credit_code = credit_code.to_owned();
        self.inner.readers.read(move |tx| standing::of(tx, &credit_code)).await
    }

    /// Durable on return; `false` when another version was made meanwhile, and then nothing is written.
    pub async fn take_import(&self, import: RegisterImport) -> Result<bool, StoreError> {
        self.inner
            .writer
            .write(move |tx| {
                for change in &import.changes {
                    if !version::add(tx, change)? {
                        // what was written before it in this job goes with the error
                        return Err(StoreError::Overtaken);
                    }
                    change::note(tx, &noted(&change.version), change.version.at)?;
                }
                if let Some(Registered { sites, gateways, declared, profiles, parcels }) = &import.registered {
                    registry::replace(tx, sites, gateways)?;
                    registry::declare(tx, declared)?;
                    standing::replace(tx, profiles, parcels)?;
                }
                import.figures_gone.iter().try_for_each(|key| economy::remove(tx, key))?;
                import.figures.iter().try_for_each(|figure| economy::put(tx, figure))
            })
            .await
            .map(|()| true)
            .or_else(|error| if matches!(error, StoreError::Overtaken) { Ok(false) } else { Err(error) })
    }

    /// The files that `by` gave last for each kind, as SHA-256.
    pub async fn files_by(&self, by: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let by = by.to_owned();
        self.inner.readers.read(move |tx| version::files_by(tx, &by)).await
    }

    /// Versions, the newest first; of one kind where it is given.
    pub async fn register_versions(
        &self,
        kind: Option<String>,
        limit: u32,
    ) -> Result<Vec<RegisterVersion>, StoreError> {
        self.inner.readers.read(move |tx| version::list(tx, kind.as_deref(), limit)).await
    }

    /// Versions that changed something of a site, the newest first.
    pub async fn versions_of(&self, credit_code: &str, limit: u32) -> Result<Vec<RegisterVersion>, StoreError> {
        let credit_code = credit_code.to_owned();
        self.inner.readers.read(move |tx| version::of_site(tx, &credit_code, limit)).await
    }

    /// The lines of a site's boundary.
    pub async fn boundary_of(&self, credit_code: &str) -> Result<Vec<BoundaryLine>, StoreError> {
        let credit_code = credit_code.to_owned();
        self.inner.readers.read(move |tx| listing::boundary(tx, &credit_code)).await
    }

    /// A page of registered sites, and how many there are.
    pub async fn site_rows(&self, query: SiteSearch) -> Result<(Vec<FoundSite>, u64), StoreError> {
        self.inner.readers.read(move |tx| listing::page(tx, &query)).await
    }

    /// Puts profiles and parcels in the place of all stored ones.
    pub async fn describe(&self, profiles: Vec<Profile>, parcels: Vec<Parcel>) -> Result<(), StoreError> {
        self.inner.writer.write(move |tx| standing::replace(tx, &profiles, &parcels)).await
    }

    /// Adds figures, or puts them in the place of those of the same site, year, month and item.
    pub async fn enter_economy(&self, figures: Vec<EconomicFigure>) -> Result<(), StoreError> {
        self.inner.writer.write(move |tx| figures.iter().try_for_each(|one| economy::put(tx, one))).await
    }
}
