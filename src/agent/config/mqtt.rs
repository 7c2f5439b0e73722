//! Brokers, their topics, and what is read from each payload.

use super::{
    Login, MqttBroker, MqttPoint, MqttTag, MqttTopic, MqttVersion, PasswordFrom, PayloadFormat, Retained, Tls,
    address::{self, Broker},
    file::Listed,
    filter,
    key::{
        BROKER_NAME, CA_FILE, CERT_FILE, CERT_KEY_FILE, CLIENT_ID, COLUMN, EACH, INFLIGHT, MQTT_POINT_SHAPE,
        MQTT_POINTS, MQTT_POINTS_ALONE, NODE, PASSWORD_ENV, PASSWORD_FILE, PAYLOAD_FORMAT, POINTER, RETAINED,
        SEPARATOR, SERVER_NAME, SPARKPLUG, SPARKPLUG_SHAPE, STRINGS, TAG_NAME, TAG_SHAPE, TAGS, TIME, TIME_SHAPE,
        TOPIC, TOPIC_SHAPE, TOPICS, TOPICS_NEEDED, URL, USERNAME, VERSION,
    },
    naming::{self, Named},
    point::Given,
    sparkplug, time, tls, word,
};
use crate::runtime::{
    lang::Text,
    problem::Unique,
    settings::{self, Key, Section},
};
use std::{collections::HashSet, path::Path};

pub(super) fn broker(section: &Section, gateway_id: &str, listed: &mut Listed) -> MqttBroker {
    let name = section.parse(&BROKER_NAME, word::name);
    if let Some(name) = &name {
        listed.sources.claim(section.doc, name);
    }
    let name = name.map_or(String::new(), |name| name.value.to_owned());
    let Broker { host, port, tls } = section.parse(&URL, address::mqtt).map(|url| url.value).unwrap_or_default();
    let client_id = section.parse(&CLIENT_ID, word::name);
    if let Some(client_id) = &client_id {
        // a broker drops the older of two sessions of one client id, so that both would drop each other for ever
        listed.clients.claim_as(section.doc, format!("{host}:{port} {}", client_id.value), client_id);
    }
    let client_id = client_id.map_or_else(|| format!("mujun-{gateway_id}-{name}"), |id| id.value.to_owned());
    let inflight = section.or(&INFLIGHT, 20, section.integer(&INFLIGHT, 1..=1000));

    let mut heard =
        Heard { topics: Unique::new("同一代理的其他主题", "topic of this broker"), filters: Vec::new() };
    let mut meters = HashSet::new();
    let topics = section.tables(&TOPICS, &TOPIC_SHAPE);
    let nodes = section.tables(&SPARKPLUG, &SPARKPLUG_SHAPE);
    if topics.is_empty() && nodes.is_empty() {
        section.missing(&TOPICS_NEEDED);
    }
    MqttBroker {
        topics: topics.iter().map(|section| topic(section, &mut heard, &mut meters, listed)).collect(),
        sparkplug: nodes
            .iter()
            .map(|section| {
                let source = sparkplug::source(section, &mut meters, listed);
                if !source.group.is_empty() && !source.node.is_empty() {
                    heard.not(section, &source.filter());
                }
                source
            })
            .collect(),
        inflight: inflight.and_then(|inflight| u16::try_from(inflight).ok()).unwrap_or_default(),
        version: version(section),
        login: login(section),
        tls: encryption(section, tls),
        name,
        host,
        port,
        client_id,
    }
}

impl MqttBroker {
    /// Relative files are those of `folder`.
    pub(super) fn relative_to(&mut self, folder: &Path) {
        self.tls.iter_mut().for_each(|tls| tls.relative_to(folder));
        if let Some(Login { password: Some(PasswordFrom::File(file)), .. }) = &mut self.login {
            *file = folder.join(&*file);
        }
    }
}

fn version(section: &Section) -> MqttVersion {
    match section.integer(&VERSION, 3..=5).map(|version| version.value) {
        None | Some(3) => MqttVersion::V3_1_1,
        Some(5) => MqttVersion::V5,
        Some(_) => {
            let found = Text::new("写的是 4（3.1.1 在报文中的编号）", "found 4 (the number of 3.1.1 on the wire)");
            section.refuse(&VERSION, found, Text::new("3.1.1 写 version = 3", "write version = 3 for 3.1.1"));
            MqttVersion::V3_1_1
        }
    }
}

