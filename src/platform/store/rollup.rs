//! Sums of the ledger by day and month, so that a year of a province is read in rows of months.
//!
//! ```text
//!   a row or turn changes ─▶ its day is due (same transaction) ─▶ settle: the day, then its month, summed up anew
//!   a question            ─▶ months without a due day │ days that are not due │ rows of days that are
//! ```
//!
//! # Promises
//! - What [`pieces`] gives is what the rows and turns give, whether or not [`settle`] has run.
//! - A day is due from the very commit that changes it.
//!
//! # Does not
//! Hold bridges: [`super::bulk`] adds them.

use super::sql::{self, Tx, params};
use super::{
    StoreError,
    renew::ALWAYS,
    row::{doubts_of, reading_of, row_after},
    run::SET_ASIDE,
};
use crate::model::{CHINA_OFFSET_MS, Doubts, Reading, UtcMillis};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub const DAY_MS: i64 = 86_400_000;
const DAY: i64 = 0;
const MONTH: i64 = 1;

/// What the rows and turns of a stretch of a series add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub amount: i128,
    pub estimated: i128,
    pub quarters: u64,
    pub breaks: u64,
    pub set_aside: u64,
    pub doubts: Doubts,
    /// The quarter-hour of the first reading, and it.
    pub first: Option<(UtcMillis, Reading)>,
    pub last: Option<(UtcMillis, Reading)>,
}

impl Piece {
    /// The order in which pieces come does not matter.
    pub fn add(&mut self, other: &Piece) {
        self.amount += other.amount;
        self.estimated += other.estimated;
        self.quarters += other.quarters;
        self.breaks += other.breaks;
        self.set_aside += other.set_aside;
        self.doubts |= other.doubts;
        self.first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(if a.0 <= b.0 { a } else { b }),
            (a, b) => a.or(b),
        };
        self.last = match (self.last, other.last) {
            (Some(a), Some(b)) => Some(if a.0 >= b.0 { a } else { b }),
            (a, b) => a.or(b),
        };
    }
}

/// Where the day of China Standard Time begins that holds `time`.
pub fn day_of(time: UtcMillis) -> UtcMillis {
    time.plus_ms(CHINA_OFFSET_MS).floor(DAY_MS).plus_ms(-CHINA_OFFSET_MS)
}

/// The month that holds the day: where it begins and ends. A day outside of the calendar is a month of its own.
pub fn month_of(day: UtcMillis) -> (UtcMillis, UtcMillis) {
    let whole = || {
        let date = day.civil()?.date();
        let first = day.plus_ms(-i64::from(date.day() - 1) * DAY_MS);
        Some((first, first.plus_ms(i64::from(date.days_in_month()) * DAY_MS)))
    };
    whole().unwrap_or((day, day.plus_ms(DAY_MS)))
}

/// The day of `time` is due.
pub fn mark(tx: Tx<'_>, series: i64, time: UtcMillis) -> Result<(), StoreError> {
    // holds the row where it is there already: who sums the day up at this time waits for what changes it
    let insert = "INSERT INTO rollup_due VALUES (?1, ?2) ON CONFLICT (series, day) DO UPDATE SET day = excluded.day";
    tx.execute(insert, params![series, day_of(time).0]).map(drop)
}

/// From the rows and turns in `[from, until)`.
pub fn live(tx: Tx<'_>, series: i64, from: UtcMillis, until: UtcMillis) -> Result<Piece, StoreError> {
    let mut piece = Piece::default();
    // in halves, which can not overflow: a register that runs wild must not fail everybody's report
    let select = "SELECT doubts, CAST(sum(amount >> 32) AS BIGINT), CAST(sum(amount & 4294967295) AS BIGINT),
                CAST(sum(estimated >> 32) AS BIGINT), CAST(sum(estimated & 4294967295) AS BIGINT),
                count(*) FILTER (WHERE part = 0), count(*) FILTER (WHERE cause > 0)
         FROM (SELECT doubts, amount, part, cause, (before_d & 1) * before + (after_d & 1) * after AS estimated
               FROM cell WHERE series = ?1 AND start >= ?2 AND start < ?3) AS cells
         GROUP BY doubts";
    tx.each(select, params![series, from.0, until.0], |row| {
        piece.doubts |= doubts_of(row, 0)?;
        piece.amount += wide(row, 1)?;
        piece.estimated += wide(row, 3)?;
        piece.quarters += row.get::<i64>(5)?.unsigned_abs();
        piece.breaks += row.get::<i64>(6)?.unsigned_abs();
        Ok(())
    })?;
    let select =
        "SELECT what, count(*) FROM turn WHERE series = ?1 AND t >= ?2 AND t < ?3 AND what IN (1, 2) GROUP BY what";
    tx.each(select, params![series, from.0, until.0], |row| {
        piece.set_aside += row.get::<i64>(1)?.unsigned_abs();
        piece.doubts |= if row.get::<i64>(0)? == SET_ASIDE { Doubts::TRANSIENT } else { Doubts::HELD };
        Ok(())
    })?;
    if piece.quarters > 0 {
        let select = "SELECT start, first_t, first_c FROM cell WHERE series = ?1 AND start >= ?2 AND start < ?3
             ORDER BY start, part LIMIT 1";
        let of = |row: &sql::Row<'_>| Ok((UtcMillis(row.get(0)?), reading_of(row, 1)?));
        piece.first = tx.one(select, params![series, from.0, until.0], of)?;
        let select = "SELECT start, last_t, last_c FROM cell WHERE series = ?1 AND start >= ?2 AND start < ?3
             ORDER BY start DESC, part DESC LIMIT 1";
        piece.last = tx.one(select, params![series, from.0, until.0], of)?;
    }
    Ok(piece)
}

