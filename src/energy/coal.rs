//! Standard coal: energy amounts in kgce by dated factors.
//!
//! 综合能耗 E = Σ Eᵢ × kᵢ (GB/T 2589-2020): `Eᵢ` is the amount of a carrier, `kᵢ` the kilograms of standard coal
//! that one unit of it stands for; 1 kgce = 29,307.6 kJ.
//!
//! # Promises
//! - Every value is an exact decimal; nothing is rounded here.
//! - A factor is found only if it is the one factor for the whole of the days asked for.
//!
//! # Does not
//! Choose: a factor that the standard gives as a range has no value until the operator states one.

use crate::model::unit;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// 当量值 or 等价值 of electricity and heat in standard coal (GB/T 2589-2020).
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    Calorific,
    Equivalent,
}

/// For which bases a factor holds. A fuel has one value for both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Covers {
    Calorific,
    Equivalent,
    Both,
}

impl Covers {
    pub fn has(self, basis: Basis) -> bool {
        match self {
            Covers::Calorific => basis == Basis::Calorific,
            Covers::Equivalent => basis == Basis::Equivalent,
            Covers::Both => true,
        }
    }

    pub fn meets(self, other: Covers) -> bool {
        self == other || self == Covers::Both || other == Covers::Both
    }
}

/// What one unit of a carrier is in standard coal, kgce.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Worth {
    One(Decimal),
    /// The standard leaves the value open between two bounds.
    Range(Decimal, Decimal),
}

/// One dated factor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Factor {
    pub carrier: String,
    pub unit: String,
    pub worth: Worth,
    pub covers: Covers,
    pub valid_from: Date,
    /// The last day on which it holds; `None` while no end is known.
    pub valid_until: Option<Date>,
    /// GB/T 2260 code such as 330000; `None` for the whole country.
    pub province: Option<String>,
    pub source: String,
}

impl Factor {
    /// Whether it holds on any of the days from `first` to `last`.
    pub fn touches(&self, first: Date, last: Date) -> bool {
        self.valid_from <= last && self.valid_until.is_none_or(|until| first <= until)
    }

    /// Whether there is a day and a question to which both would be the answer.
    pub fn overlaps(&self, other: &Factor) -> bool {
        self.carrier == other.carrier
            && self.unit == other.unit
            && self.province == other.province
            && self.covers.meets(other.covers)
            && self.touches(other.valid_from, other.valid_until.unwrap_or(Date::MAX))
    }
}

/// Which factor is asked for: days are both included.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub carrier: &'a str,
    pub unit: &'a str,
    pub basis: Basis,
    pub province: &'a str,
    pub first: Date,
    pub last: Date,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup<'a> {
    /// The factor and its value per unit that was asked for, which may be another unit of the same quantity.
    Found {
        factor: &'a Factor,
        kgce_per_unit: Decimal,
    },
    /// There is only a range.
    Open(&'a Factor),
    /// Within the days asked for the factor begins, ends or changes on this day.
    Changes(Date),
    Missing,
}

/// All known factors. No two of them overlap; the loader sees to it.
#[derive(Clone, Debug, Default)]
pub struct Factors(Vec<Factor>);

impl Factors {
    pub fn new(factors: Vec<Factor>) -> Factors {
        Factors(factors)
    }

