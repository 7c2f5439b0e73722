//! Which addresses a meter refuses: a block that is refused is halved, over the polls, down to what it is refused for.
//!
//! ```text
//!   refused twice ─▶ its spans are suspects ─▶ the plan goes on without them, and each poll asks for one half ─┐
//!                      ▲                                         refused: halved again, or at one value ─▶ found │
//!                      └──────────────────────────────────────────────────────────────────────────────────────────┘
//!   both halves are answered: it is the gap between them, the block's length, or the boundary that is refused
//! ```
//!
//! # Promises
//! - A poll has at most one request more than the plan of what is sound, or than the plan had before the search.
//! - A suspect is given a value again in the very poll in which it is answered. What is no suspect is read on.
//! - Each search ends, and with something found, so that the same block is never refused for the same reason again.
//! - A single refusal proves nothing, and a meter that refuses all that it is asked for has taught nothing.

use super::{Learned, Read, Span, plan_of, read_of};
use crate::agent::config::{Function, ModbusLimits};
use std::collections::BTreeMap;

/// Illegal data address: this or another register is not there.
const ILLEGAL_ADDRESS: u8 = 2;
/// Illegal data value: in a reading request nothing but the count can be one.
const ILLEGAL_VALUE: u8 = 3;
/// Refusals in a row after which it is no accident.
const REFUSALS: u8 = 2;
/// Time-outs in a row of the longest request, while shorter ones are answered.
const LONG_TIMEOUTS: u8 = 3;

/// The longest request is known well enough when no more registers than these lie between it and one that is refused.
const CLOSE: u16 = 4;

/// One request of this poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub read: Read,
    /// The suspects that it is to try.
    suspect: Option<usize>,
}

impl Planned {
    /// One that gives no point a value: whether the meter is there.
    pub fn probe(span: &Span) -> Option<Planned> {
        let read = Read { parts: Vec::new(), ..read_of(&[*span])? };
        Some(Planned { read, suspect: None })
    }
}

#[derive(Debug, Default)]
pub struct Search {
    learned: Learned,
    /// As it was when the search began.
    before: Option<Learned>,
    suspects: Vec<Suspect>,
    /// How often in a row a planned request was refused.
    refusals: BTreeMap<(Function, u16, u16), u8>,
    /// The longest request that was answered.
    longest: BTreeMap<Function, u16>,
    /// The longest request that had no answer while a shorter one had, and how often in a row.
    slow: Option<(Function, u16, u8)>,
    answered_in_search: bool,
    answered_in_poll: bool,
    /// The meter refuses everything: that is not searched again before it has answered something.
    hopeless: bool,
}

/// Neighbours, one of which may be what is refused.
#[derive(Debug)]
struct Suspect {
    spans: Vec<Span>,
    parent: Option<usize>,
    code: u8,
    refusals: u8,
    /// Of its two halves.
    answered: u8,
    waits: bool,
}

impl Search {
    pub fn new(learned: Learned) -> Search {
        Search { learned, ..Search::default() }
    }

    /// Whether a refused block is being halved.
    pub fn is_under_way(&self) -> bool {
        self.before.is_some()
    }

    #[cfg(test)]
    pub fn learned(&self) -> &Learned {
        &self.learned
    }

    /// What is certain: while a search goes on, what was so before it.
    pub fn certain(&self) -> &Learned {
        self.before.as_ref().unwrap_or(&self.learned)
    }

