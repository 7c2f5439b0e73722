//! Values, points and scores of one group.

use super::{
    outcome::{Filled, IndicatorStatistics, ReasonKind, Scored, SiteOutcome},
    place::Standing,
};
use crate::{
    platform::{
        assess::term::How,
        evaluation::{
            Candidate, Quantity,
            rule::{Group, Indicator, Item, ItemKind, MissingPolicy, Normaliser},
        },
    },
    runtime::lang::Text,
};
use rust_decimal::Decimal;

/// Decimals of values and points in lists; scores are made of what was not rounded.
const SHOWN_DECIMALS: u32 = 6;

/// An indicator's value, or why there is none.
pub(super) type Value = Result<Decimal, Text>;

/// Scores all members; gives the group's statistics.
pub(super) fn score(
    group: &Group,
    decimals: u32,
    members: &[usize],
    candidates: &[&Candidate],
    standings: &[Standing],
    sites: &mut [SiteOutcome],
) -> Vec<IndicatorStatistics> {
    if group.exempt.is_some() {
        return Vec::new();
    }
    let counts = |site: usize| matches!(standings.get(site), Some(Standing::Ranked(_)));
    let candidate = |site: usize| candidates.get(site).copied();
    let values: Vec<(usize, Vec<Value>)> = members
        .iter()
        .filter_map(|site| {
            Some((*site, group.indicators.iter().map(|one| value(one, candidate(*site)?)).collect::<Option<_>>()?))
        })
        .collect();
    let statistics: Vec<IndicatorStatistics> = group
        .indicators
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let known = values.iter().filter(|(site, _)| counts(*site));
            let known = known.filter_map(|(_, values)| values.get(at)?.as_ref().ok().copied());
            statistics(group, one, known)
        })
        .collect();
    for (at, values) in values {
        if let (Some(candidate), Some(site)) = (candidate(at), sites.get_mut(at)) {
            finish(group, decimals, &statistics, candidate, &values, site);
        }
    }
    statistics
}

/// Numerator over denominator; a denominator that is not above 0 divides nothing.
pub(super) fn value(indicator: &Indicator, candidate: &Candidate) -> Option<Value> {
    let sum = |quantities: &[Quantity]| {
        let unknown = quantities.iter().find(|quantity| candidate.value(**quantity).is_none());
        let values = || quantities.iter().map(|quantity| (false, candidate.value(*quantity))).collect::<Vec<_>>();
        match (unknown, quantities) {
            (Some(unknown), _) => Err(candidate.why_unknown(*unknown)),
            (None, [one]) => candidate.value(*one).ok_or_else(too_large),
            (None, _) => How::Sum.compute(&values()).ok_or_else(too_large),
        }
    };
    let whole = indicator.denominator.first()?.title();
    Some(sum(&indicator.numerator).and_then(|part| {
        let divisor = sum(&indicator.denominator)?;
        if divisor <= Decimal::ZERO {
            let (zh, en) = whole;
            return Err(Text::new(
                format!("{zh}为 {divisor}，不能作分母"),
                format!("{en} is {divisor}, and nothing can be divided by it"),
            ));
        }
        How::Quotient.compute(&[(false, Some(part)), (false, Some(divisor))]).ok_or_else(too_large)
    }))
}

fn too_large() -> Text {
    Text::new("数值超出可表示的范围", "the number has more digits than can be kept")
}

fn statistics(group: &Group, indicator: &Indicator, known: impl Iterator<Item = Decimal>) -> IndicatorStatistics {
    let known: Vec<Decimal> = known.collect();
    let mut found = IndicatorStatistics {
        id: indicator.id.clone(),
        known: u32::try_from(known.len()).unwrap_or(u32::MAX),
        least: known.iter().min().copied(),
        most: known.iter().max().copied(),
        mean_points: None,
    };
    let all: Option<Vec<_>> =
        known.iter().map(|value| Some((false, Some(points(group, indicator, &found, *value)?)))).collect();
    found.mean_points = all.filter(|all| !all.is_empty()).and_then(|all| {
        let n = Some(Decimal::from(found.known));
        How::Quotient.compute(&[(false, How::Sum.compute(&all)), (false, n)])
    });
    found
}

/// Points of a known value. `None` where the rule has no weight or base, or all values are one.
fn points(group: &Group, indicator: &Indicator, statistics: &IndicatorStatistics, value: Decimal) -> Option<Decimal> {
    let (weight, value) = ((false, Some(indicator.weight?)), (false, Some(value)));
    match group.normaliser {
        Normaliser::Ratio => {
            let base = (false, Some(indicator.base?));
            match indicator.cap {
                Some(cap) => How::ToBase.compute(&[weight, value, base, (false, Some(cap))]),
                None => How::ToBase.compute(&[weight, value, base]),
            }
        }
        Normaliser::MinMax => {
            How::MinMax.compute(&[weight, value, (false, statistics.least), (false, statistics.most)])
        }
    }
}

/// One indicator's points, or what stands in for them.
pub(super) fn given(
    group: &Group,
    indicator: &Indicator,
    statistics: &IndicatorStatistics,
    value: &Value,
) -> (Option<Decimal>, Option<Filled>) {
    match (value, indicator.missing) {
        (Ok(value), _) => (points(group, indicator, statistics, *value), None),
        (Err(_), MissingPolicy::Zero) => (Some(Decimal::ZERO), Some(Filled::Zero)),
        (Err(_), MissingPolicy::GroupMean) => (statistics.mean_points, Some(Filled::GroupMean)),
        (Err(_), MissingPolicy::LeftOut) => (None, Some(Filled::LeftOut)),
    }
}