fn login(section: &Section) -> Option<Login> {
    let file = section.parse(&PASSWORD_FILE, settings::path).map(|file| file.value.to_owned());
    let variable = section.parse(&PASSWORD_ENV, word::environment).map(|name| name.value.to_owned());
    if section.has(&PASSWORD_FILE) && section.has(&PASSWORD_ENV) {
        section.doc.report(
            &section.at(&PASSWORD_FILE),
            Text::new("同时写有 password_file 和 password_env", "found both password_file and password_env"),
            Text::new("两者之一", "one of the two"),
            Text::new("删除其中一个", "remove one of them"),
        );
    }
    for key in [&PASSWORD_FILE, &PASSWORD_ENV] {
        if section.has(key) && !section.has(&USERNAME) {
            section.missing(&USERNAME);
        }
    }
    let username = section.parse(&USERNAME, word::name)?.value.to_owned();
    Some(Login { username, password: file.map(PasswordFrom::File).or(variable.map(PasswordFrom::Environment)) })
}

fn encryption(section: &Section, asked: bool) -> Option<Tls> {
    let said = tls::tls(section);
    if asked {
        return Some(said);
    }
    for key in [&CA_FILE, &CERT_FILE, &CERT_KEY_FILE, &SERVER_NAME] {
        if section.has(key) && section.peek(&URL).is_some_and(|url| url.value.starts_with("mqtt://")) {
            section.doc.report(
                &section.at(key),
                Text::new(format!("url 为 mqtt://，却写有 {}", key.name), format!("found {} beside mqtt://", key.name)),
                Text::new("mqtts://：mqtt:// 不加密", "mqtts://, as mqtt:// is not encrypted"),
                Text::new("url 改为 mqtts://，或删除此键", "write mqtts:// in url, or remove this key"),
            );
        }
    }
    None
}

/// What a broker's tables have subscribed to so far.
struct Heard {
    topics: Unique,
    filters: Vec<String>,
}

impl Heard {
    /// A node's messages are no topic's.
    fn not(&self, section: &Section, node: &str) {
        if let Some(topic) = self.filters.iter().find(|topic| filter::overlap(topic, node)) {
            section.doc.report(
                &section.at(&NODE),
                Text::new(
                    format!("其报文也属于主题 {topic}"),
                    format!("found a node whose messages are those of the topic {topic} as well"),
                ),
                Text::new("不与 [[mqtt.topic]] 重叠", "what no [[mqtt.topic]] of this broker matches"),
                Text::new("缩小该通配主题", "make that topic narrower"),
            );
        }
    }

    /// A message goes to one table. Two topics without wildcards overlap where they are the same.
    fn claim(&mut self, section: &Section, topic: &crate::runtime::problem::Found<&str>) {
        if !self.topics.claim(section.doc, topic) {
            return;
        }
        let wild = filter::wildcards(topic.value) > 0;
        let other = self
            .filters
            .iter()
            .find(|other| (wild || filter::wildcards(other) > 0) && filter::overlap(other, topic.value));
        if let Some(other) = other {
            section.doc.report(
                &topic.at,
                Text::new(format!("与主题 {other} 重叠"), format!("found a topic that overlaps with {other}")),
                Text::new("同一条消息只属于一个 [[mqtt.topic]]", "topics of which a message matches only one"),
                Text::new("缩小其中一个通配主题", "make one of the two narrower"),
            );
        }
        self.filters.push(topic.value.to_owned());
    }
}

