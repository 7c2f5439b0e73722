//! What entered the site less what left it, by carrier and unit.

use super::{
    line::Line,
    note, stock,
    term::{How, Part, Term},
};
use crate::{
    model::{Origin, Role, unit},
    platform::store::SiteLedger,
    runtime::lang::Text,
};
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
    /// What of it was raw material (原料用能), and what was new renewable energy; `None`: nothing.
    pub raw_material: Option<Arc<Term>>,
    pub renewable: Option<Arc<Term>>,
}

/// The parts of one carrier in one unit.
#[derive(Default)]
struct Parts {
    all: Vec<Part>,
    raw_material: Vec<Part>,
    renewable: Vec<Part>,
}

impl Balance {
    pub fn of(ledger: &SiteLedger, lines: &[Line], days: Option<super::site::Days>, notes: &mut Vec<Text>) -> Balance {
        let boundary = |line: &&Line| matches!(line.role, Role::SiteEnergy | Role::SiteExport);
        let mut parts: BTreeMap<(&str, &str), Parts> = BTreeMap::new();
        for line in lines.iter().filter(boundary) {
            let Some(amount) = &line.amount else { continue };
            let part = Part { minus: line.role == Role::SiteExport, term: Arc::clone(amount) };
            let entry = parts.entry((&line.carrier, &line.unit)).or_default();
            if line.raw_material {
                entry.raw_material.push(part.clone());
            } else if line.origin == Origin::Renewable {
                entry.renewable.push(part.clone());
            }
            entry.all.push(part);
        }
        let entering = lines.iter().filter(|line| line.role == Role::SiteEnergy);
        let heard: BTreeSet<&str> =
            entering.filter(|line| line.amount.is_some()).map(|line| line.carrier.as_str()).collect();
        // a carrier whose every meter is silent is unknown; one of several meters that is silent may be a retired one
        let mut unknown: BTreeMap<&str, &Text> = BTreeMap::new();
        for line in lines.iter().filter(boundary).filter(|line| line.expected && !heard.contains(line.carrier.as_str()))
        {
            unknown.entry(&line.carrier).or_insert(&line.silence);
        }
        let mut carriers = Vec::new();
        for ((carrier, unit), parts) in parts {
            if unknown.contains_key(carrier) {
                continue;
            }
            let sum = |parts: Vec<Part>| Arc::new(Term::of(carrier, unit, How::Sum, parts));
            let of = |parts: Vec<Part>| (!parts.is_empty()).then(|| sum(parts));
            let amount = sum(parts.all);
            if amount.value.is_none() {
                notes.push(note::too_large_sum(carrier));
            }
            let (raw_material, renewable) = (of(parts.raw_material), of(parts.renewable));
            let (carrier, unit) = (carrier.to_owned(), unit.to_owned());
            carriers.push(Carrier { carrier, unit, amount, raw_material, renewable });
        }
        let mut unknown: Vec<_> = unknown.into_iter().map(|(carrier, why)| missing(carrier, why.clone())).collect();
        stock::add(ledger, days, &mut carriers, &mut unknown, notes);
        let entered = lines.iter().any(|line| line.role == Role::SiteEnergy) || !ledger.declared.stock.is_empty();
        if !entered {
            notes.push(note::no_energy_meter());
            unknown.push(missing("energy", note::no_energy_meter()));
        } else if carriers.is_empty() && unknown.is_empty() {
            unknown.push(missing("energy", note::no_energy_yet()));
        }
        Balance { carriers, unknown }
    }

    /// Electricity in kWh.
    pub fn kwh(&self) -> Term {
        let electricity = self.carriers.iter().filter(|row| row.carrier == "electricity");
        let parts: Vec<_> = electricity.map(|row| in_unit(&row.amount, "kWh")).collect();
        match parts.is_empty() {
            true => Term::leaf("electricity", None, "kWh", How::Missing),
            false => Term::of("electricity", "kWh", How::Sum, parts),
        }
    }
}

/// The term in another unit of its quantity; without a value where there is no exact ratio.
pub(super) fn in_unit(term: &Arc<Term>, wanted: &str) -> Part {
    if term.unit == wanted {
        return Part::shared(term);
    }
    let ratio = unit::ratio(&term.unit, wanted).map(|ratio| ratio.normalize());
    let ratio = Term::leaf("ratio", ratio, &format!("{wanted}/{}", term.unit), How::Constant);
    Term::of(&term.name, wanted, How::Product, vec![Part::shared(term), ratio.plus()]).plus()
}

pub(super) fn missing(name: &str, why: Text) -> Arc<Term> {
    Arc::new(Term::leaf(name, None, "", How::Missing).weakened(why))
}
