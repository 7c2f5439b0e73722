use super::*;
use proptest::prelude::*;

fn at(wall: i64, steady_ms: i64) -> Instants {
    Instants { wall: UtcMillis(wall), steady_ms }
}

#[test]
fn polls_stand_on_multiples_and_what_a_late_one_missed_is_counted() {
    let mut schedule = Schedule::new([1000], at(10_300, 0));
    assert_eq!(schedule.next(at(10_300, 0)), Next::Wait { ms: 700 });
    assert_eq!(schedule.next(at(11_000, 700)), Next::Serve { meter: 0, skipped: 0 });
    // the poll took 3.3 s: 12 and 13 are lost, that of 14 is served late
    assert_eq!(schedule.next(at(14_300, 4000)), Next::Serve { meter: 0, skipped: 2 });
    assert_eq!(schedule.next(at(14_400, 4100)), Next::Wait { ms: 600 });
    assert_eq!(Schedule::new([], at(0, 0)).next(at(0, 0)), Next::Never);
}

#[test]
fn an_instant_is_not_served_twice_when_the_clock_stands_a_little_before_it() {
    let mut schedule = Schedule::new([1000], at(10_300, 0));
    assert_eq!(schedule.next(at(10_999, 700)), Next::Serve { meter: 0, skipped: 0 });
    assert_eq!(schedule.next(at(11_000, 701)), Next::Wait { ms: 1000 });
}

#[test]
fn after_a_step_of_the_clock_the_multiples_are_those_of_the_new_one() {
    let mut schedule = Schedule::new([60_000], at(60_000, 0));
    assert_eq!(schedule.next(at(60_000, 0)), Next::Wait { ms: 60_000 });
    assert_eq!(schedule.next(at(1_700_000_010_000, 1000)), Next::Wait { ms: 30_000 }, "not years of polls at once");
    assert_eq!(schedule.next(at(10_000, 2000)), Next::Wait { ms: 50_000 }, "and back");
}

#[test]
fn of_those_that_became_due_together_the_one_that_is_due_again_sooner_goes_first() {
    let mut schedule = Schedule::new([4000, 1000, 2000, 1000], at(500, 0));
    let now = at(4000, 3500);
    // 1 and 3 are due since 1.0, 2 since 2.0, 0 since 4.0
    let mut served = Vec::new();
    while let Next::Serve { meter, skipped } = schedule.next(now) {
        served.push((meter, skipped));
    }
    assert_eq!(served, [(1, 3), (3, 3), (2, 1), (0, 0)]);
    let now = at(8000, 7500);
    let served = std::iter::from_fn(|| match schedule.next(now) {
        Next::Serve { meter, .. } => Some(meter),
        _ => None,
    });
    let served: Vec<_> = served.collect();
    assert_eq!(served, [1, 3, 2, 0]);
}

/// What a run of the bus did.
#[derive(Debug, Clone, Copy)]
struct Service {
    meter: usize,
    since: i64,
    begun: i64,
}

/// A line on which each poll takes `take_ms` of its meter, and a wall clock that is stepped.
fn run(intervals: &[i64], take_ms: &[i64], steps: &[(i64, i64)], until: i64) -> (Vec<Service>, u64) {
    let (mut steady, mut wall) = (0, 1_700_000_000_123_i64);
    let mut schedule = Schedule::new(intervals.iter().copied(), at(wall, steady));
    let mut steps = steps.to_vec();
    steps.sort_unstable();
    let (mut services, mut skipped_all, mut waits) = (Vec::new(), 0, 0);
    while steady < until {
        let before = schedule.slots.iter().map(|slot| slot.due_steady_ms).collect::<Vec<_>>();
        let passed = match schedule.next(at(wall, steady)) {
            Next::Serve { meter, skipped } => {
                services.push(Service { meter, since: before[meter], begun: steady });
                skipped_all += skipped;
                waits = 0;
                take_ms[meter]
            }
            Next::Wait { ms } => {
                let longest = intervals.iter().min().unwrap();
                assert!(ms > 0 && ms as i64 <= longest + longest / 10, "{ms} for an interval of {longest}");
                waits += 1;
                assert!(waits < 100, "it never wakes");
                ms as i64
            }
            Next::Never => unreachable!(),
        };
        (steady, wall) = (steady + passed, wall + passed);
        while steps.first().is_some_and(|(when, _)| *when <= steady) {
            wall = (wall + steps.remove(0).1).max(0);
        }
    }
    (services, skipped_all)
}

