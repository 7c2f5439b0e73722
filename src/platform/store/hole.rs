//! Holes: what a gateway wrote, does no longer have, and never was complete here.
//!
//! ```text
//!   chain of a gateway's generations    … ◀── P ◀── G ◀── …        G's marker names P
//!   Hello                                           G, …           P is gone from the gateway
//!   stored here                         ●●●●●     ┆ ●●●●           and was not complete: a hole
//!                                            [────)                from the last sample before to G's first
//! ```
//!
//! A gap record that names P explains it, and the hole is dropped: the gateway itself says what became of P. What is
//! left comes from a platform that was put back to an earlier state, or from a spool that was replaced.

use super::sql::{Tx, params};
use super::{
    StoreError,
    alarm::{self, AlarmKind},
    gap::{explained, quarters},
    generation,
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{Span, UtcMillis},
    wire::{GenId, hex, record::Interval},
};
use std::collections::{BTreeSet, HashSet};

/// Holes of one gateway; beyond, the alarm counts and no row is added.
const HOLES_MAX: usize = 64;

/// A generation as its gateway's Hello names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    pub gen_id: GenId,
    /// `None` for the first one of a store.
    pub prev_gen_id: Option<GenId>,
}

/// A hole of which both ends are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hole {
    pub id: i64,
    pub span: Span,
}

/// The generations that the chain names and the gateway does not have, each with the one that names it.
pub fn missing(chain: &[Link]) -> Vec<(GenId, GenId)> {
    let held: HashSet<GenId> = chain.iter().map(|link| link.gen_id).collect();
    let named = chain.iter().filter_map(|link| Some((link.prev_gen_id?, link.gen_id)));
    named.filter(|(prev, _)| !held.contains(prev)).collect()
}

/// Notes what is missing in the chain of a Hello, and forgets what is no longer.
pub fn note(tx: Tx<'_>, gateway: i64, chain: &[Link], now: UtcMillis) -> Result<(), StoreError> {
    mended(tx, gateway, chain)?;
    for (lost, next) in missing(chain) {
        if !complete(tx, gateway, &lost)? && !explained(tx, gateway, &lost)? {
            add(tx, gateway, &lost, &next, now)?;
        }
    }
    Ok(())
}

/// The spool was replaced: what the old one had begun and the new one has not is lost from where it is stored.
pub fn note_replaced(tx: Tx<'_>, gateway: i64, chain: &[Link], now: UtcMillis) -> Result<(), StoreError> {
    // a renewed store keeps old generations: what is lost ends where its own first one begins
    let Some(next) = chain.last() else { return Ok(()) };
    let select = "SELECT gen_id FROM generation WHERE gateway = ?1 AND seq > 0 AND (last_seq IS NULL OR seq < last_seq)
         ORDER BY id DESC LIMIT ?2";
    let limit = i64::try_from(HOLES_MAX).unwrap_or(i64::MAX);
    let open: Vec<GenId> = tx.rows(select, params![gateway, limit], |row| row.get(0))?;
    for lost in open {
        let held = chain.iter().any(|link| link.gen_id == lost);
        if !held && !explained(tx, gateway, &lost)? {
            add(tx, gateway, &lost, &next.gen_id, now)?;
        }
    }
    Ok(())
}

/// A hole whose generation is there again, here or on the gateway, is none.
fn mended(tx: Tx<'_>, gateway: i64, chain: &[Link]) -> Result<(), StoreError> {
    let select = "SELECT id, lost_gen_id FROM gap WHERE gateway = ?1 AND cause = 0";
    let holes: Vec<(i64, GenId)> = tx.rows(select, params![gateway], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, lost) in holes {
        if chain.iter().any(|link| link.gen_id == lost) || complete(tx, gateway, &lost)? {
            tx.execute("DELETE FROM gap WHERE id = ?1", params![id])?;
        }
    }
    Ok(())
}

fn complete(tx: Tx<'_>, gateway: i64, gen_id: &GenId) -> Result<bool, StoreError> {
    Ok(generation::find(tx, gateway, gen_id)?.is_some_and(generation::Standing::complete))
}

