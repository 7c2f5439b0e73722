//! Who is on a line, or on a range of a network.
//!
//! # Promises
//! - A meter is found only by a whole, sound answer of its own.
//! - What was found is in [`Survey`] at every moment: a scan may be stopped at any.
//!
//! # Does not
//! Write, or change a setting of a meter.

pub mod network;
pub mod order;
pub mod report;

use super::{
    ask::{Ask, Got},
    identity::{self, Identity},
    journal::Journal,
    link,
    progress::Progress,
    session::Session,
    wire,
};
use crate::{
    agent::{
        config::{Bus, Dlt645Edition, Function, Wire},
        source::{
            cjt188, dlt645,
            line::{Endpoint, Fault},
        },
    },
    runtime::lang::{Lang, Text},
};
use order::{Protocol, Step};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The standard's longest wait for a DL/T 645 answer is half a second.
const WILDCARD_TIMEOUT: Duration = Duration::from_millis(600);
/// Several makes take a wildcard only with the bytes of the identifier in this order.
const CURRENT_VALUES: [u16; 2] = [0x901F, 0x1F90];

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Of a line.
    pub wire: Option<Wire>,
    /// Of a network.
    pub host: Option<String>,
    pub protocol: Protocol,
    /// The unit, or the meter's number as it is printed.
    pub address: String,
    /// Of CJ/T 188.
    pub kind: Option<u8>,
    /// The files of the meter library that it can be.
    pub models: Vec<String>,
    pub said: Option<Text>,
}

/// Something answered, and it was no reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Garbled {
    pub wire: Option<Wire>,
    pub address: String,
    pub bytes: usize,
}

#[derive(Default, Debug)]
pub struct Survey {
    pub found: Vec<Found>,
    pub garbled: Vec<Garbled>,
    /// What could not be opened.
    pub trouble: Option<Text>,
    pub stopped: bool,
}

pub struct Scan<'a> {
    pub bus: &'a Bus,
    pub journal: Arc<Journal>,
    pub identities: &'a [Identity],
    /// Go on with the other settings when some meters were found.
    pub all: bool,
    pub stop: CancellationToken,
    pub lang: Lang,
}

