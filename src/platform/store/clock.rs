//! The gateways' clocks, and where samples lie in time.
//!
//! A sample's time is that of its gateway's clock, which may have been wrong. Each process run tells the stretches of its
//! clock apart; an event says how far one can be relied on, another by how much its times are off.
//!
//! ```text
//!   state        without a shift              with one
//!   synced       where it says                shifted
//!   free         where it says, in doubt      shifted
//!   unknown      nowhere: held                shifted
//!   not told     nowhere: held                shifted       (a run without a name: where it says)
//! ```

use super::sql::{Row, Tx, params};
use super::{StoreError, block, generation, ledger, past::Past, renew::renew};
use crate::{
    model::{ClockSegment, ClockState, Doubts, GapCause, RunId, Span, UtcMillis},
    wire::{FUTURE_MS_MAX, TIME_MIN_MS, hex},
};
use std::collections::HashMap;

/// Segments of one run; a clock that steps more often is no clock.
pub const SEGMENTS_MAX: u32 = 4096;

/// Where a segment's samples lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    pub shift_ms: i64,
    pub doubts: Doubts,
}

/// A clock that is right.
impl Default for Placed {
    fn default() -> Placed {
        Placed { shift_ms: 0, doubts: Doubts::NONE }
    }
}

/// One row of the table `clock`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clock {
    pub id: i64,
    state: Option<i64>,
    said: Option<Vec<u8>>,
    shift: Option<i64>,
    shifted: Option<Vec<u8>>,
}

impl Clock {
    /// `None`: its samples wait.
    pub fn placed(&self) -> Option<Placed> {
        let free = self.state == Some(ClockState::Free as i64);
        match (self.shift, self.state) {
            (Some(shift_ms), _) => Some(Placed { shift_ms, doubts: Doubts::NONE }),
            (None, Some(_)) if self.unknown() => None,
            (None, Some(_)) => Some(Placed { shift_ms: 0, doubts: if free { Doubts::CLOCK } else { Doubts::NONE } }),
            (None, None) => None,
        }
    }

    /// Whether its time can not be true, and nothing has placed it yet.
    pub fn lost(&self) -> bool {
        self.unknown() && self.shift.is_none()
    }

    fn unknown(&self) -> bool {
        self.state == Some(ClockState::Unknown as i64)
    }
}

const COLUMNS: &str = "SELECT id, state, said, shift, shifted FROM clock";

fn of_row(row: &Row<'_>) -> Result<Clock, StoreError> {
    Ok(Clock { id: row.get(0)?, state: row.get(1)?, said: row.get(2)?, shift: row.get(3)?, shifted: row.get(4)? })
}

pub fn placed(tx: Tx<'_>, clock: i64) -> Result<Option<Placed>, StoreError> {
    let select = format!("{COLUMNS} WHERE id = ?1");
    Ok(tx.only(&select, params![clock], of_row)?.placed())
}

pub fn find(tx: Tx<'_>, gateway: i64, run: &RunId, segment: u32) -> Result<Option<Clock>, StoreError> {
    let select = format!("{COLUMNS} WHERE gateway = ?1 AND run = ?2 AND segment = ?3");
    tx.one(&select, params![gateway, run.as_slice(), segment], of_row)
}

pub fn find_or_create(tx: Tx<'_>, gateway: i64, run: &RunId, segment: u32) -> Result<Clock, StoreError> {
    if let Some(found) = find(tx, gateway, run, segment)? {
        return Ok(found);
    }
    let insert = "INSERT INTO clock (gateway, run, segment) VALUES (?1, ?2, ?3) RETURNING id";
    let id = tx.only(insert, params![gateway, run.as_slice(), segment], |row| row.get(0))?;
    Ok(Clock { id, state: None, said: None, shift: None, shifted: None })
}

/// Of several events that say the same thing the latest counts, whatever the order in which they come.
fn order(time: UtcMillis, event_id: &[u8; 16]) -> Vec<u8> {
    // as bytes in the order of the times, also before 1970
    let mut order = (time.0.cast_unsigned() ^ 1 << 63).to_be_bytes().to_vec();
    order.extend_from_slice(event_id);
    order
}

/// An event about a segment.
pub enum Said<'a> {
    State(&'a ClockSegment),
    Shift(i64),
}

/// Takes what an event says of a segment, and moves the segment's readings to where they now belong.
pub fn say(
    tx: Tx<'_>,
    gateway: i64,
    clock: &Clock,
    said: &Said<'_>,
    at: (UtcMillis, &[u8; 16]),
    now: UtcMillis,
) -> Result<(), StoreError> {
    let order = order(at.0, at.1);
    let before = match said {
        Said::State(_) => &clock.said,
        Said::Shift(_) => &clock.shifted,
    };
    if before.as_ref().is_some_and(|before| *before >= order) {
        return Ok(());
    }
    match said {
        Said::State(one) => tx.execute(
            "UPDATE clock SET state = ?2, wall = ?3, mono = ?4, step = ?5, said = ?6 WHERE id = ?1",
            params![clock.id, one.state as i64, one.wall.0, one.mono_ms, one.step_ms, &order],
        )?,
        Said::Shift(shift_ms) => {
            tx.execute("UPDATE clock SET shift = ?2, shifted = ?3 WHERE id = ?1", params![clock.id, *shift_ms, &order])?
        }
    };
    let now_is = tx.only(&format!("{COLUMNS} WHERE id = ?1"), params![clock.id], of_row)?;
    wait(tx, gateway, &now_is, now)?;
    relocate(tx, gateway, clock.id, clock.placed(), now_is.placed())
}

