//! Measured net calorific values → what a unit of the site's own fuel is in standard coal.
//!
//! ```text
//!   NCV  = Σ NCVᵢ·mᵢ / Σ mᵢ        the mean of the days' values, weighted with the fuel they stand for
//!   kgce = NCV / 29,307.6 kJ       GB/T 2589-2020: 1 kgce is 7,000 kcal (20 °C) of 4.1868 kJ
//! ```
//!
//! The weighted mean of daily values is the rule of DB34/T 4689-2024, 5.2.
//!
//! # Promises
//! - Computed on exact decimals from what was not yet rounded; rounded once, half to even (GB/T 8170): the mean to 4
//!   decimals of a kJ, the factor to 6 decimals of a kgce.
//! - `None` where there is no measurement with a weight, never a standard's value.

use crate::model::{CalorificValue, unit};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// 1 kgce in kJ.
pub const KJ_PER_KGCE: Decimal = Decimal::from_parts(293_076, 0, 0, false, 1);
const NCV_DECIMALS: u32 = 4;
const FACTOR_DECIMALS: u32 = 6;

/// What the site's measurements give for one stretch of days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measured {
    pub ncv_kj_per_unit: Decimal,
    pub kgce_per_unit: Decimal,
    /// How many measurements the mean is of.
    pub measurements: usize,
    /// Where they are from, each once, in the order of the file.
    pub sources: Vec<String>,
}

/// The mean of the values of `carrier` on the days from `first` to `last`, both included, per `unit`.
pub fn measured(values: &[CalorificValue], carrier: &str, unit: &str, first: Date, last: Date) -> Option<Measured> {
    let (mut heat, mut weight, mut measurements, mut sources) = (Decimal::ZERO, Decimal::ZERO, 0, Vec::new());
    for value in values.iter().filter(|value| value.carrier == carrier && (first..=last).contains(&value.date)) {
        // kJ do not depend on the unit; the weight does
        let Some(units) = unit::ratio(&value.unit, unit) else { continue };
        heat = heat.checked_add(value.ncv_kj_per_unit.checked_mul(value.quantity)?)?;
        weight = weight.checked_add(value.quantity.checked_mul(units)?)?;
        measurements += 1;
        if !sources.contains(&value.source) {
            sources.push(value.source.clone());
        }
    }
    let ncv = heat.checked_div(weight)?;
    // (Σ NCV·m) / (Σ m · 29,307.6): one division, so that nothing is rounded twice
    let kgce = heat.checked_div(weight.checked_mul(KJ_PER_KGCE)?)?;
    Some(Measured {
        ncv_kj_per_unit: ncv.round_dp(NCV_DECIMALS).normalize(),
        kgce_per_unit: kgce.round_dp(FACTOR_DECIMALS).normalize(),
        measurements,
        sources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn value(day: i8, ncv: &str, unit: &str, quantity: &str) -> CalorificValue {
        CalorificValue {
            credit_code: String::new(),
            carrier: "raw_coal".into(),
            date: date(2026, 11, day),
            ncv_kj_per_unit: ncv.parse().unwrap(),
            unit: unit.into(),
            quantity: quantity.parse().unwrap(),
            source: format!("report {day}"),
        }
    }

    fn mean(values: &[CalorificValue], unit: &str) -> Option<(String, String, usize)> {
        let measured = measured(values, "raw_coal", unit, date(2026, 11, 1), date(2026, 11, 30))?;
        Some((measured.ncv_kj_per_unit.to_string(), measured.kgce_per_unit.to_string(), measured.measurements))
    }

    #[test]
    fn the_mean_is_weighted_with_the_fuel() {
        // (20,934 × 300 + 23,000 × 100) / 400 = 21,450.5 kJ; / 29,307.6 = 0.73191…
        let values = [value(1, "20934", "kg", "300"), value(2, "23000", "kg", "100")];
        assert_eq!(mean(&values, "kg"), Some(("21450.5".into(), "0.731909".into(), 2)));
    }

    #[test]
    fn units_of_one_quantity_meet_and_others_do_not() {
        let values = [value(1, "20934", "kg", "300"), value(2, "23000000", "t", "0.1")];
        assert_eq!(mean(&values, "kg"), Some(("21450.5".into(), "0.731909".into(), 2)));
        assert_eq!(mean(&values, "t"), Some(("21450500".into(), "731.909129".into(), 2)));
        assert_eq!(mean(&values, "m3"), None);
    }

    #[test]
    fn only_the_days_count_and_nothing_is_made_up() {
        let mut outside = value(1, "20934", "kg", "300");
        outside.date = date(2026, 12, 1);
        assert_eq!(mean(&[outside], "kg"), None);
        assert_eq!(mean(&[], "kg"), None);
        assert_eq!(mean(&[value(1, "29307.6", "kg", "5")], "kg"), Some(("29307.6".into(), "1".into(), 1)));
    }
}