    /// A factor of the province goes before one of the country, one for the very unit before one for another unit
    /// of the same quantity.
    pub fn look_up(&self, question: Question<'_>) -> Lookup<'_> {
        let candidates = self.0.iter().filter(|factor| {
            factor.carrier == question.carrier
                && factor.covers.has(question.basis)
                && factor.touches(question.first, question.last)
                && factor.province.as_deref().is_none_or(|province| province == question.province)
        });
        let ranked: Vec<_> = candidates
            .filter_map(|factor| {
                let ratio = unit::ratio(question.unit, &factor.unit)?;
                Some((factor.province.is_none(), factor.unit != question.unit, &factor.unit, ratio, factor))
            })
            .collect();
        // one provincial factor for a part of the days must not hide that another holds for the rest
        let Some(best) = ranked.iter().map(|(country, other, unit, ..)| (*country, *other, *unit)).min() else {
            return Lookup::Missing;
        };
        let mut same: Vec<_> =
            ranked.iter().filter(|(country, other, unit, ..)| (*country, *other, *unit) == best).collect();
        same.sort_by_key(|(.., factor)| factor.valid_from);
        let Some((.., ratio, factor)) = same.first() else { return Lookup::Missing };
        if factor.valid_from > question.first {
            return Lookup::Changes(factor.valid_from);
        }
        if let Some(until) = factor.valid_until.filter(|until| *until < question.last) {
            return Lookup::Changes(until.tomorrow().unwrap_or(until));
        }
        match factor.worth {
            Worth::Range(..) => Lookup::Open(factor),
            Worth::One(value) => match value.checked_mul(*ratio) {
                Some(kgce_per_unit) => Lookup::Found { factor, kgce_per_unit: kgce_per_unit.normalize() },
                None => Lookup::Missing,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn factor(unit: &str, value: &str, province: Option<&str>, from: i16, until: Option<i16>) -> Factor {
        Factor {
            carrier: "electricity".into(),
            unit: unit.into(),
            worth: Worth::One(value.parse().unwrap()),
            covers: Covers::Equivalent,
            valid_from: date(from, 1, 1),
            valid_until: until.map(|year| date(year, 12, 31)),
            province: province.map(str::to_owned),
            source: String::new(),
        }
    }

    fn ask(factors: &Factors, unit: &str, province: &str, first: i16, last: i16) -> Result<String, Lookup<'static>> {
        let basis = Basis::Equivalent;
        let (first, last) = (date(first, 1, 1), date(last, 12, 31));
        match factors.look_up(Question { carrier: "electricity", unit, basis, province, first, last }) {
            Lookup::Found { kgce_per_unit, .. } => Ok(kgce_per_unit.to_string()),
            Lookup::Changes(day) => Err(Lookup::Changes(day)),
            _ => Err(Lookup::Missing),
        }
    }

    #[test]
    fn the_province_goes_before_the_country_and_units_are_converted_exactly() {
        let factors = Factors::new(vec![
            factor("kWh", "0.30", None, 2020, None),
            factor("kWh", "0.29", Some("330000"), 2020, None),
        ]);
        assert_eq!(ask(&factors, "kWh", "330000", 2026, 2026), Ok("0.29".into()));
        assert_eq!(ask(&factors, "MWh", "320000", 2026, 2026), Ok("300".into()));
        assert_eq!(ask(&factors, "MJ", "330000", 2026, 2026), Err(Lookup::Missing));
        assert_eq!(ask(&factors, "kWh", "330000", 2018, 2018), Err(Lookup::Missing));
    }

    #[test]
    fn a_factor_that_changes_inside_of_the_days_is_not_used() {
        let factors = Factors::new(vec![
            factor("kWh", "0.31", None, 2024, Some(2024)),
            factor("kWh", "0.30", None, 2025, Some(2025)),
        ]);
        assert_eq!(ask(&factors, "kWh", "330000", 2024, 2024), Ok("0.31".into()));
        assert_eq!(ask(&factors, "kWh", "330000", 2024, 2025), Err(Lookup::Changes(date(2025, 1, 1))));
        assert_eq!(ask(&factors, "kWh", "330000", 2025, 2026), Err(Lookup::Changes(date(2026, 1, 1))));
        assert_eq!(ask(&factors, "kWh", "330000", 2023, 2024), Err(Lookup::Changes(date(2024, 1, 1))));
    }

    #[test]
    fn overlap_needs_a_common_day_and_a_common_basis() {
        let a = factor("kWh", "0.31", None, 2024, Some(2024));
        let next = factor("kWh", "0.30", None, 2025, None);
        assert!(!a.overlaps(&next) && !next.overlaps(&a));
        assert!(a.overlaps(&a));
        assert!(a.overlaps(&Factor { covers: Covers::Both, ..a.clone() }));
        assert!(!a.overlaps(&Factor { covers: Covers::Calorific, ..a.clone() }));
        assert!(!a.overlaps(&Factor { province: Some("330000".into()), ..a.clone() }));
    }
}
