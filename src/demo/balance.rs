//! The proof at the end: what every register really did against the ledger.
//!
//! A register that was set anew had epochs. The ledger must have the same ones, and for each: no reading that the
//! register never showed, and the whole of what lies between its first and its last reading. What really ran and lies in
//! no epoch of the ledger is *missing*: it is dated by the epoch's end, and total + missing = what ran, to the last count.

use super::{
    county,
    plant::{Counter, Plant, Track},
};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

/// One register and what the platform's ledger says of it.
#[derive(Serialize, Debug)]
pub struct Line {
    pub site: &'static str,
    pub gateway_id: &'static str,
    pub meter: &'static str,
    pub point: &'static str,
    pub unit: &'static str,
    /// The register when the meters started and when they stopped.
    pub first: Decimal,
    pub r#final: Decimal,
    /// What really ran.
    pub moved: Decimal,
    /// Σ of the ledger's intervals; `None` while the platform does not know the series.
    pub ledger: Option<Decimal>,
    /// The last reading on the ledger.
    pub ledger_last: Option<Decimal>,
    /// What ran between the ledger's epochs.
    pub missing: Decimal,
    /// The ends of epochs on the ledger.
    pub epoch_ends: Vec<EpochEnd>,
    pub balanced: bool,
}

/// One epoch of a register ends and another begins, as the platform says.
#[derive(Serialize, Debug)]
pub struct EpochEnd {
    pub time_ms: i64,
    pub cause: String,
    /// The ledger's last reading of the old register and its first of the new one.
    pub before: Decimal,
    pub after: Decimal,
    /// What the registers really ran around the two.
    pub missing: Decimal,
}

/// `ledger` is the answer of `/api/v1/ledger`, `sites` are those of `/api/v1/sites/…` by credit code; needed where
/// registers were set anew.
pub fn lines(plants: &[Arc<Plant>], ledger: &Value, sites: &HashMap<&str, Value>) -> Vec<Line> {
    let lines = |plant: &Arc<Plant>| {
        [
            ("main", "energy", "kWh", Counter::Main),
            ("workshop", "energy", "kWh", Counter::Workshop),
            ("press", "pieces", "piece", Counter::Pieces),
        ]
        .map(|(meter, point, unit, counter)| {
            let factory = plant.factory;
            let scale = if unit == "kWh" { Decimal::ONE_HUNDRED } else { Decimal::ONE };
            let row = find(ledger, factory.key, meter, point);
            let terms =
                sites.get(factory.credit_code).and_then(|site| find(&site["ledger"], factory.key, meter, point));
            let names = [factory.name, factory.key, meter, point, unit];
            line(names, &plant.tracks(counter), scale, row, terms)
        })
    };
    plants.iter().flat_map(lines).collect()
}

fn line(
    [site, gateway_id, meter, point, unit]: [&'static str; 5],
    tracks: &[Track],
    counts_per_unit: Decimal,
    row: Option<&Value>,
    terms: Option<&Value>,
) -> Line {
    let value = |count: u64| Decimal::from(count) / counts_per_unit;
    let number = |field: &str| row.and_then(|row| decimal(&row[field]));
    let first = tracks.first().map_or(Decimal::ZERO, |track| value(track.first));
    let last = tracks.last().map_or(Decimal::ZERO, |track| value(track.last));
    let moved = value(tracks.iter().map(|track| track.risen).sum());
    let ends = terms.and_then(|terms| terms["epochs"].as_array()).into_iter().flatten();
    let epoch_ends: Vec<EpochEnd> = ends
        .zip(tracks.windows(2))
        .filter_map(|(end, around)| {
            let [old, new] = around else { return None };
            let (before, after) = (decimal(&end["before"]["value"])?, decimal(&end["after"]["value"])?);
            let (unread, unseen) = (value(old.last) - before, after - value(new.first));
            // what no register ever showed is no reading
            let shown = unread >= Decimal::ZERO && before >= value(old.first);
            let seen = unseen >= Decimal::ZERO && after <= value(new.last);
            (shown && seen).then_some(())?;
            let cause = end["cause"].as_str()?.to_owned();
            Some(EpochEnd { time_ms: end["time_ms"].as_i64()?, cause, before, after, missing: unread + unseen })
        })
        .collect();
    let missing: Decimal = epoch_ends.iter().map(|end| end.missing).sum();
    let (total, known) = (number("total"), number("last"));
    let breaks = row.and_then(|row| row["breaks"].as_u64());
    let wanted = tracks.len().saturating_sub(1);
    let epochs_agree = breaks == u64::try_from(wanted).ok() && epoch_ends.len() == wanted;
    let ends_agree = known == Some(last) && number("first") == Some(first);
    Line {
        site,
        gateway_id,
        meter,
        point,
        unit,
        first,
        r#final: last,
        moved,
        ledger: total,
        ledger_last: known,
        balanced: epochs_agree && ends_agree && total == Some(moved - missing),
        missing,
        epoch_ends,
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str()?.parse().ok()
}

fn find<'a>(ledger: &'a Value, gateway_id: &str, meter: &str, point: &str) -> Option<&'a Value> {
    ledger
        .as_array()?
        .iter()
        .find(|row| row["gateway_id"] == gateway_id && row["meter"] == meter && row["point"] == point)
}

