//! A figure as the tree of what it is made of. The value of a term is computed here, from its terms, and nowhere else.
//!
//! ```text
//!   kgce_per_product          rounded
//!   └─ kgce_per_product       quotient
//!      ├─ kgce                sum
//!      │  └─ electricity      product
//!      │     ├─ electricity   sum
//!      │     │  ├─ + gw-1/m1/ep    register: counts × value of one
//!      │     │  └─ − gw-1/m2/ep    register
//!      │     └─ factor        kgce per kWh, dated, with its source
//!      └─ output              sum
//! ```
//!
//! # Promises
//! - [`Term::recompute`] on the leaves gives the value again, bit for bit, also when the tree was stored as JSON.
//! - A term has the doubts of all its terms, and the quality of the worst of them; one without a value is bad.
//! - What is unknown makes what is computed from it unknown, never zero.
//!
//! # Does not
//! Choose terms: the rules of the balance are in `site`.

use crate::{
    model::{Doubts, Quality, Reading},
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

mod how;

pub use how::{How, Origin, Statistic, Statistical};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Term {
    /// A figure, a carrier, a product, or a register as `gateway/meter/point`.
    pub name: String,
    /// Exact, but where `how` is `rounded`.
    pub value: Option<Decimal>,
    pub unit: String,
    #[serde(flatten)]
    pub how: How,
    pub quality: Quality,
    #[serde(default, skip_serializing_if = "no_doubts")]
    pub doubts: Doubts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub terms: Vec<Part>,
}

fn no_doubts(doubts: &Doubts) -> bool {
    doubts.is_none()
}

/// A term inside of another one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// Subtracted in a sum.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minus: bool,
    #[serde(flatten, with = "shared")]
    #[schema(value_type = Term)]
    pub term: Arc<Term>,
}

/// A shared term in JSON is the term.
mod shared {
    use super::{Arc, Deserialize, Serialize, Term};

    pub fn serialize<S: serde::Serializer>(term: &Arc<Term>, serializer: S) -> Result<S::Ok, S::Error> {
        Term::serialize(term, serializer)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Arc<Term>, D::Error> {
        Term::deserialize(deserializer).map(Arc::new)
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Register {
    pub gateway_id: String,
    pub meter: String,
    pub point: String,
    /// Why it is here: the agent's role, or the line of the boundary.
    pub counted_as: String,
    /// Σ of the intervals inside the period.
    pub counts: i64,
    /// The value of one count.
    pub per_count: Decimal,
    /// First and last reading inside the period.
    pub first: Option<Read>,
    pub last: Option<Read>,
    pub slots_expected: u64,
    pub slots_received: u64,
    /// Of the counts, those whose place in the period is estimated.
    pub estimated: i64,
    /// A person reads it: nobody expects a reading in each quarter-hour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// Where only the part counts that belongs to one product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagged: Option<Tagged>,
}

/// The part of a register's movement that a tag gives to one product.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Tagged {
    pub product: String,
    /// The register's whole movement over the period.
    pub of_counts: i64,
}

/// One reading, counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RegisterRead)]
pub struct Read {
    pub time_ms: i64,
    pub count: i64,
}

impl From<Reading> for Read {
    fn from(reading: Reading) -> Read {
        Read { time_ms: reading.time.0, count: reading.count }
    }
}

impl Term {
    /// A term of other terms.
    pub fn of(name: &str, unit: &str, how: How, terms: Vec<Part>) -> Term {
        let values: Vec<_> = terms.iter().map(|part| (part.minus, part.term.value)).collect();
        let value = how.compute(&values);
        let doubts = terms.iter().fold(Doubts::NONE, |all, part| all | part.term.doubts);
        let worst = terms.iter().map(|part| part.term.quality).max().unwrap_or(Quality::Good);
        let quality = if value.is_none() { Quality::Bad } else { worst };
        Term { name: name.into(), value, unit: unit.into(), how, quality, doubts, notes: Vec::new(), terms }
    }

    /// A term without terms.
    pub fn leaf(name: &str, value: Option<Decimal>, unit: &str, how: How) -> Term {
        let value = match &how {
            How::Register(register) => register.value(),
            _ => value,
        };
        Term { value, ..Term::of(name, unit, how, Vec::new()) }.judged(Doubts::NONE)
    }

    /// With further doubts.
    #[must_use]
    pub fn judged(mut self, doubts: Doubts) -> Term {
        self.doubts |= doubts;
        self.quality = match (self.value, self.how.is_leaf()) {
            (None, _) => Quality::Bad,
            (_, true) => self.doubts.quality(),
            (_, false) => self.quality.max(self.doubts.quality()),
        };
        self
    }

    /// With a note that makes it uncertain at best.
    #[must_use]
    pub fn weakened(mut self, note: Text) -> Term {
        self.quality = self.quality.max(Quality::Uncertain);
        self.notes.push(note);
        self
    }

    /// Added, where it stands in a sum.
    pub fn plus(self) -> Part {
        Part { minus: false, term: Arc::new(self) }
    }

    /// Computes the value anew from the leaves.
    pub fn recompute(&self) -> Option<Decimal> {
        match &self.how {
            How::Register(register) => register.value(),
            how if how.is_leaf() => self.value,
            how => {
                let values: Vec<_> = self.terms.iter().map(|part| (part.minus, part.term.recompute())).collect();
                how.compute(&values)
            }
        }
    }

    /// Whether every term of the tree is what its terms give, to the last digit and the last zero.
    pub fn holds(&self) -> bool {
        let bits = |value: Option<Decimal>| value.map(|value| value.serialize());
        bits(self.recompute()) == bits(self.value) && self.terms.iter().all(|part| part.term.holds())
    }

    /// The registers of the tree, each once.
    pub fn registers(&self) -> Vec<&Term> {
        let mut found: Vec<&Term> = Vec::new();
        self.visit(&mut |term| {
            let new = matches!(term.how, How::Register(_)) && !found.iter().any(|other| other.how == term.how);
            if new {
                found.push(term);
            }
        });
        found
    }

    /// This term and all below, in order.
    pub fn visit<'t>(&'t self, see: &mut impl FnMut(&'t Term)) {
        see(self);
        self.terms.iter().for_each(|part| part.term.visit(see));
    }
}

impl Part {
    pub fn shared(term: &Arc<Term>) -> Part {
        Part { minus: false, term: Arc::clone(term) }
    }

    pub fn minus(term: &Arc<Term>) -> Part {
        Part { minus: true, term: Arc::clone(term) }
    }
}

impl Register {
    fn value(&self) -> Option<Decimal> {
        self.per_count.checked_mul(Decimal::from(self.counts)).map(|value| value.normalize())
    }
}

#[cfg(test)]
mod tests;
