//! One site's figures.

use super::{Basis, CarrierEnergy, Coefficients, FactorUsed, SiteAssessment, note};
use crate::{
    energy::coal::{Lookup, Question},
    model::{Period, Role, unit},
    platform::store::{Flow, SiteLedger},
    runtime::lang::Text,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Decimals that results are shown with; they are computed without.
const AMOUNT_DECIMALS: u32 = 4;
const RATIO_DECIMALS: u32 = 6;

/// The days of a period, both included.
#[derive(Clone, Copy)]
pub(super) struct Days {
    first: Date,
    last: Date,
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
    let balance = Balance::of(&ledger.flows, &mut notes);
    let province = format!("{}0000", site.city_code.get(..2).unwrap_or_default());
    let mut energy = Vec::new();
    for ((carrier, unit), amount) in &balance.energy {
        let mut value = |of: Basis| {
            let days = days?;
            let (first, last) = (days.first, days.last);
            let question = Question { carrier, unit, basis: of, province: &province, first, last };
            let found = coefficients.look_up(question);
            let Lookup::Found { factor, kgce_per_unit, .. } = found else {
                notes.push(note::no_factor(&question, &found));
                return None;
            };
            let kgce = amount.checked_mul(kgce_per_unit)?;
            let (valid_from, source) = (factor.valid_from.to_string(), factor.source.clone());
            Some((kgce, FactorUsed { kgce_per_unit, valid_from, source }))
        };
        let (calorific, equivalent) = (value(Basis::Calorific), value(Basis::Equivalent));
        energy.push((
            match basis {
                Basis::Calorific => &calorific,
                Basis::Equivalent => &equivalent,
            }
            .as_ref()
            .map(|(kgce, _)| *kgce),
            CarrierEnergy {
                carrier: (*carrier).to_owned(),
                unit: (*unit).to_owned(),
                amount: amount.normalize(),
                kgce_calorific: calorific.as_ref().map(|(kgce, _)| amount_shown(*kgce)),
                kgce_equivalent: equivalent.as_ref().map(|(kgce, _)| amount_shown(*kgce)),
                factor_calorific: calorific.map(|(_, factor)| factor),
                factor_equivalent: equivalent.map(|(_, factor)| factor),
            },
        ));
    }
    let whole = balance.complete && !energy.is_empty();
    let kgce = sum(energy.iter().map(|(kgce, _)| *kgce)).filter(|_| whole);
    let tce = kgce.map(|kgce| kgce / Decimal::ONE_THOUSAND);
    let kwh = balance.kwh();

    let output = output(ledger, &mut notes);
    let output_value_wan = output.and_then(|output| {
        let Some(yuan) = site.output_value_yuan_per_unit else {
            notes.push(note::no_product_value());
            return None;
        };
        Some(output.checked_mul(yuan)? / Decimal::from(10_000))
    });
    for (divisor, name) in
        [(output, note::OUTPUT), (output_value_wan, note::OUTPUT_VALUE), (Some(site.land_mu), note::LAND)]
    {
        if divisor.is_some_and(|divisor| divisor.is_zero()) {
            notes.push(note::zero(name));
        }
    }

    let completeness = completeness(&ledger.flows);
    if completeness.is_some_and(|share| share < Decimal::new(9, 1)) {
        notes.extend(completeness.map(note::incomplete));
    }
    SiteAssessment {
        credit_code: site.credit_code.clone(),
        name: site.name.clone(),
        city_code: site.city_code.clone(),
        county_code: site.county_code.clone(),
        industry_code: site.industry_code.clone(),
        land_mu: site.land_mu,
        energy: energy.into_iter().map(|(_, row)| row).collect(),
        kwh: kwh.map(amount_shown),
        kgce: kgce.map(amount_shown),
        output: output.map(|output| output.normalize()),
        output_unit: site.product_unit.clone(),
        output_value_wan: output_value_wan.map(amount_shown),
        kgce_per_product: ratio(kgce, output),
        tce_per_wan: ratio(tce, output_value_wan),
        output_value_wan_per_mu: ratio(output_value_wan, Some(site.land_mu)),
        tce_per_mu: ratio(tce, Some(site.land_mu)),
        tax_wan_per_mu: ratio(site.tax_wan, Some(site.land_mu)),
        value_added_wan_per_mu: ratio(site.value_added_wan, Some(site.land_mu)),
        completeness: completeness.map(|share| share.round_dp(RATIO_DECIMALS).normalize()),
        notes,
    }
}

/// Energy over the site's boundary, by carrier and unit.
struct Balance<'a> {
    energy: BTreeMap<(&'a str, &'a str), Decimal>,
    /// Carriers of which something is expected and nothing is known.
    unknown: BTreeSet<&'a str>,
    complete: bool,
}

