//! Delivered quarter-hours stay, and come back when asked for.

use super::*;
use crate::{
    energy::interval::{Cell, QUARTER_MS},
    model::{Doubts, Physics, PointKind, Reading, Role, Scale, Series},
    wire::record::{Interval, encode},
};

const START: UtcMillis = UtcMillis(1_700_006_400_000);

fn dictionary(points: &[&str]) -> Vec<Record> {
    let series = |point: &&str| Series {
        meter: "main".into(),
        point: (*point).into(),
        kind: PointKind::Cumulative,
        role: Role::None,
        carrier: String::new(),
        product: String::new(),
        unit: "kWh".into(),
        scale: Scale::ONE,
        physics: Physics::default(),
    };
    encode(&Content::Dictionary((0..).zip(points.iter().map(series)).collect::<Vec<_>>().into()))
}

fn interval(series: u32, quarter: i64) -> Interval {
    let start = START.plus_ms(quarter * QUARTER_MS);
    let reading = |ms, count| Reading { time: start.plus_ms(ms), count };
    let cell = Some(Cell { first: reading(1, quarter * 10), last: reading(899_000, quarter * 10 + 9) });
    Interval {
        series,
        width_ms: QUARTER_MS,
        start,
        amount: 10,
        covered_ms: QUARTER_MS,
        readings: 9,
        cell,
        doubts: Doubts::NONE,
    }
}

fn open_with_points(folder: &Path, points: &[&str], limits: Limits) -> SledSpool {
    open_with(folder, dictionary(points), limits).unwrap()
}

/// Commits one quarter of both series in each generation, and delivers it.
fn deliver(spool: &SledSpool, quarters: std::ops::Range<i64>) {
    for quarter in quarters {
        let intervals = Content::Intervals(vec![interval(0, quarter), interval(1, quarter)]);
        spool.commit(&encode(&intervals), None).unwrap();
        let current = *spool.generations().last().unwrap();
        spool.rotate().unwrap();
        spool.acked(0, &current.gen_id, current.last_seq, true).unwrap();
    }
    assert_eq!(spool.generations().len(), 1);
}

fn recalled(spool: &SledSpool) -> Vec<Interval> {
    let records = spool.generations().into_iter().flat_map(|generation| read_all(spool, &generation));
    let recalled = records.filter_map(|record| match record::decode(&record).unwrap() {
        Content::Recalled(intervals) => Some(intervals),
        _ => None,
    });
    recalled.flatten().collect()
}

fn span(quarters: std::ops::Range<i64>) -> Span {
    Span { start: START.plus_ms(quarters.start * QUARTER_MS), end: START.plus_ms(quarters.end * QUARTER_MS) }
}

#[test]
fn what_was_delivered_can_be_recalled() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with_points(folder.path(), &["a", "b"], Limits::DEFAULT);
    deliver(&spool, 92..100);
    spool.recall(span(94..98)).unwrap();
    let expected = (94..98).flat_map(|quarter| [interval(0, quarter), interval(1, quarter)]);
    assert!(recalled(&spool).into_iter().eq(expected));
    // recalled and delivered again, it is not archived twice
    let current = *spool.generations().last().unwrap();
    spool.rotate().unwrap();
    spool.acked(0, &current.gen_id, current.last_seq, true).unwrap();
    spool.recall(span(94..98)).unwrap();
    assert_eq!(recalled(&spool).len(), 8);
}

#[test]
fn a_recall_speaks_of_todays_series() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open_with_points(folder.path(), &["a", "b"], Limits::DEFAULT);
    deliver(&spool, 0..2);
    drop(spool);
    let spool = open_with_points(folder.path(), &["new", "b"], Limits::DEFAULT);
    spool.recall(span(0..2)).unwrap();
    assert_eq!(recalled(&spool), [interval(1, 0), interval(1, 1)], "a is no longer configured");
    drop(spool);
    let spool = open_with_points(folder.path(), &["b", "a"], Limits::DEFAULT);
    spool.recall(span(0..1)).unwrap();
    let last = recalled(&spool);
    assert_eq!(last[last.len() - 2..], [interval(0, 0), interval(1, 0)]);
}

#[test]
fn an_archive_that_can_not_be_written_keeps_the_generation() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("archive"), b"a file in its place").unwrap();
    let spool = open_with_points(folder.path(), &["a", "b"], Limits::DEFAULT);
    spool.commit(&encode(&Content::Intervals(vec![interval(0, 0)])), None).unwrap();
    let first = spool.generations()[0];
    spool.rotate().unwrap();
    assert!(spool.acked(0, &first.gen_id, first.last_seq, true).is_err());
    assert_eq!(spool.generations().len(), 2);
    std::fs::remove_file(folder.path().join("archive")).unwrap();
    spool.commit(&encode(&Content::Intervals(vec![interval(0, 1)])), None).unwrap();
    spool.rotate().unwrap();
    assert_eq!(spool.generations().len(), 2, "archived and deleted later: {:?}", spool.generations());
    spool.recall(span(0..1)).unwrap();
    assert_eq!(recalled(&spool), [interval(0, 0)]);
}

#[test]
fn without_days_nothing_is_archived() {
    let folder = tempfile::tempdir().unwrap();
    let archive = crate::agent::archive::ArchiveLimits { days: 0, ..Limits::DEFAULT.archive };
    let spool = open_with_points(folder.path(), &["a", "b"], Limits { archive, ..Limits::DEFAULT });
    deliver(&spool, 0..2);
    assert!(!folder.path().join("archive").exists());
    spool.recall(span(0..2)).unwrap();
    assert!(recalled(&spool).is_empty());
}
