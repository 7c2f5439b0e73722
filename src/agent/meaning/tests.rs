use super::*;
use crate::{
    model::{Physics, RawValue, Reason, Register, Role, Series, UtcMillis},
    wire::record::{Interval, decode},
};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn point(kind: PointKind, scale: &str, resolution: Option<&str>) -> Point {
    let series = Series {
        meter: "main".into(),
        point: "energy".into(),
        kind,
        role: Role::None,
        carrier: "electricity".into(),
        product: String::new(),
        unit: "kWh".into(),
        scale: scale.parse().unwrap(),
        physics: Physics::default(),
    };
    Point { series, resolution: resolution.map(|r| r.parse().unwrap()) }
}

fn judged(point: &Point, raw: RawValue) -> (Option<Value>, Reason) {
    let sample = judge::sample(0, point, Ok(raw));
    (sample.value, sample.reason)
}

#[test]
fn a_payload_number_is_counted_in_its_resolution_to_the_last_digit() {
    let register = point(PointKind::Cumulative, "0.01", Some("0.01"));
    let decimal = |text: &str| RawValue::Decimal(text.parse().unwrap());
    assert_eq!(judged(&register, decimal("959636.71")), (Some(Value::Count(95_963_671)), Reason::Good));
    assert_eq!(judged(&register, RawValue::Int(4)), (Some(Value::Count(400)), Reason::Good));
    assert_eq!(judged(&register, decimal("3.175")), (Some(Value::Count(318)), Reason::Rounded));
    assert_eq!(
        judged(&register, RawValue::Float(f64::from(12_345.67_f32))),
        (Some(Value::Count(1_234_567)), Reason::Good)
    );
}

#[test]
fn an_integer_register_is_its_own_count() {
    let register = point(PointKind::Cumulative, "0.01", Some("1"));
    assert_eq!(judged(&register, RawValue::Int(7)), (Some(Value::Count(7)), Reason::Good));
    assert_eq!(judged(&register, RawValue::UInt(1 << 61)), (Some(Value::Count(1 << 61)), Reason::Good));
    assert_eq!(judged(&register, RawValue::UInt((1 << 61) + 1)), (None, Reason::OutOfRange));
}

#[test]
fn what_is_no_number_or_does_not_fit_is_bad_and_has_no_value() {
    let register = point(PointKind::Cumulative, "0.01", Some("1"));
    assert_eq!(judged(&register, RawValue::UInt(u64::MAX)), (None, Reason::OutOfRange));
    assert_eq!(judged(&register, RawValue::Int(-1)), (None, Reason::OutOfRange));
    assert_eq!(judged(&register, RawValue::Float(f64::NAN)), (None, Reason::NotANumber));
    assert_eq!(judged(&register, RawValue::Float(1e300)), (None, Reason::OutOfRange));
    assert_eq!(judged(&register, RawValue::Decimal(Decimal::MAX)), (None, Reason::OutOfRange));
    let gauge = point(PointKind::Gauge, "0.1", None);
    assert_eq!(judged(&gauge, RawValue::Float(f64::INFINITY)), (None, Reason::NotANumber));
    assert_eq!(judged(&gauge, RawValue::Int(-20)), (Some(Value::Real(-2.0)), Reason::Good));
}

/// As many readings as make the verdicts of those before them final.
fn settle(meaning: &mut Meaning, time_s: i64, count: i64) {
    (0..3).for_each(|after| meaning.take(reading(time_s + after, count)));
}

fn reading(time_s: i64, count: i64) -> Scan {
    Scan { time: UtcMillis(time_s * 1000), found: vec![(0, Ok(RawValue::Int(count)))] }
}

fn contents(meaning: &mut Meaning) -> (Vec<Samples>, Vec<Interval>) {
    let (mut samples, mut intervals) = (Vec::new(), Vec::new());
    for record in meaning.close().0 {
        match decode(&record).unwrap() {
            Content::Samples(_, part) => samples.extend(part),
            Content::Intervals(part) => intervals.extend(part),
            other => panic!("not of the meaning: {other:?}"),
        }
    }
    (samples, intervals)
}

#[test]
fn a_minute_and_a_quarter_are_closed_by_the_reading_behind_them() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    for second in (0..=900).step_by(30) {
        meaning.take(reading(second, 1_000 + second));
    }
    settle(&mut meaning, 901, 1_900);
    let (samples, intervals) = contents(&mut meaning);
    assert_eq!(samples.len(), 34);
    let minutes: Vec<_> = intervals.iter().filter(|i| i.width_ms == 60_000).collect();
    assert_eq!(minutes.len(), 15);
    assert!(minutes.iter().all(|i| i.amount == 60 && i.covered_ms == 60_000 && i.readings == 2));
    let quarters: Vec<_> = intervals.iter().filter(|i| i.width_ms == 900_000).collect();
    assert_eq!(
        (quarters.len(), quarters[0].amount, quarters[0].covered_ms, quarters[0].readings),
        (1, 900, 900_000, 30)
    );
    assert_eq!(quarters[0].cell.unwrap().last.count, 1_870);
}

