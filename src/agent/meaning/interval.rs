//! The minute and the quarter-hour of one cumulative series, as its readings come in.
//!
//! # Promises
//! - An interval is closed once, when the verdicts of all readings up to its end are final: a few readings later than its
//!   end, or when a break is decided.
//! - The amounts are those that the platform makes of the same readings.

use crate::{
    energy::{
        counter::{Declaration, Judged, Machine},
        interval::{Amount, Booking, MINUTE_MS, QUARTER_MS},
    },
    model::{Doubts, Physics, Reading},
    wire::record::Interval,
};
use std::collections::VecDeque;

pub struct Intervals {
    series: u32,
    physics: Physics,
    machine: Machine,
    minute: Booking,
    quarter: Booking,
    /// Readings without a final verdict that bring doubts, in order.
    doubted: VecDeque<(Reading, Doubts)>,
    verdicts: Vec<Judged>,
}

impl Intervals {
    pub fn new(series: u32, physics: Physics) -> Intervals {
        Intervals {
            series,
            physics,
            machine: Machine::new(physics),
            minute: Booking::new(physics, MINUTE_MS),
            quarter: Booking::new(physics, QUARTER_MS),
            doubted: VecDeque::new(),
            verdicts: Vec::new(),
        }
    }

    /// Appends the intervals that this reading closes. A reading that is not later than the last one belongs to an
    /// interval that is closed already: it travels as a sample and changes nothing here. A minute of which nothing is
    /// known but a reading is not worth a place: where a meter is read each quarter of an hour, all minutes are such.
    pub fn take(&mut self, reading: Reading, doubts: Doubts, closed: &mut Vec<Interval>) {
        if self.machine.push(reading, &mut self.verdicts) && !doubts.is_none() {
            self.doubted.push_back((reading, doubts));
        }
        self.book(closed);
    }

    /// The register ends at a time that no reading has reached. `false`: one has.
    pub fn declare(&mut self, declaration: Declaration) -> bool {
        self.machine.declare(declaration)
    }

    /// Closes everything as far as it is known, and begins anew: the clock stepped, or the agent ends.
    pub fn restart(&mut self, closed: &mut Vec<Interval>) {
        self.verdicts.extend(self.machine.pending());
        self.book(closed);
        let ended = std::mem::replace(self, Intervals::new(self.series, self.physics));
        for (booking, width_ms) in [(ended.minute, MINUTE_MS), (ended.quarter, QUARTER_MS)] {
            booking.finish(&mut |amount| closed.extend(interval(self.series, width_ms, amount)));
        }
    }

    fn book(&mut self, closed: &mut Vec<Interval>) {
        for judged in self.verdicts.drain(..) {
            let mut doubts = Doubts::NONE;
            if let Some((reading, found)) = self.doubted.front()
                && *reading == judged.reading
                && !judged.declared
            {
                doubts = *found;
                self.doubted.pop_front();
            }
            let series = self.series;
            self.minute.take(&judged, doubts, &mut |amount| closed.extend(interval(series, MINUTE_MS, amount)));
            self.quarter.take(&judged, doubts, &mut |amount| closed.extend(interval(series, QUARTER_MS, amount)));
        }
    }
}

fn interval(series: u32, width_ms: i64, amount: Amount) -> Option<Interval> {
    let Amount { start, amount, covered_ms, readings, cell, doubts } = amount;
    let worth_a_place = covered_ms > 0 || width_ms > MINUTE_MS;
    worth_a_place.then_some(Interval { series, width_ms, start, amount, covered_ms, readings, cell, doubts })
}
