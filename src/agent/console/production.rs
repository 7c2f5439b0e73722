//! Energy, output and energy for each piece of the same quarter-hours, by the gateway's own clock.
//!
//! Of the points that the configuration says stand in the site's balance: electricity that enters less what leaves,
//! in kWh, and output. The platform may know of other gateways of the site, and of another boundary.

use super::{
    board::{Line, QUARTERS_MAX, Quarter},
    view::covered,
};
use crate::{
    energy::{intensity::per_piece, interval::QUARTER_MS},
    model::{Doubts, Role, Series, UtcMillis, unit},
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
pub struct Production {
    width_s: i64,
    /// Of the output; null where there is none, or where its points have several units.
    output_unit: Option<String>,
    intervals: Vec<Interval>,
}

#[derive(Serialize)]
struct Interval {
    start_ms: UtcMillis,
    /// Null where a term is not known.
    energy_kwh: Option<Decimal>,
    output: Option<Decimal>,
    kwh_per_unit: Option<Decimal>,
    /// Of the term that is covered least.
    covered: Decimal,
    /// Of all terms.
    doubts: Vec<&'static str>,
}

/// Whether a point is a term of either.
pub fn counts(series: &Series) -> bool {
    is_energy(series) || series.role == Role::Output
}

fn is_energy(series: &Series) -> bool {
    matches!(series.role, Role::SiteEnergy | Role::SiteExport) && series.carrier == "electricity"
}

/// `lines` are those of the points that [`counts`] wants.
pub fn production(lines: &[Line]) -> Production {
    let terms: Vec<Term> = lines.iter().map(Term::new).collect();
    let unit = common_unit(lines);
    let starts: BTreeSet<UtcMillis> = terms.iter().flat_map(|term| term.quarters.keys().copied()).collect();
    let skipped = starts.len().saturating_sub(QUARTERS_MAX);
    let interval = |start: UtcMillis| {
        let quarters = terms.iter().map(|term| term.quarters.get(&start).copied());
        let doubts = quarters.clone().flatten().fold(Doubts::NONE, |all, quarter| all | quarter.doubts);
        let least = quarters.map(|quarter| quarter.map_or(0, |quarter| quarter.covered_ms)).min();
        let energy_kwh = sum(terms.iter().filter(|term| is_energy(term.series)), start);
        let output = unit.and_then(|_| sum(terms.iter().filter(|term| term.series.role == Role::Output), start));
        Interval {
            start_ms: start,
            energy_kwh,
            output,
            kwh_per_unit: energy_kwh.zip(output).and_then(|(energy, output)| per_piece(energy, output)),
            covered: covered(least.unwrap_or_default()),
            doubts: doubts.names().collect(),
        }
    };
    Production {
        width_s: QUARTER_MS / 1000,
        output_unit: unit.map(str::to_owned),
        intervals: starts.into_iter().skip(skipped).map(interval).collect(),
    }
}

/// One point of a balance.
struct Term<'a> {
    series: &'a Series,
    quarters: BTreeMap<UtcMillis, Quarter>,
}

impl<'a> Term<'a> {
    fn new(line: &'a Line) -> Term<'a> {
        Term { series: &line.series, quarters: line.quarters.iter().map(|one| (one.start, *one)).collect() }
    }

    /// With its sign, in kWh or in the unit of the output; `None` where it is not known.
    fn amount(&self, start: UtcMillis) -> Option<Decimal> {
        let amount = self.series.scale.value_from_count(self.quarters.get(&start)?.amount)?;
        match self.series.role {
            Role::SiteEnergy => amount.checked_mul(unit::ratio(&self.series.unit, "kWh")?),
            Role::SiteExport => amount.checked_mul(-unit::ratio(&self.series.unit, "kWh")?),
            _ => Some(amount),
        }
    }
}

/// `None` without a term, or where one is not known: a sum of some is not the sum.
fn sum<'a>(terms: impl Iterator<Item = &'a Term<'a>>, start: UtcMillis) -> Option<Decimal> {
    let mut sum = None;
    for term in terms {
        sum = Some(sum.unwrap_or(Decimal::ZERO).checked_add(term.amount(start)?)?);
    }
    sum.map(|sum| sum.normalize())
}

fn common_unit(lines: &[Line]) -> Option<&str> {
    let mut units = lines.iter().filter(|line| line.series.role == Role::Output).map(|line| line.series.unit.as_str());
    let first = units.next()?;
    units.all(|unit| unit == first).then_some(first)
}