fn add(tx: Tx<'_>, gateway: i64, lost: &GenId, next: &GenId, now: UtcMillis) -> Result<(), StoreError> {
    let count: i64 =
        tx.only("SELECT count(*) FROM gap WHERE gateway = ?1 AND cause = 0", params![gateway], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= HOLES_MAX {
        return alarm::raise(tx, gateway, AlarmKind::Hole, 1, "more holes than are listed", now);
    }
    let added = tx.execute(
        "INSERT INTO gap (gateway, cause, noted, series, lost_gen_id, next_gen_id, detail)
             VALUES (?1, 0, ?2, 0, ?3, ?4, 'not complete here, and no longer on the gateway')
             ON CONFLICT (gateway, lost_gen_id) WHERE cause = 0 DO NOTHING",
        params![gateway, now.0, lost.as_slice(), next.as_slice()],
    )?;
    match generation::find(tx, gateway, next)?.and_then(|standing| standing.times) {
        Some(times) if added > 0 => ends(tx, gateway, next, times.start, now),
        _ => Ok(()),
    }
}

/// The first samples of a generation are stored: a hole before it ends there. Its start is the last sample of what is
/// stored of the lost generation or, of one of which nothing is, of all that ended before.
pub fn ends(tx: Tx<'_>, gateway: i64, next: &GenId, first: UtcMillis, now: UtcMillis) -> Result<(), StoreError> {
    let select =
        "SELECT id, lost_gen_id FROM gap WHERE gateway = ?1 AND next_gen_id = ?2 AND cause = 0 AND t_end IS NULL";
    let holes: Vec<(i64, GenId)> =
        tx.rows(select, params![gateway, next.as_slice()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, lost) in holes {
        let stored = generation::find(tx, gateway, &lost)?.and_then(|standing| standing.times);
        let start = match stored {
            Some(times) => Some(times.end.0),
            None => tx.only(
                "SELECT max(t_last) FROM generation WHERE gateway = ?1 AND t_last <= ?2 AND gen_id <> ?3",
                params![gateway, first.0, next.as_slice()],
                |row| row.get(0),
            )?,
        };
        tx.execute(
            "UPDATE gap SET t_start = ?2, t_end = ?3 WHERE id = ?1",
            params![id, start.map(|start| start.min(first.0)), first],
        )?;
        // a platform that had nothing of the gateway before has lost nothing
        if start.is_some() {
            let detail = format!("generation {}", hex(&lost));
            alarm::raise(tx, gateway, AlarmKind::Hole, 1, &detail, now)?;
        }
    }
    Ok(())
}

/// The holes of a gateway that its archive has not filled, oldest first.
pub fn open(tx: Tx<'_>, gateway: i64) -> Result<Vec<Hole>, StoreError> {
    let select = "SELECT id, t_start, t_end, (SELECT count(*) FROM recalled WHERE recalled.gap = gap.id) FROM gap
         WHERE gateway = ?1 AND cause = 0 AND t_start < t_end ORDER BY t_start";
    let rows = tx.rows(select, params![gateway], |row| {
        let span = Span { start: UtcMillis(row.get(1)?), end: UtcMillis(row.get(2)?) };
        Ok((Hole { id: row.get(0)?, span }, row.get::<i64>(3)?))
    })?;
    let mut open = Vec::new();
    for (hole, recalled) in rows {
        if quarters(hole.span).is_some_and(|(first, end)| end.since(first) / QUARTER_MS > recalled) {
            open.push(hole);
        }
    }
    Ok(open)
}

/// Whether the gateway has any hole, filled or not, of which the ends may not yet be known.
pub fn any(tx: Tx<'_>, gateway: i64) -> Result<bool, StoreError> {
    let select = "SELECT 1 FROM gap WHERE gateway = ?1 AND cause = 0 LIMIT 1";
    tx.exists(select, params![gateway])
}

/// Marks the quarter-hours of holes that recalled intervals give readings of.
pub fn fill(tx: Tx<'_>, gateway: i64, intervals: &[Interval]) -> Result<(), StoreError> {
    let read = intervals.iter().filter_map(|interval| interval.cell);
    let starts: BTreeSet<UtcMillis> =
        read.flat_map(|cell| [cell.first, cell.last]).map(|reading| reading.time.floor(QUARTER_MS)).collect();
    for hole in open(tx, gateway)? {
        let Some((first, end)) = quarters(hole.span) else { continue };
        for start in starts.range(first..end) {
            tx.execute("INSERT INTO recalled VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![hole.id, start.0])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(gen_id: u8, prev: u8) -> Link {
        Link { gen_id: [gen_id; 16], prev_gen_id: (prev > 0).then_some([prev; 16]) }
    }

    #[test]
    fn what_the_chain_names_and_the_gateway_has_not_is_missing() {
        assert_eq!(missing(&[link(1, 0), link(2, 1), link(3, 2)]), []);
        let gone = |lost: u8, next: u8| ([lost; 16], [next; 16]);
        assert_eq!(missing(&[link(3, 2), link(4, 3), link(7, 6)]), [gone(2, 3), gone(6, 7)]);
        assert_eq!(missing(&[]), []);
    }
}