/// The items of one kind that a candidate's tags call for, and the most that they make together.
pub(super) fn items<'g>(group: &'g Group, candidate: &Candidate, kind: ItemKind) -> (Vec<&'g Item>, Option<Decimal>) {
    let tags = &candidate.profile.tags;
    let found = group.items.iter().filter(|item| item.kind == kind && tags.contains(&item.tag)).collect();
    let most = match kind {
        ItemKind::Bonus => group.bonus_max,
        ItemKind::Penalty => group.penalty_max,
    };
    (found, most)
}

fn sum_of_items(group: &Group, candidate: &Candidate, kind: ItemKind) -> Option<Decimal> {
    let (found, most) = items(group, candidate, kind);
    let sum = How::Sum.compute(&found.iter().map(|item| (false, Some(item.points))).collect::<Vec<_>>());
    match most {
        Some(most) => How::Least.compute(&[(false, sum), (false, Some(most))]),
        None => sum,
    }
}

fn finish(
    group: &Group,
    decimals: u32,
    statistics: &[IndicatorStatistics],
    candidate: &Candidate,
    values: &[Value],
    site: &mut SiteOutcome,
) {
    let (mut parts, mut counted, mut left_out) = (Vec::new(), Some(Decimal::ZERO), false);
    let shown = |value: Decimal| value.round_dp(SHOWN_DECIMALS).normalize();
    for ((indicator, value), statistics) in group.indicators.iter().zip(values).zip(statistics) {
        let (points, filled) = given(group, indicator, statistics, value);
        if let Err(why) = value {
            site.because(ReasonKind::Missing, missing(indicator, why, filled, points));
        }
        match filled {
            Some(Filled::LeftOut) => left_out = true,
            _ => {
                parts.push((false, points));
                counted = counted.zip(indicator.weight).and_then(|(sum, weight)| sum.checked_add(weight));
            }
        }
        let (value, points) = (value.as_ref().ok().copied().map(shown), points.map(shown));
        site.indicators.push(Scored { id: indicator.id.clone(), value, points, filled });
    }
    let mut sum = How::Sum.compute(&parts);
    if left_out {
        let share = How::Quotient.compute(&[(false, Some(group.weights_sum)), (false, counted)]);
        sum = How::Product.compute(&[(false, sum), (false, share)]);
    }
    let (bonus, penalty) =
        (sum_of_items(group, candidate, ItemKind::Bonus), sum_of_items(group, candidate, ItemKind::Penalty));
    let total = How::Sum.compute(&[(false, sum), (false, bonus), (true, penalty)]);
    (site.bonus, site.penalty) = (bonus.unwrap_or_default(), penalty.unwrap_or_default());
    for kind in [ItemKind::Bonus, ItemKind::Penalty] {
        for item in items(group, candidate, kind).0 {
            let (sign, kind) = match kind {
                ItemKind::Bonus => ("+", ReasonKind::Bonus),
                ItemKind::Penalty => ("−", ReasonKind::Penalty),
            };
            let (name, points) = (&item.name, item.points.normalize());
            let text = Text::new(format!("{} {sign}{points}", name.zh), format!("{} {sign}{points}", name.en));
            site.because(kind, text);
        }
    }
    site.score = How::Rounded { decimals }.compute(&[(false, total)]);
    if site.score.is_none() {
        site.because(ReasonKind::NoScore, no_score(group, statistics));
    }
}

fn missing(indicator: &Indicator, why: &Text, filled: Option<Filled>, points: Option<Decimal>) -> Text {
    let (zh, en) = match filled {
        Some(Filled::GroupMean) if points.is_none() => (
            "组内无一家有此项数据，没有平均得分可用",
            "nobody in the group has a value, so that there is no mean either",
        ),
        Some(Filled::GroupMean) => ("按组内平均得分计", "it gets the mean points of the group"),
        Some(Filled::LeftOut) => ("不计此项，其余各项折算", "it does not count, and the others are scaled up"),
        _ => ("按零分计", "it gives no points"),
    };
    let Text { zh: name_zh, en: name_en } = &indicator.name;
    Text::new(format!("{name_zh}：{}；{zh}", why.zh), format!("{name_en}: {}; {en}", why.en))
}

fn no_score(group: &Group, statistics: &[IndicatorStatistics]) -> Text {
    if let Some(absent) = group.not_given.iter().find(|_| !group.scores()) {
        return absent.text();
    }
    let flat = |one: &&IndicatorStatistics| group.normaliser == Normaliser::MinMax && one.least == one.most;
    match statistics.iter().find(flat) {
        Some(one) => {
            let name = group.indicator(&one.id).map_or_else(|| Text::new("", ""), |indicator| indicator.name.clone());
            Text::new(
                format!("组内{}无差别，最小最大值法无法计分", name.zh),
                format!("all known values of {} are one: there is no place between least and most", name.en),
            )
        }
        None => Text::new(
            "缺少可计分的指标值，无得分",
            "values are missing for which the rules give nothing to stand in: there is no score",
        ),
    }
}
