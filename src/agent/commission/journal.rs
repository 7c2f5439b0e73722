//! What was heard on a line, exchange by exchange.
//!
//! # Promises
//! - Of each exchange: what was sent, what came before and behind it, and how long its answer took. Bounded.

use super::recording::Recording;
use crate::agent::source::line::{Event, Outcome, Tap};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Exchanges that are kept; an hour of polls at 9600 baud.
const KEPT_MAX: usize = 100_000;
const BYTES_MAX: usize = 1024;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub sent: Vec<u8>,
    /// What came while nobody was asked, since the exchange before.
    pub unasked: Vec<u8>,
    /// What came behind the request, an echo of it left out.
    pub received: Vec<u8>,
    pub echo: bool,
    /// From the end of the request, as it left the program, to the first byte of an answer.
    pub turnaround: Option<Duration>,
    pub outcome: Outcome,
}

/// A tap that keeps exchanges, and every byte in a file where one is wanted.
pub struct Journal {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    told: Vec<Told>,
    sent: Vec<u8>,
    sent_at: Option<Instant>,
    unasked: Vec<u8>,
    chunks: Vec<(Instant, Vec<u8>)>,
    recording: Option<Recording>,
}

impl Journal {
    pub fn new(recording: Option<Recording>) -> Journal {
        Journal { inner: Mutex::new(Inner { recording, ..Inner::default() }) }
    }

    /// All exchanges since it was last asked.
    pub fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.inner().told)
    }

    /// What came unasked since the last exchange.
    pub fn take_unasked(&self) -> Vec<u8> {
        std::mem::take(&mut self.inner().unasked)
    }

    /// Ends the file; its trouble, if there was any.
    pub fn close(&self) -> Option<std::io::Error> {
        self.inner().recording.take().and_then(Recording::close)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tap for Journal {
    fn told(&self, event: Event<'_>) {
        let mut inner = self.inner();
        if let Some(recording) = &mut inner.recording {
            recording.told(&event);
        }
        match event {
            Event::Sent { at, bytes } => {
                inner.sent_at = Some(at.steady);
                extend(&mut inner.sent, bytes);
            }
            Event::Received { bytes, .. } if inner.sent_at.is_none() => extend(&mut inner.unasked, bytes),
            Event::Received { at, bytes } => {
                let kept: usize = inner.chunks.iter().map(|(_, chunk)| chunk.len()).sum();
                if kept < BYTES_MAX {
                    inner.chunks.push((at.steady, bytes.to_vec()));
                }
            }
            Event::Ended(exchange) => inner.ended(exchange.outcome),
        }
    }
}

impl Inner {
    fn ended(&mut self, outcome: Outcome) {
        let sent = std::mem::take(&mut self.sent);
        let chunks = std::mem::take(&mut self.chunks);
        let sent_at = self.sent_at.take();
        let mut received: Vec<u8> = chunks.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
        let echo = !sent.is_empty() && received.starts_with(&sent);
        let skip = if echo { sent.len() } else { 0 };
        received.drain(..skip);
        let mut seen = 0;
        let answer = chunks.iter().find(|(_, bytes)| {
            seen += bytes.len();
            seen > skip
        });
        let turnaround = answer.zip(sent_at).map(|((at, _), sent)| at.saturating_duration_since(sent));
        let unasked = std::mem::take(&mut self.unasked);
        if self.told.len() < KEPT_MAX {
            self.told.push(Told { sent, unasked, received, echo, turnaround, outcome });
        }
    }
}

fn extend(kept: &mut Vec<u8>, bytes: &[u8]) {
    let room = BYTES_MAX.saturating_sub(kept.len());
    kept.extend(bytes.iter().take(room));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::source::line::{Exchange, Moment};

    #[test]
    fn an_echo_is_no_answer_and_what_came_before_the_request_is_unasked() {
        let journal = Journal::new(None);
        let start = Moment::now();
        let at = |ms: u64| Moment { steady: start.steady + Duration::from_millis(ms), ..start };
        journal.told(Event::Received { at: at(0), bytes: &[9] });
        journal.told(Event::Sent { at: at(1), bytes: &[1, 2] });
        journal.told(Event::Received { at: at(3), bytes: &[1, 2] });
        journal.told(Event::Received { at: at(31), bytes: &[7] });
        let ended = Exchange {
            begun: at(0),
            took: Duration::from_millis(31),
            sent: &[1, 2],
            received: &[],
            outcome: Outcome::Whole,
        };
        journal.told(Event::Ended(ended));
        let told = journal.take();
        let one = Told {
            sent: vec![1, 2],
            unasked: vec![9],
            received: vec![7],
            echo: true,
            turnaround: Some(Duration::from_millis(30)),
            outcome: Outcome::Whole,
        };
        assert_eq!(told, [one]);
        assert_eq!(journal.take(), []);
    }
}
