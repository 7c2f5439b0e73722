//! What the tools say of a healthy spool, of a damaged one, and of one in use.

use super::*;
use crate::{
    agent::spool::{SledSpool, Spool},
    model::{
        ClockShift, Event, EventKind, Physics, PointKind, Reason, Register, Replaced, Role, Sample, Scale, Series, Tag,
        UtcMillis, Value,
    },
    wire::record::{Content, Samples, encode},
};

fn preamble() -> Vec<Record> {
    let series = Series {
        meter: "main, \"old\"".into(),
        point: "energy".into(),
        kind: PointKind::Cumulative,
        role: Role::None,
        carrier: String::new(),
        product: String::new(),
        unit: "kWh".into(),
        scale: "0.01".parse().unwrap(),
        physics: Physics::default(),
    };
    encode(&Content::Dictionary(vec![(0, series)].into()))
}

fn sample(second: i64, reason: Reason, value: Option<Value>) -> Vec<Record> {
    let time = UtcMillis(1_700_000_000_000 + second * 1000);
    encode(&Content::Samples(0, vec![Samples { time, samples: vec![Sample { series: 0, reason, value }] }]))
}

/// Two sealed generations of two samples.
fn spool(folder: &Path) {
    for run in 0..2 {
        let spool = SledSpool::open(folder, preamble(), &[], Limits::DEFAULT).unwrap();
        spool.commit(&sample(run * 2, Reason::Good, Some(Value::Count(run * 100 + 5))), None).unwrap();
        spool.commit(&sample(run * 2 + 1, Reason::Timeout, None), None).unwrap();
    }
}

#[test]
fn a_spool_in_use_or_none_at_all_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(StoppedSpool::open(folder.path()), Err(SpoolError::Io { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made by looking");
    let running = SledSpool::open(folder.path(), preamble(), &[], Limits::DEFAULT).unwrap();
    assert!(matches!(StoppedSpool::open(folder.path()), Err(SpoolError::Locked { .. })));
    drop(running);
    StoppedSpool::open(folder.path()).unwrap();
}

#[test]
fn verify_finds_what_is_whole_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    spool(folder.path());
    let all = StoppedSpool::open(folder.path()).unwrap().verify().unwrap();
    assert!(all.iter().all(|one| (one.state, one.records, &one.problem) == (State::Sealed, 3, &None)), "{all:?}");
    assert_eq!(all[1].span.unwrap().start, UtcMillis(1_700_000_002_000));
    std::fs::write(folder.path().join("g0000000000000002/db"), b"").unwrap();
    let all = StoppedSpool::open(folder.path()).unwrap().verify().unwrap();
    assert_eq!((all[0].problem.clone(), all[1].records), (None, 0));
    assert!(all[1].problem.as_ref().unwrap().contains("empty"), "{all:?}");
}

#[test]
fn export_is_csv_with_names_values_and_reasons() {
    let folder = tempfile::tempdir().unwrap();
    spool(folder.path());
    let mut csv = Vec::new();
    let figures = StoppedSpool::open(folder.path()).unwrap().export(&mut csv).unwrap();
    let text = String::from_utf8(csv).unwrap();
    assert_eq!(figures, (4, 0));
    let expected = "time,meter,point,value,unit,quality,reason\n\
        2023-11-15T06:13:20+08:00,\"main, \"\"old\"\"\",energy,0.05,kWh,good,Good\n\
        2023-11-15T06:13:21+08:00,\"main, \"\"old\"\"\",energy,,kWh,bad,Timeout\n\
        2023-11-15T06:13:22+08:00,\"main, \"\"old\"\"\",energy,1.05,kWh,good,Good\n\
        2023-11-15T06:13:23+08:00,\"main, \"\"old\"\"\",energy,,kWh,bad,Timeout\n";
    assert_eq!(text, expected);
}

#[test]
fn export_shows_events_in_the_same_columns() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, time) =
        (SledSpool::open(folder.path(), preamble(), &[], Limits::DEFAULT).unwrap(), UtcMillis(1_700_000_000_000));
    let register = Register { point: "energy".into(), final_count: Some(105), initial_count: None };
    let text = |text: &str| text.to_owned();
    let replaced = Replaced {
        meter: text("main, \"old\""),
        registers: vec![register],
        serial_old: text("A"),
        serial_new: text("B"),
        by: text("Li"),
        note: text("broken, twice"),
    };
    let tag = Tag { meter: text("press"), name: text("order"), value: text("7") };
    let shift = ClockShift { run_id: [2; 16], segment: 1, shift_ms: -5 };
    for what in [EventKind::Replaced(replaced), EventKind::Tag(tag), EventKind::ClockShift(shift)] {
        let event = Event { event_id: [1; 16], time, what };
        spool.commit(&encode(&Content::Event(event)), None).unwrap();
    }
    drop(spool);
    let mut csv = Vec::new();
    StoppedSpool::open(folder.path()).unwrap().export(&mut csv).unwrap();
    let (id, run) = ("01".repeat(16), "02".repeat(16));
    let expected = format!(
        "time,meter,point,value,unit,quality,reason\n\
         2023-11-15T06:13:20+08:00,\"main, \"\"old\"\"\",,,,event,\"replaced A -> B by=Li note=broken, twice id={id}\"\n\
         2023-11-15T06:13:20+08:00,\"main, \"\"old\"\"\",energy,1.05,kWh,event,replaced final id={id}\n\
         2023-11-15T06:13:20+08:00,press,order,7,,event,tag id={id}\n\
         2023-11-15T06:13:20+08:00,,clock,-5,ms,event,clock shift of segment 1 of run {run} id={id}\n"
    );
    assert_eq!(String::from_utf8(csv).unwrap(), expected);
}

#[test]
fn salvage_copies_what_is_readable_of_the_quarantine() {
    let folder = tempfile::tempdir().unwrap();
    spool(folder.path());
    // whole, but for its manifest
    std::fs::write(folder.path().join("g0000000000000001.sealed"), b"?").unwrap();
    std::fs::write(folder.path().join("g0000000000000002/db"), b"").unwrap();
    let running = SledSpool::open(folder.path(), preamble(), &[], Limits::DEFAULT).unwrap();
    assert_eq!(running.quarantined(), 2);
    drop(running);
    let stopped = StoppedSpool::open(folder.path()).unwrap();
    let into = folder.path().join("salvaged");
    let salvaged = stopped.salvage(&into).unwrap();
    assert_eq!(salvaged[0], Salvaged { ordinal: 1, records: 3, problem: None });
    assert_eq!((salvaged[1].records, salvaged[1].problem.is_some()), (0, true));
    let mut csv = Vec::new();
    assert_eq!(StoppedSpool::open(&into).unwrap().export(&mut csv).unwrap(), (2, 0));
    assert!(stopped.salvage(&into).is_err(), "it is there already");
}

#[test]
fn renewing_the_store_keeps_the_data() {
    let folder = tempfile::tempdir().unwrap();
    spool(folder.path());
    let stopped = StoppedSpool::open(folder.path()).unwrap();
    let renewed = stopped.renew_store().unwrap();
    assert!(stopped.refused().unwrap().is_empty());
    drop(stopped);
    let spool = SledSpool::open(folder.path(), preamble(), &[], Limits::DEFAULT).unwrap();
    assert_eq!((spool.run().store_id, spool.run().prev_boot_id, spool.generations().len()), (renewed, None, 3));
}

#[test]
fn scale_is_exact() {
    assert_eq!("0.01".parse::<Scale>().unwrap().value_from_count(5).unwrap().to_string(), "0.05");
}
