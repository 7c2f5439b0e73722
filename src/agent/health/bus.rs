//! How a bus and its meters do: what the last minutes were like, in bounded memory.
//!
//! # Promises
//! - Figures are of the last five to ten minutes, so that a meter that was repaired looks so soon.
//! - A latency is told to within a fifth, and never smaller than it was.

use serde::Serialize;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Figures are kept for the running stretch of this length and the one before it.
const STRETCH: Duration = Duration::from_secs(300);
/// 1.2^65 ms are 140 s, longer than any time-out.
const BINS: usize = 66;
const BIN_GROWTH: f64 = 1.2;

/// How a request went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Answered,
    /// The meter refuses it.
    Refused,
    Timeout,
    Malformed,
    Disconnected,
}

#[derive(Debug)]
pub struct BusFigures {
    name: String,
    meters: Vec<String>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    now: Stretch,
    /// Whole, if there is one.
    before: Option<Stretch>,
    notes: Vec<Notes>,
}

#[derive(Debug, Clone)]
struct Stretch {
    begun: Instant,
    busy: Duration,
    meters: Vec<Tally>,
}

/// What does not go by.
#[derive(Debug, Clone, Default)]
struct Notes {
    learned: Vec<String>,
    held: bool,
}

#[derive(Debug, Clone)]
struct Tally {
    due: u64,
    skipped: u64,
    answered: u64,
    refused: u64,
    timeouts: u64,
    malformed: u64,
    disconnected: u64,
    latency: [u32; BINS],
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BusView {
    pub bus: String,
    /// Of the window, the share in which the line was busy.
    pub load_percent: String,
    pub window_s: u64,
    pub meters: Vec<MeterView>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeterView {
    pub meter: String,
    pub polls_due: u64,
    pub polls_skipped: u64,
    pub requests: u64,
    /// Of the requests that were sent, the share that was answered; a refusal is an answer.
    pub success_percent: Option<String>,
    pub latency_p50_ms: Option<u64>,
    pub latency_p99_ms: Option<u64>,
    pub timeouts: u64,
    /// Wrong checksum, length, address or function.
    pub malformed: u64,
    /// Exceptions and refusals.
    pub exceptions: u64,
    pub disconnected: u64,
    /// It did not answer and is left alone for a while.
    pub paused: bool,
    /// What it was found to refuse.
    pub learned: Vec<String>,
}

impl BusFigures {
    pub fn new(name: String, meters: Vec<String>, now: Instant) -> BusFigures {
        let stretch = Stretch { begun: now, busy: Duration::ZERO, meters: vec![Tally::new(); meters.len()] };
        let notes = vec![Notes::default(); meters.len()];
        BusFigures { inner: Mutex::new(Inner { now: stretch, before: None, notes }), name, meters }
    }

    /// A poll became due; so many before it were left out.
    pub fn due(&self, meter: usize, skipped: u64, now: Instant) {
        self.change(now, |inner| {
            if let Some(tally) = inner.now.meters.get_mut(meter) {
                tally.due = tally.due.saturating_add(1).saturating_add(skipped);
                tally.skipped = tally.skipped.saturating_add(skipped);
            }
        });
    }

    /// A request ended at `now`, so long after it was sent.
    pub fn asked(&self, meter: usize, how: Asked, took: Duration, now: Instant) {
        self.change(now, |inner| {
            inner.now.busy += took;
            let Some(tally) = inner.now.meters.get_mut(meter) else { return };
            let count = match how {
                Asked::Answered => &mut tally.answered,
                Asked::Refused => &mut tally.refused,
                Asked::Timeout => &mut tally.timeouts,
                Asked::Malformed => &mut tally.malformed,
                Asked::Disconnected => &mut tally.disconnected,
            };
            *count += 1;
            if matches!(how, Asked::Answered | Asked::Refused)
                && let Some(bin) = tally.latency.get_mut(bin(took))
            {
                *bin = bin.saturating_add(1);
            }
        });
    }

    pub fn paused(&self, meter: usize, paused: bool) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notes) = inner.notes.get_mut(meter) {
            notes.held = paused;
        }
    }

    pub fn learned(&self, meter: usize, learned: Vec<String>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notes) = inner.notes.get_mut(meter) {
            notes.learned = learned;
        }
    }

    pub fn view(&self, now: Instant) -> BusView {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn(now);
        let begun = inner.before.as_ref().map_or(inner.now.begun, |before| before.begun);
        let window = now.saturating_duration_since(begun);
        let before_busy = inner.before.as_ref().map_or(Duration::ZERO, |before| before.busy);
        let busy = (inner.now.busy + before_busy).min(window);
        let meter = |(place, name): (usize, &String)| {
            let mut tally = inner.now.meters.get(place).cloned().unwrap_or_else(Tally::new);
            if let Some(before) = inner.before.as_ref().and_then(|before| before.meters.get(place)) {
                tally.add(before);
            }
            tally.view(name, inner.notes.get(place).cloned().unwrap_or_default())
        };
        BusView {
            bus: self.name.clone(),
            load_percent: percent(busy.as_micros(), window.as_micros()).unwrap_or_else(|| "0.0".into()),
            window_s: window.as_secs(),
            meters: self.meters.iter().enumerate().map(meter).collect(),
        }
    }

    fn change(&self, now: Instant, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn(now);
        change(&mut inner);
    }
}

