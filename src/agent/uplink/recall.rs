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
    runtime::clock,
};
use std::{convert::Infallible, time::Duration};
use tokio::sync::mpsc;

pub(super) const WAITING_MAX: usize = 16;
/// A whole archive may come out of one recall.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

pub(super) fn ask(uplink: &str, recalls: &mpsc::Sender<Span>, span: Span) {
    let (start_ms, end_ms) = (span.start.0, span.end.0);
    if recalls.try_send(span).is_err() {
        tracing::warn!(uplink, start_ms, end_ms, "a recall is not answered: {WAITING_MAX} are waiting");
    }
}

/// Hands each span to `recall`, which is [`from_archive`]; from one to the next at least `pause`.
pub(super) async fn answer<F: Future<Output = Result<bool, SpoolError>>>(
    uplink: &str,
    pause: Duration,
    mut asked: mpsc::Receiver<Span>,
    recall: impl Fn(Span) -> F,
) -> Infallible {
    while let Some(span) = asked.recv().await {
        let next = clock::monotonic() + pause;
        let (start_ms, end_ms) = (span.start.0, span.end.0);
        match recall(span).await {
            Ok(true) => tracing::info!(uplink, start_ms, end_ms, "a stretch of the archive is on its way again"),
            Ok(false) => tracing::warn!(uplink, start_ms, end_ms, "a recall is not answered: the spool is filling up"),
            Err(error) => tracing::warn!(uplink, start_ms, end_ms, %error, "a recall is not answered"),
        }
        tokio::time::sleep_until(next).await;
    }
    std::future::pending().await
}

/// `false` where the spool is too full.
pub(super) fn from_archive(spool: &dyn Spool, span: Span) -> Result<bool, SpoolError> {
    let fits = spool.fill().level == Level::Low;
    if fits {
        spool.recall(span)?;
    }
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UtcMillis;
    use std::sync::Mutex;

    fn span(start: i64) -> Span {
        Span { start: UtcMillis(start), end: UtcMillis(start + 1) }
    }

    #[tokio::test]
    async fn recalls_are_answered_one_by_one_and_those_beyond_the_bound_are_not() {
        let (recalls, asked) = mpsc::channel(WAITING_MAX);
        (0..100).for_each(|start| ask("county", &recalls, span(start)));
        let (done, running) = (&Mutex::new(Vec::new()), &tokio::sync::Mutex::new(()));
        let recall = |span: Span| async move {
            let _alone = running.try_lock().expect("one at a time");
            tokio::task::yield_now().await;
            done.lock().unwrap().push(span.start.0);
            // a failure does not end it
            if span.start.0 % 2 == 0 { Ok(true) } else { Err(SpoolError::Closed) }
        };
        let all = async {
            while done.lock().unwrap().len() < WAITING_MAX {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            never = answer("county", Duration::from_millis(1), asked, recall) => match never {},
            () = all => {}
        }
        assert_eq!(*done.lock().unwrap(), (0..16).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn the_next_recall_waits_for_the_pause() {
        let (recalls, asked) = mpsc::channel(WAITING_MAX);
        (0..3).for_each(|start| ask("county", &recalls, span(start)));
        let done = Mutex::new(0);
        let recall = |_| {
            *done.lock().unwrap() += 1;
            std::future::ready(Ok(true))
        };
        let answered = answer("county", Duration::from_secs(3600), asked, recall);
        assert!(tokio::time::timeout(Duration::from_millis(200), answered).await.is_err());
        assert_eq!(*done.lock().unwrap(), 1);
    }
}
