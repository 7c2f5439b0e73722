use super::*;
use crate::{
    agent::{
        clock::{Clock, Grounds, Look},
        config::Point,
        declare,
        spool::{
            Limits, SledSpool,
            memory::{Faults, MemorySpool},
        },
    },
    model::{Physics, PointKind, RawValue, Register, Replaced, Role, RunId, Scale, Scan, Series, Tag},
    wire::record::{Content, decode},
};
use std::sync::Arc;
use tokio::sync::watch;

const NEVER: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_millis(10);

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
    let receipt = Some(Receipt { number, committed: committed.clone() });
    Input { scans: vec![scan], receipt, ..Input::default() }
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
    let recorder = of(spool.clone(), NEVER, 10);
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
    assert_eq!(quarters(&*spool), [(10, 11)], "with the last commit");
}

/// The quarter-hours that a spool holds: amount and readings.
fn quarters(spool: &dyn Spool) -> Vec<(i64, u32)> {
    let read =
        |generation: &crate::agent::spool::Generation| spool.read(&generation.gen_id, 1, 1_000, 1 << 20).unwrap();
    let records: Vec<_> = spool.generations().iter().flat_map(read).collect();
    let intervals = records.iter().filter_map(|record| match decode(record).unwrap() {
        Content::Intervals(intervals) => Some(intervals),
        _ => None,
    });
    intervals.flatten().filter(|one| one.width_ms == 900_000).map(|one| (one.amount, one.readings)).collect()
}

#[tokio::test]
async fn a_sample_waits_no_longer_than_the_commit_interval() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let committed = Arc::new(watch::Sender::new(0));
    let mut given = committed.subscribe();
    let (inputs, queue) = mpsc::channel(1);
    let interval = Duration::from_millis(20);
    let recorder = of(spool.clone(), interval, 10);
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
    of(spool.clone(), Duration::from_millis(20), 1)
}

/// With the clock right, and nothing declared.
fn of(spool: Arc<dyn Spool>, commit_interval: Duration, receipts_max: usize) -> Recorder {
    let see = || Look { wall: clock::now(), boot_ms: clock::since_boot_ms(), disciplined: true, offset_ms: None };
    let (clock, declared) = (watching(RunId::default(), see), Declared::none());
    Recorder {
        meaning: meaning(),
        spool,
        commit_interval,
        receipts_max,
        clock,
        declared,
        look_interval: MOMENT,
        segments: Segments::default(),
        board: None,
    }
}

