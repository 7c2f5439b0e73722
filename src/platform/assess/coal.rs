//! A site's balance in standard coal, with raw material and renewables as terms of their own.
//!
//! ```text
//!   kgce                       Σ amount × factor
//!   kgce_without_raw_material  kgce − Σ raw material × factor              原料用能不纳入能源消费总量
//!   kgce_without_renewable     kgce − Σ new renewable energy × factor      新增可再生能源不纳入能源消费总量
//! ```

use super::{
    Basis, CarrierEnergy, Coefficients, FactorUsed,
    balance::{Balance, Carrier},
    note,
    site::{AMOUNT_DECIMALS, Days},
    term::{How, Origin, Part, Term},
};
use crate::{
    energy::coal::{Lookup, Question},
    model::CalorificValue,
    runtime::lang::Text,
};
use std::sync::Arc;

/// Exact.
pub(super) struct Coal {
    pub kgce: Arc<Term>,
    pub without_raw_material: Arc<Term>,
    pub without_renewable: Arc<Term>,
}

/// And one row for each carrier, with both bases.
pub(super) fn coal(
    balance: &Balance,
    asked: &Asked,
    basis: Basis,
    notes: &mut Vec<Text>,
) -> (Coal, Vec<CarrierEnergy>) {
    let mut rows = Vec::new();
    let mut all: Vec<Part> = balance.unknown.iter().map(Part::shared).collect();
    let (mut raw_material, mut renewable) = (Vec::new(), Vec::new());
    for row in &balance.carriers {
        let (calorific, equivalent) =
            (asked.kgce(row, Basis::Calorific, notes), asked.kgce(row, Basis::Equivalent, notes));
        rows.extend(carrier_row(row, &calorific, &equivalent));
        let used = match basis {
            Basis::Calorific => calorific,
            Basis::Equivalent => equivalent,
        };
        let share = |amount: &Arc<Term>| {
            let factor = used.terms.get(1).map(|factor| Part::shared(&factor.term));
            let parts = [Part::shared(amount)].into_iter().chain(factor).collect();
            Part { minus: true, ..Term::of(&row.carrier, "kgce", How::Product, parts).plus() }
        };
        raw_material.extend(row.raw_material.as_ref().map(share));
        renewable.extend(row.renewable.as_ref().map(share));
        all.push(Part::shared(&used));
    }
    let kgce = Arc::new(Term::of("kgce", "kgce", How::Sum, all));
    let less = |parts: Vec<Part>| {
        let parts = [Part::shared(&kgce)].into_iter().chain(parts).collect();
        Arc::new(Term::of("kgce", "kgce", How::Sum, parts))
    };
    let (without_raw_material, without_renewable) = (less(raw_material), less(renewable));
    (Coal { kgce, without_raw_material, without_renewable }, rows)
}

/// Where factors come from, and for which days.
pub(super) struct Asked<'a> {
    pub coefficients: &'a Coefficients,
    pub days: Option<Days>,
    pub province: String,
    /// Calorific values that the site measured.
    pub measured: &'a [CalorificValue],
}

impl Asked<'_> {
    /// A carrier in standard coal.
    fn kgce(&self, row: &Carrier, basis: Basis, notes: &mut Vec<Text>) -> Arc<Term> {
        let factor = self.factor(row, basis, notes);
        Arc::new(Term::of(&row.carrier, "kgce", How::Product, vec![Part::shared(&row.amount), factor.plus()]))
    }

    fn factor(&self, row: &Carrier, basis: Basis, notes: &mut Vec<Text>) -> Term {
        let (carrier, unit) = (&row.carrier, &row.unit);
        let (name, per) = (format!("factor {carrier}"), format!("kgce/{unit}"));
        let Some(Days { first, last }) = self.days else { return Term::leaf(&name, None, &per, How::Missing) };
        let question = Question { carrier, unit, basis, province: &self.province, first, last };
        match self.coefficients.look_up_at(self.measured, question) {
            Lookup::Found { factor, kgce_per_unit, chosen_from_range } => {
                let (valid_from, source) = (factor.valid_from.to_string(), factor.source.clone());
                let chosen = chosen_from_range.map(|(low, high)| note::chosen(carrier, kgce_per_unit, low, high, unit));
                let origin = Origin { valid_from, source, place: factor.place.clone() };
                let mut term = Term::leaf(&name, Some(kgce_per_unit), &per, How::Factor(origin));
                term.notes.extend(chosen);
                term
            }
            Lookup::Measured(measured) => {
                let origin =
                    Origin { valid_from: first.to_string(), source: measured.sources.join(", "), place: String::new() };
                let mut term = Term::leaf(&name, Some(measured.kgce_per_unit), &per, How::Entry(origin));
                term.notes.push(note::measured(carrier, &measured));
                term
            }
            found => {
                let why = note::no_factor(&question, &found);
                notes.push(why.clone());
                Term::leaf(&name, None, &per, How::Missing).weakened(why)
            }
        }
    }
}

fn carrier_row(row: &Carrier, calorific: &Term, equivalent: &Term) -> Option<CarrierEnergy> {
    let shown = |term: &Term| term.value.map(|value| value.round_dp(AMOUNT_DECIMALS).normalize());
    let used = |term: &Term| {
        let factor = &term.terms.get(1)?.term;
        let (How::Factor(origin) | How::Entry(origin)) = &factor.how else { return None };
        let Origin { valid_from, source, .. } = origin;
        let (valid_from, source) = (valid_from.clone(), source.clone());
        Some(FactorUsed { kgce_per_unit: factor.value?, valid_from, source })
    };
    Some(CarrierEnergy {
        carrier: row.carrier.clone(),
        unit: row.unit.clone(),
        amount: row.amount.value?.normalize(),
        quality: row.amount.quality,
        doubts: row.amount.doubts,
        kgce_calorific: shown(calorific),
        kgce_equivalent: shown(equivalent),
        factor_calorific: used(calorific),
        factor_equivalent: used(equivalent),
    })
}
