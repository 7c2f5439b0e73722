//! Which quarter-hours of the sites are closed, and which of them changed since.
//!
//! # Promises
//! - A cursor never goes back, and each change of a closed quarter-hour gives it a higher one.
//! - What new records may have changed stays due until it was compared, whatever ends the process in between.
//!
//! # Does not
//! Keep amounts: they are the ledger's. See a change of the registry: a new boundary shows in the quarter-hours that are
//! compared after it.

use super::{
    Store, StoreError,
    sql::{Tx, params},
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{EventKind, UtcMillis},
    wire::{
        TIME_MIN_MS,
        record::{Content, Record, decode},
    },
};

/// Generations of which new records are looked at in one commit: it must not hold up the gateways.
const GENERATIONS_MAX: u32 = 200;
/// Sites that are compared in one round.
const DUE_MAX: u32 = 500;

/// A stretch of a site that is to be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    pub credit_code: String,
    pub start: UtcMillis,
    pub until: UtcMillis,
}

/// A closed quarter-hour's last state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    pub cursor: u64,
    pub credit_code: String,
    pub start: UtcMillis,
    pub revision: u32,
}

/// A quarter-hour's amounts as 32 bytes.
pub type Digest = [u8; 32];

impl Store {
    /// Looks at records that came since, and notes what they may have changed. Whether there is more to look at.
    pub async fn note_due(&self) -> Result<bool, StoreError> {
        self.inner.writer.write(note_due).await
    }

    /// What is to be compared and begins before `limit`, the oldest first.
    pub async fn due(&self, limit: UtcMillis) -> Result<Vec<Due>, StoreError> {
        self.inner.readers.read(move |tx| due(tx, limit)).await
    }

    /// What a site's quarter-hours in `[due.start, until)` are, none where nothing is known; the rest of `due` stays. Returns
    /// how many of them changed.
    pub async fn compared(
        &self,
        due: Due,
        until: UtcMillis,
        quarters: Vec<(UtcMillis, Digest)>,
    ) -> Result<u64, StoreError> {
        self.inner.writer.write(move |tx| compared(tx, &due, until, &quarters)).await
    }

    /// Changes behind a cursor, the first ones first.
    pub async fn closed_after(&self, cursor: u64, limit: u32) -> Result<Vec<Closed>, StoreError> {
        self.inner.readers.read(move |tx| closed_after(tx, cursor, limit)).await
    }
}

fn note_due(tx: Tx<'_>) -> Result<bool, StoreError> {
    let grown = tx.rows(
        "SELECT generation.id, generation.gateway, generation.seq, coalesce(feed_mark.seq, 0)
         FROM generation LEFT JOIN feed_mark ON feed_mark.generation = generation.id
         WHERE generation.seq > coalesce(feed_mark.seq, 0) ORDER BY generation.id LIMIT ?1",
        params![GENERATIONS_MAX],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?, row.get::<i64>(3)?)),
    )?;
    for (generation, gateway, seq, mark) in &grown {
        let site: Option<Option<String>> =
            tx.one("SELECT credit_code FROM gateway WHERE id = ?1", params![*gateway], |row| row.get(0))?;
        if let Some(Some(site)) = site
            && let Some((start, until)) = touched(tx, *generation, (*mark, *seq))?
        {
            let (start, until) = widened(tx, *gateway, start, until)?;
            note(tx, &site, start, until)?;
        }
        tx.execute(
            "INSERT INTO feed_mark VALUES (?1, ?2) ON CONFLICT (generation) DO UPDATE SET seq = excluded.seq",
            params![*generation, *seq],
        )?;
    }
    Ok(grown.len() >= GENERATIONS_MAX as usize)
}

/// From the first to the last instant that records of a generation may have changed.
fn touched(tx: Tx<'_>, generation: i64, (after, to): (i64, i64)) -> Result<Option<(i64, i64)>, StoreError> {
    let samples = tx.one(
        "SELECT min(t_first), max(t_last) FROM block
         WHERE generation = ?1 AND seq > ?2 AND seq <= ?3 AND kind IN (2, 5) AND t_first >= ?4",
        params![generation, after, to, TIME_MIN_MS],
        |row| Ok(row.get::<Option<i64>>(0)?.zip(row.get::<Option<i64>>(1)?)),
    )?;
    let mut touched = samples.flatten();
    let events = tx.rows(
        "SELECT crc32c, body FROM block WHERE generation = ?1 AND seq > ?2 AND seq <= ?3 AND kind = 6",
        params![generation, after, to],
        |row| Ok(Record { kind: 6, crc32c: row.get(0)?, body: row.get::<Vec<u8>>(1)?.into() }),
    )?;
    for event in events {
        let error = |error| StoreError::Damaged { generation, error };
        let Content::Event(event) = decode(&event).map_err(error)? else { continue };
        let by_event = match event.what {
            EventKind::Replaced(_) => (event.time.0, event.time.0),
            // anywhere: samples that were placed elsewhere, or nowhere
            EventKind::ClockShift(_) => (TIME_MIN_MS, event.time.0),
            EventKind::ClockSegment(_) | EventKind::Tag(_) | EventKind::Entered(_) => continue,
        };
        touched = Some(touched.map_or(by_event, |(start, until)| (start.min(by_event.0), until.max(by_event.1))));
    }
    Ok(touched)
}

