//! Records → the gateway's signature under them, as records of their own.
//!
//! ```text
//!   spool ─ changed, read ─▶ book: a chain for each generation ─▶ sign ─▶ commit an Attestation
//! ```
//!
//! # Promises
//! - A generation that has ended, however it ended, is attested to its last record in one behind it; and what stands
//!   in the current one is attested each [`EVERY`] and at an orderly stop. So what is unsigned is never older than
//!   that, plus what the disk made it wait.
//! - Oldest first, and what could not be committed is tried again.
//! - Nothing waits for it but, at the start, the uplinks: for a moment, so that nothing is delivered and deleted
//!   before its chain is known. Without a key, or while the disk refuses, everything else goes on unsigned.
//!
//! # Does not
//! - Keep the bytes from being changed, or the key from one who has the disk: it makes a change show.
//! - Sign the end of a generation that is sealed, delivered and deleted within one of its rounds: then the records
//!   behind its last attestation stay unsigned, and the audit says so.

mod book;
pub mod key;
#[cfg(test)]
mod tests;

use crate::{
    agent::spool::{Spool, SpoolError},
    runtime::{clock, task::blocking},
    wire::{
        chain,
        record::{Content, encode},
    },
};
use book::Book;
use ed25519_dalek::SigningKey;
use key::KeyError;
use std::{convert::Infallible, path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long a record may be unsigned.
pub const EVERY: Duration = Duration::from_secs(3600);
/// After a failure, at most.
const AGAIN: Duration = Duration::from_secs(60);
/// Attestations of one commit.
const COMMIT_MAX: usize = 64;

pub struct Attest {
    pub spool: Arc<dyn Spool>,
    /// Made where there is none.
    pub key_file: PathBuf,
    pub every: Duration,
    /// Cancelled here when what earlier runs left was looked at.
    pub begun: CancellationToken,
    /// Cancelled by the recorder at its end: nothing follows that is worth a signature.
    pub recorded: CancellationToken,
}

impl Attest {
    /// Ends behind the last commit of the recorder.
    pub async fn run(self) -> Result<(), Infallible> {
        let Attest { spool, key_file, every, begun, recorded } = self;
        let mut changed = spool.changed();
        let mut work = Work { spool, key_file, key: None, book: None };
        let mut due_at = clock::monotonic() + every;
        let mut failures = 0_u64;
        loop {
            changed.mark_unchanged();
            let stopping = recorded.is_cancelled();
            let due = stopping || clock::monotonic() >= due_at;
            let done;
            (work, done) = blocking(move || {
                let done = work.round(due);
                (work, done)
            })
            .await;
            begun.cancel();
            let again = clock::monotonic() + AGAIN.min(every);
            match done {
                Ok(()) => {
                    failures = 0;
                    if due {
                        due_at = clock::monotonic() + every;
                    }
                }
                Err(error) => {
                    failures += 1;
                    if failures.is_power_of_two() {
                        tracing::error!(%error, failures, "the records can not be signed; they are kept and sent all the same");
                    }
                    due_at = if due { again } else { due_at.min(again) };
                }
            }
            if stopping {
                return Ok(());
            }
            tokio::select! {
                () = recorded.cancelled() => {}
                () = tokio::time::sleep_until(due_at) => {}
                _ = changed.changed(), if failures == 0 => {}
            }
        }
    }
}

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
enum AttestError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

/// One round blocks on the disk.
struct Work {
    spool: Arc<dyn Spool>,
    key_file: PathBuf,
    key: Option<SigningKey>,
    book: Option<Book>,
}

impl Work {
    fn round(&mut self, due: bool) -> Result<(), AttestError> {
        let key = match &self.key {
            Some(key) => key,
            None => {
                let key = key::load_or_make(&self.key_file)?;
                tracing::info!(public_key = key::public_hex(&key), "records are signed with this gateway's key");
                self.key.insert(key)
            }
        };
        let book = match &mut self.book {
            Some(book) => book,
            None => self.book.insert(Book::open(&*self.spool)?),
        };
        let wanted = book.follow(&*self.spool, due)?;
        for wanted in wanted.chunks(COMMIT_MAX) {
            let time = clock::now();
            let attestation =
                |(gen_id, chain): &book::Wanted| Content::Attestation(chain::sign(key, *gen_id, *chain, time));
            let records: Vec<_> = wanted.iter().flat_map(|one| encode(&attestation(one))).collect();
            self.spool.commit(&records, None)?;
            book.attested(&*self.spool, wanted);
        }
        Ok(())
    }
}
