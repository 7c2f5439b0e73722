//! Buses and their meters: which protocol, which address, and the points of its own, of its model, or of both.

use super::{
    Bus, Dlt645Edition, Meter, ModbusLimits, Points, Protocol, Station, cjt188,
    digits::{self, Taken},
    dlt645,
    file::Listed,
    fit::{self, Fit},
    key::{
        BUS_NAME, BUS_POINT_SHAPE, BYTE_OFFSET, BYTES, CJT188_ADDRESS, CJT188_KIND, CT, DIGITS, DLT645_ADDRESS,
        FUNCTION, GAP_MAX, HOLES, IDENTIFIER, METER_NAME, METER_SHAPE, METERS, MODEL, MODULUS, MULTIPLIER, NO_VALUE,
        POINT_NAME, POINTS, POINTS_ALONE, POLL_INTERVAL_MS, PROTOCOL, PT, REGISTER, REGISTERS_MAX, RESOLUTION,
        RESTARTS, SIGNED, TIMEOUT_MS, TYPE, UNIT_CODE, UNIT_ID, WORD_ORDER,
    },
    link::{self, Factory, Kind},
    modbus::{self, Spans},
    point::Place,
    word,
};
use crate::{
    agent::library::{Library, Model, Ratio, ratio},
    model::Scale,
    runtime::{
        lang::Text,
        problem::{Problems, did_you_mean, found, quoted},
        settings::{Key, Section, such_as},
    },
};
use std::{cell::OnceCell, path::PathBuf, time::Duration};

const MODBUS: &[&str] = &["modbus"];
const DLT645: &[&str] = &["dlt645-2007", "dlt645-1997"];
const CJT188: &[&str] = &["cjt188"];
const BOTH: &[&str] = &["dlt645-2007", "dlt645-1997", "cjt188"];
const METER_FITS: [Fit; 6] = [
    (&UNIT_ID, MODBUS),
    (&REGISTERS_MAX, MODBUS),
    (&GAP_MAX, MODBUS),
    (&HOLES, MODBUS),
    (&DLT645_ADDRESS, BOTH),
    (&CJT188_KIND, CJT188),
];
const POINT_FITS: [Fit; 11] = [
    (&FUNCTION, MODBUS),
    (&REGISTER, MODBUS),
    (&TYPE, MODBUS),
    (&WORD_ORDER, MODBUS),
    (&NO_VALUE, MODBUS),
    (&MULTIPLIER, MODBUS),
    (&IDENTIFIER, BOTH),
    (&BYTE_OFFSET, BOTH),
    (&BYTES, BOTH),
    (&SIGNED, DLT645),
    (&UNIT_CODE, CJT188),
];

/// The meter library, read where a meter names a model: most of a start would be spent on it.
pub(super) struct Models {
    dir: Option<PathBuf>,
    read: OnceCell<Result<Library, Problems>>,
}

impl Models {
    /// Those of the operator are looked at in any case, so that a wrong file is told before somebody needs it.
    pub fn of(dir: Option<PathBuf>) -> Models {
        let models = Models { dir, read: OnceCell::new() };
        if models.dir.is_some() {
            models.library();
        }
        models
    }

    /// `None` where a file of it is wrong.
    fn library(&self) -> Option<&Library> {
        self.read.get_or_init(|| Library::load(self.dir.as_deref())).as_ref().ok()
    }

    pub fn problems(self) -> Option<Problems> {
        self.read.into_inner()?.err()
    }
}

pub(super) fn bus(section: &Section, models: &Models, listed: &mut Listed) -> Bus {
    let name = section.parse(&BUS_NAME, word::name);
    if let Some(name) = &name {
        listed.sources.claim(section.doc, name);
    }
    let kind = link::kind(section);
    let timeout = section.or(&TIMEOUT_MS, 1000, section.integer(&TIMEOUT_MS, 50..=60_000));
    let poll_interval = section.or(&POLL_INTERVAL_MS, 1000, section.integer(&POLL_INTERVAL_MS, 100..=3_600_000));
    let poll_interval = millis(poll_interval);
    let mut factories = Vec::new();
    let mut meters = Vec::new();
    for table in section.tables(&METERS, &METER_SHAPE) {
        let (meter, factory) = meter(&table, kind, poll_interval, models, listed);
        if !factories.contains(&factory) {
            factories.push(factory);
        }
        meters.push(meter);
    }
    Bus {
        name: name.map_or(String::new(), |name| name.value.to_owned()),
        link: link::link(section, kind.unwrap_or(Kind::Tcp), &factories, listed),
        timeout: millis(timeout),
        poll_interval,
        meters,
    }
}

