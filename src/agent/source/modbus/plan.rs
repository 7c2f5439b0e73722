//! Which requests give all points of one meter.
//!
//! # Promises
//! - Every point lies whole in exactly one request.
//! - No request is longer than the protocol allows, and none touches an address nobody asked for.
//! - There is no plan with fewer requests.
//!
//! # Does not
//! Fill gaps: the address between two points may not exist, and a meter may refuse the whole request for it.

use crate::agent::config::{Function, ModbusPoint};

/// Registers in one reading request (Modbus Application Protocol V1.1b3, 6.3 and 6.4).
const REGISTERS_MAX: u32 = 125;
/// Coils or inputs in one reading request (6.1 and 6.2).
const BITS_MAX: u32 = 2000;

/// One request and what its reply holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    pub function: Function,
    pub start: u16,
    /// Registers, or bits.
    pub count: u16,
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The point's place among the meter's points.
    pub point: usize,
    /// Registers, or bits, before it in the reply.
    pub offset: usize,
    pub width: usize,
}

/// `points` are checked: none runs past address 65535.
pub fn plan(points: &[ModbusPoint]) -> Vec<Read> {
    plan_within(points, |function| if holds_bits(function) { BITS_MAX } else { REGISTERS_MAX })
}

pub fn holds_bits(function: Function) -> bool {
    matches!(function, Function::Coils | Function::DiscreteInputs)
}

/// From the lowest address up, each request takes on all that touches it and fits. The lowest point that is left must
/// be in some request, and none that starts lower could hold more of what is left: so no plan needs fewer.
fn plan_within(points: &[ModbusPoint], count_max: impl Fn(Function) -> u32) -> Vec<Read> {
    let mut spans: Vec<Span> = points.iter().enumerate().map(Span::new).collect();
    spans.sort_by_key(|span| (span.function, span.start, span.end));
    let mut reads: Vec<Read> = Vec::new();
    for span in spans {
        match reads.last_mut().filter(|read| span.fits(read, count_max(span.function))) {
            Some(read) => span.join(read),
            None => {
                let mut read = Read { function: span.function, start: span.start, count: 0, parts: Vec::new() };
                span.join(&mut read);
                reads.push(read);
            }
        }
    }
    reads
}

struct Span {
    point: usize,
    function: Function,
    start: u16,
    /// One past the last; 65536 does not fit a `u16`.
    end: u32,
}

impl Span {
    fn new((place, point): (usize, &ModbusPoint)) -> Span {
        let width = if holds_bits(point.function) { 1 } else { point.value_type.registers().into() };
        Span { point: place, function: point.function, start: point.register, end: u32::from(point.register) + width }
    }

    fn fits(&self, read: &Read, count_max: u32) -> bool {
        let start = u32::from(read.start);
        self.function == read.function
            && u32::from(self.start) <= start + u32::from(read.count)
            && self.end - start <= count_max
    }

