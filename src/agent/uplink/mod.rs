//! Numbers → acknowledged numbers: the gateway's side of the stream, once for each destination.
//!
//! ```text
//!   spool ─ read ─▶ session (decides) ─▶ transport ══ Hello, Batch, Sealed, Ping ══════════════════▶ platform
//!   spool ◀ acked, refused, recall ─ session ◀─ transport ◀═ Welcome, Ack, Rewind, Refused, Recall … ══
//! ```
//!
//! # Promises
//! - In order within a generation, at least once: each session resumes from the platform's marks, never from memory.
//! - Live before backlog: while the generation that is being written has records to send, the next batch is one of
//!   them. The others follow oldest first, within half of the credit and the platform's pace. An outage of more than
//!   30 s ends the generation, so that the live one is short.
//! - The spool hears "complete" only of a sealed generation that the platform says it holds to its end.
//! - What is unanswered stays within the platform's credit, and within 512 KiB and 256 messages in any case.
//! - A message that makes no sense ends the session and changes nothing.
//! - A platform that hears and does not answer for 42 s is left. It comes back for ever, after 1 to 60 s at random, and
//!   stops at once: what is unanswered stays in the spool.
//! - A destination that is away holds nobody else.
//!
//! # Does not
//! - Decode a record, or wait for a source.
//! - Send a refused record again: the platform keeps it with its reason, the spool notes it, delivery goes on.
//! - Send live records first where more than 4096 generations wait: the chain of generations is announced without a
//!   break, from its oldest end.

mod allowance;
mod ended;
mod exchange;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod lane;
mod outage;
mod proxy;
mod recall;
mod session;
#[cfg(all(test, feature = "platform"))]
#[allow(clippy::unwrap_used)] // a helper that panics fails its test
mod tests;
mod transport;

