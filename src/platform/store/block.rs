//! Blocks: records as they came, and the readings inside them.

use super::sql::{Row, Tx, params};
use super::{
    StoreError, clock,
    clock::Placed,
    generation,
    generation::Dictionary,
    run::{COUNT_MAX, Sourced, settled},
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{Doubts, PointKind, Reading, UtcMillis, Value},
    wire::{
        GenId,
        record::{Content, Record, decode},
    },
};
use bytes::Bytes;
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// 2^24 quarter-hours are 478 years: longer than from the first to the last time a sample may have.
const SPAN_MAX: u32 = 24;

pub struct Place {
    pub gateway: i64,
    pub generation: i64,
    pub seq: i64,
}

/// Stores a record; `times` are those of its first and last sample, by `clock`.
pub fn insert(
    tx: Tx<'_>,
    place: &Place,
    record: &Record,
    times: (UtcMillis, UtcMillis),
    clock: Option<i64>,
) -> Result<(), StoreError> {
    let (first, last) = times;
    let span = (0..SPAN_MAX).find(|span| last.since(first) <= QUARTER_MS << span).unwrap_or(SPAN_MAX);
    tx.execute(
        "INSERT INTO block VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            place.generation,
            place.seq,
            record.kind,
            record.crc32c,
            place.gateway,
            clock,
            span,
            first.0,
            last.0,
            record.body.as_ref(),
        ],
    )?;
    Ok(())
}

pub fn crc32c(tx: Tx<'_>, generation: i64, seq: i64) -> Result<Option<u32>, StoreError> {
    let select = "SELECT crc32c FROM block WHERE generation = ?1 AND seq = ?2";
    tx.one(select, params![generation, seq], |row| row.get(0))
}

