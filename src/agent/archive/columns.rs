//! Quarter-hours of one day as columns of small numbers, then zstd.
//!
//! Rows are ordered by start and series, so that neighbours were read together. A series' first reading follows its
//! last one of the quarter before, and what lies between the two readings is nearly the amount; both are stored as
//! what they differ by.

use super::QUARTER_MS;
use crate::{
    energy::interval::Cell,
    model::{Doubts, Reading, UtcMillis},
    wire::record::Interval,
};
use std::collections::HashMap;

const LEVEL: i32 = 9;
/// Bytes of one block when inflated: 10,000 points of a day are a third of it.
const INFLATED_MAX: usize = 64 << 20;
/// Of each row: series, start, covered, readings, two offsets, amount, first count, surplus.
const COLUMNS: usize = 9;

pub fn encode(intervals: &[Interval], day: UtcMillis) -> Vec<u8> {
    let mut rows: Vec<&Interval> = intervals.iter().collect();
    rows.sort_by_key(|row| (row.start, row.series));
    let mut columns: [Vec<u8>; COLUMNS] = Default::default();
    let mut last = Row::default();
    let mut counts: HashMap<u32, i64> = HashMap::new();
    for row in &rows {
        let start = row.start.since(day) / QUARTER_MS;
        let [series, starts, covered, readings, first_at, last_at, amounts, first, surplus] = &mut columns;
        put(series, i64::from(row.series).wrapping_sub(last.series));
        put(starts, start.wrapping_sub(last.start));
        put(covered, QUARTER_MS.wrapping_sub(row.covered_ms));
        put(readings, i64::from(row.readings).wrapping_sub(last.readings));
        put(amounts, row.amount);
        (last.series, last.start, last.readings) = (i64::from(row.series), start, i64::from(row.readings));
        if let Some(cell) = row.cell {
            let (from, to) = (cell.first.time.since(row.start), cell.last.time.since(row.start));
            put(first_at, from.wrapping_sub(last.first_at));
            put(last_at, to.wrapping_sub(last.last_at));
            let before = counts.insert(row.series, cell.last.count).unwrap_or(0);
            put(first, cell.first.count.wrapping_sub(before));
            put(surplus, cell.last.count.wrapping_sub(cell.first.count).wrapping_sub(row.amount));
            (last.first_at, last.last_at) = (from, to);
        }
    }
    let mut plain = Vec::new();
    put(&mut plain, i64::try_from(rows.len()).unwrap_or(i64::MAX));
    for column in &columns {
        put(&mut plain, i64::try_from(column.len()).unwrap_or(i64::MAX));
    }
    columns.iter().for_each(|column| plain.extend_from_slice(column));
    zstd::bulk::compress(&plain, LEVEL).expect("zstd compresses into memory")
}

/// `None` for bytes that `encode` did not make.
pub fn decode(bytes: &[u8], day: UtcMillis) -> Option<Vec<Interval>> {
    let plain = zstd::bulk::decompress(bytes, INFLATED_MAX).ok()?;
    let mut rest = &plain[..];
    let count = usize::try_from(get(&mut rest)?).ok()?;
    let mut lengths = [0; COLUMNS];
    for length in &mut lengths {
        *length = usize::try_from(get(&mut rest)?).ok()?;
    }
    let mut columns: [&[u8]; COLUMNS] = Default::default();
    for (column, length) in columns.iter_mut().zip(lengths) {
        (*column, rest) = rest.split_at_checked(length)?;
    }
    let mut last = Row::default();
    let mut counts: HashMap<u32, i64> = HashMap::new();
    let mut intervals = Vec::with_capacity(count.min(plain.len()));
    for _ in 0..count {
        let [series, starts, covered, readings, first_at, last_at, amounts, first, surplus] = &mut columns;
        last.series = last.series.wrapping_add(get(series)?);
        last.start = last.start.wrapping_add(get(starts)?);
        last.readings = last.readings.wrapping_add(get(readings)?);
        let (covered_ms, amount) = (QUARTER_MS.wrapping_sub(get(covered)?), get(amounts)?);
        let (series, readings) = (u32::try_from(last.series).ok()?, u32::try_from(last.readings).ok()?);
        let start = day.plus_ms(last.start.checked_mul(QUARTER_MS)?);
        let cell = if readings > 0 {
            last.first_at = last.first_at.wrapping_add(get(first_at)?);
            last.last_at = last.last_at.wrapping_add(get(last_at)?);
            let from = counts.get(&series).copied().unwrap_or(0).wrapping_add(get(first)?);
            let to = from.wrapping_add(get(surplus)?).wrapping_add(amount);
            counts.insert(series, to);
            let reading = |at: i64, count| Reading { time: start.plus_ms(at), count };
            Some(Cell { first: reading(last.first_at, from), last: reading(last.last_at, to) })
        } else {
            None
        };
        intervals.push(Interval {
            series,
            width_ms: QUARTER_MS,
            start,
            amount,
            covered_ms,
            readings,
            cell,
            doubts: Doubts::NONE,
        });
    }
    Some(intervals)
}

/// The row before.
#[derive(Default)]
struct Row {
    series: i64,
    start: i64,
    readings: i64,
    first_at: i64,
    last_at: i64,
}

/// Zigzag, then seven bits a byte.
fn put(column: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        column.push(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
        rest >>= 7;
    }
    column.push(u8::try_from(rest).unwrap_or(0));
}

fn get(column: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..70).step_by(7) {
        let (byte, rest) = column.split_first()?;
        *column = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}