    /// The requests of the next poll.
    pub fn poll(&mut self, spans: &[Span], limits: &ModbusLimits) -> Vec<Planned> {
        // not before the poll is over: a block that is refused behind the one that was just found is a suspect too
        self.ended();
        self.answered_in_poll = false;
        let waiting: Vec<usize> = (0..self.suspects.len()).filter(|at| self.suspects[*at].waits).collect();
        let known = |read| Planned { read, suspect: None };
        if waiting.is_empty() {
            return plan_of(spans.to_vec(), limits, &self.learned).into_iter().map(known).collect();
        }
        let mut learned = self.learned.clone();
        for at in &waiting {
            let (function, start, end) = self.suspects[*at].reach();
            learned.refuse(function, start, end);
        }
        let suspect = |span: &&Span| waiting.iter().any(|at| self.suspects[*at].spans.contains(span));
        let sound = spans.iter().filter(|span| !suspect(span)).copied().collect();
        let whole = plan_of(spans.to_vec(), limits, self.certain()).len();
        let mut asked: Vec<Planned> = plan_of(sound, limits, &learned).into_iter().map(known).collect();
        let room = (whole + 1).saturating_sub(asked.len()).max(1);
        // the largest first: most values come back soonest
        let mut by_size = waiting;
        by_size.sort_by_key(|at| std::cmp::Reverse(self.suspects[*at].spans.len()));
        let tried = by_size.into_iter().filter_map(|at| Some((at, read_of(&self.suspects[at].spans)?)));
        asked.extend(tried.take(room).map(|(at, read)| Planned { read, suspect: Some(at) }));
        asked
    }

    /// Something whole came back.
    pub fn answered(&mut self, planned: &Planned) {
        let read = &planned.read;
        (self.answered_in_poll, self.answered_in_search, self.hopeless) = (true, true, false);
        self.refusals.remove(&(read.function, read.start, read.count));
        let longest = self.longest.entry(read.function).or_default();
        *longest = read.count.max(*longest);
        self.slow = self.slow.filter(|(function, count, _)| *function != read.function || *count > read.count);
        self.learned.allow(read.function, read.start.into(), read.end());
        let Some(suspect) = planned.suspect.and_then(|at| self.suspects.get_mut(at)) else { return };
        suspect.waits = false;
        let Some(parent) = suspect.parent else { return };
        self.suspects[parent].answered += 1;
        if self.suspects[parent].answered == 2 {
            self.not_together(parent);
        }
    }

    /// The meter refuses it, with this exception.
    pub fn refused(&mut self, planned: &Planned, code: u8, spans: &[Span]) {
        if code != ILLEGAL_ADDRESS && code != ILLEGAL_VALUE {
            return;
        }
        match planned.suspect {
            Some(at) => self.halve(at, code),
            None => self.suspect(&planned.read, code, spans),
        }
    }

    /// No answer came to it in time.
    pub fn timed_out(&mut self, planned: &Planned) {
        let read = &planned.read;
        let longest = self.longest.get(&read.function).copied().unwrap_or(0);
        if !self.answered_in_poll || read.count <= longest || read.parts.len() < 2 {
            return;
        }
        let before = self.slow.filter(|(function, count, _)| (*function, *count) == (read.function, read.count));
        let times = before.map_or(1, |(_, _, times)| times + 1);
        self.slow = Some((read.function, read.count, times)).filter(|_| times < LONG_TIMEOUTS);
        if times >= LONG_TIMEOUTS {
            self.learned.at_most(read.function, longest.max(read.count / 2));
        }
    }

    fn suspect(&mut self, read: &Read, code: u8, spans: &[Span]) {
        let mine: Vec<Span> = read.spans(spans);
        let alone = atoms(&mine) < 2;
        if mine.is_empty() || self.hopeless || !self.learned.has_room() || alone && code == ILLEGAL_VALUE {
            return;
        }
        let refusals = self.refusals.entry((read.function, read.start, read.count)).or_default();
        *refusals = refusals.saturating_add(1);
        if *refusals < REFUSALS {
            return;
        }
        self.refusals.remove(&(read.function, read.start, read.count));
        if self.before.is_none() {
            self.before = Some(self.learned.clone());
            // an answer from before this search shows only that the meter is there: that is enough
            self.answered_in_search = !self.longest.is_empty();
        }
        let mut suspect = Suspect::of(mine, None);
        // it was refused often enough, be it one value or many
        suspect.refusals = REFUSALS - 1;
        self.suspects.push(suspect);
        self.halve(self.suspects.len() - 1, code);
    }

