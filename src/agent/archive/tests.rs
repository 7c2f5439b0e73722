//! The archive's promises.

use super::*;
use crate::{
    energy::interval::Cell,
    model::{Doubts, Physics, PointKind, Reading, Role, Scale},
    wire::record::encode,
};
use proptest::prelude::*;
use std::path::Path;

const DAY: UtcMillis = UtcMillis(1_700_006_400_000);

fn dictionary() -> Vec<Record> {
    let series = Series {
        meter: "main".into(),
        point: "energy".into(),
        kind: PointKind::Cumulative,
        role: Role::None,
        carrier: String::new(),
        product: String::new(),
        unit: "kWh".into(),
        scale: Scale::ONE,
        physics: Physics::default(),
    };
    encode(&Content::Dictionary(vec![(0, series)].into()))
}

fn interval(quarter: i64, amount: i64) -> Interval {
    let start = DAY.plus_ms(quarter * QUARTER_MS);
    let reading = |ms, count| Reading { time: start.plus_ms(ms), count };
    let cell = Some(Cell { first: reading(120, quarter * 1000), last: reading(899_100, quarter * 1000 + amount) });
    Interval {
        series: 0,
        width_ms: QUARTER_MS,
        start,
        amount,
        covered_ms: QUARTER_MS,
        readings: 900,
        cell,
        doubts: Doubts::NONE,
    }
}

fn records(quarters: std::ops::Range<i64>) -> Vec<Record> {
    encode(&Content::Intervals(quarters.map(|quarter| interval(quarter, 250)).collect()))
}

fn open(folder: &Path, days: u32, bytes_max: u64) -> Archive {
    Archive::new(folder.join("archive"), ArchiveLimits { days, bytes_max })
}

fn all(archive: &Archive) -> Vec<Interval> {
    let span = Span { start: UtcMillis(i64::MIN), end: UtcMillis(i64::MAX) };
    let days = archive.days(span).unwrap();
    days.into_iter().flat_map(|day| archive.day(day).unwrap().parts).flat_map(|part| part.intervals).collect()
}

#[test]
fn what_is_stored_comes_back_once_however_often_it_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let archive = open(folder.path(), 183, 1 << 30);
    for _ in 0..3 {
        archive.store(&[1; 16], &dictionary(), &records(90..100)).unwrap();
        archive.store(&[2; 16], &dictionary(), &records(100..103)).unwrap();
    }
    assert!(all(&archive).into_iter().eq((90..103).map(|quarter| interval(quarter, 250))));
    assert_eq!(archive.days(Span { start: DAY, end: DAY.plus_ms(1) }).unwrap(), [DAY]);
    assert_eq!(archive.day(DAY).unwrap().parts[0].dictionary[0].1.meter, "main");
}

#[test]
fn other_widths_and_other_records_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let archive = open(folder.path(), 183, 1 << 30);
    let minute = Interval { width_ms: 60_000, covered_ms: 60_000, readings: 0, cell: None, ..interval(0, 5) };
    let mut mixed = encode(&Content::Intervals(vec![minute, interval(1, 7)]));
    mixed.extend(encode(&Content::Recalled(vec![interval(2, 7)])));
    mixed.extend(dictionary());
    archive.store(&[1; 16], &dictionary(), &mixed).unwrap();
    assert_eq!(all(&archive), [interval(1, 7)]);
}

#[test]
fn a_damaged_or_torn_block_costs_itself() {
    let folder = tempfile::tempdir().unwrap();
    let archive = open(folder.path(), 183, 1 << 30);
    let path = folder.path().join("archive/2023-11-15.mja");
    archive.store(&[1; 16], &dictionary(), &records(0..4)).unwrap();
    let first = std::fs::metadata(&path).unwrap().len();
    archive.store(&[2; 16], &dictionary(), &records(4..8)).unwrap();
    let second = std::fs::metadata(&path).unwrap().len();
    archive.store(&[3; 16], &dictionary(), &records(8..12)).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for at in first..second {
        let mut bytes = whole.clone();
        bytes[usize::try_from(at).unwrap()] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let day = archive.day(DAY).unwrap();
        let ids: Vec<u8> = day.parts.iter().map(|part| part.gen_id[0]).collect();
        assert_eq!((ids, day.damaged), (vec![1, 3], 1), "byte {at}");
    }
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        archive.store(&[4; 16], &dictionary(), &records(12..16)).unwrap();
        let day = archive.day(DAY).unwrap();
        assert_eq!(day.parts.last().map(|part| part.gen_id), Some([4; 16]), "behind a tail torn at {length}");
    }
}

#[test]
fn the_oldest_days_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let archive = open(folder.path(), 3, 1 << 30);
    for day in 0..6_u8 {
        let quarter = i64::from(day) * 96;
        archive.store(&[day; 16], &dictionary(), &records(quarter..quarter + 1)).unwrap();
    }
    let left: Vec<i64> = all(&archive).iter().map(|interval| interval.start.since(DAY) / DAY_MS).collect();
    assert_eq!(left, [2, 3, 4, 5]);
    let tight = open(folder.path(), 3, archive.bytes().unwrap());
    tight.store(&[9; 16], &dictionary(), &records(600..601)).unwrap();
    assert!(tight.bytes().unwrap() <= archive.bytes().unwrap());
    assert!(all(&tight).iter().any(|interval| interval.start == DAY.plus_ms(600 * QUARTER_MS)));
    open(&folder.path().join("none"), 0, 1).store(&[1; 16], &dictionary(), &records(0..1)).unwrap();
    assert!(!folder.path().join("none").exists());
}

proptest! {
    #[test]
    fn columns_come_back(rows in prop::collection::vec((0_u32..50, 0_i64..96, any::<i32>(), 0_i64..=900_000, 0_u32..2000, any::<i64>(), 0_i64..450_000, 0_i64..450_000, any::<i64>()), 0..200)) {
        let mut intervals: Vec<Interval> = rows.into_iter().map(|(series, quarter, amount, covered_ms, readings, count, at, later, end)| {
            let start = DAY.plus_ms(quarter * QUARTER_MS);
            let reading = |ms, count| Reading { time: start.plus_ms(ms), count };
            let cell = (readings > 0).then(|| Cell { first: reading(at, count), last: reading(at + later, end) });
            Interval { series, width_ms: QUARTER_MS, start, amount: amount.into(), covered_ms, readings, cell, doubts: Doubts::NONE }
        }).collect();
        let encoded = columns::encode(&intervals, DAY);
        intervals.sort_by_key(|row| (row.start, row.series));
        prop_assert_eq!(columns::decode(&encoded, DAY), Some(intervals));
    }

    #[test]
    fn any_bytes_are_a_day_or_damage(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let framed = block::frame(block::INTERVALS, &bytes);
        for file in [&bytes, &framed] {
            Scan::new(file).for_each(|block| {
                if let Ok(Block::Intervals { columns, .. }) = block {
                    let _ = columns::decode(columns, DAY);
                }
            });
        }
        let _ = columns::decode(&zstd::bulk::compress(&bytes, 1).unwrap(), DAY);
    }
}
