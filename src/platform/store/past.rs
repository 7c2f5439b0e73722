//! Readings of the past, out of the blocks, for several series of a gateway at once.

use super::sql::Tx;
use super::{StoreError, block, run::Sourced};
use crate::model::UtcMillis;
use std::collections::{HashMap, HashSet};

/// Blocks hold the readings of many series: what one of them asks for is there when the next one does.
pub struct Past {
    gateway: i64,
    wanted: HashSet<i64>,
    /// What was read: `[from, until)`.
    from: UtcMillis,
    until: UtcMillis,
    readings: HashMap<i64, Vec<Sourced>>,
}

impl Past {
    /// Nothing is read yet.
    pub fn new(gateway: i64, wanted: HashSet<i64>) -> Past {
        Past { gateway, wanted, from: UtcMillis(0), until: UtcMillis(0), readings: HashMap::new() }
    }

    /// The readings of one of the wanted series in `[from, until)`, in order, none twice.
    pub fn readings(
        &mut self,
        tx: Tx<'_>,
        series: i64,
        from: UtcMillis,
        until: UtcMillis,
    ) -> Result<&[Sourced], StoreError> {
        if self.from >= self.until || from > self.until || until < self.from {
            self.readings.clear();
            (self.from, self.until) = (from, from);
        }
        if from < self.from {
            let mut earlier = block::readings_between(tx, self.gateway, from, self.from, &self.wanted)?;
            for (series, later) in self.readings.drain() {
                earlier.entry(series).or_default().extend(later);
            }
            (self.from, self.readings) = (from, earlier);
        }
        if until > self.until {
            for (series, later) in block::readings_between(tx, self.gateway, self.until, until, &self.wanted)? {
                self.readings.entry(series).or_default().extend(later);
            }
            self.until = until;
        }
        let known = self.readings.get(&series).map_or(&[][..], Vec::as_slice);
        let place = |time: UtcMillis| known.partition_point(|one| one.reading.time < time);
        Ok(known.get(place(from)..place(until)).unwrap_or_default())
    }
}
