//! One site's figures.
//!
//! GB/T 2589-2020: comprehensive energy E = Σ Eᵢ·kᵢ; per product E/P with qualified product P; per output value E/G.
//! Every sum and product is exact; a quotient is rounded to six decimals, last of all.

use super::{Assessment, Basis, CarrierEnergy, Coefficients, FactorUsed, SiteAssessment};
use crate::{
    energy::coal::{Lookup, Question},
    model::{Period, Role, UtcMillis},
    platform::store::{Flow, SiteLedger, Snapshot},
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const DECIMALS: u32 = 6;
/// National rule for on-line monitoring: received over expected at least 90 %.
const COMPLETENESS_MIN: Decimal = Decimal::from_parts(90, 0, 0, false, 2);

/// Assesses every site of the snapshot. Pure: the same arguments give the same figures, whenever.
pub fn assess(snapshot: &Snapshot, coefficients: &Coefficients, period: &Period, basis: Basis) -> Assessment {
    let sites = snapshot.sites.iter().map(|ledger| site(ledger, coefficients, period, basis)).collect();
    Assessment {
        period: period.to_string(),
        start_ms: period.start,
        end_ms: period.end,
        as_of_ms: snapshot.as_of,
        basis,
        sites,
    }
}

fn site(ledger: &SiteLedger, coefficients: &Coefficients, period: &Period, basis: Basis) -> SiteAssessment {
    let site = &ledger.site;
    let mut notes = Vec::new();
    let energy = energy(ledger, coefficients, period, &mut notes);
    let kwh = sum(energy
        .iter()
        .filter(|e| e.carrier == "electricity")
        .map(|e| crate::model::unit::ratio(&e.unit, "kWh").and_then(|ratio| e.amount.checked_mul(ratio))));
    let kgce = sum(energy.iter().map(|e| match basis {
        Basis::Calorific => e.kgce_calorific,
        Basis::Equivalent => e.kgce_equivalent,
    }));
    let output = output(ledger, &mut notes);
    let output_value_wan = match (output, site.output_value_yuan_per_unit) {
        (Some(output), Some(yuan)) => output.checked_mul(yuan).and_then(|yuan| yuan.checked_div(Decimal::from(10_000))),
        (Some(_), None) => {
            notes.push(Text::new(
                "未登记产品单价，无法计算产值",
                "no value per product unit is registered: no output value",
            ));
            None
        }
        _ => None,
    };
    if energy.is_empty() {
        notes.push(Text::new("没有计入边界的能源计量数据", "no reading of an energy meter at the site's boundary"));
    }
    let completeness = completeness(&ledger.flows);
    if completeness.is_some_and(|share| share < COMPLETENESS_MIN) {
        notes.push(Text::new("数据完整率低于 90%", "completeness is below 90 %"));
    }
    for flow in ledger.flows.iter().filter(|flow| flow.breaks > 0) {
        let (meter, point, n) = (&flow.series.meter, &flow.series.point, flow.breaks);
        notes.push(Text::new(
            format!("{meter}/{point} 表底下降 {n} 次，其间用量未知、未计入"),
            format!("{meter}/{point}: the register fell {n} times; what passed in between is unknown and not counted"),
        ));
    }
    let tce = kgce.map(|kgce| kgce / Decimal::ONE_THOUSAND);
    let land = Some(site.land_mu);
    SiteAssessment {
        credit_code: site.credit_code.clone(),
        name: site.name.clone(),
        city_code: site.city_code.clone(),
        county_code: site.county_code.clone(),
        industry_code: site.industry_code.clone(),
        land_mu: site.land_mu,
        kwh,
        kgce: kgce.map(rounded),
        output,
        output_unit: site.product_unit.clone(),
        output_value_wan: output_value_wan.map(rounded),
        kgce_per_product: quotient(kgce, output),
        tce_per_wan: quotient(tce, output_value_wan),
        output_value_wan_per_mu: quotient(output_value_wan, land),
        tce_per_mu: quotient(tce, land),
        tax_wan_per_mu: quotient(site.tax_wan, land),
        value_added_wan_per_mu: quotient(site.value_added_wan, land),
        completeness,
        energy,
        notes,
    }
}

fn rounded(value: Decimal) -> Decimal {
    value.round_dp(DECIMALS).normalize()
}

/// `None` where either is unknown or the divisor is zero.
fn quotient(dividend: Option<Decimal>, divisor: Option<Decimal>) -> Option<Decimal> {
    dividend?.checked_div(divisor?).map(rounded)
}

/// `None` when there is nothing to add, or one term is unknown: a sum without it would look complete.
fn sum(terms: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    let mut total = None;
    for term in terms {
        total = Some(total.unwrap_or(Decimal::ZERO).checked_add(term?)?);
    }
    total
}

/// What the series' counts are worth in its unit; `None` without any reading.
fn amount(flow: &Flow) -> Option<Decimal> {
    flow.first?;
    flow.series.scale.value_from_count(flow.amount)
}

fn energy(
    ledger: &SiteLedger,
    coefficients: &Coefficients,
    period: &Period,
    notes: &mut Vec<Text>,
) -> Vec<CarrierEnergy> {
    let mut sums: BTreeMap<(&str, &str), Decimal> = BTreeMap::new();
    for flow in &ledger.flows {
        let sign = match flow.series.role {
            Role::SiteEnergy => Decimal::ONE,
            Role::SiteExport => Decimal::NEGATIVE_ONE,
            Role::Output | Role::None => continue,
        };
        let Some(amount) = amount(flow) else { continue };
        *sums.entry((&flow.series.carrier, &flow.series.unit)).or_default() += sign * amount;
    }
    let row = |((carrier, unit), amount): ((&str, &str), Decimal)| {
        let (factor_calorific, calorific_note) = factor(coefficients, ledger, carrier, unit, period, Basis::Calorific);
        let (factor_equivalent, note) = factor(coefficients, ledger, carrier, unit, period, Basis::Equivalent);
        notes.extend(calorific_note);
        notes.extend(note);
        let kgce = |factor: &Option<FactorUsed>| factor.as_ref().and_then(|f| amount.checked_mul(f.kgce_per_unit));
        CarrierEnergy {
            carrier: carrier.into(),
            unit: unit.into(),
            amount: amount.normalize(),
            kgce_calorific: kgce(&factor_calorific).map(rounded),
            kgce_equivalent: kgce(&factor_equivalent).map(rounded),
            factor_calorific,
            factor_equivalent,
        }
    };
    sums.into_iter().map(row).collect()
}

fn factor(
    coefficients: &Coefficients,
    ledger: &SiteLedger,
    carrier: &str,
    unit: &str,
    period: &Period,
    basis: Basis,
) -> (Option<FactorUsed>, Option<Text>) {
    let province = format!("{}0000", ledger.site.county_code.get(..2).unwrap_or_default());
    let (first, last) = (civil_day(period.start), civil_day(period.end.plus_ms(-1)));
    let question = Question { carrier, unit, basis, province: &province, first, last };
    let (zh, en) = match basis {
        Basis::Calorific => ("当量值", "calorific value"),
        Basis::Equivalent => ("等价值", "equivalent value"),
    };
    let note = match coefficients.look_up(question) {
        Lookup::Found { factor, kgce_per_unit } => {
            let (valid_from, source) = (factor.valid_from.to_string(), factor.source.clone());
            return (Some(FactorUsed { kgce_per_unit, valid_from, source }), None);
        }
        Lookup::Open(_) => Text::new(
            format!("{carrier} 的{zh}标准只给出范围，需由管理员选定"),
            format!("the standard gives only a range for the {en} of {carrier}: state a value"),
        ),
        Lookup::Changes(day) => Text::new(
            format!("{carrier} 的{zh}在期内（{day}）变更，请分段评价"),
            format!("the {en} of {carrier} changes on {day}, inside the period: assess each part alone"),
        ),
        Lookup::Missing => Text::new(
            format!("没有 {carrier}（{unit}）在 {first} 的{zh}折标系数"),
            format!("no factor: {en} of {carrier} in {unit} on {first}"),
        ),
    };
    (None, Some(note))
}

fn civil_day(instant: UtcMillis) -> jiff::civil::Date {
    let timestamp = jiff::Timestamp::from_millisecond(instant.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::constant(8).to_datetime(timestamp).date()
}

fn output(ledger: &SiteLedger, notes: &mut Vec<Text>) -> Option<Decimal> {
    let flows: Vec<_> = ledger.flows.iter().filter(|flow| flow.series.role == Role::Output).collect();
    let unit = &ledger.site.product_unit;
    if let Some(other) = flows.iter().find(|flow| flow.series.unit != *unit) {
        let found = &other.series.unit;
        notes.push(Text::new(
            format!("产量单位 {found} 与登记的 {unit} 不一致"),
            format!("output is counted in {found}, registered is {unit}"),
        ));
        return None;
    }
    let total = sum(flows.iter().filter_map(|flow| amount(flow)).map(Some));
    if total.is_none() {
        notes.push(Text::new("没有产量数据", "no output was counted"));
    }
    total
}

fn completeness(flows: &[Flow]) -> Option<Decimal> {
    let counted = flows.iter().filter(|flow| flow.series.role != Role::None);
    let (received, expected) = counted.fold((0, 0), |(r, e), flow| (r + flow.slots_received, e + flow.slots_expected));
    Decimal::from(received).checked_div(Decimal::from(expected)).map(|share: Decimal| share.round_dp(4).normalize())
}
