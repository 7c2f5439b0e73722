//! One site's figures, each as its tree.

use super::{
    Basis, Figure, Rules, SiteAssessment, State,
    balance::Balance,
    carbon, check,
    coal::{Asked, Coal, coal},
    economy::economic,
    land,
    line::lines,
    note,
    output::Output,
    term::{How, Part, Term},
};
use crate::{
    model::{EconomicItem, Period},
    platform::store::SiteLedger,
    runtime::lang::Text,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::sync::Arc;

/// Decimals that results are shown with; they are computed without.
pub(super) const AMOUNT_DECIMALS: u32 = 4;
const RATIO_DECIMALS: u32 = 6;

/// The days of a period, both included.
#[derive(Clone, Copy)]
pub(super) struct Days {
    pub first: Date,
    pub last: Date,
}

impl Days {
    pub(super) fn of(period: &Period) -> Option<Days> {
        Some(Days { first: period.start.civil()?.date(), last: period.end.plus_ms(-1).civil()?.date() })
    }

    /// The first day, and the one after the last.
    fn span(self) -> Option<(Date, Date)> {
        Some((self.first, self.last.tomorrow().ok()?))
    }
}

pub(super) fn assess(ledger: &SiteLedger, rules: &Rules, days: Option<Days>, basis: Basis) -> SiteAssessment {
    let site = &ledger.site;
    let mut notes = Vec::new();
    check::registers(ledger, days, &mut notes);
    let lines = lines(ledger, days, &mut notes);
    let balance = Balance::of(ledger, &lines, days, &mut notes);
    let output = Output::of(ledger, &lines, &mut notes);
    let asked = Asked {
        coefficients: &rules.coal,
        days,
        province: format!("{}0000", site.city_code.get(..2).unwrap_or_default()),
        measured: &ledger.declared.calorific,
    };
    let (coal, energy) = coal(&balance, &asked, basis, &mut notes);
    let co2_t = carbon::co2_t(&balance, rules.carbon.as_ref(), days, &mut notes);
    let land = match days.and_then(Days::span) {
        Some((start, end)) => land::land(&ledger.parcels, site.land_mu, start, end),
        None => land::registered(site.land_mu),
    };
    notes.extend(land.notes.iter().cloned());
    let land = Arc::new(land);
    let known = Known { kwh: Arc::new(balance.kwh()), coal, co2_t, output: &output, land: &land };
    let figures = figures(&known, ledger, days, &mut notes);
    let of = |wanted: Figure| {
        let found = figures.iter().find(|(figure, _)| *figure == wanted);
        found.and_then(|(_, term)| term.value).map(|value| value.normalize())
    };
    let completeness = of(Figure::Completeness);
    notes.extend(completeness.filter(|share| *share < check::COMPLETE).map(note::incomplete));
    SiteAssessment {
        credit_code: site.credit_code.clone(),
        name: site.name.clone(),
        city_code: site.city_code.clone(),
        county_code: site.county_code.clone(),
        industry_code: site.industry_code.clone(),
        land_mu: land.value.map_or(site.land_mu, |land| land.round_dp(AMOUNT_DECIMALS).normalize()),
        energy,
        products: output.products,
        kwh: of(Figure::Kwh),
        kgce: of(Figure::Kgce),
        kgce_without_raw_material: of(Figure::KgceWithoutRawMaterial),
        kgce_without_renewable: of(Figure::KgceWithoutRenewable),
        co2_t: of(Figure::Co2T),
        output: of(Figure::Output),
        output_unit: site.product_unit.clone(),
        output_value_wan: of(Figure::OutputValueWan),
        kgce_per_product: of(Figure::KgcePerProduct),
        tce_per_wan: of(Figure::TcePerWan),
        output_value_wan_per_mu: of(Figure::OutputValueWanPerMu),
        tce_per_mu: of(Figure::TcePerMu),
        tax_wan_per_mu: of(Figure::TaxWanPerMu),
        value_added_wan_per_mu: of(Figure::ValueAddedWanPerMu),
        completeness,
        figures: figures.iter().map(|(figure, term)| (figure.name(), State::of(term))).collect(),
        notes,
        terms: figures,
    }
}

/// What the figures are made of, exact.
struct Known<'a> {
    kwh: Arc<Term>,
    coal: Coal,
    co2_t: Arc<Term>,
    output: &'a Output,
    land: &'a Arc<Term>,
}

