//! A stretch of a series' ledger is made anew from the blocks.
//!
//! ```text
//!   rows     ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣ ▣
//!                ╰anchor   ╰─ span ─╯   ╰anchor   ╰ as far as the later anchor's verdict can depend on
//!                [ written anew        )[ the same as before: so is all behind it
//! ```
//!
//! An anchor is a row from which the verdicts of all that follows are the same whatever lies before: it opens an epoch, or
//! more readings than can be set aside go on from its first one without a turn. And it is further from the span than a
//! turn can see. The verdicts behind the span are as before from the first anchor on at which they are as before; where
//! there is none, to the end.
//!
//! It costs the readings from anchor to anchor: about an hour where a register runs. Where readings of the past move
//! (another shift of a clock, other physics) it is the whole stretch in which they lie, up to all readings of the series,
//! which are then held in memory.

use super::sql::{Tx, params};
use super::{
    StoreError, generation,
    past::Past,
    row::{self, declarations, rows_back, rows_between, rows_on, turns_between},
    run::{self, Ledger, Row},
};
use crate::{
    energy::{
        counter::{EpochCause, HEAL_READINGS, SETTLED_READINGS, Verdict},
        interval::QUARTER_MS,
    },
    model::{Physics, Span, UtcMillis},
};
use std::collections::BTreeMap;

/// Rows looked at in one go.
const ROWS: i64 = 64;
/// No reading lies so early, or so late.
pub const ALWAYS: Span = Span { start: UtcMillis(i64::MIN / 4), end: UtcMillis(i64::MAX / 4) };
const BEGINNING: UtcMillis = ALWAYS.start;
const END: UtcMillis = ALWAYS.end;

/// Makes what depends on the readings and declarations of `span` (both ends included) anew.
pub fn renew(tx: Tx<'_>, past: &mut Past, series: i64, span: Span) -> Result<(), StoreError> {
    let physics = generation::physics(tx, series)?;
    let anchor = anchor_before(tx, series, &physics, span.start)?;
    let mut after = span.end;
    loop {
        let later = anchor_after(tx, series, &physics, after)?;
        let end = later.as_ref().map_or(END, |later| later.seen);
        let made = made(tx, past, series, &physics, anchor.as_ref(), end)?;
        let Some(later) = later else { return write(tx, series, anchor.as_ref(), None, &made) };
        let start = later.row.start;
        let again: Vec<&Row> = made.rows.iter().filter(|row| row.start >= start && row.start < later.until).collect();
        let turned = made.turns.iter().filter(|turn| turn.reading.time >= start && turn.reading.time < later.until);
        let stored = rows_between(tx, series, start, later.until)?;
        let same_rows = again.len() == stored.len() && again.iter().zip(&stored).all(|(a, b)| a.alike(b));
        if same_rows && turned.eq(&turns_between(tx, series, start, later.until)?) {
            return write(tx, series, anchor.as_ref(), Some(&later.row), &made);
        }
        after = later.until;
    }
}

/// The last anchor that readings from `time` on can not change.
fn anchor_before(tx: Tx<'_>, series: i64, physics: &Physics, time: UtcMillis) -> Result<Option<Row>, StoreError> {
    let mut at = (time.floor(QUARTER_MS).plus_ms(QUARTER_MS), 0);
    // rows that end before, the last one first
    let mut seen: Vec<Row> = Vec::new();
    let mut readings = 0;
    loop {
        let rows = rows_back(tx, series, at, ROWS)?;
        let Some(first) = rows.last() else { return Ok(None) };
        at = (first.start, first.part);
        for row in rows.into_iter().filter(|row| row.cell.last.time < time) {
            readings += row.readings;
            seen.push(row);
            let reach = seen.first().map_or(0, |last| last.cell.last.time.since(row.cell.first.time));
            let settled = readings > settled_readings() && reach > physics.warm_up_ms;
            if settled && is_anchor(tx, series, &row, seen.iter().rev())? {
                return Ok(Some(row));
            }
        }
    }
}

struct Later {
    row: Row,
    /// The end of the last quarter-hour that must be the same.
    until: UtcMillis,
    /// As far as readings can change what it must be the same as.
    seen: UtcMillis,
}

/// The first anchor that readings up to `time` can not change, in the first row of its quarter-hour.
fn anchor_after(tx: Tx<'_>, series: i64, physics: &Physics, time: UtcMillis) -> Result<Option<Later>, StoreError> {
    let mut rows: Vec<Row> = Vec::new();
    let mut next = (time.floor(QUARTER_MS), 0);
    let (mut candidate, mut readings, mut from) = (0, 0, None);
    loop {
        let more = rows_on(tx, series, next, ROWS)?;
        let Some(last) = more.last() else { return Ok(None) };
        next = (last.start, last.part + 1);
        rows.extend(more.into_iter().filter(|row| row.cell.first.time > time));
        while let Some(row) = rows.get(candidate).copied() {
            let from_time = *from.get_or_insert(row.cell.first.time);
            let settled = readings > settled_readings() && row.cell.first.time.since(from_time) > physics.warm_up_ms;
            let behind = rows.get(candidate..).unwrap_or_default();
            if settled && row.part == 0 {
                // what follows must be known as far as it matters
                let Some((until, seen)) = horizon(physics, behind) else { break };
                if is_anchor(tx, series, &row, behind.iter())? {
                    return Ok(Some(Later { row, until, seen }));
                }
            }
            readings += row.readings;
            candidate += 1;
        }
    }
}

