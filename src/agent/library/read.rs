//! A model's file → [`Model`].

use super::{
    key::{
        ABOUT, ANSWERS, CONFIDENCE, DISAGREE, DISAGREEMENT_SHAPE, DISAGREEMENTS, EN, EXPECT, FACTORY, FACTORY_SHAPE,
        FRAME_SHAPE, FRAMES, IDENTITY, IDENTITY_SHAPE, LIMITS, LIMITS_SHAPE, MAKE, MEASURES, MODEL, NAMES, NOTE,
        NOTE_SHAPE, OF, ORIGIN, POINT_SHAPE, POINTS, RATIO, RATIO_NAME, RATIO_SHAPE, RATIOS, REPLY, REQUEST, SAYS,
        SHAPES, SOURCE_SHAPE, SOURCES, SPEAKS, TITLE, TOP_SHAPE, VALUES, WHERE, ZH,
    },
    model::{
        Confidence, Disagreement, FactorySettings, Frame, Identity, LineSettings, Measures, Model, Ratio,
        RatioRegister, Source, Template,
    },
    vocabulary,
};
use crate::{
    agent::config::{
        Function, ModbusLimits, Protocol, WordOrder,
        reading::{
            FORMATS, Listed, Reader, Register,
            key::{
                BAUD, BYTE_OFFSET, BYTES, FUNCTION, GAP_MAX, HOLES, IDENTIFIER, KIND, LINE_FORMAT, MODULUS, MULTIPLIER,
                NO_VALUE, POINT_NAME, REGISTER, REGISTERS_MAX, SCALE, SIGNED, TYPE, UNIT, UNIT_CODE, UNIT_ID,
                WORD_ORDER,
            },
            limits, register, word,
        },
    },
    model::{PointKind, Scale},
    runtime::{
        lang::Text,
        problem::{Found, Problems, did_you_mean, found, quoted},
        settings::{self, Key, Section, such_as},
    },
};
use rust_decimal::Decimal;
use std::{borrow::Cow, collections::HashSet};

const TEXT_BYTES_MAX: usize = 2000;
const FRAME_BYTES_MAX: usize = 300;
/// Far more than a meter has.
const POINTS_MAX: usize = 500;
const FRAMES_MAX: usize = 200;

pub fn model(text: Cow<'static, str>, id: &str, file: &str, shipped: bool) -> Result<Model, Problems> {
    let mut model = settings::read(&text, file, &TOP_SHAPE, &SHAPES, |top| read(top, id, file, shipped))?;
    model.text = text;
    Ok(model)
}

/// The tables of the points of a file that was checked.
pub fn points(text: &str, file: &str, take: impl FnOnce(&[Section])) -> Result<(), Problems> {
    settings::read(text, file, &TOP_SHAPE, &SHAPES, |top| take(&top.tables(&POINTS, &POINT_SHAPE)))
}

/// By which ratio a point of a model is multiplied.
pub fn ratio(point: &Section) -> Ratio {
    point.or(&RATIO, Ratio::None, point.one_of(&RATIO, &Ratio::WORDS)).unwrap_or(Ratio::None)
}

fn read(top: &Section, id: &str, file: &str, shipped: bool) -> Model {
    let of = |key| written(top, key);
    let protocol = top.one_of(&SPEAKS, &Protocol::WORDS).map_or(Protocol::Modbus, |protocol| protocol.value);
    let values = top.one_of(&VALUES, &[("primary", false), ("secondary", true)]).map(|values| values.value);
    let limits_section = top.table(&LIMITS, &LIMITS_SHAPE);
    let limits = limits_section
        .map_or_else(ModbusLimits::default, |section| limits(&section, [&REGISTERS_MAX, &GAP_MAX, &HOLES], None));
    let mut listed = Listed::new();
    let mut reader = Reader::new(protocol, limits.clone());
    let mut ratios = Vec::new();
    let sections = top.tables(&POINTS, &POINT_SHAPE);
    bounded(top, &POINTS, sections.len(), POINTS_MAX);
    for section in &sections {
        check_protocol(section, protocol);
        let ratio = ratio(section);
        check_ratio(section, ratio, values);
        // a name that is one word for all: so that points of one meter are told apart
        reader.point(section, id, Scale::ONE, &mut listed);
        ratios.push(ratio);
    }
    for (section, point) in sections.iter().zip(&listed.points) {
        check_word(section, point.series.kind);
    }
    let names: HashSet<String> = listed.points.iter().map(|point| point.series.point.clone()).collect();
    let frames = top.tables(&FRAMES, &FRAME_SHAPE);
    bounded(top, &FRAMES, frames.len(), FRAMES_MAX);
    Model {
        id: id.to_owned(),
        file: file.to_owned(),
        shipped,
        make: of(&MAKE),
        model: of(&MODEL),
        names: top.parse_each(&NAMES, |name| word::name(name).map(str::to_owned)).unwrap_or_default(),
        measures: top.one_of(&MEASURES, &Measures::WORDS).map_or(Measures::Other, |measures| measures.value),
        protocol,
        confidence: top.one_of(&CONFIDENCE, &Confidence::WORDS).map_or(Confidence::OneSource, |found| found.value),
        secondary: values.unwrap_or_default(),
        note: top.table(&NOTE, &NOTE_SHAPE).map(|note| both(&note)),
        sources: top.tables(&SOURCES, &SOURCE_SHAPE).iter().map(source).collect(),
        factory: top.table(&FACTORY, &FACTORY_SHAPE).map(|section| factory(&section)).unwrap_or_default(),
        identity: top.table(&IDENTITY, &IDENTITY_SHAPE).and_then(|section| identity(&section)),
        limits,
        ratios: top.tables(&RATIOS, &RATIO_SHAPE).iter().filter_map(ratio_register).collect(),
        points: reader.points,
        templates: listed.points.into_iter().zip(ratios).map(|(point, ratio)| Template { point, ratio }).collect(),
        frames: frames.iter().map(|section| frame(section, &names)).collect(),
        disagreements: top
            .tables(&DISAGREEMENTS, &DISAGREEMENT_SHAPE)
            .iter()
            .map(|section| Disagreement {
                points: known(section, &ABOUT, &names),
                text: section.table(&DISAGREE, &NOTE_SHAPE).map_or_else(|| Text::new("", ""), |text| both(&text)),
            })
            .collect(),
        text: Cow::Borrowed(""),
    }
}

