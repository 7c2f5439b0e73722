//! What weakens figures although they can be computed: incomplete data, registers that fell, readings that do not agree.

use super::{
    line::{by_hand, known, role_of},
    note,
    site::Days,
    term::{How, Register, Term},
};
use crate::{
    model::{BoundaryLine, Doubts, Quality, Role},
    platform::store::{Flow, SiteLedger},
    runtime::lang::Text,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// The national on-line monitoring system asks for at least 90 % of the expected values.
pub(super) const COMPLETE: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

/// In less than a day the quarter-hours at either end weigh too much.
const DAY_QUARTERS: u64 = 96;

/// How sure one figure is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct State {
    pub quality: Quality,
    pub doubts: Doubts,
    /// Of `automatic`, `estimated` (a share whose place in the period is not known), `manual` and `back_filled`.
    pub sources: Vec<&'static str>,
    /// The largest share of one of its registers that is estimated, 0 to 1.
    pub estimated_share: Option<Decimal>,
    /// Received over expected quarter-hours of the least complete of its registers, 0 to 1; unknown where it has none that
    /// is read without a person.
    pub completeness: Option<Decimal>,
    /// Below the 90 % that the national rule asks for.
    pub incomplete: bool,
}

impl State {
    pub fn of(figure: &Term) -> State {
        let found = figure.registers();
        let registers = || {
            found.iter().filter_map(|term| match &term.how {
                How::Register(register) => Some(register),
                _ => None,
            })
        };
        let read_by_itself = || registers().filter(|register| !register.by_hand);
        let mut entered = figure.doubts.has(Doubts::MANUAL);
        figure.visit(&mut |term| entered |= matches!(term.how, How::Entry(_)));
        let estimated = registers().filter_map(estimated_share).max().filter(|share| !share.is_zero());
        let sources = [
            (read_by_itself().any(|register| register.estimated != register.counts), "automatic"),
            (estimated.is_some(), "estimated"),
            (entered, "manual"),
            (figure.doubts.has(Doubts::RECALLED), "back_filled"),
        ];
        let share = |register: &Register| {
            Decimal::from(register.slots_received).checked_div(Decimal::from(register.slots_expected))
        };
        let completeness = read_by_itself().filter_map(share).min();
        let incomplete = completeness.is_some_and(|share| share < COMPLETE);
        let least = if incomplete { Quality::Uncertain } else { Quality::Good };
        State {
            quality: figure.quality.max(least),
            doubts: figure.doubts,
            sources: sources.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect(),
            estimated_share: estimated,
            completeness: completeness.map(|share| share.round_dp(6).normalize()),
            incomplete,
        }
    }
}

/// 0 to 1; `None` for a register that did not move.
pub(super) fn estimated_share(register: &Register) -> Option<Decimal> {
    let share = Decimal::from(register.estimated).checked_div(Decimal::from(register.counts))?;
    Some(share.round_dp(6).normalize())
}

/// Notes of the registers that count for something, and of those of the boundary.
pub(super) fn registers(ledger: &SiteLedger, days: Option<Days>, notes: &mut Vec<Text>) {
    for flow in &ledger.flows {
        if matches!(role_of(ledger, flow), Role::None | Role::Scrap) {
            continue;
        }
        if flow.breaks > 0 {
            notes.push(note::breaks(flow));
        }
        if !known(flow) && flow.slots_expected > 0 {
            notes.push(note::no_data(flow));
        }
        notes.extend(days_against_whole(flow));
    }
    let last = days.map(|days| days.last);
    for line in ledger.declared.boundary.iter().filter(|line| line.counts_as != Role::None) {
        notes.extend(expired(line, last).map(|until| note::calibration(&line.point, until)));
    }
}

/// The last day of a calibration that ends before the period does.
pub(super) fn expired(line: &BoundaryLine, last: Option<Date>) -> Option<Date> {
    line.calibrated_until.filter(|until| last.is_some_and(|last| *until < last))
}

/// Daily values against the period's own (the national system asks for 5 %): the intervals' sum against what the first
/// and the last reading give. Where a register ends or begins, or much is missing, the two are not comparable.
fn days_against_whole(flow: &Flow) -> Option<Text> {
    let (first, last) = (flow.first?, flow.last?);
    let complete = Decimal::from(flow.slots_received).checked_div(Decimal::from(flow.slots_expected))? >= COMPLETE;
    if !complete || flow.slots_received < DAY_QUARTERS || flow.breaks > 0 {
        return None;
    }
    let value = |counts: i64| flow.series.scale.value_from_count(counts);
    let (sum, whole) = (value(flow.amount)?, value(last.count.checked_sub(first.count)?)?);
    apart(sum, whole).then(|| note::days_differ(flow, sum, whole))
}

/// More than 5 % of the second apart.
pub(super) fn apart(a: Decimal, b: Decimal) -> bool {
    let room = b.abs().checked_mul(Decimal::new(5, 2));
    let apart = a.checked_sub(b).map(|apart| apart.abs());
    room.zip(apart).is_none_or(|(room, apart)| apart > room)
}

/// Received and expected quarter-hours of all registers that count for something and are read without a person.
pub(super) fn quarters(ledger: &SiteLedger) -> (Term, Term) {
    let counted = || ledger.flows.iter().filter(|flow| role_of(ledger, flow) != Role::None && !by_hand(flow));
    let sum = |name: &str, slots: fn(&Flow) -> u64| {
        let parts = counted().map(|flow| {
            Term::leaf(&note::place(flow), Some(Decimal::from(slots(flow))), "quarter-hours", How::Counted).plus()
        });
        Term::of(name, "quarter-hours", How::Sum, parts.collect())
    };
    (sum("received", |flow| flow.slots_received), sum("expected", |flow| flow.slots_expected))
}
