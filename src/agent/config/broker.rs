//! Brokers, as they are after the check. [`super::mqtt`] and [`super::sparkplug`] read them from the file.

use super::Tls;
use std::path::PathBuf;

/// One MQTT broker, subscribed with QoS 1 in a session that it keeps.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MqttBroker {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub version: MqttVersion,
    pub client_id: String,
    pub login: Option<Login>,
    /// `None`: the connection is not encrypted.
    pub tls: Option<Tls>,
    /// Messages that the broker sends before it waits for an acknowledgement (mosquitto: max_inflight_messages).
    pub inflight: u16,
    pub topics: Vec<MqttTopic>,
    pub sparkplug: Vec<SparkplugSource>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MqttVersion {
    #[default]
    V3_1_1,
    V5,
}

/// As whom we appear. The password itself is never in the configuration.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Login {
    pub username: String,
    pub password: Option<PasswordFrom>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PasswordFrom {
    File(PathBuf),
    Environment(String),
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct MqttTopic {
    /// `+` stands for one part, `#` at the end for all that follow.
    pub topic: String,
    /// How the parts under the wildcards name the meter; empty where the topic is of one meter.
    pub naming: Vec<NamePart>,
    /// At least one.
    pub meters: Vec<String>,
    pub format: PayloadFormat,
    /// Where the payload holds an array of samples; pointers are inside of each.
    pub each: Option<String>,
    pub retained: Retained,
    /// Where the payload says when it was taken; without it the time of arrival counts.
    pub time: Option<PayloadTime>,
    pub points: Vec<MqttPoint>,
    pub tags: Vec<MqttTag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePart {
    Text(String),
    /// What the wildcard stands for, counted from 0.
    Wildcard(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadFormat {
    Json {
        /// A number may stand in a string.
        strings: bool,
    },
    /// Each line is a sample.
    Csv { separator: char },
}

impl Default for PayloadFormat {
    fn default() -> PayloadFormat {
        PayloadFormat::Json { strings: false }
    }
}

/// A message that the broker kept for new subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Retained {
    /// Its age is not known.
    #[default]
    Ignore,
    Take,
}

/// What the meter's output belongs to, as the payload says.
#[derive(Clone, Debug, PartialEq)]
pub struct MqttTag {
    /// `product`, `shift` or `order`.
    pub name: String,
    /// As for a point.
    pub pointer: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MqttPoint {
    /// By the meter's place in the topic.
    pub series: Vec<u32>,
    /// RFC 6901, empty for a payload that is the bare value; in CSV the column, counted from 1.
    pub pointer: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PayloadTime {
    /// As for a point.
    pub pointer: String,
    pub format: TimeFormat,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TimeFormat {
    /// Since 1970, in units of which so many are a second: 1, 1,000, 1,000,000 or 1,000,000,000.
    Unix { per_second: u32 },
    /// With zone: `2018-01-01T00:15:00+08:00` or `…Z`.
    Iso8601,
    /// strptime pattern of a civil time, and the seconds east of UTC it is counted in.
    Pattern { pattern: String, offset_s: i32 },
}

impl TimeFormat {
    pub const UNIX_S: TimeFormat = TimeFormat::Unix { per_second: 1 };
    pub const UNIX_MS: TimeFormat = TimeFormat::Unix { per_second: 1_000 };
    pub const UNIX_US: TimeFormat = TimeFormat::Unix { per_second: 1_000_000 };
    pub const UNIX_NS: TimeFormat = TimeFormat::Unix { per_second: 1_000_000_000 };
}

/// A Sparkplug edge node, or one of its devices, as a meter.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SparkplugSource {
    pub group: String,
    pub node: String,
    /// `None`: the metrics of the node itself.
    pub device: Option<String>,
    pub meter: String,
    pub points: Vec<SparkplugPoint>,
}

impl SparkplugSource {
    /// What is subscribed to: everything of the node, as its sequence numbers run over all of it.
    pub fn filter(&self) -> String {
        format!("spBv1.0/{}/+/{}/#", self.group, self.node)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct SparkplugPoint {
    pub series: u32,
    /// Its name in the birth certificate.
    pub metric: String,
}
