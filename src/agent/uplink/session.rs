//! What to send next, and what an answer means: the stream's rules, without I/O and without a clock.

use crate::{
    agent::spool::Generation,
    wire::{BATCH_RECORDS_MAX, GENERATIONS_MAX, GenId},
};
use std::collections::VecDeque;

/// Sent and not acknowledged. tonic buffers about 1 MiB of a stream unseen; only acknowledgements count, so we wait
/// for them well below that.
const IN_FLIGHT_BYTES_MAX: usize = 512 * 1024;
const IN_FLIGHT_RECORDS_MAX: u64 = BATCH_RECORDS_MAX as u64 * 4;

/// The next thing to do on a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Read the spool from here and send what is there as one batch.
    Batch { gen_id: GenId, from_seq: u64 },
    /// Tell the platform where the generation ends.
    Sealed { gen_id: GenId, last_seq: u64 },
    /// Wait for an answer or for a commit.
    Wait,
}

/// What the spool must be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acked {
    pub gen_id: GenId,
    pub seq: u64,
    pub complete: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProtocolError {
    #[error("the platform names a generation that was never announced")]
    UnknownGeneration,
    #[error("the platform acknowledges record {seq}, sent were {sent}")]
    AckBeyondSent { seq: u64, sent: u64 },
    #[error("the platform asks for record {expected}, stored are {acked} and sent {sent}")]
    RewindOutside { expected: u64, acked: u64, sent: u64 },
    #[error("the platform calls a generation complete at record {seq}, it ends at {last}")]
    CompleteBeforeEnd { seq: u64, last: u64 },
}

#[derive(Debug)]
struct Progress {
    gen_id: GenId,
    last: u64,
    sealed: bool,
    acked: u64,
    sent: u64,
    end_sent: bool,
    complete: bool,
}

impl Progress {
    /// After a power cut the platform can know more of a generation than our disk does: it is then sent to its end.
    fn end(&self) -> u64 {
        self.last.max(self.acked)
    }
}

/// One stream, from its Welcome on. A new stream starts a new session: nothing is remembered but the spool.
#[derive(Debug)]
pub struct Session {
    generations: Vec<Progress>,
    /// Sent batches, oldest first: generation, last seq, bytes.
    in_flight: VecDeque<(GenId, u64, usize)>,
    in_flight_bytes: usize,
}

/// The generations that a Hello names: the oldest that its limit allows. The others follow on a later stream.
pub fn announced(generations: &[Generation]) -> &[Generation] {
    &generations[..generations.len().min(GENERATIONS_MAX)]
}

impl Session {
    /// `marks` are the Welcome's: how far the platform has each generation.
    pub fn new(generations: &[Generation], marks: &[Acked]) -> Result<(Session, Vec<Acked>), ProtocolError> {
        let mut session = Session { generations: Vec::new(), in_flight: VecDeque::new(), in_flight_bytes: 0 };
        session.refresh(generations);
        for mark in marks {
            let progress = session.find(&mark.gen_id)?;
            if mark.complete && (!progress.sealed || mark.seq < progress.last) {
                return Err(ProtocolError::CompleteBeforeEnd { seq: mark.seq, last: progress.last });
            }
            (progress.acked, progress.sent, progress.complete) = (mark.seq, mark.seq, mark.complete);
        }
        Ok((session, marks.to_vec()))
    }

    /// What the spool holds now: more records, a sealed end, new generations, deleted ones.
    pub fn refresh(&mut self, generations: &[Generation]) {
        let known = announced(generations);
        self.generations.retain(|old| known.iter().any(|now| now.gen_id == old.gen_id));
        for now in known {
            match self.generations.iter_mut().find(|old| old.gen_id == now.gen_id) {
                Some(old) => (old.last, old.sealed) = (now.last_seq, now.sealed),
                None => self.generations.push(Progress {
                    gen_id: now.gen_id,
                    last: now.last_seq,
                    sealed: now.sealed,
                    acked: 0,
                    sent: 0,
                    end_sent: false,
                    complete: false,
                }),
            }
        }
    }

    pub fn next(&self) -> Next {
        let records: u64 = self.generations.iter().map(|g| g.sent - g.acked).sum();
        let full = self.in_flight_bytes >= IN_FLIGHT_BYTES_MAX || records >= IN_FLIGHT_RECORDS_MAX;
        for progress in self.generations.iter().filter(|progress| !progress.complete) {
            if progress.sent < progress.last {
                if full {
                    return Next::Wait;
                }
                return Next::Batch { gen_id: progress.gen_id, from_seq: progress.sent + 1 };
            }
            if progress.sealed && !progress.end_sent {
                return Next::Sealed { gen_id: progress.gen_id, last_seq: progress.end() };
            }
        }
        Next::Wait
    }

    /// Whether an answer is owed to us.
    pub fn awaits_answer(&self) -> bool {
        self.generations.iter().any(|g| !g.complete && (g.sent > g.acked || g.end_sent))
    }

    pub fn batch_sent(&mut self, gen_id: &GenId, records: u64, bytes: usize) {
        if let Ok(progress) = self.find(gen_id) {
            progress.sent += records;
            let sent = progress.sent;
            self.in_flight.push_back((*gen_id, sent, bytes));
            self.in_flight_bytes += bytes;
        }
    }

    pub fn end_sent(&mut self, gen_id: &GenId) {
        if let Ok(progress) = self.find(gen_id) {
            progress.end_sent = true;
        }
    }

    pub fn ack(&mut self, ack: Acked) -> Result<Acked, ProtocolError> {
        let progress = self.find(&ack.gen_id)?;
        if ack.seq > progress.sent {
            return Err(ProtocolError::AckBeyondSent { seq: ack.seq, sent: progress.sent });
        }
        if ack.complete && (!progress.end_sent || ack.seq < progress.end()) {
            return Err(ProtocolError::CompleteBeforeEnd { seq: ack.seq, last: progress.end() });
        }
        progress.acked = progress.acked.max(ack.seq);
        progress.complete |= ack.complete;
        let acked = progress.acked;
        self.forget(|gen_id, last| *gen_id == ack.gen_id && last <= acked);
        Ok(Acked { seq: acked, ..ack })
    }

    pub fn rewind(&mut self, gen_id: &GenId, expected: u64) -> Result<(), ProtocolError> {
        let progress = self.find(gen_id)?;
        if expected == 0 || expected <= progress.acked || expected > progress.sent + 1 {
            let (acked, sent) = (progress.acked, progress.sent);
            return Err(ProtocolError::RewindOutside { expected, acked, sent });
        }
        (progress.sent, progress.end_sent) = (expected - 1, false);
        self.forget(|other, last| other == gen_id && last >= expected);
        Ok(())
    }

    fn forget(&mut self, answered: impl Fn(&GenId, u64) -> bool) {
        self.in_flight.retain(|(gen_id, last, _)| !answered(gen_id, *last));
        self.in_flight_bytes = self.in_flight.iter().map(|(_, _, bytes)| bytes).sum();
    }

    fn find(&mut self, gen_id: &GenId) -> Result<&mut Progress, ProtocolError> {
        self.generations.iter_mut().find(|g| g.gen_id == *gen_id).ok_or(ProtocolError::UnknownGeneration)
    }
}

#[cfg(test)]
mod tests;
