use super::*;
use crate::{
    agent::{
        config::Point,
        spool::{
            Limits, SledSpool,
            memory::{Faults, MemorySpool},
        },
    },
    model::{Physics, PointKind, RawValue, Role, Scale, Scan, Series, UtcMillis},
    wire::record::{Content, decode},
};
use std::sync::Arc;
use tokio::sync::watch;

const NEVER: Duration = Duration::from_secs(3600);

fn meaning() -> Meaning {
    let series = Series {
        meter: "m".into(),
        point: "p".into(),
        kind: PointKind::Cumulative,
        role: Role::None,
        carrier: String::new(),
        product: String::new(),
        unit: "kWh".into(),
        scale: Scale::ONE,
        physics: Physics::default(),
    };
    Meaning::new(vec![Point { series, resolution: Some(Scale::ONE) }])
}

fn input(number: u64, committed: &Arc<watch::Sender<u64>>) -> Input {
    let count = i64::try_from(number).unwrap();
    let scan = Scan { time: UtcMillis(1_700_000_000_000 + count), found: vec![(0, Ok(RawValue::Int(count)))] };
    Input { scans: vec![scan], receipt: Some(Receipt { number, committed: committed.clone() }) }
}

fn open(folder: &std::path::Path) -> Arc<dyn Spool> {
    Arc::new(SledSpool::open(folder, meaning().preamble(), &["platform".into()], Limits::DEFAULT).unwrap())
}

/// The counts that a spool holds, from all its generations.
fn stored(spool: &dyn Spool) -> Vec<String> {
    let read =
        |generation: &crate::agent::spool::Generation| spool.read(&generation.gen_id, 1, 1_000, 1 << 20).unwrap();
    let records: Vec<_> = spool.generations().iter().flat_map(read).collect();
    let samples = records.iter().filter_map(|record| match decode(record).unwrap() {
        Content::Samples(_, samples) => Some(samples),
        _ => None,
    });
    samples.flatten().map(|one| format!("{:?}", one.samples[0].value)).collect()
}

/// The recorder's own thread gives receipts in one go, so the first number seen is the last of its commit: an
/// earlier one would mean a receipt before the commit.
#[tokio::test]
async fn receipts_are_given_together_after_the_commit_that_holds_them() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let committed = Arc::new(watch::Sender::new(0));
    let mut given = committed.subscribe();
    let (inputs, queue) = mpsc::channel(1);
    let recorder =
        Recorder { meaning: meaning(), spool: spool.clone(), commit_interval: NEVER, receipts_max: 10, board: None };
    let source = async {
        for number in 1..=10 {
            inputs.send(input(number, &committed)).await.unwrap();
        }
        given.changed().await.unwrap();
        assert_eq!(*given.borrow_and_update(), 10);
        assert_eq!(stored(&*spool).len(), 10);
        // an eleventh waits for its interval or for the end
        inputs.send(input(11, &committed)).await.unwrap();
        drop(inputs);
    };
    let (ended, ()) = tokio::join!(recorder.run(queue), source);
    assert!(ended.is_ok());
    assert_eq!(*given.borrow_and_update(), 11);
    assert_eq!(stored(&*spool).len(), 11);
}

#[tokio::test]
async fn a_sample_waits_no_longer_than_the_commit_interval() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let committed = Arc::new(watch::Sender::new(0));
    let mut given = committed.subscribe();
    let (inputs, queue) = mpsc::channel(1);
    let interval = Duration::from_millis(20);
    let recorder =
        Recorder { meaning: meaning(), spool: spool.clone(), commit_interval: interval, receipts_max: 10, board: None };
    let source = async {
        inputs.send(input(1, &committed)).await.unwrap();
        given.changed().await.unwrap();
        assert_eq!(stored(&*spool).len(), 1);
        drop(inputs);
    };
    let (ended, ()) = tokio::join!(recorder.run(queue), source);
    assert!(ended.is_ok());
}

