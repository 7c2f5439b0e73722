//! One meter: what is asked in a poll, and what its points make of the answers.

use super::{
    connection::{Answer, Fault},
    decode,
    endpoint::Endpoint,
    pause::Pause,
    plan::{self, Part, Read},
};
use crate::{
    agent::{
        config::{ModbusBus, ModbusMeter, ModbusPoint},
        health::Health,
    },
    model::{RawValue, Reason, Scan},
    runtime::{clock, random},
};
use std::time::Duration;

/// What a dead meter costs its endpoint sinks to about two timeouts in this time.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Samples in one scan: a record must stay small enough for the spool.
const SCAN_SAMPLES_MAX: usize = 256;
/// The gateway has no path to the unit, or waited for it in vain.
const GATEWAY_EXCEPTIONS: [u8; 2] = [0x0A, 0x0B];

type Found = Vec<(u32, Result<RawValue, Reason>)>;

pub struct Meter {
    bus: String,
    meter: ModbusMeter,
    reads: Vec<Read>,
    pause: Pause,
    /// What the log says of this meter, so that a repeated failure is one line and a count.
    said: Reason,
    failed_polls: u64,
}

impl Meter {
    pub fn new(bus: &ModbusBus, meter: ModbusMeter) -> Meter {
        Meter {
            bus: bus.name.clone(),
            reads: plan::plan(&meter.points),
            meter,
            pause: Pause::new(bus.timeout, PAUSE_MAX),
            said: Reason::Good,
            failed_polls: 0,
        }
    }

    /// One result for each point, stamped when the last reply was in.
    pub async fn scan(&mut self, endpoint: &mut Endpoint, health: &Health) -> Vec<Scan> {
        let mut found: Found = self.meter.points.iter().map(|point| (point.series, Err(Reason::Missing))).collect();
        let held = self.pause.reason(clock::monotonic());
        let mut round = Round { given_up: held, ..Round::default() };
        for read in &self.reads {
            let answer = match round.given_up {
                Some(reason) => Err(reason),
                None => match endpoint.read(self.meter.unit_id, read).await {
                    Ok(Answer::Exception(code)) => Err(round.exception(code, read)),
                    Ok(answer) => Ok(answer),
                    Err(fault) => Err(round.fault(&fault)),
                },
            };
            fill(&mut found, &self.meter.points, &read.parts, &answer);
        }
        let time = clock::now();
        match held {
            Some(_) => self.failed_polls += 1,
            None => self.judge(&round, health),
        }
        found.chunks(SCAN_SAMPLES_MAX).map(|found| Scan { time, found: found.to_vec() }).collect()
    }

    fn judge(&mut self, round: &Round, health: &Health) {
        match round.given_up {
            Some(reason) if round.own_fault => self.pause.failed(clock::monotonic(), reason, random::up_to),
            // the endpoint waits by itself, and has said so
            Some(_) => return self.failed_polls += 1,
            None => self.pause.succeeded(),
        }
        if round.refused_reply {
            health.rejected();
        }
        let (bus, meter, unit_id) = (&self.bus, &self.meter.name, self.meter.unit_id);
        match &round.trouble {
            Some((reason, text)) => {
                self.failed_polls += 1;
                if self.said != *reason {
                    self.said = *reason;
                    tracing::warn!(bus, meter, unit_id, "{text}");
                }
            }
            None => {
                let failed_polls = std::mem::take(&mut self.failed_polls);
                if self.said != Reason::Good {
                    self.said = Reason::Good;
                    tracing::info!(bus, meter, unit_id, failed_polls, "answers again");
                }
            }
        }
    }
}

/// How one scan went.
#[derive(Default)]
struct Round {
    /// The requests that remain are not sent: all their points get this reason.
    given_up: Option<Reason>,
    /// Given up because of this meter, not of its endpoint.
    own_fault: bool,
    refused_reply: bool,
    /// The first thing that went wrong, for the log.
    trouble: Option<(Reason, String)>,
}

impl Round {
    fn exception(&mut self, code: u8, read: &Read) -> Reason {
        // the gateway's own waiting takes as long as ours would: one such answer a poll is enough
        if GATEWAY_EXCEPTIONS.contains(&code) {
            self.given_up = Some(Reason::Exception);
            self.own_fault = true;
        }
        let Read { function, start, count, .. } = read;
        let text = || format!("answers {function:?} from {start}, {count} of them, with exception {code}");
        self.trouble.get_or_insert_with(|| (Reason::Exception, text()));
        Reason::Exception
    }

    fn fault(&mut self, fault: &Fault) -> Reason {
        let reason = fault.reason();
        self.given_up = Some(reason);
        self.own_fault = !matches!(fault, Fault::Unreachable(_));
        self.refused_reply = matches!(fault, Fault::Malformed(_));
        self.trouble.get_or_insert_with(|| (reason, fault.to_string()));
        reason
    }
}

fn fill(found: &mut Found, points: &[ModbusPoint], parts: &[Part], answer: &Result<Answer, Reason>) {
    for part in parts {
        if let (Some((_, result)), Some(point)) = (found.get_mut(part.point), points.get(part.point)) {
            *result = answer.as_ref().map_err(|reason| *reason).and_then(|answer| value(answer, point, part));
        }
    }
}

pub(super) fn value(answer: &Answer, point: &ModbusPoint, part: &Part) -> Result<RawValue, Reason> {
    match answer {
        Answer::Words(words) => {
            let words = words.get(part.offset..part.offset + part.width).ok_or(Reason::Malformed)?;
            decode::from_words(words, point.value_type, point.word_order)
        }
        Answer::Bits(bits) => bits.get(part.offset).map(|bit| decode::from_bit(*bit)).ok_or(Reason::Malformed),
        Answer::Exception(_) => Err(Reason::Exception),
    }
}
