//! The file as a whole: its bytes, its TOML, its tables, and the list of all points.

use super::{
    Config, Link, Point, console,
    key::{
        AGENT, AGENT_SHAPE, BUS_SHAPE, BUSES, GATEWAY_ID, KEY_FILE, METER_DIR, MQTT, MQTT_SHAPE, POINT_NAME,
        ROOT_SHAPE, SHAPES, SPOOL, SPOOL_SHAPE, TRUST_CLOCK,
    },
    link::Listening,
    manual::{self, MANUAL, MANUAL_SHAPE},
    meter, mqtt,
    point::{self, Given, Place},
    spool, uplink, word,
};
use crate::runtime::{
    file,
    lang::Text,
    problem::{Problems, Unique},
    settings::{self, Section},
};
use std::path::Path;

/// 10,000 points take about 2 MiB.
const FILE_MIB_MAX: usize = 4;
/// What one gateway is measured with, and far more than one line of meters.
const POINTS_MAX: usize = 10_000;

/// Reads and checks `path`. Relative folders and files are taken from the file's own folder, so that the service finds
/// them from wherever it is started.
pub fn load(path: &Path) -> Result<Config, Problems> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut config = parse_in(folder, &file::read(path, FILE_MIB_MAX)?, &path.display().to_string())?;
    config.spool.dir = folder.join(&config.spool.dir);
    config.key_file = folder.join(&config.key_file);
    config.meter_dir = config.meter_dir.map(|dir| folder.join(dir));
    for bus in &mut config.buses {
        if let Link::Tls(_, tls) = &mut bus.link {
            tls.relative_to(folder);
        }
    }
    for broker in &mut config.mqtt {
        broker.relative_to(folder);
    }
    Ok(config)
}

/// Checks `text`; `file` is what messages call it.
pub fn parse(text: &str, file: &str) -> Result<Config, Problems> {
    parse_in(Path::new(""), text, file)
}

fn parse_in(folder: &Path, text: &str, file: &str) -> Result<Config, Problems> {
    let mut models = None;
    let config = settings::read(text, file, &ROOT_SHAPE, &SHAPES, |root| config(root, folder, &mut models));
    // problems of both are said at once
    match (config, models) {
        (config, None) => config,
        (Ok(_), Some(models)) => Err(models),
        (Err(own), Some(models)) => Err(Problems::gathered([own, models.clone()]).unwrap_or(models)),
    }
}

fn config(root: &Section, folder: &Path, problems: &mut Option<Problems>) -> Config {
    let agent = root.table(&AGENT, &AGENT_SHAPE);
    let meter_dir = agent.as_ref().and_then(|agent| agent.parse(&METER_DIR, settings::path));
    let meter_dir = meter_dir.map(|dir| dir.value.to_owned());
    let models = meter::Models::of(meter_dir.as_ref().map(|dir| folder.join(dir)));
    let trust_clock = agent.as_ref().and_then(|agent| agent.boolean(&TRUST_CLOCK)).is_some_and(|trust| trust.value);
    let gateway_id = agent.as_ref().and_then(|agent| agent.parse(&GATEWAY_ID, word::gateway_id));
    let gateway_id = gateway_id.map_or(String::new(), |id| id.value.to_owned());
    let spool = root.table(&SPOOL, &SPOOL_SHAPE);
    let key_file = agent.as_ref().and_then(|agent| agent.parse(&KEY_FILE, settings::path));
    let spool = spool::config(spool.as_ref());
    let key_file = match key_file {
        Some(found) => found.value.to_owned(),
        None => spool.dir.with_file_name(format!("{gateway_id}.key")),
    };
    let mut listed = Listed::new();
    let buses = root.tables(&BUSES, &BUS_SHAPE);
    let brokers = root.tables(&MQTT, &MQTT_SHAPE);
    let written = root.tables(&MANUAL, &MANUAL_SHAPE);
    let config = Config {
        spool,
        key_file,
        console: console::listen(root),
        uplinks: uplink::destinations(root),
        buses: buses.iter().map(|section| meter::bus(section, &models, &mut listed)).collect(),
        mqtt: brokers.iter().map(|section| mqtt::broker(section, &gateway_id, &mut listed)).collect(),
        manual: written.iter().flat_map(|section| manual::meter(section, &mut listed)).collect(),
        points: listed.points,
        rates_assumed: listed.rates_assumed,
        meter_dir,
        trust_clock,
        gateway_id,
    };
    *problems = models.problems();
    let points = config.points.len();
    if buses.is_empty() && brokers.is_empty() && written.is_empty() {
        root.doc.report(
            &root.at,
            Text::new("没有计量点", "no point"),
            Text::new("至少一个计量点", "at least one"),
            Text::new("加上 [[bus]]、[[mqtt]] 或 [[manual]]", "add [[bus]], [[mqtt]] or [[manual]]"),
        );
    } else if points > POINTS_MAX {
        root.doc.report(
            &root.at,
            Text::new(format!("共 {points} 个计量点"), format!("found {points} points")),
            Text::new(format!("最多 {POINTS_MAX} 个"), format!("{POINTS_MAX} at most")),
            Text::new("分给几个网关", "divide them among several gateways"),
        );
    }
    config
}

