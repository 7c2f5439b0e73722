//! Events into their tables: declared replacements, segments and shifts of clocks, tags, entries by hand.
//!
//! An event that comes in several records is taken once, by its id. What it says of the past changes what is already
//! booked there.

use super::sql::{Tx, params};
use super::{
    StoreError,
    block::Place,
    clock::{self, Said},
    past::Past,
    renew::renew,
};
use crate::model::{Event, EventKind, Replaced, RunId, Span, UtcMillis};

/// Takes an event of a run; `None`: of a run without a name, whose clock needs no word.
pub fn take(tx: Tx<'_>, place: &Place, run: Option<&RunId>, event: &Event, now: UtcMillis) -> Result<(), StoreError> {
    let insert = "INSERT INTO event (gateway, event_id, time, generation, seq) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (gateway, event_id) DO NOTHING RETURNING id";
    let one = params![place.gateway, &event.event_id, event.time, place.generation, place.seq];
    let Some(id) = tx.one(insert, one, |row| row.get(0))? else { return Ok(()) };
    let at = (event.time, &event.event_id);
    match &event.what {
        EventKind::Replaced(replaced) => replace(tx, place, id, event.time, replaced),
        EventKind::Tag(tag) => {
            tx.execute(
                "INSERT INTO tag VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                params![place.gateway, &tag.meter, &tag.name, event.time, &event.event_id, &tag.value],
            )?;
            Ok(())
        }
        // its samples are what counts; the row leads to the record that says who entered them
        EventKind::Entered(_) => Ok(()),
        EventKind::ClockSegment(segment) => {
            let Some(run) = run else { return Ok(()) };
            let clock = clock::find_or_create(tx, place.gateway, run, segment.segment)?;
            clock::say(tx, place.gateway, &clock, &Said::State(segment), at, now)
        }
        EventKind::ClockShift(shift) => {
            let clock = clock::find_or_create(tx, place.gateway, &shift.run_id, shift.segment)?;
            clock::say(tx, place.gateway, &clock, &Said::Shift(shift.shift_ms), at, now)
        }
    }
}

/// The registers are those that the event's generation knows by these names: their counts are in its scale.
fn replace(tx: Tx<'_>, place: &Place, event: i64, time: UtcMillis, replaced: &Replaced) -> Result<(), StoreError> {
    let mut past = None;
    for register in &replaced.registers {
        let select = "SELECT DISTINCT series.id FROM dictionary JOIN series ON series.id = dictionary.series
             WHERE generation = ?1 AND meter = ?2 AND point = ?3 AND kind = 2";
        let series: Vec<i64> =
            tx.rows(select, params![place.generation, &replaced.meter, &register.point], |row| row.get(0))?;
        for series in series {
            tx.execute(
                "INSERT INTO replacement VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                params![series, time.0, event, register.final_count, register.initial_count],
            )?;
            let past: &mut Past = past.insert(Past::new(place.gateway, [series].into()));
            renew(tx, past, series, Span { start: time, end: time })?;
        }
    }
    Ok(())
}