/// Takes the readings that the ledger is made of out of a record: every value of a cumulative series, and the first
/// and the last one of each interval that the gateway's archive gave again; but for counts that no register has. Samples
/// lie at their time by the clock that `placed` tells; without it nobody knows when they were taken.
pub fn collect(content: &Content, dictionary: &Dictionary, placed: Option<Placed>, mut take: impl FnMut(i64, Sourced)) {
    let Some(Placed { shift_ms, doubts: by_clock }) = placed else { return };
    let mut read = |local: u32, reading: Reading, doubts: Doubts| {
        if let Some(known) = dictionary.get(&local)
            && known.kind == PointKind::Cumulative
            && (-COUNT_MAX..=COUNT_MAX).contains(&reading.count)
        {
            take(known.series, Sourced { reading, doubts });
        }
    };
    match content {
        Content::Samples(_, all) => {
            for one in all {
                for sample in &one.samples {
                    if let Some(Value::Count(count)) = sample.value {
                        let doubts = sample.reason.doubts() | by_clock;
                        read(sample.series, Reading { time: one.time.plus_ms(shift_ms), count }, doubts);
                    }
                }
            }
        }
        Content::Recalled(intervals) => {
            for interval in intervals {
                for reading in interval.cell.iter().flat_map(|cell| [cell.first, cell.last]) {
                    read(
                        interval.series,
                        reading,
                        interval.doubts.common(Doubts::ROUNDED | Doubts::CLOCK | Doubts::MANUAL) | Doubts::RECALLED,
                    );
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

/// The readings of `wanted` series of a gateway in `[from, until)`, in order, none twice.
pub fn readings_between(
    tx: Tx<'_>,
    gateway: i64,
    from: UtcMillis,
    until: UtcMillis,
    wanted: &HashSet<i64>,
) -> Result<HashMap<i64, Vec<Sourced>>, StoreError> {
    let mut found: HashMap<i64, Vec<Sourced>> = HashMap::new();
    let mut blocks = Blocks::default();
    each_between(tx, gateway, from, until, |row| {
        blocks.read(tx, row, |_, series, one| {
            if wanted.contains(&series) && from <= one.reading.time && one.reading.time < until {
                found.entry(series).or_default().push(one);
            }
        })
    })?;
    Ok(found.into_iter().map(|(series, readings)| (series, settled(readings))).collect())
}

/// The first stored record that holds a reading of a series.
pub fn source(tx: Tx<'_>, gateway: i64, series: i64, reading: Reading) -> Result<Option<(GenId, u64)>, StoreError> {
    let mut found: Option<(i64, i64)> = None;
    let mut blocks = Blocks::default();
    each_between(tx, gateway, reading.time, reading.time.plus_ms(1), |row| {
        blocks.read(tx, row, |place, of, one| {
            if of == series && one.reading == reading {
                found = Some(found.map_or(place, |first| first.min(place)));
            }
        })
    })?;
    let Some((generation, seq)) = found else { return Ok(None) };
    let select = "SELECT gen_id FROM generation WHERE id = ?1";
    Ok(Some((tx.only(select, params![generation], |row| row.get(0))?, seq.unsigned_abs())))
}

const COLUMNS: &str = "SELECT generation, seq, kind, crc32c, clock, body FROM block";

fn each_between(
    tx: Tx<'_>,
    gateway: i64,
    from: UtcMillis,
    until: UtcMillis,
    mut read: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let select = format!(
        "{COLUMNS} WHERE kind IN (2, 5) AND gateway = ?1 AND span = ?2 AND t_first >= ?3 AND t_first < ?4 AND t_last >= ?5"
    );
    for span in 0..=SPAN_MAX {
        // the longest have no limit: samples of a clock that was never right may lie together with later ones
        let earliest = if span == SPAN_MAX { i64::MIN } else { from.plus_ms(-(QUARTER_MS << span)).0 };
        tx.each(&select, params![gateway, span, earliest, until.0, from.0], &mut read)?;
    }
    Ok(())
}

/// All readings of a gateway's series, in order, none twice.
pub fn readings_of_gateway(tx: Tx<'_>, gateway: i64) -> Result<HashMap<i64, Vec<Sourced>>, StoreError> {
    let mut found: HashMap<i64, Vec<Sourced>> = HashMap::new();
    let mut blocks = Blocks::default();
    let select = format!("{COLUMNS} WHERE kind IN (2, 5) AND gateway = ?1");
    tx.each(&select, params![gateway], |row| {
        blocks.read(tx, row, |_, series, one| found.entry(series).or_default().push(one))
    })?;
    Ok(found.into_iter().map(|(series, readings)| (series, settled(readings))).collect())
}

/// The readings of the blocks of a clock's segment, as if it were placed as `placed` says.
pub fn readings_of_clock(
    tx: Tx<'_>,
    clock: i64,
    placed: Placed,
    mut take: impl FnMut(i64, Sourced),
) -> Result<(), StoreError> {
    let mut blocks = Blocks::default();
    blocks.clocks.insert(clock, Some(placed));
    let select = format!(
        "{COLUMNS} WHERE clock = ?1 AND generation IN
           (SELECT generation.id FROM generation JOIN clock USING (gateway, run) WHERE clock.id = ?1)"
    );
    tx.each(&select, params![clock], |row| blocks.read(tx, row, |_, series, one| take(series, one)))
}

/// What the rows of blocks need to be read.
#[derive(Default)]
struct Blocks {
    dictionaries: HashMap<i64, Dictionary>,
    clocks: HashMap<i64, Option<Placed>>,
}

impl Blocks {
    /// From a row of [`COLUMNS`]: its generation and number, and each reading with its series.
    fn read(
        &mut self,
        tx: Tx<'_>,
        row: &Row<'_>,
        mut take: impl FnMut((i64, i64), i64, Sourced),
    ) -> Result<(), StoreError> {
        let (generation, seq) = (row.get(0)?, row.get(1)?);
        let placed = match row.get::<Option<i64>>(4)? {
            None => Some(Placed::default()),
            Some(clock) => match self.clocks.entry(clock) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => *place.insert(clock::placed(tx, clock)?),
            },
        };
        if placed.is_none() {
            return Ok(());
        }
        let body: Vec<u8> = row.get(5)?;
        let record = Record { kind: row.get(2)?, crc32c: row.get(3)?, body: Bytes::from(body) };
        let content = decode(&record).map_err(|error| StoreError::Damaged { generation, error })?;
        let dictionary = match self.dictionaries.entry(generation) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(generation::dictionary(tx, generation)?),
        };
        collect(&content, dictionary, placed, |series, one| take((generation, seq), series, one));
        Ok(())
    }
}