/// Several topics of one broker may speak for one meter; a meter is never behind two sources.
fn topic<'d>(
    section: &Section<'d>,
    heard: &mut Heard,
    meters: &mut HashSet<&'d str>,
    listed: &mut Listed,
) -> MqttTopic {
    let topic = section.parse(&TOPIC, word::topic);
    if let Some(topic) = &topic {
        heard.claim(section, topic);
    }
    let topic = topic.map_or(String::new(), |topic| topic.value.to_owned());
    let Named { naming, meters } = naming::named(section, &topic, meters, listed);
    let needed = if section.has(&TAGS) { &MQTT_POINTS } else { &MQTT_POINTS_ALONE };
    if needed.required && !section.has(needed) {
        section.missing(needed);
    }
    let format = format(section);
    let pointer = |section: &Section| pointer(section, format);
    let points = section.tables(needed, &MQTT_POINT_SHAPE);
    let tags = section.tables(&TAGS, &TAG_SHAPE);
    let time = section.table(&TIME, &TIME_SHAPE).map(|section| time::payload_time(&section, pointer));
    let undated = if section.has(&TIME) { Retained::Take } else { Retained::Ignore };
    let retained = section.one_of(&RETAINED, &[("ignore", Retained::Ignore), ("take", Retained::Take)]);
    MqttTopic {
        topic,
        each: each(section, format),
        format,
        retained: section.or(&RETAINED, undated, retained).unwrap_or_default(),
        time,
        points: points
            .iter()
            .map(|section| MqttPoint {
                pointer: pointer(section),
                series: listed.points(section, &meters, Some(Given::Real)),
            })
            .collect(),
        tags: tags.iter().filter_map(|section| tag(section, pointer, &meters, listed)).collect(),
        naming,
        meters,
    }
}

fn format(section: &Section) -> PayloadFormat {
    let strings = section.or(&STRINGS, false, section.boolean(&STRINGS)).unwrap_or_default();
    let separator = section.or(&SEPARATOR, ',', section.parse(&SEPARATOR, separator)).unwrap_or(',');
    let csv = section.one_of(&PAYLOAD_FORMAT, &[("json", false), ("csv", true)]).is_some_and(|csv| csv.value);
    let foreign = |keys: &[&Key], other: &str| {
        for key in keys.iter().filter(|key| section.has(key)) {
            section.doc.report(
                &section.at(key),
                Text::new(
                    format!("format 不是 {other}，却写有 {}", key.name),
                    format!("found {} in a topic of another format", key.name),
                ),
                Text::new(format!("format = \"{other}\" 时才有此键"), format!("format = \"{other}\" beside it")),
                Text::new("改正 format，或删除此键", "correct format, or remove this key"),
            );
        }
    };
    if csv {
        foreign(&[&STRINGS, &EACH], "json");
        PayloadFormat::Csv { separator }
    } else {
        foreign(&[&SEPARATOR], "csv");
        PayloadFormat::Json { strings }
    }
}

fn separator(text: &str) -> Result<char, Text> {
    let mut characters = text.chars();
    let only = characters
        .next()
        .filter(|only| only.is_ascii() && !only.is_ascii_alphanumeric() && characters.next().is_none());
    only.filter(|only| !matches!(only, '"' | '\n' | '\r' | '.' | '-' | '+'))
        .ok_or_else(|| Text::new("写 \",\"、\";\"、\"|\" 或 \"\\t\"", "write \",\", \";\", \"|\" or \"\\t\""))
}

/// Where a value stands in a payload of `format`.
fn pointer(section: &Section, format: PayloadFormat) -> String {
    let found = match format {
        PayloadFormat::Json { .. } => section.parse(&POINTER, word::pointer),
        PayloadFormat::Csv { .. } => section.parse(&COLUMN, word::column),
    };
    found.map_or(String::new(), |found| found.value.to_owned())
}

/// The samples of an array have each its own time: together they were not taken when they came.
fn each(section: &Section, format: PayloadFormat) -> Option<String> {
    if section.has(&EACH) && !section.has(&TIME) && matches!(format, PayloadFormat::Json { .. }) {
        section.missing(&TIME);
    }
    section.parse(&EACH, word::pointer).map(|each| each.value.to_owned())
}

/// Two places that say the same of one meter would contradict each other sooner or later.
fn tag(
    section: &Section,
    pointer: impl Fn(&Section) -> String,
    meters: &[String],
    listed: &mut Listed,
) -> Option<MqttTag> {
    const NAMES: [(&str, &str); 3] = [("product", "product"), ("shift", "shift"), ("order", "order")];
    let name = section.one_of(&TAG_NAME, &NAMES);
    let pointer = pointer(section);
    let name = name?;
    for meter in meters.iter().filter(|meter| !meter.is_empty()) {
        listed.tags.claim_as(section.doc, format!("{meter}\n{}", name.value), &name);
    }
    Some(MqttTag { name: name.value.to_owned(), pointer })
}
