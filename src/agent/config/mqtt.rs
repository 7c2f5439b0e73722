//! Brokers, their topics, and what is read from each payload.

use super::{
    MqttBroker, MqttPoint, MqttTag, MqttTopic, address,
    file::Listed,
    key::{
        BROKER_NAME, CLIENT_ID, INFLIGHT, METER, MQTT_POINT_SHAPE, MQTT_POINTS, MQTT_POINTS_ALONE, POINTER, TAG_NAME,
        TAG_SHAPE, TAGS, TIME, TIME_SHAPE, TOPIC, TOPIC_SHAPE, TOPICS, URL,
    },
    point::Given,
    time, word,
};
use crate::runtime::{
    problem::{Found, Unique},
    settings::Section,
};
use std::collections::HashSet;

pub(super) fn broker(section: &Section, gateway_id: &str, listed: &mut Listed) -> MqttBroker {
    let name = section.parse(&BROKER_NAME, word::name);
    if let Some(name) = &name {
        listed.sources.claim(section.doc, name);
    }
    let name = name.map_or(String::new(), |name| name.value.to_owned());
    let (host, port) = section.parse(&URL, address::mqtt).map(|url| url.value).unwrap_or_default();
    let client_id = section.parse(&CLIENT_ID, word::name);
    if let Some(client_id) = &client_id {
        // a broker drops the older of two sessions of one client id, so that both would drop each other for ever
        listed.clients.claim_as(section.doc, format!("{host}:{port} {}", client_id.value), client_id);
    }
    let client_id = client_id.map_or_else(|| format!("mujun-{gateway_id}-{name}"), |id| id.value.to_owned());
    let inflight = section.or(&INFLIGHT, 20, section.integer(&INFLIGHT, 1..=1000));

    let mut topics = Unique::new("同一代理的其他主题", "topic of this broker");
    let mut meters = HashSet::new();
    let sections = section.tables(&TOPICS, &TOPIC_SHAPE);
    let topics = sections.iter().map(|section| topic(section, &mut topics, &mut meters, listed)).collect();
    let inflight = inflight.and_then(|inflight| u16::try_from(inflight).ok()).unwrap_or_default();
    MqttBroker { name, host, port, client_id, inflight, topics }
}

/// Several topics of one broker may speak for one meter; a meter is never behind two sources.
fn topic<'d>(
    section: &Section<'d>,
    topics: &mut Unique,
    meters: &mut HashSet<&'d str>,
    listed: &mut Listed,
) -> MqttTopic {
    let topic = section.parse(&TOPIC, word::topic);
    if let Some(topic) = &topic {
        topics.claim(section.doc, topic);
    }
    let meter = section.parse(&METER, word::name);
    if let Some(name) = meter.as_ref().filter(|name| meters.insert(name.value)) {
        listed.meters.claim(section.doc, name);
    }
    let text = |found: Option<Found<&str>>| found.map_or(String::new(), |found| found.value.to_owned());
    let meter = text(meter);
    let needed = if section.has(&TAGS) { &MQTT_POINTS } else { &MQTT_POINTS_ALONE };
    if needed.required && !section.has(needed) {
        section.missing(needed);
    }
    let points = section.tables(needed, &MQTT_POINT_SHAPE);
    let tags = section.tables(&TAGS, &TAG_SHAPE);
    MqttTopic {
        topic: text(topic),
        time: section.table(&TIME, &TIME_SHAPE).map(|section| time::payload_time(&section)),
        points: points
            .iter()
            .map(|section| MqttPoint {
                pointer: text(section.parse(&POINTER, word::pointer)),
                series: listed.point(section, meter.as_str(), Some(Given::Real)),
            })
            .collect(),
        tags: tags.iter().filter_map(|section| tag(section, &meter, listed)).collect(),
        meter,
    }
}

/// Two places that say the same of one meter would contradict each other sooner or later.
fn tag(section: &Section, meter: &str, listed: &mut Listed) -> Option<MqttTag> {
    const NAMES: [(&str, &str); 3] = [("product", "product"), ("shift", "shift"), ("order", "order")];
    let name = section.one_of(&TAG_NAME, &NAMES);
    let pointer = section.parse(&POINTER, word::pointer)?.value.to_owned();
    let name = name?;
    if !meter.is_empty() {
        listed.tags.claim_as(section.doc, format!("{meter}\n{}", name.value), &name);
    }
    Some(MqttTag { name: name.value.to_owned(), pointer })
}
