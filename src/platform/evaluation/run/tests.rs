//! The verified sets to their printed digits, and what holds for every set.

mod grades;
mod laws;
mod printed;

use super::*;
use crate::{
    model::{EconomicFigure, EconomicItem, Profile},
    platform::{
        assess::{
            Basis,
            term::{How, Part, Term},
            tests::worked_example,
        },
        evaluation::{Facts, Quantity, rule},
    },
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

pub(in crate::platform) fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A shipped rule file, with each of `changes` made in its text.
pub(in crate::platform) fn shipped(file: &str, changes: &[(&str, &str)]) -> rule::RuleSet {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/rules").join(file);
    let mut text = std::fs::read_to_string(path).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "{file} has no {old}");
        text = text.replace(old, new);
    }
    rule::parse(&text, file).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A candidate of which these quantities are known.
pub(in crate::platform) fn candidate(code: &str, above_scale: bool, known: &[(&str, &str)]) -> Candidate {
    let leaf = |(name, value): &(&str, &str)| {
        let quantity = Quantity::by_name(name).unwrap();
        let how = How::Registry { field: (*name).to_owned() };
        (quantity, Term::leaf(name, Some(d(value)), quantity.unit(), how).plus())
    };
    let quantities: BTreeMap<Quantity, Part> = known.iter().map(leaf).collect();
    Candidate {
        credit_code: code.into(),
        name: format!("firm {code}"),
        county_code: "331003".into(),
        industry_code: "C2929".into(),
        profile: Profile { above_scale: Some(above_scale), ..Profile::default() },
        owns_land: true,
        quantities,
    }
}

/// What the bureaus say of the worked example's site in 2025.
pub(in crate::platform) fn worked_facts() -> Facts {
    let figure = |(item, value): (EconomicItem, &str)| EconomicFigure {
        credit_code: "91331003MA0000111Q".into(),
        year: 2025,
        month: None,
        item,
        value: d(value),
        source: "bureau".into(),
    };
    let economy = [
        (EconomicItem::TaxWan, "620"),
        (EconomicItem::ValueAddedWan, "3480"),
        (EconomicItem::Staff, "190"),
        (EconomicItem::ResearchWan, "410"),
        (EconomicItem::RevenueWan, "14200"),
        (EconomicItem::CodT, "0.5"),
        (EconomicItem::AmmoniaNitrogenT, "0.05"),
        (EconomicItem::So2T, "0.1"),
        (EconomicItem::NoxT, "0.2"),
    ];
    let profile = Profile { above_scale: Some(true), ..Profile::default() };
    Facts { profile, parcels: Vec::new(), economy: economy.into_iter().map(figure).collect() }
}

pub(in crate::platform) fn worked(basis: Basis) -> Candidate {
    let all: BTreeSet<Quantity> = Quantity::all().collect();
    Candidate::of(&worked_example(basis), &worked_facts(), 2025, &all)
}

/// The one site's outcome, after its tree was held to it.
fn alone(rules: &rule::RuleSet, candidate: Candidate) -> SiteOutcome {
    let evaluation = evaluate(rules, 2022, std::slice::from_ref(&candidate));
    let site = evaluation.sites[0].clone();
    held(rules, &evaluation, &[candidate]);
    site
}

/// Every tree holds, also out of JSON, and gives the score of the list.
fn held(rules: &rule::RuleSet, evaluation: &Evaluation, candidates: &[Candidate]) {
    for candidate in candidates {
        let site = evaluation.site(&candidate.credit_code).unwrap();
        let Some(at) = rules.groups.iter().position(|group| site.group.as_deref() == Some(group.id.as_str())) else {
            assert_eq!(site.score, None);
            continue;
        };
        let tree = workings(rules, &rules.groups[at], &evaluation.groups[at], candidate);
        assert_eq!(tree.as_ref().and_then(|tree| tree.value), site.score, "{}", candidate.credit_code);
        if let Some(tree) = tree {
            let stored: Term = serde_json::from_str(&serde_json::to_string(&tree).unwrap()).unwrap();
            assert!(tree.holds() && stored.holds() && stored == tree);
        }
    }
}

fn points(site: &SiteOutcome, decimals: u32) -> Vec<String> {
    let shown = |one: &Scored| {
        one.points.map_or("—".to_owned(), |points| format!("{:.*}", decimals as usize, points.round_dp(decimals)))
    };
    site.indicators.iter().map(shown).collect()
}
