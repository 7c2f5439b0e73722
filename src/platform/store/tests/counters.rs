//! The ledger under everything that changes what a reading is: physics, wrong readings, declarations, clocks, in any order.

use super::{
    super::{
        audit,
        row::{bridges_between, rows_between, turns_between},
        run::{self, Sourced, settled},
    },
    laws::{ALWAYS, plain, stored},
    *,
};
use crate::{
    energy::{
        counter::{Declaration, resolve},
        interval::Booking,
    },
    model::{ClockSegment, ClockShift, ClockState, Register, Replaced},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const RUN: RunId = [7; 16];
const MODULUS: i64 = 10_000;

/// What happens to a register at one reading.
#[derive(Clone, Copy, Debug)]
enum Step {
    Rise(i64),
    Wrong(i64),
    Back(i64),
    Reset(i64),
    Again,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0_i64..60).prop_map(Step::Rise),
        1 => Just(Step::Wrong(0)),
        1 => (0_i64..60_000).prop_map(Step::Wrong),
        1 => (1_i64..4).prop_map(Step::Back),
        1 => (0_i64..30).prop_map(Step::Reset),
        1 => (2_000_i64..9_000).prop_map(Step::Rise),
        1 => Just(Step::Again),
    ]
}

/// Readings of a register with `modulus`, in the order of their times; some at one time, some far apart.
fn any_readings(modulus: Option<i64>) -> impl Strategy<Value = Vec<Reading>> {
    let distance = prop_oneof![12 => Just(60_000_i64), 6 => Just(300_000), 2 => Just(QUARTER_MS), 1 => Just(0), 1 => Just(5_000_000)];
    prop::collection::vec((distance, any_step()), 1..90).prop_map(move |steps| {
        let (mut time, mut register) = (BASE, 9_000);
        let one = |(distance, step)| {
            time += distance;
            let shown = match step {
                Step::Wrong(count) => return reading(time, count),
                Step::Rise(risen) => register + risen,
                Step::Back(back) => register - back,
                Step::Reset(count) => count,
                Step::Again => register,
            };
            register = modulus.map_or(shown, |modulus| shown.rem_euclid(modulus));
            reading(time, register)
        };
        steps.into_iter().map(one).collect()
    })
}

fn any_physics() -> impl Strategy<Value = Physics> {
    let modulus = prop_oneof![Just(None), Just(Some(MODULUS))];
    let rate = prop_oneof![Just(None), Just(Some(3_000_i64)), Just(Some(100_000))];
    let warm_up = prop_oneof![3 => Just(0_i64), 1 => Just(300_000), 1 => Just(1_800_000)];
    (modulus, rate, 0_i64..3, warm_up, prop::bool::weighted(0.15)).prop_map(
        |(modulus, rate_max_per_h, backstep_max, warm_up_ms, restarts)| Physics {
            modulus,
            rate_max_per_h,
            backstep_max,
            warm_up_ms,
            restarts,
        },
    )
}

/// A segment of the run's clock: by how much it is wrong, and what is said of it.
#[derive(Clone, Copy, Debug)]
struct Segment {
    state: ClockState,
    wrong_ms: i64,
    shift_ms: Option<i64>,
}

impl Segment {
    fn placed(self) -> Option<(i64, Doubts)> {
        match (self.shift_ms, self.state) {
            (Some(shift_ms), _) => Some((shift_ms, Doubts::NONE)),
            (None, ClockState::Unknown) => None,
            (None, ClockState::Free) => Some((0, Doubts::CLOCK)),
            (None, ClockState::Synced) => Some((0, Doubts::NONE)),
        }
    }
}

fn any_segments() -> impl Strategy<Value = Vec<Segment>> {
    let segment = prop_oneof![
        4 => Just(Segment { state: ClockState::Synced, wrong_ms: 0, shift_ms: None }),
        1 => Just(Segment { state: ClockState::Free, wrong_ms: 0, shift_ms: None }),
        1 => Just(Segment { state: ClockState::Free, wrong_ms: -600_000, shift_ms: Some(600_000) }),
        1 => Just(Segment { state: ClockState::Unknown, wrong_ms: -BASE, shift_ms: Some(BASE) }),
        1 => Just(Segment { state: ClockState::Unknown, wrong_ms: -BASE, shift_ms: None }),
    ];
    prop::collection::vec(segment, 1..4)
}

#[derive(Clone, Debug)]
struct Case {
    readings: Vec<Reading>,
    physics: Vec<Physics>,
    declarations: Vec<Declaration>,
    segments: Vec<Segment>,
    /// How many readings share a record, how many records a batch.
    record: usize,
    batch: usize,
    /// Of what order they come in.
    order: Order,
    seed: u64,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    InTime,
    LiveFirst,
    Any,
}