/// A number that was checked to be in its range.
pub(super) fn millis(checked: Option<i64>) -> Duration {
    Duration::from_millis(checked.unwrap_or_default().unsigned_abs())
}

/// The meter, and what it expects of its line.
fn meter(
    section: &Section,
    link: Option<Kind>,
    poll_interval: Duration,
    models: &Models,
    listed: &mut Listed,
) -> (Meter, Factory) {
    let name = section.parse(&METER_NAME, word::name);
    // without a name of its own its points are not compared with those of the other meter
    let name = name.filter(|name| listed.meters.claim(section.doc, name));
    let name = name.map_or(String::new(), |name| name.value.to_owned());
    let own_interval = section.integer(&POLL_INTERVAL_MS, 100..=3_600_000).map(|interval| interval.value);
    let poll_interval = own_interval.map_or(poll_interval, |interval| millis(Some(interval)));
    let model = model(section, models);
    let unknown = section.has(&MODEL) && model.is_none();
    let protocol = protocol(section, model);
    let station = match protocol {
        // what it would be is not known: nothing more is said of it
        Some(_) if unknown => {
            Address::Modbus { unit_id: 0 }.station(ModbusLimits::default(), Points::none(Protocol::Modbus))
        }
        None => Address::Modbus { unit_id: 0 }.station(ModbusLimits::default(), Points::none(Protocol::Modbus)),
        Some(protocol) => {
            fit::check(section, &PROTOCOL, protocol.word(), &METER_FITS);
            check_link(section, link, protocol);
            station(section, link, protocol, model, &name, listed)
        }
    };
    let factory = model.map_or(protocol.unwrap_or(Protocol::Modbus).factory(), Model::line);
    (Meter { name, model: model.map(|model| model.id.clone()), poll_interval, station }, factory)
}

fn model<'l>(section: &Section, models: &'l Models) -> Option<&'l Model> {
    if !section.has(&MODEL) {
        return None;
    }
    // what is wrong with the library is said of its own files
    let library = models.library()?;
    let known = |text: &str| library.find(text).ok_or_else(|| library.suggest(text));
    section.parse(&MODEL, known).map(|model| model.value)
}

fn protocol(section: &Section, model: Option<&Model>) -> Option<Protocol> {
    let written = section.one_of(&PROTOCOL, &Protocol::WORDS);
    match (written, model) {
        (Some(written), Some(model)) if written.value != model.protocol => {
            let (word, id) = (model.protocol.word(), &model.id);
            section.doc.report(
                &written.at,
                Text::new(
                    format!("写的是 \"{}\"，而型号 {id} 用 {word}", written.value.word()),
                    format!("found \"{}\" where the model {id} speaks {word}", written.value.word()),
                ),
                Text::new(format!("{word}，或不写"), format!("{word}, or none")),
                Text::new("删除 protocol，或换一个型号", "remove it, or choose another model"),
            );
            None
        }
        (Some(written), _) => Some(written.value),
        (None, _) if section.has(&PROTOCOL) => None,
        (None, model) => Some(model.map_or(Protocol::Modbus, |model| model.protocol)),
    }
}

/// Modbus TCP frames carry nothing but Modbus.
fn check_link(section: &Section, link: Option<Kind>, protocol: Protocol) {
    let Some(link) = link.filter(|link| !link.is_line() && protocol != Protocol::Modbus) else { return };
    let (link, protocol) = (link.word(), protocol.word());
    section.doc.report(
        &section.at(&PROTOCOL),
        Text::new(
            format!("{protocol} 仪表在 link = \"{link}\" 的总线上"),
            format!("found a {protocol} meter on a bus with link = \"{link}\""),
        ),
        Text::new(
            "link 为 serial、serial_server 或 dial_in 的总线",
            "a bus whose link is serial, serial_server or dial_in",
        ),
        Text::new(
            "经串口服务器透传时，在 [[bus]] 中写 link = \"serial_server\"",
            "behind a serial server that passes bytes on, write link = \"serial_server\" in [[bus]]",
        ),
    );
}

