//! The registers of a Modbus meter.

use super::{
    Function, ModbusLimits, ModbusPoint, Multiplier, ValueType, WordOrder,
    file::Listed,
    key::{FUNCTION, MULTIPLIER, MULTIPLIER_SHAPE, NO_VALUE, POWER_OF_TEN, REGISTER, SCALE, TYPE, WORD_ORDER},
    point::{Given, Place},
    value_type, word,
};
use crate::{
    model::Scale,
    runtime::{
        lang::Text,
        problem::{At, did_you_mean},
        settings::{Key, Section, expected, such_as},
    },
};
use std::collections::HashMap;

const PATTERNS_MAX: usize = 16;

pub(super) fn point(
    section: &Section,
    place: &Place,
    limits: &ModbusLimits,
    spans: &mut Spans,
    listed: &mut Listed,
) -> ModbusPoint {
    let register = register(section, Function::HoldingRegisters);
    let Register { function, register: first, value_type, word_order } = register;
    if let (Some(value_type), Some(function)) = (value_type, function) {
        check_function(section, function, value_type);
        if let Some(first) = first {
            spans.claim(section, function, first, value_type, word_order.unwrap_or(WordOrder::Abcd));
            check_limits(section, limits, function, first, value_type);
        }
    }
    let multiplier = section.table(&MULTIPLIER, &MULTIPLIER_SHAPE).and_then(|table| {
        let multiplier = multiplier(&table, function.unwrap_or(Function::HoldingRegisters))?;
        check_limits(&table, limits, multiplier.function, multiplier.register, multiplier.value_type);
        if matches!(value_type, Some(ValueType::Bool)) {
            section.doc.report(
                &section.at(&MULTIPLIER),
                Text::new("bool 类型写有 multiplier", "found a multiplier of a bool"),
                Text::new("只用于数值", "one of a number only"),
                Text::new("删除 multiplier", "remove it"),
            );
        }
        Some(multiplier)
    });
    let given = value_type.map(|value_type| given(value_type, section.has(&MULTIPLIER)));
    ModbusPoint {
        series: listed.point(section, *place, given),
        function: function.unwrap_or(Function::HoldingRegisters),
        register: first.unwrap_or_default(),
        value_type: value_type.unwrap_or(ValueType::U16),
        word_order: word_order.unwrap_or(WordOrder::Abcd),
        no_value: value_type.and_then(|value_type| patterns(section, value_type)).unwrap_or_default(),
        multiplier,
    }
}

/// Where a value lies and how; a problem with each was reported where it is `None`.
pub(in crate::agent) struct Register {
    pub function: Option<Function>,
    pub register: Option<u16>,
    pub value_type: Option<ValueType>,
    pub word_order: Option<WordOrder>,
}

pub(in crate::agent) fn register(section: &Section, usual: Function) -> Register {
    for key in [&REGISTER, &TYPE] {
        if !section.has(key) {
            section.missing(key);
        }
    }
    let function = section.or(&FUNCTION, usual as i64, section.integer(&FUNCTION, 1..=4)).map(|code| match code {
        1 => Function::Coils,
        2 => Function::DiscreteInputs,
        4 => Function::InputRegisters,
        _ => Function::HoldingRegisters,
    });
    let register = section.integer(&REGISTER, 0..=65_535).and_then(|register| u16::try_from(register.value).ok());
    let named = |text: &str| {
        let near = || did_you_mean(text, ValueType::names().chain(["bit:0", "bits:0:4", "ascii:2"]));
        ValueType::named(text).ok_or_else(|| match text.split_once(':') {
            Some(("bit", _)) => Text::new("写 bit:0 到 bit:15", "write bit:0 to bit:15"),
            Some(("bits", _)) => Text::new(
                "写 bits:首位:位数，不超出 16 位，例如 bits:4:8",
                "write bits:FIRST:COUNT within the 16 of a register, such as bits:4:8",
            ),
            Some(("ascii", _)) => Text::new("写 ascii:1 到 ascii:9", "write ascii:1 to ascii:9"),
            _ => near().unwrap_or_else(|| such_as(&TYPE)),
        })
    };
    let value_type = section.parse(&TYPE, named).map(|value_type| value_type.value);
    let ordered = |text: &str| {
        WordOrder::named(text)
            .ok_or_else(|| did_you_mean(text, WordOrder::names()).unwrap_or_else(|| such_as(&WORD_ORDER)))
    };
    let word_order = section.parse(&WORD_ORDER, ordered).map(|order| order.value);
    if let Some(value_type) = value_type {
        check_word_order(section, value_type, word_order);
    }
    Register { function, register, value_type, word_order: word_order.map(|(order, _)| order) }
}