/// What the recorder says was not read.
fn unread(spool: &dyn Spool) -> Vec<Span> {
    let read =
        |generation: &crate::agent::spool::Generation| spool.read(&generation.gen_id, 1, 9_999, 1 << 20).unwrap();
    let records: Vec<_> = spool.generations().iter().flat_map(read).collect();
    let gaps = records.iter().filter_map(|record| match decode(record).unwrap() {
        Content::Gap(gap) if gap.cause == GapCause::Unread => gap.span,
        _ => None,
    });
    gaps.collect()
}

fn memory() -> Arc<MemorySpool> {
    Arc::new(MemorySpool::new(meaning().preamble(), 1))
}

fn recorder(spool: &Arc<MemorySpool>) -> Recorder {
    let (spool, commit_interval) = (spool.clone() as Arc<dyn Spool>, Duration::from_millis(20));
    Recorder { meaning: meaning(), spool, commit_interval, receipts_max: 1, board: None }
}

#[tokio::test]
async fn a_commit_that_fails_is_repeated_and_its_receipt_waits() {
    let spool = memory();
    let committed = Arc::new(watch::Sender::new(0));
    let mut given = committed.subscribe();
    let (inputs, queue) = mpsc::channel(1);
    spool.set_faults(Faults { full: true, ..Faults::default() });
    let recorder = recorder(&spool);
    let source = async {
        inputs.send(input(1, &committed)).await.unwrap();
        tokio::task::yield_now().await;
        assert_eq!(*given.borrow_and_update(), 0);
        assert!(stored(&*spool).is_empty());
        spool.set_faults(Faults { commit: Some(1), ..Faults::default() });
        given.changed().await.unwrap();
        assert_eq!(stored(&*spool).len(), 1, "once");
        drop(inputs);
    };
    let (ended, ()) = tokio::join!(recorder.run(queue), source);
    assert!(ended.is_ok());
}

#[tokio::test]
async fn while_the_spool_is_nearly_full_records_are_kept_and_no_receipt_is_given() {
    for level in [Level::High, Level::Full] {
        let spool = memory();
        let committed = Arc::new(watch::Sender::new(0));
        let mut given = committed.subscribe();
        let mut changed = spool.changed();
        let (inputs, queue) = mpsc::channel(1);
        spool.set_faults(Faults { level: Some(level), ..Faults::default() });
        let recorder = recorder(&spool);
        let source = async {
            for number in 1..=3 {
                inputs.send(input(number, &committed)).await.unwrap();
                changed.changed().await.unwrap();
            }
            assert_eq!((*given.borrow_and_update(), stored(&*spool).len()), (0, 3));
            spool.set_faults(Faults::default());
            given.changed().await.unwrap();
            assert_eq!(*given.borrow_and_update(), 3, "without a further input");
            drop(inputs);
        };
        let (ended, ()) = tokio::join!(recorder.run(queue), source);
        assert!(ended.is_ok());
    }
}

#[tokio::test]
async fn the_time_between_two_runs_is_said_to_be_unread() {
    let spool = memory();
    for run in 0..3_u64 {
        let committed = Arc::new(watch::Sender::new(0));
        let (inputs, queue) = mpsc::channel(4);
        inputs.send(input(run + 1, &committed)).await.unwrap();
        drop(inputs);
        recorder(&spool).run(queue).await.unwrap();
        let said = unread(&*spool);
        assert_eq!(said.len() as u64, run, "none before the first run");
        assert!(said.iter().all(|span| span.start <= span.end && span.end <= clock::now()));
        spool.cut_power();
    }
    // a run that ends before it read anything leaves the whole stretch to the next
    let end = spool.earlier_end().unwrap();
    for _ in 0..2 {
        let (inputs, queue) = mpsc::channel(1);
        drop(inputs);
        recorder(&spool).run(queue).await.unwrap();
        spool.cut_power();
    }
    assert!(unread(&*spool).iter().filter(|span| span.start == end).count() >= 2);
}
