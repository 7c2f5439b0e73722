use super::*;
use crate::agent::config::{Multiplier, ValueType, WordOrder};
use proptest::prelude::*;

fn point(function: Function, register: u16, value_type: ValueType) -> ModbusPoint {
    ModbusPoint {
        series: 0,
        function,
        register,
        value_type,
        word_order: WordOrder::Abcd,
        no_value: Vec::new(),
        multiplier: None,
    }
}

fn by(function: Function, register: u16, value_type: ValueType) -> Multiplier {
    let scale = "1".parse().unwrap();
    Multiplier { function, register, value_type, word_order: WordOrder::Abcd, power_of_ten: false, scale }
}

fn shape(points: &[ModbusPoint], limits: &ModbusLimits, learned: &Learned) -> Vec<(u8, u16, u16)> {
    plan(points, limits, learned).iter().map(|read| (read.function as u8, read.start, read.count)).collect()
}

fn of_any(points: &[ModbusPoint]) -> Vec<(u8, u16, u16)> {
    shape(points, &ModbusLimits::default(), &Learned::default())
}

#[test]
fn neighbours_share_a_request_and_a_gap_or_another_table_starts_a_new_one() {
    use {Function::*, ValueType::*};
    let points = [
        point(HoldingRegisters, 102, F32),
        point(HoldingRegisters, 100, U32),
        point(InputRegisters, 104, U16),
        point(HoldingRegisters, 104, I64),
        point(HoldingRegisters, 109, U16),
        point(Coils, 0, Bool),
        point(Coils, 1, Bool),
    ];
    assert_eq!(of_any(&points), [(1, 0, 2), (3, 100, 8), (3, 109, 1), (4, 104, 1)]);
    let first = &plan(&points, &ModbusLimits::default(), &Learned::default())[1];
    let places: Vec<_> = first.parts.iter().map(|part| (part.point, part.offset, part.width)).collect();
    assert_eq!(places, [(1, 0, 2), (0, 2, 2), (3, 4, 4)]);
}

#[test]
fn the_limit_splits_before_a_value_never_inside_it() {
    use {Function::*, ValueType::*};
    let words: Vec<_> = (0..126).map(|i| point(InputRegisters, i, U16)).collect();
    assert_eq!(of_any(&words).len(), 2);
    let pairs: Vec<_> = (0..63).map(|i| point(HoldingRegisters, 2 * i, F32)).collect();
    assert!(of_any(&pairs).iter().all(|(_, start, count)| start % 2 == 0 && count % 2 == 0));
    let bits: Vec<_> = (0..2001).map(|i| point(DiscreteInputs, i, Bool)).collect();
    assert_eq!(of_any(&bits).len(), 2);
    let narrow = ModbusLimits { registers_max: 3, ..ModbusLimits::default() };
    let wide = [point(HoldingRegisters, 0, U16), point(HoldingRegisters, 1, F64), point(HoldingRegisters, 5, U16)];
    assert_eq!(
        shape(&wide, &narrow, &Learned::default()),
        [(3, 0, 1), (3, 1, 4), (3, 5, 1)],
        "a value alone is longer"
    );
}

#[test]
fn the_last_address_can_be_read() {
    let points = [
        point(Function::HoldingRegisters, 65535, ValueType::U16),
        point(Function::HoldingRegisters, 65533, ValueType::U32),
    ];
    assert_eq!(of_any(&points), [(3, 65533, 3)]);
}

#[test]
fn a_gap_is_filled_up_to_its_limit_and_never_over_a_hole_or_what_was_refused() {
    use {Function::*, ValueType::*};
    let points = [point(HoldingRegisters, 0, U16), point(HoldingRegisters, 4, U16), point(HoldingRegisters, 9, U16)];
    let gaps = |gap_max, holes: &[(u16, u16)]| ModbusLimits { registers_max: 125, gap_max, holes: holes.to_vec() };
    let nothing = Learned::default();
    assert_eq!(shape(&points, &gaps(3, &[]), &nothing), [(3, 0, 5), (3, 9, 1)]);
    assert_eq!(shape(&points, &gaps(4, &[]), &nothing), [(3, 0, 10)]);
    assert_eq!(shape(&points, &gaps(4, &[(2, 2)]), &nothing), [(3, 0, 1), (3, 4, 6)]);
    assert_eq!(shape(&points, &gaps(4, &[(4, 4)]), &nothing), [(3, 0, 1), (3, 9, 1)], "a point in a hole is not read");
    let mut learned = Learned::default();
    learned.refuse(HoldingRegisters, 6, 7);
    assert_eq!(shape(&points, &gaps(4, &[]), &learned), [(3, 0, 5), (3, 9, 1)]);
    learned.at_most(HoldingRegisters, 4);
    assert_eq!(shape(&points, &gaps(4, &[]), &learned), [(3, 0, 1), (3, 4, 1), (3, 9, 1)]);
    let mut cut = Learned::default();
    cut.cut(HoldingRegisters, 4);
    assert_eq!(shape(&points, &gaps(4, &[]), &cut), [(3, 0, 1), (3, 4, 6)]);
    let coils = [point(Coils, 0, Bool), point(Coils, 2, Bool)];
    assert_eq!(shape(&coils, &gaps(4, &[(2, 2)]), &nothing), [(1, 0, 1), (1, 2, 1)], "a coil is no register");
}

