//! One session as a state machine: events and the time in, things to do out. No I/O, no clock.
//!
//! ```text
//!   open ─▶ Hello ── Welcome ─▶ oldest generation first: Read ─▶ Batch … Sealed ─▶ next generation
//!                                   ▲ Rewind                 Ack ─▶ Acked, complete: released
//! ```

use super::{
    ended::Ended,
    lane::{Flight, Lane, hex},
};
use crate::{
    agent::spool::Generation,
    wire::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GENERATIONS_MAX, GenId, PROTOCOL, RECORD_BYTES_MAX,
        proto::{self, down, up},
        record::Record,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Bytes of bodies and messages in flight. tonic takes 1 MiB without a word, so only acks count.
pub(super) const WINDOW_BYTES: usize = 512 * 1024;
pub(super) const WINDOW_MESSAGES: usize = 256;
/// Bytes of bodies in a batch: at most 16 bytes frame a record, 64 the batch, and the whole stays in its limit.
pub(super) const BODIES_MAX: usize = BATCH_BYTES_MAX - 16 * BATCH_RECORDS_MAX - 64;
const STATUS_EVERY: Duration = Duration::from_secs(5);

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
    Tick,
}

#[derive(Debug, PartialEq)]
pub(super) enum Output {
    Send(up::Message),
    /// To be answered by [`Event::Read`]; there is one at a time.
    Read {
        gen_id: GenId,
        from_seq: u64,
        records_max: usize,
        bytes_max: usize,
    },
    /// Send a Ping with the figures of now.
    Ping,
    /// Tell the spool.
    Acked {
        gen_id: GenId,
        seq: u64,
        complete: bool,
    },
    /// End this session and begin the next at once.
    Renew,
}

pub(super) struct Session {
    /// Those not yet complete, oldest first.
    lanes: Vec<Lane>,
    /// Those that left `lanes` in this session. Late answers to them mean nothing.
    finished: BTreeSet<GenId>,
    /// The spool held more than a Hello can announce. The platform may know the others too, so they wait for the
    /// Hello of the next session, and what is newer waits behind them.
    overflow: bool,
    welcomed: bool,
    /// A change that came before the Welcome.
    changed: Option<Vec<Generation>>,
    reading: bool,
    flight: Flight,
    /// Since when an answer is due.
    due_since: Option<Duration>,
    status_at: Duration,
    silence_max: Duration,
    progressed: bool,
}

impl Session {
    /// The session and its Hello.
    pub fn open(
        gateway_id: &str,
        generations: &[Generation],
        silence_max: Duration,
        now: Duration,
    ) -> (Session, up::Message) {
        let lanes: Vec<Lane> = generations.iter().take(GENERATIONS_MAX).map(Lane::new).collect();
        let hello = up::Message::Hello(proto::Hello {
            protocol: PROTOCOL,
            gateway_id: gateway_id.to_owned(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            generations: lanes.iter().map(Lane::message).collect(),
            run: None,
        });
        let session = Session {
            overflow: generations.len() > lanes.len(),
            lanes,
            finished: BTreeSet::new(),
            welcomed: false,
            changed: None,
            reading: false,
            flight: Flight::default(),
            due_since: Some(now),
            status_at: now,
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
        let heard = matches!(event, Event::Down(_));
        match event {
            Event::Down(down) => self.heard(down, &mut out)?,
            Event::Changed(generations) if self.welcomed => self.update(generations),
            Event::Changed(generations) => self.changed = Some(generations),
            Event::Read { gen_id, from_seq, records } => self.send_batch(gen_id, from_seq, records, &mut out)?,
            Event::Tick => self.tick(now, &mut out)?,
        }
        if self.welcomed {
            self.pump(&mut out);
        }
        self.due_since = match self.due_since {
            _ if self.welcomed && self.flight == Flight::default() => None,
            Some(since) if !heard => Some(since),
            _ => Some(now),
        };
        Ok(out)
    }

    fn heard(&mut self, down: proto::Down, out: &mut Vec<Output>) -> Result<(), Ended> {
        match (down.message, self.welcomed) {
            (Some(down::Message::Reject(reject)), _) => {
                Err(Ended::rejected(reject.code, &reject.message, reject.retry_after_ms))
            }
            (Some(down::Message::Welcome(welcome)), false) => self.welcome(welcome, out),
            (Some(down::Message::Ack(ack)), true) => self.ack(ack, out),
            (Some(down::Message::Rewind(rewind)), true) => self.rewind(rewind),
            (Some(down::Message::Welcome(_)), true) => Err(Ended::Protocol("a second Welcome".into())),
            (Some(_), true) => Ok(()),
            (Some(_), false) => Err(Ended::Protocol("an answer before the Welcome".into())),
            (None, _) => Err(Ended::Protocol("a message of no kind".into())),
        }
    }

    /// From here on the platform's marks count, not what an earlier session remembers.
    fn welcome(&mut self, welcome: proto::Welcome, out: &mut Vec<Output>) -> Result<(), Ended> {
        let mut complete = BTreeSet::new();
        for mark in welcome.marks {
            let gen_id = gen_id(&mark.gen_id)?;
            self.lane(&gen_id)?.resume(mark.seq, mark.complete)?;
            if mark.complete {
                complete.insert(gen_id);
            }
        }
        self.welcomed = true;
        out.extend(self.lanes.iter().map(|lane| Output::Acked {
            gen_id: lane.gen_id,
            seq: lane.acked,
            complete: complete.contains(&lane.gen_id),
        }));
        self.progressed = !complete.is_empty();
        self.lanes.retain(|lane| !complete.contains(&lane.gen_id));
        self.finished.extend(complete);
        if let Some(generations) = self.changed.take() {
            self.update(generations);
        }
        Ok(())
    }

    fn ack(&mut self, ack: proto::Ack, out: &mut Vec<Output>) -> Result<(), Ended> {
        let gen_id = gen_id(&ack.gen_id)?;
        if self.finished.contains(&gen_id) {
            return Ok(());
        }
        let lane = self.lane(&gen_id)?;
        let progress = ack.complete || ack.seq > lane.acked;
        let mut landed = lane.ack(ack.seq, ack.complete)?;
        if ack.complete {
            landed.add(lane.land());
            self.lanes.retain(|lane| lane.gen_id != gen_id);
            self.finished.insert(gen_id);
        }
        self.flight.remove(landed);
        if progress {
            self.progressed = true;
            out.push(Output::Acked { gen_id, seq: ack.seq, complete: ack.complete });
        }
        Ok(())
    }

    fn rewind(&mut self, rewind: proto::Rewind) -> Result<(), Ended> {
        let gen_id = gen_id(&rewind.gen_id)?;
        if self.finished.contains(&gen_id) {
            return Ok(());
        }
        let landed = self.lane(&gen_id)?.rewind(rewind.expected_seq)?;
        self.flight.remove(landed);
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
                None if self.overflow || self.finished.contains(&generation.gen_id) => {}
                None => self.lanes.push(Lane::new(&generation)),
            }
        }
        // set aside as damaged: it can not be sent
        for (gen_id, mut gone) in known {
            self.flight.remove(gone.land());
            self.finished.insert(gen_id);
        }
    }

