//! The verdicts of readings that come one after the other.
//!
//! ```text
//!   final verdicts ◀── base ◀── open: 3 at most, ── break? ── held: until the break is decided ◀── readings
//!                               may be set aside
//! ```
//!
//! # Promises
//! - For readings in order, the final verdicts are those of [`super::resolve`], in its order; what is still
//!   [`pending`](Machine::pending) are the rest of them.
//! - Its memory is bounded: HEAL_READINGS open ones, and HEAL_READINGS or WARM_UP_READINGS held.
//!
//! # Does not
//! Place a reading that is not later than the one before it: the platform's ledger does.

use super::{
    Declaration, EpochCause, HEAL_READINGS, Judged, Verdict, plausible,
    rule::{Outcome, decide, in_range},
};
use crate::model::{Physics, Reading, UtcMillis};
use std::collections::VecDeque;

/// Declarations ahead of the readings that one machine remembers.
const DECLARATIONS_MAX: usize = 64;

#[derive(Debug)]
pub struct Machine {
    physics: Physics,
    /// The last reading of the epoch with a final verdict.
    base: Option<Reading>,
    /// So many readings behind it were set aside.
    aside: usize,
    /// Those of the epoch since the last break that it would take to set aside.
    open: VecDeque<Judged>,
    /// From a break on that is not decided.
    held: VecDeque<Judged>,
    /// How the next epoch begins, where no reading comes before it.
    opens: EpochCause,
    /// Those ahead, in order.
    declarations: VecDeque<Declaration>,
    reached: Option<UtcMillis>,
}

impl Machine {
    pub fn new(physics: Physics) -> Machine {
        Machine {
            physics,
            base: None,
            aside: 0,
            open: VecDeque::with_capacity(HEAL_READINGS + 1),
            held: VecDeque::new(),
            opens: EpochCause::First,
            declarations: VecDeque::new(),
            reached: None,
        }
    }

    /// The next reading; appends the verdicts that are final now. One that is not later than the last one, or whose
    /// count is beyond what can be added up, is passed over: `false`.
    pub fn push(&mut self, reading: Reading, verdicts: &mut Vec<Judged>) -> bool {
        let ahead = self.reached.is_none_or(|reached| reading.time > reached);
        if ahead && in_range(reading.count) {
            self.feed(reading, verdicts);
            return true;
        }
        false
    }

    /// The register ends at a time that no reading has reached yet. `false`: it is too late for that, or too many
    /// wait already, and the machine goes on without.
    pub fn declare(&mut self, declaration: Declaration) -> bool {
        let late = self.reached.is_some_and(|reached| declaration.time <= reached);
        if late || self.declarations.len() >= DECLARATIONS_MAX {
            return false;
        }
        self.declare_all(&[declaration]);
        true
    }

    /// What has no final verdict: with its verdict as far as is known, or held.
    pub fn pending(&self) -> impl Iterator<Item = Judged> {
        self.open.iter().chain(&self.held).copied()
    }

    pub(super) fn declare_all(&mut self, declarations: &[Declaration]) {
        self.declarations.extend(declarations);
        let all = self.declarations.make_contiguous();
        all.sort_unstable();
        let mut sorted = all.to_vec();
        sorted.dedup();
        self.declarations = sorted.into();
    }

    /// A reading that is behind the last one in the order of readings, perhaps at the same time.
    pub(super) fn feed(&mut self, reading: Reading, verdicts: &mut Vec<Judged>) {
        if !in_range(reading.count) {
            return;
        }
        self.reached = Some(reading.time);
        if !self.declarations.is_empty() {
            self.reach(reading.time, verdicts);
        }
        self.enter(reading, false, verdicts);
    }

    /// Ends the register at each declaration up to `time`.
    pub(super) fn reach(&mut self, time: UtcMillis, verdicts: &mut Vec<Judged>) {
        while let Some(declaration) = self.declarations.front().filter(|ahead| ahead.time <= time).copied() {
            self.declarations.pop_front();
            let declared = |count: Option<i64>| {
                let count = count.filter(|count| in_range(*count))?;
                Some(Reading { time: declaration.time, count })
            };
            if let Some(reading) = declared(declaration.final_count) {
                self.enter(reading, true, verdicts);
            }
            self.settle(true, verdicts);
            verdicts.extend(self.open.drain(..));
            (self.base, self.opens) = (None, EpochCause::Replaced);
            if let Some(reading) = declared(declaration.initial_count) {
                self.enter(reading, true, verdicts);
            }
        }
    }

