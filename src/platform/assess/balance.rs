//! What entered the site less what left it, by carrier and unit: the registers that the boundary names.

use super::{
    note,
    term::{How, Part, Register, Term},
};
use crate::{
    model::{Role, unit},
    platform::store::Flow,
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Energy over the site's boundary.
pub(super) struct Balance {
    pub carriers: Vec<Carrier>,
    /// Of these something is expected and nothing is known: each a term without a value.
    pub unknown: Vec<Arc<Term>>,
}

/// One carrier in one unit, exact.
pub(super) struct Carrier {
    pub carrier: String,
    pub unit: String,
    pub amount: Arc<Term>,
}

/// Whether anything of the series' movement in the period is known: a reading inside, or a share of a stretch
/// between readings on either side of it.
pub(super) fn known(flow: &Flow) -> bool {
    flow.first.is_some() || flow.slots_received > 0 || flow.amount != 0
}

/// A register's movement over the period. Nothing where it leaves the digits of an exact decimal.
pub(super) fn register(flow: &Flow, counted_as: &str, notes: &mut Vec<Text>) -> Option<Term> {
    let series = &flow.series;
    let name = note::place(flow);
    let leaf = Register {
        gateway_id: flow.gateway_id.clone(),
        meter: series.meter.clone(),
        point: series.point.clone(),
        counted_as: counted_as.to_owned(),
        counts: flow.amount,
        per_count: series.scale.per_count(),
        first: flow.first.map(Into::into),
        last: flow.last.map(Into::into),
        slots_expected: flow.slots_expected,
        slots_received: flow.slots_received,
    };
    let term = Term::leaf(&name, None, &series.unit, How::Register(leaf));
    if term.value.is_none() {
        notes.push(note::too_large(flow));
        return None;
    }
    Some(term)
}

impl Balance {
    pub fn of(flows: &[Flow], notes: &mut Vec<Text>) -> Balance {
        let boundary = |flow: &&Flow| matches!(flow.series.role, Role::SiteEnergy | Role::SiteExport);
        let mut unknown: BTreeMap<&str, Text> = BTreeMap::new();
        let mut parts: BTreeMap<(&str, &str), Vec<Part>> = BTreeMap::new();
        for flow in flows.iter().filter(boundary).filter(|flow| known(flow)) {
            let minus = flow.series.role == Role::SiteExport;
            let counted_as = if minus { "site_export" } else { "site_energy" };
            match register(flow, counted_as, notes) {
                Some(term) => {
                    let part = Part { minus, term: Arc::new(term) };
                    parts.entry((&flow.series.carrier, &flow.series.unit)).or_default().push(part);
                }
                None => drop(unknown.insert(&flow.series.carrier, note::too_large(flow))),
            }
        }
        let entering = |flow: &&Flow| flow.series.role == Role::SiteEnergy;
        let heard: BTreeSet<&str> =
            flows.iter().filter(entering).filter(|flow| known(flow)).map(|flow| flow.series.carrier.as_str()).collect();
        // a carrier whose every meter is silent is unknown; one of several meters that is silent may be a retired one
        for flow in flows.iter().filter(boundary).filter(|flow| flow.slots_expected > 0) {
            if !heard.contains(flow.series.carrier.as_str()) {
                unknown.entry(&flow.series.carrier).or_insert_with(|| note::no_data(flow));
            }
        }
        let carriers = parts.into_iter().filter(|((carrier, _), _)| !unknown.contains_key(carrier));
        let carriers: Vec<_> = carriers
            .map(|((carrier, unit), parts)| Carrier {
                carrier: carrier.to_owned(),
                unit: unit.to_owned(),
                amount: Arc::new(Term::of(carrier, unit, How::Sum, parts)),
            })
            .collect();
        let mut unknown: Vec<_> = unknown.into_iter().map(|(carrier, why)| missing(carrier, why)).collect();
        if !flows.iter().any(|flow| flow.series.role == Role::SiteEnergy) {
            notes.push(note::no_energy_meter());
            unknown.push(missing("energy", note::no_energy_meter()));
        }
        Balance { carriers, unknown }
    }

    /// Electricity in kWh.
    pub fn kwh(&self) -> Term {
        let electricity = self.carriers.iter().filter(|row| row.carrier == "electricity");
        let parts: Vec<_> = electricity.map(|row| converted(row, "kWh")).collect();
        match parts.is_empty() {
            true => Term::leaf("electricity", None, "kWh", How::Missing),
            false => Term::of("electricity", "kWh", How::Sum, parts),
        }
    }
}

fn converted(row: &Carrier, wanted: &str) -> Part {
    if row.unit == wanted {
        return Part::shared(&row.amount);
    }
    let ratio = Term::leaf(
        "ratio",
        unit::ratio(&row.unit, wanted).map(|ratio: Decimal| ratio.normalize()),
        &format!("{wanted}/{}", row.unit),
        How::Constant,
    );
    Term::of(&row.carrier, wanted, How::Product, vec![Part::shared(&row.amount), ratio.plus()]).plus()
}

pub(super) fn missing(name: &str, why: Text) -> Arc<Term> {
    Arc::new(Term::leaf(name, None, "", How::Missing).weakened(why))
}
