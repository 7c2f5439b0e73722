//! The ledger's tables `cell`, `bridge` and `turn`: rows out of them and into them.

use super::sql::{self, Tx, params};
use super::{
    StoreError, rollup,
    run::{self, Bridge, Row, Turn, cause_of_code, code_of_cause},
};
use crate::{
    energy::{
        counter::Declaration,
        interval::{Cell, QUARTER_MS},
    },
    model::{Doubts, Reading, UtcMillis},
};
use std::collections::BTreeSet;

const ROW: &str =
    "SELECT start, part, cause, first_t, first_c, last_t, last_c, readings, carry_in, carry, own, first_d, last_d,
                          before, before_d, after, after_d FROM cell WHERE series = ?1";

fn row_of(row: &sql::Row<'_>) -> Result<Row, StoreError> {
    Ok(Row {
        start: UtcMillis(row.get(0)?),
        part: row.get(1)?,
        cause: row.get::<Option<i64>>(2)?.map(cause_of_code),
        cell: Cell { first: reading_of(row, 3)?, last: reading_of(row, 5)? },
        readings: row.get(7)?,
        carry_in: row.get(8)?,
        carry: row.get(9)?,
        own: doubts_of(row, 10)?,
        first_doubts: doubts_of(row, 11)?,
        last_doubts: doubts_of(row, 12)?,
        before: row.get(13)?,
        before_doubts: doubts_of(row, 14)?,
        after: row.get(15)?,
        after_doubts: doubts_of(row, 16)?,
    })
}

pub fn reading_of(row: &sql::Row<'_>, at: usize) -> Result<Reading, StoreError> {
    Ok(Reading { time: UtcMillis(row.get(at)?), count: row.get(at + 1)? })
}

pub fn doubts_of(row: &sql::Row<'_>, at: usize) -> Result<Doubts, StoreError> {
    let bits: u32 = row.get(at)?;
    Doubts::from_bits(bits).ok_or(StoreError::Unreadable { column: at, found: format!("doubts {bits}") })
}

/// Rows that start in `[from, until)`, in order.
pub fn rows_between(tx: Tx<'_>, series: i64, from: UtcMillis, until: UtcMillis) -> Result<Vec<Row>, StoreError> {
    let select = format!("{ROW} AND start >= ?2 AND start < ?3 ORDER BY start, part");
    tx.rows(&select, params![series, from.0, until.0], row_of)
}

pub fn rows_of_quarter(tx: Tx<'_>, series: i64, start: UtcMillis) -> Result<Vec<Row>, StoreError> {
    rows_between(tx, series, start, start.plus_ms(QUARTER_MS))
}

/// The last row that starts before `start`.
pub fn row_before(tx: Tx<'_>, series: i64, start: UtcMillis) -> Result<Option<Row>, StoreError> {
    Ok(rows_back(tx, series, (start, 0), 1)?.pop())
}

/// The first row that starts after `start`.
pub fn row_after(tx: Tx<'_>, series: i64, start: UtcMillis) -> Result<Option<Row>, StoreError> {
    let select = format!("{ROW} AND start > ?2 ORDER BY start, part LIMIT 1");
    tx.one(&select, params![series, start.0], row_of)
}

/// At most `n` rows before the one at `(start, part)`, the last one first.
pub fn rows_back(tx: Tx<'_>, series: i64, at: (UtcMillis, i64), n: i64) -> Result<Vec<Row>, StoreError> {
    let select = format!("{ROW} AND start <= ?2 AND (start < ?2 OR part < ?3) ORDER BY start DESC, part DESC LIMIT ?4");
    tx.rows(&select, params![series, at.0.0, at.1, n], row_of)
}

/// At most `n` rows from the one at `(start, part)` on, in order.
pub fn rows_on(tx: Tx<'_>, series: i64, at: (UtcMillis, i64), n: i64) -> Result<Vec<Row>, StoreError> {
    let select = format!("{ROW} AND start >= ?2 AND (start > ?2 OR part >= ?3) ORDER BY start, part LIMIT ?4");
    tx.rows(&select, params![series, at.0.0, at.1, n], row_of)
}

const SAVE: &str =
    "INSERT INTO cell (series, start, part, cause, first_t, first_c, last_t, last_c, readings, carry_in, carry,
                                      own, first_d, last_d, before, before_d, after, after_d)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
     ON CONFLICT (series, start, part) DO UPDATE SET
       cause = excluded.cause, first_t = excluded.first_t, first_c = excluded.first_c, last_t = excluded.last_t,
       last_c = excluded.last_c, readings = excluded.readings, carry_in = excluded.carry_in, carry = excluded.carry,
       own = excluded.own, first_d = excluded.first_d, last_d = excluded.last_d, before = excluded.before,
       before_d = excluded.before_d, after = excluded.after, after_d = excluded.after_d";
const SAVE_BRIDGE: &str = "INSERT INTO bridge VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     ON CONFLICT (series, start) DO UPDATE SET until = excluded.until, a_t = excluded.a_t, a_c = excluded.a_c,
       b_t = excluded.b_t, b_c = excluded.b_c, doubts = excluded.doubts";

pub fn save(tx: Tx<'_>, series: i64, stored: Option<&Row>, row: &Row) -> Result<(), StoreError> {
    if stored == Some(row) {
        return Ok(());
    }
    let Cell { first, last } = row.cell;
    tx.execute(
        SAVE,
        params![
            series,
            row.start.0,
            row.part,
            row.cause.map(code_of_cause),
            first.time.0,
            first.count,
            last.time.0,
            last.count,
            row.readings,
            row.carry_in,
            row.carry,
            row.own.bits(),
            row.first_doubts.bits(),
            row.last_doubts.bits(),
            row.before,
            row.before_doubts.bits(),
            row.after,
            row.after_doubts.bits(),
        ],
    )?;
    rollup::mark(tx, series, row.start)
}

