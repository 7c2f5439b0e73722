//! The rules one by one; the laws over any readings.

use super::*;

mod cases;
pub mod laws;
mod streaming;

const HOUR: i64 = 3_600_000;

fn r(second: i64, count: i64) -> Reading {
    Reading { time: UtcMillis(second * 1_000), count }
}

/// Readings one minute apart.
fn minutes(counts: &[i64]) -> Vec<Reading> {
    (0..).zip(counts).map(|(minute, count)| r(minute * 60, *count)).collect()
}

/// n normal, r rollover, b backstep, t transient, h held, | opens an epoch; with ' behind it a declared reading.
fn verdicts(physics: &Physics, readings: &[Reading], declarations: &[Declaration]) -> String {
    let letter = |judged: &Judged| {
        let letter = match judged.verdict {
            Verdict::Normal => "n",
            Verdict::Rollover => "r",
            Verdict::Backstep => "b",
            Verdict::Transient => "t",
            Verdict::Held => "h",
            Verdict::Opens(_) => "|",
        };
        letter.to_string() + if judged.declared { "'" } else { "" }
    };
    resolve(physics, readings, declarations).iter().map(letter).collect()
}

fn causes(physics: &Physics, readings: &[Reading], declarations: &[Declaration]) -> Vec<EpochCause> {
    let judged = resolve(physics, readings, declarations).into_iter();
    judged.filter_map(|judged| if let Verdict::Opens(cause) = judged.verdict { Some(cause) } else { None }).collect()
}

const ANY: Physics = Physics { modulus: None, rate_max_per_h: None, backstep_max: 0, warm_up_ms: 0, restarts: false };
/// One count a minute, and the slack of another minute.
const SLOW: Physics = Physics { rate_max_per_h: Some(60), ..ANY };

#[test]
fn the_fastest_rise_is_rounded_up_and_one_more() {
    // 60 per hour over one minute and the slack: 2, and 1
    assert!(plausible(&SLOW, r(0, 10), r(60, 13)));
    assert!(!plausible(&SLOW, r(0, 10), r(60, 14)));
    // 1 per hour: ⌈1/30⌉ + 1
    let hourly = Physics { rate_max_per_h: Some(1), ..ANY };
    assert!(plausible(&hourly, r(0, 10), r(60, 12)));
    assert!(!plausible(&hourly, r(0, 10), r(60, 13)));
    assert!(!plausible(&ANY, r(0, 10), r(60, 9)));
    assert!(plausible(&ANY, r(0, i64::MIN), r(60, i64::MAX)));
    let fastest = Physics { rate_max_per_h: Some(i64::MAX), ..ANY };
    assert!(plausible(
        &fastest,
        Reading { time: UtcMillis(i64::MIN), count: 0 },
        Reading { time: UtcMillis(i64::MAX), count: i64::MAX }
    ));
}

#[test]
fn up_to_three_readings_behind_a_break_are_set_aside() {
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 0, 102]), &[]), "|ntn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 0, 7, 102]), &[]), "|nttn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 0, 7, 3, 102]), &[]), "|ntttn");
    assert_eq!(verdicts(&SLOW, &minutes(&[100, 101, 9_999, 9_999, 102]), &[]), "|nttn");
    // the fourth makes an epoch
    assert_eq!(verdicts(&SLOW, &minutes(&[100, 101, 0, 1, 2, 3, 104]), &[]), "|n|nnnh");
}

#[test]
fn up_to_three_readings_before_a_break_are_set_aside() {
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 9_999, 102, 103]), &[]), "|ntnn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 9_999, 9_999, 9_999, 102, 103, 104, 105]), &[]), "|ntttnnnn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 0, 65_535, 101, 102]), &[]), "|ttnn");
    // on both sides, three in all
    assert_eq!(verdicts(&ANY, &minutes(&[100, 9_999, 0, 101, 102]), &[]), "|ttnn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 9_998, 9_999, 0, 101, 102, 103]), &[]), "|tttnnn");
    // a fourth is not: the register went back
    let four = minutes(&[100, 101, 9_997, 9_998, 9_999, 9_999, 5_000, 5_001, 5_002, 5_003]);
    assert_eq!(verdicts(&ANY, &four, &[]), "|nnnnn|nnn");
}

#[test]
fn a_row_of_falls_does_not_eat_its_way_back() {
    let mut counts: Vec<i64> = (0..40).map(|i| i * 10).collect();
    counts.extend((0..30).map(|i| 385 - i * 10));
    let found = verdicts(&ANY, &minutes(&counts), &[]);
    assert!(found.starts_with(&format!("|{}", "n".repeat(35))), "{found}");
}

#[test]
fn a_break_is_held_until_it_is_decided() {
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 0]), &[]), "|nh");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 0, 1, 2]), &[]), "|nhhh");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 0, 1, 2, 3]), &[]), "|n|nnn");
}