    /// It was refused: one half of it, or both, must be.
    fn halve(&mut self, at: usize, code: u8) {
        let Some(suspect) = self.suspects.get_mut(at) else { return };
        suspect.code = code;
        suspect.refusals = suspect.refusals.saturating_add(1);
        let atoms = atoms(&suspect.spans);
        if atoms < 2 {
            if suspect.refusals >= REFUSALS {
                suspect.waits = false;
                let (function, start, end) = suspect.reach();
                self.learned.refuse(function, start, end);
            }
            return;
        }
        suspect.waits = false;
        let half = place_of_atom(&suspect.spans, atoms / 2);
        let right = suspect.spans.split_off(half.min(suspect.spans.len()));
        let left = suspect.spans.clone();
        suspect.spans.extend(right.iter().copied());
        self.suspects.push(Suspect::of(left, Some(at)));
        self.suspects.push(Suspect::of(right, Some(at)));
    }

    /// Both halves are answered, and the whole is not.
    fn not_together(&mut self, at: usize) {
        let suspect = &self.suspects[at];
        let half = place_of_atom(&suspect.spans, atoms(&suspect.spans) / 2);
        let (left, right) = suspect.spans.split_at(half);
        let (function, start, end) = suspect.reach();
        let left_end = left.iter().map(|span| span.end).max().unwrap_or(start);
        let right_start = right.first().map_or(end, |span| span.start);
        let longest = self.longest.get(&function).copied().unwrap_or(1);
        let longer_was_answered = u32::from(longest) >= end - start;
        if suspect.code == ILLEGAL_VALUE && !longer_was_answered {
            self.learned.at_most(function, between(longest, end - start));
        } else if left_end < right_start {
            self.learned.refuse(function, left_end, right_start);
        } else if longer_was_answered && left_end == right_start {
            self.learned.cut(function, right_start);
        } else {
            self.learned.at_most(function, between(longest, end - start));
        }
    }

    /// When no suspect waits any more, what was found is certain, or nothing was.
    fn ended(&mut self) {
        if self.suspects.iter().any(|suspect| suspect.waits) {
            return;
        }
        self.suspects.clear();
        if let Some(before) = self.before.take()
            && !self.answered_in_search
        {
            self.learned = before;
            self.hopeless = true;
        }
    }
}

impl Suspect {
    fn of(spans: Vec<Span>, parent: Option<usize>) -> Suspect {
        Suspect { spans, parent, code: 0, refusals: 0, answered: 0, waits: true }
    }

    fn reach(&self) -> (Function, u32, u32) {
        let function = self.spans.first().map_or(Function::HoldingRegisters, |span| span.function);
        let start = self.spans.first().map_or(0, |span| span.start);
        (function, start, self.spans.iter().map(|span| span.end).max().unwrap_or(start))
    }
}

impl Read {
    /// Those of `spans` that it asks for.
    fn spans(&self, spans: &[Span]) -> Vec<Span> {
        let part = |span: &Span| {
            self.parts.iter().any(|part| part.point == span.point && part.role == span.role)
                && span.function == self.function
        };
        let mut mine: Vec<Span> = spans.iter().filter(|span| part(span)).copied().collect();
        mine.sort();
        mine
    }
}

/// What to try next where so many are answered and that many are not: the limit lies between them, and is closed in upon
/// as long as that is worth the polls. Always less than what was refused.
fn between(answered: u16, refused: u32) -> u16 {
    let refused = u16::try_from(refused).unwrap_or(u16::MAX);
    match refused.saturating_sub(answered) {
        0 => refused.saturating_sub(1),
        1..=CLOSE => answered,
        _ => answered + (refused - answered) / 2,
    }
}

/// Spans at one place are one thing to ask for.
fn atoms(spans: &[Span]) -> usize {
    spans.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)).count()
}

fn place_of_atom(spans: &[Span], atom: usize) -> usize {
    spans.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end)).take(atom).map(<[Span]>::len).sum()
}

#[cfg(test)]
mod tests;
