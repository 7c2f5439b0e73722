//! Ranks, bands, vetoes, and the grade of those who stand on another's land.

use super::{
    outcome::{ReasonKind, SiteOutcome},
    place::Standing,
};
use crate::{
    platform::evaluation::{
        Candidate, Quantity,
        rule::{Band, BandLimits, Group, NotGiven, Rounding, RuleSet, Veto, VetoEffect, VetoWhen},
    },
    runtime::lang::Text,
};
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::HashMap;

/// A lessee of a lessee, and so on; more is a circle.
const LANDLORDS_MAX: usize = 8;

/// Ranks the group's members and puts them into bands; gives how many have a rank.
pub(super) fn rank(group: &Group, members: &[usize], standings: &[Standing], sites: &mut [SiteOutcome]) -> u32 {
    let ranked = |site: &usize| matches!(standings.get(*site), Some(Standing::Ranked(_)));
    let mut scored: Vec<(Decimal, usize)> =
        members.iter().copied().filter(ranked).filter_map(|site| Some((sites.get(site)?.score?, site))).collect();
    // those with equal scores stand in the order of their credit codes, which the numbers are
    scored.sort_by(|(a, site_a), (b, site_b)| b.cmp(a).then(site_a.cmp(site_b)));
    let n = u32::try_from(scored.len()).unwrap_or(u32::MAX);
    let limits = places(&group.bands, n);
    let (mut rank, mut before) = (0, None);
    for ((score, site), nth) in scored.into_iter().zip(1_u32..) {
        if before != Some(score) {
            (rank, before) = (nth, Some(score));
        }
        let Some(site) = sites.get_mut(site) else { continue };
        site.rank = Some(rank);
        match group.bands.is_empty() {
            true => site.because(ReasonKind::NoBands, NotGiven::Bands.text()),
            false => band(group, &limits, n, rank, score, site),
        }
    }
    n
}

/// Up to which rank each band goes; for bands by score nothing.
fn places(bands: &[Band], n: u32) -> Vec<u32> {
    let mut reached = 0;
    let of = |band: &Band| match band.limits {
        BandLimits::Share { to, round, .. } => {
            let strategy = match round {
                Rounding::Down => RoundingStrategy::ToZero,
                Rounding::Up => RoundingStrategy::AwayFromZero,
                Rounding::Half => RoundingStrategy::MidpointAwayFromZero,
            };
            let exact = Decimal::from(n).checked_mul(to).and_then(|all| all.checked_div(Decimal::ONE_HUNDRED));
            let places = exact.map(|exact| exact.round_dp_with_strategy(0, strategy));
            // a band that is rounded up may reach behind the next one
            reached = places.and_then(|places| u32::try_from(places).ok()).unwrap_or(n).max(reached);
            Some(reached)
        }
        BandLimits::Score { .. } => None,
    };
    bands.iter().map_while(of).collect()
}

fn band(group: &Group, limits: &[u32], n: u32, rank: u32, score: Decimal, site: &mut SiteOutcome) {
    let name = &group.name;
    let by_share = group.bands.iter().zip(limits).find(|(_, limit)| rank <= **limit);
    let by_score = group.bands.iter().find(|band| match band.limits {
        BandLimits::Score { from, to } => from.is_none_or(|from| score >= from) && to.is_none_or(|to| score < to),
        BandLimits::Share { .. } => false,
    });
    let (grade, text) = match (by_share, by_score) {
        (Some((band, limit)), _) => {
            let to = match band.limits {
                BandLimits::Share { to, .. } => to.normalize(),
                BandLimits::Score { .. } => return,
            };
            let grade = &band.grade;
            let text = Text::new(
                format!("得分 {score}，在{} {n} 家中排第 {rank}；{grade} 类至第 {limit} 名（前 {to} %）", name.zh),
                format!(
                    "score {score}, rank {rank} of {n} in {}; {grade} goes to rank {limit} (the first {to} %)",
                    name.en
                ),
            );
            (grade, text)
        }
        (None, Some(band)) => {
            let BandLimits::Score { from, to } = band.limits else { return };
            let shown = |limit: Option<Decimal>| limit.map_or_else(|| "—".to_owned(), |limit| limit.to_string());
            let (grade, from, to) = (&band.grade, shown(from), shown(to));
            let text = Text::new(
                format!("得分 {score}；{grade} 类为 {from} 至 {to}"),
                format!("score {score}; {grade} is from {from} to below {to}"),
            );
            (grade, text)
        }
        (None, None) => return,
    };
    site.grade = Some(grade.clone());
    site.because(ReasonKind::Band, text);
}