#[test]
fn of_two_cuts_the_one_at_the_wider_gap_is_taken() {
    use {Function::*, ValueType::*};
    let points: Vec<_> = [0, 1, 2, 8, 10].map(|at| point(HoldingRegisters, at, U16)).to_vec();
    let limits = ModbusLimits { registers_max: 10, gap_max: 8, holes: Vec::new() };
    assert_eq!(shape(&points, &limits, &Learned::default()), [(3, 0, 3), (3, 8, 3)]);
}

#[test]
fn a_multiplier_is_read_in_the_same_poll_and_once_for_all() {
    use {Function::*, ValueType::*};
    let mut points = [point(HoldingRegisters, 10, U32), point(HoldingRegisters, 12, U16)];
    points.iter_mut().for_each(|point| point.multiplier = Some(by(HoldingRegisters, 14, U16)));
    assert_eq!(of_any(&points), [(3, 10, 3), (3, 14, 1)]);
    let reads = plan(&points, &ModbusLimits::default(), &Learned::default());
    let of: Vec<_> = reads[1].parts.iter().map(|part| (part.point, part.role, part.offset)).collect();
    assert_eq!(of, [(0, Role::Multiplier, 0), (1, Role::Multiplier, 0)]);
}

fn any_point(registers: u16) -> impl Strategy<Value = ModbusPoint> {
    use {Function::*, ValueType::*};
    let bits = (prop_oneof![Just(Coils), Just(DiscreteInputs)], Just(Bool));
    let words = (
        prop_oneof![3 => Just(HoldingRegisters), 1 => Just(InputRegisters)],
        prop_oneof![Just(U16), Just(I32), Just(F64), Just(Mod10k(3))],
    );
    let multiplier = prop_oneof![3 => Just(None), 1 => (0..registers).prop_map(Some)];
    (prop_oneof![1 => bits, 4 => words], 0..registers, multiplier).prop_map(|((function, ty), at, multiplier)| {
        let multiplier = multiplier.map(|at| by(HoldingRegisters, at, U16));
        ModbusPoint { multiplier, ..point(function, at, ty) }
    })
}

fn any_limits(registers: u16) -> impl Strategy<Value = (ModbusLimits, Learned)> {
    let hole = (0..registers, 0..2_u16).prop_map(|(first, more)| (first, first + more));
    let holes = prop::collection::vec(hole, 0..3);
    let refused = prop::collection::vec(0..registers, 0..2);
    (4..9_u16, 0..4_u16, holes, refused, prop::option::of(0..registers), prop::option::of(2..9_u16)).prop_map(
        |(registers_max, gap_max, holes, refused, cut, learned_max)| {
            let mut learned = Learned::default();
            for at in refused {
                learned.refuse(Function::HoldingRegisters, at.into(), u32::from(at) + 1);
            }
            if let Some(at) = cut {
                learned.cut(Function::HoldingRegisters, at.into());
            }
            if let Some(count) = learned_max {
                learned.at_most(Function::InputRegisters, count);
            }
            (ModbusLimits { registers_max, gap_max, holes }, learned)
        },
    )
}