fn station(
    section: &Section,
    link: Option<Kind>,
    protocol: Protocol,
    model: Option<&Model>,
    name: &str,
    listed: &mut Listed,
) -> Station {
    let limits = match protocol {
        Protocol::Modbus => {
            modbus::limits(section, [&REGISTERS_MAX, &GAP_MAX, &HOLES], model.map(|model| &model.limits))
        }
        _ => ModbusLimits::default(),
    };
    let address = Address::read(section, link, protocol, model);
    let mut ratios = Ratios::read(section, model);
    let needed = if model.is_some() { &POINTS } else { &POINTS_ALONE };
    if needed.required && !section.has(needed) {
        section.missing(needed);
    }
    let own = section.tables(needed, &BUS_POINT_SHAPE);
    for point in &own {
        fit::check(point, &PROTOCOL, protocol.word(), &POINT_FITS);
    }
    let mut reader = Reader::new(protocol, limits);
    match model {
        None => own.iter().for_each(|point| reader.point(point, name, Scale::ONE, listed)),
        Some(model) => model.with_points(|templates| {
            let mut read = |point: &Section| {
                let factor = ratios.factor(section, ratio(point));
                reader.point(point, name, factor, listed);
            };
            if own.is_empty() {
                return templates.iter().for_each(|template| read(&section.instead(&MODEL, template)));
            }
            for point in &own {
                let named = |template: &&Section| {
                    let name = |section: &Section| section.peek(&POINT_NAME).map(|name| name.value.to_owned());
                    name(template).is_some_and(|known| Some(known) == name(point))
                };
                match templates.iter().find(named) {
                    Some(template) => read(&point.over(template, hidden(point))),
                    None if point.has(protocol.place()) => read(point),
                    None => refuse_point(point, model, templates, protocol),
                }
            }
        }),
    }
    address.station(reader.limits, reader.points)
}

/// Keys of a model's point that say the same as one that is written beside them, or depend on it.
fn hidden(point: &Section) -> Vec<&'static str> {
    let mut hidden = Vec::new();
    if [&MODULUS, &DIGITS, &RESTARTS].into_iter().any(|key| point.writes(key)) {
        hidden.extend([MODULUS.name, DIGITS.name, RESTARTS.name]);
    }
    if point.writes(&TYPE) {
        hidden.extend([WORD_ORDER.name, RESOLUTION.name, NO_VALUE.name]);
    }
    hidden
}

/// It is neither one of the model's, nor does it say where it lies.
fn refuse_point(point: &Section, model: &Model, templates: &[Section], protocol: Protocol) {
    let Some(name) = point.peek(&POINT_NAME) else { return };
    let names: Vec<String> =
        templates.iter().filter_map(|point| point.peek(&POINT_NAME)).map(|name| name.value.to_owned()).collect();
    let key = protocol.place().name;
    let fix = did_you_mean(name.value, names.iter().map(String::as_str)).unwrap_or_else(|| {
        Text::new(
            format!("写型号中的名称；另加的计量点须写 {key}"),
            format!("write a name of the model; a point of your own needs its {key}"),
        )
    });
    point.doc.report(
        &name.at,
        Text::new(
            format!("型号 {} 没有计量点 {}", model.id, quoted(name.value)),
            format!("the model {} has no point {}", model.id, quoted(name.value)),
        ),
        Text::new(format!("其计量点之一：{}", names.join("、")), format!("one of its points: {}", names.join(", "))),
        fix,
    );
}

impl Protocol {
    /// The key that says where a point lies.
    fn place(self) -> &'static Key {
        if self == Protocol::Modbus { &REGISTER } else { &IDENTIFIER }
    }

    /// How a line is set where nobody has set it otherwise.
    pub(in crate::agent) fn factory(self) -> Factory {
        match self {
            Protocol::Modbus => Factory::MODBUS,
            Protocol::Dlt645(Dlt645Edition::E1997) => Factory::DLT645_1997,
            Protocol::Dlt645(Dlt645Edition::E2007) | Protocol::Cjt188 => Factory::DLT645_2007,
        }
    }
}