impl Inner {
    fn turn(&mut self, now: Instant) {
        let age = now.saturating_duration_since(self.now.begun);
        if age < STRETCH {
            return;
        }
        let fresh = Stretch { begun: now, busy: Duration::ZERO, meters: vec![Tally::new(); self.now.meters.len()] };
        let ended = std::mem::replace(&mut self.now, fresh);
        // what is older than two stretches is no matter any more
        self.before = (age < 2 * STRETCH).then_some(ended);
    }
}

impl Tally {
    fn new() -> Tally {
        Tally {
            due: 0,
            skipped: 0,
            answered: 0,
            refused: 0,
            timeouts: 0,
            malformed: 0,
            disconnected: 0,
            latency: [0; BINS],
        }
    }

    fn add(&mut self, other: &Tally) {
        self.due += other.due;
        self.skipped += other.skipped;
        self.answered += other.answered;
        self.refused += other.refused;
        self.timeouts += other.timeouts;
        self.malformed += other.malformed;
        self.disconnected += other.disconnected;
        self.latency.iter_mut().zip(other.latency).for_each(|(bin, more)| *bin = bin.saturating_add(more));
    }

    fn view(&self, name: &str, notes: Notes) -> MeterView {
        let good = self.answered + self.refused;
        let requests = good + self.timeouts + self.malformed + self.disconnected;
        MeterView {
            meter: name.to_owned(),
            polls_due: self.due,
            polls_skipped: self.skipped,
            requests,
            success_percent: percent(good.into(), requests.into()),
            latency_p50_ms: self.latency(50),
            latency_p99_ms: self.latency(99),
            timeouts: self.timeouts,
            malformed: self.malformed,
            exceptions: self.refused,
            disconnected: self.disconnected,
            paused: notes.held,
            learned: notes.learned,
        }
    }

    /// The end of the bin in which the percentile lies.
    fn latency(&self, percentile: u64) -> Option<u64> {
        let all: u64 = self.latency.iter().map(|count| u64::from(*count)).sum();
        let wanted = (all * percentile).div_ceil(100);
        let mut seen = 0;
        let at = self.latency.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        })?;
        (all > 0).then(|| bin_end_ms(at))
    }
}

fn bin(took: Duration) -> usize {
    let ms = took.as_secs_f64() * 1000.0;
    (0..BINS).find(|at| ms <= bound(*at)).unwrap_or(BINS - 1)
}

fn bound(at: usize) -> f64 {
    BIN_GROWTH.powi(i32::try_from(at).unwrap_or(i32::MAX))
}

fn bin_end_ms(at: usize) -> u64 {
    bound(at).ceil() as u64
}

fn percent(part: u128, whole: u128) -> Option<String> {
    let tenths = (part * 1000 + whole / 2).checked_div(whole)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::clock;

    fn figures(now: Instant) -> BusFigures {
        BusFigures::new("b".into(), vec!["a".into(), "dead".into()], now)
    }

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn load_success_and_latency_are_of_what_was_asked() {
        let begun = clock::monotonic();
        let figures = figures(begun);
        for i in 0..100 {
            let took = if i == 99 { MS(400) } else { MS(20) };
            figures.asked(0, Asked::Answered, took, begun + MS(100 * i));
        }
        figures.asked(1, Asked::Timeout, MS(1000), begun + MS(10_000));
        figures.due(1, 3, begun + MS(10_000));
        let view = figures.view(begun + MS(10_000));
        // 99 × 20 + 400 + 1000 ms of 10 s
        assert_eq!((view.load_percent.as_str(), view.window_s), ("33.8", 10));
        let [a, dead] = &view.meters[..] else { panic!("{view:?}") };
        assert_eq!((a.requests, a.success_percent.as_deref()), (100, Some("100.0")));
        let within =
            |told: Option<u64>, true_ms: u64| told.is_some_and(|told| told >= true_ms && told <= true_ms * 6 / 5 + 1);
        assert!(within(a.latency_p50_ms, 20) && within(a.latency_p99_ms, 20), "{a:?}");
        assert_eq!((dead.success_percent.as_deref(), dead.timeouts, dead.latency_p50_ms), (Some("0.0"), 1, None));
        assert_eq!((dead.polls_due, dead.polls_skipped), (4, 3));
        figures.asked(0, Asked::Answered, MS(400), begun + MS(10_100));
        let p99 = figures.view(begun + MS(10_100)).meters[0].latency_p99_ms;
        assert!(within(p99, 400), "{p99:?}");
    }

    #[test]
    fn old_figures_go_and_notes_stay() {
        let begun = clock::monotonic();
        let figures = figures(begun);
        figures.asked(0, Asked::Malformed, MS(30), begun);
        figures.learned(0, vec!["3 5".into()]);
        figures.paused(1, true);
        assert_eq!(figures.view(begun + STRETCH + MS(1)).meters[0].malformed, 1, "the stretch before counts");
        let later = figures.view(begun + 3 * STRETCH);
        assert_eq!((later.meters[0].malformed, later.meters[0].success_percent.clone()), (0, None));
        assert_eq!((later.meters[0].learned.len(), later.meters[1].paused), (1, true));
        figures.asked(0, Asked::Malformed, MS(30), begun + 3 * STRETCH);
        assert_eq!(figures.view(begun + 10 * STRETCH).meters[0].malformed, 0, "nor after a long silence");
    }

    #[test]
    fn a_latency_is_never_told_smaller_than_it_was() {
        for ms in [0, 1, 2, 3, 10, 999, 60_000, 100_000] {
            assert!(bin_end_ms(bin(MS(ms))) >= ms, "{ms}");
        }
        assert_eq!(bin(Duration::MAX), BINS - 1);
    }
}
