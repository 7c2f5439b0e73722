//! The factors by which electricity, fuels and heat become carbon dioxide.
//!
//! # Promises
//! - A grid factor is that of the year asked for, of the one scope asked for, or there is none: no other year, no other
//!   scope stands in for it.
//! - The calorific values here are the guidelines'. They differ from those of GB/T 2589 and meet no factor of standard
//!   coal: the types are others.

use crate::model::{GasState, unit};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::{fmt, str::FromStr};

/// Which grid factor is meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Scope {
    /// 全国电力平均.
    National,
    /// 全国电力平均（不包括市场化交易的非化石能源电量）.
    NationalResidual,
    /// 全国化石能源电力.
    NationalFossil,
    /// 华东区域.
    EastChina,
    /// A province, GB/T 2260.
    Province(String),
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no scope: national, national_residual, national_fossil, east_china or a province's code such as 330000")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Scope, UnknownScope> {
        let province = || {
            let fits = crate::model::region::is_code(text) && text.ends_with("0000");
            fits.then(|| Scope::Province(text.to_owned())).ok_or(UnknownScope)
        };
        match text {
            "national" => Ok(Scope::National),
            "national_residual" => Ok(Scope::NationalResidual),
            "national_fossil" => Ok(Scope::NationalFossil),
            "east_china" => Ok(Scope::EastChina),
            _ => province(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::National => "national",
            Scope::NationalResidual => "national_residual",
            Scope::NationalFossil => "national_fossil",
            Scope::EastChina => "east_china",
            Scope::Province(code) => code,
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GridFactor {
    pub scope: Scope,
    /// Of the data, which is the year of use.
    pub year: i16,
    pub kg_per_kwh: Decimal,
    pub origin: Provenance,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FuelFactor {
    pub carrier: String,
    pub unit: String,
    /// The calorific value is that of so many units: 10,000 m³ for gases.
    pub per: Decimal,
    pub ncv_gj: Decimal,
    pub carbon_t_per_gj: Decimal,
    /// 0 to 1.
    pub oxidation: Decimal,
    /// The state in which a gas has that calorific value.
    pub at: Option<GasState>,
    /// Why the inputs are in doubt.
    pub suspect: Option<String>,
    pub origin: Provenance,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeatFactor {
    pub t_per_gj: Decimal,
    pub origin: Provenance,
}

/// Where a factor comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Provenance {
    /// Document and clause.
    pub source: String,
    pub confidence: String,
    /// File, line and column.
    pub place: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GridLookup<'a> {
    Found(&'a GridFactor),
    /// The days lie in more than one year: the next begins on this day.
    Changes(Date),
    Missing,
}

/// All known carbon factors. No two answer one question; the loader sees to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CarbonFactors {
    pub grid: Vec<GridFactor>,
    pub fuels: Vec<FuelFactor>,
    pub heat: Option<HeatFactor>,
}

impl CarbonFactors {
    /// The factor for days of use, both included.
    pub fn grid(&self, scope: &Scope, first: Date, last: Date) -> GridLookup<'_> {
        if first.year() != last.year() {
            return Date::new(first.year().saturating_add(1), 1, 1).map_or(GridLookup::Missing, GridLookup::Changes);
        }
        let found = self.grid.iter().find(|factor| factor.scope == *scope && factor.year == first.year());
        found.map_or(GridLookup::Missing, GridLookup::Found)
    }

    pub fn fuel(&self, carrier: &str, unit: &str) -> Option<&FuelFactor> {
        self.fuels.iter().find(|factor| factor.carrier == carrier && unit::ratio(unit, &factor.unit).is_some())
    }
}