fn watching(run_id: RunId, see: impl FnMut() -> Look + Send + Sync + 'static) -> Watch {
    let grounds = Grounds { battery: false, trust: false, newest: None };
    Watch::of(Clock::new(run_id, grounds, Vec::new()), Arc::default(), Box::new(see))
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

/// What a spool holds, in order, in words.
fn told(spool: &dyn Spool) -> Vec<String> {
    let read =
        |generation: &crate::agent::spool::Generation| spool.read(&generation.gen_id, 1, 9_999, 1 << 20).unwrap();
    let records: Vec<_> = spool.generations().iter().flat_map(read).collect();
    let words = records.iter().filter_map(|record| match decode(record).unwrap() {
        Content::Samples(segment, samples) => Some(format!("{} samples of {segment}", samples.len())),
        Content::Event(Event { what: EventKind::ClockSegment(one), .. }) => {
            Some(format!("segment {} {:?}", one.segment, one.state))
        }
        Content::Event(Event { what: EventKind::ClockShift(one), .. }) => {
            Some(format!("shift {} by {}", one.segment, one.shift_ms))
        }
        Content::Event(Event { what: EventKind::Tag(tag), .. }) => Some(format!("{} {}", tag.name, tag.value)),
        Content::Event(Event { what: EventKind::Replaced(one), .. }) => Some(format!("replaced {}", one.meter)),
        Content::Gap(gap) => Some(format!("gap {:?}", gap.span.map(|span| span.end.0))),
        _ => None,
    });
    words.collect()
}

/// A clock that shows what it is told.
fn shown(look: Look) -> (Arc<std::sync::Mutex<Look>>, impl FnMut() -> Look + Send + Sync + 'static) {
    let shown = Arc::new(std::sync::Mutex::new(look));
    let seen = shown.clone();
    (shown, move || *seen.lock().unwrap())
}

fn scan(time: i64, count: i64) -> Scan {
    Scan { time: UtcMillis(time), found: vec![(0, Ok(RawValue::Int(count)))] }
}

const TODAY: i64 = 1_795_478_400_000;

#[tokio::test]
async fn a_segment_stands_before_its_samples_and_a_record_holds_those_of_one() {
    let spool = memory();
    let (clock, see) = shown(Look { wall: UtcMillis(5_000), boot_ms: 5_000, disciplined: false, offset_ms: None });
    let recorder =
        Recorder { clock: watching([1; 16], see), commit_interval: NEVER, receipts_max: 99, ..recorder(&spool) };
    let (inputs, queue) = mpsc::channel(4);
    let source = async {
        inputs.send(Input { scans: vec![scan(5_100, 1), scan(5_200, 2)], ..Input::default() }).await.unwrap();
        // the device knows the time
        let tag = Tag { meter: "m".into(), name: "product".into(), value: "p".into() };
        let tags = vec![(UtcMillis(TODAY), tag)];
        inputs.send(Input { scans: vec![scan(TODAY, 3)], dated: true, tags, receipt: None }).await.unwrap();
        tokio::time::sleep(5 * MOMENT).await;
        *clock.lock().unwrap() =
            Look { wall: UtcMillis(TODAY + 6_000), boot_ms: 6_000, disciplined: true, offset_ms: None };
        tokio::time::sleep(20 * MOMENT).await;
        inputs.send(Input { scans: vec![scan(5_900, 4)], ..Input::default() }).await.unwrap();
        inputs.send(Input { scans: vec![scan(TODAY + 6_100, 5)], ..Input::default() }).await.unwrap();
        drop(inputs);
    };
    let (ended, ()) = tokio::join!(recorder.run(queue), source);
    assert!(ended.is_ok());
    let expected = [
        "segment 0 Unknown",
        "2 samples of 0",
        "product p",
        "segment 1 Free",
        "1 samples of 1",
        "segment 2 Synced",
        &format!("shift 0 by {TODAY}"),
        "1 samples of 0",
        "1 samples of 2",
    ];
    assert_eq!(told(&*spool), expected);
}

#[tokio::test]
async fn the_gap_of_a_start_waits_until_the_time_is_known() {
    let spool = memory();
    let committed = Arc::new(watch::Sender::new(0));
    let (inputs, queue) = mpsc::channel(4);
    inputs.send(input(1, &committed)).await.unwrap();
    drop(inputs);
    recorder(&spool).run(queue).await.unwrap();
    spool.cut_power();

    let (clock, see) = shown(Look { wall: UtcMillis(5_000), boot_ms: 5_000, disciplined: false, offset_ms: None });
    let recorder = Recorder { clock: watching([1; 16], see), ..recorder(&spool) };
    let (inputs, queue) = mpsc::channel(4);
    let source = async {
        tokio::time::sleep(10 * MOMENT).await;
        assert!(unread(&*spool).is_empty());
        *clock.lock().unwrap() =
            Look { wall: UtcMillis(TODAY + 65_000), boot_ms: 65_000, disciplined: true, offset_ms: None };
        tokio::time::timeout(Duration::from_secs(30), async {
            while unread(&*spool).is_empty() {
                tokio::time::sleep(MOMENT).await;
            }
        })
        .await
        .unwrap();
        assert_eq!(unread(&*spool).iter().map(|span| span.end.0).collect::<Vec<_>>(), [TODAY + 5_000]);
        drop(inputs);
    };
    let (ended, ()) = tokio::join!(recorder.run(queue), source);
    assert!(ended.is_ok());
}

#[tokio::test]
async fn a_declaration_is_committed_without_any_input_and_its_file_is_deleted_behind_that() {
    let folder = tempfile::tempdir().unwrap();
    let spool = memory();
    let recorder = Recorder { declared: Declared::open(folder.path()), commit_interval: NEVER, ..recorder(&spool) };
    let (inputs, queue) = mpsc::channel(4);
    let source = async {
        tokio::time::sleep(3 * MOMENT).await;
        let registers = vec![Register { point: "p".into(), final_count: Some(7), initial_count: None }];
        let text = || "x".to_owned();
        let (serial_old, serial_new, by, note) = (text(), text(), text(), text());
        let what = EventKind::Replaced(Replaced { meter: "m".into(), registers, serial_old, serial_new, by, note });
        let path = declare::declare(folder.path(), &Event { event_id: [9; 16], time: UtcMillis(TODAY), what }).unwrap();
        let gone = async {
            while path.exists() {
                tokio::time::sleep(MOMENT).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
        assert_eq!(told(&*spool).last().unwrap(), "replaced m");
        drop(inputs);
    };
    let (ended, ()) = tokio::join!(recorder.run(queue), source);
    assert!(ended.is_ok());
    assert_eq!(told(&*spool).iter().filter(|word| *word == "replaced m").count(), 1);
}

/// A generation may reach a platform long before the one in which a segment began, or without it.
#[tokio::test]
async fn each_generation_describes_the_segments_of_its_samples() {
    let spool = memory();
    let (clock, see) = shown(Look { wall: UtcMillis(5_000), boot_ms: 5_000, disciplined: false, offset_ms: None });
    let recorder = Recorder { clock: watching([1; 16], see), ..recorder(&spool) };
    let (inputs, queue) = mpsc::channel(4);
    let mut changed = spool.changed();
    let source = async {
        inputs.send(Input { scans: vec![scan(5_100, 1)], ..Input::default() }).await.unwrap();
        inputs.send(Input { scans: vec![scan(TODAY, 2)], dated: true, ..Input::default() }).await.unwrap();
        while told(&*spool).len() < 4 {
            changed.changed().await.unwrap();
        }
        spool.rotate().unwrap();
        inputs.send(Input { scans: vec![scan(5_200, 3)], ..Input::default() }).await.unwrap();
        while told(&*spool).len() < 7 {
            changed.changed().await.unwrap();
        }
        *clock.lock().unwrap() =
            Look { wall: UtcMillis(TODAY + 6_000), boot_ms: 6_000, disciplined: true, offset_ms: None };
        while told(&*spool).len() < 9 {
            changed.changed().await.unwrap();
        }
        spool.rotate().unwrap();
        drop(inputs);
    };
    let (ended, ()) = tokio::join!(recorder.run(queue), source);
    assert!(ended.is_ok());
    let mut ids: Vec<Vec<_>> = Vec::new();
    for generation in spool.generations() {
        let records = spool.read(&generation.gen_id, 1, 9_999, 1 << 20).unwrap();
        let events = records.iter().filter_map(|record| match decode(record).unwrap() {
            Content::Event(Event { event_id, what: EventKind::ClockSegment(one), .. }) => Some((one.segment, event_id)),
            _ => None,
        });
        ids.push(events.collect());
    }
    let [first, second, third] = &ids[..] else { panic!("{ids:?}") };
    assert_eq!(first.iter().map(|one| one.0).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((&second[..2], second[2].0), (&first[..], 2), "word for word");
    assert_eq!(third[..], [second[0], second[2], second[1]]);
    let expected = [
        "segment 0 Unknown",
        "1 samples of 0",
        "segment 1 Free",
        "1 samples of 1",
        "segment 0 Unknown",
        "segment 1 Free",
        "1 samples of 0",
        "segment 2 Synced",
        &format!("shift 0 by {TODAY}"),
        "segment 0 Unknown",
        "segment 2 Synced",
        "segment 1 Free",
    ];
    assert_eq!(told(&*spool), expected);
}
