//! Buses, their meters, and the registers of each.

use super::{
    Bus, Function, Link, Meter, ModbusLimits, ModbusPoint, Station, ValueType, WordOrder, address,
    file::Listed,
    key::{
        ADDRESS, BUS_NAME, FUNCTION, METER_NAME, METER_SHAPE, METERS, MODBUS_POINT_SHAPE, MODBUS_POINTS,
        POLL_INTERVAL_MS, REGISTER, TIMEOUT_MS, TYPE, UNIT_ID, WORD_ORDER,
    },
    point::Given,
    word,
};
use crate::{
    energy::counter::COUNT_MAX,
    runtime::{
        lang::Text,
        problem::{At, found},
        settings::Section,
    },
};
use std::{collections::BTreeMap, time::Duration};

const TYPES: [(&str, ValueType); 9] = [
    ("bool", ValueType::Bool),
    ("u16", ValueType::U16),
    ("i16", ValueType::I16),
    ("u32", ValueType::U32),
    ("i32", ValueType::I32),
    ("u64", ValueType::U64),
    ("i64", ValueType::I64),
    ("f32", ValueType::F32),
    ("f64", ValueType::F64),
];
const WORD_ORDERS: [(&str, WordOrder); 4] =
    [("ABCD", WordOrder::Abcd), ("BADC", WordOrder::Badc), ("CDAB", WordOrder::Cdab), ("DCBA", WordOrder::Dcba)];

pub(super) fn bus(section: &Section, listed: &mut Listed) -> Bus {
    let name = section.parse(&BUS_NAME, word::name);
    if let Some(name) = &name {
        listed.sources.claim(section.doc, name);
    }
    let address = section.parse(&ADDRESS, address::modbus).map(|address| address.value);
    let timeout = section.or(&TIMEOUT_MS, 1000, section.integer(&TIMEOUT_MS, 50..=60_000));
    let poll_interval = section.or(&POLL_INTERVAL_MS, 1000, section.integer(&POLL_INTERVAL_MS, 100..=3_600_000));
    let meters = section.tables(&METERS, &METER_SHAPE);
    let poll_interval = millis(poll_interval);
    Bus {
        name: name.map_or(String::new(), |name| name.value.to_owned()),
        link: Link::Tcp(address.unwrap_or_default()),
        timeout: millis(timeout),
        poll_interval,
        meters: meters.iter().map(|section| meter(section, poll_interval, listed)).collect(),
    }
}

/// A number that was checked to be in its range.
pub(super) fn millis(checked: Option<i64>) -> Duration {
    Duration::from_millis(checked.unwrap_or_default().unsigned_abs())
}

fn meter(section: &Section, poll_interval: Duration, listed: &mut Listed) -> Meter {
    let name = section.parse(&METER_NAME, word::name);
    // without a name of its own its points are not compared with those of the other meter
    let name = name.filter(|name| listed.meters.claim(section.doc, name));
    let unit_id = section.integer(&UNIT_ID, 0..=255).map(|unit_id| unit_id.value);
    if let Some(reserved @ (0 | 248..=254)) = unit_id {
        let fix = Text::new(
            "写仪表的通信地址；0 为广播，248 到 254 为保留",
            "write the meter's address; 0 is a broadcast, 248 to 254 are reserved",
        );
        section.refuse(&UNIT_ID, found(&reserved.to_string()), fix);
    }
    let name = name.map_or(String::new(), |name| name.value.to_owned());
    let mut spans = Spans::default();
    let points = section.tables(&MODBUS_POINTS, &MODBUS_POINT_SHAPE);
    let points = points.iter().map(|section| point(section, &name, &mut spans, listed)).collect();
    let unit_id = unit_id.and_then(|unit_id| u8::try_from(unit_id).ok()).unwrap_or_default();
    let station = Station::Modbus { unit_id, limits: ModbusLimits::default(), points };
    Meter { name, model: None, poll_interval, station }
}

