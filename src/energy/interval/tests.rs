use super::*;
use crate::{
    energy::counter::{Declaration, EpochCause, Judged, Verdict, resolve, tests::laws::*},
    model::{CHINA_OFFSET_MS, Doubts, Physics},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn reading(time: i64, count: i64) -> Reading {
    Reading { time: UtcMillis(time), count }
}

#[test]
fn a_pair_inside_one_interval_is_one_share() {
    let got: Vec<_> = shares(reading(1_000, 5), reading(59_000, 9), MINUTE_MS).collect();
    assert_eq!(got, [Share { start: UtcMillis(0), amount: 4, covered_ms: 58_000 }]);
}

#[test]
fn a_boundary_is_interpolated_and_rounded_down() {
    let got: Vec<_> = shares(reading(30_000, 100), reading(130_000, 107), MINUTE_MS).collect();
    let expected = [(0, 2, 30_000), (60_000, 4, 60_000), (120_000, 1, 10_000)];
    assert_eq!(got, expected.map(|(start, amount, covered_ms)| Share { start: UtcMillis(start), amount, covered_ms }));
}

#[test]
fn a_reading_on_the_boundary_belongs_to_the_interval_it_opens() {
    let got: Vec<_> = shares(reading(0, 0), reading(60_000, 7), MINUTE_MS).collect();
    assert_eq!(got, [Share { start: UtcMillis(0), amount: 7, covered_ms: 60_000 }]);
}

fn judged(time: i64, count: i64, verdict: Verdict) -> Judged {
    Judged { reading: reading(time, count), verdict, declared: false }
}

#[test]
fn a_long_distance_is_spread_evenly_and_says_so() {
    let physics = Physics::default();
    let far = [judged(0, 10, Verdict::Opens(EpochCause::First)), judged(4 * QUARTER_MS, 20, Verdict::Normal)];
    let found: Vec<_> =
        amounts(&physics, &far, QUARTER_MS).iter().map(|one| (one.amount, one.covered_ms, one.doubts)).collect();
    let spread = |amount| (amount, QUARTER_MS, Doubts::ESTIMATED_SHAPE);
    assert_eq!(found, [spread(2), spread(3), spread(2), spread(3), (0, 0, Doubts::NONE)]);
    let near = [far[0], judged(ESTIMATED_ABOVE_MS, 20, Verdict::Normal)];
    assert!(amounts(&physics, &near, QUARTER_MS).iter().all(|one| one.doubts.is_none()));
    // no minutes of it, and no quarter-hours of decades
    assert!(amounts(&physics, &near, MINUTE_MS).iter().all(|one| one.covered_ms == 0));
    let decades = [far[0], judged(73 * 366 * 86_400_000, 20, Verdict::Normal)];
    assert_eq!(amounts(&physics, &decades, QUARTER_MS).len(), 2);
}

#[test]
fn each_doubt_is_where_it_belongs() {
    let physics = Physics { modulus: Some(1_000), backstep_max: 1, ..Physics::default() };
    let minute = |minute: i64, count, verdict| judged(minute * MINUTE_MS, count, verdict);
    let all = [
        minute(0, 990, Verdict::Opens(EpochCause::First)),
        minute(10, 995, Verdict::Normal),
        minute(16, 0, Verdict::Transient),
        minute(20, 5, Verdict::Rollover),
        minute(40, 15, Verdict::Normal),
        minute(50, 14, Verdict::Backstep),
        minute(70, 7, Verdict::Opens(EpochCause::Backwards)),
        minute(76, 0, Verdict::Held),
    ];
    let found: Vec<_> = amounts(&physics, &all, QUARTER_MS)
        .iter()
        .map(|one| (one.start.0 / MINUTE_MS, one.amount, one.readings, one.doubts))
        .collect();
    let expected = [
        (0, 5 + 5, 2, Doubts::ROLLOVER),
        (15, 5 + 5, 1, Doubts::ROLLOVER | Doubts::TRANSIENT),
        (30, 5 - 1, 1, Doubts::BACKSTEP),
        (45, 0, 1, Doubts::BACKSTEP | Doubts::EPOCH),
        (60, 0, 1, Doubts::EPOCH),
        (75, 0, 0, Doubts::HELD),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_a_reading_brings_is_in_all_that_its_pairs_reach() {
    let far = [
        (judged(0, 10, Verdict::Opens(EpochCause::First)), Doubts::ROUNDED),
        (judged(1_000, 10, Verdict::Normal), Doubts::NONE),
        (judged(3 * QUARTER_MS + 1, 40, Verdict::Normal), Doubts::CLOCK),
        (judged(4 * QUARTER_MS, 50, Verdict::Normal), Doubts::NONE),
        (judged(5 * QUARTER_MS + 1_000, 60, Verdict::Normal), Doubts::NONE),
        (judged(7 * QUARTER_MS, 60, Verdict::Normal), Doubts::NONE),
    ];
    let (mut booking, mut found) = (Booking::new(Physics::default(), QUARTER_MS), Vec::new());
    far.iter().for_each(|(one, doubts)| booking.take(one, *doubts, &mut |amount| found.push(amount.doubts)));
    booking.finish(&mut |amount| found.push(amount.doubts));
    let (none, clock, shape) = (Doubts::NONE, Doubts::CLOCK, Doubts::ESTIMATED_SHAPE);
    let first = Doubts::ROUNDED | clock | shape;
    assert_eq!(found, [first, clock | shape, clock | shape, clock | shape, none, shape, shape, none]);
}

#[test]
fn what_a_person_wrote_is_marked_in_all_that_it_touches() {
    let physics = Physics { restarts: true, ..Physics::default() };
    let declaration = Declaration { time: UtcMillis(14 * MINUTE_MS), final_count: Some(105), initial_count: Some(1) };
    let readings = [(0, 100), (16, 3), (31, 9), (46, 2)].map(|(minute, count)| reading(minute * MINUTE_MS, count));
    let found: Vec<_> = amounts(&physics, &resolve(&physics, &readings, &[declaration]), QUARTER_MS)
        .iter()
        .map(|one| (one.amount, one.readings, one.doubts))
        .collect();
    let expected =
        [(5 + 1, 1, Doubts::MANUAL), (1 + 5, 1, Doubts::MANUAL), (1 + 1, 1, Doubts::EPOCH), (1, 1, Doubts::NONE)];
    assert_eq!(found, expected);
}

#[test]
fn a_day_in_china_begins_with_a_quarter_hour() {
    for day in 0..36_525 {
        let midnight = UtcMillis(day * 86_400_000 - CHINA_OFFSET_MS);
        assert_eq!(midnight.floor(QUARTER_MS), midnight);
        assert_eq!(midnight.civil().unwrap().time(), jiff::civil::Time::midnight());
    }
}

/// The amounts as a ledger makes them: of each epoch the first and the last reading of each quarter-hour, and the pairs
/// that cross its borders.
fn from_cells(physics: &Physics, judged: &[Judged]) -> BTreeMap<UtcMillis, i64> {
    let booked: Vec<_> =
        judged.iter().filter(|one| !matches!(one.verdict, Verdict::Transient | Verdict::Held)).copied().collect();
    let start_of = |one: &Judged| one.reading.time.floor(QUARTER_MS);
    let mut all = BTreeMap::new();
    for epoch in booked.chunk_by(|_, next| !matches!(next.verdict, Verdict::Opens(_))) {
        let mut before: Option<Pair> = None;
        for (place, part) in epoch.chunk_by(|a, b| start_of(a) == start_of(b)).scan(0, |end, part| {
            *end += part.len();
            Some((*end, part))
        }) {
            let start = start_of(&part[0]);
            let cell = Cell { first: part[0].reading, last: part[part.len() - 1].reading };
            let carry = part.windows(2).map(|two| Pair::of(physics, &two[0], &two[1]).carry).sum();
            let after = epoch.get(place).map(|next| Pair::of(physics, &part[part.len() - 1], next));
            *all.entry(start).or_insert(0) += amount(before.as_ref(), &cell, carry, after.as_ref(), start, QUARTER_MS);
            let mut bridge = start.plus_ms(QUARTER_MS);
            while let Some(pair) = after.filter(|pair| bridge < pair.b.time.floor(QUARTER_MS)) {
                let end = bridge.plus_ms(QUARTER_MS);
                *all.entry(bridge).or_insert(0) += pair.register_at(end) - pair.register_at(bridge);
                bridge = end;
            }
            before = after;
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn shares_add_up_to_the_difference(
        t in -1_000_000_000_i64..1_000_000_000, dt in prop_oneof![Just(0_i64), 0_i64..3_000_000, 0_i64..100_000_000],
        count in any::<i32>(), moved in prop_oneof![-5_i64..1_000, 0_i64..(1 << 50)],
        width in prop::sample::select(vec![MINUTE_MS, QUARTER_MS, 3_600_000, 86_400_000]),
    ) {
        let (a, b) = (reading(t, i64::from(count)), reading(t + dt, i64::from(count) + moved));
        let (mut amount, mut covered_ms, mut next) = (0, 0, a.time.floor(width));
        for share in shares(a, b, width) {
            prop_assert_eq!(share.start, next);
            prop_assert!(share.covered_ms <= width && (moved < 0 || share.amount >= 0));
            (amount, covered_ms, next) = (amount + share.amount, covered_ms + share.covered_ms, next.plus_ms(width));
        }
        prop_assert_eq!((amount, covered_ms), (moved, dt));
    }

    #[test]
    fn intervals_are_the_same_from_pairs_and_from_cells(
        physics in physics(), steps in steps(24), declarations in declarations(), stretch in 1_i64..40,
    ) {
        let far = |time: UtcMillis| UtcMillis(time.0 * stretch);
        let readings: Vec<_> = walk(&steps).into_iter().map(|one| Reading { time: far(one.time), ..one }).collect();
        let declarations: Vec<_> = declarations.into_iter().map(|one| Declaration { time: far(one.time), ..one }).collect();
        let judged = resolve(&physics, &readings, &declarations);
        let pairs = amounts(&physics, &judged, QUARTER_MS);
        prop_assert!(pairs.windows(2).all(|two| two[0].start < two[1].start), "closed once, in order");
        let booked: BTreeMap<_, _> = pairs.iter().map(|one| (one.start, one.amount)).filter(|one| one.1 != 0).collect();
        let cells: BTreeMap<_, _> = from_cells(&physics, &judged).into_iter().filter(|one| one.1 != 0).collect();
        prop_assert_eq!(booked, cells);
    }
}

proptest! {
    #[test]
    fn cells_merge_in_any_order_and_however_often(times in prop::collection::vec(0_i64..900_000, 1..20), seed in any::<u64>()) {
        let readings: Vec<_> = times.iter().map(|t| reading(*t, *t * 3)).collect();
        let fold = |order: &[Reading]| order.iter().map(|r| Cell::of(*r)).reduce(|mut a, b| { a.merge(b); a }).unwrap();
        let mut shuffled = readings.clone();
        shuffled.extend_from_within(..readings.len() / 2);
        let turn = usize::try_from(seed % 97).unwrap() % shuffled.len();
        shuffled.rotate_left(turn);
        prop_assert_eq!(fold(&readings), fold(&shuffled));
    }
}