fn figures(known: &Known, ledger: &SiteLedger, days: Option<Days>, notes: &mut Vec<Text>) -> Vec<(Figure, Arc<Term>)> {
    let Known { kwh, coal, co2_t, output, land } = known;
    let Coal { kgce, without_raw_material, without_renewable } = coal;
    let constant = |name: &str, value: Decimal, unit: &str| Term::leaf(name, Some(value), unit, How::Constant).plus();
    let ten_thousand = constant("yuan per 10,000 yuan", Decimal::from(10_000), "yuan/10k yuan");
    let yuan = Part::shared(&output.value_yuan);
    let value_wan = Arc::new(Term::of("output_value_wan", "10k yuan", How::Quotient, vec![yuan, ten_thousand]));
    let thousand = constant("kgce per tce", Decimal::ONE_THOUSAND, "kgce/tce");
    let tce = Arc::new(Term::of("tce", "tce", How::Quotient, vec![Part::shared(kgce), thousand]));
    let tax = stated(ledger, EconomicItem::TaxWan, days, notes);
    let value_added = stated(ledger, EconomicItem::ValueAddedWan, days, notes);
    for (divisor, name) in [(&output.good, note::OUTPUT), (&value_wan, note::OUTPUT_VALUE), (land, note::LAND)] {
        if divisor.value.is_some_and(|divisor| divisor.is_zero()) {
            notes.push(note::zero(name));
        }
    }
    let (received, expected) = check::quarters(ledger);
    let (received, expected) = (Arc::new(received), Arc::new(expected));
    let amount = |figure: Figure, term: &Arc<Term>| (figure, rounded(figure, term, AMOUNT_DECIMALS));
    let ratio = |figure: Figure, unit: &str, part: &Arc<Term>, whole: &Arc<Term>| {
        let parts = vec![Part::shared(part), Part::shared(whole)];
        (figure, rounded(figure, &Arc::new(Term::of(figure.name(), unit, How::Quotient, parts)), RATIO_DECIMALS))
    };
    vec![
        amount(Figure::Kwh, kwh),
        amount(Figure::Kgce, kgce),
        amount(Figure::KgceWithoutRawMaterial, without_raw_material),
        amount(Figure::KgceWithoutRenewable, without_renewable),
        amount(Figure::Co2T, co2_t),
        (Figure::Output, Arc::clone(&output.good)),
        amount(Figure::OutputValueWan, &value_wan),
        ratio(Figure::KgcePerProduct, &format!("kgce/{}", output.good.unit), kgce, &output.good),
        ratio(Figure::TcePerWan, "tce/10k yuan", &tce, &value_wan),
        ratio(Figure::OutputValueWanPerMu, "10k yuan/mu", &value_wan, land),
        ratio(Figure::TcePerMu, "tce/mu", &tce, land),
        ratio(Figure::TaxWanPerMu, "10k yuan/mu", &tax, land),
        ratio(Figure::ValueAddedWanPerMu, "10k yuan/mu", &value_added, land),
        ratio(Figure::Completeness, "", &received, &expected),
    ]
}

/// What the bureaus say of the item. Where they say something of it, but not for the period, a note tells.
fn stated(ledger: &SiteLedger, item: EconomicItem, days: Option<Days>, notes: &mut Vec<Text>) -> Arc<Term> {
    let (start, end) = days.and_then(Days::span).unwrap_or_default();
    let term = economic(&ledger.economy, item, start, end);
    if term.value.is_none() && ledger.economy.iter().any(|figure| figure.item == item) {
        notes.extend(term.notes.iter().map(|note| note::not_stated(item, note)));
    }
    Arc::new(term)
}

/// Half to even, as GB/T 8170 rounds.
fn rounded(figure: Figure, term: &Arc<Term>, decimals: u32) -> Arc<Term> {
    Arc::new(Term::of(figure.name(), &term.unit, How::Rounded { decimals }, vec![Part::shared(term)]))
}