/// To the readings before and behind it, of the registers that have any in it: what ran between two readings lies in all
/// of the quarter-hours between them.
fn widened(tx: Tx<'_>, gateway: i64, start: i64, until: i64) -> Result<(i64, i64), StoreError> {
    let (first, last) = (UtcMillis(start).floor(QUARTER_MS).0, UtcMillis(until).floor(QUARTER_MS).0);
    let found = tx.one(
        "SELECT min((SELECT max(start) FROM cell WHERE cell.series = series.id AND start < ?2)),
                max((SELECT min(start) FROM cell WHERE cell.series = series.id AND start > ?3))
         FROM series
         WHERE gateway = ?1
           AND EXISTS (SELECT 1 FROM cell WHERE cell.series = series.id AND start >= ?2 AND start <= ?3)",
        params![gateway, first, last],
        |row| Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?)),
    )?;
    let (before, behind) = found.unwrap_or_default();
    Ok((before.unwrap_or(first).min(first), behind.unwrap_or(last).max(last) + QUARTER_MS))
}

fn note(tx: Tx<'_>, site: &str, start: i64, until: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO feed_due VALUES (?1, ?2, ?3) ON CONFLICT (credit_code) DO UPDATE SET
           start = CASE WHEN excluded.start < feed_due.start THEN excluded.start ELSE feed_due.start END,
           until = CASE WHEN excluded.until > feed_due.until THEN excluded.until ELSE feed_due.until END",
        params![site, start, until],
    )?;
    Ok(())
}

fn due(tx: Tx<'_>, limit: UtcMillis) -> Result<Vec<Due>, StoreError> {
    tx.rows(
        "SELECT credit_code, start, until FROM feed_due WHERE start < ?1 ORDER BY start, credit_code LIMIT ?2",
        params![limit, DUE_MAX],
        |row| Ok(Due { credit_code: row.get(0)?, start: row.get(1)?, until: row.get(2)? }),
    )
}

fn compared(tx: Tx<'_>, due: &Due, until: UtcMillis, quarters: &[(UtcMillis, Digest)]) -> Result<u64, StoreError> {
    let mut known = tx.rows(
        "SELECT start, digest FROM feed WHERE credit_code = ?1 AND start >= ?2 AND start < ?3 ORDER BY start",
        params![&due.credit_code, due.start, until],
        |row| Ok((row.get::<UtcMillis>(0)?, row.get::<Vec<u8>>(1)?)),
    )?;
    let gone = known.iter().filter(|(start, _)| !quarters.iter().any(|(there, _)| there == start));
    let gone: Vec<_> = gone.map(|(start, _)| (*start, NOTHING)).collect();
    known.sort();
    let mut cursor: i64 =
        tx.one("SELECT coalesce(max(cursor), 0) FROM feed", params![], |row| row.get(0))?.unwrap_or_default();
    let mut changed = 0;
    for (start, digest) in quarters.iter().chain(&gone) {
        let before = known.binary_search_by_key(start, |(start, _)| *start).ok().and_then(|at| known.get(at));
        if before.is_some_and(|(_, before)| before == digest) {
            continue;
        }
        cursor += 1;
        changed += tx.execute(
            "INSERT INTO feed VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT (credit_code, start) DO UPDATE SET
               cursor = excluded.cursor, revision = feed.revision + 1, digest = excluded.digest",
            params![&due.credit_code, *start, cursor, digest],
        )?;
    }
    // what came meanwhile made the stretch another one, and it is compared again
    let of_this = params![&due.credit_code, due.start, due.until, until];
    if until < due.until {
        tx.execute("UPDATE feed_due SET start = ?4 WHERE credit_code = ?1 AND start = ?2 AND until = ?3", of_this)?;
    } else {
        let of_this = params![&due.credit_code, due.start, due.until];
        tx.execute("DELETE FROM feed_due WHERE credit_code = ?1 AND start = ?2 AND until = ?3", of_this)?;
    }
    Ok(changed)
}

/// Of a quarter-hour of which nothing is known any more.
const NOTHING: Digest = [0; 32];

fn closed_after(tx: Tx<'_>, cursor: u64, limit: u32) -> Result<Vec<Closed>, StoreError> {
    let cursor = i64::try_from(cursor).unwrap_or(i64::MAX);
    tx.rows(
        "SELECT cursor, credit_code, start, revision FROM feed WHERE cursor > ?1 ORDER BY cursor LIMIT ?2",
        params![cursor, limit],
        |row| {
            let cursor = row.get::<i64>(0)?.unsigned_abs();
            Ok(Closed { cursor, credit_code: row.get(1)?, start: row.get(2)?, revision: row.get(3)? })
        },
    )
}