fn wide(row: &sql::Row<'_>, at: usize) -> Result<i128, StoreError> {
    Ok((i128::from(row.get::<i64>(at)?) << 32) + i128::from(row.get::<i64>(at + 1)?))
}

/// Sums up at most `days` of those that are due; how many there were.
pub fn settle(tx: Tx<'_>, days: usize) -> Result<usize, StoreError> {
    let limit = i64::try_from(days).unwrap_or(i64::MAX);
    let due = tx.rows("SELECT series, day FROM rollup_due ORDER BY series, day LIMIT ?1", params![limit], |row| {
        Ok((row.get::<i64>(0)?, UtcMillis(row.get(1)?)))
    })?;
    let mut months = BTreeSet::new();
    for (series, day) in &due {
        // first: what changes the day from here on marks it again
        tx.execute("DELETE FROM rollup_due WHERE series = ?1 AND day = ?2", params![*series, day.0])?;
        put(tx, DAY, *series, *day, &live(tx, *series, *day, day.plus_ms(DAY_MS))?)?;
        months.insert((*series, month_of(*day)));
    }
    for (series, (first, end)) in &months {
        let select = format!("{SELECT} WHERE width = 0 AND start >= ?1 AND start < ?2 AND series = ?3");
        let mut month = Piece::default();
        tx.each(&select, params![first.0, end.0, *series], |row| {
            month.add(&piece_of(row)?);
            Ok(())
        })?;
        put(tx, MONTH, *series, *first, &month)?;
    }
    for series in months.into_iter().map(|(series, _)| series).collect::<BTreeSet<_>>() {
        let begin = row_after(tx, series, ALWAYS.start)?.map(|row| row.start);
        match begin {
            Some(start) => tx.execute(
                "INSERT INTO rollup_begin VALUES (?1, ?2) ON CONFLICT (series) DO UPDATE SET start = excluded.start",
                params![series, start.0],
            )?,
            None => tx.execute("DELETE FROM rollup_begin WHERE series = ?1", params![series])?,
        };
    }
    Ok(due.len())
}

fn put(tx: Tx<'_>, width: i64, series: i64, start: UtcMillis, piece: &Piece) -> Result<(), StoreError> {
    let delete = "DELETE FROM rollup WHERE width = ?1 AND start = ?2 AND series = ?3";
    tx.execute(delete, params![width, start.0, series])?;
    if *piece == Piece::default() {
        return Ok(());
    }
    let hi = |sum: i128| i64::try_from(sum >> 32).unwrap_or(i64::MAX);
    let lo = |sum: i128| i64::try_from(sum & 0xffff_ffff).unwrap_or(0);
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let insert =
        "INSERT INTO rollup VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    let (first, last) = (piece.first, piece.last);
    tx.execute(
        insert,
        params![
            width,
            start.0,
            series,
            hi(piece.amount),
            lo(piece.amount),
            hi(piece.estimated),
            lo(piece.estimated),
            count(piece.quarters),
            count(piece.breaks),
            count(piece.set_aside),
            piece.doubts.bits(),
            first.map(|(start, _)| start.0),
            first.map(|(_, reading)| reading.time.0),
            first.map(|(_, reading)| reading.count),
            last.map(|(start, _)| start.0),
            last.map(|(_, reading)| reading.time.0),
            last.map(|(_, reading)| reading.count),
        ],
    )
    .map(drop)
}

const SELECT: &str =
    "SELECT series, amount_hi, amount_lo, estimated_hi, estimated_lo, quarters, breaks, set_aside, doubts,
        first_start, first_t, first_c, last_start, last_t, last_c FROM rollup";

