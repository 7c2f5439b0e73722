//! virtual.csv: rows → points that are computed from others.

use super::{
    Import, Sheet,
    boundary::ROLES,
    field::{self, Gateways},
    formula,
    table::{self, Columns, Row, Rule, take},
    tree::Tree,
};
use crate::{
    model::{BoundaryLine, Formula, Gateway, Operand, PointName, Role, VirtualPoint},
    runtime::{
        lang::Text,
        problem::{At, Problems, Unique, found, quoted},
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

const NAMES: [&str; 8] = ["credit_code", "name", "kind", "terms", "unit", "counts_as", "carrier", "product"];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 5 };
const TERMS: usize = 3;
const COUNTS_AS: usize = 5;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sum,
    Ratio,
}

const KINDS: [(&str, Kind); 2] = [("sum", Kind::Sum), ("ratio", Kind::Ratio)];

/// Terms are points of gateways that stand on the site; whether there are such points is seen where their data is.
/// Without a `boundary`, as its file is wrong, nothing is compared with it.
///
/// # Errors
/// Every problem of the file, also circles and what is counted twice, and then nothing is imported.
pub fn virtual_points_of(
    sheet: &Sheet,
    gateways: &[Gateway],
    boundary: Option<&[BoundaryLine]>,
) -> Result<Import<VirtualPoint>, Problems> {
    let (doc, gateways) = (sheet.doc(), Gateways::of(gateways));
    let bounded: Option<HashSet<&str>> =
        boundary.map(|lines| lines.iter().map(|line| line.credit_code.as_str()).collect());
    let mut names = Unique::new("该单位的其他行", "row of the site");
    let mut points: Vec<(VirtualPoint, At)> = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        names.claim_as(&doc, format!("{} {}", row.field(0), row.field(1)), &row.found(1));
        let bounded = bounded.as_ref().is_none_or(|sites| sites.contains(row.field(0)));
        if let Some(point) = point(row, &gateways, bounded) {
            points.push((point, row.at(TERMS)));
        }
    });
    let known = points.iter().map(|(point, _)| ((point.credit_code.as_str(), point.name.as_str()), point)).collect();
    let tree = Tree::of(boundary.unwrap_or_default());
    let mut counted = HashMap::new();
    for (point, at) in &points {
        let line = doc.position(&at.span).line;
        if let Err(wrong) = check(point, line, &known, &tree, &mut counted) {
            let (written, expected, fix) = *wrong;
            doc.report(at, written, expected, fix);
        }
    }
    let points = points.into_iter().map(|(point, _)| point).collect();
    doc.finish(points).map(|(rows, warnings)| Import { rows, warnings })
}

/// `bounded`: the site has a boundary.
fn point(row: &Row, gateways: &Gateways<'_>, bounded: bool) -> Option<VirtualPoint> {
    let name = take(row, 1, |name| {
        let rule = || {
            (
                Text::new("1 到 64 字节的名称，不含空格和斜线", "a name of 1 to 64 bytes without blanks and strokes"),
                Text::new("写作 net_import", "write it like net_import"),
            )
        };
        if formula::is_name(name) { Ok(name.to_owned()) } else { Err(rule()) }
    });
    let kind = take(row, 2, |text| field::one_of(text, &KINDS));
    let formula = take(row, TERMS, |text| match kind {
        Some(Kind::Ratio) => formula::ratio(text),
        _ => formula::sum(text),
    });
    let counts_as =
        take(row, COUNTS_AS, |text| if text.is_empty() { Ok(Role::None) } else { field::one_of(text, &ROLES) });
    let energy = matches!(counts_as, Some(Role::SiteEnergy | Role::SiteExport));
    let unit = take(row, 4, |text| if energy { field::energy_unit(text) } else { field::unit(text) });
    let carrier = take(row, 6, |text| match text {
        "" if !energy => Ok(String::new()),
        _ => field::carrier(text),
    });
    let product = take(row, 7, field::short);
    let counts = counts_as.is_some_and(|role| role != Role::None);
    if counts && kind == Some(Kind::Ratio) {
        row.refuse(
            COUNTS_AS,
            (
                Text::new("none：比值不能相加", "none: a ratio adds up to nothing"),
                Text::new("写 none，或改用 sum", "write none, or make it a sum"),
            ),
        );
    } else if counts && !bounded {
        // its registers may count by the roles of the gateways, and would count again in it
        row.refuse(COUNTS_AS, unbounded());
    }
    for operand in formula.iter().flat_map(Formula::operands) {
        let Operand::Point(PointName { gateway_id, .. }) = operand else { continue };
        if let Err((expected, fix)) = gateways.find(gateway_id, row.field(0)) {
            row.doc.report(&row.at(TERMS), found(&quoted(gateway_id)), expected, fix);
        }
    }
    Some(VirtualPoint {
        credit_code: row.field(0).to_owned(),
        name: name?,
        formula: formula?,
        counts_as: counts_as?,
        carrier: carrier?,
        product: product?,
        unit: unit?,
    })
}

