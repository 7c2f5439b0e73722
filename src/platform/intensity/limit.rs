//! Limit values of energy per product: 单位产品能源消耗限额 of national and local standards.

use crate::{
    energy::intensity::Light,
    model::{LimitGrade, ProductLimit, unit},
};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// A site's energy per product against the limits that bind it.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict<'l> {
    /// The strictest 限定值 in force, of the country or of a region that the site lies in.
    pub limit: &'l ProductLimit,
    /// In the unit of the intensity, kgce.
    pub kgce_per_unit: Decimal,
    /// Green within the limit, red beyond it: a limit value has no margin.
    pub light: Light,
    /// The best grade that is reached.
    pub reached: Option<LimitGrade>,
}

/// `None` where no limit binds the product, or its unit can not become `unit`. `intensity`: kgce for one `unit`, not
/// rounded; `county`: where the site stands; `on`: the last day of the period.
pub fn verdict<'l>(
    limits: &'l [ProductLimit],
    (product, unit): (&str, &str),
    county: &str,
    on: Date,
    intensity: Decimal,
) -> Option<Verdict<'l>> {
    let binding = |grade: LimitGrade| {
        let own = limits.iter().filter(|limit| {
            let key = &limit.key;
            key.product == product && key.grade == grade && super::region_covers(&key.region, county)
        });
        // of each region the one in force: the latest that has begun
        let in_force = own.clone().filter(|limit| {
            let key = &limit.key;
            let later = |other: &ProductLimit| {
                other.key.region == key.region && other.key.valid_from > key.valid_from && other.key.valid_from <= on
            };
            key.valid_from <= on && !own.clone().any(later)
        });
        in_force.filter_map(|limit| Some((in_unit(limit, unit)?, limit))).min_by_key(|(value, _)| *value)
    };
    let (kgce_per_unit, limit) = binding(LimitGrade::Limit)?;
    let light = if intensity <= kgce_per_unit { Light::Green } else { Light::Red };
    let within = |grade: &LimitGrade| binding(*grade).is_some_and(|(value, _)| intensity <= value);
    Some(Verdict { limit, kgce_per_unit, light, reached: LimitGrade::ALL.into_iter().rev().find(within) })
}

/// kgce for one `unit`.
fn in_unit(limit: &ProductLimit, unit: &str) -> Option<Decimal> {
    limit.kgce_per_unit.checked_mul(unit::ratio(unit, &limit.unit)?)
}