/// The rule, written from the promises and slowly: whether a request from `start` to before `end` may be sent for
/// `mine`, when `all` are to be read.
fn legal(mine: &[Span], all: &[Span], limits: &ModbusLimits, learned: &Learned) -> bool {
    let function = mine[0].function;
    let bits = holds_bits(function);
    let start = mine.iter().map(|span| span.start).min().unwrap();
    let end = mine.iter().map(|span| span.end).max().unwrap();
    if mine.iter().any(|span| span.function != function) {
        return false;
    }
    let of_model = if bits { 2000 } else { u32::from(limits.registers_max) };
    let of_meter =
        learned.count_max.iter().filter(|(of, _)| *of == function as u8).map(|(_, max)| u32::from(*max)).min();
    let max = of_model.min(of_meter.unwrap_or(2000));
    if end - start > max && !mine.iter().any(|span| (span.start, span.end) == (start, end)) {
        return false;
    }
    let asked = |at: u32| all.iter().any(|span| span.function == function && (span.start..span.end).contains(&at));
    let mut run = 0;
    for at in start..end {
        let hole = limits.holes.iter().any(|(first, last)| (u32::from(*first)..=u32::from(*last)).contains(&at));
        let refused = learned
            .refused
            .iter()
            .any(|one| one.function == function as u8 && (u32::from(one.first)..=u32::from(one.last)).contains(&at));
        run = if asked(at) { 0 } else { run + 1 };
        if hole && !bits || refused || run > if bits { 0 } else { u32::from(limits.gap_max) } {
            return false;
        }
        // a value may lie over a cut; then nothing can be parted there
        let cut = learned.cuts.iter().any(|(of, cut)| *of == function as u8 && u32::from(*cut) == at);
        let over = |span: &Span| span.function == function && span.start < at && at < span.end;
        // all that was asked for before the cut ends before it: with a gap around it the whole gap is the boundary
        if cut && at > start && !all.iter().any(over) {
            return false;
        }
    }
    true
}

/// The fewest legal requests into which the spans can be parted, and the fewest registers with as many, by trying all.
fn best(all: &[Span], limits: &ModbusLimits, learned: &Learned) -> (usize, u32) {
    fn part<'a>(
        rest: &'a [Span],
        groups: &mut Vec<Vec<Span>>,
        all: &[Span],
        limits: &ModbusLimits,
        learned: &Learned,
    ) -> (usize, u32) {
        let Some((first, rest)) = rest.split_first() else {
            if !groups.iter().all(|group| legal(group, all, limits, learned)) {
                return (usize::MAX, u32::MAX);
            }
            let count = |group: &Vec<Span>| {
                group.iter().map(|span| span.end).max().unwrap() - group.iter().map(|span| span.start).min().unwrap()
            };
            return (groups.len(), groups.iter().map(count).sum());
        };
        let mut best = (usize::MAX, u32::MAX);
        for i in 0..groups.len() {
            groups[i].push(*first);
            best = best.min(part(rest, groups, all, limits, learned));
            groups[i].pop();
        }
        groups.push(vec![*first]);
        best = best.min(part(rest, groups, all, limits, learned));
        groups.pop();
        best
    }
    part(all, &mut Vec::new(), all, limits, learned)
}

fn readable(points: &[ModbusPoint], limits: &ModbusLimits, learned: &Learned) -> Vec<Span> {
    let mut spans = spans(points);
    spans.retain(|span| may_read(span.function, span.start, span.end, limits, learned));
    spans
}

fn check(points: &[ModbusPoint], limits: &ModbusLimits, learned: &Learned) -> Result<Vec<Read>, TestCaseError> {
    let reads = plan(points, limits, learned);
    let all = readable(points, limits, learned);
    let mut left: Vec<Span> = all.clone();
    for read in &reads {
        let mut mine = Vec::new();
        for part in &read.parts {
            let start = u32::from(read.start) + part.offset as u32;
            let end = start + part.width as u32;
            prop_assert!(end <= read.end(), "torn");
            let span = Span { function: read.function, start, end, point: part.point, role: part.role };
            let place = left.iter().position(|one| *one == span);
            prop_assert!(place.is_some(), "{:?} twice, or of no point", span);
            left.swap_remove(place.unwrap());
            mine.push(span);
        }
        prop_assert!(!mine.is_empty() && legal(&mine, &all, limits, learned), "{:?} is not allowed", read);
        let end = mine.iter().map(|span| span.end).max().unwrap();
        let start = mine.iter().map(|span| span.start).min().unwrap();
        prop_assert_eq!((u32::from(read.start), read.end()), (start, end), "not a register more than its parts take");
    }
    prop_assert!(left.is_empty(), "{:?} in no request", left);
    Ok(reads)
}

proptest! {
    #[test]
    fn every_value_is_covered_once_within_the_limits(points in prop::collection::vec(any_point(400), 0..200), (limits, learned) in any_limits(400)) {
        check(&points, &ModbusLimits { registers_max: 125, ..limits.clone() }, &learned)?;
        check(&points, &limits, &learned)?;
    }

    #[test]
    fn no_plan_has_fewer_requests_nor_as_few_and_fewer_registers(points in prop::collection::vec(any_point(16), 0..6), (limits, learned) in any_limits(16)) {
        let all = readable(&points, &limits, &learned);
        prop_assume!(all.len() <= 7);
        let reads = check(&points, &limits, &learned)?;
        let registers = reads.iter().map(|read| u32::from(read.count)).sum::<u32>();
        prop_assert_eq!((reads.len(), registers), best(&all, &limits, &learned));
    }
}
