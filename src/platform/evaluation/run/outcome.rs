//! What comes of an evaluation.

use crate::{
    platform::evaluation::{
        Candidate,
        rule::{Group, NotGiven},
    },
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, Debug)]
pub struct Evaluation {
    pub groups: Vec<GroupOutcome>,
    /// By credit code.
    pub sites: Vec<SiteOutcome>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GroupOutcome {
    pub id: String,
    pub name: Text,
    /// All in it, and those of them that have a rank.
    pub members: u32,
    pub ranked: u32,
    pub grades: BTreeMap<String, u32>,
    /// In the order of the rule's indicators.
    pub statistics: Vec<IndicatorStatistics>,
    /// What the source of the rules leaves out, and what that means.
    pub not_given: Vec<Text>,
}

/// Of one indicator over those in the group that are to be ranked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct IndicatorStatistics {
    pub id: String,
    /// Those with a value.
    pub known: u32,
    pub least: Option<Decimal>,
    pub most: Option<Decimal>,
    pub mean_points: Option<Decimal>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SiteOutcome {
    pub credit_code: String,
    pub name: String,
    pub county_code: String,
    pub industry_code: String,
    pub group: Option<String>,
    pub indicators: Vec<Scored>,
    pub bonus: Decimal,
    pub penalty: Decimal,
    /// With the rule's decimals.
    pub score: Option<Decimal>,
    pub rank: Option<u32>,
    pub grade: Option<String>,
    pub reasons: Vec<Reason>,
}

/// One indicator of one site, to 6 decimals.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scored {
    pub id: String,
    pub value: Option<Decimal>,
    pub points: Option<Decimal>,
    /// What stands in for a value that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<Filled>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filled {
    Zero,
    GroupMean,
    LeftOut,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    pub kind: ReasonKind,
    pub text: Text,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// In no group, or in which one is not known.
    Unplaced,
    Exempt,
    Landlord,
    Missing,
    /// No score, and why.
    NoScore,
    Bonus,
    Penalty,
    Band,
    /// No grade, since the source gives no bands.
    NoBands,
    Veto,
}

impl SiteOutcome {
    /// Not placed yet.
    pub(super) fn of(candidate: &Candidate) -> SiteOutcome {
        SiteOutcome {
            credit_code: candidate.credit_code.clone(),
            name: candidate.name.clone(),
            county_code: candidate.county_code.clone(),
            industry_code: candidate.industry_code.clone(),
            group: None,
            indicators: Vec::new(),
            bonus: Decimal::ZERO,
            penalty: Decimal::ZERO,
            score: None,
            rank: None,
            grade: None,
            reasons: Vec::new(),
        }
    }

    pub(super) fn because(&mut self, kind: ReasonKind, text: Text) {
        self.reasons.push(Reason { kind, text });
    }
}

impl GroupOutcome {
    pub(super) fn new(
        group: &Group,
        members: usize,
        ranked: u32,
        statistics: Vec<IndicatorStatistics>,
    ) -> GroupOutcome {
        GroupOutcome {
            id: group.id.clone(),
            name: group.name.clone(),
            members: u32::try_from(members).unwrap_or(u32::MAX),
            ranked,
            grades: BTreeMap::new(),
            statistics,
            not_given: group.not_given.iter().map(|one: &NotGiven| one.text()).collect(),
        }
    }
}

impl Evaluation {
    pub fn site(&self, credit_code: &str) -> Option<&SiteOutcome> {
        let at = self.sites.binary_search_by(|site| site.credit_code.as_str().cmp(credit_code)).ok()?;
        self.sites.get(at)
    }
}
