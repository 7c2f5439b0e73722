//! The files of what is said about the sites → one [`Declared`] for each site, their profiles, land and economy.

use super::{
    config::RegistryFiles,
    registry::{self, Sheet},
    sheet,
};
use crate::{
    model::{Declared, EconomicFigure, Gateway, Parcel, Profile, Site},
    runtime::problem::Problems,
};
use std::{collections::BTreeMap, path::Path};

type Import<T> = Result<registry::Import<T>, Problems>;

/// What the files say beside sites and gateways.
#[derive(Default)]
pub(super) struct Declarations {
    /// By credit code.
    pub declared: BTreeMap<String, Declared>,
    pub profiles: Vec<Profile>,
    pub parcels: Vec<Parcel>,
    pub economy: Vec<EconomicFigure>,
    pub warnings: Vec<Problems>,
}

/// Blocks on the disk.
///
/// # Errors
/// All problems of all files.
pub(super) fn load(files: &RegistryFiles, sites: &[Site], gateways: &[Gateway]) -> Result<Declarations, Problems> {
    let mut told = Told::default();
    let products = told.import(&files.products, |sheet| registry::products_of(sheet, sites));
    let boundary = told.import(&files.boundary, |sheet| registry::boundary_of(sheet, gateways));
    let virtual_points =
        told.import(&files.virtual_points, |sheet| registry::virtual_points_of(sheet, gateways, boundary.as_deref()));
    let stock = told.import(&files.stock, |sheet| registry::stock_of(sheet, sites));
    let calorific = told.import(&files.calorific, |sheet| registry::calorific_of(sheet, sites));
    let profiles = told.import(&files.profiles, |sheet| registry::profiles_of(sheet, sites));
    let parcels = told.import(&files.parcels, |sheet| registry::parcels_of(sheet, sites));
    let economy = told.import(&files.economy, |sheet| registry::economy_of(sheet, sites));

    let mut declared: BTreeMap<String, Declared> = BTreeMap::new();
    for one in products.into_iter().flatten() {
        declared.entry(one.credit_code.clone()).or_default().products.push(one);
    }
    for one in boundary.into_iter().flatten() {
        declared.entry(one.credit_code.clone()).or_default().boundary.push(one);
    }
    for one in virtual_points.into_iter().flatten() {
        declared.entry(one.credit_code.clone()).or_default().virtual_points.push(one);
    }
    for one in stock.into_iter().flatten() {
        declared.entry(one.credit_code.clone()).or_default().stock.push(one);
    }
    for one in calorific.into_iter().flatten() {
        declared.entry(one.credit_code.clone()).or_default().calorific.push(one);
    }
    let (profiles, parcels) = (profiles.unwrap_or_default(), parcels.unwrap_or_default());
    let (economy, warnings) = (economy.unwrap_or_default(), told.warnings);
    let found = Declarations { declared, profiles, parcels, economy, warnings };
    Problems::gathered(told.problems).map_or(Ok(found), Err)
}

#[derive(Default)]
struct Told {
    problems: Vec<Problems>,
    warnings: Vec<Problems>,
}

impl Told {
    /// The rows of a file, no rows where it is not named; `None` where it is wrong.
    fn import<T>(
        &mut self,
        path: &Option<impl AsRef<Path>>,
        rows_of: impl FnOnce(&Sheet) -> Import<T>,
    ) -> Option<Vec<T>> {
        let Some(path) = path.as_ref().map(AsRef::as_ref) else { return Some(Vec::new()) };
        match sheet(path).and_then(|sheet| rows_of(&sheet)) {
            Ok(import) => {
                self.warnings.extend(import.warnings);
                Some(import.rows)
            }
            Err(problems) => {
                self.problems.push(problems);
                None
            }
        }
    }
}
