//! The tree of meters: what feeds what, and that nothing is counted twice.
//!
//! # Promises
//! - A parent that is no meter of the site's boundary, a circle, and a meter that counts while one above it counts the
//!   same carrier with the same sign are errors, each told at the row concerned; a circle is told once.

use super::boundary::Placed;
use crate::{
    model::{BoundaryLine, MeterName, PointName, Role},
    runtime::{
        lang::Text,
        problem::{Doc, found, quoted},
    },
};
use std::collections::HashMap;

/// More levels than any plant has.
const LEVELS_MAX: usize = 64;

/// Reports what is wrong with the trees of all sites.
pub(super) fn check(doc: &Doc, lines: &[Placed]) {
    let tree = Tree::of(lines.iter().map(|placed| &placed.line));
    let rows: HashMap<&PointName, usize> =
        lines.iter().map(|placed| (&placed.line.point, doc.position(&placed.point.span).line)).collect();
    let mut told: Vec<MeterName> = Vec::new();
    warn_of_parts(doc, lines);
    for placed in lines {
        let line = &placed.line;
        let Some(parent) = &line.fed_by else { continue };
        let refuse = |(expected, fix): (Text, Text)| {
            doc.report(&placed.fed_by, found(&quoted(&parent.to_string())), expected, fix);
        };
        let own = line.point.meter_name();
        let above: Vec<&MeterName> = tree.above(&line.credit_code, &own).take(LEVELS_MAX + 1).collect();
        if !tree.has(&line.credit_code, parent) {
            refuse(unknown_parent());
        } else if above.first() != Some(&parent) {
            refuse(other_parent(&own));
        } else if let Some(end) = above.iter().position(|above| **above == own) {
            if !told.contains(&own) {
                let circle = above.get(..=end).unwrap_or_default();
                told.extend(circle.iter().map(|meter| (*meter).clone()));
                refuse(circular(&own, circle));
            }
        } else if above.len() > LEVELS_MAX {
            let mut each = above.clone();
            each.sort_unstable();
            // with a repetition it hangs on a circle, which is told at its own meters
            if each.is_sorted_by(|one, next| one < next) {
                refuse(too_deep());
            }
        } else if let Some(twice) = tree.counted_above(line) {
            let (carrier, row) = (&line.carrier, rows.get(&twice.point).copied().unwrap_or_default());
            let (own, above) = (&line.point, &twice.point);
            doc.report(
                &placed.point,
                Text::new(
                    format!("{own} 计入 {carrier}，而其上级 {above}（第 {row} 行）已计入"),
                    format!("{own} counts {carrier}, and so does {above} upstream of it (line {row})"),
                ),
                Text::new("同一能源只计入一次", "the same energy counted once"),
                Text::new("两行之一写 counts_as = none", "write none as counts_as of one of the two rows"),
            );
        }
    }
}

/// Two points of one meter that count the same are right only where they are parts of one quantity.
fn warn_of_parts(doc: &Doc, lines: &[Placed]) {
    let mut met: HashMap<(&str, MeterName, Role, &str), usize> = HashMap::new();
    for Placed { line, point, .. } in lines {
        if !matches!(line.counts_as, Role::SiteEnergy | Role::SiteExport) {
            continue;
        }
        let row = doc.position(&point.span).line;
        let key = (line.credit_code.as_str(), line.point.meter_name(), line.counts_as, line.carrier.as_str());
        if let Some(first) = met.get(&key) {
            let (name, carrier) = (&line.point, &line.carrier);
            doc.warn(
                point,
                Text::new(
                    format!("{name} 计入 {carrier}，同一计量器具的第 {first} 行也计入"),
                    format!("{name} counts {carrier}, and so does another point of its meter (line {first})"),
                ),
                Text::new(
                    "仅当各点互为组成部分（如分时电量）时才都计入",
                    "both to count only where they are parts of one quantity, such as tariffs",
                ),
                Text::new(
                    "若其一为总量，其余写 counts_as = none",
                    "where one of them is the total, let the others count as none",
                ),
            );
        } else {
            met.insert(key, row);
        }
    }
}