/// Of rows from an anchor on: the end of the quarter-hours that make it one, and of those that their verdicts can depend
/// on. `None` where there are too few rows to say.
fn horizon(physics: &Physics, rows: &[Row]) -> Option<(UtcMillis, UtcMillis)> {
    let end = |row: &Row| row.start.plus_ms(QUARTER_MS);
    let mut readings = 0;
    let makes = rows.iter().position(|row| {
        readings += row.readings;
        readings > heal_readings()
    })?;
    let until = rows.get(makes).map(end)?;
    let mut behind = rows.iter().skip_while(|row| row.start < until);
    let first = behind.clone().next()?.cell.first.time;
    let mut readings = 0;
    let seen = behind.find(|row| {
        readings += row.readings;
        readings > settled_readings() && row.cell.last.time.since(first) > physics.warm_up_ms
    })?;
    Some((until, end(seen)))
}

/// `rows` begin with `row`, in order.
fn is_anchor<'a>(tx: Tx<'_>, series: i64, row: &Row, rows: impl Iterator<Item = &'a Row>) -> Result<bool, StoreError> {
    let first = row.cell.first;
    let opens = row.cause.is_some();
    // its first reading must be found in the blocks, and no other one at its time
    if row.cause == Some(EpochCause::Replaced) || row.cause == Some(EpochCause::Restart) {
        return Ok(false);
    }
    let here = turns_between(tx, series, first.time, first.time.plus_ms(1))?;
    if here.iter().any(|turn| turn.reading != first) || row.first_doubts.has(crate::model::Doubts::MANUAL) {
        return Ok(false);
    }
    if rows_back(tx, series, (row.start, row.part), 1)?.iter().any(|before| before.cell.last.time >= first.time) {
        return Ok(false);
    }
    if opens {
        return Ok(true);
    }
    let mut readings = 0;
    for next in rows {
        if next.carry != 0 || (readings > 0 && (next.cause.is_some() || next.carry_in != 0)) {
            return Ok(false);
        }
        readings += next.readings;
        if readings > heal_readings() {
            let turns = turns_between(tx, series, first.time.plus_ms(1), next.cell.last.time.plus_ms(1))?;
            return Ok(turns.is_empty());
        }
    }
    Ok(false)
}

fn settled_readings() -> i64 {
    i64::try_from(SETTLED_READINGS).unwrap_or(i64::MAX)
}

fn heal_readings() -> i64 {
    i64::try_from(HEAL_READINGS).unwrap_or(i64::MAX)
}

/// What the blocks give from the anchor to `end`.
fn made(
    tx: Tx<'_>,
    past: &mut Past,
    series: i64,
    physics: &Physics,
    anchor: Option<&Row>,
    end: UtcMillis,
) -> Result<Ledger, StoreError> {
    let from = anchor.map_or(BEGINNING, |anchor| anchor.cell.first.time);
    let readings = past.readings(tx, series, from, end)?;
    let first = anchor.map_or(0, |anchor| readings.partition_point(|one| one.reading < anchor.cell.first));
    // a declaration at the anchor's time is behind it
    let mut declared = declarations(tx, series, if anchor.is_some() { from.plus_ms(1) } else { from })?;
    declared.retain(|declaration| declaration.time < end);
    let opens = anchor.map(|anchor| match anchor.cause {
        Some(cause) => Verdict::Opens(cause),
        None if anchor.carry_in > 0 => Verdict::Rollover,
        None => Verdict::Normal,
    });
    let mut made = run::stretch(physics, readings.get(first..).unwrap_or_default(), &declared, opens);
    if let Some(anchor) = anchor {
        // its quarter-hour may have parts before it
        for row in made.rows.iter_mut().take_while(|row| row.start == anchor.start) {
            row.part += anchor.part;
        }
    }
    Ok(made)
}

/// Puts what was made in the place of what is stored from `anchor` to `later`, and joins it to both.
fn write(tx: Tx<'_>, series: i64, anchor: Option<&Row>, later: Option<&Row>, made: &Ledger) -> Result<(), StoreError> {
    let end = later.map_or(END, |later| later.start);
    let from = anchor.map_or((BEGINNING, 0), |anchor| (anchor.start, anchor.part));
    let mut stored: BTreeMap<(UtcMillis, i64), Row> = rows_between(tx, series, from.0, end)?
        .into_iter()
        .map(|row| ((row.start, row.part), row))
        .filter(|(place, _)| *place >= from)
        .collect();
    let mut rows: Vec<Row> = made.rows.iter().filter(|row| row.start < end).copied().collect();
    if let (Some(first), Some(mut before)) = (rows.first_mut(), rows_back(tx, series, from, 1)?.pop()) {
        let kept = before;
        run::join(&mut before, first);
        row::save(tx, series, Some(&kept), &before)?;
    }
    let left = anchor.map_or(BEGINNING, |anchor| anchor.start);
    tx.execute("DELETE FROM bridge WHERE series = ?1 AND start > ?2 AND start < ?3", params![series, left.0, end.0])?;
    for bridge in made.bridges.iter().filter(|bridge| bridge.start < end) {
        row::put_bridge(tx, series, bridge.start.plus_ms(-QUARTER_MS), Some(*bridge))?;
    }
    if let Some((last, later)) = rows.last_mut().zip(later) {
        row::join(tx, series, last, later)?;
    }
    for row in &rows {
        row::save(tx, series, stored.remove(&(row.start, row.part)).as_ref(), row)?;
    }
    for row in stored.values() {
        row::delete(tx, series, row)?;
    }
    let since = anchor.map_or(BEGINNING, |anchor| anchor.cell.first.time);
    let kept = turns_between(tx, series, since, end)?;
    let turns = made.turns.iter().filter(|turn| turn.reading.time < end).copied().collect();
    for turn in kept.difference(&turns) {
        row::delete_turn(tx, series, turn)?;
    }
    for turn in turns.difference(&kept) {
        row::add_turn(tx, series, turn)?;
    }
    Ok(())
}