    fn join(&self, read: &mut Read) {
        let offset = usize::from(self.start - read.start);
        let width = self.end.saturating_sub(u32::from(self.start)) as usize;
        read.parts.push(Part { point: self.point, offset, width });
        let count = u16::try_from(offset + width).unwrap_or(u16::MAX);
        read.count = read.count.max(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::{ValueType, WordOrder};
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

    fn shape(points: &[ModbusPoint]) -> Vec<(u8, u16, u16)> {
        plan(points).iter().map(|read| (read.function as u8, read.start, read.count)).collect()
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
        assert_eq!(shape(&points), [(1, 0, 2), (3, 100, 8), (3, 109, 1), (4, 104, 1)]);
        let first = &plan(&points)[1];
        let places: Vec<_> = first.parts.iter().map(|part| (part.point, part.offset, part.width)).collect();
        assert_eq!(places, [(1, 0, 2), (0, 2, 2), (3, 4, 4)]);
    }

    #[test]
    fn the_limit_splits_before_a_value_never_inside_it() {
        use {Function::*, ValueType::*};
        let words: Vec<_> = (0..126).map(|i| point(InputRegisters, i, U16)).collect();
        assert_eq!(shape(&words), [(4, 0, 125), (4, 125, 1)]);
        let pairs: Vec<_> = (0..63).map(|i| point(HoldingRegisters, 2 * i, F32)).collect();
        assert_eq!(shape(&pairs), [(3, 0, 124), (3, 124, 2)]);
        let bits: Vec<_> = (0..2001).map(|i| point(DiscreteInputs, i, Bool)).collect();
        assert_eq!(shape(&bits), [(2, 0, 2000), (2, 2000, 1)]);
    }

    #[test]
    fn the_last_address_can_be_read() {
        let points = [
            point(Function::HoldingRegisters, 65535, ValueType::U16),
            point(Function::HoldingRegisters, 65533, ValueType::U32),
        ];
        assert_eq!(shape(&points), [(3, 65533, 3)]);
    }

    fn any_point(registers: u16) -> impl Strategy<Value = ModbusPoint> {
        use {Function::*, ValueType::*};
        let bits = (prop_oneof![Just(Coils), Just(DiscreteInputs)], Just(Bool));
        let words = (
            prop_oneof![3 => Just(HoldingRegisters), 1 => Just(InputRegisters)],
            prop_oneof![Just(U16), Just(I32), Just(F64)],
        );
        (prop_oneof![1 => bits, 4 => words], 0..registers).prop_map(|((function, ty), at)| point(function, at, ty))
    }

    fn addresses(point: &ModbusPoint) -> std::ops::Range<u32> {
        let span = Span::new((0, point));
        u32::from(span.start)..span.end
    }

    fn check(points: &[ModbusPoint], reads: &[Read], count_max: u32) -> Result<(), TestCaseError> {
        let mut covered = vec![0; points.len()];
        for read in reads {
            prop_assert!(read.count >= 1 && u32::from(read.count) <= count_max);
            for address in u32::from(read.start)..u32::from(read.start) + u32::from(read.count) {
                let asked = |p: &ModbusPoint| p.function == read.function && addresses(p).contains(&address);
                prop_assert!(points.iter().any(asked), "address {} was not asked for", address);
            }
            for part in &read.parts {
                let point = &points[part.point];
                covered[part.point] += 1;
                prop_assert_eq!(point.function, read.function);
                prop_assert_eq!(usize::from(read.start) + part.offset, usize::from(point.register));
                prop_assert_eq!(part.width, addresses(point).len());
                prop_assert!(part.offset + part.width <= usize::from(read.count), "torn");
            }
        }
        prop_assert!(covered.iter().all(|times| *times == 1));
        Ok(())
    }

    /// The fewest groups into which the points can be parted so that each group is one legal request, by trying all.
    fn fewest(points: &[ModbusPoint], count_max: u32) -> usize {
        fn legal(group: &[&ModbusPoint], all: &[ModbusPoint], count_max: u32) -> bool {
            let function = group[0].function;
            let start = group.iter().map(|p| addresses(p).start).min().unwrap();
            let end = group.iter().map(|p| addresses(p).end).max().unwrap();
            let asked = |address| all.iter().any(|p| p.function == function && addresses(p).contains(&address));
            group.iter().all(|p| p.function == function) && end - start <= count_max && (start..end).all(asked)
        }
        fn part<'a>(
            rest: &'a [ModbusPoint],
            groups: &mut Vec<Vec<&'a ModbusPoint>>,
            all: &[ModbusPoint],
            max: u32,
        ) -> usize {
            let Some((first, rest)) = rest.split_first() else {
                return if groups.iter().all(|group| legal(group, all, max)) { groups.len() } else { usize::MAX };
            };
            let mut best = usize::MAX;
            for i in 0..groups.len() {
                groups[i].push(first);
                best = best.min(part(rest, groups, all, max));
                groups[i].pop();
            }
            groups.push(vec![first]);
            best = best.min(part(rest, groups, all, max));
            groups.pop();
            best
        }
        part(points, &mut Vec::new(), points, count_max)
    }

    proptest! {
        #[test]
        fn every_point_is_covered_once_within_the_limits_and_nothing_else_is_read(points in prop::collection::vec(any_point(400), 0..300)) {
            let (bits, words): (Vec<_>, Vec<_>) = plan(&points).into_iter().partition(|read| holds_bits(read.function));
            for read in &bits { prop_assert!(u32::from(read.count) <= BITS_MAX); }
            for read in &words { prop_assert!(u32::from(read.count) <= REGISTERS_MAX); }
            check(&points, &plan(&points), BITS_MAX)?;
        }

        #[test]
        fn no_plan_has_fewer_requests(points in prop::collection::vec(any_point(14), 0..7), count_max in 4..9_u32) {
            let reads = plan_within(&points, |_| count_max);
            check(&points, &reads, count_max)?;
            prop_assert_eq!(reads.len(), fewest(&points, count_max));
        }
    }
}
