//! Samples: a point, an instant, a value or the reason why there is none.

use super::{Doubts, UtcMillis};
use rust_decimal::Decimal;

/// A value as the source found it, before scale and unit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum RawValue {
    Int(i64),
    UInt(u64),
    Float(f64),
    /// A number written in digits, as in JSON.
    Decimal(Decimal),
}

/// A value in the point's own terms.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value {
    /// Whole counts of the series' scale.
    Count(i64),
    /// A gauge that is no whole number, in the unit.
    Real(f64),
}

/// How far a value can be relied on, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "platform", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    Good,
    Uncertain,
    /// There is no value.
    Bad,
}

/// Why a sample is not simply good. The numbers are those of the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Reason {
    Good = 0,
    Rounded = 1,
    /// A person read it off, or entered a delivery.
    Manual = 2,
    Timeout = 16,
    Disconnected = 17,
    Exception = 18,
    Malformed = 19,
    NotANumber = 20,
    OutOfRange = 21,
    Missing = 22,
    /// The device says so itself, by a pattern of bits.
    NoValue = 23,
}

impl Reason {
    pub const ALL: [Reason; 11] = [
        Reason::Good,
        Reason::Rounded,
        Reason::Manual,
        Reason::Timeout,
        Reason::Disconnected,
        Reason::Exception,
        Reason::Malformed,
        Reason::NotANumber,
        Reason::OutOfRange,
        Reason::Missing,
        Reason::NoValue,
    ];

    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u32) -> Option<Reason> {
        Self::ALL.into_iter().find(|reason| u32::from(reason.code()) == code)
    }

    pub fn quality(self) -> Quality {
        match self.code() {
            0 => Quality::Good,
            1..=15 => Quality::Uncertain,
            _ => Quality::Bad,
        }
    }
}

impl Reason {
    /// What a reading brings into every amount that is made of it.
    pub fn doubts(self) -> Doubts {
        match self {
            Reason::Rounded => Doubts::ROUNDED,
            Reason::Manual => Doubts::MANUAL,
            _ => Doubts::NONE,
        }
    }
}

/// One value of one point, or why there is none. `series` is the point's place in the gateway's dictionary.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    pub series: u32,
    pub reason: Reason,
    /// `None` exactly when the reason's quality is bad.
    pub value: Option<Value>,
}

/// What one look at a device gave: points taken at one instant, each with a raw value or a reason.
#[derive(Clone, PartialEq, Debug)]
pub struct Scan {
    pub time: UtcMillis,
    /// Series and what was found. A series stands at most once in a scan.
    pub found: Vec<(u32, Result<RawValue, Reason>)>,
}

/// A sample of a cumulative point (表底): the register at an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reading {
    pub time: UtcMillis,
    pub count: i64,
}
