//! A candidate with another quantity: what a person asks ("8 % less electricity"), or corrects with evidence.
//!
//! # Promises
//! - Only the quantity and what is made of it changes: other electricity is other standard coal and other CO₂, with the
//!   same factor as before.
//! - The tree shows the change as an entry, with its evidence.

use super::{Candidate, Quantity};
use crate::{
    model::Quality,
    platform::assess::term::{How, Origin, Part, Term},
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use std::sync::Arc;

/// What becomes of a quantity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// So many times what it is.
    Factor(Decimal),
    /// This, in the quantity's unit.
    Value(Decimal),
}

const ELECTRICITY: &str = "electricity";
const TEN_THOUSAND: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

impl Candidate {
    /// # Errors
    /// Why the quantity can not be changed so.
    pub fn changed(&self, item: Quantity, change: Change, origin: &Origin) -> Result<Candidate, Text> {
        let mut changed = self.clone();
        match item {
            Quantity::Kwh | Quantity::WanKwh => {
                let share = self.electricity(item, change, origin)?;
                for part in changed.quantities.values_mut() {
                    part.term = replaced(&part.term, &share);
                }
            }
            _ => {
                let term = match change {
                    Change::Value(value) => entry(item.name(), Some(value), item.unit(), origin),
                    Change::Factor(factor) => {
                        let old = self.term(item).filter(|term| term.value.is_some());
                        let old = old.ok_or_else(|| self.why_unknown(item))?;
                        let times = entry("times", Some(factor), "", origin);
                        Term::of(&old.name, &old.unit, How::Product, vec![Part::shared(old), times.plus()])
                    }
                };
                changed.quantities.insert(item, term.plus());
            }
        }
        Ok(changed)
    }

    /// How many times the electricity of before.
    fn electricity(&self, item: Quantity, change: Change, origin: &Origin) -> Result<Part, Text> {
        let value = match change {
            Change::Factor(factor) => return Ok(entry("times", Some(factor), "", origin).plus()),
            Change::Value(value) if item == Quantity::WanKwh => value.checked_mul(TEN_THOUSAND),
            Change::Value(value) => Some(value),
        };
        let old = self.term(Quantity::Kwh).filter(|term| term.value.is_some_and(|value| value > Decimal::ZERO));
        let old = old.ok_or_else(|| self.why_unknown(Quantity::Kwh))?;
        let new = entry(&old.name, value, &old.unit, origin);
        Ok(Term::of("times", "", How::Quotient, vec![new.plus(), Part::shared(old)]).plus())
    }
}

fn entry(name: &str, value: Option<Decimal>, unit: &str, origin: &Origin) -> Term {
    Term::leaf(name, value, unit, How::Entry(origin.clone()))
}

/// The tree with each amount of electricity taken so many times; the tree itself where there is none.
fn replaced(term: &Arc<Term>, times: &Part) -> Arc<Term> {
    // an amount of energy, and no amount of coal or CO₂
    if term.name == ELECTRICITY && term.unit.ends_with("Wh") {
        return Arc::new(Term::of(&term.name, &term.unit, How::Product, vec![Part::shared(term), times.clone()]));
    }
    let terms: Vec<Part> =
        term.terms.iter().map(|part| Part { minus: part.minus, term: replaced(&part.term, times) }).collect();
    if terms.iter().zip(&term.terms).all(|(new, old)| Arc::ptr_eq(&new.term, &old.term)) {
        return Arc::clone(term);
    }
    let mut new = Term::of(&term.name, &term.unit, term.how.clone(), terms);
    let noted = if term.notes.is_empty() { Quality::Good } else { Quality::Uncertain };
    new.quality = new.quality.max(noted);
    new.notes.clone_from(&term.notes);
    Arc::new(new)
}
