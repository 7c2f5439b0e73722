//! Readings merged into the ledger's tables.
//!
//! The tables are a function of the set of readings, declarations, shifts of clocks and physics, whatever the order of
//! their arrival:
//!
//! - readings beside the stored rows (ahead of all, behind all, between two) that go on plausibly from the reading before to
//!   the one behind, far enough from any turn of the register, are all normal, and change no other verdict
//!   ([`crate::energy::counter`]): rows change in their own quarter-hour and, at its borders, in the two next to it;
//! - all others are judged anew with what lies around them ([`super::renew`]). That is rare: a backlog that reaches the
//!   quarter-hour in which newer data began, a source that swaps its messages, a register that does not run as it should.

use super::sql::Tx;
use super::{
    StoreError, generation,
    past::Past,
    renew::renew,
    row::{self, row_after, row_before, rows_back, rows_of_quarter, rows_on, save, turns_around},
    run::{Row, Sourced, settled},
};
use crate::{
    energy::{
        counter::{EpochCause, SETTLED_READINGS, plausible},
        interval::QUARTER_MS,
    },
    model::{Physics, Span, UtcMillis},
};
use std::collections::{BTreeMap, HashMap};

/// Readings that must be judged anew and lie closer together than this are judged together.
const CLUSTER_MS: i64 = 96 * QUARTER_MS;

/// Merges readings, by series, into the tables. Their blocks are already in the transaction.
pub fn merge(tx: Tx<'_>, gateway: i64, readings: HashMap<i64, Vec<Sourced>>) -> Result<(), StoreError> {
    let mut unsettled: BTreeMap<i64, Vec<Span>> = BTreeMap::new();
    for (series, readings) in readings {
        let physics = generation::physics(tx, series)?;
        let readings = settled(readings);
        let quarter = |one: &Sourced| one.reading.time.floor(QUARTER_MS);
        let mut spans: Vec<Span> = Vec::new();
        for readings in readings.chunk_by(|a, b| quarter(a) == quarter(b)) {
            let Some((first, last)) = readings.first().zip(readings.last()) else { continue };
            // what is behind readings that are not placed yet waits with them
            if spans.is_empty() && append(tx, series, &physics, quarter(first), readings)? {
                continue;
            }
            let span = Span { start: first.reading.time, end: last.reading.time };
            match spans.last_mut() {
                Some(before) if span.start.since(before.end) < CLUSTER_MS => before.end = span.end,
                _ => spans.push(span),
            }
        }
        if !spans.is_empty() {
            unsettled.insert(series, spans);
        }
    }
    let mut past = Past::new(gateway, unsettled.keys().copied().collect());
    for (series, spans) in unsettled {
        for span in spans {
            renew(tx, &mut past, series, span)?;
        }
    }
    Ok(())
}

/// Takes readings of one quarter-hour as normal ones. `false`, and nothing is changed, when they may be anything else.
fn append(tx: Tx<'_>, series: i64, physics: &Physics, start: UtcMillis, new: &[Sourced]) -> Result<bool, StoreError> {
    let stored = rows_of_quarter(tx, series, start)?;
    let Some(mut rows) = beside(&stored, new) else { return Ok(false) };
    if rows.is_empty() {
        return Ok(true);
    }
    let (earlier, later) = (row_before(tx, series, start)?, row_after(tx, series, start)?);
    let goes_on = |a: &Row, b: &Row| plausible(physics, a.cell.last, b.cell.first);
    let mut all = earlier.iter().chain(&rows).chain(&later);
    let mut last = all.next();
    for next in all {
        let given = |row: &Row| row.part < 0;
        if let Some(last) = last
            && (given(last) || given(next))
            && (next.cause.is_some_and(|cause| cause != EpochCause::First) || !goes_on(last, next))
        {
            return Ok(false);
        }
        last = Some(next);
    }
    if !settled_around(tx, series, physics, start, new)? {
        return Ok(false);
    }
    let folded = fold(&mut rows, earlier.is_none());
    put(tx, series, &stored, folded, earlier, later)?;
    Ok(true)
}