pub fn delete(tx: Tx<'_>, series: i64, row: &Row) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM cell WHERE series = ?1 AND start = ?2 AND part = ?3",
        params![series, row.start.0, row.part,],
    )?;
    rollup::mark(tx, series, row.start)
}

/// Joins two rows that follow each other; saves the `later` one if that changes it, and what lies between.
pub fn join(tx: Tx<'_>, series: i64, a: &mut Row, later: &Row) -> Result<(), StoreError> {
    let mut joined = *later;
    let bridge = run::join(a, &mut joined);
    save(tx, series, Some(later), &joined)?;
    put_bridge(tx, series, a.start, bridge)
}

/// Sets what lies between the quarter-hour `from` and the next one that holds readings.
pub fn put_bridge(tx: Tx<'_>, series: i64, from: UtcMillis, bridge: Option<Bridge>) -> Result<(), StoreError> {
    match bridge {
        Some(Bridge { start, until, a, b, doubts }) => tx.execute(
            SAVE_BRIDGE,
            params![series, start.0, until.0, a.time.0, a.count, b.time.0, b.count, i64::from(doubts.bits())],
        )?,
        None => tx.execute(
            "DELETE FROM bridge WHERE series = ?1 AND start = ?2",
            params![series, from.plus_ms(QUARTER_MS).0],
        )?,
    };
    Ok(())
}

/// Bridges that reach into `[from, until)`, in order.
pub fn bridges_between(tx: Tx<'_>, series: i64, from: UtcMillis, until: UtcMillis) -> Result<Vec<Bridge>, StoreError> {
    // bridges do not overlap: of those that start earlier only the last one can reach in
    let select = "SELECT start, until, a_t, a_c, b_t, b_c, doubts FROM bridge
         WHERE series = ?1 AND start < ?3 AND until > ?2
           AND start >= coalesce((SELECT max(start) FROM bridge WHERE series = ?1 AND start <= ?2), ?2)
         ORDER BY start";
    tx.rows(select, params![series, from.0, until.0], |row| {
        let (a, b) = (reading_of(row, 2)?, reading_of(row, 4)?);
        Ok(Bridge { start: UtcMillis(row.get(0)?), until: UtcMillis(row.get(1)?), a, b, doubts: doubts_of(row, 6)? })
    })
}

/// Turns with times in `[from, until)`, in order.
pub fn turns_between(tx: Tx<'_>, series: i64, from: UtcMillis, until: UtcMillis) -> Result<BTreeSet<Turn>, StoreError> {
    let select = "SELECT t, c, what FROM turn WHERE series = ?1 AND t >= ?2 AND t < ?3";
    let rows = tx.rows(select, params![series, from.0, until.0], |row| {
        Ok(Turn { reading: reading_of(row, 0)?, what: row.get(2)? })
    })?;
    Ok(rows.into_iter().collect())
}

pub fn add_turn(tx: Tx<'_>, series: i64, turn: &Turn) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO turn VALUES (?1, ?2, ?3, ?4)",
        params![series, turn.reading.time.0, turn.reading.count, turn.what,],
    )?;
    rollup::mark(tx, series, turn.reading.time)
}

pub fn delete_turn(tx: Tx<'_>, series: i64, turn: &Turn) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM turn WHERE series = ?1 AND t = ?2 AND c = ?3 AND what = ?4",
        params![series, turn.reading.time.0, turn.reading.count, turn.what,],
    )?;
    rollup::mark(tx, series, turn.reading.time)
}

/// Declared ends of a series' register from `from` on, in order.
pub fn declarations(tx: Tx<'_>, series: i64, from: UtcMillis) -> Result<Vec<Declaration>, StoreError> {
    let select = "SELECT t, final, initial FROM replacement WHERE series = ?1 AND t >= ?2 ORDER BY t, final NULLS FIRST, initial NULLS FIRST";
    tx.rows(select, params![series, from.0], |row| {
        Ok(Declaration { time: UtcMillis(row.get(0)?), final_count: row.get(1)?, initial_count: row.get(2)? })
    })
}

/// The last turn or declaration up to `until`, and the first one from `from` on.
pub fn turns_around(
    tx: Tx<'_>,
    series: i64,
    until: UtcMillis,
    from: UtcMillis,
) -> Result<(Option<UtcMillis>, Option<UtcMillis>), StoreError> {
    let select = "SELECT (SELECT max(t) FROM turn WHERE series = ?1 AND t <= ?2),
                (SELECT max(t) FROM replacement WHERE series = ?1 AND t <= ?2),
                (SELECT min(t) FROM turn WHERE series = ?1 AND t >= ?3),
                (SELECT min(t) FROM replacement WHERE series = ?1 AND t >= ?3)";
    tx.only(select, params![series, until.0, from.0], |row| {
        let time = |at: usize| row.get::<Option<i64>>(at);
        let both = |a: Option<i64>, b: Option<i64>, pick: fn(i64, i64) -> i64| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        let earlier = both(time(0)?, time(1)?, i64::max);
        let later = both(time(2)?, time(3)?, i64::min);
        Ok((earlier.map(UtcMillis), later.map(UtcMillis)))
    })
}
