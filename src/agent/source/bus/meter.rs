//! One meter: what is asked in a poll, and what its points make of the answers.

use super::program::{Program, Reply};
use crate::{
    agent::{
        config::{self, Bus},
        health::Health,
        source::line::{Endpoint, Fault, Pause},
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
    name: String,
    program: Program,
    pause: Pause,
    /// What the log says of this meter, so that a repeated failure is one line and a count.
    said: Reason,
    failed_polls: u64,
}

impl Meter {
    pub fn new(bus: &Bus, meter: config::Meter) -> Meter {
        Meter {
            bus: bus.name.clone(),
            name: meter.name,
            program: Program::new(meter.station),
            pause: Pause::new(bus.timeout, PAUSE_MAX),
            said: Reason::Good,
            failed_polls: 0,
        }
    }

    /// One result for each point, stamped when the last reply was in.
    pub async fn scan(&mut self, endpoint: &mut Endpoint, health: &Health) -> Vec<Scan> {
        let mut found: Found = self.program.series().into_iter().map(|series| (series, Err(Reason::Missing))).collect();
        let held = self.pause.reason(clock::monotonic());
        let mut round = Round { given_up: held, ..Round::default() };
        for request in 0..self.program.requests() {
            let answer = match round.given_up {
                Some(reason) => Err(reason),
                None => match self.program.ask(request, endpoint).await {
                    Ok(Reply::Whole(answer)) => Ok(answer),
                    Ok(Reply::Refused { code, request }) => Err(round.exception(code, &request)),
                    Err(fault) => Err(round.fault(&fault)),
                },
            };
            for (place, value) in self.program.values(request, answer.as_ref().map_err(|reason| *reason)) {
                if let Some((_, result)) = found.get_mut(place) {
                    *result = value;
                }
            }
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
        let (bus, meter) = (&self.bus, &self.name);
        match &round.trouble {
            Some((reason, text)) => {
                self.failed_polls += 1;
                if self.said != *reason {
                    self.said = *reason;
                    tracing::warn!(bus, meter, "{text}");
                }
            }
            None => {
                let failed_polls = std::mem::take(&mut self.failed_polls);
                if self.said != Reason::Good {
                    self.said = Reason::Good;
                    tracing::info!(bus, meter, failed_polls, "answers again");
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
    fn exception(&mut self, code: u8, request: &str) -> Reason {
        // the gateway's own waiting takes as long as ours would: one such answer a poll is enough
        if GATEWAY_EXCEPTIONS.contains(&code) {
            self.given_up = Some(Reason::Exception);
            self.own_fault = true;
        }
        let text = || format!("answers {request}, with exception {code}");
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
