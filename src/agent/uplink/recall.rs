//! Stretches that the platform asks for again, answered one at a time.
//!
//! # Promises
//! - One recall at a time, and one a minute at most, whatever a platform asks for; at most 16 wait.
//! - What is new comes first: a spool that is not far from empty is no place for what was delivered before.
//!
//! # Does not
//! Outlive the process: a platform that misses a stretch asks again.

use crate::{
    agent::spool::{Level, Spool, SpoolError},
    model::Span,
    runtime::{clock, task::blocking},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::mpsc;

pub(super) const WAITING_MAX: usize = 16;
/// A whole archive may come out of one recall.
const PAUSE: Duration = Duration::from_secs(60);

pub(super) fn ask(uplink: &str, recalls: &mpsc::Sender<Span>, span: Span) {
    let (start_ms, end_ms) = (span.start.0, span.end.0);
    if recalls.try_send(span).is_err() {
        tracing::warn!(uplink, start_ms, end_ms, "a recall is not answered: {WAITING_MAX} are waiting");
    }
}

pub(super) async fn answer(spool: Arc<dyn Spool>, uplink: &str, mut asked: mpsc::Receiver<Span>) -> Infallible {
    while let Some(span) = asked.recv().await {
        let next = clock::monotonic() + PAUSE;
        let spool = spool.clone();
        let (start_ms, end_ms) = (span.start.0, span.end.0);
        match blocking(move || recall(&*spool, span)).await {
            Ok(true) => tracing::info!(uplink, start_ms, end_ms, "a stretch of the archive is on its way again"),
            Ok(false) => tracing::warn!(uplink, start_ms, end_ms, "a recall is not answered: the spool is filling up"),
            Err(error) => tracing::warn!(uplink, start_ms, end_ms, %error, "a recall is not answered"),
        }
        tokio::time::sleep_until(next).await;
    }
    std::future::pending().await
}

fn recall(spool: &dyn Spool, span: Span) -> Result<bool, SpoolError> {
    let fits = spool.fill().level == Level::Low;
    if fits {
        spool.recall(span)?;
    }
    Ok(fits)
}
