//! The site's boundary: which registers and virtual points count, as what. The operator's lines where there are any,
//! and otherwise the roles that the gateways give their points.

use super::{
    balance::in_unit,
    check,
    convert::converted,
    note,
    site::Days,
    term::{How, Part, Register, Tagged, Term},
};
use crate::{
    energy::counter::EpochCause,
    model::{BoundaryLine, Doubts, Formula, Operand, Origin, PointName, Role, STEAM, VirtualPoint},
    platform::store::{Flow, SiteLedger, TagShare},
    runtime::lang::Text,
};
use std::sync::Arc;

/// Virtual points of virtual points; the registry refuses circles.
const DEPTH_MAX: usize = 16;

/// One line of the boundary with its amount over the period.
pub(super) struct Line {
    pub role: Role,
    pub carrier: String,
    pub product: String,
    pub unit: String,
    pub raw_material: bool,
    pub origin: Origin,
    /// `None`: nothing is known of the period. Exact, after the conversions that the line asks for.
    pub amount: Option<Arc<Term>>,
    /// Whether data of it was expected in the period.
    pub expected: bool,
    /// Why there is no amount, or what weakens it.
    pub silence: Text,
}

/// All lines that count for something.
pub(super) fn lines(ledger: &SiteLedger, days: Option<Days>, notes: &mut Vec<Text>) -> Vec<Line> {
    let declared = &ledger.declared;
    let mut lines: Vec<Line> = match declared.boundary.is_empty() {
        true => ledger.flows.iter().flat_map(|flow| by_role(ledger, flow, notes)).collect(),
        false => declared.boundary.iter().flat_map(|line| by_boundary(ledger, line, days, notes)).collect(),
    };
    lines.extend(declared.virtual_points.iter().map(|point| by_formula(ledger, point, notes)));
    lines.retain(|line| line.role != Role::None);
    lines
}

/// As what the site's registers count, for notes and for completeness: the boundary's word goes before the role.
pub fn role_of(ledger: &SiteLedger, flow: &Flow) -> Role {
    let boundary = &ledger.declared.boundary;
    match boundary.is_empty() {
        true => flow.series.role,
        false => boundary.iter().find(|line| is_of(&line.point, flow)).map_or(Role::None, |line| line.counts_as),
    }
}

/// Whether anything of the series' movement in the period is known: a reading inside, or a share of a stretch
/// between readings on either side of it.
pub(super) fn known(flow: &Flow) -> bool {
    flow.first.is_some() || flow.slots_received > 0 || flow.amount != 0
}

/// A register's movement over the period. Nothing where it is unknown or leaves the digits of an exact decimal.
pub(super) fn register(flow: &Flow, counted_as: &str, notes: &mut Vec<Text>) -> Option<Term> {
    if !known(flow) {
        return None;
    }
    let term = part(flow, counted_as, None);
    if term.value.is_none() {
        notes.push(note::too_large(flow));
        return None;
    }
    Some(term)
}

/// The whole of a register's movement, or what of it belongs to one product.
fn part(flow: &Flow, counted_as: &str, tagged: Option<(&str, i64)>) -> Term {
    let series = &flow.series;
    let place = note::place(flow);
    let name = tagged.map_or_else(|| place.clone(), |(product, _)| format!("{place} {product}"));
    let leaf = Register {
        gateway_id: flow.gateway_id.clone(),
        meter: series.meter.clone(),
        point: series.point.clone(),
        counted_as: counted_as.to_owned(),
        counts: tagged.map_or(flow.amount, |(_, counts)| counts),
        per_count: series.scale.per_count(),
        first: flow.first.map(Into::into),
        last: flow.last.map(Into::into),
        slots_expected: flow.slots_expected,
        slots_received: flow.slots_received,
        estimated: if tagged.is_none() { flow.estimated } else { 0 },
        by_hand: by_hand(flow),
        tagged: tagged.map(|(product, _)| Tagged { product: product.to_owned(), of_counts: flow.amount }),
    };
    let epoch = if flow.breaks > 0 { Doubts::EPOCH } else { Doubts::NONE };
    Term::leaf(&name, None, &series.unit, How::Register(leaf)).judged(flow.doubts | epoch)
}

/// What a person wrote and is no declared end of a register is what a person read.
pub(super) fn by_hand(flow: &Flow) -> bool {
    flow.doubts.has(Doubts::MANUAL) && !flow.epochs.iter().any(|epoch| epoch.cause == EpochCause::Replaced)
}

/// Where a meter's tags tell its products apart: one line for each of them, in place of the one.
fn by_tag(ledger: &SiteLedger, line: Line, flow: &Flow, counted_as: &str) -> Vec<Line> {
    let shares = || flow.outputs_by_tag.iter().filter(|share| share.name == "product");
    let made = matches!(line.role, Role::Output | Role::Scrap) && line.amount.is_some();
    // what was made before the first tag belongs to the product of the point, or to the only one there is
    let sole = ledger.declared.products.len() < 2;
    if !made || shares().next().is_none() || (sole && shares().all(|share| share.value.is_empty())) {
        return vec![line];
    }
    let one = |share: &TagShare| {
        let product = if share.value.is_empty() { &line.product } else { &share.value };
        Line {
            product: product.clone(),
            amount: Some(Arc::new(part(flow, counted_as, Some((product, share.amount))))),
            carrier: line.carrier.clone(),
            unit: line.unit.clone(),
            silence: line.silence.clone(),
            ..line
        }
    };
    shares().filter(|share| share.amount != 0).map(one).collect()
}

/// As APIs write it.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::None => "none",
        Role::SiteEnergy => "site_energy",
        Role::SiteExport => "site_export",
        Role::Output => "output",
        Role::Scrap => "scrap",
    }
}

