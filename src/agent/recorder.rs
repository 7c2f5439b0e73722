//! Inputs → commits: when what was read becomes durable, and who is told.
//!
//! # Promises
//! - Nothing waits longer than the commit interval, once the disk takes it.
//! - A receipt is given only after the commit that holds its input has returned.
//! - Whatever the sources handed over before they ended is committed before the recorder ends.
//!
//! # Does not
//! Drop: while the disk refuses, it tries again and takes nothing new, so that the sources wait.

use super::{
    meaning::Meaning,
    source::{Input, Receipt},
    spool::Spool,
};
use crate::runtime::{backoff::Backoff, clock, random, task};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// What may wait for a commit: a record of about this size before compression costs little beside its fsync.
const PENDING_BYTES_MAX: usize = 16 * 1024;

pub struct Recorder {
    pub meaning: Meaning,
    pub spool: Arc<dyn Spool>,
    pub commit_interval: Duration,
    /// Commit when so many receipts wait: half of what a broker sends before it waits for us, so that it never stands.
    pub receipts_max: usize,
}

impl Recorder {
    /// Ends when every source has dropped its sender.
    pub async fn run(mut self, mut inputs: mpsc::Receiver<Input>) -> Result<(), Infallible> {
        let mut receipts: Vec<Receipt> = Vec::new();
        let mut due: Option<Instant> = None;
        loop {
            let input = match due {
                Some(due) => tokio::time::timeout_at(due, inputs.recv()).await,
                None => Ok(inputs.recv().await),
            };
            match input {
                Ok(Some(input)) => {
                    input.scans.into_iter().for_each(|scan| self.meaning.take(scan));
                    receipts.extend(input.receipt);
                    due = due.or_else(|| Some(clock::monotonic() + self.commit_interval));
                    if self.meaning.pending_bytes() >= PENDING_BYTES_MAX || receipts.len() >= self.receipts_max {
                        self.commit(&mut receipts).await;
                        due = None;
                    }
                }
                Ok(None) => {
                    self.commit(&mut receipts).await;
                    return Ok(());
                }
                Err(_elapsed) => {
                    self.commit(&mut receipts).await;
                    due = None;
                }
            }
        }
    }

    async fn commit(&mut self, receipts: &mut Vec<Receipt>) {
        let (records, span) = self.meaning.close();
        let records = Arc::new(records);
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let mut failures = 0_u64;
        while !records.is_empty() {
            let (spool, batch) = (self.spool.clone(), records.clone());
            match task::blocking(move || spool.commit(&batch, span)).await {
                Ok(()) => break,
                Err(error) => {
                    failures += 1;
                    if failures.is_power_of_two() {
                        tracing::error!(%error, failures, "the spool does not take records; the sources wait");
                    }
                    tokio::time::sleep(backoff.failed(random::up_to)).await;
                }
            }
        }
        receipts.drain(..).for_each(Receipt::give);
    }
}

#[cfg(test)]
mod tests;
