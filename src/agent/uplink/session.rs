//! One session as a state machine: events and the time in, things to do out. No I/O, no clock.
//!
//! ```text
//!   open ─▶ Hello ── Welcome, Grant ─▶ the live generation, then the backlog, oldest first: Read ─▶ Batch … Sealed
//!                                          ▲ Rewind          Ack ─▶ Acked, complete: released      Refused, Recall ─▶
//! ```
//!
//! The **live** lane is the generation that is being written. All others are **backlog**.

use super::{
    allowance::Allowance,
    ended::{Ended, one_line},
    exchange::Exchanges,
    lane::{Finished, Lane, named},
};
use crate::{
    agent::spool::{Generation, Refusal, Run},
    model::{Span, UtcMillis},
    wire::{
        GENERATIONS_MAX, GenId, PROTOCOL,
        proto::{self, down, up},
        record::Record,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Twice what an archive holds by default; a span of all time is a mistake.
const RECALL_SPAN_MS_MAX: i64 = 400 * 86_400_000;

pub(super) enum Event {
    Down(proto::Down),
    /// The spool's generations, oldest first.
    Changed(Vec<Generation>),
    /// What a [`Output::Read`] found.
    Read {
        gen_id: GenId,
        from_seq: u64,
        records: Vec<Record>,
    },
    /// A [`Output::Read`] found that the generation was deleted or set aside since.
    Gone(GenId),
    /// Comes at least once a second, with the wall clock.
    Tick(UtcMillis),
}

#[derive(Debug, PartialEq)]
pub(super) enum Output {
    Send(up::Message),
    /// To be answered by [`Event::Read`] or [`Event::Gone`]; there is one at a time.
    Read {
        gen_id: GenId,
        from_seq: u64,
        records_max: usize,
        bytes_max: usize,
    },
    /// Fill in the figures of now, and send.
    Ping(proto::Ping),
    /// Tell the spool.
    Acked {
        gen_id: GenId,
        seq: u64,
        complete: bool,
    },
    /// Tell the spool, and people.
    Refused(Refusal),
    /// Give this stretch again, out of the archive.
    Recall(Span),
    /// End this session and begin the next at once.
    Renew,
}

/// Who speaks.
pub(super) struct Speaker<'s> {
    pub gateway_id: &'s str,
    pub run: Run,
}

pub(super) struct Session {
    /// Those not yet complete, oldest first.
    lanes: Vec<Lane>,
    /// Those that left `lanes` in this session. Late answers to them mean nothing, but for refusals.
    finished: BTreeMap<GenId, Finished>,
    /// The spool held more than a Hello can announce. The platform may know the others too, so they wait for the
    /// Hello of the next session, and what is newer waits behind them.
    overflow: bool,
    welcomed: bool,
    /// A change that came before the Welcome.
    changed: Option<Vec<Generation>>,
    reading: bool,
    allowance: Allowance,
    exchanges: Exchanges,
    heard_at: Duration,
    ping_at: Duration,
    silence_max: Duration,
    progressed: bool,
}

impl Session {
    /// The session and its Hello. A heartbeat goes in each third of `silence_max`. `done` are generations that this platform called complete before: they are left
    /// out where there are too many to announce all.
    pub fn open(
        speaker: Speaker,
        generations: &[Generation],
        done: &BTreeSet<GenId>,
        silence_max: Duration,
        now: Duration,
    ) -> (Session, up::Message) {
        let crowded = generations.len() > GENERATIONS_MAX;
        let (left_out, open): (Vec<_>, Vec<_>) =
            generations.iter().partition(|generation| crowded && done.contains(&generation.gen_id));
        let lanes: Vec<Lane> = open.iter().copied().take(GENERATIONS_MAX).map(Lane::new).collect();
        let hello = up::Message::Hello(proto::Hello {
            protocol: PROTOCOL,
            gateway_id: speaker.gateway_id.to_owned(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            generations: lanes.iter().map(Lane::message).collect(),
            run: Some(run_message(&speaker.run)),
        });
        let session = Session {
            overflow: open.len() > lanes.len(),
            lanes,
            finished: left_out.iter().map(|generation| (generation.gen_id, Finished::default())).collect(),
            welcomed: false,
            changed: None,
            reading: false,
            allowance: Allowance::default(),
            exchanges: Exchanges::default(),
            heard_at: now,
            ping_at: now,
            silence_max,
            progressed: false,
        };
        (session, hello)
    }

    pub fn welcomed(&self) -> bool {
        self.welcomed
    }

    /// Whether the platform stored anything new in this session.
    pub fn progressed(&self) -> bool {
        self.progressed
    }

    /// `now` is on any steady clock, the same in every call.
    ///
    /// # Errors
    /// The session is over. Nothing of the event was taken as stored.
    pub fn on(&mut self, event: Event, now: Duration) -> Result<Vec<Output>, Ended> {
        let mut out = Vec::new();
        match event {
            Event::Down(down) => self.heard(down, now, &mut out)?,
            Event::Changed(generations) if self.welcomed => self.update(generations),
            Event::Changed(generations) => self.changed = Some(generations),
            Event::Read { gen_id, from_seq, records } => self.send_batch(gen_id, from_seq, records, &mut out)?,
            Event::Gone(gen_id) => self.gone(&gen_id),
            Event::Tick(wall) => self.tick(wall, now, &mut out)?,
        }
        if self.welcomed {
            self.pump(now, &mut out);
        }
        Ok(out)
    }

    fn heard(&mut self, down: proto::Down, now: Duration, out: &mut Vec<Output>) -> Result<(), Ended> {
        let message = down.message.ok_or_else(|| Ended::Protocol("a message of no kind".into()))?;
        match (message, self.welcomed) {
            (down::Message::Reject(reject), _) => {
                return Err(Ended::rejected(reject.code, &reject.message, reject.retry_after_ms));
            }
            (down::Message::Welcome(welcome), false) => self.welcome(welcome, now, out)?,
            (_, false) => return Err(Ended::Protocol("an answer before the Welcome".into())),
            (down::Message::Welcome(_), true) => return Err(Ended::Protocol("a second Welcome".into())),
            (down::Message::Ack(ack), true) => self.ack(ack, out)?,
            (down::Message::Rewind(rewind), true) => self.rewind(rewind)?,
            (down::Message::Refused(refused), true) => self.refused(refused, out)?,
            (down::Message::Grant(grant), true) => self.allowance.grant(grant, now),
            (down::Message::Pong(pong), true) => self.exchanges.answered(pong, now)?,
            (down::Message::Recall(recall), true) => out.push(Output::Recall(recalled(recall)?)),
        }
        self.heard_at = now;
        Ok(())
    }

    /// From here on the platform's marks count, not what an earlier session remembers.
    fn welcome(&mut self, welcome: proto::Welcome, now: Duration, out: &mut Vec<Output>) -> Result<(), Ended> {
        let mut complete = BTreeSet::new();
        for mark in welcome.marks {
            let gen_id = gen_id(&mark.gen_id)?;
            self.lane(&gen_id)?.resume(mark.seq, mark.complete)?;
            if mark.complete {
                complete.insert(gen_id);
            }
        }
        self.welcomed = true;
        if let Some(grant) = welcome.grant {
            self.allowance.grant(grant, now);
        }
        out.extend(self.lanes.iter().map(|lane| Output::Acked {
            gen_id: lane.gen_id,
            seq: lane.acked,
            complete: complete.contains(&lane.gen_id),
        }));
        self.progressed = !complete.is_empty();
        self.finish(|lane| complete.contains(&lane.gen_id));
        if let Some(generations) = self.changed.take() {
            self.update(generations);
        }
        Ok(())
    }

    fn ack(&mut self, ack: proto::Ack, out: &mut Vec<Output>) -> Result<(), Ended> {
        let gen_id = gen_id(&ack.gen_id)?;
        if self.finished.contains_key(&gen_id) {
            return Ok(());
        }
        let lane = self.lane(&gen_id)?;
        let progress = ack.complete || ack.seq > lane.acked;
        lane.ack(ack.seq, ack.complete)?;
        if ack.complete {
            self.finish(|lane| lane.gen_id == gen_id);
        }
        if progress {
            self.progressed = true;
            out.push(Output::Acked { gen_id, seq: ack.seq, complete: ack.complete });
        }
        Ok(())
    }

    fn rewind(&mut self, rewind: proto::Rewind) -> Result<(), Ended> {
        let gen_id = gen_id(&rewind.gen_id)?;
        if self.finished.contains_key(&gen_id) {
            return Ok(());
        }
        self.lane(&gen_id)?.rewind(rewind.expected_seq)
    }

    fn refused(&mut self, refused: proto::Refused, out: &mut Vec<Output>) -> Result<(), Ended> {
        let (gen_id, seq) = (gen_id(&refused.gen_id)?, refused.seq);
        let news = match self.finished.get_mut(&gen_id) {
            Some(finished) => finished.refuse(&gen_id, seq)?,
            None => self.lane(&gen_id)?.refuse(seq)?,
        };
        if news {
            let message = one_line(&refused.message);
            out.push(Output::Refused(Refusal { gen_id, seq, code: refused.code, message }));
        }
        Ok(())
    }

    /// Takes over the spool's list: what is longer, what is new, what is gone.
    fn update(&mut self, generations: Vec<Generation>) {
        let mut known: BTreeMap<GenId, Lane> = self.lanes.drain(..).map(|lane| (lane.gen_id, lane)).collect();
        for generation in generations {
            match known.remove(&generation.gen_id) {
                Some(mut lane) => {
                    lane.update(&generation);
                    self.lanes.push(lane);
                }
                None if self.overflow || self.finished.contains_key(&generation.gen_id) => {}
                None => self.lanes.push(Lane::new(&generation)),
            }
        }
        // set aside as damaged, or dropped for want of room: it can not be sent
        self.finished.extend(known.into_iter().map(|(gen_id, lane)| (gen_id, lane.finished())));
    }

    fn gone(&mut self, gen_id: &GenId) {
        self.reading = false;
        self.finish(|lane| lane.gen_id == *gen_id);
    }

    fn finish(&mut self, done: impl Fn(&Lane) -> bool) {
        self.finished.extend(self.lanes.iter().filter(|lane| done(lane)).map(|lane| (lane.gen_id, lane.finished())));
        self.lanes.retain(|lane| !done(lane));
    }

    fn tick(&mut self, wall: UtcMillis, now: Duration, out: &mut Vec<Output>) -> Result<(), Ended> {
        if now.saturating_sub(self.heard_at) >= self.silence_max {
            return Err(Ended::Silent(self.silence_max));
        }
        if self.welcomed && now >= self.ping_at {
            self.ping_at = now + self.silence_max / 3;
            self.exchanges.sent(wall, now);
            let best = self.exchanges.best();
            out.push(Output::Ping(proto::Ping {
                t0_ms: wall.0,
                clock_offset_ms: best.map(|exchange| exchange.offset_ms),
                round_trip_ms: best.map_or(0, |exchange| exchange.round_trip_ms),
                ..Default::default()
            }));
        }
        Ok(())
    }

    fn lane(&mut self, gen_id: &GenId) -> Result<&mut Lane, Ended> {
        let unknown = || Ended::Protocol(format!("an answer for the unknown generation {}", named(gen_id)));
        self.lanes.iter_mut().find(|lane| lane.gen_id == *gen_id).ok_or_else(unknown)
    }
}

fn recalled(recall: proto::Recall) -> Result<Span, Ended> {
    let proto::Recall { start_ms, end_ms } = recall;
    match end_ms.checked_sub(start_ms) {
        Some(1..=RECALL_SPAN_MS_MAX) => Ok(Span { start: UtcMillis(start_ms), end: UtcMillis(end_ms) }),
        _ => Err(Ended::Protocol(format!("a Recall of {start_ms} to {end_ms}, which is no span of at most 400 days"))),
    }
}

fn run_message(run: &Run) -> proto::Run {
    proto::Run {
        store_id: run.store_id.to_vec().into(),
        boot_id: run.boot_id.to_vec().into(),
        prev_boot_id: run.prev_boot_id.map(|id| id.to_vec().into()).unwrap_or_default(),
        boot_counter: run.boot_counter,
    }
}

fn gen_id(bytes: &[u8]) -> Result<GenId, Ended> {
    GenId::try_from(bytes).map_err(|_| Ended::Protocol(format!("a gen_id of {} bytes", bytes.len())))
}

mod schedule;
#[cfg(test)]
mod tests;
