//! What weakens figures although they can be computed: incomplete data, registers that fell, readings that do not agree.

use super::{
    balance::known,
    note,
    term::{How, Register, Term},
};
use crate::{
    model::{Doubts, Quality, Role},
    platform::store::Flow,
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::Serialize;

/// The national on-line monitoring system asks for at least 90 % of the expected values.
pub(super) const COMPLETE: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

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
    pub(super) fn of(figure: &Term) -> State {
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

/// Notes of the registers that count for something.
pub(super) fn registers(flows: &[Flow], notes: &mut Vec<Text>) {
    for flow in flows.iter().filter(|flow| !matches!(flow.series.role, Role::None | Role::Scrap)) {
        if flow.breaks > 0 {
            notes.push(note::breaks(flow));
        }
        if !known(flow) && flow.slots_expected > 0 {
            notes.push(note::no_data(flow));
        }
    }
}

/// Received and expected quarter-hours of all registers that have a role.
pub(super) fn quarters(flows: &[Flow]) -> (Term, Term) {
    let counted = || flows.iter().filter(|flow| flow.series.role != Role::None);
    let sum = |name: &str, slots: fn(&Flow) -> u64| {
        let parts = counted().map(|flow| {
            Term::leaf(&note::place(flow), Some(Decimal::from(slots(flow))), "quarter-hours", How::Counted).plus()
        });
        Term::of(name, "quarter-hours", How::Sum, parts.collect())
    };
    (sum("received", |flow| flow.slots_received), sum("expected", |flow| flow.slots_expected))
}
