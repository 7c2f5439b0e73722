//! A real factory's year with everything that goes wrong in one: the year stays exact to the last 0.01 kWh wherever the
//! physics allow it, and what is missing is a dated epoch end.

use super::{super::snapshot, *};
use crate::{
    energy::{counter::EpochCause, interval::register_between},
    model::{ClockSegment, ClockShift, ClockState, Register, Replaced},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// From the package's folder. `MUJUN_STEEL` names another place.
const DATA: &str = "../shared/data/steel_industry_2018.csv";
/// 2018-01-01 00:00 +08:00.
const START: i64 = 1_514_736_000_000;
const YEAR_COUNTS: i64 = 95_963_671;
const RUN: RunId = [3; 16];
const DAY_QUARTERS: usize = 96;

/// The register at each quarter-hour, or nothing where the year is not at hand.
fn truth() -> Option<Vec<Reading>> {
    let path =
        env::var_os("MUJUN_STEEL").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA), PathBuf::from);
    let Ok(text) = fs::read_to_string(path) else {
        eprintln!("skipped: {DATA} is not there");
        return None;
    };
    let scale: Scale = "0.01".parse().unwrap();
    let mut readings = vec![reading(START, 0)];
    for (line, row) in text.lines().skip(1).zip(1_i64..) {
        let risen: Decimal = line.split(',').nth(1).unwrap().parse().unwrap();
        let before = readings.last().unwrap().count;
        readings.push(reading(START + row * QUARTER_MS, before + scale.count_from_value(risen).unwrap().0));
    }
    assert_eq!(readings.last().unwrap().count, YEAR_COUNTS);
    Some(readings)
}

struct Faults {
    reset_at: usize,
    outage_at: usize,
    replaced_at: usize,
    wrong_clock_at: usize,
    seed: u64,
}

impl Faults {
    fn of(seed: u64) -> Faults {
        let any = |from: usize, width: u64| {
            from + usize::try_from(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33).unwrap()
                % usize::try_from(width).unwrap()
        };
        Faults {
            reset_at: any(4_000, 4_000),
            outage_at: any(9_000, 4_000),
            replaced_at: any(15_000, 4_000),
            wrong_clock_at: any(22_000, 4_000),
            seed,
        }
    }

    /// When the meter was replaced, and the old one's last register, of the year's counting.
    fn replaced(&self, truth: &[Reading]) -> Reading {
        let (a, b) = (truth[self.replaced_at], truth[self.replaced_at + 1]);
        let time = a.time.plus_ms(400_000);
        Reading { time, count: register_between(a, b, time) }
    }

    /// The register's 0 behind the reset, of the year's counting.
    fn reset(&self, truth: &[Reading]) -> i64 {
        let (a, b) = (truth[self.reset_at], truth[self.reset_at + 1]);
        a.count + (b.count - a.count) / 2
    }

    fn records(&self, truth: &[Reading]) -> Vec<Record> {
        let (zero, replaced) = (self.reset(truth), self.replaced(truth));
        let shown = |(i, one): (usize, &Reading)| {
            let since = match i {
                _ if i > self.replaced_at => replaced.count,
                _ if i > self.reset_at => zero,
                _ => 0,
            };
            (i, reading(one.time.0, one.count - since))
        };
        let outage = self.outage_at..self.outage_at + 3 * DAY_QUARTERS;
        let wrong = self.wrong_clock_at..self.wrong_clock_at + DAY_QUARTERS;
        let read: Vec<(usize, Reading)> =
            truth.iter().enumerate().map(shown).filter(|(i, _)| !outage.contains(i)).collect();
        let mut records = Vec::new();
        for part in read.chunk_by(|a, b| wrong.contains(&a.0) == wrong.contains(&b.0)) {
            let (segment, slow) = if wrong.contains(&part[0].0) { (1, 600_000) } else { (0, 0) };
            for day in part.chunks(60) {
                let mut day: Vec<Reading> = day.iter().map(|(_, r)| reading(r.time.0 - slow, r.count)).collect();
                // the meter's display is 0 for a moment, and then goes on
                if (day[0].time.0 ^ i64::try_from(self.seed % 5).unwrap()) % 7 == 0 {
                    day.insert(20, reading(day[19].time.0 + 60_000, 0));
                }
                records.push(samples_of(segment, &day));
            }
        }
        for (segment, state) in [(0, ClockState::Synced), (1, ClockState::Free)] {
            let one = ClockSegment { segment, state, wall: UtcMillis(START), mono_ms: 0, step_ms: 0 };
            records.push(event(u8::try_from(segment).unwrap(), START, EventKind::ClockSegment(one)));
        }
        let shift = ClockShift { run_id: RUN, segment: 1, shift_ms: 600_000 };
        records.push(event(10, START, EventKind::ClockShift(shift)));
        let register =
            Register { point: "ep".into(), final_count: Some(replaced.count - zero), initial_count: Some(0) };
        let text = String::new;
        records.push(event(
            11,
            replaced.time.0,
            EventKind::Replaced(Replaced {
                meter: "m1".into(),
                registers: vec![register],
                serial_old: text(),
                serial_new: text(),
                by: text(),
                note: text(),
            }),
        ));
        records
    }
}