/// The stored rows of a quarter-hour and the new readings, each a row with a negative part, in order. Nothing when all are
/// there already; `None` when one lies inside of a stored row, whose inner readings only the blocks know, or when it says
/// less doubtfully what is stored.
fn beside(stored: &[Row], new: &[Sourced]) -> Option<Vec<Row>> {
    let mut rows = stored.to_vec();
    for one in new {
        let at = stored.partition_point(|row| row.cell.last < one.reading);
        match stored.get(at) {
            Some(row) if row.cell.first == one.reading || row.cell.last == one.reading => {
                let known = if row.cell.first == one.reading { row.first_doubts } else { row.last_doubts };
                if known.common(one.doubts) != known {
                    return None;
                }
            }
            Some(row) if row.cell.first < one.reading => return None,
            _ => rows.push(Row { part: -1, ..Row::of(*one, None) }),
        }
    }
    if rows.len() == stored.len() {
        return Some(Vec::new());
    }
    rows.sort_by_key(|row| (row.cell.first, row.part));
    Some(rows)
}

/// Whether every turn of the register is so far from the readings that neither can change what the other is.
fn settled_around(
    tx: Tx<'_>,
    series: i64,
    physics: &Physics,
    start: UtcMillis,
    new: &[Sourced],
) -> Result<bool, StoreError> {
    let Some((first, last)) = new.first().zip(new.last()) else { return Ok(true) };
    let (first, last) = (first.reading.time, last.reading.time);
    let (earlier, later) = turns_around(tx, series, last, first)?;
    let rows_max = i64::try_from(SETTLED_READINGS + 1).unwrap_or(i64::MAX);
    if let Some(turn) = earlier {
        let rows = rows_back(tx, series, (start.plus_ms(QUARTER_MS), 0), rows_max + 1)?;
        let between = rows.iter().filter(|row| row.cell.first.time >= turn && row.cell.last.time < first);
        if !far_enough(physics, turn, between) {
            return Ok(false);
        }
    }
    if let Some(turn) = later {
        let rows = rows_on(tx, series, (start, 0), rows_max + 1)?;
        let between = rows.iter().filter(|row| row.cell.first.time > last && row.cell.last.time <= turn);
        if !far_enough(physics, turn, between) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the rows hold more than [`SETTLED_READINGS`], and reach further from the turn than a warm-up.
fn far_enough<'a>(physics: &Physics, turn: UtcMillis, between: impl Iterator<Item = &'a Row>) -> bool {
    let (mut readings, mut distance) = (0, 0);
    for row in between {
        readings += row.readings;
        let away = |time: UtcMillis| time.since(turn).abs();
        distance = distance.max(away(row.cell.first.time)).max(away(row.cell.last.time));
    }
    usize::try_from(readings).is_ok_and(|readings| readings > SETTLED_READINGS) && distance > physics.warm_up_ms
}

/// New readings, whose part is negative, go on from what is before them, and what is behind goes on from them.
fn fold(rows: &mut Vec<Row>, first_of_all: bool) -> Vec<Row> {
    let mut folded: Vec<Row> = Vec::with_capacity(rows.len());
    for mut row in rows.drain(..) {
        if row.cause == Some(EpochCause::First) {
            row.cause = None;
        }
        match folded.last_mut() {
            Some(last) if row.cause.is_none() => last.extend(&row),
            _ => folded.push(row),
        }
    }
    if let Some(first) = folded.first_mut().filter(|_| first_of_all) {
        first.cause = Some(first.cause.unwrap_or(EpochCause::First));
    }
    for (part, row) in (0..).zip(&mut folded) {
        row.part = part;
    }
    folded
}

/// Puts `rows` in the place of a quarter-hour's `stored` ones, and joins them to the rows around.
fn put(
    tx: Tx<'_>,
    series: i64,
    stored: &[Row],
    mut rows: Vec<Row>,
    earlier: Option<Row>,
    later: Option<Row>,
) -> Result<(), StoreError> {
    if let Some((first, earlier)) = rows.first_mut().zip(earlier) {
        let mut joined = earlier;
        let bridge = super::run::join(&mut joined, first);
        save(tx, series, Some(&earlier), &joined)?;
        if earlier.start.plus_ms(QUARTER_MS) != first.start || stored.is_empty() {
            row::put_bridge(tx, series, earlier.start, bridge)?;
        }
    }
    if let Some((last, mut later)) = rows.last_mut().zip(later) {
        if later.cause == Some(EpochCause::First) {
            later.cause = None;
            save(tx, series, None, &later)?;
        }
        row::join(tx, series, last, &later)?;
    }
    for (i, row) in rows.iter().enumerate() {
        save(tx, series, stored.get(i), row)?;
    }
    Ok(())
}