fn any_case() -> impl Strategy<Value = Case> {
    let declaration = (0_i64..90, prop::option::of(9_000_i64..9_900), prop::option::of(0_i64..200)).prop_map(
        |(step, final_count, initial_count)| Declaration {
            time: UtcMillis(BASE + step * 150_000),
            final_count,
            initial_count,
        },
    );
    let readings = prop_oneof![Just(None), Just(Some(MODULUS))].prop_flat_map(any_readings);
    let order = prop_oneof![Just(Order::InTime), Just(Order::LiveFirst), Just(Order::Any)];
    (
        readings,
        prop::collection::vec(any_physics(), 1..3),
        prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(declaration, 1..3)],
        prop_oneof![Just(Vec::new()), any_segments()],
        (1_usize..12, 1_usize..12),
        order,
        any::<u64>(),
    )
        .prop_map(|(readings, physics, declarations, segments, (record, batch), order, seed)| Case {
            readings,
            physics,
            declarations,
            segments,
            record,
            batch,
            order,
            seed,
        })
}

/// The segment of the ith of n readings: they follow each other in time.
fn segment_of(i: usize, n: usize, segments: &[Segment]) -> usize {
    i * segments.len() / n
}

impl Case {
    /// What the ledger must be made of.
    fn known(&self) -> Vec<Sourced> {
        let n = self.readings.len();
        let place = |(i, reading): (usize, &Reading)| {
            let Some(segment) = self.segments.get(segment_of(i, n, &self.segments)) else {
                return Some(Sourced { reading: *reading, doubts: Doubts::NONE });
            };
            let (shift_ms, doubts) = segment.placed()?;
            let time = reading.time.plus_ms(segment.wrong_ms + shift_ms);
            Some(Sourced { reading: Reading { time, ..*reading }, doubts })
        };
        settled(self.readings.iter().enumerate().filter_map(place).collect())
    }

    fn records(&self) -> Vec<Record> {
        let n = self.readings.len();
        let mut records: Vec<Record> = Vec::new();
        let numbered: Vec<(usize, Reading)> = self.readings.iter().copied().enumerate().collect();
        let of = |i: usize| segment_of(i, n, &self.segments);
        for one in numbered.chunk_by(|a, b| of(a.0) == of(b.0)) {
            let segment = of(one[0].0);
            let wrong = self.segments.get(segment).map_or(0, |segment| segment.wrong_ms);
            let shown: Vec<Reading> = one.iter().map(|(_, r)| reading(r.time.0 + wrong, r.count)).collect();
            records.extend(shown.chunks(self.record).map(|part| samples_of(u32::try_from(segment).unwrap(), part)));
        }
        for (i, segment) in (0_u8..).zip(&self.segments) {
            let what = ClockSegment {
                segment: u32::from(i),
                state: segment.state,
                wall: UtcMillis(BASE),
                mono_ms: 0,
                step_ms: 0,
            };
            records.insert(0, event(100 + i, BASE, EventKind::ClockSegment(what)));
            if let Some(shift_ms) = segment.shift_ms {
                let shift = ClockShift { run_id: RUN, segment: u32::from(i), shift_ms };
                records.push(event(120 + i, BASE, EventKind::ClockShift(shift)));
                // one that an other has corrected since
                let old = ClockShift { shift_ms: shift_ms + 60_000, ..shift };
                records.push(event(140 + i, BASE - 1, EventKind::ClockShift(old)));
            }
        }
        for (i, declaration) in (0_u8..).zip(&self.declarations) {
            let Declaration { time, final_count, initial_count } = *declaration;
            let register = Register { point: "ep".into(), final_count, initial_count };
            let text = String::new;
            let replaced = Replaced {
                meter: "m1".into(),
                registers: vec![register],
                serial_old: text(),
                serial_new: text(),
                by: text(),
                note: text(),
            };
            records.push(event(i + 1, time.0, EventKind::Replaced(replaced)));
        }
        let mixed =
            |record: &Record, salt: u64| u64::from(record.crc32c).wrapping_mul(self.seed | 1).wrapping_add(salt);
        // some come twice
        let again: Vec<Record> = records.iter().filter(|record| mixed(record, 1).is_multiple_of(5)).cloned().collect();
        records.extend(again);
        match self.order {
            Order::InTime => {}
            Order::LiveFirst => {
                let cut = usize::try_from(self.seed % 97).unwrap() % records.len();
                records.rotate_left(cut);
            }
            Order::Any => records.sort_by_key(|record| mixed(record, 0)),
        }
        records
    }

    /// Two generations of one run, each with physics of its own; the later one's count.
    fn store(&self, connection: Tx<'_>) {
        let run = if self.segments.is_empty() { RunId::default() } else { RUN };
        let records = self.records();
        let (one, two) = records.split_at(usize::try_from(self.seed % 89).unwrap() % (records.len() + 1));
        for (generation, part) in [(1_u8, one), (2, two)] {
            let turn = usize::from(generation % 2) % self.physics.len();
            let series = Series { physics: self.physics[turn], ..energy() };
            let created = BASE + i64::try_from(turn).unwrap();
            let mut all = vec![dictionary_of(run, created, &[(0, series)])];
            all.extend_from_slice(part);
            let mut first_seq = 1;
            for records in all.chunks(self.batch) {
                let taken = take(connection, generation, first_seq, records, NOW);
                assert_eq!(taken.refusals, []);
                first_seq += records.len() as u64;
            }
        }
    }

