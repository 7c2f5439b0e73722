//! What the tests share: a registry, a series, records.

use super::*;
use crate::{
    model::{PointKind, Reason, Role, Sample, Scale, Value},
    wire::record::{Content, Samples, encode},
};

mod batches;
mod fence;
mod group;
mod kill;
mod laws;
mod reports;

/// 2024-11-24T00:00:00+08:00
pub const BASE: i64 = 1_732_377_600_000;
pub const NOW: UtcMillis = UtcMillis(BASE + 30 * 86_400_000);

pub fn site(credit_code: &str) -> Site {
    Site {
        credit_code: credit_code.into(),
        name: "某纺织厂".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C1713".into(),
        land_mu: "12.5".parse().unwrap(),
        product_code: "yarn".into(),
        product_unit: "piece".into(),
        output_value_yuan_per_unit: Some("3.10".parse().unwrap()),
        headcount: None,
        value_added_wan: Some("880".parse().unwrap()),
        tax_wan: None,
    }
}

pub fn gateway(gateway_id: &str, credit_code: &str) -> Gateway {
    Gateway { gateway_id: gateway_id.into(), credit_code: credit_code.into() }
}

pub fn series(point: &str, role: Role) -> Series {
    Series {
        meter: "m1".into(),
        point: point.into(),
        kind: PointKind::Cumulative,
        role,
        carrier: if role == Role::Output { "" } else { "electricity" }.into(),
        product: if role == Role::Output { "yarn" } else { "" }.into(),
        unit: if role == Role::Output { "piece" } else { "kWh" }.into(),
        scale: if role == Role::Output { Scale::ONE } else { "0.01".parse().unwrap() },
    }
}

pub fn energy() -> Series {
    series("ep", Role::SiteEnergy)
}

pub fn reading(time: i64, count: i64) -> Reading {
    Reading { time: UtcMillis(time), count }
}

pub fn dictionary(series: &[(u32, Series)]) -> Record {
    encode(&Content::Dictionary(series.to_vec())).remove(0)
}

/// One record of series 0, in the given order.
pub fn samples(readings: &[Reading]) -> Record {
    let one = |reading: &Reading| Samples {
        time: reading.time,
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(reading.count)) }],
    };
    encode(&Content::Samples(readings.iter().map(one).collect())).remove(0)
}

/// A dictionary and `n` records with one reading each, a minute apart.
pub fn stream(n: i64) -> Vec<Record> {
    let mut all = vec![dictionary(&[(0, energy())])];
    all.extend((0..n).map(|i| samples(&[reading(BASE + i * 60_000, 10 * i)])));
    all
}

pub async fn registered(dir: &Path) -> Store {
    let store = Store::open(dir).unwrap();
    store.replace_registry(vec![site("A")], vec![gateway("gw-1", "A")]).await.unwrap();
    store
}
