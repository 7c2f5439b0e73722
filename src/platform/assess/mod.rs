//! Snapshot + coefficients + period → assessment. Pure.
//!
//! ```text
//!   E  = Σ Eᵢ·kᵢ             综合能耗, kgce; Eᵢ = what entered the site less what left it   GB/T 2589-2020
//!   G  = P × value of one     产值, 10,000 yuan; P = qualified product
//!   E/P kgce per unit (单位产品能耗), E/G tce per 10,000 yuan (单位产值能耗), E/mu, G/mu      1 tce = 1,000 kgce
//! ```
//!
//! # Promises
//! - The same snapshot, coefficients and period give the same assessment.
//! - Every figure is the value of a tree of terms down to registers, factors and registry fields ([`term`]), has the
//!   doubts of all of them and the quality of the worst, and says when its registers are not complete.
//! - Every amount carries the factor it was multiplied with, and where that comes from.
//! - What is unknown is `None` with a note, never zero: no data, no factor, a factor that changes inside the period,
//!   a divisor of zero. A carrier whose every meter is silent makes the site's standard coal unknown.
//! - Arithmetic is on exact decimals. Results are rounded once, at the end, half to even (GB/T 8170): amounts to 4
//!   decimals, ratios to 6; trailing zeros are dropped. A ratio is computed from what was not yet rounded.
//!
//! # Does not
//! Fill gaps, or grade: weights, base values and bands are the county's.

mod balance;
mod carbon;
mod check;
mod coal;
pub mod coefficient;
mod convert;
mod economy;
mod figure;
mod land;
mod line;
mod note;
mod output;
mod ranking;
mod site;
mod stock;
pub mod term;

pub use crate::energy::coal::Basis;
pub use check::State;
pub use coefficient::Coefficients;
pub use economy::economic;
pub use figure::{Figure, UnknownFigure};
pub use land::land;
pub use line::{role_name, role_of};
pub use note::cause_name;
pub use output::ProductOutput;
pub use ranking::{Ranking, RankingQuery, ranking, ranking_among};

use crate::{
    energy::carbon::{CarbonFactors, Scope},
    model::{Doubts, Period, Quality, UtcMillis},
    platform::store::Snapshot,
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use term::Term;
use utoipa::ToSchema;

/// The figures of all sites for one period. A figure that can not be computed is `None`, and a note says why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Assessment {
    pub period: String,
    pub start_ms: UtcMillis,
    pub end_ms: UtcMillis,
    pub as_of_ms: UtcMillis,
    /// Which standard-coal value the intensities use.
    pub basis: Basis,
    pub sites: Vec<SiteAssessment>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SiteAssessment {
    pub credit_code: String,
    pub name: String,
    pub city_code: String,
    pub county_code: String,
    pub industry_code: String,
    /// Over the period, by its parcels where there are any.
    pub land_mu: Decimal,
    pub energy: Vec<CarrierEnergy>,
    pub products: Vec<ProductOutput>,
    /// Electricity, kWh.
    pub kwh: Option<Decimal>,
    /// All carriers in standard coal on the assessment's basis, kgce.
    pub kgce: Option<Decimal>,
    /// Without energy that was used as raw material.
    pub kgce_without_raw_material: Option<Decimal>,
    /// Without new renewable energy made on the site.
    pub kgce_without_renewable: Option<Decimal>,
    /// t of CO₂, without raw material and renewable energy.
    pub co2_t: Option<Decimal>,
    pub output: Option<Decimal>,
    pub output_unit: String,
    /// 10,000 yuan in the period: output × value of one unit.
    pub output_value_wan: Option<Decimal>,
    pub kgce_per_product: Option<Decimal>,
    /// tce per 10,000 yuan of output value.
    pub tce_per_wan: Option<Decimal>,
    pub output_value_wan_per_mu: Option<Decimal>,
    pub tce_per_mu: Option<Decimal>,
    /// What the bureaus say of the period over land, 10,000 yuan per mu.
    pub tax_wan_per_mu: Option<Decimal>,
    pub value_added_wan_per_mu: Option<Decimal>,
    /// Received over expected quarter-hours of the site's energy and output points, 0 to 1.
    pub completeness: Option<Decimal>,
    /// By the figure's name: how sure it is.
    pub figures: BTreeMap<&'static str, State>,
    pub notes: Vec<Text>,
    /// What each figure is made of.
    #[serde(skip)]
    pub terms: Vec<(Figure, Arc<Term>)>,
}

impl SiteAssessment {
    pub fn term(&self, figure: Figure) -> Option<&Arc<Term>> {
        self.terms.iter().find(|(known, _)| *known == figure).map(|(_, term)| term)
    }
}

/// One carrier at the site's boundary.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CarrierEnergy {
    pub carrier: String,
    pub unit: String,
    pub amount: Decimal,
    pub quality: Quality,
    pub doubts: Doubts,
    pub kgce_calorific: Option<Decimal>,
    pub kgce_equivalent: Option<Decimal>,
    pub factor_calorific: Option<FactorUsed>,
    pub factor_equivalent: Option<FactorUsed>,
}

/// Where a standard-coal value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FactorUsed {
    pub kgce_per_unit: Decimal,
    pub valid_from: String,
    pub source: String,
}

/// By what amounts become figures.
#[derive(Debug)]
pub struct Rules {
    pub coal: Coefficients,
    /// `None`: the operator has configured none, and CO₂ is not known.
    pub carbon: Option<Carbon>,
}

#[derive(Debug)]
pub struct Carbon {
    pub factors: CarbonFactors,
    /// Which grid factor the operator chose.
    pub scope: Scope,
}

impl From<Coefficients> for Rules {
    fn from(coal: Coefficients) -> Rules {
        Rules { coal, carbon: None }
    }
}

/// The figures of every site of the snapshot, in its order.
pub fn assess(snapshot: &Snapshot, rules: &Rules, period: &Period, basis: Basis) -> Assessment {
    let days = site::Days::of(period);
    Assessment {
        period: period.to_string(),
        start_ms: period.start,
        end_ms: period.end,
        as_of_ms: snapshot.as_of,
        basis,
        sites: snapshot.sites.iter().map(|ledger| site::assess(ledger, rules, days, basis)).collect(),
    }
}

#[cfg(test)]
pub(in crate::platform) mod tests;
