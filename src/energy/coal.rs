//! Standard coal: energy amounts in kgce by dated factors.
//!
//! 综合能耗 E = Σ Eᵢ × kᵢ (GB/T 2589-2020): `Eᵢ` is the amount of a carrier, `kᵢ` the kilograms of standard coal
//! that one unit of it stands for; 1 kgce = 29,307.6 kJ.
//!
//! # Promises
//! - Every value is an exact decimal; nothing is rounded here.
//! - A factor is found only if it is the one factor for the whole of the days asked for.
//! - A value that somebody chose within a standard's range is told with that range.
//!
//! # Does not
//! Choose: a factor that the standard gives as a range has no value until the operator states one.
//! Fall back: where nothing is known for the days, the province and the basis, there is no factor.

use super::calorific::{self, Measured};
use crate::model::{CalorificValue, unit};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// 当量值 or 等价值 of electricity and heat in standard coal (GB/T 2589-2020).
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "platform", derive(utoipa::ToSchema))]
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

impl Basis {
    pub fn name(self) -> &'static str {
        match self {
            Basis::Calorific => "calorific",
            Basis::Equivalent => "equivalent",
        }
    }

    pub fn of_name(name: &str) -> Option<Basis> {
        [Basis::Calorific, Basis::Equivalent].into_iter().find(|basis| basis.name() == name)
    }
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

impl Worth {
    fn is_open(self) -> bool {
        matches!(self, Worth::Range(..))
    }
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
    /// Document and clause.
    pub source: String,
    /// How sure the value is, in the words of the file; may be empty.
    pub confidence: String,
    /// Where it is written: file, line and column.
    pub place: String,
}

impl Factor {
    /// Whether it holds on any of the days from `first` to `last`.
    pub fn touches(&self, first: Date, last: Date) -> bool {
        self.valid_from <= last && self.valid_until.is_none_or(|until| first <= until)
    }

    /// Whether there is a day and a question to which both would be the answer. A value beside a range is a choice
    /// within it and no second answer.
    pub fn overlaps(&self, other: &Factor) -> bool {
        self.unit == other.unit
            && self.province == other.province
            && self.worth.is_open() == other.worth.is_open()
            && self.meets(other)
    }

    /// Whether both are about one carrier, one basis and a common day.
    fn meets(&self, other: &Factor) -> bool {
        self.carrier == other.carrier
            && self.covers.meets(other.covers)
            && self.touches(other.valid_from, other.valid_until.unwrap_or(Date::MAX))
    }

    /// The range that `standard` gives for what this is a value of, per this one's unit.
    pub fn range_in(&self, standard: &Factor) -> Option<(Decimal, Decimal)> {
        let Worth::Range(low, high) = standard.worth else { return None };
        let ratio = unit::ratio(&self.unit, &standard.unit).filter(|_| self.meets(standard))?;
        Some((low.checked_mul(ratio)?.normalize(), high.checked_mul(ratio)?.normalize()))
    }

    /// The range of `standard`, per this one's unit, where this is a value outside of it.
    pub fn outside(&self, standard: &Factor) -> Option<(Decimal, Decimal)> {
        let Worth::One(value) = self.worth else { return None };
        self.range_in(standard).filter(|(low, high)| value < *low || value > *high)
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
        /// The standard's range per the same unit, where the value is somebody's choice within it.
        chosen_from_range: Option<(Decimal, Decimal)>,
    },
    /// The site's own measurements go before every factor.
    Measured(Measured),
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

    /// As [`Factors::look_up`], but measured calorific values of the site for these days go before all factors.
    pub fn look_up_at(&self, measured: &[CalorificValue], question: Question<'_>) -> Lookup<'_> {
        let Question { carrier, unit, first, last, .. } = question;
        match calorific::measured(measured, carrier, unit, first, last) {
            Some(measured) => Lookup::Measured(measured),
            None => self.look_up(question),
        }
    }

    /// A factor of the province goes before one of the country, one for the very unit before one for another unit
    /// of the same quantity, and a value before a range.
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
                let other_unit = (factor.unit != question.unit).then_some(factor.unit.as_str());
                Some(((factor.worth.is_open(), factor.province.is_none(), other_unit), ratio, factor))
            })
            .collect();
        // one provincial factor for a part of the days must not hide that another holds for the rest
        let Some(best) = ranked.iter().map(|(rank, ..)| *rank).min() else { return Lookup::Missing };
        let mut same: Vec<_> = ranked.iter().filter(|(rank, ..)| *rank == best).collect();
        same.sort_by_key(|(.., factor)| factor.valid_from);
        let Some((_, ratio, factor)) = same.first() else { return Lookup::Missing };
        if factor.valid_from > question.first {
            return Lookup::Changes(factor.valid_from);
        }
        if let Some(until) = factor.valid_until.filter(|until| *until < question.last) {
            return Lookup::Changes(until.tomorrow().unwrap_or(until));
        }
        let Worth::One(value) = factor.worth else { return Lookup::Open(factor) };
        let Some(kgce_per_unit) = value.checked_mul(*ratio) else { return Lookup::Missing };
        let of_unit = |(low, high): (Decimal, Decimal)| {
            Some((low.checked_mul(*ratio)?.normalize(), high.checked_mul(*ratio)?.normalize()))
        };
        let chosen_from_range = ranked.iter().find_map(|(.., other)| factor.range_in(other)).and_then(of_unit);
        Lookup::Found { factor, kgce_per_unit: kgce_per_unit.normalize(), chosen_from_range }
    }
}

#[cfg(test)]
mod tests;
