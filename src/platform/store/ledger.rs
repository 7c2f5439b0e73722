//! The ledger's tables: readings merged into them, rows read out of them.
//!
//! The tables are a function of the set of readings, whatever the order of their arrival:
//!
//! - readings beside the stored runs (ahead of all, behind all, between two) have known neighbours: rows change
//!   in their own quarter-hour and, at its borders, in the two next to it;
//! - a reading inside a stored run meets readings that the row no longer shows: its quarter-hour is read anew
//!   from the blocks. That is rare: a backlog that reaches the quarter-hour in which newer data began, or a
//!   source that swaps its messages.

use super::{
    StoreError, block,
    run::{self, Bridge, Placed, Row, Run},
};
use crate::{
    energy::interval::{Cell, QUARTER_MS},
    model::{Reading, UtcMillis},
};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Merges readings, by series, into the tables. Their blocks are already in the transaction.
pub fn merge(tx: &Connection, gateway: i64, readings: HashMap<i64, Vec<Reading>>) -> Result<(), StoreError> {
    let mut quarters: BTreeMap<UtcMillis, Vec<(i64, Vec<Reading>)>> = BTreeMap::new();
    for (series, mut readings) in readings {
        readings.sort_unstable();
        readings.dedup();
        for readings in readings.chunk_by(|a, b| a.time.floor(QUARTER_MS) == b.time.floor(QUARTER_MS)) {
            if let Some(first) = readings.first() {
                quarters.entry(first.time.floor(QUARTER_MS)).or_default().push((series, readings.to_vec()));
            }
        }
    }
    for (start, series) in quarters {
        let mut inside = HashSet::new();
        for (series, readings) in series {
            let stored = rows_of_quarter(tx, series, start)?;
            let runs: Vec<Run> = stored.iter().map(|row| row.run).collect();
            match run::place(&runs, &readings) {
                Placed::Known => {}
                Placed::Runs(runs) => put(tx, series, start, &stored, &runs)?,
                Placed::Inside => drop(inside.insert(series)),
            }
        }
        if inside.is_empty() {
            continue;
        }
        for (series, readings) in block::readings_of_quarter(tx, gateway, start, &inside)? {
            let stored = rows_of_quarter(tx, series, start)?;
            put(tx, series, start, &stored, &run::fold(readings.into_iter().map(Run::of)))?;
        }
    }
    Ok(())
}

/// Puts `runs` in the place of a quarter-hour's `stored` rows, and joins them to the rows around.
fn put(tx: &Connection, series: i64, start: UtcMillis, stored: &[Row], runs: &[Run]) -> Result<(), StoreError> {
    let mut rows = run::rows(start, runs);
    if let Some(first) = rows.first_mut()
        && let Some(earlier) = row_before(tx, series, start)?
    {
        let mut joined = earlier;
        let bridge = run::join(&mut joined, first);
        save(tx, series, Some(&earlier), &joined)?;
        put_bridge(tx, series, earlier.start, stored.is_empty() || earlier.start.plus_ms(QUARTER_MS) != start, bridge)?;
    }
    if let Some(last) = rows.last_mut()
        && let Some(later) = row_after(tx, series, start)?
    {
        let mut joined = later;
        let bridge = run::join(last, &mut joined);
        save(tx, series, Some(&later), &joined)?;
        put_bridge(tx, series, start, start.plus_ms(QUARTER_MS) != later.start, bridge)?;
    }
    // a reading more never mends a fall, so that the parts of a quarter-hour do not become fewer
    for (i, row) in rows.iter().enumerate() {
        save(tx, series, stored.get(i), row)?;
    }
    Ok(())
}

