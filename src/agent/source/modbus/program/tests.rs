use super::*;
use crate::agent::config::{Function, Multiplier, ValueType, WordOrder};

fn point(register: u16, multiplier: Option<Multiplier>) -> ModbusPoint {
    ModbusPoint {
        series: register.into(),
        function: Function::HoldingRegisters,
        register,
        value_type: ValueType::U16,
        word_order: WordOrder::Abcd,
        no_value: Vec::new(),
        multiplier,
    }
}

fn by(register: u16, power_of_ten: bool, scale: &str) -> Multiplier {
    Multiplier {
        function: Function::HoldingRegisters,
        register,
        value_type: ValueType::I16,
        word_order: WordOrder::Abcd,
        power_of_ten,
        scale: scale.parse().unwrap(),
    }
}

/// A meter whose register `a` holds what `holds` says; the values of one poll.
fn poll(program: &mut Program, holds: impl Fn(u16) -> Result<u16, u8>) -> Vec<Result<RawValue, Reason>> {
    for request in 0..program.begin(false) {
        let read = program.read(request).unwrap().clone();
        let words: Result<Vec<u16>, u8> = (read.start..read.start + read.count).map(&holds).collect();
        program.heard(request, words.map_or_else(Answer::Exception, Answer::Words));
    }
    program.values()
}

#[test]
fn a_value_is_multiplied_by_its_register_exactly() {
    let decimal = |text: &str| Ok(RawValue::Decimal(text.parse().unwrap()));
    let points = vec![point(0, Some(by(9, false, "0.1"))), point(1, None), point(2, Some(by(10, true, "1")))];
    let mut program = Program::new(1, ModbusLimits::default(), points, Learned::default());
    let holds = |ratio: u16, power: i16| {
        move |at| {
            Ok([12_345, 7, 678].get(usize::from(at)).copied().unwrap_or(if at == 9 { ratio } else { power as u16 }))
        }
    };
    assert_eq!(poll(&mut program, holds(25, -2)), [decimal("30862.5"), Ok(RawValue::UInt(7)), decimal("6.78")]);
    assert_eq!(poll(&mut program, holds(1, 3)), [decimal("1234.5"), Ok(RawValue::UInt(7)), decimal("678000")]);
    assert_eq!(poll(&mut program, holds(1, 300))[2], Err(Reason::OutOfRange));
    // the value is there and its multiplier is not: no value
    let refused = |at: u16| if at == 9 { Err(4) } else { Ok(at) };
    assert_eq!(poll(&mut program, refused)[..2], [Err(Reason::Exception), Ok(RawValue::UInt(1))]);
}

#[test]
fn the_points_on_a_register_that_is_refused_are_exceptions_and_the_others_flow() {
    let points = (0..8).map(|at| point(at, None)).collect();
    let mut program = Program::new(1, ModbusLimits::default(), points, Learned::default());
    let holds = |at: u16| if at == 5 { Err(2) } else { Ok(100 + at) };
    (0..12).for_each(|_| drop(poll(&mut program, holds)));
    let values = poll(&mut program, holds);
    for (at, value) in (0..8_u16).zip(values) {
        let expected = if at == 5 { Err(Reason::Exception) } else { Ok(RawValue::UInt(u64::from(100 + at))) };
        assert_eq!(value, expected, "{at}");
    }
    assert_eq!(program.learned().refused.len(), 1);
}

#[test]
fn a_meter_that_did_not_answer_is_asked_something_short_first() {
    let points: Vec<_> = (0..100).map(|at| point(at, None)).collect();
    let mut program = Program::new(1, ModbusLimits::default(), points, Learned::default());
    assert_eq!(program.begin(false), 1);
    assert_eq!(program.begin(true), 2);
    assert_eq!(program.read(0).map(|read| (read.count, read.parts.len())), Some((1, 0)));
    assert_eq!(program.read(1).map(|read| read.count), Some(100));
    let points = vec![point(0, None), point(50, None), point(51, None)];
    let mut program = Program::new(1, ModbusLimits::default(), points, Learned::default());
    assert_eq!(program.begin(true), 2, "one of its own is short enough");
}

#[test]
fn another_description_is_another_meter() {
    let limits = ModbusLimits::default();
    let told = description(1, &limits, &[point(3, None)]);
    assert_eq!(told, description(1, &limits, &[point(3, None), point(3, None)]), "what is read is the same");
    assert_ne!(told, description(1, &limits, &[point(4, None)]));
    assert_ne!(told, description(2, &limits, &[point(3, None)]));
    assert_ne!(told, description(1, &ModbusLimits { gap_max: 1, ..limits }, &[point(3, None)]));
}