use crate::{
    agent::{
        config::UplinkConfig,
        health::Health,
        spool::{Refusal, Spool},
    },
    model::Span,
    runtime::{backoff::Backoff, clock, fault, random, task::blocking},
    wire::{
        GenId,
        proto::{self, RefusedCode, up},
    },
};
use ended::Ended;
use outage::Outage;
use session::{Event, Output, Session, Speaker};
use std::{
    collections::{BTreeSet, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use transport::{Link, reach};

/// How long things may take.
#[derive(Clone, Copy)]
struct Pace {
    backoff_min: Duration,
    backoff_max: Duration,
    /// For the connection, and again for the platform's side of the stream.
    open: Duration,
    /// Without a message from the platform: three heartbeats.
    silence: Duration,
    /// An outage after which a new generation is begun. In less, the live one has gathered little.
    rotate_after: Duration,
    tick: Duration,
}

impl Pace {
    const NORMAL: Pace = Pace {
        backoff_min: Duration::from_secs(1),
        backoff_max: Duration::from_secs(60),
        open: Duration::from_secs(20),
        // the contract wants a heartbeat every 15 s at least, and a tick may come a second late
        silence: Duration::from_secs(3 * 14),
        rotate_after: Duration::from_secs(30),
        tick: Duration::from_secs(1),
    };

    /// For the proof, which is about what happens and not about how long it takes.
    const HASTE: Pace = Pace {
        backoff_min: Duration::from_millis(20),
        backoff_max: Duration::from_millis(200),
        open: Duration::from_secs(1),
        silence: Duration::from_secs(2),
        rotate_after: Duration::from_secs(1),
        tick: Duration::from_millis(100),
    };
}

/// Delivers to the spool's destination number `destination` until `stop` is cancelled, then ends at once.
pub async fn run(
    config: UplinkConfig,
    destination: usize,
    gateway_id: String,
    spool: Arc<dyn Spool>,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let pace = if fault::haste() { Pace::HASTE } else { Pace::NORMAL };
    let uplink = Uplink { config, destination, gateway_id, spool, health, pace };
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        never = uplink.deliver() => match never {},
    }
}

struct Uplink {
    config: UplinkConfig,
    destination: usize,
    gateway_id: String,
    spool: Arc<dyn Spool>,
    health: Arc<Health>,
    pace: Pace,
}

/// What outlives a session.
struct Memory {
    outage: Outage,
    /// Generations that the platform called complete and the spool still holds.
    done: BTreeSet<GenId>,
    recalls: mpsc::Sender<Span>,
    /// The uplink's steady clock counts from here.
    zero: Instant,
    /// The latest session was welcomed.
    welcomed: bool,
    /// In the latest session the platform stored something new.
    delivered: bool,
}

impl Memory {
    fn now(&self) -> Duration {
        self.zero.elapsed()
    }
}

impl Uplink {
    async fn deliver(&self) -> Infallible {
        let (recalls, asked) = mpsc::channel(recall::WAITING_MAX);
        let recall = |span| self.with_spool(move |spool| recall::from_archive(spool, span));
        tokio::select! {
            never = self.sessions(recalls) => never,
            never = recall::answer(&self.config.name, recall::PAUSE, asked, recall) => never,
        }
    }

    async fn sessions(&self, recalls: mpsc::Sender<Span>) -> Infallible {
        let draw = |max: Duration| Duration::from_millis(random::up_to(max.as_millis().try_into().unwrap_or(u64::MAX)));
        let mut backoff = Backoff::new(self.pace.backoff_min, self.pace.backoff_max);
        let mut failures = 0_u64;
        let mut memory = Memory {
            outage: Outage::begin(Duration::ZERO, self.pace.rotate_after),
            done: BTreeSet::new(),
            recalls,
            zero: clock::monotonic(),
            welcomed: false,
            delivered: false,
        };
        tokio::time::sleep(draw(self.config.start_spread)).await;
        loop {
            let started = clock::monotonic();
            (memory.welcomed, memory.delivered) = (false, false);
            let Err(ended) = self.session(failures, &mut memory).await;
            let now = memory.now();
            memory.outage.session_ended(memory.welcomed, now);
            if matches!(ended, Ended::Renewed) {
                tracing::debug!(uplink = self.config.name, "{ended}");
                continue;
            }
            // a welcome alone is no success: a session that always fails at the same record must slow down
            if memory.delivered || started.elapsed() > self.pace.backoff_max {
                backoff.succeeded();
                failures = 0;
            }
            failures += 1;
            let pause = match ended.retry_after() {
                Some(asked) => asked + draw(self.pace.backoff_min),
                None => backoff.failed(random::up_to),
            };
            self.report(&ended, failures, pause);
            tokio::time::sleep(pause).await;
        }
    }

    /// One connection, from Hello to its end.
    async fn session(&self, failures: u64, memory: &mut Memory) -> Result<Infallible, Ended> {
        let UplinkConfig { name, platform_url, proxy, .. } = &self.config;
        let reached = reach(platform_url, proxy.as_ref(), self.pace.open).await?;
        if memory.outage.rotate_now(memory.now())
            && let Err(error) = self.with_spool(|spool| spool.rotate()).await
        {
            tracing::warn!(uplink = name, %error, "after the outage no new generation was begun, new records wait");
        }
        // subscribed first: what changes after the list is a change
        let mut changed = self.spool.changed();
        let generations = self.with_spool(|spool| spool.generations()).await;
        memory.done.retain(|gen_id| generations.iter().any(|generation| generation.gen_id == *gen_id));
        let speaker = Speaker { gateway_id: &self.gateway_id, run: self.spool.run() };
        let (mut session, hello) = Session::open(speaker, &generations, &memory.done, self.pace.silence, memory.now());
        let mut link = reached.open(hello, self.pace.open).await?;
        let mut ticks = tokio::time::interval(self.pace.tick);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let event = tokio::select! {
                down = link.receive() => Event::Down(down?),
                Ok(()) = changed.changed() => Event::Changed(self.with_spool(|spool| spool.generations()).await),
                _ = ticks.tick() => Event::Tick(clock::now()),
            };
            let outputs = session.on(event, memory.now())?;
            if session.welcomed() && !memory.welcomed {
                memory.welcomed = true;
                let generations = generations.len();
                tracing::info!(uplink = name, url = platform_url, failures, generations, "connected to the platform");
            }
            memory.delivered |= session.progressed();
            self.perform(outputs, &mut session, &link, memory).await?;
        }
    }

    async fn perform(
        &self,
        outputs: Vec<Output>,
        session: &mut Session,
        link: &Link,
        memory: &mut Memory,
    ) -> Result<(), Ended> {
        let (told, rest): (Vec<_>, Vec<_>) =
            outputs.into_iter().partition(|output| matches!(output, Output::Acked { .. } | Output::Refused(_)));
        if !told.is_empty() {
            memory.done.extend(told.iter().filter_map(|output| match output {
                Output::Acked { gen_id, complete: true, .. } => Some(*gen_id),
                _ => None,
            }));
            self.tell(told).await;
        }
        let mut todo = VecDeque::from(rest);
        // each turn sends or reads, so the window ends it
        while let Some(output) = todo.pop_front() {
            match output {
                Output::Send(message) => link.send(message)?,
                Output::Ping(ping) => link.send(self.with_figures(ping).await)?,
                Output::Read { gen_id, from_seq, records_max, bytes_max } => {
                    let event = self.read(gen_id, from_seq, records_max, bytes_max).await?;
                    todo.extend(session.on(event, memory.now())?);
                }
                Output::Recall(span) => recall::ask(&self.config.name, &memory.recalls, span),
                Output::Renew => return Err(Ended::Renewed),
                Output::Acked { .. } | Output::Refused(_) => {}
            }
        }
        Ok(())
    }

    async fn read(&self, gen_id: GenId, from_seq: u64, records_max: usize, bytes_max: usize) -> Result<Event, Ended> {
        self.with_spool(move |spool| match spool.read(&gen_id, from_seq, records_max, bytes_max) {
            Ok(records) => Ok(Event::Read { gen_id, from_seq, records }),
            // dropped for want of room, or set aside as damaged: the spool has said so
            Err(_) if spool.generations().iter().all(|listed| listed.gen_id != gen_id) => Ok(Event::Gone(gen_id)),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// Hands on what the platform said about records. What the spool can not note it hears again, or is a count that
    /// is too low: delivery goes on.
    async fn tell(&self, told: Vec<Output>) {
        let (destination, name, health) = (self.destination, self.config.name.clone(), self.health.clone());
        self.with_spool(move |spool| {
            for output in told {
                let noted = match output {
                    Output::Acked { gen_id, seq, complete } => {
                        fault::acked(&gen_id, seq);
                        fault::point("uplink.before_acked");
                        spool.acked(destination, &gen_id, seq, complete)
                    }
                    Output::Refused(refusal) => {
                        report_refusal(&name, &refusal, health.refused());
                        spool.refused(destination, refusal)
                    }
                    _ => Ok(()),
                };
                if let Err(error) = noted {
                    tracing::warn!(uplink = name, %error, "the spool could not note what the platform said");
                }
            }
        })
        .await;
    }

    async fn with_figures(&self, ping: proto::Ping) -> up::Message {
        if let Some(offset_ms) = ping.clock_offset_ms {
            self.health.clock_measured(self.destination, offset_ms);
        }
        let (destination, rejected_inputs) = (self.destination, self.health.rejected_inputs());
        self.with_spool(move |spool| {
            let (backlog, fill) = (spool.backlog(destination), spool.fill());
            up::Message::Ping(proto::Ping {
                backlog_records: backlog.records,
                backlog_bytes: backlog.bytes,
                rejected_inputs,
                refused_records: spool.refusals(destination),
                oldest_ms: backlog.oldest.map_or(0, |oldest| oldest.0),
                spool_bytes: fill.bytes,
                spool_bytes_max: fill.bytes_max,
                ..ping
            })
        })
        .await
    }

    async fn with_spool<T: Send + 'static>(&self, work: impl FnOnce(&dyn Spool) -> T + Send + 'static) -> T {
        let spool = self.spool.clone();
        blocking(move || work(&*spool)).await
    }

    /// The first failure, then the 2nd, 4th, 8th, … in a row: a platform that is away for a week is a few lines.
    fn report(&self, ended: &Ended, failures: u64, pause: Duration) {
        let UplinkConfig { name, platform_url: url, .. } = &self.config;
        let (gateway_id, advice) = (&self.gateway_id, ended.advice());
        if failures.is_power_of_two() {
            tracing::warn!(uplink = name, url, gateway_id, failures, ?pause, advice, "not connected: {ended}");
        } else {
            tracing::debug!(uplink = name, url, gateway_id, failures, ?pause, advice, "not connected: {ended}");
        }
    }
}

/// As [`Uplink::report`]: a generation that is refused record by record is a few lines.
fn report_refusal(uplink: &str, refusal: &Refusal, refused: u64) {
    let Refusal { gen_id, seq, code, message } = refusal;
    let code = RefusedCode::try_from(*code).unwrap_or(RefusedCode::Unspecified).as_str_name();
    let generation = lane::named(gen_id);
    if refused.is_power_of_two() {
        let advice = "`mujun-agent spool refused` lists them; the platform keeps them, outside of its ledger";
        tracing::warn!(uplink, generation, seq, code, refused, advice, "the platform refused a record: {message}");
    } else {
        tracing::debug!(uplink, generation, seq, code, refused, "the platform refused a record: {message}");
    }
}
