//! The proof at the end: every register against the ledger.

use super::{county, plant::Plant, plant::Registers};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

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
    pub moved: Decimal,
    /// Σ of the ledger's intervals; `None` while the platform does not know the series.
    pub ledger: Option<Decimal>,
    /// The last reading on the ledger.
    pub ledger_last: Option<Decimal>,
    pub balanced: bool,
}

/// A plant's counters as they were before the meters started.
pub struct Start {
    pub plant: Arc<Plant>,
    pub registers: Registers,
}

/// `ledger` is the answer of `/api/v1/ledger`.
pub fn lines(starts: &[Start], ledger: &Value) -> Vec<Line> {
    starts.iter().flat_map(|start| plant_lines(start, ledger)).collect()
}

fn plant_lines(start: &Start, ledger: &Value) -> [Line; 3] {
    let now = start.plant.registers();
    let factory = start.plant.factory;
    let kwh = |count: u64| Decimal::from(count) / Decimal::ONE_HUNDRED;
    let line = |meter, point, unit, first: Decimal, last: Decimal| {
        let row = find(ledger, factory.key, meter, point);
        let number = |field: &str| row.and_then(|row| row[field].as_str()?.parse::<Decimal>().ok());
        let (total, known) = (number("total"), number("last"));
        let moved = last - first;
        let balanced = total == Some(moved) && known == Some(last) && number("first") == Some(first);
        Line {
            site: factory.name,
            gateway_id: factory.key,
            meter,
            point,
            unit,
            first,
            r#final: last,
            moved,
            ledger: total,
            ledger_last: known,
            balanced,
        }
    };
    [
        line("main", "energy", "kWh", kwh(start.registers.main), kwh(now.main)),
        line("workshop", "energy", "kWh", kwh(start.registers.workshop), kwh(now.workshop)),
        line("press", "pieces", "piece", start.registers.pieces.into(), now.pieces.into()),
    ]
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