    fn check(&self, connection: Tx<'_>) {
        self.store(connection);
        // with one batch per generation both physics came; with two physics the later created one is the last
        let physics = self.physics[self.physics.len() - 1];
        let mut declarations = self.declarations.clone();
        declarations.sort_unstable();
        let known = self.known();
        let must = run::ledger(&physics, &known, &declarations);
        let rows = rows_between(connection, 1, ALWAYS.0, ALWAYS.1).unwrap();
        assert_eq!(rows, must.rows);
        assert_eq!(bridges_between(connection, 1, ALWAYS.0, ALWAYS.1).unwrap(), must.bridges);
        assert_eq!(turns_between(connection, 1, ALWAYS.0, ALWAYS.1).unwrap(), must.turns);
        assert_eq!(audit::audit(connection).unwrap().faults, Vec::<String>::new());
        let readings: BTreeSet<Reading> = known.iter().map(|one| one.reading).collect();
        let (amounts, breaks, sum) = plain(&readings, &physics, &declarations);
        let (stored_amounts, stored_breaks) = stored(connection);
        assert_eq!((&stored_amounts, stored_breaks), (&amounts, breaks));
        let booked = booked(&physics, &known, &declarations);
        let doubts: BTreeMap<UtcMillis, Doubts> = doubts(connection);
        let said = |of: &BTreeMap<_, _>| of.iter().map(|(start, doubts)| (*start, *doubts)).collect::<Vec<_>>();
        assert_eq!(said(&doubts), said(&booked), "the gateway's intervals have the same doubts");
        assert_eq!(stored_amounts.values().sum::<i64>(), sum, "Σ intervals = Σ over epochs (last − first + carry)");
    }
}

/// Of the tables, by quarter-hour, where there are any.
fn doubts(connection: Tx<'_>) -> BTreeMap<UtcMillis, Doubts> {
    let mut doubts: BTreeMap<UtcMillis, Doubts> = BTreeMap::new();
    for row in rows_between(connection, 1, ALWAYS.0, ALWAYS.1).unwrap() {
        *doubts.entry(row.start).or_default() |= row.doubts();
    }
    for bridge in bridges_between(connection, 1, ALWAYS.0, ALWAYS.1).unwrap() {
        for (start, _) in bridge.quarters_within(ALWAYS.0, ALWAYS.1) {
            *doubts.entry(start).or_default() |= bridge.doubts;
        }
    }
    doubts.retain(|_, doubts| !doubts.is_none());
    doubts
}

/// The same as a gateway books it. Passing and held readings are in no row: what they bring is a turn's.
fn booked(physics: &Physics, known: &[Sourced], declarations: &[Declaration]) -> BTreeMap<UtcMillis, Doubts> {
    let readings: Vec<Reading> = known.iter().map(|one| one.reading).collect();
    let (mut booking, mut all) = (Booking::new(*physics, QUARTER_MS), Vec::new());
    for judged in resolve(physics, &readings, declarations) {
        let brings = known.iter().find(|one| one.reading == judged.reading && !judged.declared);
        let doubts = brings.map_or(Doubts::NONE, |one| one.doubts);
        booking.take(&judged, doubts, &mut |amount| all.push(amount));
    }
    booking.finish(&mut |amount| all.push(amount));
    let in_rows = Doubts::from_bits(1023).unwrap().bits() & !(Doubts::TRANSIENT | Doubts::HELD).bits();
    let in_rows = Doubts::from_bits(in_rows).unwrap();
    all.into_iter().map(|one| (one.start, one.doubts.common(in_rows))).filter(|one| !one.1.is_none()).collect()
}

thread_local! {
    static DATABASE: Memory = memory();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_ledger_is_a_function_of_the_set(case in any_case()) {
        // one database for all cases, each in a transaction that is rolled back: to make its tables takes longer than a case
        DATABASE.with(|connection| {
            // of a case that failed
            let _ = connection.tx().batch("ROLLBACK");
            connection.tx().batch("BEGIN").unwrap();
            case.check(connection.tx());
        });
    }
}

thread_local! {
    static CLUSTER: Memory = on_cluster();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_ledger_is_a_function_of_the_set_on_postgres_too(case in any_case()) {
        CLUSTER.with(|connection| {
            let _ = connection.tx().batch("ROLLBACK");
            // numbers that were rolled back are not given again by themselves
            let begin = "BEGIN; ALTER TABLE series ALTER id RESTART; ALTER TABLE generation ALTER id RESTART";
            connection.tx().batch(begin).unwrap();
            case.check(connection.tx());
        });
    }
}