fn multiplier(section: &Section, usual: Function) -> Option<Multiplier> {
    let Register { function, register, value_type, word_order } = self::register(section, usual);
    let scale = section.or(&SCALE, Scale::ONE, section.parse(&SCALE, word::scale));
    let power_of_ten = section.or(&POWER_OF_TEN, false, section.boolean(&POWER_OF_TEN)).unwrap_or_default();
    if power_of_ten && section.has(&SCALE) {
        section.doc.report(
            &section.at(&SCALE),
            Text::new("power_of_ten 旁写有 scale", "found a scale beside power_of_ten"),
            Text::new("两者之一", "one of the two"),
            Text::new("删除 scale；寄存器是 10 的指数", "remove it: the register is an exponent of ten"),
        );
    }
    let (function, value_type) = (function?, value_type?);
    check_function(section, function, value_type);
    if function <= Function::DiscreteInputs {
        section.doc.report(
            &section.at(&FUNCTION),
            Text::new("倍率取自线圈或离散输入", "found a multiplier in a coil or an input"),
            Text::new("寄存器（功能码 3 或 4）", "a register (function 3 or 4)"),
            Text::new("写 function = 3 和数值类型", "write function = 3 and the type of a number"),
        );
    }
    let word_order = word_order.unwrap_or(WordOrder::Abcd);
    Some(Multiplier { function, register: register?, value_type, word_order, power_of_ten, scale: scale? })
}

fn given(value_type: ValueType, multiplied: bool) -> Given {
    match value_type {
        ValueType::Bool | ValueType::Bits { count: 1, .. } => Given::Bit,
        // the product has digits behind the point
        _ if multiplied => Given::Real,
        _ => value_type.values().map_or(Given::Real, Given::Integer),
    }
}

fn patterns(section: &Section, value_type: ValueType) -> Option<Vec<u64>> {
    let fits = |text: &str| {
        value_type::pattern(text, value_type).ok_or_else(|| match value_type.bits() {
            Some(bits) => Text::new(
                format!("写成 {value_type} 的 {bits} 位之内的数，例如 \"0xFF\""),
                format!("write a number of the {bits} bits of {value_type}, such as \"0xFF\""),
            ),
            None => Text::new("删除 no_value：文本没有位型", "remove no_value: text has no such pattern"),
        })
    };
    let patterns = section.parse_each(&NO_VALUE, fits)?;
    if patterns.len() > PATTERNS_MAX {
        let n = patterns.len();
        let found = Text::new(format!("共 {n} 个"), format!("found {n}"));
        section.refuse(&NO_VALUE, found, Text::new("只写仪表用到的", "write those that the meter uses"));
    }
    Some(patterns)
}

