//! A real factory's year: DAEWOO Steel, Gwangyang, 2018, a row each quarter of an hour (CC BY 4.0, see the README). The
//! figures are made into the registers that a meter would show: two energies that count up, and four gauges.

use mujun::{
    agent::config::Point,
    model::{Physics, PointKind, RawValue, Role, Scan, Series, UtcMillis},
};
use rust_decimal::Decimal;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// From the package's folder. `MUJUN_STEEL` names another place.
const DATA: &str = "../shared/data/steel_industry_2018.csv";
const QUARTER_MS: i64 = 900_000;
/// 2018-01-01 00:15 +08:00.
const START_MS: i64 = 1_514_736_900_000;
/// Name, unit, what one count stands for, the column, and whether it counts up.
const COLUMNS: [(&str, &str, &str, usize, bool); 6] = [
    ("energy", "kWh", "0.01", 1, true),
    ("reactive_lagging", "kvarh", "0.01", 2, true),
    ("reactive_leading", "kvarh", "0.01", 3, true),
    ("co2", "t", "0.01", 4, false),
    ("pf_lagging", "%", "0.01", 5, false),
    ("pf_leading", "%", "0.01", 6, false),
];

pub fn points() -> Vec<Point> {
    let point = |(name, unit, scale, _, cumulative): (&str, &str, &str, usize, bool)| Point {
        series: Series {
            meter: "main".into(),
            point: name.into(),
            kind: if cumulative { PointKind::Cumulative } else { PointKind::Gauge },
            role: if name == "energy" { Role::SiteEnergy } else { Role::None },
            carrier: if cumulative { "electricity".into() } else { String::new() },
            product: String::new(),
            unit: unit.into(),
            scale: scale.parse().unwrap(),
            physics: Physics::default(),
        },
        resolution: Some(scale.parse().unwrap()),
    };
    COLUMNS.into_iter().map(point).collect()
}

/// The year's scans, or why there are none.
pub fn scans(rows_max: usize) -> Result<Vec<Scan>, String> {
    let path =
        env::var_os("MUJUN_STEEL").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA), PathBuf::from);
    let text = fs::read_to_string(path).map_err(|error| format!("`{DATA}` can not be read: {error}"))?;
    let mut registers = [Decimal::ZERO; COLUMNS.len()];
    let mut scans = Vec::new();
    for (row, line) in (0..).zip(text.lines().skip(1).take(rows_max)) {
        let fields: Vec<&str> = line.split(',').collect();
        for (register, (_, _, _, column, cumulative)) in registers.iter_mut().zip(COLUMNS) {
            let found: Decimal = fields[column].parse().map_err(|error| format!("row {row}: {error}"))?;
            *register = if cumulative { *register + found } else { found };
        }
        let found = (0..).zip(registers.map(|value| Ok(RawValue::Decimal(value)))).collect();
        scans.push(Scan { time: UtcMillis(START_MS + row * QUARTER_MS), found });
    }
    Ok(scans)
}
