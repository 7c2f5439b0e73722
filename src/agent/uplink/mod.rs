//! Numbers → acknowledged numbers: the gateway's side of the stream.
//!
//! ```text
//!   spool ─ read ─▶ session (decides) ─▶ transport ══ Hello, Batch, Sealed, Ping ═══▶ platform
//!   spool ◀ acked ─ session ◀─────────── transport ◀═ Welcome, Ack, Rewind, Reject ══
//! ```
//!
//! # Promises
//! - In order within a generation, oldest generation first, at least once: each session resumes from the platform's
//!   marks, never from memory.
//! - The spool hears "complete" only of a sealed generation that the platform says it holds to its end.
//! - At most 512 KiB and 256 messages are unanswered, however slow the platform is.
//! - A message that makes no sense ends the session and changes nothing.
//! - It comes back for ever, after 1 to 60 s at random, and stops at once: what is unanswered stays in the spool.
//!
//! # Does not
//! - Decode a record, or wait for a source.
//! - Send new records before old ones.
//! - Skip a record that the platform refuses: it is sent again until someone looks.

mod ended;
mod lane;
mod session;
#[cfg(all(test, feature = "platform"))]
#[allow(clippy::unwrap_used)] // a helper that panics fails its test
mod tests;
mod transport;

use crate::{
    agent::{config::UplinkConfig, health::Health, spool::Spool},
    runtime::{backoff::Backoff, clock, fault, random, task::blocking},
    wire::proto::{self, up},
};
use ended::Ended;
use session::{Event, Output, Session};
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use transport::Link;

/// The spool's number of the platform that this uplink speaks to.
const DESTINATION: usize = 0;

/// How long things may take.
#[derive(Clone, Copy)]
struct Pace {
    /// Gateways that start together do not arrive together.
    start_max: Duration,
    backoff_min: Duration,
    backoff_max: Duration,
    /// From the first packet to the platform's side of the stream.
    open: Duration,
    /// Without a message, while an answer is due.
    silence: Duration,
    tick: Duration,
}

impl Pace {
    const NORMAL: Pace = Pace {
        start_max: Duration::from_secs(1),
        backoff_min: Duration::from_secs(1),
        backoff_max: Duration::from_secs(60),
        open: Duration::from_secs(20),
        silence: Duration::from_secs(60),
        tick: Duration::from_secs(1),
    };

    /// For the proof, which is about what happens and not about how long it takes.
    const HASTE: Pace = Pace {
        start_max: Duration::from_millis(10),
        backoff_min: Duration::from_millis(20),
        backoff_max: Duration::from_millis(200),
        open: Duration::from_secs(1),
        silence: Duration::from_secs(2),
        tick: Duration::from_millis(100),
    };
}

/// Delivers until `stop` is cancelled, then ends at once.
pub async fn run(
    config: UplinkConfig,
    gateway_id: String,
    spool: Arc<dyn Spool>,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let pace = if fault::haste() { Pace::HASTE } else { Pace::NORMAL };
    let uplink = Uplink { url: config.platform_url, gateway_id, spool, health, pace };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        never = uplink.deliver() => match never {},
    }
}

struct Uplink {
    url: String,
    gateway_id: String,
    spool: Arc<dyn Spool>,
    health: Arc<Health>,
    pace: Pace,
}

impl Uplink {
    async fn deliver(&self) -> Infallible {
        let draw = |max: Duration| Duration::from_millis(random::up_to(max.as_millis().try_into().unwrap_or(u64::MAX)));
        let mut backoff = Backoff::new(self.pace.backoff_min, self.pace.backoff_max);
        let mut failures = 0_u64;
        tokio::time::sleep(draw(self.pace.start_max)).await;
        loop {
            let started = clock::monotonic();
            let mut delivered = false;
            let Err(ended) = self.session(failures, &mut delivered).await;
            if matches!(ended, Ended::Renewed) {
                tracing::debug!(url = self.url, "{ended}");
                continue;
            }
            // a welcome alone is no success: a session that always fails at the same record must slow down
            if delivered || started.elapsed() > self.pace.backoff_max {
                backoff.succeeded();
                failures = 0;
            }
            failures += 1;
            let pause = match ended.retry_after() {
                Some(asked) => asked + draw(self.pace.backoff_min),
                None => backoff.failed(random::up_to),
            };
            report(&self.url, &self.gateway_id, &ended, failures, pause);
            tokio::time::sleep(pause).await;
        }
    }

