//! One generation on its way to the platform: what was sent, what flies, what is stored there.

use super::ended::Ended;
use crate::{
    agent::spool::Generation,
    wire::{GenId, hex, proto},
};
use std::collections::VecDeque;

pub(super) struct Lane {
    pub gen_id: GenId,
    prev_gen_id: Option<GenId>,
    /// Durable here through this record.
    pub last_seq: u64,
    /// Nothing will be added here.
    pub sealed: bool,
    /// Stored at the platform through this record.
    pub acked: u64,
    /// The next record to send.
    pub next: u64,
    seal_sent: bool,
    /// Sent in this session, or known from the Welcome, through this record: no honest mark is above it.
    known: u64,
    /// The last Rewind, while nothing was acknowledged since. Each message that was in flight behind a hole brings
    /// the same one.
    rewound: Option<u64>,
    flying: VecDeque<Flying>,
    flight: Flight,
    refused: u64,
}

struct Flying {
    last_seq: u64,
    bytes: usize,
}

/// Messages sent and not yet answered.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub messages: usize,
    pub bytes: usize,
}

impl Flight {
    pub fn add(&mut self, other: Flight) {
        self.messages += other.messages;
        self.bytes += other.bytes;
    }

    fn remove(&mut self, flying: &Flying) {
        self.messages = self.messages.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(flying.bytes);
    }
}

/// What is left to know of a generation that needs nothing more: until where it may still be refused.
#[derive(Clone, Copy, Default)]
pub(super) struct Finished {
    known: u64,
    refused: u64,
}

impl Lane {
    pub fn new(generation: &Generation) -> Lane {
        Lane {
            gen_id: generation.gen_id,
            prev_gen_id: generation.prev_gen_id,
            last_seq: generation.last_seq,
            sealed: generation.sealed,
            acked: 0,
            next: 1,
            seal_sent: false,
            known: 0,
            rewound: None,
            flying: VecDeque::new(),
            flight: Flight::default(),
            refused: 0,
        }
    }

    pub fn update(&mut self, generation: &Generation) {
        self.last_seq = generation.last_seq;
        self.sealed = generation.sealed;
    }

    pub fn message(&self) -> proto::Generation {
        proto::Generation {
            gen_id: self.gen_id.to_vec().into(),
            last_seq: self.last_seq,
            sealed: self.sealed,
            prev_gen_id: self.prev_gen_id.map(|gen_id| gen_id.to_vec().into()).unwrap_or_default(),
        }
    }

    /// The platform holds the generation through `seq`. Above our last record is normal after a power cut that took
    /// a tail we had sent; but only in a sealed generation: what is still written would be skipped.
    pub fn resume(&mut self, seq: u64, complete: bool) -> Result<(), Ended> {
        if seq > self.last_seq && !self.sealed {
            return Err(self.nonsense(format!("Welcome({seq}), but this generation is being written")));
        }
        (self.acked, self.known, self.next) = (seq, seq, seq.saturating_add(1));
        self.check_complete(seq, complete)
    }

    pub fn ack(&mut self, seq: u64, complete: bool) -> Result<(), Ended> {
        if seq > self.known {
            return Err(self.nonsense(format!("Ack({seq}), sent through {}", self.known)));
        }
        if seq < self.acked {
            return Err(self.nonsense(format!("Ack({seq}), below the earlier Ack({})", self.acked)));
        }
        self.check_complete(seq, complete)?;
        if seq > self.acked {
            self.rewound = None;
        }
        self.acked = seq;
        self.next = self.next.max(seq.saturating_add(1));
        while let Some(landed) = self.flying.front().filter(|first| first.last_seq <= seq) {
            self.flight.remove(landed);
            self.flying.pop_front();
        }
        Ok(())
    }

    pub fn rewind(&mut self, expected_seq: u64) -> Result<(), Ended> {
        if expected_seq <= self.acked {
            return Err(self.nonsense(format!("Rewind({expected_seq}), below the Ack({})", self.acked)));
        }
        if expected_seq > self.known {
            return Err(self.nonsense(format!("Rewind({expected_seq}), sent through {}", self.known)));
        }
        if self.rewound == Some(expected_seq) {
            return Ok(());
        }
        self.rewound = Some(expected_seq);
        self.next = expected_seq;
        self.seal_sent = false;
        self.flying.clear();
        self.flight = Flight::default();
        Ok(())
    }

    /// Whether the refusal of `seq` is news. It is about a record that the platform was given; refusals come in
    /// the order of the records, so a platform can not make the gateway note one record for ever.
    pub fn refuse(&mut self, seq: u64) -> Result<bool, Ended> {
        let mut rest = self.finished();
        let news = rest.refuse(&self.gen_id, seq);
        self.refused = rest.refused;
        news
    }

    pub fn has_records(&self) -> bool {
        self.next <= self.last_seq
    }

    pub fn wants_seal(&self) -> bool {
        self.sealed && !self.seal_sent && !self.has_records()
    }

    pub fn sent(&mut self, records: u64, bytes: usize) {
        let last_seq = self.next + records - 1;
        self.next += records;
        self.known = self.known.max(last_seq);
        self.fly(last_seq, bytes);
    }

    /// Flies until the generation is complete, whatever is acknowledged.
    pub fn sent_seal(&mut self) {
        self.seal_sent = true;
        self.fly(u64::MAX, 0);
    }

    fn fly(&mut self, last_seq: u64, bytes: usize) {
        self.flying.push_back(Flying { last_seq, bytes });
        self.flight.add(Flight { messages: 1, bytes });
    }

    pub fn flight(&self) -> Flight {
        self.flight
    }

    pub fn finished(&self) -> Finished {
        Finished { known: self.known, refused: self.refused }
    }

    fn check_complete(&self, seq: u64, complete: bool) -> Result<(), Ended> {
        if complete && (!self.sealed || seq < self.last_seq) {
            let state = if self.sealed { "ends" } else { "is being written, now" };
            return Err(self.nonsense(format!("complete at {seq}, here it {state} at {}", self.last_seq)));
        }
        Ok(())
    }

    fn nonsense(&self, what: String) -> Ended {
        nonsense(&self.gen_id, &what)
    }
}

impl Finished {
    /// As [`Lane::refuse`]: the Ack may overtake the refusal.
    pub fn refuse(&mut self, gen_id: &GenId, seq: u64) -> Result<bool, Ended> {
        if seq == 0 || seq > self.known {
            return Err(nonsense(gen_id, &format!("Refused({seq}), sent through {}", self.known)));
        }
        let news = seq > self.refused;
        self.refused = self.refused.max(seq);
        Ok(news)
    }
}

fn nonsense(gen_id: &GenId, what: &str) -> Ended {
    Ended::Protocol(format!("generation {}: {what}", named(gen_id)))
}

/// What the platform calls a generation, cut where an id ends.
pub(super) fn named(gen_id: &[u8]) -> String {
    hex(gen_id.get(..16).unwrap_or(gen_id))
}