fn point(section: &Section, meter: &str, spans: &mut Spans, listed: &mut Listed) -> ModbusPoint {
    let function = section.or(&FUNCTION, 3, section.integer(&FUNCTION, 1..=4)).map(|code| match code {
        1 => Function::Coils,
        2 => Function::DiscreteInputs,
        4 => Function::InputRegisters,
        _ => Function::HoldingRegisters,
    });
    let register = section.integer(&REGISTER, 0..=65_535).and_then(|register| u16::try_from(register.value).ok());
    let value_type = section.one_of(&TYPE, &TYPES).map(|value_type| value_type.value);
    let word_order = section.one_of(&WORD_ORDER, &WORD_ORDERS).map(|order| order.value);
    if let Some(value_type) = value_type {
        check_word_order(section, value_type);
        if let Some(function) = function {
            check_function(section, function, value_type);
            if let Some(first) = register {
                spans.claim(section, function, first, value_type.registers());
            }
        }
    }
    ModbusPoint {
        series: listed.point(section, meter, value_type.map(given)),
        function: function.unwrap_or(Function::HoldingRegisters),
        register: register.unwrap_or_default(),
        value_type: value_type.unwrap_or(ValueType::U16),
        word_order: word_order.unwrap_or(WordOrder::Abcd),
        no_value: Vec::new(),
        multiplier: None,
    }
}

fn given(value_type: ValueType) -> Given {
    match value_type {
        ValueType::Bool => Given::Bit,
        ValueType::F32 | ValueType::F64 => Given::Real,
        ValueType::U16 => Given::Integer(1 << 16),
        ValueType::I16 => Given::Integer(1 << 15),
        ValueType::U32 => Given::Integer(1 << 32),
        ValueType::I32 => Given::Integer(1 << 31),
        _ => Given::Integer(COUNT_MAX),
    }
}

fn check_word_order(section: &Section, value_type: ValueType) {
    let wide = value_type.registers() > 1;
    if wide && !section.has(&WORD_ORDER) {
        section.missing(&WORD_ORDER);
    }
    if !wide && section.has(&WORD_ORDER) {
        section.doc.report(
            &section.at(&WORD_ORDER),
            Text::new("写有 word_order", "found a word_order"),
            Text::new("不写：bool 和 16 位类型只有一个字", "none: a bool or a 16-bit value has one word"),
            Text::new("删除 word_order", "remove it"),
        );
    }
}

fn check_function(section: &Section, function: Function, value_type: ValueType) {
    let bits = matches!(function, Function::Coils | Function::DiscreteInputs);
    let (found, expected, fix) = match (bits, value_type == ValueType::Bool) {
        (true, false) => (
            Text::new("功能码 1、2 写有数值类型", "a number with function 1 or 2"),
            Text::new("数值用功能码 3 或 4", "function 3 or 4 for a number"),
            Text::new("写 function = 3，或 type = \"bool\"", "write function = 3, or type = \"bool\""),
        ),
        (false, true) => (
            Text::new("功能码 3、4 写有 bool 类型", "a bool with function 3 or 4"),
            Text::new("bool 用功能码 1 或 2", "function 1 or 2 for a bool"),
            Text::new("写 function = 1，或 type = \"u16\"", "write function = 1, or type = \"u16\""),
        ),
        _ => return,
    };
    section.doc.report(&section.at(&FUNCTION), found, expected, fix);
}

/// The registers of one meter that have a point: (function, first register) → (last register, place). They never
/// overlap, so that only the two neighbours of a new one need be looked at.
#[derive(Default)]
struct Spans(BTreeMap<(Function, u16), (u16, At)>);

impl Spans {
    fn claim(&mut self, section: &Section, function: Function, first: u16, width: u16) {
        let at = section.at(&REGISTER);
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
        let before = self.0.range(..=(function, first)).next_back();
        let after = self.0.range((function, first)..).next();
        let other = [before, after]
            .into_iter()
            .flatten()
            .find(|((known, start), (end, _))| *known == function && *start <= last && first <= *end);
        if let Some(((_, start), (end, other))) = other {
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
        self.0.insert((function, first), (last, at));
    }
}
