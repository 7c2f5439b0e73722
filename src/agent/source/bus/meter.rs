//! One meter: one poll of it, what its points make of the answers, and how long it is left alone when it fails.

use super::{Findings, Medium, program::Program};
use crate::{
    agent::{
        config::{self, Bus, Link},
        health::{Asked, BusFigures, Health},
        source::{
            line::{Fault, Pause},
            modbus::{Learned, Stretch},
        },
    },
    model::{RawValue, Reason, Scan},
    runtime::random,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// What a dead meter costs its bus sinks to one time-out in half of this time at most.
pub const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Samples in one scan: a record must stay small enough for the spool.
const SCAN_SAMPLES_MAX: usize = 256;
/// The gateway has no path to the unit, or waited for it in vain.
const GATEWAY_EXCEPTIONS: [u8; 2] = [0x0A, 0x0B];

type Found = Vec<(u32, Result<RawValue, Reason>)>;

pub struct Meter {
    bus: String,
    link: Link,
    name: String,
    /// Its place among the meters of the bus.
    place: usize,
    figures: Arc<BusFigures>,
    program: Program,
    pause: Pause,
    /// The last poll in which it was asked failed: the next one begins with a short request.
    failing: bool,
    /// What is written down of it.
    learned: Learned,
    /// What the log says of this meter, so that a repeated failure is one line and a count.
    said: Reason,
    failed_polls: u64,
}

impl Meter {
    pub fn new(
        bus: &Bus,
        place: usize,
        meter: &config::Meter,
        findings: &Findings,
        figures: Arc<BusFigures>,
        pause_max: Duration,
    ) -> Meter {
        let learned = findings.of(bus, meter);
        figures.learned(place, told(&learned));
        Meter {
            bus: bus.name.clone(),
            link: bus.link.clone(),
            name: meter.name.clone(),
            place,
            figures,
            program: Program::new(meter.station.clone(), learned.clone()),
            pause: Pause::new(bus.timeout, pause_max),
            failing: false,
            learned,
            said: Reason::Good,
            failed_polls: 0,
        }
    }

    /// One result for each point, stamped when the last reply was in.
    pub async fn scan<M: Medium>(&mut self, medium: &mut M, health: &Health) -> Vec<Scan> {
        let held = self.pause.reason(medium.steady());
        let mut round = Round { given_up: held, ..Round::default() };
        for request in 0..self.program.begin(self.failing) {
            match round.given_up {
                Some(reason) => self.program.missed(request, reason, false),
                None => self.ask(request, medium, &mut round).await,
            }
        }
        let time = medium.wall();
        match held {
            Some(_) => self.failed_polls += 1,
            None => self.judge(&round, health, medium.steady()),
        }
        let found: Found = self.program.series().into_iter().zip(self.program.values()).collect();
        found.chunks(SCAN_SAMPLES_MAX).map(|found| Scan { time, found: found.to_vec() }).collect()
    }

    /// What the last poll has found out, where it is news.
    pub fn news(&mut self) -> Option<Learned> {
        let learned = self.program.learned()?;
        if *learned == self.learned {
            return None;
        }
        self.learned = learned.clone();
        let learned = told(&self.learned);
        let (bus, meter, refuses) = (&self.bus, &self.name, learned.join("; "));
        tracing::warn!(
            bus,
            meter,
            refuses,
            "found out what the meter refuses: it is not asked for that until its configuration changes"
        );
        self.figures.learned(self.place, learned);
        Some(self.learned.clone())
    }

    async fn ask<M: Medium>(&mut self, request: usize, medium: &mut M, round: &mut Round) {
        let begun = medium.steady();
        let answer = self.program.ask(request, medium).await;
        let ended = medium.steady();
        let how = match &answer {
            Ok(None) => Asked::Answered,
            Ok(Some(refusal)) => {
                round.refused(refusal.exception, &refusal.text);
                Asked::Refused
            }
            Err(fault) => {
                let reason = round.fault(fault, &self.link);
                self.program.missed(request, reason, matches!(fault, Fault::Timeout(_)));
                match reason {
                    Reason::Timeout => Asked::Timeout,
                    Reason::Malformed => Asked::Malformed,
                    _ => Asked::Disconnected,
                }
            }
        };
        self.figures.asked(self.place, how, ended - begun, ended);
    }

    fn judge(&mut self, round: &Round, health: &Health, now: Instant) {
        match round.given_up {
            Some(reason) if round.own_fault => {
                self.failing = true;
                // at least half of the pause, so that what a dead meter costs has a bound
                let draw = |most: u64| most.div_ceil(2) + random::up_to(most / 2);
                self.pause.failed(now, reason, draw);
            }
            // the endpoint waits by itself, and has said so
            Some(_) => return self.failed_polls += 1,
            None => {
                self.failing = false;
                self.pause.succeeded();
            }
        }
        self.figures.paused(self.place, self.failing);
        if round.refused_reply {
            health.rejected();
        }
        if self.program.is_searching() && round.given_up.is_none() {
            return self.failed_polls += 1;
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

/// Findings as a person reads them: `3:100-101`, function and registers.
pub fn told(learned: &Learned) -> Vec<String> {
    let refused = |Stretch { function, first, last }: &Stretch| match first == last {
        true => format!("{function}:{first}"),
        false => format!("{function}:{first}-{last}"),
    };
    let cut = |(function, at): &(u8, u16)| format!("{function}:{}|{at}", at.saturating_sub(1));
    let most = |(function, count): &(u8, u16)| format!("{function}:max {count}");
    let (refused, cuts) = (learned.refused.iter().map(refused), learned.cuts.iter().map(cut));
    refused.chain(cuts).chain(learned.count_max.iter().map(most)).collect()
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
    fn refused(&mut self, exception: Option<u8>, text: &str) {
        // the gateway's own waiting takes as long as ours would: one such answer a poll is enough
        if exception.is_some_and(|code| GATEWAY_EXCEPTIONS.contains(&code)) {
            self.given_up = Some(Reason::Exception);
            self.own_fault = true;
        }
        self.trouble.get_or_insert_with(|| (Reason::Exception, text.to_owned()));
    }

    fn fault(&mut self, fault: &Fault, link: &Link) -> Reason {
        let reason = fault.reason();
        self.given_up = Some(reason);
        self.own_fault = !matches!(fault, Fault::Unreachable(_));
        self.refused_reply = matches!(fault, Fault::Malformed(_));
        self.trouble.get_or_insert_with(|| (reason, format!("{fault}; {}", fault.advice(link).en)));
        reason
    }
}
