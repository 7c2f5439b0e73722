//! What weakens figures although they can be computed: incomplete data, registers that fell, readings that do not agree.

use super::{
    line::{known, role_of},
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

/// The national on-line monitoring system asks for at least 90 % of the expected values.
pub(super) const COMPLETE: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

/// In less than a day the quarter-hours at either end weigh too much.
const DAY_QUARTERS: u64 = 96;

/// How sure one figure is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    pub quality: Quality,
    pub doubts: Doubts,
    /// Received over expected quarter-hours of the figure's own registers, 0 to 1; unknown where it has none.
    pub completeness: Option<Decimal>,
    /// Below the 90 % that the national rule asks for.
    pub incomplete: bool,
}

impl State {
    pub fn of(figure: &Term) -> State {
        let slots = figure.registers().into_iter().filter_map(|term| match &term.how {
            How::Register(Register { slots_expected, slots_received, .. }) => Some((slots_expected, slots_received)),
            _ => None,
        });
        let (expected, received) = slots.fold((0_u64, 0_u64), |(expected, received), (one, other)| {
            (expected.saturating_add(*one), received.saturating_add(*other))
        });
        let completeness = Decimal::from(received).checked_div(Decimal::from(expected));
        let incomplete = completeness.is_some_and(|share| share < COMPLETE);
        let least = if incomplete { Quality::Uncertain } else { Quality::Good };
        State {
            quality: figure.quality.max(least),
            doubts: figure.doubts,
            completeness: completeness.map(|share| share.round_dp(6).normalize()),
            incomplete,
        }
    }
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

/// Received and expected quarter-hours of all registers that count for something.
pub(super) fn quarters(ledger: &SiteLedger) -> (Term, Term) {
    let counted = || ledger.flows.iter().filter(|flow| role_of(ledger, flow) != Role::None);
    let sum = |name: &str, slots: fn(&Flow) -> u64| {
        let parts = counted().map(|flow| {
            Term::leaf(&note::place(flow), Some(Decimal::from(slots(flow))), "quarter-hours", How::Counted).plus()
        });
        Term::of(name, "quarter-hours", How::Sum, parts.collect())
    };
    (sum("received", |flow| flow.slots_received), sum("expected", |flow| flow.slots_expected))
}
