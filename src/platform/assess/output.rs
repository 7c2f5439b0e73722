//! What the site made: its output points, in the registry's unit.

use super::{
    balance::{known, missing, register},
    note,
    term::{How, Term},
};
use crate::{model::Role, platform::store::SiteLedger, runtime::lang::Text};
use std::sync::Arc;

/// Σ of the output points in the registry's unit; nothing when one of them counts something else.
pub(super) fn output(ledger: &SiteLedger, notes: &mut Vec<Text>) -> Arc<Term> {
    let site = &ledger.site;
    let mut parts = Vec::new();
    for flow in ledger.flows.iter().filter(|flow| flow.series.role == Role::Output && known(flow)) {
        let (unit, product) = (&flow.series.unit, &flow.series.product);
        let other = !product.is_empty() && !site.product_code.is_empty() && *product != site.product_code;
        if *unit != site.product_unit || other {
            notes.push(note::other_product(flow, site));
            return missing("output", note::other_product(flow, site));
        }
        match register(flow, "output", notes) {
            Some(term) => parts.push(term.plus()),
            None => return missing("output", note::too_large(flow)),
        }
    }
    if parts.is_empty() {
        notes.push(note::no_output());
        return missing("output", note::no_output());
    }
    let output = Term::of("output", &site.product_unit, How::Sum, parts);
    if output.value.is_none() {
        notes.push(note::too_large_sum());
    }
    Arc::new(output)
}
