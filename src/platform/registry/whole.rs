//! All kinds together, each read in the light of those before it.

use super::{
    Import, Kind, Sheet, boundary_of, calorific_of, economy_of, gateways_of, parcels_of, products_of, profiles_of,
    sites_of, stock_of, virtual_points_of,
};
use crate::{
    model::{
        BoundaryLine, CalorificValue, Declared, EconomicFigure, Gateway, Parcel, Product, Profile, Site, StockEntry,
        VirtualPoint,
    },
    runtime::problem::Problems,
};
use std::collections::BTreeMap;

/// What tables say that fit together.
#[derive(Clone, Debug)]
pub struct Whole {
    pub sites: Vec<Site>,
    pub gateways: Vec<Gateway>,
    pub profiles: Vec<Profile>,
    pub parcels: Vec<Parcel>,
    pub economy: Vec<EconomicFigure>,
    pub warnings: Vec<Problems>,
    products: Vec<Product>,
    /// `None`: its table is wrong.
    boundary: Option<Vec<BoundaryLine>>,
    virtual_points: Vec<VirtualPoint>,
    stock: Vec<StockEntry>,
    calorific: Vec<CalorificValue>,
}

impl Default for Whole {
    fn default() -> Whole {
        let (sites, gateways, profiles, parcels, economy) = Default::default();
        let (warnings, products, virtual_points, stock, calorific) = Default::default();
        let boundary = Some(Vec::new());
        Whole {
            sites,
            gateways,
            profiles,
            parcels,
            economy,
            warnings,
            products,
            boundary,
            virtual_points,
            stock,
            calorific,
        }
    }
}

impl Whole {
    /// Reads a table in the place of what the kind had. Kinds are read in their order.
    ///
    /// # Errors
    /// Every problem of the table; then the kind has nothing.
    pub fn read(&mut self, kind: Kind, sheet: &Sheet) -> Result<(), Problems> {
        match kind {
            Kind::Sites => self.sites = self.took(sites_of(sheet))?,
            Kind::Gateways => {
                let read = gateways_of(sheet, &self.sites);
                self.gateways = self.took(read)?;
            }
            Kind::Products => {
                let read = products_of(sheet, &self.sites);
                self.products = self.took(read)?;
            }
            Kind::Boundary => {
                self.boundary = None;
                let read = boundary_of(sheet, &self.gateways);
                self.boundary = Some(self.took(read)?);
            }
            Kind::VirtualPoints => {
                let read = virtual_points_of(sheet, &self.gateways, self.boundary.as_deref());
                self.virtual_points = self.took(read)?;
            }
            Kind::Stock => {
                let read = stock_of(sheet, &self.sites);
                self.stock = self.took(read)?;
            }
            Kind::Calorific => {
                let read = calorific_of(sheet, &self.sites);
                self.calorific = self.took(read)?;
            }
            Kind::Profiles => {
                let read = profiles_of(sheet, &self.sites);
                self.profiles = self.took(read)?;
            }
            Kind::Parcels => {
                let read = parcels_of(sheet, &self.sites);
                self.parcels = self.took(read)?;
            }
            Kind::Economy => {
                let read = economy_of(sheet, &self.sites);
                self.economy = self.took(read)?;
            }
        }
        Ok(())
    }

    fn took<T>(&mut self, import: Result<Import<T>, Problems>) -> Result<Vec<T>, Problems> {
        let Import { rows, warnings } = import?;
        self.warnings.extend(warnings);
        Ok(rows)
    }

    /// By credit code.
    pub fn declared(&self) -> BTreeMap<String, Declared> {
        let mut declared: BTreeMap<String, Declared> = BTreeMap::new();
        for one in &self.products {
            declared.entry(one.credit_code.clone()).or_default().products.push(one.clone());
        }
        for one in self.boundary.iter().flatten() {
            declared.entry(one.credit_code.clone()).or_default().boundary.push(one.clone());
        }
        for one in &self.virtual_points {
            declared.entry(one.credit_code.clone()).or_default().virtual_points.push(one.clone());
        }
        for one in &self.stock {
            declared.entry(one.credit_code.clone()).or_default().stock.push(one.clone());
        }
        for one in &self.calorific {
            declared.entry(one.credit_code.clone()).or_default().calorific.push(one.clone());
        }
        declared
    }
}