fn physics() -> Physics {
    // 2 MW
    Physics { rate_max_per_h: Some(200_000), ..Physics::default() }
}

#[test]
pub fn the_steel_year_stays_exact_whatever_goes_wrong_in_it() {
    let Some(truth) = truth() else { return };
    for seed in [1_u64, 7] {
        let faults = Faults::of(seed);
        let mut records = faults.records(&truth);
        // each comes twice, in any order
        records.extend(records.clone());
        records.sort_by_key(|record| u64::from(record.crc32c).wrapping_mul(2 * seed + 0x5851_f42d));
        let connection = memory();
        let all: Vec<Record> =
            std::iter::once(dictionary_of(RUN, START, &[(0, Series { physics: physics(), ..energy() })]))
                .chain(records)
                .collect();
        let mut first_seq = 1;
        for batch in all.chunks(40) {
            assert_eq!(take(connection.tx(), 1, first_seq, batch, NOW).refusals, []);
            first_seq += batch.len() as u64;
        }

        let snapshot = snapshot::snapshot(connection.tx(), &"2018".parse().unwrap(), NOW).unwrap();
        let flow = &snapshot.sites[0].flows[0];
        let (a, b) = (truth[faults.reset_at], truth[faults.reset_at + 1]);
        let missing = b.count - a.count;
        assert_eq!(flow.amount, YEAR_COUNTS - missing, "all but what ran while the register was set to 0");
        let [reset, replaced] = &flow.epochs[..] else { panic!("{:?}", flow.epochs) };
        assert_eq!((reset.cause, reset.before, reset.time), (EpochCause::Reset, a, b.time));
        assert_eq!((replaced.cause, replaced.time), (EpochCause::Replaced, faults.replaced(&truth).time));
        assert_eq!((replaced.after.count, flow.breaks), (0, 2));
        assert!(flow.set_aside > 20, "{}", flow.set_aside);
        let (from, until) = (truth[faults.outage_at - 1], truth[faults.outage_at + 3 * DAY_QUARTERS]);
        assert_eq!(flow.estimated, until.count - from.count, "only the outage has a shape that is not known");
        for doubt in [Doubts::ESTIMATED_SHAPE, Doubts::TRANSIENT, Doubts::EPOCH, Doubts::MANUAL] {
            assert!(flow.doubts.has(doubt), "{doubt:?}");
        }
        assert!(!flow.doubts.has(Doubts::CLOCK), "the clock's error was corrected");
        // the day whose clock was wrong lies where it belongs
        for i in faults.wrong_clock_at..faults.wrong_clock_at + DAY_QUARTERS - 1 {
            let row = super::super::row::rows_of_quarter(connection.tx(), 1, truth[i].time).unwrap()[0];
            assert_eq!(row.amount(), truth[i + 1].count - truth[i].count);
        }
        let proof = super::super::proof::of(connection.tx(), None).unwrap();
        assert_eq!(proof.audit.faults, Vec::<String>::new());
        assert!(proof.registers[0].epochs.iter().all(|epoch| epoch.difference == 0));
        assert_eq!((proof.registers[0].epochs.len(), proof.registers[0].amount), (3, YEAR_COUNTS - missing));
    }
}