fn unbounded() -> Rule {
    (
        Text::new(
            "none：该单位在 boundary.csv 中没有行，其计量点已按网关所报的作用计入",
            "none where boundary.csv has no row of the site: its meters count there by what their gateways say",
        ),
        Text::new(
            "在 boundary.csv 中写明该单位计入的计量点，或此处写 none",
            "write into boundary.csv which of the site's meters count, or none here",
        ),
    )
}

type Known<'p> = HashMap<(&'p str, &'p str), &'p VirtualPoint>;
/// What was found, what is expected, the fix.
type Wrong = Box<(Text, Text, Text)>;

/// What virtual points count: the point, as what, and whether it is subtracted there; by which of them, and its line.
type Counted<'p> = HashMap<(&'p PointName, Role, bool), (&'p str, usize)>;

fn check<'p>(
    point: &'p VirtualPoint,
    line: usize,
    known: &Known<'p>,
    tree: &Tree<'_>,
    counted: &mut Counted<'p>,
) -> Result<(), Wrong> {
    let (mut leaves, mut seen) = (BTreeSet::new(), BTreeSet::new());
    walk(point, false, known, &mut vec![&point.name], &mut seen, &mut leaves)?;
    if point.counts_as == Role::None {
        return Ok(());
    }
    for (leaf, minus) in &leaves {
        // what one point adds another may subtract: a total without its part, and the part
        let (role, minus) = match point.counts_as {
            Role::SiteExport => (Role::SiteEnergy, !minus),
            role => (role, *minus),
        };
        let (first, row) = *counted.entry((leaf, role, minus)).or_insert((&point.name, line));
        if first != point.name {
            return Err(twice(&point.name, leaf, first, row));
        }
    }
    if !matches!(point.counts_as, Role::SiteEnergy | Role::SiteExport) {
        return Ok(());
    }
    for (leaf, _) in leaves.into_iter().filter(|(_, minus)| !minus) {
        if let Some(line) = tree.counted(&point.credit_code, leaf, point.counts_as, &point.carrier) {
            let (name, carrier, twice) = (&point.name, &point.carrier, &line.point);
            return Err(Box::new((
                Text::new(
                    format!("{name} 计入 {carrier}，其项 {leaf} 已由 boundary.csv 中的 {twice} 计入"),
                    format!("{name} counts {carrier}, and its term {leaf} is counted by {twice} of boundary.csv"),
                ),
                Text::new("同一能源只计入一次", "the same energy counted once"),
                Text::new(
                    "在 boundary.csv 中把该行写作 none，或此处 counts_as 写 none",
                    "write none as counts_as there or here",
                ),
            )));
        }
    }
    Ok(())
}

fn twice(name: &str, leaf: &PointName, first: &str, row: usize) -> Wrong {
    Box::new((
        Text::new(
            format!("{name} 计入 {leaf}，第 {row} 行的 {first} 也计入"),
            format!("{name} counts {leaf}, and so does {first} on line {row}"),
        ),
        Text::new("同一点只计入一次", "the same point counted once"),
        Text::new("两行之一写 counts_as = none", "write none as counts_as of one of the two rows"),
    ))
}

/// Gathers the points and whether they are subtracted, through other virtual points too. Each of those is entered once
/// for each sign.
fn walk<'p>(
    point: &'p VirtualPoint,
    minus: bool,
    known: &Known<'p>,
    way: &mut Vec<&'p str>,
    seen: &mut BTreeSet<(&'p str, bool)>,
    leaves: &mut BTreeSet<(&'p PointName, bool)>,
) -> Result<(), Wrong> {
    let terms: Vec<(bool, &Operand)> = match &point.formula {
        Formula::Sum(terms) => terms.iter().map(|term| (term.minus != minus, &term.operand)).collect(),
        Formula::Ratio(part, whole) => vec![(minus, part), (minus, whole)],
    };
    for (minus, operand) in terms {
        let name = match operand {
            Operand::Point(leaf) => {
                leaves.insert((leaf, minus));
                continue;
            }
            Operand::Virtual(name) => name.as_str(),
        };
        let Some(other) = known.get(&(point.credit_code.as_str(), name)) else {
            return Err(Box::new((
                found(&quoted(name)),
                Text::new(
                    "点的全名 网关/表/点，或本表中该单位的名称",
                    "gateway/meter/point, or a name that this site has here",
                ),
                Text::new("改正名称", "correct the name"),
            )));
        };
        way.push(name);
        if way.iter().filter(|passed| **passed == name).count() > 1 || way.len() > DEPTH_MAX {
            let shown = way.join(" ← ");
            return Err(Box::new((
                found(&shown),
                Text::new(
                    format!("不引用自身、至多 {DEPTH_MAX} 层的公式"),
                    format!("terms that do not lead back to it, at most {DEPTH_MAX} deep"),
                ),
                Text::new("删除其中一项", "remove one of these terms"),
            )));
        }
        if seen.insert((name, minus)) {
            walk(other, minus, known, way, seen, leaves)?;
        }
        way.pop();
    }
    Ok(())
}

/// How deep virtual points may stand on others.
const DEPTH_MAX: usize = 16;
