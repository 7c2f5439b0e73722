//! What the verdicts keep over any readings: the law of sums, order, locality.

use super::*;
use proptest::prelude::*;

pub const CASES: u32 = 100_000;

/// Registers that count slowly, roll over soon and warm up: where the rules meet.
pub fn physics() -> impl Strategy<Value = Physics> {
    let (modulus, rate) = (prop::option::of(Just(64_i64)), prop::option::of(60_i64..600));
    (modulus, rate, 0_i64..3, 0_i64..4, prop::bool::weighted(0.2)).prop_map(
        |(modulus, rate_max_per_h, backstep_max, warm_up, restarts)| Physics {
            modulus,
            rate_max_per_h,
            backstep_max,
            warm_up_ms: warm_up * 150_000,
            restarts,
        },
    )
}

/// Distance in steps of 30 s, and what the register does meanwhile.
pub type Step = (u8, u8, i64);

pub fn steps(upto: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0_u8..6, 0_u8..12, 0_i64..80), 0..upto)
}

/// Mostly it counts on; sometimes it says anything, 0, the same again, or goes on from another count.
pub fn walk(steps: &[Step]) -> Vec<Reading> {
    let (mut time, mut count, mut said) = (0, 40, 0);
    steps
        .iter()
        .map(|(distance, kind, any)| {
            time += i64::from(*distance) * 30;
            said = match kind {
                0 => *any,
                1 => 0,
                2 => said,
                3 => {
                    count = *any;
                    count
                }
                _ => {
                    count += i64::from(*distance) % 3;
                    count
                }
            };
            r(time, said)
        })
        .collect()
}

pub fn declarations() -> impl Strategy<Value = Vec<Declaration>> {
    let count = || prop::option::of(0_i64..80);
    let one = (0_i64..60, count(), count()).prop_map(|(step, final_count, initial_count)| Declaration {
        time: UtcMillis(step * 30_000),
        final_count,
        initial_count,
    });
    prop::collection::vec(one, 0..3)
}

/// Per epoch: Σ differences = last − first, and the modulus for each rollover; each difference is what its verdict says.
fn keeps_the_law(physics: &Physics, judged: &[Judged]) -> Result<(), TestCaseError> {
    let booked: Vec<_> =
        judged.iter().filter(|judged| !matches!(judged.verdict, Verdict::Transient | Verdict::Held)).collect();
    for epoch in booked.chunk_by(|_, next| !matches!(next.verdict, Verdict::Opens(_))) {
        prop_assert!(matches!(epoch[0].verdict, Verdict::Opens(_)));
        let (mut sum, mut rollovers) = (0, 0);
        for pair in epoch.windows(2) {
            let (a, b) = (pair[0].reading, pair[1].reading);
            sum += match pair[1].verdict {
                Verdict::Normal => {
                    prop_assert!(plausible(physics, a, b));
                    b.count - a.count
                }
                Verdict::Rollover => {
                    rollovers += 1;
                    let risen = b.count + physics.modulus.unwrap() - a.count;
                    prop_assert!(b.count < a.count && 0 < risen && 2 * risen < physics.modulus.unwrap());
                    let unrolled = Reading { count: a.count + risen, ..b };
                    prop_assert!(plausible(physics, a, unrolled));
                    risen
                }
                _ => {
                    prop_assert_eq!(pair[1].verdict, Verdict::Backstep);
                    prop_assert!(b.count < a.count && a.count - b.count <= physics.backstep_max);
                    b.count - a.count
                }
            };
        }
        let (first, last) = (epoch[0].reading, epoch[epoch.len() - 1].reading);
        prop_assert_eq!(sum, last.count - first.count + rollovers * physics.modulus.unwrap_or(0));
    }
    Ok(())
}

/// What is set aside in a row is three readings, or a warm-up.
fn sets_aside_little(physics: &Physics, judged: &[Judged]) -> Result<(), TestCaseError> {
    for row in judged.chunk_by(|a, b| (a.verdict == Verdict::Transient) == (b.verdict == Verdict::Transient)) {
        if row[0].verdict == Verdict::Transient && row.len() > HEAL_READINGS {
            prop_assert!(row.iter().all(|one| one.reading.count == row[0].reading.count));
            prop_assert!(row[row.len() - 1].reading.time.since(row[0].reading.time) <= physics.warm_up_ms);
        }
    }
    Ok(())
}

