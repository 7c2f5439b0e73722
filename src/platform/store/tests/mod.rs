//! What the tests share: a registry, a series, records.

use super::*;
use crate::{
    energy::interval::{Cell, QUARTER_MS},
    model::{Doubts, Event, EventKind, Physics, PointKind, Reading, Reason, Role, RunId, Sample, Scale, Series, Value},
    wire::record::{Content, Dictionary, Interval, Samples, encode},
};
use rust_decimal::Decimal;
use sql::{Tx, params};

mod batches;
mod clocks;
mod cluster;
mod conformance;
mod counters;
mod fence;
mod gaps;
mod group;
mod kill;
mod laws;
mod postgres;
mod refusals;
mod reports;
mod signatures;
mod steel;

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
    }
}

pub fn gateway(gateway_id: &str, credit_code: &str) -> Gateway {
    Gateway { gateway_id: gateway_id.into(), credit_code: credit_code.into(), public_keys: Vec::new() }
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
        physics: Physics::default(),
    }
}

pub fn energy() -> Series {
    series("ep", Role::SiteEnergy)
}

pub fn reading(time: i64, count: i64) -> Reading {
    Reading { time: UtcMillis(time), count }
}

pub fn dictionary(series: &[(u32, Series)]) -> Record {
    encode(&Content::Dictionary(series.to_vec().into())).remove(0)
}

/// The dictionary of a generation of a run that began at `created`.
pub fn dictionary_of(run_id: RunId, created: i64, series: &[(u32, Series)]) -> Record {
    encode(&Content::Dictionary(Dictionary { run_id, created: UtcMillis(created), series: series.to_vec() })).remove(0)
}

pub fn event(id: u8, time: i64, what: EventKind) -> Record {
    encode(&Content::Event(Event { event_id: [id; 16], time: UtcMillis(time), what })).remove(0)
}

/// One record of series 0, in the given order.
pub fn samples(readings: &[Reading]) -> Record {
    samples_of(0, readings)
}

/// The same of a clock segment.
pub fn samples_of(segment: u32, readings: &[Reading]) -> Record {
    let one = |reading: &Reading| Samples {
        time: reading.time,
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(reading.count)) }],
    };
    encode(&Content::Samples(segment, readings.iter().map(one).collect())).remove(0)
}

/// A dictionary and `n` records with one reading each, a minute apart.
pub fn stream(n: i64) -> Vec<Record> {
    let mut all = vec![dictionary(&[(0, energy())])];
    all.extend((0..n).map(|i| samples(&[reading(BASE + i * 60_000, 10 * i)])));
    all
}

/// One record out of an archive: quarter-hours of series 0 with their first and last readings.
pub fn recalled(cells: &[Cell]) -> Record {
    let one = |cell: &Cell| Interval {
        series: 0,
        width_ms: QUARTER_MS,
        start: cell.first.time.floor(QUARTER_MS),
        amount: cell.inner(),
        covered_ms: cell.last.time.since(cell.first.time),
        readings: 2,
        cell: Some(*cell),
        doubts: Doubts::NONE,
    };
    encode(&Content::Recalled(cells.iter().map(one).collect())).remove(0)
}

/// A database with one gateway, whose number is 1: in memory, or in PostgreSQL where the test is to run there.
pub fn memory() -> Memory {
    if postgres::wanted() {
        return on_cluster();
    }
    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.set_prepared_statement_cache_capacity(folder::STATEMENTS);
    folder::create(&mut connection).unwrap();
    with_gateway(Connection::Sqlite(connection))
}

/// The same in PostgreSQL.
pub fn on_cluster() -> Memory {
    let Ok(Address::Cluster(config)) = Address::cluster(&postgres::SERVER.database()) else { unreachable!() };
    with_gateway(super::cluster::writer(&config).unwrap())
}

fn with_gateway(connection: Connection) -> Memory {
    let memory = Memory { connection };
    registry::replace(memory.tx(), &[site("A")], &[gateway("gw-1", "A")]).unwrap();
    memory
}

pub struct Memory {
    connection: Connection,
}

impl Memory {
    pub fn tx(&self) -> Tx<'_> {
        self.connection.tx()
    }
}

/// Gives a batch of gateway 1 to the tables, at `now`.
pub fn take(connection: Tx<'_>, generation: u8, first_seq: u64, records: &[Record], now: UtcMillis) -> intake::Taken {
    let records = records.iter().map(|record| (record.clone(), decode(record))).collect();
    let (gateway_id, gen_id) = ("gw-1".to_owned(), [generation; 16]);
    // the checksum of any record was asked for again
    let again = Some(first_seq);
    intake::ingest(connection, &intake::Batch { gateway_id, gen_id, first_seq, records, again, now }).unwrap()
}

pub async fn registered(dir: &Path) -> Store {
    registered_at(&postgres::address(dir)).await
}

pub async fn registered_at(address: &Address) -> Store {
    let store = Store::at(address).unwrap();
    store.register(vec![site("A")], vec![gateway("gw-1", "A")], Default::default()).await.unwrap();
    store
}