fn piece_of(row: &sql::Row<'_>) -> Result<Piece, StoreError> {
    let at = |at: usize| match row.get::<Option<i64>>(at)? {
        Some(start) => Ok::<_, StoreError>(Some((UtcMillis(start), reading_of(row, at + 1)?))),
        None => Ok(None),
    };
    Ok(Piece {
        amount: wide(row, 1)?,
        estimated: wide(row, 3)?,
        quarters: row.get::<i64>(5)?.unsigned_abs(),
        breaks: row.get::<i64>(6)?.unsigned_abs(),
        set_aside: row.get::<i64>(7)?.unsigned_abs(),
        doubts: doubts_of(row, 8)?,
        first: at(9)?,
        last: at(12)?,
    })
}

/// Days of each series that are due inside `[from, until)`.
pub fn due(tx: Tx<'_>, from: UtcMillis, until: UtcMillis) -> Result<HashMap<i64, BTreeSet<UtcMillis>>, StoreError> {
    let mut due: HashMap<i64, BTreeSet<UtcMillis>> = HashMap::new();
    tx.each("SELECT series, day FROM rollup_due WHERE day >= ?1 AND day < ?2", params![from.0, until.0], |row| {
        due.entry(row.get(0)?).or_default().insert(UtcMillis(row.get(1)?));
        Ok(())
    })?;
    Ok(due)
}

/// Of every series, what its rows and turns in `[from, until)` add up to. Both are starts of days.
pub fn pieces(tx: Tx<'_>, from: UtcMillis, until: UtcMillis) -> Result<HashMap<i64, Piece>, StoreError> {
    let due = due(tx, from, until)?;
    let mut pieces: HashMap<i64, Piece> = HashMap::new();
    let mut at = from;
    while at < until {
        let (first, end) = month_of(at);
        let whole = first == at && end <= until;
        let end = end.min(until);
        // series with a due day in this stretch are read day by day
        let open: BTreeMap<i64, &BTreeSet<UtcMillis>> = due
            .iter()
            .filter(|(_, days)| days.range(at..end).next().is_some())
            .map(|(series, days)| (*series, days))
            .collect();
        if whole {
            tx.each(&format!("{SELECT} WHERE width = 1 AND start = ?1"), params![at.0], |row| {
                let series: i64 = row.get(0)?;
                if !open.contains_key(&series) {
                    pieces.entry(series).or_default().add(&piece_of(row)?);
                }
                Ok(())
            })?;
        }
        let mut day = at;
        while day < end && (!whole || !open.is_empty()) {
            tx.each(&format!("{SELECT} WHERE width = 0 AND start = ?1"), params![day.0], |row| {
                let series: i64 = row.get(0)?;
                let days = open.get(&series);
                if days.map_or(!whole, |days| !days.contains(&day)) {
                    pieces.entry(series).or_default().add(&piece_of(row)?);
                }
                Ok(())
            })?;
            day = day.plus_ms(DAY_MS);
        }
        for (series, days) in open {
            for day in days.range(at..end) {
                pieces.entry(series).or_default().add(&live(tx, series, *day, day.plus_ms(DAY_MS))?);
            }
        }
        at = end;
    }
    Ok(pieces)
}

/// What is wrong with a series' rollups, in words.
pub fn faults(tx: Tx<'_>, series: i64) -> Result<Vec<String>, StoreError> {
    let mut days: BTreeSet<UtcMillis> = BTreeSet::new();
    for select in [
        "SELECT start FROM cell WHERE series = ?1",
        "SELECT t FROM turn WHERE series = ?1",
        "SELECT start FROM rollup WHERE series = ?1 AND width = 0",
    ] {
        days.extend(tx.rows(select, params![series], |row| Ok(day_of(UtcMillis(row.get(0)?))))?);
    }
    let due =
        tx.rows("SELECT day FROM rollup_due WHERE series = ?1", params![series], |row| row.get(0).map(UtcMillis))?;
    let mut faults = Vec::new();
    let mut check = |width: i64, start: UtcMillis, end: UtcMillis| {
        let select = format!("{SELECT} WHERE width = ?1 AND start = ?2 AND series = ?3");
        let stored = tx.one(&select, params![width, start.0, series], piece_of)?.unwrap_or_default();
        if stored != live(tx, series, start, end)? {
            faults.push(format!("series {series}: the rollup {width} from {start} is not what its rows give"));
        }
        Ok::<_, StoreError>(())
    };
    let months: BTreeSet<_> = days.iter().map(|day| month_of(*day)).collect();
    for day in days.iter().filter(|day| !due.contains(day)) {
        check(DAY, *day, day.plus_ms(DAY_MS))?;
    }
    for (first, end) in months.into_iter().filter(|(first, end)| !due.iter().any(|day| (*first..*end).contains(day))) {
        check(MONTH, first, end)?;
    }
    Ok(faults)
}