impl<'a> Balance<'a> {
    fn of(flows: &'a [Flow], notes: &mut Vec<Text>) -> Balance<'a> {
        let mut balance = Balance { energy: BTreeMap::new(), unknown: BTreeSet::new(), complete: true };
        let boundary = |flow: &&Flow| matches!(flow.series.role, Role::SiteEnergy | Role::SiteExport);
        if !flows.iter().any(|flow| flow.series.role == Role::SiteEnergy) {
            notes.push(note::no_energy_meter());
            balance.complete = false;
        }
        for flow in flows.iter().filter(|flow| boundary(flow) || flow.series.role == Role::Output) {
            if flow.breaks > 0 {
                notes.push(note::breaks(flow));
            }
            if !known(flow) && flow.slots_expected > 0 {
                notes.push(note::no_data(flow));
            }
        }
        for flow in flows.iter().filter(boundary).filter(|flow| known(flow)) {
            let entry = balance.energy.entry((&flow.series.carrier, &flow.series.unit)).or_default();
            let amount = flow.series.scale.value_from_count(flow.amount);
            let sum = amount.and_then(|amount| match flow.series.role {
                Role::SiteExport => entry.checked_sub(amount),
                _ => entry.checked_add(amount),
            });
            match sum {
                Some(sum) => *entry = sum,
                None => {
                    notes.push(note::too_large(flow));
                    balance.unknown.insert(&flow.series.carrier);
                }
            }
        }
        let entering = |flow: &&Flow| flow.series.role == Role::SiteEnergy;
        let heard: BTreeSet<&str> =
            flows.iter().filter(entering).filter(|flow| known(flow)).map(|flow| flow.series.carrier.as_str()).collect();
        // a carrier whose every meter is silent is unknown; one of several meters that is silent may be a retired one
        let silent = flows.iter().filter(boundary).filter(|flow| flow.slots_expected > 0);
        let silent = silent.map(|flow| flow.series.carrier.as_str()).filter(|carrier| !heard.contains(carrier));
        balance.unknown.extend(silent);
        balance.energy.retain(|(carrier, _), _| !balance.unknown.contains(carrier));
        balance.complete &= balance.unknown.is_empty();
        balance
    }

    fn kwh(&self) -> Option<Decimal> {
        let rows = self.energy.iter().filter(|((carrier, _), _)| *carrier == "electricity");
        let mut rows = rows.map(|((_, unit), amount)| amount.checked_mul(unit::ratio(unit, "kWh")?)).peekable();
        rows.peek()?;
        sum(rows)
    }
}

/// Whether anything of the series' movement in the period is known: a reading inside, or a share of a stretch
/// between readings on either side of it.
fn known(flow: &Flow) -> bool {
    flow.first.is_some() || flow.slots_received > 0 || flow.amount != 0
}

/// Σ of the output points in the registry's unit; nothing when one of them counts something else.
fn output(ledger: &SiteLedger, notes: &mut Vec<Text>) -> Option<Decimal> {
    let site = &ledger.site;
    let mut output = None;
    for flow in ledger.flows.iter().filter(|flow| flow.series.role == Role::Output && known(flow)) {
        let (unit, product) = (&flow.series.unit, &flow.series.product);
        let other = !product.is_empty() && !site.product_code.is_empty() && *product != site.product_code;
        if *unit != site.product_unit || other {
            notes.push(note::other_product(flow, site));
            return None;
        }
        let sum = flow.series.scale.value_from_count(flow.amount);
        let sum = sum.and_then(|amount| output.unwrap_or(Decimal::ZERO).checked_add(amount));
        if sum.is_none() {
            notes.push(note::too_large(flow));
            return None;
        }
        output = sum;
    }
    if output.is_none() {
        notes.push(note::no_output());
    }
    output
}

fn completeness(flows: &[Flow]) -> Option<Decimal> {
    let counted = flows.iter().filter(|flow| flow.series.role != Role::None);
    let (expected, received) = counted.fold((0_u64, 0_u64), |(expected, received), flow| {
        (expected.saturating_add(flow.slots_expected), received.saturating_add(flow.slots_received))
    });
    Decimal::from(received).checked_div(Decimal::from(expected))
}

fn sum(mut values: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    values.try_fold(Decimal::ZERO, |sum, value| sum.checked_add(value?))
}

/// Half to even, as GB/T 8170 rounds.
fn amount_shown(value: Decimal) -> Decimal {
    value.round_dp(AMOUNT_DECIMALS).normalize()
}

fn ratio(part: Option<Decimal>, whole: Option<Decimal>) -> Option<Decimal> {
    Some(part?.checked_div(whole?)?.round_dp(RATIO_DECIMALS).normalize())
}