    fn tick(&mut self, now: Duration, out: &mut Vec<Output>) -> Result<(), Ended> {
        if self.due_since.is_some_and(|since| now.saturating_sub(since) >= self.silence_max) {
            return Err(Ended::Silent(self.silence_max));
        }
        if self.welcomed && now >= self.status_at {
            self.status_at = now + STATUS_EVERY;
            out.push(Output::Ping);
        }
        Ok(())
    }

    /// Asks for the next records, as far as the window allows.
    fn pump(&mut self, out: &mut Vec<Output>) {
        if self.finished.len() >= GENERATIONS_MAX || (self.overflow && self.lanes.is_empty()) {
            out.push(Output::Renew);
            return;
        }
        while !self.reading && self.flight.messages < WINDOW_MESSAGES {
            let Some(lane) = self.lanes.iter_mut().find(|lane| lane.has_records() || lane.wants_seal()) else {
                return;
            };
            if lane.wants_seal() {
                // a power cut may have taken a tail that the platform has
                let last_seq = lane.last_seq.max(lane.acked);
                self.flight.add(lane.sent_seal());
                let gen_id = lane.gen_id.to_vec().into();
                out.push(Output::Send(up::Message::Sealed(proto::Sealed { gen_id, last_seq })));
                continue;
            }
            let bytes_max = WINDOW_BYTES.saturating_sub(self.flight.bytes).min(BODIES_MAX);
            if bytes_max < RECORD_BYTES_MAX {
                return;
            }
            let there = usize::try_from(lane.last_seq - lane.next + 1).unwrap_or(usize::MAX);
            let records_max = there.min(BATCH_RECORDS_MAX);
            self.reading = true;
            out.push(Output::Read { gen_id: lane.gen_id, from_seq: lane.next, records_max, bytes_max });
        }
    }

    fn send_batch(
        &mut self,
        gen_id: GenId,
        from_seq: u64,
        records: Vec<Record>,
        out: &mut Vec<Output>,
    ) -> Result<(), Ended> {
        self.reading = false;
        // meanwhile it may have been set aside, or rewound
        let Ok(lane) = self.lane(&gen_id) else { return Ok(()) };
        if lane.next != from_seq {
            return Ok(());
        }
        let Some(count) = u64::try_from(records.len()).ok().filter(|count| *count > 0) else {
            return Err(Ended::Missing { gen_id: hex(&gen_id), seq: from_seq });
        };
        let sent = lane.sent(count, records.iter().map(|record| record.body.len()).sum());
        self.flight.add(sent);
        out.push(Output::Send(up::Message::Batch(proto::Batch {
            gen_id: gen_id.to_vec().into(),
            first_seq: from_seq,
            records: records.into_iter().map(Into::into).collect(),
        })));
        Ok(())
    }

    fn lane(&mut self, gen_id: &GenId) -> Result<&mut Lane, Ended> {
        let unknown = || Ended::Protocol(format!("an answer for the unknown generation {}", hex(gen_id)));
        self.lanes.iter_mut().find(|lane| lane.gen_id == *gen_id).ok_or_else(unknown)
    }
}

fn gen_id(bytes: &[u8]) -> Result<GenId, Ended> {
    GenId::try_from(bytes).map_err(|_| Ended::Protocol(format!("a gen_id of {} bytes", bytes.len())))
}

#[cfg(test)]
mod tests;