fn unknown_parent() -> (Text, Text) {
    (
        Text::new("本表中该单位的计量器具", "a meter that has a row of this site here"),
        Text::new(
            "改正名称，或为上级计量器具加一行（counts_as 可写 none）",
            "correct the name, or add a row for the meter upstream; it may count as none",
        ),
    )
}

fn other_parent(own: &MeterName) -> (Text, Text) {
    (
        Text::new(
            format!("与 {own} 其他行相同的上级"),
            format!("the same meter upstream as in the other rows of {own}"),
        ),
        Text::new("各行改为一致", "write the same in all of them"),
    )
}

fn circular(own: &MeterName, circle: &[&MeterName]) -> (Text, Text) {
    let way: Vec<_> = std::iter::once(own).chain(circle.iter().copied()).map(MeterName::to_string).collect();
    let way = way.join(" ← ");
    (
        Text::new(format!("不成环的上级（现为 {way}）"), format!("no circle (it is {way})")),
        Text::new("最上级计量器具的 fed_by 留空", "leave fed_by of the topmost meter empty"),
    )
}

fn too_deep() -> (Text, Text) {
    (
        Text::new(format!("至多 {LEVELS_MAX} 级"), format!("at most {LEVELS_MAX} levels")),
        Text::new("核对 fed_by", "compare the column fed_by"),
    )
}

/// The meters of all boundaries.
pub(super) struct Tree<'l> {
    meters: HashMap<(&'l str, MeterName), Node<'l>>,
}

struct Node<'l> {
    /// As its first row says.
    fed_by: Option<&'l MeterName>,
    lines: Vec<&'l BoundaryLine>,
}

impl<'l> Tree<'l> {
    pub(super) fn of(lines: impl IntoIterator<Item = &'l BoundaryLine>) -> Tree<'l> {
        let mut meters = HashMap::new();
        for line in lines {
            let node: &mut Node = meters
                .entry((line.credit_code.as_str(), line.point.meter_name()))
                .or_insert_with(|| Node { fed_by: line.fed_by.as_ref(), lines: Vec::new() });
            node.lines.push(line);
        }
        Tree { meters }
    }

    fn has(&self, site: &str, meter: &MeterName) -> bool {
        self.meters.contains_key(&(site, meter.clone()))
    }

    /// The meters upstream, nearest first; without an end where they form a circle.
    fn above<'t>(&'t self, site: &'t str, meter: &MeterName) -> impl Iterator<Item = &'l MeterName> + use<'t, 'l> {
        let parent = move |meter: &MeterName| self.meters.get(&(site, meter.clone())).and_then(|node| node.fed_by);
        std::iter::successors(parent(meter), move |meter| parent(meter))
    }

    /// The line of a meter above that counts the same carrier with the same sign.
    fn counted_above(&self, line: &BoundaryLine) -> Option<&'l BoundaryLine> {
        let counts = matches!(line.counts_as, Role::SiteEnergy | Role::SiteExport);
        let site = line.credit_code.as_str();
        let mut above = self.above(site, &line.point.meter_name()).take(LEVELS_MAX);
        counts.then(|| above.find_map(|meter| self.counting(site, meter, line.counts_as, &line.carrier)))?
    }

    /// The line by which a point is in the site's balance already: its own, or one of a meter above it.
    pub(super) fn counted(&self, site: &str, point: &PointName, role: Role, carrier: &str) -> Option<&'l BoundaryLine> {
        let own = point.meter_name();
        let lines = self.meters.get(&(site, own.clone())).map(|node| node.lines.as_slice()).unwrap_or_default();
        let itself = lines.iter().copied().find(|line| line.point == *point && line.counts_as == role);
        let above = || {
            let mut above = self.above(site, &own).take(LEVELS_MAX);
            above.find_map(|meter| self.counting(site, meter, role, carrier))
        };
        itself.or_else(above)
    }

    fn counting(&self, site: &str, meter: &MeterName, role: Role, carrier: &str) -> Option<&'l BoundaryLine> {
        let node = self.meters.get(&(site, meter.clone()))?;
        node.lines.iter().copied().find(|line| line.counts_as == role && line.carrier == carrier)
    }
}
