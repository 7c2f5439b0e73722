//! May a record be taken? Rules without a write.

use super::sql::Tx;
use super::{
    BadRecord, StoreError,
    clock::{self, Placed, SEGMENTS_MAX, Said},
    generation,
    generation::Dictionary,
};
use crate::{
    model::{Event, EventKind, PointKind, RunId, Series, UtcMillis, Value},
    wire::{
        FUTURE_MS_MAX, TIME_MIN_MS,
        record::{Content, Gap, Interval, Samples},
    },
};
use std::collections::HashMap;

/// Series of one generation. A gateway has hundreds.
const DICTIONARY_MAX: usize = 65_536;

/// The times of a record's first and last reading, or why it can not be taken. What has no readings has no times.
pub type Judged = Result<Option<(UtcMillis, UtcMillis)>, BadRecord>;

/// What a record is judged by.
pub struct Bench<'a> {
    pub tx: Tx<'a>,
    pub gateway: i64,
    pub run: Option<RunId>,
    pub dictionary: &'a Dictionary,
    /// Where samples of the record's clock segment lie; `None`: nobody knows yet.
    pub placed: Option<Placed>,
    pub now: UtcMillis,
}

impl Bench<'_> {
    pub fn judge(&self, content: &Content) -> Result<Judged, StoreError> {
        let Bench { tx, gateway, dictionary, now, .. } = *self;
        Ok(match content {
            Content::Dictionary(new) if self.run.is_some_and(|run| run != new.run_id) => Err(BadRecord::Run),
            Content::Dictionary(new) => return of_dictionary(tx, gateway, &new.series, dictionary),
            Content::Samples(segment, _) if *segment >= SEGMENTS_MAX => Err(BadRecord::Segment(*segment)),
            Content::Samples(_, samples) => of_samples(samples, dictionary, self.placed, now),
            Content::Intervals(intervals) => known(intervals, dictionary).map(|()| None),
            Content::Recalled(intervals) => of_recalled(intervals, dictionary, now),
            Content::Gap(gap) => of_gap(gap, dictionary, now),
            Content::Event(event) => return self.of_event(event),
            Content::Attestation(_) => Ok(None),
        })
    }

    /// What it says must be of a time that can be, and move samples only to such times.
    fn of_event(&self, event: &Event) -> Result<Judged, StoreError> {
        let now = self.now;
        let (run, segment, said) = match &event.what {
            EventKind::Replaced(_) | EventKind::Tag(_) | EventKind::Entered(_) => {
                return Ok(within(std::iter::once(event.time), now).map(|_| None));
            }
            EventKind::ClockSegment(one) => match &self.run {
                Some(run) => (run, one.segment, Said::State(one)),
                None => return Ok(Ok(None)),
            },
            EventKind::ClockShift(shift) => (&shift.run_id, shift.segment, Said::Shift(shift.shift_ms)),
        };
        if segment >= SEGMENTS_MAX {
            return Ok(Err(BadRecord::Segment(segment)));
        }
        let Some(clock) = clock::find(self.tx, self.gateway, run, segment)? else { return Ok(Ok(None)) };
        Ok(match clock::impossible(self.tx, &clock, &said, now)? {
            Some(time) => Err(BadRecord::Time { time, now }),
            None => Ok(None),
        })
    }
}

/// A number means one series for as long as its generation lives.
fn of_dictionary(
    tx: Tx<'_>,
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

fn of_samples(all: &[Samples], dictionary: &Dictionary, placed: Option<Placed>, now: UtcMillis) -> Judged {
    for sample in all.iter().flat_map(|one| &one.samples) {
        match dictionary.get(&sample.series) {
            None => return Err(BadRecord::UnknownSeries(sample.series)),
            Some(known) if known.kind == PointKind::Cumulative && matches!(sample.value, Some(Value::Real(_))) => {
                return Err(BadRecord::RealReading(sample.series));
            }
            Some(_) => {}
        }
    }
    let times = all.iter().map(|one| one.time);
    match placed {
        Some(Placed { shift_ms, .. }) => within(times.map(|time| time.plus_ms(shift_ms)), now),
        None => Ok(times.clone().min().zip(times.max())),
    }
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