#[test]
fn nothing_is_booked_across_a_fall_and_no_minutes_over_more_than_two() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    // 100 → 110 in one minute; the register falls to 3; then 150 s without a reading
    for (second, count) in [(0, 100), (50, 110), (70, 3), (110, 5), (260, 50), (300, 60), (360, 75)] {
        meaning.take(reading(second, count));
    }
    settle(&mut meaning, 361, 75);
    let (samples, intervals) = contents(&mut meaning);
    assert_eq!(samples.len(), 10);
    let minutes: Vec<_> = intervals
        .iter()
        .filter(|i| i.width_ms == 60_000)
        .map(|i| (i.start.0 / 1000, i.amount, i.covered_ms, i.doubts))
        .collect();
    let none = Doubts::NONE;
    assert_eq!(
        minutes,
        [
            (0, 10, 50_000, Doubts::EPOCH),
            (60, 2, 40_000, Doubts::EPOCH),
            (240, 10, 40_000, none),
            (300, 15, 60_000, none)
        ]
    );
}

#[test]
fn what_is_held_is_closed_right_and_once() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    for minute in 0..=40 {
        let zero = (14..=16).contains(&minute);
        meaning.take(reading(minute * 60, if zero { 0 } else { 1_000 + minute }));
        let (_, intervals) = contents(&mut meaning);
        let quarters: Vec<_> = intervals.iter().filter(|i| i.width_ms == 900_000).collect();
        match minute {
            // the reading of minute 17 is behind the first quarter-hour, and final three readings later
            20 => {
                assert_eq!((quarters[0].amount, quarters[0].readings, quarters[0].doubts), (15, 14, Doubts::TRANSIENT))
            }
            33 => {
                assert_eq!((quarters[0].amount, quarters[0].readings, quarters[0].doubts), (15, 13, Doubts::TRANSIENT))
            }
            _ => assert!(quarters.is_empty(), "minute {minute}: {quarters:?}"),
        }
    }
}

#[test]
fn a_long_silence_is_spread_over_its_quarter_hours() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    meaning.take(reading(0, 0));
    meaning.take(reading(3 * 86_400, 288));
    settle(&mut meaning, 3 * 86_400 + 901, 288);
    let (_, intervals) = contents(&mut meaning);
    let spread: Vec<_> = intervals.iter().filter(|i| i.doubts == Doubts::ESTIMATED_SHAPE).collect();
    assert_eq!(spread.len(), 288);
    assert!(spread.iter().all(|i| i.width_ms == 900_000 && i.amount == 1 && i.covered_ms == 900_000));
}

#[test]
fn rounding_and_a_clock_that_nobody_compared_are_said() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("0.01"))]);
    let segment = |segment, state, step_ms| ClockSegment { segment, state, wall: UtcMillis(0), mono_ms: 0, step_ms };
    let at = |meaning: &mut Meaning, second: i64, text: &str| {
        let found = vec![(0, Ok(RawValue::Decimal(text.parse().unwrap())))];
        meaning.take(Scan { time: UtcMillis(second * 1_000), found });
    };
    at(&mut meaning, 0, "1.00");
    at(&mut meaning, 10, "1.001");
    at(&mut meaning, 900, "1.10");
    meaning.clock(&segment(1, ClockState::Free, 0));
    at(&mut meaning, 910, "1.11");
    meaning.clock(&segment(2, ClockState::Unknown, -2_000_000));
    at(&mut meaning, 5, "1.12");
    let records = meaning.close().0;
    let mut segments = Vec::new();
    let mut quarters = Vec::new();
    for record in records {
        match decode(&record).unwrap() {
            Content::Samples(segment, part) => segments.push((segment, part.len())),
            Content::Intervals(part) => quarters.extend(part.into_iter().filter(|i| i.width_ms == 900_000)),
            other => panic!("not of the meaning: {other:?}"),
        }
    }
    assert_eq!(segments, [(0, 3), (1, 1), (2, 1)]);
    let said: Vec<_> = quarters.iter().map(|i| (i.start.0, i.amount, i.doubts)).collect();
    assert_eq!(said, [(0, 10, Doubts::ROUNDED), (900_000, 1, Doubts::CLOCK)]);
}

