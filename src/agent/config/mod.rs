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
mod broker;
mod bus;
mod cjt188;
mod console;
mod digits;
mod dlt645;
mod file;
pub mod filter;
mod fit;
pub(in crate::agent) mod key;
mod link;
mod manual;
mod meter;
mod modbus;
mod mqtt;
mod naming;
mod physics;
mod point;
mod sparkplug;
mod spool;
#[cfg(test)]
mod tests;
mod time;
mod tls;
mod uplink;
mod value_type;
pub(in crate::agent) mod word;

pub use broker::{
    Login, MqttBroker, MqttPoint, MqttTag, MqttTopic, MqttVersion, NamePart, PasswordFrom, PayloadFormat, PayloadTime,
    Retained, SparkplugPoint, SparkplugSource, TimeFormat,
};
pub use bus::{
    Bus, Cjt188Point, DialIn, Dlt645Edition, Dlt645Point, Function, Link, Meter, ModbusLimits, ModbusPoint, Multiplier,
    Parity, Points, Protocol, Serial, Station, Tls, ValueType, Wire, WordOrder,
};
pub use file::{load, parse};
pub use link::{Factory, format_word};
pub use manual::ManualPoint;
pub use meter::Address;
pub use uplink::Proxy;

/// What reads the points of a meter, for the meter library, whose files have the same keys.
pub(in crate::agent) mod reading {
    pub(in crate::agent) use super::{
        file::Listed,
        key,
        link::FORMATS,
        meter::Reader,
        modbus::{Register, limits, register},
        word,
    };
}

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
    /// Points whose values a person writes.
    pub manual: Vec<ManualPoint>,
    /// Every configured point, in the order of the file. Its place is its series id.
    pub points: Vec<Point>,
    /// Series whose highest rate is not in the file: our guess by the unit holds.
    pub rates_assumed: Vec<u32>,
    /// Where the operator's own meter models are.
    pub meter_dir: Option<PathBuf>,
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
