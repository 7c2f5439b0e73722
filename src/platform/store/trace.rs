//! From an amount back to the readings it comes from, and to the records that brought them.

use super::sql::Tx;
use super::{
    EPOCHS_MAX, EpochEnd, StoreError, block, epoch, registry,
    row::{bridges_between, rows_between, turns_between},
    snapshot::{cumulative_series, doubts_of, saturated, sums},
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{Doubts, Period, Physics, Reading, Series, UtcMillis},
    wire::GenId,
};
use std::collections::BTreeMap;

/// Intervals of one trace: a month has 2,976. Two of its readings are looked for in the blocks of each, a few of them at a
/// time, so that this is also what bounds the work.
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

/// Each series of the point that has any reading, or share of one, in the period.
pub fn trace(
    tx: Tx<'_>,
    gateway_id: &str,
    meter: &str,
    point: &str,
    period: &Period,
) -> Result<Vec<Trace>, StoreError> {
    let gateway = registry::gateway_number(tx, gateway_id)?;
    let mut traces = Vec::new();
    for (id, series) in cumulative_series(tx, gateway_id)? {
        if series.meter == meter && series.point == point {
            traces.extend(of_series(tx, gateway, id, series, period)?);
        }
    }
    Ok(traces)
}

fn of_series(tx: Tx<'_>, gateway: i64, id: i64, series: Series, period: &Period) -> Result<Option<Trace>, StoreError> {
    let (start, end) = (period.start, period.end);
    let mut quarters: BTreeMap<UtcMillis, Quarter> = BTreeMap::new();
    for row in rows_between(tx, id, start, end)? {
        let quarter = quarters.entry(row.start).or_default();
        quarter.amount += row.amount();
        quarter.doubts |= row.doubts();
        quarter.first = quarter.first.or(Some(row.cell.first));
        quarter.last = Some(row.cell.last);
    }
    for bridge in bridges_between(tx, id, start, end)? {
        // a gap may be longer than any list
        for (at, amount) in bridge.quarters_within(start, end).take(INTERVALS_MAX + 1) {
            let quarter = quarters.entry(at).or_default();
            quarter.amount += amount;
            quarter.doubts |= bridge.doubts;
        }
    }
    let mut set_aside = Vec::new();
    for turn in turns_between(tx, id, start, end)? {
        let doubts = doubts_of(&turn);
        if doubts.is_none() {
            continue;
        }
        quarters.entry(turn.reading.time.floor(QUARTER_MS)).or_default().doubts |= doubts;
        if set_aside.len() < EPOCHS_MAX {
            set_aside.push(sourced(tx, gateway, id, turn.reading)?);
        }
    }
    if quarters.is_empty() {
        return Ok(None);
    }
    let sums = sums(tx, id, start, end, end)?;
    let more = quarters.len() > INTERVALS_MAX;
    let mut intervals = Vec::with_capacity(quarters.len().min(INTERVALS_MAX));
    for (start, quarter) in quarters.into_iter().take(INTERVALS_MAX) {
        let Quarter { amount, doubts, first, last } = quarter;
        let first = first.map(|reading| sourced(tx, gateway, id, reading)).transpose()?;
        let last = match (first, last) {
            (Some(first), Some(last)) if first.reading == last => Some(first),
            (_, last) => last.map(|reading| sourced(tx, gateway, id, reading)).transpose()?,
        };
        intervals.push(TracedInterval { start, amount, doubts, first, last });
    }
    Ok(Some(Trace {
        physics: series.physics,
        series,
        amount: saturated(sums.amount),
        doubts: sums.doubts,
        epochs: epoch::ends(tx, id, start, end)?,
        intervals,
        more,
        set_aside,
    }))
}

#[derive(Default)]
struct Quarter {
    amount: i64,
    doubts: Doubts,
    first: Option<Reading>,
    last: Option<Reading>,
}

fn sourced(tx: Tx<'_>, gateway: i64, series: i64, reading: Reading) -> Result<SourcedReading, StoreError> {
    let record = block::source(tx, gateway, series, reading)?;
    // what no record holds is known from elsewhere
    Ok(SourcedReading { reading, record, declared: record.is_none() })
}