#[test]
fn a_declared_replacement_ends_the_register() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    let register = |point: &str| Register { point: point.into(), final_count: Some(115), initial_count: Some(90) };
    let replaced = |meter: &str, point: &str| Replaced {
        meter: meter.into(),
        registers: vec![register(point)],
        serial_old: String::new(),
        serial_new: String::new(),
        by: String::new(),
        note: String::new(),
    };
    (0..10).for_each(|minute| meaning.take(reading(minute * 60, 100 + minute)));
    assert!(meaning.declare(UtcMillis(570_000), &replaced("another", "energy")));
    assert!(!meaning.declare(UtcMillis(540_000), &replaced("main", "energy")));
    assert!(meaning.declare(UtcMillis(570_000), &replaced("main", "energy")));
    (10..30).for_each(|minute| meaning.take(reading(minute * 60, 200 + minute)));
    let (_, intervals) = contents(&mut meaning);
    let quarter = intervals.iter().find(|i| i.width_ms == 900_000).unwrap();
    assert_eq!((quarter.amount, quarter.readings), (15 + 125, 15));
    assert_eq!(quarter.doubts, Doubts::MANUAL);
}

#[test]
fn a_minute_that_says_no_more_than_its_reading_is_not_made() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    (0..4).for_each(|quarter| meaning.take(reading(quarter * 900, 100 * quarter)));
    settle(&mut meaning, 2_701, 300);
    let (samples, intervals) = contents(&mut meaning);
    assert_eq!(samples.len(), 7);
    let found: Vec<_> = intervals.iter().map(|i| (i.width_ms, i.start.0 / 1000, i.amount, i.readings)).collect();
    assert_eq!(found, [(900_000, 0, 100, 1), (900_000, 900, 100, 1), (900_000, 1_800, 100, 1)]);
}

#[test]
fn a_late_reading_travels_and_changes_no_interval() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    for scan in [reading(0, 0), reading(40, 40), reading(20, 20), reading(40, 41), reading(60, 60)] {
        meaning.take(scan);
    }
    settle(&mut meaning, 61, 60);
    let (samples, intervals) = contents(&mut meaning);
    assert_eq!(samples.len(), 8);
    assert_eq!(intervals.iter().map(|i| i.amount).sum::<i64>(), 60);
}

proptest! {
    /// Where readings are dense enough, the closed intervals add up to the register's own movement.
    #[test]
    fn closed_intervals_add_up(steps in prop::collection::vec((1_i64..60_000, 0_i64..1_000), 2..300)) {
        let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
        let (mut time, mut count) = (0, 0);
        for (dt, rise) in &steps {
            (time, count) = (time + dt, count + rise);
            meaning.take(Scan { time: UtcMillis(time), found: vec![(0, Ok(RawValue::Int(count)))] });
        }
        meaning.finish();
        let (_, intervals) = contents(&mut meaning);
        let risen = count - steps[0].1;
        for width in [60_000, 900_000] {
            let sum: i64 = intervals.iter().filter(|i| i.width_ms == width).map(|i| i.amount).sum();
            prop_assert_eq!(sum, risen);
        }
    }
}

#[test]
fn what_is_open_at_the_end_is_closed_once() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    (0..=20).for_each(|minute| meaning.take(reading(minute * 60, 100 + minute)));
    meaning.finish();
    let quarters = |meaning: &mut Meaning| -> Vec<_> {
        let quarters = contents(meaning).1.into_iter().filter(|one| one.width_ms == 900_000);
        quarters.map(|one| (one.start.0, one.amount, one.covered_ms, one.readings)).collect()
    };
    assert_eq!(quarters(&mut meaning), [(0, 15, 900_000, 15), (900_000, 5, 300_000, 6)]);
    meaning.finish();
    assert_eq!(quarters(&mut meaning), []);
    // a clock's step closes the same
    (21..=25).for_each(|minute| meaning.take(reading(minute * 60, 100 + minute)));
    let (state, wall) = (ClockState::Synced, UtcMillis(0));
    meaning.clock(&ClockSegment { segment: 1, state, wall, mono_ms: 0, step_ms: 0 });
    assert_eq!(quarters(&mut meaning), []);
    meaning.clock(&ClockSegment { segment: 2, state, wall, mono_ms: 0, step_ms: 1 });
    assert_eq!(quarters(&mut meaning), [(900_000, 4, 240_000, 5)]);
}

#[test]
fn a_wide_scan_makes_records_of_legal_size() {
    let points: Vec<_> = (0..3_000).map(|_| point(PointKind::Cumulative, "0.01", Some("1"))).collect();
    let mut meaning = Meaning::new(points);
    for part in 0..12_u32 {
        let found = (0..250).map(|i| (part * 250 + i, Ok(RawValue::Int(i64::from(i) * 7_919_317_003)))).collect();
        meaning.take(Scan { time: UtcMillis(1_000), found });
    }
    let (records, _span) = meaning.close();
    assert!(records.len() >= 3 && records.iter().all(|r| r.body.len() <= crate::wire::RECORD_BYTES_MAX));
}

