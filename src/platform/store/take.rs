//! A record that may be taken, into the tables: its block, and what it means to dictionary, gaps and ledger.

use super::sql::Tx;
use super::{
    BadRecord, StoreError, attestation, block,
    clock::{self, Clock, Placed},
    event, gap,
    generation::{self, Dictionary},
    hole,
    judge::Bench,
    ledger,
    past::Past,
    renew::{ALWAYS, renew},
    run::Sourced,
};
use crate::{
    model::{PointKind, RunId, UtcMillis},
    wire::record::{Content, Dictionary as Defined, Record, RecordError},
};
use std::collections::{HashMap, HashSet};

/// Takes records of one generation. The ledger is changed at the end, for all of them together.
pub struct Taker<'a> {
    tx: Tx<'a>,
    gateway: i64,
    generation: i64,
    run: Option<RunId>,
    dictionary: Dictionary,
    readings: HashMap<i64, Vec<Sourced>>,
    clocks: HashMap<u32, Clock>,
    now: UtcMillis,
}

impl<'a> Taker<'a> {
    pub fn new(tx: Tx<'a>, gateway: i64, generation: i64, now: UtcMillis) -> Result<Taker<'a>, StoreError> {
        let dictionary = generation::dictionary(tx, generation)?;
        let run = generation::run(tx, generation)?;
        let (readings, clocks) = Default::default();
        Ok(Taker { tx, gateway, generation, run, dictionary, readings, clocks, now })
    }

    /// The times of the record's samples, where it has any of which the time is known; or why it is not taken, and then
    /// nothing was written.
    pub fn take(
        &mut self,
        seq: i64,
        record: &Record,
        content: Result<&Content, &RecordError>,
    ) -> Result<Result<Option<(UtcMillis, UtcMillis)>, BadRecord>, StoreError> {
        let content = match content {
            Ok(content) => content,
            Err(error) => return Ok(Err(BadRecord::Record(error.clone()))),
        };
        let clock = match content {
            Content::Samples(segment, _) => self.clock(*segment)?,
            _ => None,
        };
        let placed = clock.as_ref().map_or(Some(Placed::default()), Clock::placed);
        let bench = Bench {
            tx: self.tx,
            gateway: self.gateway,
            run: self.run,
            dictionary: &self.dictionary,
            placed,
            now: self.now,
        };
        let times = match bench.judge(content)? {
            Ok(times) => times,
            Err(bad) => return Ok(Err(bad)),
        };
        let place = block::Place { gateway: self.gateway, generation: self.generation, seq };
        let clock_id = clock.as_ref().map(|clock| clock.id);
        block::insert(self.tx, &place, record, times.unwrap_or_default(), clock_id)?;
        block::collect(content, &self.dictionary, placed, |series, one| {
            self.readings.entry(series).or_default().push(one);
        });
        match content {
            Content::Dictionary(new) => self.define(new)?,
            Content::Gap(gap) => gap::insert(self.tx, &place, gap, self.now)?,
            Content::Recalled(intervals) => hole::fill(self.tx, self.gateway, intervals)?,
            Content::Samples(..) => return Ok(Ok(times.filter(|_| placed.is_some()))),
            Content::Event(event) => {
                // it may move what came before it
                self.merge()?;
                self.clocks.clear();
                event::take(self.tx, &place, self.run.as_ref(), event, self.now)?;
            }
            Content::Attestation(one) => attestation::note(self.tx, self.gateway, one, self.now)?,
            Content::Intervals(_) => {}
        }
        Ok(Ok(None))
    }

    /// The clock of a record of samples; `None`: of a run without a name, whose only segment is right.
    fn clock(&mut self, segment: u32) -> Result<Option<Clock>, StoreError> {
        let run = match self.run {
            None if segment == 0 => return Ok(None),
            run => run.unwrap_or_default(),
        };
        if segment >= clock::SEGMENTS_MAX {
            return Ok(None);
        }
        if let Some(known) = self.clocks.get(&segment) {
            return Ok(Some(known.clone()));
        }
        let clock = clock::find_or_create(self.tx, self.gateway, &run, segment)?;
        self.clocks.insert(segment, clock.clone());
        Ok(Some(clock))
    }

    fn define(&mut self, new: &Defined) -> Result<(), StoreError> {
        if self.run.is_none() && new.run_id != RunId::default() {
            generation::set_run(self.tx, self.generation, &new.run_id)?;
            self.run = Some(new.run_id);
        }
        let mut restated = HashSet::new();
        for (local, series) in &new.series {
            let known = match self.dictionary.get(local) {
                Some(known) => *known,
                None => generation::define(self.tx, self.gateway, self.generation, *local, series, new.created)?,
            };
            self.dictionary.insert(*local, known);
            let stated = generation::restate(self.tx, known.series, &series.physics, new.created)?;
            if stated && known.kind == PointKind::Cumulative {
                restated.insert(known.series);
            }
        }
        if restated.is_empty() {
            return Ok(());
        }
        self.merge()?;
        let mut past = Past::new(self.gateway, restated.clone());
        for series in restated {
            renew(self.tx, &mut past, series, ALWAYS)?;
        }
        Ok(())
    }

    fn merge(&mut self) -> Result<(), StoreError> {
        ledger::merge(self.tx, self.gateway, std::mem::take(&mut self.readings))
    }

    pub fn finish(mut self) -> Result<(), StoreError> {
        self.merge()
    }
}
