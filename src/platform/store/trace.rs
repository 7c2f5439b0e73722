//! From an amount back to the readings it comes from, and to the records that brought them.

use super::{EpochEnd, StoreError};
use crate::{
    model::{Doubts, Period, Physics, Reading, Series, UtcMillis},
    wire::GenId,
};
use rusqlite::Connection;

/// Intervals of one trace: a month has 2,976.
pub const INTERVALS_MAX: usize = 3_000;

/// From which readings the amounts of one series in a period come.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub series: Series,
    /// By which the readings were judged.
    pub physics: Physics,
    /// Σ of all intervals of the period, counts, whether they are listed or not.
    pub amount: i64,
    pub doubts: Doubts,
    /// Epochs that end inside the period, the first [`super::EPOCHS_MAX`].
    pub epochs: Vec<EpochEnd>,
    /// The first [`INTERVALS_MAX`] quarter-hours of the period that hold a reading or an amount, in order.
    pub intervals: Vec<TracedInterval>,
    /// Whether there are more intervals than are listed.
    pub more: bool,
    /// Readings of the period that are in no difference, the first [`super::EPOCHS_MAX`].
    pub set_aside: Vec<SourcedReading>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TracedInterval {
    pub start: UtcMillis,
    /// Counts.
    pub amount: i64,
    pub doubts: Doubts,
    /// First and last accepted reading inside; `None` where there is none, and the amount is a share of a longer stretch
    /// between the last reading before and the first one behind.
    pub first: Option<SourcedReading>,
    pub last: Option<SourcedReading>,
}

/// A reading and the record that brought it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourcedReading {
    pub reading: Reading,
    /// Generation and number of the first stored record that holds it. `None` for a declared one that is known from an
    /// event or from the register's physics.
    pub record: Option<(GenId, u64)>,
    /// Not read but declared, or known: a replaced meter's last and first register, the 0 of a restart.
    pub declared: bool,
}

pub fn trace(
    _tx: &Connection,
    _gateway_id: &str,
    _meter: &str,
    _point: &str,
    _period: &Period,
) -> Result<Vec<Trace>, StoreError> {
    Ok(Vec::new())
}
