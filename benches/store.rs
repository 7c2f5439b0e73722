//! What the platform takes in, with its ledger, against the bare bulk insert of the same bodies, in each of its stores.
//!
//! PostgreSQL is there when `MUJUN_STORE_URL` names an empty database.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a benchmark that fails must stop, and it measures time

use bytes::Bytes;
use mujun::{
    model::{Gateway, Physics, PointKind, Reason, Role, Sample, Series, Site, UtcMillis, Value},
    platform::store::{Address, Outcome, Store},
    wire::record::{Content, Record, Samples, encode},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const REGISTERS: u32 = 40;
/// Scans of a record, ten seconds apart.
const SCANS: i64 = 10;
/// Records of a batch, batches of a commit: what waits for a platform that was away.
const RECORDS: usize = 8;
const GATEWAYS: usize = 16;
const START: i64 = 1_732_377_600_000;

fn main() {
    let whole = std::env::args().any(|argument| argument == "--bench");
    let batches = if whole { 40 } else { 2 };
    let samples = (GATEWAYS * batches * RECORDS) as f64 * f64::from(REGISTERS) * SCANS as f64;
    println!("## Ingest into the store\n");
    println!(
        "{GATEWAYS} gateways at one time, each {batches} batches of {RECORDS} records of {} samples ({REGISTERS} registers, {SCANS} scans). Bare: the same bodies and a mark, {GATEWAYS} batches a commit, no ledger.\n",
        i64::from(REGISTERS) * SCANS
    );
    println!("| store | samples/s | bare samples/s | ratio | goal | bytes a sample, with the ledger |");
    println!("|---|---|---|---|---|---|");
    let all: Vec<Vec<Vec<Record>>> = (0..GATEWAYS).map(|gateway| batches_of(gateway, batches)).collect();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = dir.path().join("store");
    let ours = ingest(&Address::Folder(folder.clone()), &all);
    let bytes = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>();
    row("SQLite", samples, ours, sqlite(&dir.path().join("bare.db"), &all), bytes);
    if let Ok(url) = std::env::var("MUJUN_STORE_URL") {
        let ours = ingest(&Address::cluster(&url).unwrap(), &all);
        let (bare, bytes) = postgres(&url, &all);
        row("PostgreSQL", samples, ours, bare, bytes);
    }
    println!();
}

fn row(name: &str, samples: f64, ours: Duration, bare: Duration, bytes: u64) {
    let rate = |time: Duration| samples / time.as_secs_f64();
    let (ours, bare) = (rate(ours), rate(bare));
    println!("| {name} | {ours:.0} | {bare:.0} | {:.2} | 0.5 | {:.1} |", ours / bare, bytes as f64 / samples);
}

fn batches_of(gateway: usize, batches: usize) -> Vec<Vec<Record>> {
    let mut random = fastrand::Rng::with_seed(gateway as u64);
    let mut counts = [0_i64; REGISTERS as usize];
    let mut time = START;
    let record = |time: &mut i64, counts: &mut [i64], random: &mut fastrand::Rng| {
        let scan = |_| {
            *time += 10_000;
            let sample = |(series, count): (u32, &mut i64)| {
                *count += random.i64(0..40);
                Sample { series, reason: Reason::Good, value: Some(Value::Count(*count)) }
            };
            Samples { time: UtcMillis(*time), samples: (0..).zip(counts.iter_mut()).map(sample).collect() }
        };
        encode(&Content::Samples(0, (0..SCANS).map(scan).collect())).remove(0)
    };
    (0..batches).map(|_| (0..RECORDS).map(|_| record(&mut time, &mut counts, &mut random)).collect()).collect()
}

fn series(number: u32) -> Series {
    Series {
        meter: format!("m{}", number / 8),
        point: format!("p{number}"),
        kind: PointKind::Cumulative,
        role: Role::None,
        carrier: "electricity".into(),
        product: String::new(),
        unit: "kWh".into(),
        scale: "0.01".parse().unwrap(),
        physics: Physics::default(),
    }
}

fn ingest(address: &Address, all: &[Vec<Vec<Record>>]) -> Duration {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = Store::at(address).unwrap();
    let took = runtime.block_on(async {
        let gateways = (0..all.len()).map(|i| Gateway {
            gateway_id: format!("gw-{i}"),
            credit_code: "A".into(),
            public_keys: Vec::new(),
        });
        store.register(vec![site()], gateways.collect(), Default::default()).await.unwrap();
        let dictionary =
            encode(&Content::Dictionary((0..REGISTERS).map(|i| (i, series(i))).collect::<Vec<_>>().into()));
        for i in 0..all.len() {
            store.ingest(&format!("gw-{i}"), [1; 16], 1, dictionary.clone(), None).await.unwrap();
        }
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for (i, batches) in all.iter().cloned().enumerate() {
            let store = store.clone();
            tasks.spawn(async move {
                let mut first = 2;
                for batch in batches {
                    let count = batch.len() as u64;
                    let stored = store.ingest(&format!("gw-{i}"), [1; 16], first, batch, None).await.unwrap();
                    first += count;
                    assert_eq!(stored.outcome, Outcome::Stored { seq: first - 1, complete: false });
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        began.elapsed()
    });
    drop(store);
    took
}

fn site() -> Site {
    Site {
        credit_code: "A".into(),
        name: "A".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C1713".into(),
        land_mu: "1".parse().unwrap(),
        product_code: String::new(),
        product_unit: String::new(),
        output_value_yuan_per_unit: None,
    }
}

/// The ith batches of all gateways: one commit.
fn commits(all: &[Vec<Vec<Record>>]) -> Vec<Vec<(i64, i64, Bytes)>> {
    let batches = all.first().map_or(0, Vec::len);
    let of = |commit: usize| {
        let rows = all.iter().enumerate().flat_map(move |(gateway, batches)| {
            let records = batches[commit].iter().enumerate();
            records.map(move |(i, record)| (gateway as i64, (commit * RECORDS + i) as i64, record.body.clone()))
        });
        rows.collect()
    };
    (0..batches).map(of).collect()
}

const BARE: &str = "CREATE TABLE bare_block (generation BIGINT, seq BIGINT, body BLOB, PRIMARY KEY (generation, seq));
                    CREATE TABLE bare_mark (generation BIGINT PRIMARY KEY, seq BIGINT)";
const MARK: &str = "INSERT INTO bare_mark VALUES ($1, $2) ON CONFLICT (generation) DO UPDATE SET seq = excluded.seq";

fn sqlite(file: &std::path::Path, all: &[Vec<Vec<Record>>]) -> Duration {
    let mut connection = rusqlite::Connection::open(file).unwrap();
    connection.pragma_update(None, "page_size", 8192).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch(BARE).unwrap();
    let commits = commits(all);
    let began = Instant::now();
    for rows in commits {
        let tx = connection.transaction().unwrap();
        for (gateway, seq, body) in &rows {
            let mut insert = tx.prepare_cached("INSERT INTO bare_block VALUES (?1, ?2, ?3)").unwrap();
            insert.execute((gateway, seq, body.as_ref())).unwrap();
        }
        for (gateway, seq, _) in rows.iter().skip(RECORDS - 1).step_by(RECORDS) {
            tx.prepare_cached(MARK).unwrap().execute((gateway, seq)).unwrap();
        }
        tx.commit().unwrap();
    }
    began.elapsed()
}

/// The time of the bare insert, and the bytes of the store's own tables.
fn postgres(url: &str, all: &[Vec<Vec<Record>>]) -> (Duration, u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let size = client.query_one("SELECT pg_database_size(current_database())", &[]).await.unwrap();
        client.batch_execute(&BARE.replace("BLOB", "BYTEA")).await.unwrap();
        let commits = Arc::new(commits(all));
        let began = Instant::now();
        for rows in commits.iter() {
            let tx = client.transaction().await.unwrap();
            let sink = tx.copy_in("COPY bare_block FROM STDIN BINARY").await.unwrap();
            let kinds = [
                tokio_postgres::types::Type::INT8,
                tokio_postgres::types::Type::INT8,
                tokio_postgres::types::Type::BYTEA,
            ];
            let writer = tokio_postgres::binary_copy::BinaryCopyInWriter::new(sink, &kinds);
            tokio::pin!(writer);
            for (gateway, seq, body) in rows {
                writer.as_mut().write(&[gateway, seq, &body.as_ref()]).await.unwrap();
            }
            writer.finish().await.unwrap();
            for (gateway, seq, _) in rows.iter().skip(RECORDS - 1).step_by(RECORDS) {
                tx.execute(MARK, &[gateway, seq]).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        (began.elapsed(), u64::try_from(size.get::<_, i64>(0)).unwrap())
    })
}
