//! Which group a candidate is in, and whether it is graded there.

use super::outcome::{ReasonKind, SiteOutcome};
use crate::{
    platform::evaluation::{
        Candidate, Quantity,
        facts::year_days,
        rule::{Condition, Group, RuleSet},
    },
    runtime::lang::Text,
};
use jiff::{ToSpan, civil::Date};

/// A candidate's part in its group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// In no group.
    Unplaced,
    /// The group's number.
    Ranked(usize),
    /// Scored for its own sake.
    Exempt(usize),
    /// Takes its landlord's grade.
    Lessee(usize),
}

impl Standing {
    pub fn group(&self) -> Option<usize> {
        match *self {
            Standing::Unplaced => None,
            Standing::Ranked(group) | Standing::Exempt(group) | Standing::Lessee(group) => Some(group),
        }
    }
}

enum Fit {
    Yes,
    No,
    /// What must be known first.
    Unknown(&'static str, &'static str),
}

/// The first group that fits. One that can not be decided is not passed over: what is behind it may be wrong.
pub fn place(rules: &RuleSet, year: i16, candidate: &Candidate, site: &mut SiteOutcome) -> Standing {
    for (at, group) in rules.groups.iter().enumerate() {
        match fits(&group.condition, candidate) {
            Fit::No => {}
            Fit::Yes => {
                site.group = Some(group.id.clone());
                return standing(group, at, year, candidate, site);
            }
            Fit::Unknown(zh, en) => {
                let (name_zh, name_en) = (&group.name.zh, &group.name.en);
                let text = Text::new(
                    format!("{zh}未知，无法判断是否属于{name_zh}"),
                    format!("{en} is not known, which decides whether it is in: {name_en}"),
                );
                site.because(ReasonKind::Unplaced, text);
                return Standing::Unplaced;
            }
        }
    }
    site.because(ReasonKind::Unplaced, Text::new("不属于任何评价组", "it is in no group of these rules"));
    Standing::Unplaced
}

fn fits(condition: &Condition, candidate: &Candidate) -> Fit {
    let Condition { above_scale, industries, land_from, land_below, tags } = condition;
    let code = &candidate.industry_code;
    if !industries.is_empty() && !industries.iter().any(|start| code.starts_with(start.as_str())) {
        return Fit::No;
    }
    if !tags.is_empty() && tags.is_disjoint(&candidate.profile.tags) {
        return Fit::No;
    }
    let land = candidate.value(Quantity::LandMu);
    let within = |land| land_from.is_none_or(|from| land >= from) && land_below.is_none_or(|below| land < below);
    let land_fits = match (land_from.is_some() || land_below.is_some(), land) {
        (false, _) => Some(true),
        (true, land) => land.map(within),
    };
    let scale_fits = match above_scale {
        None => Some(true),
        Some(wanted) => candidate.profile.above_scale.map(|is| is == *wanted),
    };
    match (scale_fits, land_fits) {
        (Some(false), _) | (_, Some(false)) => Fit::No,
        (None, _) => Fit::Unknown("是否规上", "whether it is above scale"),
        (_, None) => Fit::Unknown("用地面积", "the land in use"),
        _ => Fit::Yes,
    }
}

fn standing(group: &Group, at: usize, year: i16, candidate: &Candidate, site: &mut SiteOutcome) -> Standing {
    if let Some(why) = &group.exempt {
        site.grade.clone_from(&group.exempt_grade);
        let text = match &group.exempt_grade {
            Some(grade) => Text::new(format!("{}，视同 {grade} 类", why.zh), format!("{}, treated as {grade}", why.en)),
            None => why.clone(),
        };
        site.because(ReasonKind::Exempt, text);
        return Standing::Exempt(at);
    }
    let profile = &candidate.profile;
    let (_, end) = year_days(year);
    if let Some(since) = newer(profile.registered_on, group.new_firm_years, end) {
        let years = group.new_firm_years.unwrap_or_default();
        site.because(
            ReasonKind::Exempt,
            Text::new(
                format!("{since} 注册，至年末不满 {years} 年，不评等级"),
                format!("registered on {since}, less than {years} years before the year's end: not graded"),
            ),
        );
        return Standing::Exempt(at);
    }
    if let Some(since) = newer(profile.land_granted_on, group.new_land_years, end) {
        let years = group.new_land_years.unwrap_or_default();
        site.because(
            ReasonKind::Exempt,
            Text::new(
                format!("{since} 取得土地，至年末不满 {years} 年，不评等级"),
                format!("land granted on {since}, less than {years} years before the year's end: not graded"),
            ),
        );
        return Standing::Exempt(at);
    }
    let rents = group.landlord_grade && profile.landlord.is_some() && group.landlord_except.is_disjoint(&profile.tags);
    if rents { Standing::Lessee(at) } else { Standing::Ranked(at) }
}

/// The day, where fewer than `years` lie between it and `end`.
fn newer(since: Option<Date>, years: Option<i16>, end: Date) -> Option<Date> {
    let full = since?.checked_add(years?.years()).ok()?;
    since.filter(|_| full > end)
}
