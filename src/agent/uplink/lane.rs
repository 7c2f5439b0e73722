//! One generation on its way to the platform: what was sent, what flies, what is stored there.

use super::ended::Ended;
use crate::{
    agent::spool::Generation,
    wire::{GenId, proto},
};
use std::collections::VecDeque;

pub(super) struct Lane {
    pub gen_id: GenId,
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

    pub fn remove(&mut self, other: Flight) {
        self.messages = self.messages.saturating_sub(other.messages);
        self.bytes = self.bytes.saturating_sub(other.bytes);
    }
}

impl Lane {
    pub fn new(generation: &Generation) -> Lane {
        Lane {
            gen_id: generation.gen_id,
            last_seq: generation.last_seq,
            sealed: generation.sealed,
            acked: 0,
            next: 1,
            seal_sent: false,
            known: 0,
            rewound: None,
            flying: VecDeque::new(),
        }
    }

    pub fn update(&mut self, generation: &Generation) {
        self.last_seq = generation.last_seq;
        self.sealed = generation.sealed;
    }

    pub fn message(&self) -> proto::Generation {
        let gen_id = self.gen_id.to_vec().into();
        proto::Generation { gen_id, last_seq: self.last_seq, sealed: self.sealed, ..Default::default() }
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

    /// What the ack took out of the air.
    pub fn ack(&mut self, seq: u64, complete: bool) -> Result<Flight, Ended> {
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
        let mut landed = Flight::default();
        while let Some(first) = self.flying.front().filter(|first| first.last_seq <= seq) {
            landed.add(Flight { messages: 1, bytes: first.bytes });
            self.flying.pop_front();
        }
        Ok(landed)
    }

    pub fn rewind(&mut self, expected_seq: u64) -> Result<Flight, Ended> {
        if expected_seq <= self.acked {
            return Err(self.nonsense(format!("Rewind({expected_seq}), below the Ack({})", self.acked)));
        }
        if expected_seq > self.known {
            return Err(self.nonsense(format!("Rewind({expected_seq}), sent through {}", self.known)));
        }
        if self.rewound == Some(expected_seq) {
            return Ok(Flight::default());
        }
        self.rewound = Some(expected_seq);
        self.next = expected_seq;
        self.seal_sent = false;
        Ok(self.land())
    }

    pub fn has_records(&self) -> bool {
        self.next <= self.last_seq
    }

    pub fn wants_seal(&self) -> bool {
        self.sealed && !self.seal_sent && !self.has_records()
    }

    pub fn sent(&mut self, records: u64, bytes: usize) -> Flight {
        let last_seq = self.next + records - 1;
        self.next += records;
        self.known = self.known.max(last_seq);
        self.flying.push_back(Flying { last_seq, bytes });
        Flight { messages: 1, bytes }
    }

    /// Flies until the generation is complete, whatever is acknowledged.
    pub fn sent_seal(&mut self) -> Flight {
        self.seal_sent = true;
        self.flying.push_back(Flying { last_seq: u64::MAX, bytes: 0 });
        Flight { messages: 1, bytes: 0 }
    }

    /// Nothing that flies counts any more.
    pub fn land(&mut self) -> Flight {
        let bytes = self.flying.iter().map(|flying| flying.bytes).sum();
        let messages = self.flying.len();
        self.flying.clear();
        Flight { messages, bytes }
    }

    fn check_complete(&self, seq: u64, complete: bool) -> Result<(), Ended> {
        if complete && (!self.sealed || seq < self.last_seq) {
            let state = if self.sealed { "ends" } else { "is being written, now" };
            return Err(self.nonsense(format!("complete at {seq}, here it {state} at {}", self.last_seq)));
        }
        Ok(())
    }

    fn nonsense(&self, what: String) -> Ended {
        Ended::Protocol(format!("generation {}: {what}", hex(&self.gen_id)))
    }
}

pub(super) fn hex(gen_id: &[u8]) -> String {
    gen_id.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
