//! The counter machine and the intervals: what one core does with the readings of registers.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a benchmark that fails must stop; the shared part measures time

mod support;

use mujun::{
    energy::{
        counter::{Machine, resolve},
        interval::{Booking, MINUTE_MS, QUARTER_MS, amounts},
    },
    model::{Doubts, Physics, Reading, UtcMillis},
};
use std::hint::black_box;

const POINTS: usize = 100;
const YEAR_QUARTERS: u64 = 365 * 96;
/// Nanoseconds per sample at 5 million samples a second.
const SAMPLE_GOAL_NS: f64 = 200.0;
const YEAR_GOAL_S: f64 = 1.0;

fn main() {
    println!("## Counter machine and intervals\n");
    println!(
        "One core; time is what the kernel gave this process on it. Each reading goes through the machine, its verdict into the minute and the quarter-hour; the registers know their modulus and their fastest rise, and one reading in 5,000 is a passing 0.\n"
    );
    println!("| readings | samples/s | ns per sample | goal | intervals |");
    println!("|---|---|---|---|---|");
    for (what, step_ms) in [("each second", 1_000), ("each minute", 60_000), ("each quarter-hour", 900_000)] {
        stream(what, step_ms);
    }
    let (points, quarters) = (POINTS, support::sized(YEAR_QUARTERS, 500));
    println!("\n| recomputed from its readings | time | goal | amounts | not normal |");
    println!("|---|---|---|---|---|");
    let registers: Vec<_> = (0..points).map(|seed| readings(seed as u64, 900_000, quarters)).collect();
    let started = on_core_s();
    let (mut intervals, mut doubted) = (0, 0);
    for readings in &registers {
        let all = amounts(&physics(900_000), &resolve(&physics(900_000), readings, &[]), QUARTER_MS);
        intervals += all.len();
        doubted += all.iter().filter(|one| !one.doubts.is_none()).count();
    }
    let took = on_core_s() - started;
    println!(
        "| a year of {points} points at 15 min | **{took:.2} s** | ≤ {YEAR_GOAL_S} s: {} | {} | {doubted} |",
        support::verdict(took <= YEAR_GOAL_S),
        support::grouped(intervals as f64),
    );
}

/// Seconds that this process ran, as the kernel counts them: other processes make no difference.
fn on_core_s() -> f64 {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    schedstat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn physics(step_ms: i64) -> Physics {
    let rate_max_per_h = Some(10 * 3_600_000 / step_ms);
    Physics { modulus: Some(100_000_000), rate_max_per_h, warm_up_ms: 5 * step_ms, ..Physics::default() }
}

/// A register that passes its end once, and says 0 now and then.
fn readings(seed: u64, step_ms: i64, readings: u64) -> Vec<Reading> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut count = 100_000_000 - 2 * i64::try_from(readings).unwrap();
    (0..i64::try_from(readings).unwrap())
        .map(|place| {
            count = (count + rng.i64(0..8)) % 100_000_000;
            let time = UtcMillis(place * step_ms + rng.i64(0..200));
            Reading { time, count: if rng.u32(..5_000) == 0 { 0 } else { count } }
        })
        .collect()
}

fn stream(what: &str, step_ms: i64) {
    let readings = readings(1, step_ms, support::sized(4_000_000, 10_000));
    let physics = physics(step_ms);
    let mut machine = Machine::new(physics);
    let (mut minute, mut quarter) = (Booking::new(physics, MINUTE_MS), Booking::new(physics, QUARTER_MS));
    let (mut verdicts, mut closed) = (Vec::new(), 0_usize);
    let started = on_core_s();
    for reading in &readings {
        machine.push(*reading, &mut verdicts);
        for judged in verdicts.drain(..) {
            let mut close = |amount| {
                black_box(amount);
                closed += 1;
            };
            minute.take(&judged, Doubts::NONE, &mut close);
            quarter.take(&judged, Doubts::NONE, &mut close);
        }
    }
    let took = on_core_s() - started;
    let ns = took * 1e9 / readings.len() as f64;
    println!(
        "| {what} | **{}** | {ns:.0} | ≤ {SAMPLE_GOAL_NS:.0} ns: {} | {} |",
        support::grouped(readings.len() as f64 / took),
        support::verdict(ns <= SAMPLE_GOAL_NS),
        support::grouped(closed as f64),
    );
}
