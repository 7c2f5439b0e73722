//! One site's figures, each as its tree.

use super::{
    Basis, CarrierEnergy, Coefficients, FactorUsed, Figure, SiteAssessment, State,
    balance::{Balance, Carrier},
    check, note,
    output::output,
    term::{How, Origin, Part, Term},
};
use crate::{
    energy::coal::{Lookup, Question},
    model::{Period, Site},
    platform::store::SiteLedger,
    runtime::lang::Text,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::sync::Arc;

/// Decimals that results are shown with; they are computed without.
const AMOUNT_DECIMALS: u32 = 4;
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
}

pub(super) fn assess(
    ledger: &SiteLedger,
    coefficients: &Coefficients,
    days: Option<Days>,
    basis: Basis,
) -> SiteAssessment {
    let site = &ledger.site;
    let mut notes = Vec::new();
    check::registers(&ledger.flows, &mut notes);
    let balance = Balance::of(&ledger.flows, &mut notes);
    let asked = Asked { coefficients, days, province: format!("{}0000", site.city_code.get(..2).unwrap_or_default()) };
    let mut energy = Vec::new();
    let mut coal: Vec<Part> = balance.unknown.iter().map(Part::shared).collect();
    for row in &balance.carriers {
        let (calorific, equivalent) =
            (asked.kgce(row, Basis::Calorific, &mut notes), asked.kgce(row, Basis::Equivalent, &mut notes));
        coal.push(Part::shared(match basis {
            Basis::Calorific => &calorific,
            Basis::Equivalent => &equivalent,
        }));
        energy.extend(carrier_row(row, &calorific, &equivalent));
    }
    let kgce = match coal.is_empty() {
        true => Term::leaf("kgce", None, "kgce", How::Missing),
        false => Term::of("kgce", "kgce", How::Sum, coal),
    };
    let kgce = Arc::new(kgce);
    let output = output(ledger, &mut notes);
    let figures = figures(site, &Known { kwh: Arc::new(balance.kwh()), kgce, output }, ledger, &mut notes);
    let completeness = figures.iter().find(|(figure, _)| *figure == Figure::Completeness);
    let completeness = completeness.and_then(|(_, term)| term.value);
    notes.extend(completeness.filter(|share| *share < check::COMPLETE).map(note::incomplete));
    let of = |wanted: Figure| {
        let found = figures.iter().find(|(figure, _)| *figure == wanted);
        found.and_then(|(_, term)| term.value).map(|value| value.normalize())
    };
    SiteAssessment {
        credit_code: site.credit_code.clone(),
        name: site.name.clone(),
        city_code: site.city_code.clone(),
        county_code: site.county_code.clone(),
        industry_code: site.industry_code.clone(),
        land_mu: site.land_mu,
        energy,
        kwh: of(Figure::Kwh),
        kgce: of(Figure::Kgce),
        output: of(Figure::Output),
        output_unit: site.product_unit.clone(),
        output_value_wan: of(Figure::OutputValueWan),
        kgce_per_product: of(Figure::KgcePerProduct),
        tce_per_wan: of(Figure::TcePerWan),
        output_value_wan_per_mu: of(Figure::OutputValueWanPerMu),
        tce_per_mu: of(Figure::TcePerMu),
        tax_wan_per_mu: of(Figure::TaxWanPerMu),
        value_added_wan_per_mu: of(Figure::ValueAddedWanPerMu),
        completeness: of(Figure::Completeness),
        figures: figures.iter().map(|(figure, term)| (figure.name(), State::of(term))).collect(),
        notes,
        terms: figures,
    }
}

/// Where factors come from, and for which days.
struct Asked<'a> {
    coefficients: &'a Coefficients,
    days: Option<Days>,
    province: String,
}

impl Asked<'_> {
    /// A carrier in standard coal.
    fn kgce(&self, row: &Carrier, basis: Basis, notes: &mut Vec<Text>) -> Arc<Term> {
        let factor = self.factor(row, basis, notes);
        Arc::new(Term::of(&row.carrier, "kgce", How::Product, vec![Part::shared(&row.amount), factor.plus()]))
    }

    fn factor(&self, row: &Carrier, basis: Basis, notes: &mut Vec<Text>) -> Term {
        let (carrier, unit) = (&row.carrier, &row.unit);
        let (name, per) = (format!("factor {carrier}"), format!("kgce/{unit}"));
        let Some(Days { first, last }) = self.days else { return Term::leaf(&name, None, &per, How::Missing) };
        let question = Question { carrier, unit, basis, province: &self.province, first, last };
        let found = self.coefficients.look_up(question);
        let Lookup::Found { factor, kgce_per_unit } = found else {
            let why = note::no_factor(&question, &found);
            notes.push(why.clone());
            return Term::leaf(&name, None, &per, How::Missing).weakened(why);
        };
        let origin = Origin { valid_from: factor.valid_from.to_string(), source: factor.source.clone() };
        Term::leaf(&name, Some(kgce_per_unit), &per, How::Factor(origin))
    }
}