/// Readings that were read, with their verdicts.
fn read(judged: Vec<Judged>) -> Vec<(Reading, Verdict)> {
    judged.into_iter().filter(|judged| !judged.declared).map(|judged| (judged.reading, judged.verdict)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn the_law_holds_in_every_epoch(physics in physics(), steps in steps(24), declarations in declarations()) {
        let readings = walk(&steps);
        let judged = resolve(&physics, &readings, &declarations);
        keeps_the_law(&physics, &judged)?;
        sets_aside_little(&physics, &judged)?;
        let mut all = readings;
        all.sort_unstable();
        all.dedup();
        let judged: Vec<_> = read(judged).into_iter().map(|(reading, _)| reading).collect();
        prop_assert_eq!(judged, all);
    }

    #[test]
    fn the_order_of_arrival_changes_nothing(
        physics in physics(), steps in steps(16), declarations in declarations(), order in prop::collection::vec(any::<u16>(), 32),
    ) {
        let readings = walk(&steps);
        let mut again: Vec<_> = readings.iter().chain(&readings[..readings.len() / 2]).copied().collect();
        let mut keys = order.iter();
        again.sort_by_cached_key(|_| keys.next().copied());
        let (late, early) = again.split_at(again.len() / 3);
        let merged = [early, late].concat();
        let mut turned = declarations.clone();
        turned.reverse();
        prop_assert_eq!(resolve(&physics, &readings, &declarations), resolve(&physics, &merged, &turned));
    }

    /// Something else before a plausible stretch changes nothing behind its settled readings, and the other way round.
    #[test]
    fn a_settled_stretch_parts_what_lies_on_its_sides(
        physics in physics(), before in steps(10), instead in steps(10), after in steps(10), later in steps(10),
        start in 0_i64..64, rises in prop::collection::vec(0_i64..2, 20..28), distance in 60_i64..70,
    ) {
        let mut count = start;
        let stretch: Vec<_> = (0..).zip(&rises).map(|(i, rise)| { count += rise; r(100_000 + i * distance, count) }).collect();
        let moved = |steps: &[Step], by: i64| -> Vec<_> { walk(steps).into_iter().map(|one| Reading { time: one.time.plus_ms(by), ..one }).collect() };
        let end = stretch[stretch.len() - 1].time;
        let whole = |before: &[Step], after: &[Step]| {
            let before = moved(before, 98_499_000);
            let after = moved(after, end.0 + 1);
            read(resolve(&physics, &[before, stretch.clone(), after].concat(), &[]))
        };
        // the rate is one a minute and more
        let settled: Vec<_> = stretch.iter().enumerate().filter(|(i, one)| {
            let enough = (SETTLED_READINGS..stretch.len() - SETTLED_READINGS).contains(i);
            enough && one.time.since(stretch[0].time) > physics.warm_up_ms && end.since(one.time) > physics.warm_up_ms
        }).map(|(_, one)| *one).collect();
        let (first, last) = (settled[0], settled[settled.len() - 1]);
        let one = whole(&before, &after);
        let part = |all: &[(Reading, Verdict)], from: Option<Reading>, upto: Option<Reading>| -> Vec<_> {
            all.iter().filter(|(one, _)| from.is_none_or(|from| *one >= from) && upto.is_none_or(|upto| *one <= upto)).copied().collect()
        };
        prop_assert!(part(&one, Some(first), Some(last)).iter().all(|(_, verdict)| *verdict == Verdict::Normal));
        prop_assert_eq!(part(&one, Some(first), None), part(&whole(&instead, &after), Some(first), None));
        prop_assert_eq!(part(&one, None, Some(last)), part(&whole(&before, &later), None, Some(last)));
        let window: Vec<_> = stretch.iter().copied().chain(moved(&after, end.0 + 1)).collect();
        prop_assert_eq!(part(&one, Some(first), None), part(&read(resolve(&physics, &window, &[])), Some(first), None));
    }
}