fn check_word_order(section: &Section, value_type: ValueType, order: Option<(WordOrder, Option<u16>)>) {
    let registers = value_type.registers();
    if registers > 1 && !section.has(&WORD_ORDER) {
        section.missing(&WORD_ORDER);
    }
    let Some((order, named_for)) = order else { return };
    let report =
        |found: Text, expected: Text, fix: Text| section.doc.report(&section.at(&WORD_ORDER), found, expected, fix);
    let written = section.peek(&WORD_ORDER).map(|text| text.value).unwrap_or_default();
    if matches!(value_type, ValueType::Bool | ValueType::U8Hi | ValueType::U8Lo) {
        report(
            Text::new("写有 word_order", "found a word_order"),
            Text::new("不写：bool 和单字节没有字节顺序", "none: a bool and a single byte have no order"),
            Text::new("删除 word_order", "remove it"),
        );
    } else if registers == 1 && !order.fits(1) {
        report(
            Text::new(format!("{value_type} 写有 {written}"), format!("found {written} of a {value_type}")),
            Text::new("ABCD，或 BADC（字节交换）：只有一个字", "ABCD, or BADC for swapped bytes: there is one word"),
            Text::new(
                "删除 word_order；高低字节颠倒的仪表写 BADC",
                "remove it; write BADC where the two bytes are swapped",
            ),
        );
    } else if named_for.is_some_and(|named_for| named_for != registers) || !order.fits(registers) {
        let bits = registers * 16;
        report(
            Text::new(format!("{bits} 位写有 {written}"), format!("found {written} for {bits} bits")),
            Text::new(
                "ABCD、BADC、CDAB、DCBA 之一；八个字母的只用于 64 位",
                "one of ABCD, BADC, CDAB, DCBA; eight letters are for 64 bits",
            ),
            such_as(&WORD_ORDER),
        );
    }
}

fn check_function(section: &Section, function: Function, value_type: ValueType) {
    let bits = function <= Function::DiscreteInputs;
    let (found, expected, fix) = match (bits, value_type == ValueType::Bool) {
        (true, false) => (
            Text::new("功能码 1、2 写有数值类型", "a number with function 1 or 2"),
            Text::new("数值用功能码 3 或 4", "function 3 or 4 for a number"),
            Text::new("写 function = 3，或 type = \"bool\"", "write function = 3, or type = \"bool\""),
        ),
        (false, true) => (
            Text::new("功能码 3、4 写有 bool 类型", "a bool with function 3 or 4"),
            Text::new("bool 用功能码 1 或 2", "function 1 or 2 for a bool"),
            Text::new(
                "写 function = 1，或寄存器中的一位：type = \"bit:0\"",
                "write function = 1, or for a bit of a register type = \"bit:0\"",
            ),
        ),
        _ => return,
    };
    section.doc.report(&section.at(&FUNCTION), found, expected, fix);
}

/// What the meter can not give in one request is never asked.
fn check_limits(section: &Section, limits: &ModbusLimits, function: Function, first: u16, value_type: ValueType) {
    if function <= Function::DiscreteInputs {
        return;
    }
    let (at, width) = (section.at(&REGISTER), value_type.registers());
    if width > limits.registers_max {
        let max = limits.registers_max;
        section.doc.report(
            &at,
            Text::new(
                format!("{value_type} 占 {width} 个寄存器"),
                format!("found a {value_type} of {width} registers"),
            ),
            Text::new(format!("最多 {max} 个（registers_max）"), format!("{max} at most (registers_max)")),
            Text::new("核对 type 和 registers_max", "check the type and registers_max"),
        );
    }
    let last = first.saturating_add(width - 1);
    if let Some((from, to)) = limits.holes.iter().find(|(from, to)| *from <= last && first <= *to) {
        section.doc.report(
            &at,
            Text::new(
                format!("寄存器 {first} 到 {last} 落在不可读的 {from} 到 {to} 中"),
                format!("registers {first} to {last} lie in {from} to {to}, which must not be read"),
            ),
            Text::new("holes 之外的寄存器", "registers outside of the holes"),
            Text::new("核对 register 和 holes", "check register and holes"),
        );
    }
}