/// Whether every series of the county has a reading on the ledger.
pub fn all_read(ledger: &Value) -> bool {
    county::FACTORIES.iter().all(|factory| {
        [("main", "energy"), ("workshop", "energy"), ("press", "pieces")]
            .iter()
            .all(|(meter, point)| find(ledger, factory.key, meter, point).is_some_and(|row| row["last"].is_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NAMES: [&str; 5] = ["site", "gw", "workshop", "energy", "kWh"];

    fn row(first: &str, last: &str, total: &str, breaks: u64) -> Value {
        json!({ "first": first, "last": last, "total": total, "breaks": breaks })
    }

    fn judged(tracks: &[Track], row: &Value, epochs: Value) -> Line {
        line(NAMES, tracks, Decimal::ONE_HUNDRED, Some(row), Some(&json!({ "epochs": epochs })))
    }

    fn end(before: &str, after: &str) -> Value {
        json!({ "time_ms": 1, "cause": "reset", "before": { "value": before }, "after": { "value": after } })
    }

    #[test]
    fn a_register_that_was_never_set_anew_must_agree_to_the_last_count() {
        let tracks = [Track { first: 1_000, last: 1_250, risen: 250 }];
        assert!(judged(&tracks, &row("10", "12.5", "2.5", 0), json!([])).balanced);
        for wrong in [row("10", "12.5", "2.49", 0), row("10", "12.49", "2.5", 0), row("10", "12.5", "2.5", 1)] {
            assert!(!judged(&tracks, &wrong, json!([])).balanced, "{wrong}");
        }
    }

    #[test]
    fn a_register_that_passed_its_end_must_have_its_modulus() {
        let tracks = [Track { first: 999_940, last: 40, risen: 100 }];
        assert!(judged(&tracks, &row("9999.4", "0.4", "1", 0), json!([])).balanced);
        assert!(!judged(&tracks, &row("9999.4", "0.4", "0.4", 1), json!([end("9999.9", "0")])).balanced);
    }

    #[test]
    fn what_ran_between_two_epochs_is_missing_and_no_more() {
        let tracks = [Track { first: 1_000, last: 1_250, risen: 250 }, Track { first: 0, last: 300, risen: 300 }];
        let found = judged(&tracks, &row("10", "3", "5.35", 1), json!([end("12.4", "0.05")]));
        assert!(found.balanced, "{found:?}");
        assert_eq!(found.missing.to_string(), "0.15");
        // booked across the epoch, without the epoch, and with a reading that never was
        assert!(!judged(&tracks, &row("10", "3", "5.5", 1), json!([end("12.4", "0.05")])).balanced);
        assert!(!judged(&tracks, &row("10", "3", "5.35", 0), json!([])).balanced);
        assert!(!judged(&tracks, &row("10", "3", "5.35", 1), json!([end("12.6", "0.05")])).balanced);
    }
}
