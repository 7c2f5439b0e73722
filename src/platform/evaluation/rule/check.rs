//! Whether what a rule file says holds together.

use super::{Band, BandLimits, Condition, Group, Indicator, Normaliser, NotGiven, key};
use crate::{
    platform::evaluation::Quantity,
    runtime::{
        lang::Text,
        settings::{Key, Section},
    },
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// One indicator: its quantities are of one unit each side, and give the unit that it says.
pub(super) fn indicator(section: &Section, indicator: &Indicator) {
    let unit = |quantities: &[Quantity], key: &Key| {
        let first = quantities.first()?.unit();
        let other = quantities.iter().find(|quantity| quantity.unit() != first);
        if let Some(other) = other {
            let (name, unit) = (other.name(), other.unit());
            section.refuse(
                key,
                Text::new(
                    format!("{name} 的单位是 {unit}，与 {first} 不同"),
                    format!("{name} in {unit} beside {first}"),
                ),
                Text::new("相加的量单位相同", "sum quantities of one unit"),
            );
        }
        other.is_none().then_some(first)
    };
    for (key, quantities) in [(&key::NUMERATOR, &indicator.numerator), (&key::DENOMINATOR, &indicator.denominator)] {
        if quantities.is_empty() && section.has(key) {
            section.refuse(key, Text::new("没有可用的量", "no quantity"), Text::new("写上一个", "write one"));
        }
    }
    let above = unit(&indicator.numerator, &key::NUMERATOR);
    let below = unit(&indicator.denominator, &key::DENOMINATOR);
    if let (Some(above), Some(below)) = (above, below) {
        let is = if above == below { "1".to_owned() } else { format!("{above}/{below}") };
        if indicator.unit != is && !indicator.unit.is_empty() {
            section.refuse(
                &key::UNIT,
                Text::new(
                    format!("写的是 {:?}，而按定义为 {is}", indicator.unit),
                    format!("found {:?}, and by its definition it is {is}", indicator.unit),
                ),
                Text::new(
                    format!("写 unit = {is:?}，或改正定义"),
                    format!("write unit = {is:?}, or correct the definition"),
                ),
            );
        }
    }
}

/// One group: weights, base values, bands.
pub(super) fn group(section: &Section, group: &Group) {
    if let Some((from, below)) = group.condition.land_from.zip(group.condition.land_below)
        && from >= below
    {
        section.refuse(
            &key::LAND_BELOW,
            Text::new(format!("{below} 不大于 land_mu_from {from}"), format!("{below}, not above land_mu_from {from}")),
            Text::new("改正两者之一", "correct one of the two"),
        );
    }
    if group.exempt.is_some() {
        for key in [&key::INDICATOR, &key::BAND, &key::ITEM] {
            if section.has(key) {
                section.refuse(
                    key,
                    Text::new("写在不参评的组中", "found in a group that is exempt"),
                    Text::new("删除，或删除 exempt", "remove it, or remove exempt"),
                );
            }
        }
        return;
    }
    if section.has(&key::EXEMPT_GRADE) {
        section.refuse(
            &key::EXEMPT_GRADE,
            Text::new("没有 exempt", "found without exempt"),
            Text::new("加上 exempt，或删除此键", "add exempt, or remove this key"),
        );
    }
    if group.indicators.is_empty() {
        section.missing(&key::INDICATOR);
        return;
    }
    weights(section, group);
    for (at, one) in group.indicators.iter().enumerate() {
        if group.indicators.iter().take(at).any(|other| other.id == one.id) {
            let id = &one.id;
            refuse(
                section,
                Text::new(format!("指标 {id} 写有两次"), format!("the indicator {id} twice")),
                Text::new("每个指标一次", "each indicator once"),
                Text::new("改写其中一个 id", "give one of the two another id"),
            );
        }
        if group.normaliser == Normaliser::Ratio && one.base.is_none() && !group.not_given.contains(&NotGiven::Base) {
            absent(section, &one.id, "base", "基准值", "base value");
        }
        if group.normaliser == Normaliser::MinMax && (one.base.is_some() || one.cap.is_some()) {
            let id = &one.id;
            refuse(
                section,
                Text::new(format!("指标 {id} 有 base 或 cap"), format!("base or cap in the indicator {id}")),
                Text::new("min_max 不用基准值和上限", "none with min_max"),
                Text::new("删除，或改用 normaliser = \"ratio\"", "remove it, or use normaliser = \"ratio\""),
            );
        }
    }
    bands(section, group);
}

fn weights(section: &Section, group: &Group) {
    let not_given = group.not_given.contains(&NotGiven::Weight);
    for one in group.indicators.iter().filter(|one| one.weight.is_none()) {
        if !not_given {
            absent(section, &one.id, "weight", "权重", "weight");
        }
    }
    let weights: Option<Vec<Decimal>> = group.indicators.iter().map(|one| one.weight).collect();
    let sum = weights.and_then(|all| all.into_iter().try_fold(Decimal::ZERO, |sum, one| sum.checked_add(one)));
    if let Some(sum) = sum.filter(|sum| *sum != group.weights_sum) {
        let wanted = group.weights_sum.normalize();
        refuse(
            section,
            Text::new(format!("权重之和为 {sum}"), format!("weights that sum to {sum}")),
            Text::new(format!("{wanted}"), format!("{wanted}")),
            Text::new(
                format!("改正权重；若和确为 {sum}，写 weights_sum = \"{sum}\""),
                format!("correct the weights; where they do sum to {sum}, write weights_sum = \"{sum}\""),
            ),
        );
    }
}

fn absent(section: &Section, id: &str, key: &str, zh: &str, en: &str) {
    refuse(
        section,
        Text::new(format!("指标 {id} 没有 {key}"), format!("no {key} in the indicator {id}")),
        Text::new(zh, format!("its {en}")),
        Text::new(
            format!("写上 {key}；出处未给出时在组中写 not_given = [\"{key}\"]"),
            format!("write {key}; where the source does not give it, write not_given = [\"{key}\"] in the group"),
        ),
    );
}

fn refuse(section: &Section, found: Text, expected: Text, fix: Text) {
    section.doc.report(&section.at, found, expected, fix);
}

/// All of one kind, one after the other from the best, without a gap and without an overlap, from end to end.
fn bands(section: &Section, group: &Group) {
    if group.bands.is_empty() {
        if !group.not_given.contains(&NotGiven::Bands) {
            refuse(
                section,
                Text::new("没有分档", "no bands"),
                Text::new("若干 [[group.band]] 表", "tables [[group.band]]"),
                Text::new(
                    "写上分档；出处未给出时写 not_given = [\"bands\"]",
                    "write them; where the source does not give them, write not_given = [\"bands\"]",
                ),
            );
        }
        return;
    }
    let wrong = |found: Text| {
        refuse(
            section,
            found,
            Text::new(
                "由优到劣首尾相接、覆盖全部的分档",
                "bands from the best on, each beginning where the one before ends, over everything",
            ),
            Text::new("改正分档界限", "correct the limits of the bands"),
        );
    };
    let mut seen = BTreeSet::new();
    for band in group.bands.iter().filter(|band| !seen.insert(&band.grade)) {
        let grade = &band.grade;
        wrong(Text::new(format!("等级 {grade} 写有两次"), format!("the grade {grade} twice")));
    }
    for pair in group.bands.windows(2) {
        if let [better, worse] = pair
            && let Some(found) = beside(better, worse)
        {
            wrong(found);
        }
    }
    let ends = |limits: Option<&BandLimits>, first: bool| match limits {
        Some(BandLimits::Share { from, .. }) if first => from.is_zero(),
        Some(BandLimits::Share { to, .. }) => *to == Decimal::ONE_HUNDRED,
        Some(BandLimits::Score { to, .. }) if first => to.is_none(),
        Some(BandLimits::Score { from, .. }) => from.is_none(),
        None => true,
    };
    let (first, last) = (group.bands.first(), group.bands.last());
    for (band, is_first) in [(first, true), (last, false)] {
        if !ends(band.map(|band| &band.limits), is_first) {
            let grade = band.map(|band| band.grade.clone()).unwrap_or_default();
            wrong(match is_first {
                true => Text::new(
                    format!("最优的 {grade} 未从头开始"),
                    format!("the best one, {grade}, which leaves out those above it"),
                ),
                false => Text::new(
                    format!("最末的 {grade} 未到底"),
                    format!("the last one, {grade}, which leaves out those below it"),
                ),
            });
        }
    }
}

/// What is wrong between two bands that follow each other.
fn beside(better: &Band, worse: &Band) -> Option<Text> {
    let (a, b) = (&better.grade, &worse.grade);
    let (end, begin) = match (better.limits, worse.limits) {
        (BandLimits::Share { from, to, .. }, BandLimits::Share { from: next, .. }) => {
            if from >= to {
                return Some(Text::new(
                    format!("{a} 是空的（{from} 至 {to}）"),
                    format!("{a} is empty ({from} to {to})"),
                ));
            }
            (Some(to), Some(next))
        }
        // scores run downwards
        (BandLimits::Score { from, .. }, BandLimits::Score { from: next, to }) => {
            if to.zip(next).is_some_and(|(to, from)| from >= to) {
                return Some(Text::new(format!("{b} 是空的"), format!("{b} is empty")));
            }
            (to, from)
        }
        _ => return Some(Text::new("既有比例又有分数", "shares beside scores")),
    };
    let shown = |limit: Option<Decimal>| limit.map_or_else(|| "—".to_owned(), |limit| limit.normalize().to_string());
    let overlaps = match (end, begin) {
        (Some(end), Some(begin)) if end == begin => return None,
        (Some(end), Some(begin)) => end > begin,
        _ => true,
    };
    let (end, begin) = (shown(end), shown(begin));
    Some(match overlaps {
        true => {
            Text::new(format!("{a} 与 {b} 重叠（{end}、{begin}）"), format!("{a} and {b} overlap ({end}, {begin})"))
        }
        false => Text::new(
            format!("{a} 与 {b} 之间有空档（{end} 至 {begin}）"),
            format!("a gap between {a} and {b} ({end} to {begin})"),
        ),
    })
}

/// All groups: each has an id of its own, and somebody can be in it.
pub(super) fn groups(sections: &[Section], groups: &[Group]) {
    for (at, (section, group)) in sections.iter().zip(groups).enumerate() {
        let before = groups.get(..at).unwrap_or_default();
        if before.iter().any(|other| other.id == group.id) {
            let id = &group.id;
            section.refuse(
                &key::ID,
                Text::new(format!("组 {id} 写有两次"), format!("the group {id} twice")),
                Text::new("改写 id", "give it another id"),
            );
        }
        let condition = &group.condition;
        let empty = condition.land_from.zip(condition.land_below).is_some_and(|(from, below)| from >= below);
        if !empty && !reachable(condition, before) {
            refuse(
                section,
                Text::new(
                    format!("没有企业能进入组 {}：前面的组已全部包含", group.id),
                    format!("the group {}, which nobody can be in: those before it take all", group.id),
                ),
                Text::new("每组都有企业可进入", "groups that somebody can be in"),
                Text::new("把条件较窄的组放在前面，或删除此组", "put the narrower group first, or remove this one"),
            );
        }
    }
}

/// Whether a site can be thought of that fits, and none of those before. Each condition stands alone, so that the ends of
/// ranges, the written codes and single tags are all that must be tried.
fn reachable(condition: &Condition, before: &[Group]) -> bool {
    let ends = before.iter().flat_map(|group| [group.condition.land_from, group.condition.land_below]);
    let lands = ends.chain([condition.land_from, Some(Decimal::ZERO)]).flatten();
    let lands: Vec<Decimal> = lands.filter(|land| fits_land(condition, *land)).collect();
    let scales: Vec<bool> =
        [true, false].into_iter().filter(|scale| condition.above_scale.is_none_or(|it| it == *scale)).collect();
    // a code that begins with none of the written ones
    let none = || vec![String::new()];
    let industries = if condition.industries.is_empty() { none() } else { condition.industries.clone() };
    let tags: Vec<Option<&String>> = match condition.tags.is_empty() {
        true => vec![None],
        false => condition.tags.iter().map(Some).collect(),
    };
    let taken = |land: Decimal, scale: bool, industry: &str, tag: Option<&String>| {
        before.iter().any(|group| {
            let other = &group.condition;
            other.above_scale.is_none_or(|it| it == scale)
                && fits_land(other, land)
                && (other.industries.is_empty() || other.industries.iter().any(|it| industry.starts_with(it.as_str())))
                && (other.tags.is_empty() || tag.is_some_and(|tag| other.tags.contains(tag)))
        })
    };
    lands.iter().any(|land| {
        scales
            .iter()
            .any(|scale| industries.iter().any(|industry| tags.iter().any(|tag| !taken(*land, *scale, industry, *tag))))
    })
}

fn fits_land(condition: &Condition, land: Decimal) -> bool {
    condition.land_from.is_none_or(|from| land >= from) && condition.land_below.is_none_or(|below| land < below)
}
