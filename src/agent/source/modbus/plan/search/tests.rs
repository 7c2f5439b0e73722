use super::*;
use crate::agent::{
    config::{ModbusPoint, ValueType, WordOrder},
    source::modbus::plan::spans,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn points(registers: &[(u16, ValueType)]) -> Vec<Span> {
    let point = |(register, value_type): &(u16, ValueType)| ModbusPoint {
        series: 0,
        function: Function::HoldingRegisters,
        register: *register,
        value_type: *value_type,
        word_order: WordOrder::Abcd,
        no_value: Vec::new(),
        multiplier: None,
    };
    spans(&registers.iter().map(point).collect::<Vec<_>>())
}

fn words(registers: impl IntoIterator<Item = u16>) -> Vec<Span> {
    points(&registers.into_iter().map(|at| (at, ValueType::U16)).collect::<Vec<_>>())
}

/// A meter that refuses some registers, and requests that are too long.
#[derive(Debug, Clone)]
struct Meter {
    refused: BTreeSet<u32>,
    count_max: u16,
    too_long: u8,
}

impl Meter {
    fn sound_but(refused: &[u32]) -> Meter {
        Meter { refused: refused.iter().copied().collect(), count_max: 125, too_long: ILLEGAL_VALUE }
    }

    fn says(&self, read: &Read) -> Result<(), u8> {
        match () {
            () if read.count > self.count_max => Err(self.too_long),
            () if (u32::from(read.start)..read.end()).any(|at| self.refused.contains(&at)) => Err(ILLEGAL_ADDRESS),
            () => Ok(()),
        }
    }
}

/// One poll: how many requests it took, and which points were read.
fn poll(search: &mut Search, spans: &[Span], limits: &ModbusLimits, meter: &Meter) -> (usize, BTreeSet<usize>) {
    let asked = search.poll(spans, limits);
    let mut read = BTreeSet::new();
    for one in &asked {
        match meter.says(&one.read) {
            Ok(()) => {
                search.answered(one);
                read.extend(one.read.parts.iter().map(|part| part.point));
            }
            Err(code) => search.refused(one, code, spans),
        }
    }
    (asked.len(), read)
}

fn limits(gap_max: u16) -> ModbusLimits {
    ModbusLimits { gap_max, ..ModbusLimits::default() }
}

#[test]
fn one_bad_register_in_a_block_is_found_and_the_rest_is_read_all_the_while() {
    let (spans, meter) = (words(0..64), Meter::sound_but(&[37]));
    let mut search = Search::default();
    let mut polls = Vec::new();
    for _ in 0..20 {
        polls.push(poll(&mut search, &spans, &limits(0), &meter));
    }
    assert!(polls.iter().all(|(requests, _)| *requests <= 3), "{polls:?}");
    assert_eq!(polls[2].1.len(), 32, "half of them are back in the poll after the second refusal");
    assert_eq!(polls[19], (2, (0..64).filter(|at| *at != 37).collect()));
    assert_eq!(search.certain().refused, [super::super::Stretch { function: 3, first: 37, last: 37 }]);
    let read: Vec<_> = polls.iter().skip(2).map(|(_, read)| read.len()).collect();
    assert!(read.is_sorted(), "what has come back stays: {read:?}");
}

#[test]
fn a_refusal_that_does_not_come_again_has_taught_nothing() {
    let spans = words(0..10);
    let (mut search, sound) = (Search::default(), Meter::sound_but(&[]));
    for _ in 0..5 {
        poll(&mut search, &spans, &limits(0), &Meter::sound_but(&[4]));
        assert_eq!(poll(&mut search, &spans, &limits(0), &sound).1.len(), 10);
    }
    assert!(search.learned().is_empty());
}

#[test]
fn a_meter_that_refuses_everything_has_taught_nothing_and_is_not_searched_for_ever() {
    let spans = words([0, 1, 2, 3, 10]);
    let nothing = Meter { refused: (0..100).collect(), count_max: 125, too_long: 3 };
    let mut search = Search::default();
    for _ in 0..40 {
        poll(&mut search, &spans, &limits(0), &nothing);
    }
    assert!(search.certain().is_empty());
    assert_eq!(search.poll(&spans, &limits(0)).len(), 2, "the plan again, and no more");
    assert_eq!(poll(&mut search, &spans, &limits(0), &Meter::sound_but(&[])).1.len(), 5);
    for _ in 0..20 {
        poll(&mut search, &spans, &limits(0), &Meter::sound_but(&[1]));
    }
    assert_eq!(search.certain().refused.len(), 1, "after an answer it is searched again");
}

#[test]
fn blocks_that_are_all_refused_are_all_searched_although_one_is_a_single_value() {
    let (spans, meter) = (words([1, 18, 19, 20]), Meter::sound_but(&[1, 18]));
    let mut search = Search::default();
    for _ in 0..8 {
        poll(&mut search, &spans, &limits(0), &meter);
    }
    assert_eq!(poll(&mut search, &spans, &limits(0), &meter).1.len(), 2, "{search:?}");
}

#[test]
fn a_register_in_a_filled_gap_is_found_although_nobody_asked_for_it() {
    let (spans, meter) = (words([0, 1, 5, 6]), Meter::sound_but(&[3]));
    let mut search = Search::default();
    for _ in 0..8 {
        poll(&mut search, &spans, &limits(5), &meter);
    }
    assert_eq!(poll(&mut search, &spans, &limits(5), &meter), (2, (0..4).collect()));
    assert_eq!(search.certain().refused, [super::super::Stretch { function: 3, first: 2, last: 4 }]);
}

#[test]
fn a_block_that_is_too_long_makes_all_of_them_shorter() {
    for too_long in [ILLEGAL_VALUE, ILLEGAL_ADDRESS] {
        let (spans, meter) = (words(0..120), Meter { count_max: 50, too_long, ..Meter::sound_but(&[]) });
        let mut search = Search::default();
        for _ in 0..12 {
            poll(&mut search, &spans, &limits(0), &meter);
        }
        assert_eq!(
            poll(&mut search, &spans, &limits(0), &meter),
            (3, (0..120).collect()),
            "no more than with the limit known"
        );
        // 30 were answered and 60 were not
        assert_eq!(search.certain().count_max, [(3, 45)]);
        assert!(search.certain().refused.is_empty());
    }
}

#[test]
fn time_outs_make_requests_shorter_only_where_shorter_ones_are_answered() {
    let spans = words((0..100).chain(200..202));
    let mut search = Search::default();
    for round in 0..3 {
        assert!(search.learned().is_empty(), "{round}");
        let asked = search.poll(&spans, &limits(0));
        search.answered(&asked[1]);
        search.timed_out(&asked[0]);
    }
    assert_eq!(search.learned().count_max, [(3, 50)]);
    let mut silent = Search::default();
    for _ in 0..10 {
        let asked = silent.poll(&spans, &limits(0));
        silent.timed_out(&asked[0]);
    }
    assert!(silent.learned().is_empty(), "a dead meter is not slow");
}

proptest! {
    #[test]
    fn every_readable_value_comes_back_and_nothing_is_refused_any_more(
        registers in prop::collection::btree_set(0..60_u16, 1..30), wide in prop::collection::vec(any::<bool>(), 60),
        refused in prop::collection::btree_set(0..70_u32, 0..6), gap_max in 0..5_u16, count_max in prop_oneof![Just(125_u16), 2..40_u16], too_long in 2..=3_u8,
    ) {
        // no two values overlap
        let mut after = 0;
        let mut list = Vec::new();
        for at in registers.into_iter().filter(|at| *at < 60) {
            if at >= after {
                let value_type = if wide[usize::from(at)] { ValueType::U32 } else { ValueType::U16 };
                after = at + value_type.registers();
                list.push((at, value_type));
            }
        }
        let spans = points(&list);
        let meter = Meter { refused, count_max, too_long };
        let mut search = Search::default();
        let readable: BTreeSet<usize> = spans.iter().filter(|span| (span.start..span.end).all(|at| !meter.refused.contains(&at))).map(|span| span.point).collect();
        for _ in 0..400 {
            let whole = super::super::plan_of(spans.clone(), &limits(gap_max), search.certain()).len();
            let asked = search.poll(&spans, &limits(gap_max));
            let sound = asked.iter().filter(|one| one.suspect.is_none()).count();
            prop_assert!(asked.len() <= whole.max(sound) + 1, "{} requests, {} of them sound, of {}", asked.len(), sound, whole);
            let (_, read) = poll(&mut search, &spans, &limits(gap_max), &meter);
            prop_assert!(read.is_subset(&readable));
        }
        if readable.is_empty() {
            prop_assert!(search.certain().is_empty());
        } else {
            let asked = search.poll(&spans, &limits(gap_max));
            for one in &asked {
                prop_assert!(meter.says(&one.read).is_ok(), "{:?} is refused still: {:?}", one.read, search);
            }
            prop_assert_eq!(poll(&mut search, &spans, &limits(gap_max), &meter).1, readable);
        }
    }
}