fn carrier_row(row: &Carrier, calorific: &Term, equivalent: &Term) -> Option<CarrierEnergy> {
    let shown = |term: &Term| term.value.map(|value| value.round_dp(AMOUNT_DECIMALS).normalize());
    let used = |term: &Term| {
        let factor = &term.terms.get(1)?.term;
        let How::Factor(Origin { valid_from, source }) = &factor.how else { return None };
        let (valid_from, source) = (valid_from.clone(), source.clone());
        Some(FactorUsed { kgce_per_unit: factor.value?, valid_from, source })
    };
    Some(CarrierEnergy {
        carrier: row.carrier.clone(),
        unit: row.unit.clone(),
        amount: row.amount.value?.normalize(),
        quality: row.amount.quality,
        doubts: row.amount.doubts,
        kgce_calorific: shown(calorific),
        kgce_equivalent: shown(equivalent),
        factor_calorific: used(calorific),
        factor_equivalent: used(equivalent),
    })
}

/// What the figures are made of, exact.
struct Known {
    kwh: Arc<Term>,
    kgce: Arc<Term>,
    output: Arc<Term>,
}

fn figures(site: &Site, known: &Known, ledger: &SiteLedger, notes: &mut Vec<Text>) -> Vec<(Figure, Arc<Term>)> {
    let Known { kwh, kgce, output } = known;
    let constant = |name: &str, value: Decimal, unit: &str| Term::leaf(name, Some(value), unit, How::Constant).plus();
    let registered = |field: &str, value: Option<Decimal>, unit: &str| {
        Arc::new(Term::leaf(field, value, unit, How::Registry { field: field.to_owned() }))
    };
    let land = registered("land_mu", Some(site.land_mu), "mu");
    let price = registered("output_value_yuan_per_unit", site.output_value_yuan_per_unit, "yuan");
    if output.value.is_some() && price.value.is_none() {
        notes.push(note::no_product_value());
    }
    let yuan = Term::of("output_value", "yuan", How::Product, vec![Part::shared(output), Part::shared(&price)]).plus();
    let ten_thousand = constant("yuan per 10,000 yuan", Decimal::from(10_000), "yuan/10k yuan");
    let value_wan = Arc::new(Term::of("output_value_wan", "10k yuan", How::Quotient, vec![yuan, ten_thousand]));
    let thousand = constant("kgce per tce", Decimal::ONE_THOUSAND, "kgce/tce");
    let tce = Arc::new(Term::of("tce", "tce", How::Quotient, vec![Part::shared(kgce), thousand]));
    let tax = registered("tax_wan", site.tax_wan, "10k yuan");
    let value_added = registered("value_added_wan", site.value_added_wan, "10k yuan");
    for (divisor, name) in [(output, note::OUTPUT), (&value_wan, note::OUTPUT_VALUE), (&land, note::LAND)] {
        if divisor.value.is_some_and(|divisor| divisor.is_zero()) {
            notes.push(note::zero(name));
        }
    }
    let (received, expected) = check::quarters(&ledger.flows);
    let (received, expected) = (Arc::new(received), Arc::new(expected));
    let amount = |figure: Figure, term: &Arc<Term>| (figure, rounded(figure, term, AMOUNT_DECIMALS));
    let ratio = |figure: Figure, unit: &str, part: &Arc<Term>, whole: &Arc<Term>| {
        let parts = vec![Part::shared(part), Part::shared(whole)];
        (figure, rounded(figure, &Arc::new(Term::of(figure.name(), unit, How::Quotient, parts)), RATIO_DECIMALS))
    };
    vec![
        amount(Figure::Kwh, kwh),
        amount(Figure::Kgce, kgce),
        (Figure::Output, Arc::clone(output)),
        amount(Figure::OutputValueWan, &value_wan),
        ratio(Figure::KgcePerProduct, &format!("kgce/{}", site.product_unit), kgce, output),
        ratio(Figure::TcePerWan, "tce/10k yuan", &tce, &value_wan),
        ratio(Figure::OutputValueWanPerMu, "10k yuan/mu", &value_wan, &land),
        ratio(Figure::TcePerMu, "tce/mu", &tce, &land),
        ratio(Figure::TaxWanPerMu, "10k yuan/mu", &tax, &land),
        ratio(Figure::ValueAddedWanPerMu, "10k yuan/mu", &value_added, &land),
        ratio(Figure::Completeness, "", &received, &expected),
    ]
}

/// Half to even, as GB/T 8170 rounds.
fn rounded(figure: Figure, term: &Arc<Term>, decimals: u32) -> Arc<Term> {
    Arc::new(Term::of(figure.name(), &term.unit, How::Rounded { decimals }, vec![Part::shared(term)]))
}