/// Reads the points of one meter, whatever it speaks.
pub(in crate::agent) struct Reader {
    protocol: Protocol,
    limits: ModbusLimits,
    spans: Spans,
    taken: Taken,
    pub points: Points,
}

impl Reader {
    pub fn new(protocol: Protocol, limits: ModbusLimits) -> Reader {
        let (spans, taken) = (Spans::default(), Taken::default());
        Reader { protocol, limits, spans, taken, points: Points::none(protocol) }
    }

    /// `factor`: the transformers' ratio by which its scale is multiplied.
    pub fn point(&mut self, section: &Section, meter: &str, factor: Scale, listed: &mut Listed) {
        let place = Place { meter, factor };
        match (&mut self.points, self.protocol) {
            (Points::Modbus(points), _) => {
                points.push(modbus::point(section, &place, &self.limits, &mut self.spans, listed));
            }
            (Points::Dlt645(points), Protocol::Dlt645(edition)) => {
                points.push(dlt645::point(section, &place, edition, &mut self.taken, listed));
            }
            (Points::Dlt645(points), _) => {
                points.push(dlt645::point(section, &place, Dlt645Edition::E2007, &mut self.taken, listed));
            }
            (Points::Cjt188(points), _) => points.push(cjt188::point(section, &place, &mut self.taken, listed)),
        }
    }
}

/// To whom the requests are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    Modbus { unit_id: u8 },
    Dlt645 { edition: Dlt645Edition, address: [u8; 6] },
    Cjt188 { kind: u8, address: [u8; 7] },
}

impl Address {
    fn read(section: &Section, link: Option<Kind>, protocol: Protocol, model: Option<&Model>) -> Address {
        match protocol {
            Protocol::Modbus => Address::Modbus { unit_id: unit_id(section, link, model) },
            Protocol::Dlt645(edition) => {
                if !section.has(&DLT645_ADDRESS) {
                    section.missing(&DLT645_ADDRESS);
                }
                let address = section.parse(&DLT645_ADDRESS, digits::address).map(|address| address.value);
                Address::Dlt645 { edition, address: address.unwrap_or_default() }
            }
            Protocol::Cjt188 => {
                if !section.has(&CJT188_ADDRESS) {
                    section.missing(&CJT188_ADDRESS);
                }
                let address = section.parse(&CJT188_ADDRESS, digits::address).map(|address| address.value);
                let kind = cjt188::kind(section, model.and_then(Model::cjt188_kind));
                Address::Cjt188 { kind: kind.unwrap_or_default(), address: address.unwrap_or_default() }
            }
        }
    }

    /// Points of another protocol than the address's are none.
    pub fn station(self, limits: ModbusLimits, points: Points) -> Station {
        match (self, points) {
            (Address::Modbus { unit_id }, Points::Modbus(points)) => Station::Modbus { unit_id, limits, points },
            (Address::Dlt645 { edition, address }, Points::Dlt645(points)) => {
                Station::Dlt645 { edition, address, points }
            }
            (Address::Cjt188 { kind, address }, Points::Cjt188(points)) => Station::Cjt188 { kind, address, points },
            (Address::Modbus { unit_id }, _) => Station::Modbus { unit_id, limits, points: Vec::new() },
            (Address::Dlt645 { edition, address }, _) => Station::Dlt645 { edition, address, points: Vec::new() },
            (Address::Cjt188 { kind, address }, _) => Station::Cjt188 { kind, address, points: Vec::new() },
        }
    }
}

