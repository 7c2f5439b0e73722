//! Two evaluations beside each other: who moves, from which grade to which, because of what.

use super::run::{Reason, ReasonKind, SiteOutcome};
use crate::runtime::lang::Text;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Causes that are told of one site.
const CAUSES_MAX: usize = 6;

#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// Those in both.
    pub sites: usize,
    pub only_in_a: usize,
    pub only_in_b: usize,
    /// By the two grades, such as `A` to `B`, how many.
    pub moves: Vec<Move>,
    /// Those whose grade, group or score differs; grades first, then by how far the score moved.
    pub moved: Vec<Moved>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = GradeMove)]
pub struct Move {
    pub from: Option<String>,
    pub to: Option<String>,
    pub sites: usize,
}

#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
#[schema(as = MovedSite)]
pub struct Moved {
    pub credit_code: String,
    pub name: String,
    pub a: Place,
    pub b: Place,
    pub because: Vec<Text>,
}

#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
#[schema(as = ComparedGrade)]
pub struct Place {
    pub group: Option<String>,
    #[schema(value_type = Option<String>)]
    pub score: Option<Decimal>,
    pub rank: Option<u32>,
    pub grade: Option<String>,
}

impl Place {
    fn of(site: &SiteOutcome) -> Place {
        Place { group: site.group.clone(), score: site.score, rank: site.rank, grade: site.grade.clone() }
    }
}

/// Both by credit code.
pub fn compare(a: &[SiteOutcome], b: &[SiteOutcome]) -> Comparison {
    let after: BTreeMap<&str, &SiteOutcome> = b.iter().map(|site| (site.credit_code.as_str(), site)).collect();
    let pairs: Vec<(&SiteOutcome, &SiteOutcome)> =
        a.iter().filter_map(|site| Some((site, *after.get(site.credit_code.as_str())?))).collect();
    let mut moves: BTreeMap<(Option<&str>, Option<&str>), usize> = BTreeMap::new();
    for (a, b) in pairs.iter().filter(|(a, b)| a.grade != b.grade) {
        *moves.entry((a.grade.as_deref(), b.grade.as_deref())).or_default() += 1;
    }
    let differs = |a: &SiteOutcome, b: &SiteOutcome| a.grade != b.grade || a.group != b.group || a.score != b.score;
    let mut moved: Vec<&(&SiteOutcome, &SiteOutcome)> = pairs.iter().filter(|(a, b)| differs(a, b)).collect();
    let distance = |a: &SiteOutcome, b: &SiteOutcome| {
        let score = |site: &SiteOutcome| site.score.unwrap_or_default();
        score(a).checked_sub(score(b)).unwrap_or_default().abs()
    };
    moved.sort_by(|(a, b), (c, d)| {
        (c.grade != d.grade).cmp(&(a.grade != b.grade)).then_with(|| distance(c, d).cmp(&distance(a, b)))
    });
    let owned = |grade: Option<&str>| grade.map(str::to_owned);
    Comparison {
        sites: pairs.len(),
        only_in_a: a.len() - pairs.len(),
        only_in_b: b.len() - pairs.len(),
        moves: moves.into_iter().map(|((from, to), sites)| Move { from: owned(from), to: owned(to), sites }).collect(),
        moved: moved.into_iter().map(|(a, b)| moved_site(a, b)).collect(),
    }
}

fn moved_site(a: &SiteOutcome, b: &SiteOutcome) -> Moved {
    Moved {
        credit_code: b.credit_code.clone(),
        name: b.name.clone(),
        a: Place::of(a),
        b: Place::of(b),
        because: causes(a, b),
    }
}

/// What differs between the two, the largest first.
pub fn causes(a: &SiteOutcome, b: &SiteOutcome) -> Vec<Text> {
    let shown = |value: Option<Decimal>| value.map_or_else(|| "—".to_owned(), |value| value.to_string());
    let mut found = Vec::new();
    if a.group != b.group {
        let name = |group: &Option<String>| group.clone().unwrap_or_else(|| "—".to_owned());
        let (from, to) = (name(&a.group), name(&b.group));
        found.push(Text::new(format!("评价组由 {from} 变为 {to}"), format!("the group changed from {from} to {to}")));
    }
    // bands are what follows; the rest may be why
    let own = |reason: &&Reason| !matches!(reason.kind, ReasonKind::Band | ReasonKind::NoBands | ReasonKind::Missing);
    for reason in b.reasons.iter().filter(own).filter(|reason| !a.reasons.contains(reason)) {
        found.push(Text::new(format!("新增：{}", reason.text.zh), format!("new: {}", reason.text.en)));
    }
    for reason in a.reasons.iter().filter(own).filter(|reason| !b.reasons.contains(reason)) {
        found.push(Text::new(format!("不再有：{}", reason.text.zh), format!("no longer: {}", reason.text.en)));
    }
    let mut points: Vec<(Decimal, Text)> = Vec::new();
    for new in &b.indicators {
        let id = &new.id;
        let Some(old) = a.indicators.iter().find(|old| old.id == *id) else {
            points.push((
                new.points.unwrap_or_default(),
                Text::new(
                    format!("新指标 {id}：{} 分", shown(new.points)),
                    format!("new indicator {id}: {} points", shown(new.points)),
                ),
            ));
            continue;
        };
        if old.points == new.points {
            continue;
        }
        let by = new.points.unwrap_or_default().checked_sub(old.points.unwrap_or_default()).unwrap_or_default();
        let (old_points, new_points) = (shown(old.points), shown(new.points));
        let (old_value, new_value) = (shown(old.value), shown(new.value));
        points.push((
            by.abs(),
            match old.value == new.value {
                true => Text::new(
                    format!("{id} 值未变（{new_value}），权重、基准或组内统计变化：{old_points} → {new_points} 分"),
                    format!("{id} is the same ({new_value}); its weight, base value or group's statistics changed: {old_points} → {new_points} points"),
                ),
                false => Text::new(
                    format!("{id} {old_value} → {new_value}：{old_points} → {new_points} 分"),
                    format!("{id} {old_value} → {new_value}: {old_points} → {new_points} points"),
                ),
            },
        ));
    }
    points.sort_by(|(a, _), (b, _)| b.cmp(a));
    found.extend(points.into_iter().map(|(_, text)| text));
    if found.is_empty() && a.grade != b.grade {
        let rank = |site: &SiteOutcome| site.rank.map_or_else(|| "—".to_owned(), |rank| rank.to_string());
        let (from, to) = (rank(a), rank(b));
        found.push(Text::new(
            format!("自身得分未变；排名由 {from} 变为 {to}，或分档界限变化"),
            format!("its own score is the same; its rank went from {from} to {to}, or the limits of the bands moved"),
        ));
    }
    found.truncate(CAUSES_MAX);
    found
}
