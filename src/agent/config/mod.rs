//! Configuration: TOML in, a checked [`Config`] out, or every problem with its place and its remedy.
//!
//! # Promises
//! - One pass finds all problems of a file that is TOML; each names file, line, column and key, what was found, what
//!   was expected, and a fix, in Chinese and in English.
//! - An unknown key is refused, with the key that was probably meant. No value is silently repaired.
//! - A password is never repeated in a message.
//!
//! # Does not
//! - Connect: an address that is well formed may still lead nowhere.

mod address;
mod bus;
mod console;
mod file;
mod key;
mod modbus;
mod mqtt;
mod physics;
mod point;
mod spool;
#[cfg(test)]
mod tests;
mod time;
mod uplink;
mod value_type;
mod word;

pub use bus::{
    Bus, Cjt188Point, DialIn, Dlt645Edition, Dlt645Point, Function, Link, Meter, ModbusLimits, ModbusPoint, Multiplier,
    Parity, Serial, Station, Tls, ValueType, Wire, WordOrder,
};
pub use file::{load, parse};
pub use uplink::Proxy;

use crate::{
    agent::{
        archive::ArchiveLimits,
        spool::{Limits, WhenFull},
    },
    model::{Scale, Series},
};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// A configuration that was checked: names are unique, addresses parse, every value is in range.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub gateway_id: String,
    /// The key with which the gateway signs its records.
    pub key_file: PathBuf,
    pub spool: SpoolConfig,
    /// Where the gateway's own console is served; `None`: nowhere.
    pub console: Option<SocketAddr>,
    /// The destinations. Without one the gateway records and keeps.
    pub uplinks: Vec<UplinkConfig>,
    pub buses: Vec<Bus>,
    pub mqtt: Vec<MqttBroker>,
    /// Every configured point, in the order of the file. Its place is its series id.
    pub points: Vec<Point>,
    /// Series whose highest rate is not in the file: our guess by the unit holds.
    pub rates_assumed: Vec<u32>,
    /// The wall clock is to be believed although nothing says that it is right.
    pub trust_clock: bool,
}

/// How the numbers of one point become counts of its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub series: Series,
    /// count = number ÷ resolution. The register of an integer type has 1; a float register and a payload have what
    /// the file says; a gauge without one keeps its numbers as they are.
    pub resolution: Option<Scale>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SpoolConfig {
    pub dir: PathBuf,
    /// The longest time for which a sample waits for its commit: what a power cut can cost.
    pub commit_interval: Duration,
    /// What waits for a platform, on the disk.
    pub bytes_max: u64,
    pub age_max: Duration,
    pub when_full: WhenFull,
    pub archive_days: u32,
    pub archive_bytes_max: u64,
}

impl SpoolConfig {
    pub fn limits(&self) -> Limits {
        Limits {
            // a small budget is kept in small steps
            generation_bytes_max: Limits::DEFAULT.generation_bytes_max.min(self.bytes_max / 32),
            bytes_max: self.bytes_max,
            age_max: self.age_max,
            when_full: self.when_full,
            archive: ArchiveLimits { days: self.archive_days, bytes_max: self.archive_bytes_max },
            ..Limits::DEFAULT
        }
    }
}

/// One platform that everything is delivered to.
#[derive(Clone, Debug, PartialEq)]
pub struct UplinkConfig {
    pub name: String,
    /// `http://host:port`
    pub platform_url: String,
    pub proxy: Option<Proxy>,
    /// The first connection is made at a random moment up to this long after the start.
    pub start_spread: Duration,
}

/// One MQTT 3.1.1 broker, subscribed with QoS 1 in a persistent session.
#[derive(Clone, Debug, PartialEq)]
pub struct MqttBroker {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub client_id: String,
    /// Messages that the broker sends before it waits for an acknowledgement (mosquitto: max_inflight_messages).
    pub inflight: u16,
    pub topics: Vec<MqttTopic>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MqttTopic {
    /// Without wildcards.
    pub topic: String,
    pub meter: String,
    /// Where the payload says when it was taken; without it the time of arrival counts.
    pub time: Option<PayloadTime>,
    pub points: Vec<MqttPoint>,
    pub tags: Vec<MqttTag>,
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
    pub series: u32,
    /// RFC 6901; empty for a payload that is the bare value.
    pub pointer: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PayloadTime {
    pub pointer: String,
    pub format: TimeFormat,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TimeFormat {
    UnixSeconds,
    UnixMillis,
    /// With zone: `2018-01-01T00:15:00+08:00` or `…Z`.
    Iso8601,
    /// strptime pattern of a civil time, and the seconds east of UTC it is counted in.
    Pattern {
        pattern: String,
        offset_s: i32,
    },
}