fn bounded(top: &Section, key: &Key, found: usize, max: usize) {
    if found > max {
        top.doc.report(
            &top.at(key),
            Text::new(format!("共 {found} 个"), format!("found {found}")),
            Text::new(format!("最多 {max} 个"), format!("{max} at most")),
            Text::new("分成几个文件", "divide them among several files"),
        );
    }
}

fn written(section: &Section, key: &Key) -> String {
    let plain = |text: &str| {
        let long = text.is_empty() || text.len() > TEXT_BYTES_MAX;
        if long || text.chars().any(char::is_control) { Err(such_as(key)) } else { Ok(text.to_owned()) }
    };
    section.parse(key, plain).map_or(String::new(), |text| text.value)
}

fn both(section: &Section) -> Text {
    Text::new(written(section, &ZH), written(section, &EN))
}

fn source(section: &Section) -> Source {
    let says = section.has(&SAYS).then(|| written(section, &SAYS));
    Source { title: written(section, &TITLE), location: written(section, &WHERE), says }
}

fn factory(section: &Section) -> FactorySettings {
    let baud = section.integer(&BAUD, 1200..=115_200).and_then(|baud| u32::try_from(baud.value).ok());
    let format = section.one_of(&LINE_FORMAT, &FORMATS).map(|format| format.value);
    let unit_id = section.integer(&UNIT_ID, 1..=247).and_then(|unit_id| u8::try_from(unit_id.value).ok());
    FactorySettings { line: LineSettings { baud, format }, unit_id }
}

fn identity(section: &Section) -> Option<Identity> {
    let number = |text: &str| text.parse::<Decimal>().map_err(|_| such_as(&ANSWERS));
    let values = section.parse_each(&ANSWERS, number);
    if values.as_ref().is_some_and(Vec::is_empty) {
        section.missing(&ANSWERS);
    }
    let Register { function, register, value_type, word_order } = register(section, Function::HoldingRegisters);
    let word_order = word_order.unwrap_or(WordOrder::Abcd);
    Some(Identity { function: function?, register: register?, value_type: value_type?, word_order, values: values? })
}

fn ratio_register(section: &Section) -> Option<RatioRegister> {
    let ct = section.one_of(&RATIO_NAME, &[("ct", true), ("pt", false)]).map(|name| name.value);
    let scale = section.or(&SCALE, Scale::ONE, section.parse(&SCALE, word::scale));
    let Register { function, register, value_type, word_order } = register(section, Function::HoldingRegisters);
    let word_order = word_order.unwrap_or(WordOrder::Abcd);
    Some(RatioRegister {
        ct: ct?,
        function: function?,
        register: register?,
        value_type: value_type?,
        word_order,
        scale: scale?,
    })
}

/// A key of another protocol would say nothing.
fn check_protocol(section: &Section, protocol: Protocol) {
    let registers: [&Key; 6] = [&FUNCTION, &REGISTER, &TYPE, &WORD_ORDER, &NO_VALUE, &MULTIPLIER];
    let digits: [&Key; 5] = [&IDENTIFIER, &BYTE_OFFSET, &BYTES, &SIGNED, &UNIT_CODE];
    let foreign = if protocol == Protocol::Modbus { &digits[..] } else { &registers[..] };
    for key in foreign.iter().filter(|key| section.has(key)) {
        let (name, protocol) = (key.name, protocol.word());
        section.doc.report(
            &section.at(key),
            Text::new(
                format!("写有 {name}，而 protocol 为 {protocol}"),
                format!("found {name} where protocol is {protocol}"),
            ),
            Text::new("该协议的键", "keys of that protocol"),
            Text::new(format!("删除 {name}"), format!("remove {name}")),
        );
    }
}