fn assert_fair(services: &[Service]) {
    for (place, service) in services.iter().enumerate() {
        let waiting = services[..place].iter().rev().take_while(|other| other.begun >= service.since);
        let mut served = std::collections::BTreeMap::new();
        for other in waiting.take_while(|other| other.meter != service.meter) {
            *served.entry(other.meter).or_insert(0) += 1;
        }
        assert!(served.values().all(|times| *times <= 1), "while {service:?} waited: {served:?}");
    }
}

proptest! {
    #[test]
    fn while_one_waits_each_other_is_served_at_most_once(
        meters in prop::collection::vec((50_i64..5000, 1_i64..900), 1..8),
        steps in prop::collection::vec((0_i64..60_000, -100_000_000_i64..100_000_000), 0..5),
    ) {
        let (intervals, take): (Vec<_>, Vec<_>) = meters.into_iter().unzip();
        let (services, _) = run(&intervals, &take, &steps, 60_000);
        assert_fair(&services);
        // nobody starves: its interval, a round that had begun, and one in which it waits lie between two services
        let round: i64 = take.iter().sum();
        for (meter, interval) in intervals.iter().enumerate() {
            let begun: Vec<_> = services.iter().filter(|service| service.meter == meter).map(|service| service.begun).collect();
            let gaps = begun.windows(2).map(|two| two[1] - two[0]);
            let longest = gaps.max().unwrap_or(0);
            // a step may move the instant once for each
            let bound = (interval + interval / 10 + 1) * (1 + steps.len() as i64) + 2 * round;
            prop_assert!(longest <= bound, "{} ms of {} for meter {}", longest, bound, meter);
            prop_assert!(!begun.is_empty());
        }
    }

    #[test]
    fn on_a_fast_line_every_multiple_is_served_once_and_in_time(intervals in prop::collection::vec(prop_oneof![Just(100_i64), Just(250), Just(1000), Just(3000)], 1..6)) {
        let (services, skipped) = run(&intervals, &vec![3; intervals.len()], &[], 30_000);
        prop_assert_eq!(skipped, 0);
        for (meter, interval) in intervals.iter().enumerate() {
            let mine: Vec<_> = services.iter().filter(|service| service.meter == meter).collect();
            prop_assert!((mine.len() as i64 - 30_000 / interval).abs() <= 1);
            for service in mine {
                prop_assert_eq!((service.since + 1_700_000_000_123) % interval, 0, "aligned");
                prop_assert!(service.begun - service.since <= 3 * 6);
            }
        }
    }

    #[test]
    fn on_a_slow_line_what_was_served_and_what_was_skipped_are_all_that_was_due(intervals in prop::collection::vec(100_i64..2000, 1..6), take in 1_i64..3000) {
        let (mut now, mut accounted) = (at(1_700_000_000_123, 0), vec![0; intervals.len()]);
        let mut schedule = Schedule::new(intervals.iter().copied(), now);
        let first: Vec<_> = schedule.slots.iter().map(|slot| slot.due_steady_ms).collect();
        while now.steady_ms < 60_000 {
            let passed = match schedule.next(now) {
                Next::Serve { meter, skipped } => {
                    accounted[meter] += 1 + skipped as i64;
                    take
                }
                Next::Wait { ms } => ms as i64,
                Next::Never => unreachable!(),
            };
            now = at(now.wall.0 + passed, now.steady_ms + passed);
        }
        for (meter, slot) in schedule.slots.iter().enumerate() {
            prop_assert_eq!(slot.due_steady_ms - first[meter], accounted[meter] * slot.interval_ms);
        }
    }
}