fn is_of(point: &PointName, flow: &Flow) -> bool {
    let series = &flow.series;
    point.gateway_id == flow.gateway_id && point.meter == series.meter && point.point == series.point
}

fn by_role(ledger: &SiteLedger, flow: &Flow, notes: &mut Vec<Text>) -> Vec<Line> {
    let series = &flow.series;
    let counts = series.role != Role::None;
    let line = Line {
        role: series.role,
        carrier: series.carrier.clone(),
        product: series.product.clone(),
        unit: series.unit.clone(),
        raw_material: false,
        origin: Origin::default(),
        amount: counts.then(|| register(flow, role_name(series.role), notes)).flatten().map(Arc::new),
        expected: flow.slots_expected > 0,
        silence: note::no_data(flow),
    };
    by_tag(ledger, line, flow, role_name(series.role))
}

/// One for each series of the point: a point whose scale was changed has two.
fn by_boundary(ledger: &SiteLedger, line: &BoundaryLine, days: Option<Days>, notes: &mut Vec<Text>) -> Vec<Line> {
    let of = |carrier: &str, unit: &str, amount: Option<Arc<Term>>, expected: bool, silence: Text| Line {
        role: line.counts_as,
        carrier: carrier.to_owned(),
        product: line.product.clone(),
        unit: unit.to_owned(),
        raw_material: line.raw_material,
        origin: line.origin,
        amount,
        expected,
        silence,
    };
    let counted_as = format!("boundary: {}", role_name(line.counts_as));
    let mut lines = Vec::new();
    for flow in ledger.flows.iter().filter(|flow| is_of(&line.point, flow)) {
        let expired = check::expired(line, days.map(|days| days.last));
        let weak = expired.map(|until| note::calibration(&line.point, until));
        let term = register(flow, &counted_as, notes).map(|term| match &weak {
            Some(weak) => term.weakened(weak.clone()),
            None => term,
        });
        let (term, carrier) = match term {
            Some(term) => {
                let (term, carrier) = converted(term, line);
                (Some(term), carrier)
            }
            None => (None, carrier_of(line).to_owned()),
        };
        let unit = term.as_ref().map_or(&flow.series.unit, |term| &term.unit).clone();
        let one = of(&carrier, &unit, term.map(Arc::new), flow.slots_expected > 0, note::no_data(flow));
        lines.extend(by_tag(ledger, one, flow, &counted_as));
    }
    if lines.is_empty() && line.counts_as != Role::None {
        notes.push(note::never_seen(&line.point));
        lines.push(of(carrier_of(line), "", None, true, note::never_seen(&line.point)));
    }
    lines
}

/// Steam counts as heat.
fn carrier_of(line: &BoundaryLine) -> &str {
    if line.carrier == STEAM { "heat" } else { &line.carrier }
}

fn by_formula(ledger: &SiteLedger, point: &VirtualPoint, notes: &mut Vec<Text>) -> Line {
    let amount = formula(ledger, point, 0, notes);
    let unknown = amount.value.is_none();
    if unknown && point.counts_as != Role::None {
        notes.push(note::virtual_unknown(&point.name));
    }
    Line {
        role: point.counts_as,
        carrier: point.carrier.clone(),
        product: point.product.clone(),
        unit: point.unit.clone(),
        raw_material: false,
        origin: Origin::default(),
        amount: (!unknown).then(|| Arc::new(amount)),
        expected: true,
        silence: note::virtual_unknown(&point.name),
    }
}

/// The virtual point's term; without a value where any of its operands has none.
pub(super) fn formula(ledger: &SiteLedger, point: &VirtualPoint, depth: usize, notes: &mut Vec<Text>) -> Term {
    let mut operand = |operand: &Operand, minus: bool| {
        let term = match operand {
            Operand::Point(name) => of_point(ledger, name, notes),
            Operand::Virtual(name) => {
                let found = ledger.declared.virtual_points.iter().find(|other| other.name == *name);
                match found.filter(|_| depth < DEPTH_MAX) {
                    Some(other) => formula(ledger, other, depth + 1, notes),
                    None => Term::leaf(name, None, "", How::Missing),
                }
            }
        };
        Part { minus, term: Arc::new(term) }
    };
    match &point.formula {
        Formula::Sum(terms) => {
            let mut part = |term: &crate::model::Term| {
                let Part { minus, term } = operand(&term.operand, term.minus);
                Part { minus, ..in_unit(&term, &point.unit) }
            };
            let parts = terms.iter().map(&mut part).collect();
            Term::of(&point.name, &point.unit, How::Sum, parts)
        }
        Formula::Ratio(part, whole) => {
            let parts = vec![operand(part, false), operand(whole, false)];
            Term::of(&point.name, &point.unit, How::Quotient, parts)
        }
    }
}

/// All series of a point together, as long as they count in one unit.
fn of_point(ledger: &SiteLedger, name: &PointName, notes: &mut Vec<Text>) -> Term {
    let flows = ledger.flows.iter().filter(|flow| is_of(name, flow) && known(flow));
    let mut terms: Vec<Term> = flows.filter_map(|flow| register(flow, "virtual point", notes)).collect();
    let one_unit = terms.first().is_some_and(|first| terms.iter().all(|term| term.unit == first.unit));
    match (one_unit, terms.len()) {
        (true, 1) => terms.remove(0),
        (true, _) => {
            let unit = terms.first().map(|term| term.unit.clone()).unwrap_or_default();
            Term::of(&name.to_string(), &unit, How::Sum, terms.into_iter().map(Term::plus).collect())
        }
        (false, _) => Term::leaf(&name.to_string(), None, "", How::Missing).weakened(note::never_seen(name)),
    }
}
