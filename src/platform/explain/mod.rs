//! One figure down to the readings: its tree of terms, and below each register the quarter-hours and the readings that
//! gave them, each with the record that brought it.
//!
//! # Promises
//! - Everything is computed anew: the tree from its leaves, each register from its quarter-hours. [`Explanation::holds`]
//!   says whether all of it came out the same, to the last digit.
//! - What is left out is counted, and it is said how to get it.
//!
//! # Does not
//! Write: it reads a store that a platform may be using.

mod text;

pub use text::render;

use super::{
    assess::{
        Basis, Figure, Rules, State, assess, cause_name,
        term::{How, Register, Term},
    },
    store::{EpochEnd, SourcedReading, Store, StoreError, Trace, TracedInterval},
};
use crate::{
    model::{Doubts, Period, UtcMillis},
    runtime::{clock, task},
    wire::hex,
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Quarter-hours of a register that are listed unless it is asked for others.
pub const INTERVALS: usize = 8;
/// Registers of one figure that are traced.
const REGISTERS_MAX: usize = 200;
/// While the platform stores, the ledger may move between two looks at it.
const LOOKS: usize = 3;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Question {
    pub credit_code: String,
    pub period: Period,
    pub figure: Figure,
    pub basis: Basis,
    /// Quarter-hours of each register that are listed.
    pub intervals: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    pub credit_code: String,
    pub name: String,
    pub period: String,
    pub start_ms: UtcMillis,
    pub end_ms: UtcMillis,
    pub as_of_ms: UtcMillis,
    pub basis: Basis,
    pub figure: &'static str,
    pub state: State,
    /// Whether every term, and every register's sum, came out the same when it was computed anew.
    pub recomputed_same: bool,
    pub term: Term,
    pub registers: Vec<TracedRegister>,
    /// Registers that were not traced, since there are too many.
    pub registers_left_out: usize,
    /// Of the program, which holds the rules.
    pub rules: &'static str,
}

/// A register of the tree, down to readings.
#[derive(Debug, Serialize, ToSchema)]
pub struct TracedRegister {
    /// As in the tree.
    pub name: String,
    pub unit: String,
    pub per_count: Decimal,
    pub counts: i64,
    /// The register's whole movement; `counts` is less where a tag gives only a part to the product.
    pub counts_all: i64,
    /// Σ of its quarter-hours, counted anew; `None` when the ledger has no trace of it.
    pub counts_traced: Option<i64>,
    pub epochs: Vec<Epoch>,
    pub intervals: Vec<Interval>,
    /// Quarter-hours with an amount or a reading that are not listed.
    pub intervals_left_out: usize,
    /// Readings that are in no difference.
    pub set_aside: Vec<Source>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TracedEpoch)]
pub struct Epoch {
    pub time_ms: UtcMillis,
    pub cause: &'static str,
    pub before: Point,
    pub after: Point,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TracedPoint)]
pub struct Point {
    pub time_ms: UtcMillis,
    pub count: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TracedInterval)]
pub struct Interval {
    pub start_ms: UtcMillis,
    pub counts: i64,
    pub doubts: Doubts,
    pub first: Option<Source>,
    pub last: Option<Source>,
}

/// A reading and the record that brought it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TracedSource)]
pub struct Source {
    pub time_ms: UtcMillis,
    pub count: i64,
    pub gateway_id: String,
    /// Generation, in hexadecimal digits, and record number; `None` where it was declared.
    pub gen_id: Option<String>,
    pub seq: Option<u64>,
    pub declared: bool,
}

impl Explanation {
    pub fn holds(&self) -> bool {
        self.recomputed_same
    }
}

/// `None` when there is no such site.
pub async fn explain(
    store: &Store,
    rules: &Arc<Rules>,
    question: &Question,
) -> Result<Option<Explanation>, StoreError> {
    let mut looked = 1;
    loop {
        let found = look(store, rules, question).await?;
        if looked >= LOOKS || found.as_ref().is_none_or(|explanation| explanation.recomputed_same) {
            return Ok(found);
        }
        looked += 1;
    }
}

