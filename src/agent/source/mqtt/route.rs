//! A message's topic → the table it belongs to, and the meter it speaks of.

use crate::agent::config::{MqttTopic, NamePart, filter};
use std::collections::HashMap;

/// The tables of one broker. The configuration has seen to it that no two match one topic.
pub struct Routes {
    /// Those without wildcards, by topic.
    plain: HashMap<String, usize>,
    wild: Vec<usize>,
    /// By the table's place: each meter's place.
    meters: Vec<HashMap<String, usize>>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    Topic {
        place: usize,
        meter: usize,
    },
    /// The topic is known, and this name of a meter is not.
    Stranger(String),
    None,
}

impl Routes {
    pub fn new(topics: &[MqttTopic]) -> Routes {
        let mut routes = Routes { plain: HashMap::new(), wild: Vec::new(), meters: Vec::new() };
        for (place, topic) in topics.iter().enumerate() {
            if filter::wildcards(&topic.topic) == 0 {
                routes.plain.insert(topic.topic.clone(), place);
            } else {
                routes.wild.push(place);
            }
            routes.meters.push(topic.meters.iter().cloned().zip(0..).collect());
        }
        routes
    }

    pub fn find(&self, topics: &[MqttTopic], topic: &str) -> Route {
        if let Some(place) = self.plain.get(topic) {
            return Route::Topic { place: *place, meter: 0 };
        }
        let mut matching = self.wild.iter().filter_map(|place| {
            let configured = topics.get(*place)?;
            Some((*place, configured, filter::captures(&configured.topic, topic)?))
        });
        let Some((place, configured, captured)) = matching.next() else { return Route::None };
        if configured.naming.is_empty() {
            return Route::Topic { place, meter: 0 };
        }
        let name = name(&configured.naming, &captured);
        match self.meters.get(place).and_then(|meters| meters.get(&name)) {
            Some(meter) => Route::Topic { place, meter: *meter },
            None => Route::Stranger(name),
        }
    }
}

fn name(naming: &[NamePart], captured: &[&str]) -> String {
    let part = |part: &NamePart| match part {
        NamePart::Text(text) => text.clone(),
        NamePart::Wildcard(place) => captured.get(*place).copied().unwrap_or_default().to_owned(),
    };
    naming.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_leads_to_its_table_and_meter() {
        let topic = |topic: &str, naming, meters: &[&str]| MqttTopic {
            topic: topic.into(),
            naming,
            meters: meters.iter().map(|meter| (*meter).to_owned()).collect(),
            ..MqttTopic::default()
        };
        let named = vec![NamePart::Wildcard(1), NamePart::Text("@".into()), NamePart::Wildcard(0)];
        let topics = [
            topic("a/b", Vec::new(), &["one"]),
            topic("line/+/meter/#", named, &["m/1@x", "m/2@x"]),
            topic("all/#", Vec::new(), &["all"]),
        ];
        let routes = Routes::new(&topics);
        let find = |topic: &str| routes.find(&topics, topic);
        assert_eq!(find("a/b"), Route::Topic { place: 0, meter: 0 });
        assert_eq!(find("line/x/meter/m/2"), Route::Topic { place: 1, meter: 1 });
        assert_eq!(find("line/y/meter/m/2"), Route::Stranger("m/2@y".into()));
        assert_eq!(find("all/of/it"), Route::Topic { place: 2, meter: 0 });
        assert_eq!(find("a/c"), Route::None);
    }
}
