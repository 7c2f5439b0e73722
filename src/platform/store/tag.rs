//! What a meter's output belongs to: a product, a shift, an order.
//!
//! A tag holds from its event on until the next one of its name. Where it changes inside of a quarter-hour, the register
//! at that time parts the amount, read off the pair of readings around as at the boundary of an interval.

use super::sql::{Tx, params};
use super::{
    StoreError, TagShare, block, registry,
    row::{bridges_between, rows_of_quarter, turns_between},
    snapshot::{doubts_of, saturated, sums},
};
use crate::{
    energy::interval::{QUARTER_MS, register_between},
    model::{Reading, UtcMillis},
};
use std::collections::{BTreeMap, BTreeSet};

/// Changes of one tag that a period is parted by; what is behind the last of them belongs to it.
const CHANGES_MAX: i64 = 10_000;
/// The names that a tag may have.
pub const NAMES: [&str; 3] = ["product", "shift", "order"];

/// How the amount of a series in `[from, until)`, which are starts of quarter-hours, is shared among the values of its
/// meter's tags.
pub fn shares(
    tx: Tx<'_>,
    gateway_id: &str,
    series: i64,
    meter: &str,
    (from, until): (UtcMillis, UtcMillis),
) -> Result<Vec<TagShare>, StoreError> {
    let gateway = registry::gateway_number(tx, gateway_id)?;
    let mut shares = Vec::new();
    for name in NAMES {
        let changes = changes(tx, gateway, meter, name, (from, until))?;
        if changes.is_empty() {
            continue;
        }
        let mut by_value: BTreeMap<String, i128> = BTreeMap::new();
        let (mut value, mut at) = (String::new(), from);
        for (time, next) in changes.into_iter().chain([(until, String::new())]) {
            if time > at {
                let amount = amount(tx, gateway, series, (at, time))?;
                *by_value.entry(std::mem::take(&mut value)).or_default() += amount;
                at = time;
            }
            value = next;
        }
        let share = |(value, amount)| TagShare { name: name.to_owned(), value, amount: saturated(amount) };
        shares.extend(by_value.into_iter().map(share));
    }
    Ok(shares)
}

/// The tag at `from`, if any, and its changes up to `until`. Of several at one time the one with the highest id holds.
fn changes(
    tx: Tx<'_>,
    gateway: i64,
    meter: &str,
    name: &str,
    (from, until): (UtcMillis, UtcMillis),
) -> Result<Vec<(UtcMillis, String)>, StoreError> {
    let first: Option<String> = tx.one(
        "SELECT value FROM tag WHERE gateway = ?1 AND meter = ?2 AND name = ?3 AND t <= ?4
             ORDER BY t DESC, event_id DESC LIMIT 1",
        params![gateway, meter, name, from.0],
        |row| row.get(0),
    )?;
    let mut changes: Vec<(UtcMillis, String)> = first.map(|value| (from, value)).into_iter().collect();
    let select = "SELECT t, value FROM tag WHERE gateway = ?1 AND meter = ?2 AND name = ?3 AND t > ?4 AND t < ?5
         ORDER BY t, event_id LIMIT ?6";
    let rows = tx.rows(select, params![gateway, meter, name, from.0, until.0, CHANGES_MAX], |row| {
        Ok((UtcMillis(row.get(0)?), row.get(1)?))
    })?;
    changes.extend(rows);
    Ok(changes)
}

/// Counts in `[from, until)`, which need not be starts of quarter-hours.
fn amount(tx: Tx<'_>, gateway: i64, series: i64, (from, until): (UtcMillis, UtcMillis)) -> Result<i128, StoreError> {
    let (first, last) = (from.floor(QUARTER_MS), until.floor(QUARTER_MS));
    let whole = sums(tx, series, first, last, last)?.amount;
    Ok(whole - begun(tx, gateway, series, from)? + begun(tx, gateway, series, until)?)
}

/// Counts from the start of the quarter-hour that holds `time` to `time`.
fn begun(tx: Tx<'_>, gateway: i64, series: i64, time: UtcMillis) -> Result<i128, StoreError> {
    let start = time.floor(QUARTER_MS);
    if start == time {
        return Ok(0);
    }
    let end = start.plus_ms(QUARTER_MS);
    if let Some(bridge) = bridges_between(tx, series, start, end)?.first() {
        return Ok(i128::from(bridge.amount_within(start, time)));
    }
    let inner = match block::readings_between(tx, gateway, start, end, &[series].into())?.remove(&series) {
        Some(readings) => readings.into_iter().map(|one| one.reading).collect(),
        None => Vec::new(),
    };
    let aside: BTreeSet<Reading> = turns_between(tx, series, start, end)?
        .into_iter()
        .filter(|turn| !doubts_of(turn).is_none())
        .map(|turn| turn.reading)
        .collect();
    let mut amount = 0;
    for row in rows_of_quarter(tx, series, start)? {
        // the register at the edges of the quarter-hour, which what comes in and goes out tells, and between them
        let (first, last) = (row.cell.first, row.cell.last);
        let mut points = vec![Reading { time: start, count: first.count - row.before }, first];
        if row.carry == 0 {
            points.extend(inner.iter().filter(|one| first < **one && **one < last && !aside.contains(one)));
        }
        // past the register's end only the sum between the first and the last reading is at hand
        let last = Reading { time: last.time, count: last.count + row.carry };
        points.extend([last, Reading { time: end, count: last.count + row.after }]);
        for (a, b) in points.iter().zip(points.iter().skip(1)) {
            amount += i128::from(register_between(*a, *b, time)) - i128::from(a.count);
        }
    }
    Ok(amount)
}