/// Sets what lies between the quarter-hour `from` and the next one that holds readings. `possible`: whether there
/// can be, or have been, anything.
fn put_bridge(
    tx: &Connection,
    series: i64,
    from: UtcMillis,
    possible: bool,
    bridge: Option<Bridge>,
) -> Result<(), StoreError> {
    if !possible {
        return Ok(());
    }
    match bridge {
        Some(Bridge { start, until, a, b }) => tx
            .prepare_cached("INSERT OR REPLACE INTO bridge VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute([series, start.0, until.0, a.time.0, a.count, b.time.0, b.count])?,
        None => tx
            .prepare_cached("DELETE FROM bridge WHERE series = ?1 AND start = ?2")?
            .execute([series, from.plus_ms(QUARTER_MS).0])?,
    };
    Ok(())
}

fn save(tx: &Connection, series: i64, stored: Option<&Row>, row: &Row) -> Result<(), StoreError> {
    if stored == Some(row) {
        return Ok(());
    }
    let Cell { first, last } = row.run.cell;
    tx.prepare_cached("INSERT OR REPLACE INTO cell VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?.execute(
        params![
            series,
            row.start.0,
            row.part,
            row.fell,
            first.time.0,
            first.count,
            last.time.0,
            last.count,
            row.run.readings,
            row.before,
            row.after,
        ],
    )?;
    Ok(())
}

const ROW: &str = "SELECT start, part, fell, first_t, first_c, last_t, last_c, readings, before, after FROM cell
                   WHERE series = ?1";

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        start: UtcMillis(row.get(0)?),
        part: row.get(1)?,
        fell: row.get(2)?,
        run: Run { cell: Cell { first: reading_of(row, 3)?, last: reading_of(row, 5)? }, readings: row.get(7)? },
        before: row.get(8)?,
        after: row.get(9)?,
    })
}

fn reading_of(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Reading> {
    Ok(Reading { time: UtcMillis(row.get(at)?), count: row.get(at + 1)? })
}

/// Rows that start in `[from, until)`, in order.
pub fn rows_between(tx: &Connection, series: i64, from: UtcMillis, until: UtcMillis) -> Result<Vec<Row>, StoreError> {
    let mut select = tx.prepare_cached(&format!("{ROW} AND start >= ?2 AND start < ?3 ORDER BY start, part"))?;
    let rows = select.query_map([series, from.0, until.0], row_of)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn rows_of_quarter(tx: &Connection, series: i64, start: UtcMillis) -> Result<Vec<Row>, StoreError> {
    rows_between(tx, series, start, start.plus_ms(QUARTER_MS))
}

/// The last row that starts before `start`.
pub fn row_before(tx: &Connection, series: i64, start: UtcMillis) -> Result<Option<Row>, StoreError> {
    let mut select = tx.prepare_cached(&format!("{ROW} AND start < ?2 ORDER BY start DESC, part DESC LIMIT 1"))?;
    Ok(select.query_row([series, start.0], row_of).optional()?)
}

/// The first row that starts after `start`.
pub fn row_after(tx: &Connection, series: i64, start: UtcMillis) -> Result<Option<Row>, StoreError> {
    let mut select = tx.prepare_cached(&format!("{ROW} AND start > ?2 ORDER BY start, part LIMIT 1"))?;
    Ok(select.query_row([series, start.0], row_of).optional()?)
}

/// Bridges that reach into `[from, until)`, in order.
pub fn bridges_between(
    tx: &Connection,
    series: i64,
    from: UtcMillis,
    until: UtcMillis,
) -> Result<Vec<Bridge>, StoreError> {
    // bridges do not overlap: of those that start earlier only the last one can reach in
    let mut select = tx.prepare_cached(
        "SELECT start, until, a_t, a_c, b_t, b_c FROM bridge
         WHERE series = ?1 AND start < ?3 AND until > ?2
           AND start >= coalesce((SELECT max(start) FROM bridge WHERE series = ?1 AND start <= ?2), ?2)
         ORDER BY start",
    )?;
    let rows = select.query_map([series, from.0, until.0], |row| {
        let (a, b) = (reading_of(row, 2)?, reading_of(row, 4)?);
        Ok(Bridge { start: UtcMillis(row.get(0)?), until: UtcMillis(row.get(1)?), a, b })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
