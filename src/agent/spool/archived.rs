//! The quarter-hours of a generation go into the archive before it is deleted, and come back as records when a
//! platform asks for them.

use super::{
    Level, SpoolError,
    generation::Fault,
    index::Entry,
    sled_spool::{Inner, held},
};
use crate::{
    agent::archive::Day,
    model::{Series, Span, UtcMillis},
    wire::{
        proto::RecordKind,
        record::{Content, Interval, Record, decode, encode},
    },
};
use std::{collections::HashMap, io};

/// Intervals in one commit of a recall: a few dozen records.
const RECALL_INTERVALS: usize = 5_000;

impl Inner {
    /// # Errors
    /// The archive's disk: the generation should be kept for another try. What can not be read any more is no error.
    pub(super) fn archive(&self, entry: &Entry) -> Result<(), SpoolError> {
        if !self.archive.keeps() {
            return Ok(());
        }
        let _one_at_a_time = held(&self.archive_lock);
        let (dictionary, intervals) = match self.intervals(entry) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(ordinal = entry.ordinal, ?error, "a generation could not be read for the archive");
                return Ok(());
            }
        };
        let stored = self.archive.store(&entry.gen_id, &dictionary, &intervals);
        stored.map_err(SpoolError::at(&self.layout.archive()))
    }

    /// The generation's dictionary, and its records of intervals.
    fn intervals(&self, entry: &Entry) -> Result<(Vec<Record>, Vec<Record>), Fault> {
        let mut open = held(&self.open);
        let database = self.opened(&mut open, entry.ordinal)?;
        let (mut dictionary, mut intervals) = (Vec::new(), Vec::new());
        database.each(1, entry.extent.last, |record| {
            if i32::from(record.kind) == RecordKind::Dictionary as i32 {
                dictionary.push(record);
            } else if i32::from(record.kind) == RecordKind::Intervals as i32 {
                intervals.push(record);
            }
            true
        })?;
        Ok((dictionary, intervals))
    }

    pub(super) fn recall(&self, span: Span) -> Result<(), SpoolError> {
        let at = |error: io::Error| SpoolError::at(&self.layout.archive())(error);
        let current = self.current_series();
        for day in self.archive.days(span).map_err(at)? {
            let day = self.archive.day(day).map_err(at)?;
            if day.damaged > 0 {
                tracing::warn!(blocks = day.damaged, "the archive is damaged, the rest is given");
            }
            for part in within(day, span, &current).chunks(RECALL_INTERVALS) {
                if self.fill().level != Level::Low {
                    return Err(SpoolError::Full);
                }
                let records = encode(&Content::Recalled(part.to_vec()));
                self.commit(&mut held(&self.writer), &records, None)?;
            }
        }
        Ok(())
    }

    /// Under which id each series is known in this run.
    fn current_series(&self) -> HashMap<Key, u32> {
        let mut ids = HashMap::new();
        for record in &self.preamble {
            if let Ok(Content::Dictionary(dictionary)) = decode(record) {
                ids.extend(dictionary.series.into_iter().map(|(id, series)| (key(&series), id)));
            }
        }
        ids
    }
}

/// Whatever gives a count its meaning: a series that changed in any of it is another one.
type Key = (String, String, String, i64, i32);

fn key(series: &Series) -> Key {
    let Series { meter, point, unit, scale, .. } = series;
    (meter.clone(), point.clone(), unit.clone(), scale.mantissa(), scale.exponent())
}

/// The intervals of `span` under today's series ids, in order of time.
fn within(day: Day, span: Span, current: &HashMap<Key, u32>) -> Vec<Interval> {
    let mut found = Vec::new();
    let mut unknown = 0_u64;
    for part in day.parts {
        let ids: HashMap<u32, u32> =
            part.dictionary.iter().filter_map(|(id, series)| Some((*id, *current.get(&key(series))?))).collect();
        for interval in part.intervals {
            let inside = span.start <= interval.start && interval.start < span.end;
            match (inside, ids.get(&interval.series)) {
                (true, Some(&series)) => found.push(Interval { series, ..interval }),
                (true, None) => unknown += 1,
                (false, _) => {}
            }
        }
    }
    if unknown > 0 {
        tracing::warn!(
            intervals = unknown,
            "archived intervals of points that are configured otherwise now stay there"
        );
    }
    found.sort_by_key(|interval: &Interval| -> (UtcMillis, u32) { (interval.start, interval.series) });
    found
}