fn stamp(segment: u32, state: ClockState) -> Stamp {
    Stamp { segment, state, late: false }
}

#[test]
fn nothing_is_booked_while_the_time_is_not_known_nor_for_what_comes_late() {
    for (state, late, minutes) in [
        (ClockState::Unknown, false, 0),
        (ClockState::Free, true, 0),
        (ClockState::Free, false, 2),
        (ClockState::Synced, false, 2),
    ] {
        let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
        (0..=8).for_each(|i| meaning.take_at(reading(30 * i, 100 + i), Stamp { late, ..stamp(0, state) }));
        let (samples, intervals) = contents(&mut meaning);
        assert_eq!((samples.len(), intervals.len()), (9, minutes), "{state:?}");
        let doubts = if state == ClockState::Free { Doubts::CLOCK } else { Doubts::NONE };
        assert!(intervals.iter().all(|interval| interval.doubts == doubts), "{state:?}");
    }
}

#[test]
fn events_keep_their_place_among_the_samples() {
    let mut meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    let tag = crate::model::Tag { meter: "main".into(), name: "order".into(), value: "7".into() };
    let event = Event { event_id: [1; 16], time: UtcMillis(1), what: crate::model::EventKind::Tag(tag) };
    meaning.take(reading(0, 1));
    meaning.note(event.clone());
    meaning.take(reading(1, 2));
    let contents: Vec<_> = meaning.close().0.iter().map(|record| decode(record).unwrap()).collect();
    assert!(matches!(
        &contents[..],
        [Content::Samples(0, _), Content::Event(found), Content::Samples(0, _)] if *found == event
    ));
}

#[test]
fn the_dictionary_names_its_run_and_when_it_began() {
    let meaning = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]);
    let Content::Dictionary(found) = decode(&meaning.preamble_of([5; 16], UtcMillis(7))[0]).unwrap() else { panic!() };
    assert_eq!((found.run_id, found.created, found.series.len()), ([5; 16], UtcMillis(7), 1));
}

#[test]
fn a_run_whose_clock_starts_in_1970_has_a_later_dictionary_than_those_before_it() {
    let measured = Meaning::new(vec![point(PointKind::Cumulative, "0.01", Some("1"))]).dictionary([5; 16]);
    let created = |now, seen: Option<i64>| {
        let record = measured.begun(UtcMillis(now), seen.map(UtcMillis)).remove(0);
        let Content::Dictionary(found) = decode(&record).unwrap() else { panic!() };
        found.created.0
    };
    assert_eq!(created(60_000, Some(1_795_478_400_000)), 1_795_478_400_001);
    assert_eq!(created(1_795_478_400_000, Some(60_000)), 1_795_478_400_000);
    assert_eq!(created(7, None), 7);
}

#[test]
fn deliveries_add_up_in_whatever_order_they_are_entered_and_say_that_a_person_wrote_them() {
    use crate::energy::counter::{Verdict, resolve};
    let mut yard = point(PointKind::Cumulative, "0.01", Some("0.01"));
    yard.series.physics = Physics { restarts: true, ..Physics::default() };
    let stamp = Stamp { segment: 0, state: ClockState::Synced, late: false };
    let mut meaning = Meaning::new(vec![yard]);
    let hour = |hour: i64| UtcMillis(1_790_000_000_000 + hour * 3_600_000);
    // the second was entered last
    for (at, count) in [(0, 3_000), (30, 2_500), (10, 3_200)] {
        let entered = Entered {
            meter: "main".into(),
            point: "energy".into(),
            count,
            delivery: true,
            by: "张三".into(),
            evidence: "slip".into(),
            file: None,
            entered: hour(31),
        };
        assert!(meaning.enter(hour(at), &entered, stamp));
        assert!(!meaning.enter(hour(at), &Entered { point: "none".into(), ..entered }, stamp));
    }
    let physics = meaning.points[0].series.physics;
    let (records, _) = meaning.close();
    let mut readings = Vec::new();
    for record in &records {
        let Content::Samples(_, all) = decode(record).unwrap() else { continue };
        for one in all {
            for sample in one.samples {
                assert_eq!(sample.reason, Reason::Manual);
                let Some(Value::Count(count)) = sample.value else { panic!("{sample:?}") };
                readings.push(Reading { time: one.time, count });
            }
        }
    }
    readings.sort();
    assert_eq!(readings.len(), 6);
    let mut total = 0;
    let mut last = None;
    for judged in resolve(&physics, &readings, &[]) {
        match judged.verdict {
            Verdict::Normal => total += judged.reading.count - last.unwrap_or(0),
            Verdict::Opens(_) => {}
            other => panic!("{other:?}"),
        }
        last = Some(judged.reading.count);
    }
    assert_eq!(total, 3_000 + 3_200 + 2_500);
}
