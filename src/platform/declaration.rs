//! The files of what is declared about the sites → one [`Declared`] for each site.

use super::{config::RegistryFiles, read, registry};
use crate::{
    model::{Declared, Gateway, Site},
    runtime::problem::Problems,
};
use std::{collections::BTreeMap, path::Path};

type Import<T> = Result<registry::Import<T>, Problems>;

/// By credit code, and the warnings. Blocks on the disk.
///
/// # Errors
/// All problems of all files.
pub(super) fn load(
    files: &RegistryFiles,
    sites: &[Site],
    gateways: &[Gateway],
) -> Result<(BTreeMap<String, Declared>, Vec<Problems>), Problems> {
    let mut told = Told::default();
    let products = told.import(&files.products, |text, file| registry::products_from_csv(text, file, sites));
    let boundary = told.import(&files.boundary, |text, file| registry::boundary_from_csv(text, file, gateways));
    let virtual_points = told.import(&files.virtual_points, |text, file| {
        registry::virtual_points_from_csv(text, file, gateways, boundary.as_deref())
    });
    let stock = told.import(&files.stock, |text, file| registry::stock_from_csv(text, file, sites));
    let calorific = told.import(&files.calorific, |text, file| registry::calorific_from_csv(text, file, sites));

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
    Problems::gathered(told.problems).map_or(Ok((declared, told.warnings)), Err)
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
        rows_of: impl FnOnce(&str, &str) -> Import<T>,
    ) -> Option<Vec<T>> {
        let Some(path) = path.as_ref().map(AsRef::as_ref) else { return Some(Vec::new()) };
        match read(path).and_then(|text| rows_of(&text, &path.display().to_string())) {
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
