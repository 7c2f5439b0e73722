//! The counter machine and its quarter-hours against the reference in `tests/support/counter_reference.py`, which was
//! written from the specification's words: the same cases, the same answers.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a test that fails must stop; a thread asks while this one reads

use mujun::{
    energy::{
        counter::{Declaration, EpochCause, Judged, Machine, Verdict, resolve},
        interval::{Booking, QUARTER_MS},
    },
    model::{Doubts, Physics, Reading, UtcMillis},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const CASES: u64 = 6_000;

struct Case {
    physics: Physics,
    readings: Vec<Reading>,
    declarations: Vec<Declaration>,
}

/// A register over a day or a minute, with what happens to registers.
fn case(seed: u64) -> Case {
    let mut rng = fastrand::Rng::with_seed(seed);
    let step_ms = [1_000, 30_000, 60_000, 300_000, 900_000][rng.usize(..5)];
    let modulus = rng.bool().then(|| [100, 1_000, 65_536][rng.usize(..3)]);
    let physics = Physics {
        modulus,
        rate_max_per_h: rng.bool().then(|| rng.i64(1..20_000)),
        backstep_max: [0, 0, 2][rng.usize(..3)],
        warm_up_ms: [0, 4 * step_ms, 12 * step_ms][rng.usize(..3)],
        restarts: rng.u8(..8) == 0,
    };
    let mut time = rng.i64(-2_000_000..2_000_000);
    let mut count = rng.i64(0..modulus.unwrap_or(2_000));
    let mut readings = Vec::new();
    let mut declarations = Vec::new();
    let pace = rng.i64(1..6);
    let length = rng.usize(5..60);
    while readings.len() < length {
        time += if rng.u8(..12) == 0 { step_ms * rng.i64(0..60) } else { step_ms + rng.i64(-300..300) };
        count += rng.i64(0..=pace);
        if let Some(modulus) = modulus.filter(|modulus| count >= *modulus) {
            count -= modulus;
        }
        let mut say = |count: i64| readings.push(Reading { time: UtcMillis(time), count });
        match rng.u8(..40) {
            0 => say(rng.i64(-5..70_000)),
            1 => say(0),
            2 => {
                let wrong = [0, count / 2][rng.usize(..2)];
                (0..rng.i64(1..14)).for_each(|_| {
                    readings.push(Reading { time: UtcMillis(time), count: wrong });
                    time += step_ms;
                });
            }
            3 => count = 0,
            4 => count = rng.i64(0..modulus.unwrap_or(70_000)),
            5 => say(count - rng.i64(0..5)),
            6 => {
                let mut known = |count: i64| rng.bool().then(|| count + rng.i64(0..3));
                let (final_count, next) = (known(count), count / 3);
                let declaration = Declaration { time: UtcMillis(time), final_count, initial_count: known(next) };
                declarations.push(declaration);
                count = next + 2;
                time += 1;
            }
            7 => {
                say(count);
                say(count + 1);
            }
            8 => {
                say(count);
                say(count);
            }
            _ => say(count),
        }
    }
    rng.shuffle(&mut readings);
    Case { physics, readings, declarations }
}

fn words(judged: &Judged) -> Value {
    let verdict = match judged.verdict {
        Verdict::Opens(cause) => {
            let cause = match cause {
                EpochCause::First => "first",
                EpochCause::Replaced => "replaced",
                EpochCause::Restart => "restart",
                EpochCause::Reset => "reset",
                EpochCause::Backwards => "backwards",
                EpochCause::Jump => "jump",
            };
            format!("opens {cause}")
        }
        other => format!("{other:?}").to_lowercase(),
    };
    json!([judged.reading.time.0, judged.reading.count, verdict, judged.declared])
}

fn answer(case: &Case) -> Value {
    let judged = resolve(&case.physics, &case.readings, &case.declarations);
    let (mut booking, mut all) = (Booking::new(case.physics, QUARTER_MS), Vec::new());
    for one in &judged {
        let doubts = if one.declared { Doubts::NONE } else { doubts_of(&one.reading) };
        booking.take(one, doubts, &mut |amount| all.push(amount));
    }
    booking.finish(&mut |amount| all.push(amount));
    let quarters = all.into_iter().filter_map(|one| {
        let what = json!([one.start.0, one.amount, one.covered_ms, one.readings, one.doubts.bits()]);
        let anything = one.amount != 0 || one.covered_ms != 0 || one.readings != 0 || !one.doubts.is_none();
        anything.then_some(what)
    });
    json!({"verdicts": judged.iter().map(words).collect::<Vec<_>>(), "quarters": quarters.collect::<Vec<_>>()})
}

/// What a reading brings itself: few are rounded, few of a clock that nobody compared.
fn doubts_of(reading: &Reading) -> Doubts {
    match (reading.time.0 / 1_000 + reading.count).rem_euclid(31) {
        0 => Doubts::ROUNDED,
        1 | 2 => Doubts::CLOCK,
        3 => Doubts::ROUNDED | Doubts::CLOCK,
        _ => Doubts::NONE,
    }
}

fn question(case: &Case) -> Value {
    let Physics { modulus, rate_max_per_h, backstep_max, warm_up_ms, restarts } = case.physics;
    let readings: Vec<_> =
        case.readings.iter().map(|one| json!([one.time.0, one.count, doubts_of(one).bits()])).collect();
    let declarations: Vec<_> =
        case.declarations.iter().map(|one| json!([one.time.0, one.final_count, one.initial_count])).collect();
    json!({
        "physics": {
            "modulus": modulus,
            "rate_max_per_h": rate_max_per_h,
            "backstep_max": backstep_max,
            "warm_up_ms": warm_up_ms,
            "restarts": restarts,
        },
        "readings": readings,
        "declarations": declarations,
    })
}

/// The seeds whose answers differ.
fn differing(seeds: std::ops::Range<u64>, arguments: &[&str]) -> Vec<u64> {
    let python =
        std::env::var_os("MUJUN_TEST_PYTHON").map_or_else(|| PathBuf::from("target/venv/bin/python"), PathBuf::from);
    assert!(python.exists(), "{} is missing: tests/run installs it", python.display());
    let mut child = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/counter_reference.py"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let asked = seeds.clone();
    let asking =
        std::thread::spawn(move || asked.for_each(|seed| writeln!(input, "{}", question(&case(seed))).unwrap()));
    let answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let answers: Vec<Value> = answers.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    asking.join().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(answers.len() as u64, seeds.end - seeds.start);
    seeds.zip(answers).filter(|(seed, reference)| answer(&case(*seed)) != *reference).map(|(seed, _)| seed).collect()
}

#[test]
fn the_reference_says_the_same() {
    let differing = differing(0..CASES, &[]);
    if let Some(first) = differing.first() {
        let case = case(*first);
        panic!("{} of {CASES} differ; seed {first}: {}\nhere: {}", differing.len(), question(&case), answer(&case));
    }
}

/// The cases meet every rule, and the comparison sees a planted mistake.
#[test]
fn a_planted_mistake_is_seen() {
    for heal in ["2", "4"] {
        let seen = differing(0..300, &["--heal", heal]).len();
        assert!(seen > 10, "{heal}: {seen}");
    }
    let said: Vec<String> = (0..CASES).map(|seed| answer(&case(seed))["verdicts"].to_string()).collect();
    for word in ["rollover", "backstep", "transient", "held", "replaced", "restart", "reset", "backwards", "jump"] {
        let met = said.iter().filter(|said| said.contains(word)).count();
        assert!(met > 100, "{word}: {met} cases");
    }
}

/// What the gateway's machine says of readings as they come is what the whole says.
#[test]
fn the_machine_says_the_same_as_the_readings_come() {
    for seed in 0..CASES {
        let mut case = case(seed);
        case.readings.sort_unstable();
        case.readings.dedup_by_key(|reading| reading.time);
        let mut machine = Machine::new(case.physics);
        let mut said = Vec::new();
        assert!(case.declarations.iter().all(|one| machine.declare(*one)));
        assert!(case.readings.iter().all(|one| machine.push(*one, &mut said)));
        let whole = resolve(&case.physics, &case.readings, &case.declarations);
        assert_eq!(said[..], whole[..said.len()], "seed {seed}");
    }
}