fn unit_id(section: &Section, link: Option<Kind>, model: Option<&Model>) -> u8 {
    let usual = model.and_then(|model| model.factory.unit_id);
    if usual.is_none() && !section.has(&UNIT_ID) {
        section.missing(&UNIT_ID);
    }
    let unit_id = section.integer(&UNIT_ID, 0..=255).map(|unit_id| unit_id.value);
    match unit_id {
        Some(reserved @ (0 | 248..=254)) => {
            let fix = Text::new(
                "写仪表的通信地址；0 为广播，248 到 254 为保留",
                "write the meter's address; 0 is a broadcast, 248 to 254 are reserved",
            );
            section.refuse(&UNIT_ID, found(&reserved.to_string()), fix);
        }
        Some(255) if link.is_some_and(Kind::is_line) => {
            let fix = Text::new(
                "写仪表的通信地址；255 只用于 Modbus TCP",
                "write the meter's address; 255 is for Modbus TCP only",
            );
            section.refuse(&UNIT_ID, found("255"), fix);
        }
        _ => {}
    }
    unit_id.and_then(|unit_id| u8::try_from(unit_id).ok()).or(usual).unwrap_or_default()
}

/// The transformers in front of the meter.
struct Ratios {
    ct: Option<Scale>,
    pt: Option<Scale>,
    /// A missing one is said once.
    said: [bool; 2],
}

impl Ratios {
    fn read(section: &Section, model: Option<&Model>) -> Ratios {
        let needs = |ct: bool| model.is_some_and(|model| model.needs(ct));
        for (key, needed) in [(&CT, needs(true)), (&PT, needs(false))] {
            if section.has(key) && !needed {
                let name = key.name;
                let (found, fix) = match model {
                    None => (
                        Text::new(format!("没有型号而写有 {name}"), format!("found {name} without a model")),
                        Text::new("把变比乘入各点的 scale", "multiply the scale of the points by it"),
                    ),
                    Some(model) => (
                        Text::new(
                            format!("写有 {name}，而型号 {} 的读数已含变比", model.id),
                            format!("found {name}, but the values of {} have it in them", model.id),
                        ),
                        Text::new(
                            format!("删除 {name}；变比在仪表中设置"),
                            format!("remove {name}: the ratio is set in the meter"),
                        ),
                    ),
                };
                let expected =
                    Text::new("只用于给出二次侧数值的型号", "one of a model that gives secondary values only");
                section.doc.report(&section.at(key), found, expected, fix);
            }
        }
        let scale = |key| section.parse(key, word::ratio).map(|ratio| ratio.value);
        let (ct, pt) = (scale(&CT), scale(&PT));
        if let Some((ct, pt)) = ct.zip(pt).filter(|(ct, pt)| ct.times(*pt).is_err()) {
            let found = Text::new(format!("ct × pt = {ct} × {pt}"), format!("ct × pt = {ct} × {pt}"));
            section.refuse(&CT, found, such_as(&CT));
        }
        Ratios { ct, pt, said: [section.has(&CT), section.has(&PT)] }
    }

    fn factor(&mut self, meter: &Section, ratio: Ratio) -> Scale {
        let (by_ct, by_pt) = ratio.parts();
        let [said_ct, said_pt] = &mut self.said;
        let one = |needed: bool, key: &Key, found: Option<Scale>, said: &mut bool| {
            if needed && !std::mem::replace(said, *said || needed) {
                missing_ratio(meter, key);
            }
            if needed { found.unwrap_or(Scale::ONE) } else { Scale::ONE }
        };
        let ct = one(by_ct, &CT, self.ct, said_ct);
        // that the product fits was seen when they were read
        ct.times(one(by_pt, &PT, self.pt, said_pt)).unwrap_or(Scale::ONE)
    }
}

fn missing_ratio(meter: &Section, key: &Key) {
    let (name, example) = (key.name, key.example);
    let fix = if name == CT.name {
        Text::new(
            format!("在 [[bus.meter]] 中加上 {example}（互感器铭牌，如 150/5 即 30）；直接接入的写 {name} = \"1\""),
            format!(
                "add {example} to [[bus.meter]] (the transformer's label: 150/5 is 30); {name} = \"1\" where there is none"
            ),
        )
    } else {
        Text::new(
            format!("在 [[bus.meter]] 中加上 {name} = \"100\"（10000/100）；电压直接接入的写 {name} = \"1\""),
            format!("add {name} = \"100\" to [[bus.meter]] (10000/100); {name} = \"1\" where there is none"),
        )
    };
    let found = Text::new(
        "缺少：此型号给出互感器二次侧的数值",
        "missing: this model gives the values of the transformers' secondary side",
    );
    meter.refuse(key, found, fix);
}
