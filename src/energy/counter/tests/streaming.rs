//! The machine says what [`resolve`] says.

use super::{
    laws::{CASES, declarations, physics, steps, walk},
    *,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn streaming_is_batch(physics in physics(), steps in steps(24), declarations in declarations(), early in any::<bool>()) {
        let mut readings = walk(&steps);
        readings.dedup_by_key(|reading| reading.time);
        let batch = resolve(&physics, &readings, &declarations);
        let mut machine = Machine::new(physics);
        let mut sorted = declarations.clone();
        sorted.sort_unstable();
        let mut ahead = sorted.into_iter().peekable();
        let mut streamed = Vec::new();
        for reading in &readings {
            while let Some(declaration) = ahead.next_if(|ahead| early || ahead.time <= reading.time) {
                prop_assert!(machine.declare(declaration));
            }
            machine.push(*reading, &mut streamed);
            machine.push(Reading { count: reading.count + 1, ..*reading }, &mut streamed);
            prop_assert!(machine.pending().count() <= 2 * HEAL_READINGS + 24);
            prop_assert_eq!(&streamed[..], &batch[..streamed.len()]);
        }
        prop_assert!(ahead.all(|ahead| machine.declare(ahead)));
        machine.reach(UtcMillis(i64::MAX), &mut streamed);
        streamed.extend(machine.pending());
        prop_assert_eq!(streamed, batch);
    }
}

#[test]
fn what_comes_late_is_passed_over() {
    let mut machine = Machine::new(ANY);
    let mut out = Vec::new();
    for reading in [r(60, 5), r(60, 6), r(0, 7), r(120, 8)] {
        machine.push(reading, &mut out);
    }
    assert_eq!(machine.pending().map(|judged| judged.reading).collect::<Vec<_>>(), [r(60, 5), r(120, 8)]);
    assert!(!machine.declare(Declaration { time: UtcMillis(120_000), final_count: None, initial_count: None }));
}

#[test]
fn what_waits_is_bounded_whatever_comes() {
    let warm = Physics { warm_up_ms: 100 * HOUR, ..ANY };
    let mut machine = Machine::new(warm);
    let mut out = Vec::new();
    for second in 0..5_000 {
        machine.push(r(second, if second < 10 { 1_000 } else { 0 }), &mut out);
        assert!(machine.pending().count() <= HEAL_READINGS + WARM_UP_READINGS + 1);
    }
    assert!((1..200).all(|hour| machine.declare(Declaration {
        time: UtcMillis((5_000 + hour) * 1_000),
        final_count: None,
        initial_count: None
    }) == (hour <= 64)));
}
