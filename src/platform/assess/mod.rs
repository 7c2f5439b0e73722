//! Snapshot + coefficients + period → assessment. Pure.

pub mod coefficient;
mod figure;
mod ranking;
mod site;

pub use crate::energy::coal::Basis;
pub use coefficient::Coefficients;
pub use figure::{Figure, UnknownFigure};
pub use ranking::{Ranking, RankingQuery, ranking};
pub use site::assess;

use crate::{model::UtcMillis, runtime::lang::Text};
use rust_decimal::Decimal;
use serde::Serialize;

/// The figures of all sites for one period. A figure that can not be computed is `None`, and a note says why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assessment {
    pub period: String,
    pub start_ms: UtcMillis,
    pub end_ms: UtcMillis,
    pub as_of_ms: UtcMillis,
    /// Which standard-coal value the intensities use.
    pub basis: Basis,
    pub sites: Vec<SiteAssessment>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SiteAssessment {
    pub credit_code: String,
    pub name: String,
    pub city_code: String,
    pub county_code: String,
    pub industry_code: String,
    pub land_mu: Decimal,
    pub energy: Vec<CarrierEnergy>,
    /// Electricity, kWh.
    pub kwh: Option<Decimal>,
    /// All carriers in standard coal on the assessment's basis, kgce.
    pub kgce: Option<Decimal>,
    pub output: Option<Decimal>,
    pub output_unit: String,
    /// 10,000 yuan in the period: output × value of one unit.
    pub output_value_wan: Option<Decimal>,
    pub kgce_per_product: Option<Decimal>,
    /// tce per 10,000 yuan of output value.
    pub tce_per_wan: Option<Decimal>,
    pub output_value_wan_per_mu: Option<Decimal>,
    pub tce_per_mu: Option<Decimal>,
    /// Yearly figures of the registry over land, 10,000 yuan per mu.
    pub tax_wan_per_mu: Option<Decimal>,
    pub value_added_wan_per_mu: Option<Decimal>,
    /// Received over expected quarter-hours of the site's energy and output points, 0 to 1.
    pub completeness: Option<Decimal>,
    pub notes: Vec<Text>,
}

/// One carrier at the site's boundary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CarrierEnergy {
    pub carrier: String,
    pub unit: String,
    pub amount: Decimal,
    pub kgce_calorific: Option<Decimal>,
    pub kgce_equivalent: Option<Decimal>,
    pub factor_calorific: Option<FactorUsed>,
    pub factor_equivalent: Option<FactorUsed>,
}

/// Where a standard-coal value comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactorUsed {
    pub kgce_per_unit: Decimal,
    pub valid_from: String,
    pub source: String,
}
