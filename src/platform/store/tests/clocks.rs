//! Samples whose time is not known, and what the rest of the events say: as a reader of the store sees it.

use super::{
    super::{gap, proof, snapshot, trace},
    laws::stored,
    *,
};
use crate::model::{ClockSegment, ClockShift, ClockState, GapCause, Tag};

const RUN: RunId = [5; 16];

fn segment(segment: u32, state: ClockState) -> EventKind {
    EventKind::ClockSegment(ClockSegment { segment, state, wall: UtcMillis(40_000), mono_ms: 40_000, step_ms: 0 })
}

fn shift(segment: u32, shift_ms: i64) -> EventKind {
    EventKind::ClockShift(ClockShift { run_id: RUN, segment, shift_ms })
}

fn day() -> Period {
    "2024-11-24".parse().unwrap()
}

fn flow(connection: Tx<'_>) -> Flow {
    snapshot::snapshot(connection, &day(), NOW).unwrap().sites[0].flows[0].clone()
}

fn gaps(connection: Tx<'_>) -> Vec<Option<GapCause>> {
    let listing = Listing { limit: 10, ..Listing::default() };
    gap::gaps(connection, &listing).unwrap().rows.into_iter().map(|row| row.cause).collect()
}

/// A gateway that woke up in 1970: its samples are kept, count for the mark, and are booked when it knows the time.
#[test]
pub fn samples_from_1970_wait_for_their_time_and_then_lie_where_they_were_taken() {
    let connection = memory();
    let early = [reading(60_000, 500), reading(120_000, 540)];
    let records = [
        dictionary_of(RUN, 1, &[(0, energy())]),
        event(1, 40_000, segment(0, ClockState::Unknown)),
        samples_of(0, &early),
    ];
    let taken = take(connection.tx(), 1, 1, &records, NOW);
    assert_eq!((taken.outcome, taken.refusals), (Outcome::Stored { seq: 3, complete: false }, vec![]));
    assert_eq!((flow(connection.tx()).first, gaps(connection.tx())), (None, vec![Some(GapCause::UnknownClock)]));
    assert_eq!(proof::of(connection.tx(), None).unwrap().audit.faults, Vec::<String>::new());
    // a time that can not be places nothing, and its record is kept until it can
    let future = NOW.0 - 60_000 + crate::wire::FUTURE_MS_MAX + 1;
    let placed = take(connection.tx(), 1, 4, &[event(2, BASE, shift(0, future))], NOW);
    assert!(matches!(placed.refusals[0].error, BadRecord::Time { .. }), "{:?}", placed.refusals);
    let placed = take(connection.tx(), 1, 5, &[event(3, BASE, shift(0, BASE - 60_000))], NOW);
    assert_eq!(placed.refusals, []);
    let flow = flow(connection.tx());
    assert_eq!((flow.first, flow.last), (Some(reading(BASE, 500)), Some(reading(BASE + 60_000, 540))));
    assert_eq!((flow.amount, flow.doubts, gaps(connection.tx())), (40, Doubts::NONE, vec![]));
    assert_eq!(proof::of(connection.tx(), None).unwrap().audit.faults, Vec::<String>::new());
}

#[test]
pub fn a_segment_that_nobody_has_told_of_waits_and_a_free_one_is_booked_in_doubt() {
    let connection = memory();
    let all = [reading(BASE, 500), reading(BASE + 60_000, 540)];
    take(connection.tx(), 1, 1, &[dictionary_of(RUN, 1, &[(0, energy())]), samples_of(3, &all)], NOW);
    assert_eq!((flow(connection.tx()).first, gaps(connection.tx())), (None, vec![]));
    take(connection.tx(), 1, 3, &[event(1, BASE, segment(3, ClockState::Free))], NOW);
    assert_eq!((flow(connection.tx()).amount, flow(connection.tx()).doubts), (40, Doubts::CLOCK));
    // the clock was a day slow
    take(connection.tx(), 1, 4, &[event(2, BASE, shift(3, 86_400_000))], NOW);
    assert_eq!((flow(connection.tx()).first, flow(connection.tx()).amount), (None, 0));
    let line = &snapshot::ledger(connection.tx()).unwrap()[0];
    assert_eq!((line.first, line.total), (Some(reading(BASE + 86_400_000, 500)), 40));
    assert_eq!(proof::of(connection.tx(), None).unwrap().audit.faults, Vec::<String>::new());
}