/// Whether a segment's samples would lie at times that can be, if `said` were taken. The first time that can not.
pub fn impossible(tx: Tx<'_>, clock: &Clock, said: &Said<'_>, now: UtcMillis) -> Result<Option<UtcMillis>, StoreError> {
    let shift_ms = match said {
        Said::State(one) if one.state == ClockState::Unknown => return Ok(None),
        Said::State(_) => clock.shift.unwrap_or(0),
        Said::Shift(shift_ms) => *shift_ms,
    };
    let stored = clock.placed().map_or(0, |placed| placed.shift_ms);
    let Some((first, last)) = times(tx, clock.id)? else { return Ok(None) };
    let moved = |time: UtcMillis| time.plus_ms(-stored).plus_ms(shift_ms);
    if moved(last) > now.plus_ms(FUTURE_MS_MAX) {
        return Ok(Some(moved(last)));
    }
    Ok(Some(moved(first)).filter(|first| *first < UtcMillis(TIME_MIN_MS)))
}

/// The first and the last time of a segment's blocks, as they are placed.
fn times(tx: Tx<'_>, clock: i64) -> Result<Option<(UtcMillis, UtcMillis)>, StoreError> {
    let select = "SELECT min(t_first), max(t_last) FROM block WHERE clock = ?1 AND generation IN
           (SELECT generation.id FROM generation JOIN clock USING (gateway, run) WHERE clock.id = ?1)";
    let (first, last): (Option<i64>, Option<i64>) =
        tx.only(select, params![clock], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(first.zip(last).map(|(first, last)| (UtcMillis(first), UtcMillis(last))))
}

/// A segment whose samples can not be placed is a gap while that is so.
pub fn wait(tx: Tx<'_>, gateway: i64, clock: &Clock, now: UtcMillis) -> Result<(), StoreError> {
    if clock.lost() {
        let select = "SELECT segment, run, wall, mono FROM clock WHERE id = ?1";
        let detail = tx.only(select, params![clock.id], |row| {
            let (segment, run): (i64, RunId) = (row.get(0)?, row.get(1)?);
            let (wall, mono): (i64, i64) = (row.get(2)?, row.get(3)?);
            let run = hex(&run);
            Ok(format!(
                "segment {segment} of run {run}: its clock said {wall} ms, {mono} ms after the start of the gateway"
            ))
        })?;
        tx.execute(
            "INSERT INTO gap (gateway, cause, noted, series, clock, detail) VALUES (?1, ?2, ?3, 0, ?4, ?5)
             ON CONFLICT (clock) DO NOTHING",
            params![gateway, GapCause::UnknownClock.code(), now.0, clock.id, &detail],
        )?;
    } else {
        tx.execute("DELETE FROM gap WHERE clock = ?1", params![clock.id])?;
    }
    Ok(())
}

/// Moves a segment's readings from one place in time to another. It reads all of the segment's blocks.
fn relocate(tx: Tx<'_>, gateway: i64, clock: i64, from: Option<Placed>, to: Option<Placed>) -> Result<(), StoreError> {
    if from == to {
        return Ok(());
    }
    let shift = |placed: Option<Placed>| placed.map_or(0, |placed| placed.shift_ms);
    tx.execute(
        "UPDATE block SET t_first = t_first + ?2, t_last = t_last + ?2 WHERE clock = ?1 AND generation IN
           (SELECT generation.id FROM generation JOIN clock USING (gateway, run) WHERE clock.id = ?1)",
        params![clock, shift(to).saturating_sub(shift(from))],
    )?;
    if from.is_none() && to.is_some() {
        // samples without a time told nothing of their generation's
        let times = "SELECT generation, min(t_first), max(t_last) FROM block WHERE clock = ?1 AND generation IN
                       (SELECT generation.id FROM generation JOIN clock USING (gateway, run) WHERE clock.id = ?1)
                     GROUP BY generation";
        let told = tx.rows(times, params![clock], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for (generation, first, last) in told {
            generation::extend(tx, generation, Span { start: first, end: last })?;
        }
    }
    let Some(there) = to.or(from) else { return Ok(()) };
    if from.is_none() {
        let mut readings: HashMap<i64, Vec<_>> = HashMap::new();
        block::readings_of_clock(tx, clock, there, |series, one| readings.entry(series).or_default().push(one))?;
        return ledger::merge(tx, gateway, readings);
    }
    let mut spans: HashMap<i64, Span> = HashMap::new();
    let back = shift(from).saturating_sub(there.shift_ms);
    block::readings_of_clock(tx, clock, there, |series, one| {
        let (new, old) = (one.reading.time, one.reading.time.plus_ms(back));
        let span = Span { start: new.min(old), end: new.max(old) };
        let known = spans.entry(series).or_insert(span);
        *known = known.cover(span);
    })?;
    let mut past = Past::new(gateway, spans.keys().copied().collect());
    for (series, span) in spans {
        renew(tx, &mut past, series, span)?;
    }
    Ok(())
}