/// The limits in `section` over those of the model.
pub(in crate::agent) fn limits(
    section: &Section,
    keys: [&'static Key; 3],
    model: Option<&ModbusLimits>,
) -> ModbusLimits {
    const HOLES_MAX: usize = 64;
    let [registers_max, gap_max, holes] = keys;
    let usual = model.cloned().unwrap_or_default();
    let small = |key: &Key, usual: u16, range| {
        let found = section.or(key, usual.into(), section.integer(key, range));
        found.and_then(|number| u16::try_from(number).ok()).unwrap_or(usual)
    };
    let found = section.pairs(holes, 0..=65_535).map(|pairs| {
        let wrong = pairs.iter().find(|(first, last)| first > last);
        if wrong.is_some() || pairs.len() > HOLES_MAX {
            let shown = wrong.map_or_else(|| pairs.len().to_string(), |(first, last)| format!("[{first}, {last}]"));
            section.doc.report(
                &section.at(holes),
                Text::new(format!("写的是 {shown}"), format!("found {shown}")),
                expected(holes),
                such_as(holes),
            );
        }
        let word = |number| u16::try_from(number).unwrap_or(u16::MAX);
        pairs.into_iter().take(HOLES_MAX).map(|(first, last)| (word(first), word(last))).collect()
    });
    ModbusLimits {
        registers_max: small(registers_max, usual.registers_max, 1..=125),
        gap_max: small(gap_max, usual.gap_max, 0..=124),
        holes: found.unwrap_or(usual.holes),
    }
}

/// The registers of one meter that have a point, bit by bit: bits and bytes share a register.
#[derive(Default)]
pub(super) struct Spans {
    claims: Vec<Claim>,
    /// Of each register: bits, and whose they are.
    taken: HashMap<(Function, u16), Vec<(u16, usize)>>,
}

struct Claim {
    first: u16,
    last: u16,
    at: At,
}

impl Spans {
    fn claim(&mut self, section: &Section, function: Function, first: u16, value_type: ValueType, order: WordOrder) {
        let (at, width) = (section.at(&REGISTER), value_type.registers());
        let Some(last) = first.checked_add(width - 1) else {
            section.doc.report(
                &at,
                Text::new(
                    format!("从 {first} 起的 {width} 个寄存器超出 65535"),
                    format!("{width} registers from {first} on, which ends beyond 65535"),
                ),
                Text::new(
                    format!("不大于 {} 的地址", 65_536 - u32::from(width)),
                    format!("{} at most", 65_536 - u32::from(width)),
                ),
                Text::new("核对寄存器表中的地址和类型", "check address and type in the meter's register map"),
            );
            return;
        };
        let bits = bits(value_type, order);
        let other = (first..=last)
            .filter_map(|register| self.taken.get(&(function, register)))
            .flatten()
            .find(|(taken, _)| taken & bits != 0)
            .and_then(|(_, claim)| self.claims.get(*claim));
        if let Some(Claim { first: start, last: end, at: other }) = other {
            let line = section.doc.position(&other.span).line;
            section.doc.report(
                &at,
                Text::new(
                    format!("寄存器 {first} 到 {last} 与第 {line} 行 {} 的 {start} 到 {end} 重叠", other.path),
                    format!("registers {first} to {last} overlap {start} to {end} of {} on line {line}", other.path),
                ),
                Text::new(
                    "同一仪表、同一功能码内互不重叠的寄存器",
                    "registers that no other point of the meter has under this function",
                ),
                Text::new("核对两处的 register 和 type", "check register and type of both"),
            );
            return;
        }
        for register in first..=last {
            self.taken.entry((function, register)).or_default().push((bits, self.claims.len()));
        }
        self.claims.push(Claim { first, last, at });
    }
}

/// Those of a register that the value takes, as they are sent.
fn bits(value_type: ValueType, order: WordOrder) -> u16 {
    let bits = match value_type {
        ValueType::U8Hi => 0xFF00,
        ValueType::U8Lo => 0x00FF,
        ValueType::Bits { first, count } => (((1_u32 << count) - 1) << first) as u16,
        _ => u16::MAX,
    };
    if order == WordOrder::Badc { bits.swap_bytes() } else { bits }
}
