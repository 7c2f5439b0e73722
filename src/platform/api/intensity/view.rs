//! The shapes of what is told of intensity and of regions.

use crate::{
    energy::intensity::Light,
    platform::{
        assess::Basis,
        dual::gravest,
        intensity::{Missing, Row, TargetLight},
    },
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

const PERCENT_DECIMALS: u32 = 4;

#[derive(Serialize, ToSchema)]
pub(super) struct IntensityRows {
    pub period: String,
    pub basis: Basis,
    pub rows: Vec<IntensityRow>,
    pub total: usize,
}

#[derive(Serialize, ToSchema)]
pub(super) struct IntensityRow {
    key: String,
    name: String,
    title: Text,
    /// A lower bound where `known` is less than `sites`.
    tce: Option<Decimal>,
    tce_raw_material: Option<Decimal>,
    tce_renewable: Option<Decimal>,
    co2_t: Option<Decimal>,
    denominator: Option<Decimal>,
    unit: String,
    intensity: Option<Decimal>,
    /// At comparable prices, over the sites that are known in both years.
    last_year: Option<Decimal>,
    change_percent: Option<Decimal>,
    growth_percent: Option<Decimal>,
    /// Of a region's targets the gravest, of a product its limit value: green, yellow, red, no_target.
    light: Option<&'static str>,
    lights: Vec<LightShown>,
    limit: Option<LimitShown>,
    sites: usize,
    known: usize,
    complete: usize,
    compared: usize,
    matched: usize,
    lower_bound: bool,
    missing: Vec<MissingShown>,
    missing_total: usize,
    notes: Vec<Text>,
}

#[derive(Serialize, ToSchema)]
struct LightShown {
    kind: &'static str,
    target: Decimal,
    /// Of the target, what falls on the months that are over.
    to_date: Decimal,
    actual: Option<Decimal>,
    light: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LimitShown {
    pub kgce_per_unit: Decimal,
    pub region: String,
    pub source: String,
    /// The best grade reached: limit, entry, advanced.
    pub reached: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct MissingShown {
    credit_code: String,
    energy: bool,
    denominator: bool,
}

pub(in crate::platform::api) fn light_name(light: Light) -> &'static str {
    match light {
        Light::Green => "green",
        Light::Yellow => "yellow",
        Light::Red => "red",
        Light::NoTarget => "no_target",
    }
}

impl From<&TargetLight> for LightShown {
    fn from(light: &TargetLight) -> LightShown {
        LightShown {
            kind: light.kind.name(),
            target: light.target,
            to_date: light.to_date.round_dp(PERCENT_DECIMALS).normalize(),
            actual: light.actual.map(|actual| actual.round_dp(PERCENT_DECIMALS).normalize()),
            light: light.light.map(light_name),
        }
    }
}

impl IntensityRow {
    pub fn new(row: Row, lights: &[TargetLight], limit: Option<(LimitShown, Light)>) -> IntensityRow {
        let change_percent = row.change_percent();
        let missing = |missing: Missing| MissingShown {
            credit_code: missing.credit_code,
            energy: missing.energy,
            denominator: missing.denominator,
        };
        let light = limit.as_ref().map(|(_, light)| *light).or_else(|| gravest(lights));
        IntensityRow {
            lower_bound: row.is_lower_bound(),
            key: row.key,
            name: row.name.zh.clone(),
            title: row.name,
            tce: row.tce,
            tce_raw_material: row.tce_raw_material,
            tce_renewable: row.tce_renewable,
            co2_t: row.co2_t,
            denominator: row.denominator,
            unit: row.unit,
            intensity: row.intensity,
            last_year: row.last_year,
            change_percent,
            growth_percent: row.growth_percent.map(|growth| growth.round_dp(PERCENT_DECIMALS).normalize()),
            light: light.map(light_name),
            lights: lights.iter().map(LightShown::from).collect(),
            limit: limit.map(|(limit, _)| limit),
            sites: row.sites,
            known: row.known,
            complete: row.complete,
            compared: row.compared,
            matched: row.matched,
            missing: row.missing.into_iter().map(missing).collect(),
            missing_total: row.missing_total,
            notes: row.notes,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct IntensitySeries {
    pub rows: Vec<IntensityMonth>,
    pub unit: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct IntensityMonth {
    pub month: i8,
    pub tce: Option<Decimal>,
    pub co2_t: Option<Decimal>,
    pub denominator: Option<Decimal>,
    pub intensity: Option<Decimal>,
    /// tce of the same month a year before.
    pub last_year: Option<Decimal>,
    /// Whether some of the sites are not known.
    pub lower_bound: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RegionRows {
    pub rows: Vec<RegionRow>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RegionRow {
    pub code: String,
    pub name: String,
    pub title: Text,
    pub sites: usize,
    /// tce of this year; a lower bound where not all sites are known.
    pub tce: Option<Decimal>,
    pub lower_bound: bool,
    pub light: Option<&'static str>,
    /// Whether there are regions below.
    pub children: bool,
}
