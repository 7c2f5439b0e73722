//! May a record be taken? Rules without a write.

use super::{BadRecord, StoreError, generation, generation::Dictionary};
use crate::{
    model::{PointKind, Series, UtcMillis, Value},
    wire::{
        FUTURE_MS_MAX, TIME_MIN_MS,
        record::{Content, Gap, Interval, Samples},
    },
};
use rusqlite::Connection;
use std::collections::HashMap;

/// Series of one generation. A gateway has hundreds.
const DICTIONARY_MAX: usize = 65_536;

/// The times of a record's first and last reading, or why it can not be taken. What has no readings has no times.
pub type Judged = Result<Option<(UtcMillis, UtcMillis)>, BadRecord>;

pub fn judge(
    tx: &Connection,
    gateway: i64,
    content: &Content,
    dictionary: &Dictionary,
    now: UtcMillis,
) -> Result<Judged, StoreError> {
    Ok(match content {
        Content::Dictionary(new) => return of_dictionary(tx, gateway, &new.series, dictionary),
        Content::Samples(_, samples) => of_samples(samples, dictionary, now),
        Content::Intervals(intervals) => known(intervals, dictionary).map(|()| None),
        Content::Recalled(intervals) => of_recalled(intervals, dictionary, now),
        Content::Gap(gap) => of_gap(gap, dictionary, now),
        Content::Event(_) | Content::Attestation(_) => Ok(None),
    })
}

/// A number means one series for as long as its generation lives.
fn of_dictionary(
    tx: &Connection,
    gateway: i64,
    all: &[(u32, Series)],
    dictionary: &Dictionary,
) -> Result<Judged, StoreError> {
    if dictionary.len() + all.len() > DICTIONARY_MAX {
        return Ok(Err(BadRecord::DictionarySize));
    }
    let mut new: HashMap<u32, &Series> = HashMap::new();
    for (local, series) in all {
        let same = match dictionary.get(local) {
            Some(known) => generation::find_series(tx, gateway, series)? == Some(known.series),
            None => *new.entry(*local).or_insert(series) == series,
        };
        if !same {
            return Ok(Err(BadRecord::Redefined(*local)));
        }
    }
    Ok(Ok(None))
}

fn of_samples(all: &[Samples], dictionary: &Dictionary, now: UtcMillis) -> Judged {
    for sample in all.iter().flat_map(|one| &one.samples) {
        match dictionary.get(&sample.series) {
            None => return Err(BadRecord::UnknownSeries(sample.series)),
            Some(known) if known.kind == PointKind::Cumulative && matches!(sample.value, Some(Value::Real(_))) => {
                return Err(BadRecord::RealReading(sample.series));
            }
            Some(_) => {}
        }
    }
    within(all.iter().map(|one| one.time), now)
}

fn of_recalled(all: &[Interval], dictionary: &Dictionary, now: UtcMillis) -> Judged {
    known(all, dictionary)?;
    let cells = all.iter().filter_map(|interval| interval.cell);
    within(cells.flat_map(|cell| [cell.first.time, cell.last.time]), now)
}

fn of_gap(gap: &Gap, dictionary: &Dictionary, now: UtcMillis) -> Judged {
    if let Some(series) = gap.series.iter().find(|series| !dictionary.contains_key(series)) {
        return Err(BadRecord::UnknownSeries(*series));
    }
    if gap.lost.is_some_and(|lost| i64::try_from(lost.first_seq.max(lost.last_seq)).is_err()) {
        return Err(BadRecord::GapRange);
    }
    // a gateway without a clock of its own starts in 1970, and that is where its gap starts
    match gap.span {
        Some(span) if span.end > latest(now) => Err(BadRecord::Time { time: span.end, now }),
        _ => Ok(None),
    }
}

fn known(intervals: &[Interval], dictionary: &Dictionary) -> Result<(), BadRecord> {
    match intervals.iter().find(|interval| !dictionary.contains_key(&interval.series)) {
        Some(interval) => Err(BadRecord::UnknownSeries(interval.series)),
        None => Ok(()),
    }
}

/// The first and the last of the times. Of those ahead of the clock the last one is named: when it has come, all have.
fn within(times: impl Iterator<Item = UtcMillis> + Clone, now: UtcMillis) -> Judged {
    let Some((first, last)) = times.clone().min().zip(times.max()) else { return Ok(None) };
    if first < UtcMillis(TIME_MIN_MS) {
        return Err(BadRecord::Time { time: first, now });
    }
    if last > latest(now) {
        return Err(BadRecord::Time { time: last, now });
    }
    Ok(Some((first, last)))
}

fn latest(now: UtcMillis) -> UtcMillis {
    now.plus_ms(FUTURE_MS_MAX)
}

/// When a record that is ahead of the clock can be taken; `None` for one that time does not mend.
pub fn due(bad: &BadRecord) -> Option<UtcMillis> {
    match bad {
        BadRecord::Time { time, now } if time > now => Some(time.plus_ms(-FUTURE_MS_MAX)),
        _ => None,
    }
}
