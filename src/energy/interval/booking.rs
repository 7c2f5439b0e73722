//! Verdicts in their order → the amounts of intervals, each closed once.
//!
//! ```text
//!   doubts of a pair     estimated shape, rollover, backstep, and what its two readings bring (manual, rounded, clock):
//!                        of every interval that gets a part of it
//!   doubts of a reading  transient, held, and what it brings: of the interval that holds it
//!   epoch                of the interval of the last reading before it, and of the first one behind it, unless a person
//!                        wrote both
//! ```

use super::{Cell, MINUTE_MS, Pair, pair::by_hand};
use crate::{
    energy::counter::{EpochCause, Judged, Verdict},
    model::{Doubts, Physics, UtcMillis},
};

const DAY_MS: i64 = 86_400_000;
/// What lies farther apart than this is not spread over minutes.
const SPREAD_OVER_MINUTES_MS: i64 = 2 * MINUTE_MS;
/// What lies farther apart than this is spread by nobody but the platform's ledger: a wrong time stamp must not make
/// decades of intervals.
const SPREAD_MS: i64 = 35 * DAY_MS;

/// What one interval has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    pub start: UtcMillis,
    /// Counts.
    pub amount: i64,
    /// How much of the interval lies between two readings.
    pub covered_ms: i64,
    /// Read, and neither passing nor held.
    pub readings: u32,
    pub cell: Option<Cell>,
    pub doubts: Doubts,
}

/// The intervals of one width of one register.
#[derive(Debug)]
pub struct Booking {
    physics: Physics,
    width_ms: i64,
    open: Option<Amount>,
    /// With the doubts that the reading itself brings.
    last: Option<(Judged, Doubts)>,
    /// When passing readings were taken behind the last one, in order.
    passing: Vec<UtcMillis>,
}

impl Booking {
    pub fn new(physics: Physics, width_ms: i64) -> Booking {
        Booking { physics, width_ms, open: None, last: None, passing: Vec::new() }
    }

    /// The next verdict, with the doubts that the reading itself brings; says which intervals are closed by it.
    pub fn take(&mut self, judged: &Judged, doubts: Doubts, close: &mut impl FnMut(Amount)) {
        match judged.verdict {
            Verdict::Transient => return self.passing.push(judged.reading.time),
            Verdict::Held => {
                self.mark_passing(close);
                return self.at(judged.reading.time, close).doubts |= Doubts::HELD;
            }
            Verdict::Opens(cause) => self.begin(judged, cause, close),
            _ => self.continue_to(judged, doubts, close),
        }
        self.last = Some((*judged, doubts));
        let by_hand = by_hand(judged);
        let open = self.at(judged.reading.time, close);
        if by_hand {
            open.doubts |= Doubts::MANUAL;
        }
        if !judged.declared {
            open.read(judged, doubts);
        }
    }

    /// The interval that is still open.
    pub fn finish(mut self, close: &mut impl FnMut(Amount)) {
        self.mark_passing(close);
        self.open.into_iter().for_each(close);
    }

    fn begin(&mut self, judged: &Judged, cause: EpochCause, close: &mut impl FnMut(Amount)) {
        // nothing is hidden before the first reading of all, nor where a person wrote the last and the first register
        let written = |last: &Judged| by_hand(last) && by_hand(judged) && last.reading.time == judged.reading.time;
        let hidden = cause != EpochCause::First && self.last.is_some_and(|(last, _)| !written(&last));
        let doubts = if hidden { Doubts::EPOCH } else { Doubts::NONE };
        // the open interval is that of the last reading: nothing was opened behind it
        if let (Some(open), Some(_)) = (&mut self.open, self.last) {
            open.doubts |= doubts;
        }
        self.mark_passing(close);
        self.at(judged.reading.time, close).doubts |= doubts;
    }

    fn continue_to(&mut self, judged: &Judged, doubts: Doubts, close: &mut impl FnMut(Amount)) {
        let Some((last, last_doubts)) = self.last else { return };
        let mut pair = Pair::of(&self.physics, &last, judged);
        pair.doubts |= last_doubts | doubts;
        let distance_ms = pair.b.time.since(pair.a.time);
        if let Some(open) = &mut self.open
            && self.passing.is_empty()
            && pair.b.time.since(open.start) < self.width_ms
        {
            return open.book(pair.moved(), distance_ms, pair.doubts);
        }
        let spread_ms = if self.width_ms > MINUTE_MS { SPREAD_MS } else { SPREAD_OVER_MINUTES_MS };
        if distance_ms > spread_ms {
            return self.mark_passing(close);
        }
        let passing = std::mem::take(&mut self.passing);
        let mut passing = passing.into_iter().peekable();
        let width_ms = self.width_ms;
        let (before, behind) = (pair.a.time.floor(width_ms), pair.b.time.floor(width_ms));
        for share in pair.shares(width_ms) {
            // a quarter-hour without any reading has no shape of its own, however near its neighbours are
            let empty = width_ms > MINUTE_MS && before < share.start && share.start < behind;
            let shape = if empty { Doubts::ESTIMATED_SHAPE } else { Doubts::NONE };
            let open = self.at(share.start, close);
            open.book(share.amount, share.covered_ms, pair.doubts | shape);
            while passing.next_if(|time| time.floor(width_ms) == share.start).is_some() {
                open.doubts |= Doubts::TRANSIENT;
            }
        }
        self.passing.extend(passing);
        self.mark_passing(close);
    }

    fn mark_passing(&mut self, close: &mut impl FnMut(Amount)) {
        for time in std::mem::take(&mut self.passing) {
            self.at(time, close).doubts |= Doubts::TRANSIENT;
        }
    }

    /// The interval that holds `time`, which is not before the open one; another one is closed.
    fn at(&mut self, time: UtcMillis, close: &mut impl FnMut(Amount)) -> &mut Amount {
        let width_ms = self.width_ms;
        if let Some(earlier) = self.open.take_if(|open| time.since(open.start) >= width_ms) {
            close(earlier);
        }
        self.open.get_or_insert_with(|| Amount {
            start: time.floor(width_ms),
            amount: 0,
            covered_ms: 0,
            readings: 0,
            cell: None,
            doubts: Doubts::NONE,
        })
    }
}

impl Amount {
    fn book(&mut self, counts: i64, covered_ms: i64, doubts: Doubts) {
        self.amount = self.amount.saturating_add(counts);
        self.covered_ms += covered_ms;
        self.doubts |= doubts;
    }

    fn read(&mut self, judged: &Judged, doubts: Doubts) {
        self.readings += 1;
        self.doubts |= doubts;
        let reading = Cell::of(judged.reading);
        match &mut self.cell {
            Some(cell) => cell.merge(reading),
            None => self.cell = Some(reading),
        }
    }
}

/// All intervals of `width_ms` that hold or get anything, in order.
pub fn amounts(physics: &Physics, judged: &[Judged], width_ms: i64) -> Vec<Amount> {
    let mut all = Vec::new();
    let mut booking = Booking::new(*physics, width_ms);
    judged.iter().for_each(|one| booking.take(one, Doubts::NONE, &mut |amount| all.push(amount)));
    booking.finish(&mut |amount| all.push(amount));
    all
}