/// Applies the vetoes to those who have a grade of their own.
pub(super) fn vetoes(rules: &RuleSet, candidates: &[&Candidate], standings: &[Standing], sites: &mut [SiteOutcome]) {
    for ((candidate, standing), site) in candidates.iter().zip(standings).zip(sites) {
        if let Standing::Ranked(group) = standing
            && let Some(group) = rules.groups.get(*group)
        {
            lower(group, candidate, site);
        }
    }
}

fn lower(group: &Group, candidate: &Candidate, site: &mut SiteOutcome) {
    for veto in group.vetoes.iter().filter(|veto| applies(veto, candidate)) {
        let name = &veto.name;
        let Some(at) = site.grade.as_deref().and_then(|grade| group.place_of(grade)) else {
            let text = Text::new(
                format!("{}（一票否决；无等级可降）", name.zh),
                format!("{} (a veto, with no grade to lower)", name.en),
            );
            site.because(ReasonKind::Veto, text);
            continue;
        };
        let last = group.bands.len().saturating_sub(1);
        let (to, zh, en) = match veto.effect {
            VetoEffect::Last => (last, "直接定为", "straight to"),
            VetoEffect::Down => (last.min(at + 1), "降一档为", "one class down, to"),
        };
        let Some(band) = group.bands.get(to) else { continue };
        let grade = &band.grade;
        let text = Text::new(format!("{}：{zh} {grade} 类", name.zh), format!("{}: {en} {grade}", name.en));
        site.grade = Some(grade.clone());
        site.because(ReasonKind::Veto, text);
    }
}

fn applies(veto: &Veto, candidate: &Candidate) -> bool {
    match &veto.when {
        VetoWhen::Tag(tag) => candidate.profile.tags.contains(tag),
        VetoWhen::NoTaxOnOwnLand => {
            let tax = candidate.value(Quantity::Economic(crate::model::EconomicItem::TaxWan));
            candidate.owns_land && tax.is_some_and(|tax| tax <= Decimal::ZERO)
        }
    }
}

/// Gives lessees the grade of the one whose land they stand on, then applies their own vetoes.
pub(super) fn lessees(rules: &RuleSet, candidates: &[&Candidate], standings: &[Standing], sites: &mut [SiteOutcome]) {
    let numbers: HashMap<&str, usize> =
        candidates.iter().enumerate().map(|(at, candidate)| (candidate.credit_code.as_str(), at)).collect();
    let owner = |mut at: usize| {
        for _ in 0..LANDLORDS_MAX {
            match (standings.get(at)?, candidates.get(at)?.profile.landlord.as_deref()) {
                (Standing::Lessee(_), Some(landlord)) => at = *numbers.get(landlord)?,
                _ => return Some(at),
            }
        }
        None
    };
    for (at, (candidate, standing)) in candidates.iter().zip(standings).enumerate() {
        let Standing::Lessee(group) = standing else { continue };
        let landlord = candidate.profile.landlord.clone().unwrap_or_default();
        let found = owner(at).and_then(|owner| sites.get(owner)).map(|owner| (owner.name.clone(), owner.grade.clone()));
        let (Some(site), Some(group)) = (sites.get_mut(at), rules.groups.get(*group)) else { continue };
        let text = match &found {
            Some((name, Some(grade))) => Text::new(
                format!("租用 {name} 的土地，取其等级 {grade}"),
                format!("it stands on land of {name} and takes its grade {grade}"),
            ),
            Some((name, None)) => Text::new(
                format!("租用 {name} 的土地，而其没有等级"),
                format!("it stands on land of {name}, which has no grade"),
            ),
            None => Text::new(
                format!("租用 {landlord} 的土地，而其不在本次评价中"),
                format!("it stands on land of {landlord}, which is not in this evaluation"),
            ),
        };
        site.grade = found.and_then(|(_, grade)| grade);
        site.because(ReasonKind::Landlord, text);
        lower(group, candidate, site);
    }
}