impl Scan<'_> {
    pub async fn run(&self, steps: Vec<Step>, progress: &Progress) -> Survey {
        let mut survey = Survey::default();
        let mut steps: std::collections::VecDeque<Step> = steps.into();
        while let Some(step) = steps.pop_front() {
            self.step(&step, progress, &mut survey).await;
            survey.stopped = self.stop.is_cancelled();
            if survey.stopped || survey.trouble.is_some() {
                break;
            }
            let wires: Vec<_> = survey.found.iter().filter_map(|found| found.wire).collect();
            if !self.all && !wires.is_empty() {
                steps = order::narrowed(steps.into(), &wires).into();
            }
        }
        survey
    }

    async fn step(&self, step: &Step, progress: &Progress, survey: &mut Survey) {
        let mut bus = self.bus.clone();
        if let Some(wire) = step.wire {
            bus.link = link::at(&bus.link, wire);
        }
        if step.protocol != Protocol::Modbus {
            bus.timeout = bus.timeout.max(WILDCARD_TIMEOUT);
        }
        let mut session = Session::new(&bus, self.journal.clone(), &self.stop);
        let setting = step.wire.map(wire::shown).unwrap_or_default();
        progress.says(format!("{setting} {}", step.protocol.name()));
        let done = tokio::select! {
            () = self.stop.cancelled() => return,
            done = async {
                match step.protocol {
                    Protocol::Modbus => self.modbus(step, &mut session, progress, survey).await,
                    Protocol::Dlt645Of2007 => self.dlt645(step, Dlt645Edition::E2007, &mut session, progress, survey).await,
                    Protocol::Dlt645Of1997 => self.dlt645(step, Dlt645Edition::E1997, &mut session, progress, survey).await,
                    Protocol::Cjt188 => self.cjt188(step, &mut session, survey).await,
                }
            } => done,
        };
        if let Err(fault @ Fault::Unreachable(_)) = done {
            let advice = fault.advice(&bus.link);
            let place = link::place(&bus.link);
            survey.trouble = Some(Text::new(
                format!("{place}：打不开（{fault}）\n  改法：{}", advice.zh),
                format!("{place} {fault}\n  fix: {}", advice.en),
            ));
        }
        if step.protocol != Protocol::Modbus {
            progress.step(step.weight());
        }
    }

    async fn modbus(
        &self,
        step: &Step,
        session: &mut Session,
        progress: &Progress,
        survey: &mut Survey,
    ) -> Result<(), Fault> {
        for unit in &step.units {
            session.endpoint.begin_poll();
            let answer = Ask::modbus(*unit, Function::HoldingRegisters, 0, 1).send(&mut session.endpoint).await;
            let told = session.told();
            progress.step(1);
            match answer {
                Ok(got) => {
                    let models = identity::recognise(self.identities, *unit, &mut session.endpoint).await;
                    let said = match got {
                        Got::Refused(text) => Some(text),
                        _ => None,
                    };
                    let found = Found {
                        wire: step.wire,
                        host: None,
                        protocol: Protocol::Modbus,
                        address: unit.to_string(),
                        kind: None,
                        models,
                        said,
                    };
                    self.found(found, progress, survey);
                }
                Err(fault @ Fault::Unreachable(_)) => return Err(fault),
                Err(Fault::Timeout(_) | Fault::Closed(_)) => {}
                Err(Fault::Malformed(_)) => {
                    let bytes = told.last().map_or(0, |told| told.received.len());
                    survey.garbled.push(Garbled { wire: step.wire, address: unit.to_string(), bytes });
                }
            }
        }
        Ok(())
    }

    async fn dlt645(
        &self,
        step: &Step,
        edition: Dlt645Edition,
        session: &mut Session,
        progress: &Progress,
        survey: &mut Survey,
    ) -> Result<(), Fault> {
        let mut discovery = dlt645::Discovery::new(edition);
        let mut told = Vec::new();
        while let Some(probe) = discovery.next() {
            session.endpoint.begin_poll();
            let answer = session.endpoint.exchange(&probe.frame(), |received| probe.seen(received)).await;
            if let Err(fault @ Fault::Unreachable(_)) = answer {
                return Err(fault);
            }
            let received = session.told().pop().map(|told| told.received).unwrap_or_default();
            discovery.heard(&received);
            let (done, waiting) = discovery.progress();
            if waiting > 1 {
                progress.says(format!("{} {done}/{}", step.protocol.name(), done + waiting));
            }
            for address in discovery.found().filter(|address| !told.contains(address)).collect::<Vec<_>>() {
                told.push(address);
                let found = Found {
                    wire: step.wire,
                    host: None,
                    protocol: step.protocol,
                    address: address.to_string(),
                    kind: None,
                    models: Vec::new(),
                    said: None,
                };
                self.found(found, progress, survey);
            }
        }
        let twins = discovery.twins().filter(|twin| !told.contains(twin));
        survey.garbled.extend(twins.map(|twin| Garbled { wire: step.wire, address: twin.to_string(), bytes: 0 }));
        Ok(())
    }

    async fn cjt188(&self, step: &Step, session: &mut Session, survey: &mut Survey) -> Result<(), Fault> {
        for identifier in CURRENT_VALUES {
            let Some(ask) = Ask::cjt188(cjt188::Address::ANYONE, identifier) else { continue };
            session.endpoint.begin_poll();
            if let Err(fault @ Fault::Unreachable(_)) = ask.send(&mut session.endpoint).await {
                return Err(fault);
            }
            let received = session.told().pop().map(|told| told.received).unwrap_or_default();
            let heard = cjt188::hear(&received);
            let meters = heard.frames.iter().filter(|(_, frame)| frame.is_reply() && frame.address.is_one_meter());
            let before = survey.found.len();
            survey.found.extend(meters.map(|(_, frame)| Found {
                wire: step.wire,
                host: None,
                protocol: Protocol::Cjt188,
                address: frame.address.to_string(),
                kind: Some(frame.address.kind()),
                models: Vec::new(),
                said: None,
            }));
            if survey.found.len() > before {
                return Ok(());
            }
            if heard.damaged {
                survey.garbled.push(Garbled {
                    wire: step.wire,
                    address: "AAAAAAAAAAAAAA".into(),
                    bytes: received.len(),
                });
            }
        }
        Ok(())
    }

    fn found(&self, found: Found, progress: &Progress, survey: &mut Survey) {
        // the table at the end says it too: this is for who watches
        if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            progress.line(&report::line(&found, self.lang));
        }
        survey.found.push(found);
    }
}

/// Listens before anything is sent: what is said by others while nobody of us asks.
pub async fn listen(
    bus: &Bus,
    journal: Arc<Journal>,
    time: Duration,
    stop: &CancellationToken,
) -> Result<Vec<u8>, Fault> {
    Session::new(bus, journal, stop).listen(time).await
}

/// Of a network: whether anything is at a host's port, and which units are behind it.
pub(super) async fn units(
    endpoint: &mut Endpoint,
    units: &[u8],
    identities: &[Identity],
) -> Vec<(u8, Vec<String>, Option<Text>)> {
    let mut found = Vec::new();
    for unit in units {
        endpoint.begin_poll();
        match Ask::modbus(*unit, Function::HoldingRegisters, 0, 1).send(endpoint).await {
            Ok(got) => {
                let said = match got {
                    Got::Refused(text) => Some(text),
                    _ => None,
                };
                found.push((*unit, identity::recognise(identities, *unit, endpoint).await, said));
            }
            // nothing listens there: its other units are not there either
            Err(Fault::Unreachable(_)) => break,
            Err(_) => {}
        }
    }
    found
}