    /// One connection, from Hello to its end. `delivered` becomes true when the platform has stored something new.
    async fn session(&self, failures: u64, delivered: &mut bool) -> Result<Infallible, Ended> {
        // subscribed first: what changes after the list is a change
        let mut changed = self.spool.changed();
        let generations = self.with_spool(|spool| spool.generations()).await;
        let clock_zero = clock::monotonic();
        let (mut session, hello) =
            Session::open(&self.gateway_id, &generations, self.pace.silence, clock_zero.elapsed());
        let mut link = Link::open(&self.url, hello, self.pace.open).await?;
        let mut ticks = tokio::time::interval(self.pace.tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                down = link.receive() => Event::Down(down?),
                Ok(()) = changed.changed() => Event::Changed(self.with_spool(|spool| spool.generations()).await),
                _ = ticks.tick() => Event::Tick,
            };
            let welcomed = session.welcomed();
            let outputs = session.on(event, clock_zero.elapsed())?;
            if session.welcomed() && !welcomed {
                tracing::info!(url = self.url, failures, generations = generations.len(), "connected to the platform");
            }
            *delivered |= session.progressed();
            self.perform(outputs, &mut session, &link, clock_zero).await?;
        }
    }

    async fn perform(
        &self,
        outputs: Vec<Output>,
        session: &mut Session,
        link: &Link,
        clock_zero: tokio::time::Instant,
    ) -> Result<(), Ended> {
        let (acked, rest): (Vec<_>, Vec<_>) =
            outputs.into_iter().partition(|output| matches!(output, Output::Acked { .. }));
        if !acked.is_empty() {
            self.with_spool(move |spool| tell(spool, &acked)).await;
        }
        let mut todo = VecDeque::from(rest);
        // each turn sends or reads, so the window ends it
        while let Some(output) = todo.pop_front() {
            match output {
                Output::Send(message) => link.send(message)?,
                Output::Ping => link.send(self.ping().await)?,
                Output::Read { gen_id, from_seq, records_max, bytes_max } => {
                    let read =
                        self.with_spool(move |spool| spool.read(&gen_id, from_seq, records_max, bytes_max)).await;
                    let event = Event::Read { gen_id, from_seq, records: read? };
                    todo.extend(session.on(event, clock_zero.elapsed())?);
                }
                Output::Acked { .. } => {}
                Output::Renew => return Err(Ended::Renewed),
            }
        }
        Ok(())
    }

    async fn ping(&self) -> up::Message {
        let backlog = self.with_spool(|spool| spool.backlog(DESTINATION)).await;
        up::Message::Ping(proto::Ping {
            t0_ms: clock::now().0,
            backlog_records: backlog.records,
            backlog_bytes: backlog.bytes,
            rejected_inputs: self.health.rejected_inputs(),
            ..Default::default()
        })
    }

    async fn with_spool<T: Send + 'static>(&self, work: impl FnOnce(&dyn Spool) -> T + Send + 'static) -> T {
        let spool = self.spool.clone();
        blocking(move || work(&*spool)).await
    }
}

/// A deletion that fails is repeated by the spool at its next start; delivery goes on.
fn tell(spool: &dyn Spool, acked: &[Output]) {
    for output in acked {
        let Output::Acked { gen_id, seq, complete } = output else { continue };
        fault::acked(gen_id, *seq);
        fault::point("uplink.before_acked");
        if let Err(error) = spool.acked(DESTINATION, gen_id, *seq, *complete) {
            tracing::warn!(%error, "the spool could not take note of an acknowledgement");
        }
    }
}

/// The first failure, then the 2nd, 4th, 8th, … in a row: a platform that is away for a week is a few lines.
fn report(url: &str, gateway_id: &str, ended: &Ended, failures: u64, pause: Duration) {
    let advice = ended.advice();
    if failures.is_power_of_two() {
        tracing::warn!(url, gateway_id, failures, ?pause, advice, "not connected to the platform: {ended}");
    } else {
        tracing::debug!(url, gateway_id, failures, ?pause, advice, "not connected to the platform: {ended}");
    }
}