#[test]
fn a_constant_value_is_set_aside_for_the_warm_up_time() {
    let warm = Physics { warm_up_ms: 5 * 60_000, rate_max_per_h: Some(60), ..ANY };
    assert_eq!(verdicts(&warm, &minutes(&[100, 101, 0, 0, 0, 0, 0]), &[]), "|nhhhhh");
    assert_eq!(verdicts(&warm, &minutes(&[100, 101, 0, 0, 0, 0, 0, 0, 102]), &[]), "|nttttttn");
    assert_eq!(verdicts(&warm, &minutes(&[100, 101, 0, 0, 0, 0, 0, 0, 0]), &[]), "|n|nnnnnn");
    assert_eq!(verdicts(&warm, &minutes(&[100, 101, 0, 0, 0, 0, 1, 0, 102]), &[]), "|n|nnntnh");
}

#[test]
fn a_reset_starts_near_0_a_fall_anywhere_and_a_jump_above() {
    assert_eq!(
        causes(&ANY, &minutes(&[1_000, 1_001, 100, 101, 102, 103]), &[]),
        [EpochCause::First, EpochCause::Reset]
    );
    assert_eq!(
        causes(&ANY, &minutes(&[1_000, 1_001, 101, 102, 103, 104]), &[]),
        [EpochCause::First, EpochCause::Backwards]
    );
    // more than it can have counted since
    assert_eq!(causes(&SLOW, &minutes(&[1_000, 1_001, 9, 9, 9, 9]), &[]), [EpochCause::First, EpochCause::Backwards]);
    assert_eq!(causes(&SLOW, &minutes(&[1_000, 1_001, 3, 3, 3, 3]), &[]), [EpochCause::First, EpochCause::Reset]);
    assert_eq!(
        causes(&SLOW, &minutes(&[1_000, 1_001, 1_100, 1_100, 1_101, 1_101]), &[]),
        [EpochCause::First, EpochCause::Jump]
    );
}

#[test]
fn a_rollover_is_less_than_half_of_the_range_and_no_faster_than_it_can() {
    let digits = Physics { modulus: Some(1_000), ..ANY };
    assert_eq!(verdicts(&digits, &minutes(&[990, 995, 3, 4, 5, 6]), &[]), "|nrnnn");
    assert_eq!(verdicts(&digits, &minutes(&[600, 99, 100, 101, 102]), &[]), "|rnnn");
    assert_eq!(verdicts(&digits, &minutes(&[600, 100, 100, 101, 102]), &[]), "||nnn");
    assert_eq!(verdicts(&digits, &minutes(&[1_000, 5, 6, 7, 8]), &[]), "||nnn");
    let slow = Physics { modulus: Some(1_000), ..SLOW };
    assert_eq!(verdicts(&slow, &minutes(&[998, 999, 2, 3, 4, 5]), &[]), "|nrnnn");
    assert_eq!(verdicts(&slow, &minutes(&[998, 999, 3, 3, 4, 5]), &[]), "|n|nnn");
}

#[test]
fn a_backstep_and_a_restart_are_decided_at_once() {
    let jitters = Physics { backstep_max: 2, ..ANY };
    assert_eq!(verdicts(&jitters, &minutes(&[100, 98]), &[]), "|b");
    assert_eq!(verdicts(&jitters, &minutes(&[100, 97]), &[]), "|h");
    let batches = Physics { restarts: true, ..ANY };
    let judged = resolve(&batches, &minutes(&[100, 98]), &[]);
    let zero = Judged { reading: r(0, 0), verdict: Verdict::Opens(EpochCause::Restart), declared: true };
    assert_eq!(judged[1..], [zero, Judged { reading: r(60, 98), verdict: Verdict::Normal, declared: false }]);
    // not from 0 within two minutes
    assert_eq!(verdicts(&Physics { restarts: true, ..SLOW }, &minutes(&[100, 98]), &[]), "|h");
}

#[test]
fn a_declaration_ends_the_register_and_decides_what_was_held() {
    let at = |second: i64, final_count, initial_count| Declaration {
        time: UtcMillis(second * 1_000),
        final_count,
        initial_count,
    };
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 102, 103]), &[at(90, None, None)]), "|n|n");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 5, 6]), &[at(90, Some(102), Some(4))]), "|nn'|'nn");
    // a reading at its time is the new register's
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101, 5, 6]), &[at(120, Some(102), Some(4))]), "|nn'|'nn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 0, 5, 6]), &[at(90, Some(101), Some(4))]), "|tn'|'nn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 0, 5, 6]), &[at(90, None, Some(4))]), "|||'nn");
    assert_eq!(verdicts(&ANY, &minutes(&[100, 101]), &[at(90, Some(102), Some(4))]), "|nn'|'");
    assert_eq!(verdicts(&ANY, &[], &[at(90, None, None)]), "");
}

#[test]
fn what_can_not_be_added_up_takes_no_part() {
    let readings = [r(0, 5), r(60, COUNT_MAX + 1), r(120, i64::MIN), r(180, 6)];
    let unreadable = Declaration { time: UtcMillis(150_000), final_count: Some(i64::MAX), initial_count: None };
    assert_eq!(verdicts(&ANY, &readings, &[]), "|n");
    assert_eq!(verdicts(&ANY, &readings, &[unreadable]), "||");
    let extremes = [r(0, -COUNT_MAX), r(60, COUNT_MAX), r(120, -COUNT_MAX)];
    assert_eq!(verdicts(&Physics { backstep_max: i64::MAX, ..ANY }, &extremes, &[]), "|nb");
}