    fn enter(&mut self, reading: Reading, declared: bool, verdicts: &mut Vec<Judged>) {
        if self.held.is_empty()
            && let Some(last) = self.open.back()
            && plausible(&self.physics, last.reading, reading)
        {
            return self.accept(Judged { reading, verdict: Verdict::Normal, declared }, verdicts);
        }
        self.held.push_back(Judged { reading, verdict: Verdict::Held, declared });
        self.settle(false, verdicts);
    }

    /// Goes on with what is held, as far as it can be decided. `ended`: nothing comes behind it.
    fn settle(&mut self, ended: bool, verdicts: &mut Vec<Judged>) {
        while let Some(next) = self.held.front().copied() {
            let Some(last) = self.last() else {
                self.held.pop_front();
                self.begin(Judged { verdict: Verdict::Opens(self.opens), ..next }, verdicts);
                continue;
            };
            if plausible(&self.physics, last, next.reading) {
                self.held.pop_front();
                self.accept(Judged { verdict: Verdict::Normal, ..next }, verdicts);
                continue;
            }
            let behind = |k: usize| self.held.get(k).map(|held| held.reading);
            let Some(outcome) =
                decide(&self.physics, last, next.reading, behind, |k, count| self.before(k, count), ended)
            else {
                return;
            };
            match outcome {
                Outcome::Restart => {
                    let zero = Reading { time: last.time, count: 0 };
                    let verdict = Verdict::Opens(EpochCause::Restart);
                    self.begin(Judged { reading: zero, verdict, declared: true }, verdicts);
                }
                Outcome::Backstep => {
                    self.held.pop_front();
                    self.close(0, verdicts);
                    self.open.push_back(Judged { verdict: Verdict::Backstep, ..next });
                }
                Outcome::SetAside { before, behind } => {
                    self.close(before, verdicts);
                    verdicts.extend(self.held.drain(..behind).map(passing));
                    self.aside += behind;
                }
                Outcome::Rollover => {
                    self.held.pop_front();
                    self.close(0, verdicts);
                    self.open.push_back(Judged { verdict: Verdict::Rollover, ..next });
                }
                Outcome::Epoch(cause) => {
                    self.held.pop_front();
                    self.begin(Judged { verdict: Verdict::Opens(cause), ..next }, verdicts);
                }
            }
        }
    }

    fn last(&self) -> Option<Reading> {
        self.open.back().map(|judged| judged.reading).or(self.base)
    }

    /// The kth reading before the last one, if the last one and those between may be set aside, among `count` in all:
    /// where they are all since the last break, together with those that were set aside there.
    fn before(&self, k: usize, count: usize) -> Option<Reading> {
        match self.open.len().checked_sub(k)? {
            0 => self.base.filter(|_| self.aside + count <= HEAL_READINGS),
            place => self.open.get(place - 1).map(|judged| judged.reading),
        }
    }

    fn accept(&mut self, judged: Judged, verdicts: &mut Vec<Judged>) {
        if self.open.len() >= HEAL_READINGS
            && let Some(settled) = self.open.pop_front()
        {
            (self.base, self.aside) = (Some(settled.reading), 0);
            verdicts.push(settled);
        }
        self.open.push_back(judged);
    }

    /// What was open before a break is final; the last `passing_count` of it are passing.
    fn close(&mut self, passing_count: usize, verdicts: &mut Vec<Judged>) {
        let kept = self.open.len().saturating_sub(passing_count);
        if let Some(place) = kept.checked_sub(1) {
            (self.base, self.aside) = (self.open.get(place).map(|judged| judged.reading), 0);
        }
        self.aside += passing_count;
        verdicts.extend(self.open.drain(..kept));
        verdicts.extend(self.open.drain(..).map(passing));
    }

    fn begin(&mut self, judged: Judged, verdicts: &mut Vec<Judged>) {
        verdicts.extend(self.open.drain(..));
        self.base = None;
        self.open.push_back(judged);
    }
}

fn passing(judged: Judged) -> Judged {
    Judged { verdict: Verdict::Transient, ..judged }
}