/// The backlog of an outage comes behind the live generation: each describes its segments, under the same event's id.
#[test]
pub fn a_live_generation_that_repeats_its_segments_is_booked_before_the_backlog_comes() {
    let all: Vec<Reading> = (0..60).map(|minute| reading(BASE + minute * 60_000, 7 * minute)).collect();
    let (old, live) = all.split_at(37);
    let head = [dictionary_of(RUN, 1, &[(0, energy())]), event(1, BASE, segment(3, ClockState::Free))];
    let generation = |readings: &[Reading]| [&head[..], &[samples_of(3, readings)]].concat();
    let (backlog, now) = (generation(old), generation(live));
    let in_order = memory();
    take(in_order.tx(), 1, 1, &backlog, NOW);
    take(in_order.tx(), 2, 1, &now, NOW);
    let connection = memory();
    assert_eq!(take(connection.tx(), 2, 1, &now, NOW).refusals, []);
    let booked = flow(connection.tx());
    assert_eq!((booked.first, booked.last), (Some(live[0]), Some(live[22])), "at once, and with no other generation");
    assert_eq!((booked.amount, booked.doubts, gaps(connection.tx())), (22 * 7, Doubts::CLOCK, vec![]));
    assert_eq!(take(connection.tx(), 1, 1, &backlog, NOW).refusals, []);
    assert_eq!(snapshot::ledger(connection.tx()).unwrap(), snapshot::ledger(in_order.tx()).unwrap());
    assert_eq!(stored(connection.tx()), stored(in_order.tx()));
    assert_eq!(flow(connection.tx()).amount, 59 * 7);
    // a shift finds both
    for connection in [connection.tx(), in_order.tx()] {
        take(connection, 2, 4, &[event(2, BASE, shift(3, 900_000))], NOW);
        assert_eq!(flow(connection).first, Some(reading(BASE + 900_000, 0)));
        assert_eq!(proof::of(connection, None).unwrap().audit.faults, Vec::<String>::new());
    }
    assert_eq!(stored(connection.tx()), stored(in_order.tx()));
}

#[test]
pub fn output_belongs_to_the_product_that_ran_to_the_last_piece() {
    let connection = memory();
    let pieces = Series { meter: "press".into(), ..series("pieces", Role::Output) };
    let tag = |id: u8, minute: i64, value: &str| {
        let what = Tag { meter: "press".into(), name: "product".into(), value: value.into() };
        event(id, BASE + minute * 60_000, EventKind::Tag(what))
    };
    let counted: Vec<Reading> = (0..60).map(|minute| reading(BASE + minute * 60_000, minute * minute)).collect();
    let mut records = vec![dictionary(&[(0, pieces)]), tag(1, 10, "A"), tag(2, 40, "B"), tag(2, 40, "B")];
    records.extend(counted.chunks(7).map(samples));
    assert_eq!(take(connection.tx(), 1, 1, &records, NOW).refusals, []);
    let flow = flow(connection.tx());
    let share = |value: &str, amount| TagShare { name: "product".into(), value: value.into(), amount };
    assert_eq!(flow.amount, 59 * 59);
    assert_eq!(flow.outputs_by_tag, [share("", 100), share("A", 1_600 - 100), share("B", 59 * 59 - 1_600)]);
}

#[test]
pub fn a_trace_leads_to_the_records_of_its_readings() {
    let connection = memory();
    let minute = |minute: i64, count| reading(BASE + minute * 60_000, count);
    let records = [
        dictionary(&[(0, energy())]),
        samples(&[minute(0, 100), minute(5, 130)]),
        samples(&[minute(10, 0), minute(14, 160)]),
        samples(&[minute(50, 300), minute(51, 301), minute(52, 301)]),
    ];
    take(connection.tx(), 1, 1, &records, NOW);
    let [trace] = &trace::trace(connection.tx(), "gw-1", "m1", "ep", &day()).unwrap()[..] else { panic!("one series") };
    let record = |seq| Some(([1; 16], seq));
    let [one, empty, also_empty, last] = &trace.intervals[..] else { panic!("{:?}", trace.intervals) };
    assert_eq!((one.first.unwrap().record, one.last.unwrap().record), (record(2), record(3)));
    assert!(one.doubts.has(Doubts::TRANSIENT) && one.doubts.has(Doubts::ESTIMATED_SHAPE));
    assert_eq!((empty.first, also_empty.last, empty.doubts), (None, None, Doubts::ESTIMATED_SHAPE));
    assert_eq!(last.last.unwrap(), SourcedReading { reading: minute(52, 301), record: record(4), declared: false });
    assert_eq!(trace.intervals.iter().map(|one| one.amount).sum::<i64>(), 201);
    assert_eq!((trace.amount, trace.set_aside[0].reading, trace.set_aside[0].record), (201, minute(10, 0), record(3)));
    assert_eq!(trace::trace(connection.tx(), "gw-1", "m1", "eq", &day()).unwrap(), []);
}
