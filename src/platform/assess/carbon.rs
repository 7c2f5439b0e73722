//! A site's energy use as carbon dioxide, by factors of their own.
//!
//! ```text
//!   electricity   t = kWh × factor of the year of use and of a scope that the operator chose ÷ 1,000
//!   fuel          t = amount × NCV ÷ per × C × OF × 44 ÷ 12       industry guidelines of the NDRC
//!   heat          t = GJ × factor
//! ```
//!
//! # Does not
//! Count raw material and renewable energy, or what working media such as compressed air took elsewhere.

use super::{
    Carbon,
    balance::{Balance, Carrier, in_unit},
    convert, note,
    site::Days,
    term::{How, Origin, Part, Term},
};
use crate::{
    energy::carbon::{FuelFactor, GridLookup, Provenance},
    model::GasState,
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use std::sync::Arc;

const WORKING_MEDIA: [&str; 9] = [
    "fresh_water",
    "soft_water",
    "deaerated_water",
    "compressed_air",
    "oxygen",
    "nitrogen",
    "nitrogen_byproduct",
    "acetylene",
    "carbon_dioxide",
];

/// t of CO₂. Without a value where a factor is missing, and where the operator has chosen none.
pub(super) fn co2_t(
    balance: &Balance,
    carbon: Option<&Carbon>,
    days: Option<Days>,
    notes: &mut Vec<Text>,
) -> Arc<Term> {
    let mut parts: Vec<Part> = balance.unknown.iter().map(Part::shared).collect();
    let (Some(carbon), Some(days)) = (carbon, days) else {
        parts.push(Term::leaf("carbon factors", None, "", How::Missing).weakened(note::no_carbon_rules()).plus());
        return Arc::new(Term::of("co2", "t", How::Sum, parts));
    };
    let energy = balance.carriers.iter().filter(|row| !WORKING_MEDIA.contains(&row.carrier.as_str()));
    parts.extend(energy.map(|row| carrier(row, carbon, days, notes).plus()));
    Arc::new(Term::of("co2", "t", How::Sum, parts))
}

fn carrier(row: &Carrier, carbon: &Carbon, days: Days, notes: &mut Vec<Text>) -> Term {
    let used = used(row);
    let found = match row.carrier.as_str() {
        "electricity" => grid(&used, carbon, days),
        "heat" => carbon.factors.heat.as_ref().map(|factor| {
            let leaf = factor_leaf("heat", factor.t_per_gj, "t/GJ", &factor.origin);
            Term::of("heat", "t", How::Product, vec![in_unit(&used, "GJ"), leaf])
        }),
        carrier => carbon.factors.fuel(carrier, &row.unit).map(|factor| fuel(&used, factor)),
    };
    found.unwrap_or_else(|| {
        let why = note::no_carbon_factor(&row.carrier, days.first.year());
        notes.push(why.clone());
        Term::leaf(&row.carrier, None, "t", How::Missing).weakened(why)
    })
}

/// What of the carrier was used as bought energy.
fn used(row: &Carrier) -> Arc<Term> {
    if row.raw_material.is_none() && row.renewable.is_none() {
        return Arc::clone(&row.amount);
    }
    let apart = [&row.raw_material, &row.renewable].into_iter().flatten().map(Part::minus);
    let parts = [Part::shared(&row.amount)].into_iter().chain(apart).collect();
    Arc::new(Term::of(&row.carrier, &row.unit, How::Sum, parts))
}

fn grid(used: &Arc<Term>, carbon: &Carbon, days: Days) -> Option<Term> {
    let GridLookup::Found(factor) = carbon.factors.grid(&carbon.scope, days.first, days.last) else { return None };
    let leaf = factor_leaf(&format!("{} {}", factor.scope, factor.year), factor.kg_per_kwh, "kg/kWh", &factor.origin);
    let kg = Term::of("electricity", "kg", How::Product, vec![in_unit(used, "kWh"), leaf]);
    Some(Term::of("electricity", "t", How::Quotient, vec![kg.plus(), constant("kg per t", Decimal::ONE_THOUSAND)]))
}

fn fuel(used: &Arc<Term>, factor: &FuelFactor) -> Term {
    let name = &factor.carrier;
    let amount = in_unit(used, &factor.unit);
    let amount = match factor.at {
        Some(at) if at != GasState::STANDARD => convert::gas(&amount.term, GasState::STANDARD, at).plus(),
        _ => amount,
    };
    let leaf =
        |what: &str, value: Decimal, unit: &str| factor_leaf(&format!("{name} {what}"), value, unit, &factor.origin);
    let heat = Term::of(name, "GJ", How::Product, vec![amount, leaf("NCV", factor.ncv_gj, "GJ")]);
    let heat = Term::of(name, "GJ", How::Quotient, vec![heat.plus(), constant("per", factor.per)]);
    let parts = vec![
        heat.plus(),
        leaf("carbon", factor.carbon_t_per_gj, "t/GJ"),
        leaf("oxidation", factor.oxidation, ""),
        constant("CO₂", Decimal::from(44)),
    ];
    let carbon = Term::of(name, "t", How::Product, parts);
    let co2 = Term::of(name, "t", How::Quotient, vec![carbon.plus(), constant("C", Decimal::from(12))]);
    match &factor.suspect {
        Some(why) => co2.weakened(Text::new(why.clone(), why.clone())),
        None => co2,
    }
}

fn factor_leaf(what: &str, value: Decimal, unit: &str, origin: &Provenance) -> Part {
    let origin = Origin { valid_from: String::new(), source: origin.source.clone(), place: origin.place.clone() };
    Term::leaf(&format!("factor CO₂ {what}"), Some(value), unit, How::Factor(origin)).plus()
}

fn constant(name: &str, value: Decimal) -> Part {
    Term::leaf(name, Some(value), "", How::Constant).plus()
}
