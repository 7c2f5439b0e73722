//! The minute and the quarter-hour of one cumulative series, as its readings come in.

use crate::{
    energy::{
        counter,
        interval::{Cell, MINUTE_MS, QUARTER_MS, shares},
    },
    model::{Doubts, Reading, UtcMillis},
    wire::record::Interval,
};

pub struct Intervals {
    series: u32,
    last: Option<Reading>,
    open: [(i64, Option<Open>); 2],
}

#[derive(Clone, Copy)]
struct Open {
    start: UtcMillis,
    amount: i64,
    covered_ms: i64,
    readings: u32,
    cell: Option<Cell>,
}

impl Intervals {
    pub fn new(series: u32) -> Intervals {
        Intervals { series, last: None, open: [(MINUTE_MS, None), (QUARTER_MS, None)] }
    }

    /// The intervals that this reading closes. A reading that is not later than the last one belongs to an interval
    /// that is closed already: it travels as a sample and changes nothing here. A minute of which nothing is known but
    /// a reading is not worth a place: where a meter is read each quarter of an hour, all minutes are such.
    pub fn take(&mut self, reading: Reading) -> Vec<Interval> {
        let previous = self.last;
        if previous.is_some_and(|last| reading.time <= last.time) {
            return Vec::new();
        }
        self.last = Some(reading);
        let mut closed = Vec::new();
        for (width_ms, open) in &mut self.open {
            let joined = previous
                .filter(|last| counter::continues(*last, reading) && reading.time.since(last.time) <= *width_ms);
            let mut close = |open: Open| {
                if open.covered_ms > 0 || *width_ms > MINUTE_MS {
                    closed.push(open.closed(self.series, *width_ms));
                }
            };
            match joined {
                Some(last) => {
                    for share in shares(last, reading, *width_ms) {
                        let current = Open::at(open, share.start, &mut close);
                        current.amount += share.amount;
                        current.covered_ms += share.covered_ms;
                    }
                }
                // over a longer distance the shape is unknown, across an epoch the amount: neither is booked
                None => open.take().into_iter().for_each(&mut close),
            }
            Open::at(open, reading.time.floor(*width_ms), &mut close).read(reading);
        }
        closed
    }

    /// Those that are open, closed here; what comes next is not joined to them.
    pub fn cut(&mut self) -> Vec<Interval> {
        self.last = None;
        let series = self.series;
        let open = self.open.iter_mut().filter_map(|(width_ms, open)| Some((*width_ms, open.take()?)));
        open.filter(|(width_ms, open)| open.covered_ms > 0 || *width_ms > MINUTE_MS)
            .map(|(width_ms, open)| open.closed(series, width_ms))
            .collect()
    }
}

impl Open {
    /// The open interval that starts at `start`; another one is closed first.
    fn at<'a>(slot: &'a mut Option<Open>, start: UtcMillis, close: &mut impl FnMut(Open)) -> &'a mut Open {
        if let Some(earlier) = slot.take_if(|open| open.start != start) {
            close(earlier);
        }
        slot.get_or_insert(Open { start, amount: 0, covered_ms: 0, readings: 0, cell: None })
    }

    fn read(&mut self, reading: Reading) {
        self.readings += 1;
        match &mut self.cell {
            Some(cell) => cell.merge(Cell::of(reading)),
            None => self.cell = Some(Cell::of(reading)),
        }
    }

    fn closed(self, series: u32, width_ms: i64) -> Interval {
        let Open { start, amount, covered_ms, readings, cell } = self;
        Interval { series, width_ms, start, amount, covered_ms, readings, cell, doubts: Doubts::NONE }
    }
}
