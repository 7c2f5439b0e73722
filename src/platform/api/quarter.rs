//! The quarter-hours of a site's balance.

use crate::{
    energy::intensity,
    model::{Doubts, Quality, UtcMillis, unit},
    platform::store::{Amount, SiteInterval},
};
use rust_decimal::Decimal;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Quarter {
    start_ms: UtcMillis,
    /// By carrier: electricity in kWh, others in the unit of the carrier's first amount.
    energy: BTreeMap<String, Option<Decimal>>,
    /// By carrier, where there are any.
    energy_doubts: BTreeMap<String, Doubts>,
    output: Option<Decimal>,
    output_doubts: Doubts,
    scrap: Option<Decimal>,
    /// Electricity for each unit of output.
    kwh_per_piece: Option<Decimal>,
    quality: Quality,
    readings_present: bool,
}

/// Amounts of one carrier in several units are added in one of them; what can not be added is unknown.
pub fn quarters(intervals: Vec<SiteInterval>) -> Vec<Quarter> {
    let mut units: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::from([(ELECTRICITY.into(), "kWh".into())]);
    let quarter = |interval: SiteInterval| {
        let mut energy: BTreeMap<String, Option<Decimal>> = BTreeMap::new();
        let mut energy_doubts: BTreeMap<String, Doubts> = BTreeMap::new();
        for one in interval.energy {
            let wanted = units.entry(Arc::clone(&one.name)).or_insert_with(|| Arc::clone(&one.unit));
            let amount = unit::ratio(&one.unit, wanted).and_then(|ratio| one.amount.checked_mul(ratio));
            let sum = energy.entry(one.name.to_string()).or_insert(Some(Decimal::ZERO));
            *sum = sum.zip(amount).and_then(|(a, b)| a.checked_add(b)).map(|sum| sum.normalize());
            if !one.doubts.is_none() {
                *energy_doubts.entry(one.name.to_string()).or_default() |= one.doubts;
            }
        }
        let output = sum(&interval.output);
        let kwh = energy.get(ELECTRICITY).copied().flatten();
        let output_doubts = interval.output.iter().fold(Doubts::NONE, |all, one| all | one.doubts);
        let doubts = energy_doubts.values().fold(output_doubts, |all, one| all | *one);
        Quarter {
            start_ms: interval.start,
            kwh_per_piece: kwh.zip(output).and_then(|(kwh, output)| intensity::per_piece(kwh, output)),
            energy,
            energy_doubts,
            output,
            output_doubts,
            scrap: sum(&interval.scrap),
            // the shape inside a period is what an estimate leaves open
            quality: doubts.quality(),
            readings_present: interval.readings_present,
        }
    };
    intervals.into_iter().map(quarter).collect()
}

const ELECTRICITY: &str = "electricity";

/// `None` where there is nothing, or several units.
fn sum(amounts: &[Amount]) -> Option<Decimal> {
    let (first, others) = amounts.split_first()?;
    others.iter().try_fold(first.amount, |sum, one| {
        (one.unit == first.unit).then_some(())?;
        sum.checked_add(one.amount)
    })
}
