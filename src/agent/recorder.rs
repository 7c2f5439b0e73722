//! Inputs → commits: when what was read becomes durable, and who is told.
//!
//! # Promises
//! - Nothing waits longer than the commit interval, once the disk takes it.
//! - A receipt is given only after the commit that holds its input has returned.
//! - While the spool is nearly full no receipt is given, so that brokers keep what they have; polled meters go on.
//! - The time in which nothing was read is a gap record: from the last commit of the run before to the start, and
//!   while the disk took nothing.
//! - Whatever the sources handed over before they ended is committed before the recorder ends.
//!
//! # Does not
//! Drop: while the disk refuses, it tries again and takes nothing new, so that the sources wait.

use super::{
    console::Board,
    meaning::Meaning,
    source::{Input, Receipt},
    spool::{Level, Spool},
};
use crate::{
    model::{GapCause, Span},
    runtime::{backoff::Backoff, clock, random, task},
    wire::record::{Content, Gap, Record, encode},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// A disk that takes this long has made the sources wait: what they would have read meanwhile is missing.
const STANDSTILL_MS: i64 = 10_000;

/// What may wait for a commit: a record of about this size before compression costs little beside its fsync.
const PENDING_BYTES_MAX: usize = 16 * 1024;

pub struct Recorder {
    pub meaning: Meaning,
    pub spool: Arc<dyn Spool>,
    pub commit_interval: Duration,
    /// Commit when so many receipts wait: half of what a broker sends before it waits for us, so that it never stands.
    pub receipts_max: usize,
    /// Where committed records are shown.
    pub board: Option<Arc<Board>>,
}

impl Recorder {
    /// Ends when every source has dropped its sender.
    pub async fn run(mut self, mut inputs: mpsc::Receiver<Input>) -> Result<(), Infallible> {
        if let Some(end) = self.spool.earlier_end() {
            self.commit_gap(Span { start: end, end: clock::now() }, "the agent did not run").await;
        }
        let mut receipts = Receipts::default();
        let mut due: Option<Instant> = None;
        loop {
            let input = match due {
                Some(due) => tokio::time::timeout_at(due, inputs.recv()).await,
                None => Ok(inputs.recv().await),
            };
            match input {
                Ok(Some(input)) => {
                    input.scans.into_iter().for_each(|scan| self.meaning.take(scan));
                    receipts.waiting.extend(input.receipt);
                    due = due.or_else(|| Some(clock::monotonic() + self.commit_interval));
                    let full = receipts.waiting.len() >= self.receipts_max;
                    if self.meaning.pending_bytes() >= PENDING_BYTES_MAX || full {
                        self.commit(&mut receipts).await;
                        due = receipts.look_again(self.commit_interval);
                    }
                }
                Ok(None) => {
                    self.commit(&mut receipts).await;
                    return Ok(());
                }
                Err(_elapsed) => {
                    self.commit(&mut receipts).await;
                    due = receipts.look_again(self.commit_interval);
                }
            }
        }
    }

    async fn commit(&mut self, receipts: &mut Receipts) {
        let (records, span) = self.meaning.close();
        if !records.is_empty() {
            let stood = self.store(records, span).await;
            if let Some(stood) = stood.filter(|stood| stood.end.since(stood.start) > STANDSTILL_MS) {
                self.commit_gap(stood, "the disk took nothing and the sources waited").await;
            }
        }
        receipts.committed();
        let spool = self.spool.clone();
        // a broker keeps what is not acknowledged, and sends no more than its window ahead of that
        if receipts.held.is_empty() || task::blocking(move || spool.fill()).await.level == Level::Low {
            receipts.give();
        } else if !std::mem::replace(&mut receipts.told, true) {
            tracing::warn!("the spool is nearly full: the brokers' messages are not acknowledged until there is room");
        }
    }

    async fn commit_gap(&mut self, span: Span, detail: &str) {
        let (start, end) = (span.start.min(span.end), span.end);
        let gap = Gap {
            cause: GapCause::Unread,
            span: Some(Span { start, end }),
            series: Vec::new(),
            lost: None,
            detail: detail.into(),
        };
        self.store(encode(&Content::Gap(gap)), None).await;
    }

    /// Until the disk takes it; since when that took more than one try.
    async fn store(&self, records: Vec<Record>, span: Option<Span>) -> Option<Span> {
        let records = Arc::new(records);
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let (mut failures, start) = (0_u64, clock::now());
        loop {
            let (spool, batch) = (self.spool.clone(), records.clone());
            match task::blocking(move || spool.commit(&batch, span)).await {
                Ok(()) => {
                    self.board.iter().for_each(|board| board.take(&records));
                    return (failures > 0).then(|| Span { start, end: clock::now() });
                }
                Err(error) => {
                    failures += 1;
                    if failures.is_power_of_two() {
                        tracing::error!(%error, failures, "the spool does not take records; the sources wait");
                    }
                    tokio::time::sleep(backoff.failed(random::up_to)).await;
                }
            }
        }
    }
}

/// The brokers' messages on their way to an acknowledgement.
#[derive(Default)]
struct Receipts {
    /// Taken, not committed.
    waiting: Vec<Receipt>,
    /// Committed, and not given because the spool is nearly full. Bounded by the brokers' windows.
    held: Vec<Receipt>,
    told: bool,
}

impl Receipts {
    fn committed(&mut self) {
        self.held.append(&mut self.waiting);
    }

    fn give(&mut self) {
        self.told = false;
        self.held.drain(..).for_each(Receipt::give);
    }

    /// Room may come without any input.
    fn look_again(&self, interval: Duration) -> Option<Instant> {
        (!self.held.is_empty()).then(|| clock::monotonic() + interval)
    }
}

#[cfg(test)]
mod tests;
