//! One site as an evaluation sees it: who it is, and what is known of it, each quantity as its tree.

use super::{Facts, Quantity};
use crate::{
    model::Profile,
    platform::assess::{
        Figure, SiteAssessment,
        term::{How, Part, Term},
    },
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Candidate {
    pub credit_code: String,
    pub name: String,
    pub county_code: String,
    pub industry_code: String,
    pub profile: Profile,
    /// Whether its parcels show land of its own.
    pub owns_land: bool,
    pub(super) quantities: BTreeMap<Quantity, Part>,
}

impl Candidate {
    /// `site` is its assessment for the year on the rule set's basis; `wanted`: the quantities that rules ask for.
    pub fn of(site: &SiteAssessment, facts: &Facts, year: i16, wanted: &BTreeSet<Quantity>) -> Candidate {
        let quantities = wanted.iter().map(|quantity| (*quantity, term(*quantity, site, facts, year))).collect();
        Candidate {
            credit_code: site.credit_code.clone(),
            name: site.name.clone(),
            county_code: site.county_code.clone(),
            industry_code: site.industry_code.clone(),
            profile: facts.profile.clone(),
            owns_land: facts.owns_land(year),
            quantities,
        }
    }

    pub fn term(&self, quantity: Quantity) -> Option<&Arc<Term>> {
        self.quantities.get(&quantity).map(|part| &part.term)
    }

    pub fn value(&self, quantity: Quantity) -> Option<Decimal> {
        self.term(quantity)?.value
    }

    /// Why a quantity has no value: the notes of its tree.
    pub fn why_unknown(&self, quantity: Quantity) -> Text {
        let (zh, en) = quantity.title();
        let mut notes: Vec<&Text> = Vec::new();
        if let Some(term) = self.term(quantity) {
            term.visit(&mut |term| notes.extend(term.notes.iter().filter(|_| term.value.is_none())));
        }
        match notes.first() {
            Some(note) => Text::new(format!("{zh}未知：{}", note.zh), format!("{en} is not known: {}", note.en)),
            None => Text::new(format!("{zh}未知"), format!("{en} is not known")),
        }
    }
}

/// Part of [`Candidate::quantities`]: JSON keeps a shared term as the term.
fn term(quantity: Quantity, site: &SiteAssessment, facts: &Facts, year: i16) -> Part {
    let tce = |figure: Figure| {
        let thousand = Term::leaf("kgce per tce", Some(Decimal::ONE_THOUSAND), "kgce/tce", How::Constant);
        Term::of(quantity.name(), "tce", How::Quotient, vec![exact(site, figure), thousand.plus()]).plus()
    };
    match quantity {
        Quantity::Economic(item) => facts.economic(item, year).plus(),
        Quantity::LandMu => facts.land(site.land_mu, year).plus(),
        Quantity::Tce => tce(Figure::Kgce),
        Quantity::TceWithoutRawMaterial => tce(Figure::KgceWithoutRawMaterial),
        Quantity::TceWithoutRenewable => tce(Figure::KgceWithoutRenewable),
        Quantity::Kwh => exact(site, Figure::Kwh),
        Quantity::WanKwh => {
            let parts = vec![
                exact(site, Figure::Kwh),
                Term::leaf("kWh per 10k kWh", Some(Decimal::from(10_000)), "kWh/10k kWh", How::Constant).plus(),
            ];
            Term::of("wan_kwh", "10k kWh", How::Quotient, parts).plus()
        }
        Quantity::WaterM3 => water(site),
        Quantity::Co2T => exact(site, Figure::Co2T),
    }
}

/// The figure before it was rounded.
fn exact(site: &SiteAssessment, figure: Figure) -> Part {
    match site.term(figure) {
        Some(term) => match (&term.how, term.terms.first()) {
            (How::Rounded { .. }, Some(part)) => Part::shared(&part.term),
            _ => Part::shared(term),
        },
        None => Term::leaf(figure.name(), None, "", How::Missing).plus(),
    }
}

/// Fresh water as it stands in the site's balance, where its meters count cubic metres.
fn water(site: &SiteAssessment) -> Part {
    let mut found = None;
    if let Some(kgce) = site.term(Figure::Kgce) {
        visit(kgce, &mut |term| {
            if found.is_none() && term.name == "fresh_water" && term.unit == "m3" {
                found = Some(Part::shared(term));
            }
        });
    }
    found.unwrap_or_else(|| {
        let why = Text::new("没有按立方米计量的新水", "no meter counts fresh water in cubic metres");
        Term::leaf("fresh_water", None, "m3", How::Missing).weakened(why).plus()
    })
}

/// As [`Term::visit`], with the shared term.
fn visit(term: &Arc<Term>, see: &mut impl FnMut(&Arc<Term>)) {
    see(term);
    term.terms.iter().for_each(|part| visit(&part.term, see));
}
