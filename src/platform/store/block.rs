//! Blocks: records as they came, and the readings inside them.

use super::{StoreError, generation, generation::Dictionary, run::COUNT_MAX};
use crate::{
    energy::interval::QUARTER_MS,
    model::{PointKind, Reading, UtcMillis, Value},
    wire::record::{Content, Record, decode},
};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// 2^24 quarter-hours are 478 years: longer than from the first to the last time a sample may have.
const SPAN_MAX: u32 = 24;

pub struct Place {
    pub gateway: i64,
    pub generation: i64,
    pub seq: i64,
}

/// Stores a record; `times` are those of its first and last sample.
pub fn insert(
    tx: &Connection,
    place: &Place,
    record: &Record,
    times: (UtcMillis, UtcMillis),
) -> Result<(), StoreError> {
    let (first, last) = times;
    let span = (0..SPAN_MAX).find(|span| last.since(first) <= QUARTER_MS << span).unwrap_or(SPAN_MAX);
    tx.prepare_cached("INSERT INTO block VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(params![
        place.generation,
        place.seq,
        record.kind,
        record.crc32c,
        place.gateway,
        span,
        first.0,
        last.0,
        record.body.as_ref(),
    ])?;
    Ok(())
}

pub fn crc32c(tx: &Connection, generation: i64, seq: i64) -> Result<Option<u32>, StoreError> {
    let mut select = tx.prepare_cached("SELECT crc32c FROM block WHERE generation = ?1 AND seq = ?2")?;
    Ok(select.query_row([generation, seq], |row| row.get(0)).optional()?)
}

/// Takes the readings that the ledger is made of out of a record: every value of a cumulative series, and the first
/// and the last one of each interval that the gateway's archive gave again; but for counts that no register has.
pub fn collect(content: &Content, dictionary: &Dictionary, mut take: impl FnMut(i64, Reading)) {
    let mut read = |local: u32, reading: Reading| {
        if let Some(known) = dictionary.get(&local)
            && known.kind == PointKind::Cumulative
            && (-COUNT_MAX..=COUNT_MAX).contains(&reading.count)
        {
            take(known.series, reading);
        }
    };
    match content {
        Content::Samples(_, all) => {
            for one in all {
                for sample in &one.samples {
                    if let Some(Value::Count(count)) = sample.value {
                        read(sample.series, Reading { time: one.time, count });
                    }
                }
            }
        }
        Content::Recalled(intervals) => {
            for interval in intervals {
                for reading in interval.cell.iter().flat_map(|cell| [cell.first, cell.last]) {
                    read(interval.series, reading);
                }
            }
        }
        // what closed at the gateway was made of samples that came, or come, themselves
        Content::Dictionary(_)
        | Content::Intervals(_)
        | Content::Gap(_)
        | Content::Event(_)
        | Content::Attestation(_) => {}
    }
}

/// The readings of `wanted` series of a gateway in one quarter-hour, in order, none twice.
pub fn readings_of_quarter(
    tx: &Connection,
    gateway: i64,
    start: UtcMillis,
    wanted: &HashSet<i64>,
) -> Result<HashMap<i64, Vec<Reading>>, StoreError> {
    let mut readings = Readings::default();
    let mut select = tx.prepare_cached(
        "SELECT generation, kind, crc32c, body FROM block
         WHERE kind IN (2, 5) AND gateway = ?1 AND span = ?2 AND t_first >= ?3 AND t_first < ?4 AND t_last >= ?5",
    )?;
    let end = start.plus_ms(QUARTER_MS);
    for span in 0..=SPAN_MAX {
        let earliest = start.plus_ms(-(QUARTER_MS << span));
        let mut rows = select.query(params![gateway, span, earliest.0, end.0, start.0])?;
        while let Some(row) = rows.next()? {
            readings.add(tx, row, |series, reading| {
                wanted.contains(&series) && start <= reading.time && reading.time < end
            })?;
        }
    }
    Ok(readings.sorted())
}

/// All readings of a gateway's series, in order, none twice.
pub fn readings_of_gateway(tx: &Connection, gateway: i64) -> Result<HashMap<i64, Vec<Reading>>, StoreError> {
    let mut readings = Readings::default();
    let mut select =
        tx.prepare_cached("SELECT generation, kind, crc32c, body FROM block WHERE kind IN (2, 5) AND gateway = ?1")?;
    let mut rows = select.query([gateway])?;
    while let Some(row) = rows.next()? {
        readings.add(tx, row, |_, _| true)?;
    }
    Ok(readings.sorted())
}

#[derive(Default)]
struct Readings {
    dictionaries: HashMap<i64, Dictionary>,
    found: HashMap<i64, Vec<Reading>>,
}

impl Readings {
    /// From a row of `generation, kind, crc32c, body`.
    fn add(
        &mut self,
        tx: &Connection,
        row: &rusqlite::Row<'_>,
        wanted: impl Fn(i64, Reading) -> bool,
    ) -> Result<(), StoreError> {
        let generation = row.get(0)?;
        let body: Vec<u8> = row.get(3)?;
        let record = Record { kind: row.get(1)?, crc32c: row.get(2)?, body: Bytes::from(body) };
        let content = decode(&record).map_err(|error| StoreError::Damaged { generation, error })?;
        let dictionary = match self.dictionaries.entry(generation) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(generation::dictionary(tx, generation)?),
        };
        collect(&content, dictionary, |series, reading| {
            if wanted(series, reading) {
                self.found.entry(series).or_default().push(reading);
            }
        });
        Ok(())
    }

    fn sorted(mut self) -> HashMap<i64, Vec<Reading>> {
        for readings in self.found.values_mut() {
            readings.sort_unstable();
            readings.dedup();
        }
        self.found
    }
}