async fn look(store: &Store, rules: &Arc<Rules>, question: &Question) -> Result<Option<Explanation>, StoreError> {
    let mut snapshot = store.snapshot(&question.period, clock::now()).await?;
    snapshot.sites.retain(|ledger| ledger.site.credit_code == question.credit_code);
    let (rules, asked) = (Arc::clone(rules), question.clone());
    let assessment = task::blocking(move || assess(&snapshot, &rules, &asked.period, asked.basis)).await;
    let Some(site) = assessment.sites.first() else { return Ok(None) };
    let Some(term) = site.term(question.figure).map(Arc::clone) else { return Ok(None) };
    let mut registers = Vec::new();
    let all = term.registers();
    for leaf in all.iter().take(REGISTERS_MAX) {
        let How::Register(register) = &leaf.how else { continue };
        let Register { gateway_id, meter, point, .. } = register;
        let traces = store.trace(gateway_id, meter, point, &question.period).await?;
        let own = traces
            .into_iter()
            .find(|trace| trace.series.unit == leaf.unit && trace.series.scale.per_count() == register.per_count);
        registers.push(traced(leaf, register, own, question.intervals));
    }
    let sums = registers.iter().all(|register| register.counts_traced == Some(register.counts_all));
    Ok(Some(Explanation {
        credit_code: site.credit_code.clone(),
        name: site.name.clone(),
        period: assessment.period.clone(),
        start_ms: assessment.start_ms,
        end_ms: assessment.end_ms,
        as_of_ms: assessment.as_of_ms,
        basis: question.basis,
        figure: question.figure.name(),
        state: State::of(&term),
        recomputed_same: term.holds() && sums,
        registers_left_out: all.len().saturating_sub(registers.len()),
        registers,
        rules: env!("CARGO_PKG_VERSION"),
        term: Term::clone(&term),
    }))
}

fn traced(leaf: &Term, register: &Register, trace: Option<Trace>, listed: usize) -> TracedRegister {
    let mut traced = TracedRegister {
        name: leaf.name.clone(),
        unit: leaf.unit.clone(),
        per_count: register.per_count,
        counts: register.counts,
        counts_all: register.tagged.as_ref().map_or(register.counts, |tagged| tagged.of_counts),
        counts_traced: None,
        epochs: Vec::new(),
        intervals: Vec::new(),
        intervals_left_out: 0,
        set_aside: Vec::new(),
    };
    let Some(trace) = trace else { return traced };
    let source = |sourced: &SourcedReading| Source {
        time_ms: sourced.reading.time,
        count: sourced.reading.count,
        gateway_id: register.gateway_id.clone(),
        gen_id: sourced.record.map(|(gen_id, _)| hex(&gen_id)),
        seq: sourced.record.map(|(_, seq)| seq),
        declared: sourced.declared,
    };
    // a trace that lists all of its quarter-hours is summed up here; a longer one was by the store
    let sum: i128 = trace.intervals.iter().map(|interval| i128::from(interval.amount)).sum();
    let sum = i64::try_from(sum).ok();
    traced.counts_traced = match trace.more {
        true => Some(trace.amount),
        false => sum.filter(|sum| *sum == trace.amount),
    };
    traced.epochs = trace.epochs.iter().map(epoch).collect();
    traced.set_aside = trace.set_aside.iter().map(source).collect();
    let interval = |interval: &TracedInterval| Interval {
        start_ms: interval.start,
        counts: interval.amount,
        doubts: interval.doubts,
        first: interval.first.as_ref().map(source),
        last: interval.last.as_ref().map(source),
    };
    traced.intervals = trace.intervals.iter().take(listed).map(interval).collect();
    traced.intervals_left_out = trace.intervals.len().saturating_sub(traced.intervals.len()) + usize::from(trace.more);
    traced
}

fn epoch(end: &EpochEnd) -> Epoch {
    let point = |reading: crate::model::Reading| Point { time_ms: reading.time, count: reading.count };
    Epoch { time_ms: end.time, cause: cause_name(end.cause), before: point(end.before), after: point(end.after) }
}

#[cfg(test)]
mod tests;