/// All points of the file, and all names that may stand only once.
pub(in crate::agent) struct Listed {
    pub points: Vec<Point>,
    rates_assumed: Vec<u32>,
    ids: Unique,
    pub(super) sources: Unique,
    pub(super) meters: Unique,
    pub(super) ports: Unique,
    pub(super) serial_servers: Unique,
    pub(super) dial_ins: Vec<Listening>,
    pub(super) clients: Unique,
    pub(super) tags: Unique,
}

impl Listed {
    pub fn new() -> Listed {
        Listed {
            points: Vec::new(),
            rates_assumed: Vec::new(),
            ids: Unique::new("同一仪表的其他计量点", "point of the meter"),
            sources: Unique::new("其他 [[bus]] 或 [[mqtt]] ", "[[bus]] or [[mqtt]]"),
            meters: Unique::new("其他仪表", "meter"),
            ports: Unique::new("其他总线", "bus"),
            serial_servers: Unique::new("其他串口服务器总线", "bus behind a serial server"),
            dial_ins: Vec::new(),
            clients: Unique::new("同一代理的其他客户端", "client of the broker"),
            tags: Unique::new("同一仪表的其他标签", "tag of the meter"),
        }
    }

    /// Adds the point of `section` once for each meter: by the meter's place, its series id.
    pub(super) fn points(&mut self, section: &Section, meters: &[String], given: Option<Given>) -> Vec<u32> {
        let Some((first, others)) = meters.split_first() else { return Vec::new() };
        let mut all = vec![self.point(section, first, given)];
        for meter in others {
            let Some(mut same) = all.first().and_then(|first| self.points.get(*first as usize)).cloned() else { break };
            same.series.meter.clone_from(meter);
            if let Some(name) = section.peek(&POINT_NAME) {
                self.ids.claim_as(section.doc, format!("{meter}\n{}", same.series.point), &name);
            }
            let assumed = all.first().is_some_and(|first| self.rates_assumed.contains(first));
            all.push(self.add(same, assumed));
        }
        all
    }

    /// Adds the point of `section`; its place in the list is its series id.
    pub(super) fn point<'a>(&mut self, section: &Section, place: impl Into<Place<'a>>, given: Option<Given>) -> u32 {
        let place = place.into();
        let (point, rate_assumed) = point::point(section, place, given);
        // names hold no control characters
        let id = format!("{}\n{}", place.meter, point.series.point);
        if let Some(name) = section.peek(&POINT_NAME).filter(|_| !place.meter.is_empty()) {
            self.ids.claim_as(section.doc, id, &name);
        }
        self.add(point, rate_assumed)
    }

    fn add(&mut self, point: Point, rate_assumed: bool) -> u32 {
        let series = u32::try_from(self.points.len()).unwrap_or(u32::MAX);
        self.points.push(point);
        self.rates_assumed.extend(rate_assumed.then_some(series));
        series
    }
}
