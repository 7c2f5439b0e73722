//! The table of gaps: the stretches of which there is nothing, and why.
//!
//! Most come as records. The platform adds what it finds missing itself ([`super::hole`]).

use super::sql::{Row, Tx, params};
use super::{
    StoreError, block,
    generation::series_of_generation,
    listing::{Listing, Page},
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{GapCause, Span, UtcMillis},
    wire::{
        GenId,
        record::{Content, Gap, Record, decode},
    },
};
use bytes::Bytes;

/// The cause of a hole; the contract's causes start at 1.
pub const HOLE: i64 = 0;
/// Series that are named in a list's row.
const NAMED_MAX: usize = 50;

/// One row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct GapRow {
    pub gateway_id: String,
    pub credit_code: String,
    /// `None`: a hole that the platform found.
    pub cause: Option<GapCause>,
    /// When the platform learned of it.
    pub noted: UtcMillis,
    pub start: Option<UtcMillis>,
    pub end: Option<UtcMillis>,
    /// How many series it concerns, 0 for all; and some of them, as `meter/point`.
    pub series_count: u64,
    pub series: Vec<String>,
    /// The records that are gone.
    pub gen_id: Option<GenId>,
    pub first_seq: u64,
    pub last_seq: u64,
    pub detail: String,
    /// Quarter-hours of a hole that the gateway's archive gave again, and all of them.
    pub recalled: Option<(u64, u64)>,
}

/// A gap record's row. What a gateway says of its generation explains the hole that the platform found there.
pub fn insert(tx: Tx<'_>, place: &block::Place, gap: &Gap, now: UtcMillis) -> Result<(), StoreError> {
    let lost = gap.lost.as_ref();
    let number = |seq: u64| i64::try_from(seq).map_err(|_| StoreError::SeqRange(seq));
    tx.execute("INSERT INTO gap (gateway, cause, noted, t_start, t_end, generation, seq, series, lost_gen_id, first_seq, last_seq, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", params![
        place.gateway,
        gap.cause.code(),
        now.0,
        gap.span.map(|span| span.start.0),
        gap.span.map(|span| span.end.0),
        place.generation,
        place.seq,
        i64::try_from(gap.series.len()).unwrap_or(i64::MAX),
        lost.map(|lost| lost.gen_id.as_slice()),
        lost.map(|lost| number(lost.first_seq)).transpose()?,
        lost.map(|lost| number(lost.last_seq)).transpose()?,
        &gap.detail,
    ])?;
    if let Some(lost) = lost {
        tx.execute(
            "DELETE FROM gap WHERE gateway = ?1 AND lost_gen_id = ?2 AND cause = 0",
            params![place.gateway, lost.gen_id.as_slice()],
        )?;
    }
    Ok(())
}

/// Whether a gap record of the gateway names the generation.
pub fn explained(tx: Tx<'_>, gateway: i64, gen_id: &GenId) -> Result<bool, StoreError> {
    let select = "SELECT 1 FROM gap WHERE gateway = ?1 AND lost_gen_id = ?2 AND cause <> 0 LIMIT 1";
    tx.exists(select, params![gateway, gen_id.as_slice()])
}

/// Newest first. One whose stretch is not known belongs to the period in which it was noted.
pub fn gaps(tx: Tx<'_>, listing: &Listing) -> Result<Page<GapRow>, StoreError> {
    let select = listing.newest_first(
        "gap",
        "cause, noted, t_start, t_end, generation, seq, series, lost_gen_id, first_seq, last_seq, detail,
         (SELECT count(*) FROM recalled WHERE recalled.gap = gap.id)",
        "coalesce(t_end, t_start, noted) >= ?5 AND coalesce(t_start, t_end, noted) < ?6",
    );
    let (start, end) = listing.period.as_ref().map_or((i64::MIN, i64::MAX), |period| (period.start.0, period.end.0));
    let after = listing.after.unwrap_or(i64::MAX);
    let mut found = Vec::new();
    tx.each(
        &select,
        params![&listing.credit_code, &listing.gateway_id, after, listing.limit_and_one(), start, end],
        |row| {
            found.push((row.get(0)?, gap_of(tx, row)?));
            Ok(())
        },
    )?;
    listing.page(found)
}

fn gap_of(tx: Tx<'_>, row: &Row<'_>) -> Result<GapRow, StoreError> {
    let cause: i64 = row.get(3)?;
    let (start, end): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
    let gen_id: Option<Vec<u8>> = row.get(10)?;
    let series_count = row.get::<i64>(9)?.unsigned_abs();
    let named = match (series_count, row.get(7)?, row.get(8)?) {
        (1.., Some(generation), Some(seq)) => series_named(tx, generation, seq)?,
        _ => Vec::new(),
    };
    let span = start.zip(end).map(|(start, end)| Span { start: UtcMillis(start), end: UtcMillis(end) });
    let all = span.map(|span| quarters(span).map_or(0, |(first, end)| (end.since(first) / QUARTER_MS).unsigned_abs()));
    let recalled = row.get::<i64>(14)?.unsigned_abs();
    Ok(GapRow {
        gateway_id: row.get(1)?,
        credit_code: row.get(2)?,
        cause: u32::try_from(cause).ok().and_then(GapCause::from_code),
        noted: UtcMillis(row.get(4)?),
        start: start.map(UtcMillis),
        end: end.map(UtcMillis),
        series_count,
        series: named,
        gen_id: gen_id.and_then(|bytes| bytes.try_into().ok()),
        first_seq: row.get::<Option<i64>>(11)?.unwrap_or(0).unsigned_abs(),
        last_seq: row.get::<Option<i64>>(12)?.unwrap_or(0).unsigned_abs(),
        detail: row.get(13)?,
        recalled: all.filter(|_| cause == HOLE).map(|all| (recalled, all)),
    })
}

/// The quarter-hours that a span touches: the first one's start and the last one's end.
pub fn quarters(span: Span) -> Option<(UtcMillis, UtcMillis)> {
    (span.start < span.end)
        .then(|| (span.start.floor(QUARTER_MS), span.end.plus_ms(-1).floor(QUARTER_MS).plus_ms(QUARTER_MS)))
}

/// The record is in its block: a list of thousands of series need not lie in a table too.
fn series_named(tx: Tx<'_>, generation: i64, seq: i64) -> Result<Vec<String>, StoreError> {
    let select = "SELECT kind, crc32c, body FROM block WHERE generation = ?1 AND seq = ?2";
    let record = tx.one(select, params![generation, seq], |row| {
        let body: Vec<u8> = row.get(2)?;
        Ok(Record { kind: row.get(0)?, crc32c: row.get(1)?, body: Bytes::from(body) })
    })?;
    let Some(record) = record else { return Ok(Vec::new()) };
    let Content::Gap(gap) = decode(&record).map_err(|error| StoreError::Damaged { generation, error })? else {
        return Ok(Vec::new());
    };
    gap.series
        .iter()
        .take(NAMED_MAX)
        .filter_map(|local| series_of_generation(tx, generation, *local).transpose())
        .collect()
}
