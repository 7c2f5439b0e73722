//! Publishing a period: its figures as they stand, and a new version when what they are made of changes.
//!
//! ```text
//!   publish 2026-10 ─▶ version 1 ─▶ late readings from gw-3 ─▶ version 2, with the reason ─▶ …
//! ```
//!
//! # Promises
//! - A version holds every figure with all its terms, so that it can be recomputed without the ledger, and the SHA-256
//!   of the registry and coefficient files and of the ledger's part.
//! - No version is ever changed or removed. One that says the same as the last one is not made.
//! - Only a period that is over is published.
//!
//! # Does not
//! Decide what is published: the operator does, once for each period and basis.

mod body;
mod reason;

pub use body::{Body, Input, input};

use super::{
    assess::{Basis, Rules, assess},
    store::{Draft, Publication, Store, StoreError},
};
use crate::{
    model::{Period, PeriodError, UtcMillis},
    runtime::{clock, lang::Text, task},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How often published periods are compared with what the ledger says now.
const COMPARE_INTERVAL: Duration = Duration::from_secs(300);

#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("period {period} ends at {end}: only what is over is published")]
    NotOver { period: String, end: UtcMillis },
    #[error("the stored version of {period}: {source}")]
    Body { period: String, source: std::io::Error },
    #[error("{0}")]
    Period(#[from] PeriodError),
    #[error("the basis `{0}` of a stored version is not known")]
    Basis(String),
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub enum Published {
    New {
        version: u64,
        reason: Text,
    },
    /// The last version says the same.
    Same {
        version: u64,
    },
    /// Someone else published meanwhile.
    Overtaken,
}

/// What figures are made of beside the ledger.
#[derive(Clone)]
pub struct Grounds {
    pub rules: Arc<Rules>,
    pub inputs: Arc<Vec<Input>>,
}

/// Publishes the period's figures as they stand now. `reason`: the operator's words; without them a first version says
/// so, and a later one what has changed.
pub async fn publish(
    store: &Store,
    grounds: &Grounds,
    period: &Period,
    basis: Basis,
    reason: Option<String>,
) -> Result<Published, PublishError> {
    let now = clock::now();
    if period.end > now {
        return Err(PublishError::NotOver { period: period.to_string(), end: period.end });
    }
    let failed = |source: std::io::Error| PublishError::Body { period: period.to_string(), source };
    let snapshot = store.snapshot(period, now).await?;
    let (grounds, of) = (grounds.clone(), period.clone());
    let made = task::blocking(move || {
        let body = Body::of(&assess(&snapshot, &grounds.rules, &of, basis), &grounds.inputs);
        let digest = body.digest()?;
        let packed = body.pack()?;
        Ok((body, digest, packed))
    });
    let (body, digest, packed) = made.await.map_err(failed)?;
    let last = store.publication(period.to_string(), basis.name().to_owned(), None).await?;
    let (after, found) = match last {
        Some((last, _)) if last.digest == digest => return Ok(Published::Same { version: last.version }),
        Some((last, bytes)) => {
            let old = task::blocking(move || Body::unpack(&bytes)).await.map_err(failed)?;
            (last.version, reason::reason(&old, &body))
        }
        None => (0, Text::new("首次发布", "published for the first time")),
    };
    let reason = match reason {
        Some(words) => Text::new(words.clone(), words),
        None => found,
    };
    let (period, basis) = (period.to_string(), basis.name().to_owned());
    let draft = Draft { period, basis, after, reason: reason.clone(), digest, body: packed };
    Ok(match store.publish(draft).await? {
        Some(version) => Published::New { version, reason },
        None => Published::Overtaken,
    })
}

/// Compares every published period with what the ledger says now, and publishes those that differ.
pub async fn check(store: &Store, grounds: &Grounds) -> Result<Vec<(Publication, Published)>, PublishError> {
    let mut outcomes = Vec::new();
    for last in store.latest_publications().await? {
        let period: Period = last.period.parse()?;
        let basis = Basis::of_name(&last.basis).ok_or_else(|| PublishError::Basis(last.basis.clone()))?;
        let published = publish(store, grounds, &period, basis, None).await?;
        outcomes.push((last, published));
    }
    Ok(outcomes)
}

/// Checks at once and then again and again, until `stop`.
pub async fn keep(store: Store, grounds: Grounds, stop: CancellationToken) -> Result<(), Infallible> {
    loop {
        match check(&store, &grounds).await {
            Ok(outcomes) => {
                for (before, published) in outcomes {
                    if let Published::New { version, reason } = published {
                        let (period, basis) = (&before.period, &before.basis);
                        tracing::warn!(%period, %basis, version, reason = %reason.en, "a published period has changed");
                    }
                }
            }
            // what is published stays, and is compared again
            Err(error) => tracing::error!(%error, "published periods could not be compared"),
        }
        tokio::select! {
            () = tokio::time::sleep(COMPARE_INTERVAL) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