/// Only what a meter gives for its secondary side is multiplied.
fn check_ratio(section: &Section, ratio: Ratio, secondary: Option<bool>) {
    if ratio != Ratio::None && secondary == Some(false) {
        section.doc.report(
            &section.at(&RATIO),
            Text::new("values = \"primary\" 而写有变比", "found a ratio where values = \"primary\""),
            Text::new("none：仪表已乘变比", "none: the meter has applied its ratio"),
            Text::new("删除 ratio，或写 values = \"secondary\"", "remove it, or write values = \"secondary\""),
        );
    }
    let amount = section.peek(&MODULUS).filter(|text| !text.value.starts_with("2^"));
    if let Some(amount) = amount.filter(|_| ratio != Ratio::None) {
        section.doc.report(
            &amount.at,
            Text::new("有变比的点以单位写 modulus", "found a modulus in the unit, of a point with a ratio"),
            Text::new("digits，或 \"2^32\" 这样的计数", "digits, or counts such as \"2^32\""),
            Text::new("改写 digits", "write digits instead"),
        );
    }
}

/// One name and one unit for one quantity, whatever the make.
fn check_word(section: &Section, kind: PointKind) {
    let Some(name) = section.peek(&POINT_NAME) else { return };
    let Some(known) = vocabulary::word(name.value) else {
        let names: Vec<String> = vocabulary::names().collect();
        let fix = did_you_mean(name.value, names.iter().map(String::as_str));
        section.doc.report(
            &name.at,
            found(&quoted(name.value)),
            Text::new(format!("其中之一：{}", names.join("、")), format!("one of {}", names.join(", "))),
            fix.unwrap_or_else(|| Text::new("选用上述名称", "choose one of these names")),
        );
        return;
    };
    let unit = section.peek(&UNIT).map_or("", |unit| unit.value);
    if !known.units.contains(&unit) {
        let units = known.units.iter().map(|unit| format!("\"{unit}\"")).collect::<Vec<_>>().join(", ");
        section.doc.report(
            &section.at(&UNIT),
            found(&quoted(unit)),
            Text::new(format!("{} 的单位：{units}", name.value), format!("a unit of {}: {units}", name.value)),
            Text::new("换算写在 scale 中", "put the conversion into the scale"),
        );
    }
    if kind == PointKind::Cumulative && !known.cumulative {
        section.doc.report(
            &section.at(&KIND),
            Text::new("cumulative", "found cumulative"),
            Text::new(format!("gauge：{} 可升可降", name.value), format!("gauge: {} rises and falls", name.value)),
            Text::new("删除 kind", "remove kind"),
        );
    }
}

fn frame(section: &Section, names: &HashSet<String>) -> Frame {
    let bytes = |key| section.parse(key, hex).map(|bytes| bytes.value).unwrap_or_default();
    let expect = section.strings_by_name(&EXPECT).unwrap_or_default();
    if section.has(&EXPECT) && expect.is_empty() {
        let fix = Text::new("写上至少一个点应得的值", "write what at least one point is then");
        section.refuse(&EXPECT, Text::new("没有点", "no point"), fix);
    }
    let expect = expect.into_iter().filter_map(|(name, Found { value, at })| {
        let number = value.parse::<Decimal>().ok();
        if number.is_none() || !names.contains(&name) {
            section.doc.report(
                &at,
                Text::new(format!("{name} = {}", quoted(value)), format!("found {name} = {}", quoted(value))),
                Text::new("本文件的计量点和加引号的数", "a point of this file and a number in quotes"),
                such_as(&EXPECT),
            );
        }
        Some((name, number?))
    });
    let expect = expect.collect();
    let of = known(section, &OF, names);
    Frame { of, request: bytes(&REQUEST), reply: bytes(&REPLY), origin: written(section, &ORIGIN), expect }
}

/// Names of points of this file.
fn known(section: &Section, key: &Key, names: &HashSet<String>) -> Vec<String> {
    let point = |name: &str| {
        let near = || did_you_mean(name, names.iter().map(String::as_str));
        names.get(name).cloned().ok_or_else(|| {
            near().unwrap_or_else(|| Text::new("写本文件中的计量点", "write the name of a point of this file"))
        })
    };
    section.parse_each(key, point).unwrap_or_default()
}

fn hex(text: &str) -> Result<Vec<u8>, Text> {
    let fix = || {
        Text::new(
            "每字节写两位十六进制数字，以空格分开",
            "write two hexadecimal digits for each byte, with blanks between them",
        )
    };
    let byte = |pair: &str| {
        let plain = pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
        u8::from_str_radix(pair, 16).ok().filter(|_| plain)
    };
    let bytes: Option<Vec<u8>> = text.split_ascii_whitespace().take(FRAME_BYTES_MAX + 1).map(byte).collect();
    bytes.filter(|bytes| (4..=FRAME_BYTES_MAX).contains(&bytes.len())).ok_or_else(fix)
}
