//! The file as a whole: its bytes, its TOML, its tables, and the list of all points.

use super::{
    Config, Point, console,
    key::{
        AGENT, AGENT_SHAPE, BUS_SHAPE, BUSES, GATEWAY_ID, KEY_FILE, MQTT, MQTT_SHAPE, POINT_NAME, ROOT_SHAPE, SHAPES,
        SPOOL, SPOOL_SHAPE, TRUST_CLOCK,
    },
    modbus, mqtt,
    point::{self, Given},
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

/// Reads and checks `path`. A relative spool folder or key file is taken from the file's own folder, so that the service finds
/// it from wherever it is started.
pub fn load(path: &Path) -> Result<Config, Problems> {
    let mut config = parse(&file::read(path, FILE_MIB_MAX)?, &path.display().to_string())?;
    if let Some(folder) = path.parent() {
        config.spool.dir = folder.join(&config.spool.dir);
        config.key_file = folder.join(&config.key_file);
        config.mqtt.iter_mut().for_each(|broker| broker.relative_to(folder));
    }
    Ok(config)
}

/// Checks `text`; `file` is what messages call it.
pub fn parse(text: &str, file: &str) -> Result<Config, Problems> {
    settings::read(text, file, &ROOT_SHAPE, &SHAPES, config)
}

fn config(root: &Section) -> Config {
    let agent = root.table(&AGENT, &AGENT_SHAPE);
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
    let config = Config {
        spool,
        key_file,
        console: console::listen(root),
        uplinks: uplink::destinations(root),
        buses: buses.iter().map(|section| modbus::bus(section, &mut listed)).collect(),
        mqtt: brokers.iter().map(|section| mqtt::broker(section, &gateway_id, &mut listed)).collect(),
        points: listed.points,
        rates_assumed: listed.rates_assumed,
        trust_clock,
        gateway_id,
    };
    let points = config.points.len();
    if buses.is_empty() && brokers.is_empty() {
        root.doc.report(
            &root.at,
            Text::new("没有计量点", "no point"),
            Text::new("至少一个计量点", "at least one"),
            Text::new("加上 [[bus]] 或 [[mqtt]]", "add [[bus]] or [[mqtt]]"),
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
pub(super) struct Listed {
    points: Vec<Point>,
    rates_assumed: Vec<u32>,
    ids: Unique,
    pub sources: Unique,
    pub meters: Unique,
    pub clients: Unique,
    pub tags: Unique,
}

impl Listed {
    fn new() -> Listed {
        Listed {
            points: Vec::new(),
            rates_assumed: Vec::new(),
            ids: Unique::new("同一仪表的其他计量点", "point of the meter"),
            sources: Unique::new("其他 [[bus]] 或 [[mqtt]] ", "[[bus]] or [[mqtt]]"),
            meters: Unique::new("其他仪表", "meter"),
            clients: Unique::new("同一代理的其他客户端", "client of the broker"),
            tags: Unique::new("同一仪表的其他标签", "tag of the meter"),
        }
    }

    /// Adds the point of `section` once for each meter: by the meter's place, its series id.
    pub fn points(&mut self, section: &Section, meters: &[String], given: Option<Given>) -> Vec<u32> {
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
    pub fn point(&mut self, section: &Section, meter: &str, given: Option<Given>) -> u32 {
        let (point, rate_assumed) = point::point(section, meter, given);
        // names hold no control characters
        let id = format!("{meter}\n{}", point.series.point);
        if let Some(name) = section.peek(&POINT_NAME).filter(|_| !meter.is_empty()) {
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
