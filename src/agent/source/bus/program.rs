//! What is asked of one meter in a poll, whatever its protocol, and what its points make of the answers.

use super::Medium;
use crate::{
    agent::{
        config::Station,
        source::{
            line::Fault,
            modbus::{self, Answer, Learned},
        },
    },
    model::{RawValue, Reason},
};

/// The requests that give all points of one meter.
pub enum Program {
    Modbus(modbus::Program),
}

/// A request that the meter refuses: it is there, and its connection stands.
pub struct Refusal {
    /// Of Modbus.
    pub exception: Option<u8>,
    pub text: String,
}

impl Program {
    pub fn new(station: Station, learned: Learned) -> Program {
        match station {
            Station::Modbus { unit_id, limits, points } => {
                Program::Modbus(modbus::Program::new(unit_id, limits, points, learned))
            }
            Station::Dlt645 { .. } | Station::Cjt188 { .. } => {
                Program::Modbus(modbus::Program::new(0, Default::default(), Vec::new(), learned))
            }
        }
    }

    /// Of all points, in their order.
    pub fn series(&self) -> Vec<u32> {
        match self {
            Program::Modbus(program) => program.series(),
        }
    }

    pub fn learned(&self) -> &Learned {
        match self {
            Program::Modbus(program) => program.learned(),
        }
    }

    /// Begins a poll; how many requests it has. With `probing` the first one is short.
    pub fn begin(&mut self, probing: bool) -> usize {
        match self {
            Program::Modbus(program) => program.begin(probing),
        }
    }

    /// Sends the request and waits for its reply.
    pub async fn ask<M: Medium>(&mut self, request: usize, medium: &mut M) -> Result<Option<Refusal>, Fault> {
        match self {
            Program::Modbus(program) => {
                let Some(read) = program.read(request) else { return Ok(None) };
                let (function, start, count) = (read.function, read.start, read.count);
                let answer = medium.read(program.unit_id(), read).await?;
                let refusal = match answer {
                    Answer::Exception(code) => Some(Refusal {
                        exception: Some(code),
                        text: format!("answers {function:?} from {start}, {count} of them, with exception {code}"),
                    }),
                    _ => None,
                };
                program.heard(request, answer);
                Ok(refusal)
            }
        }
    }

    /// The request has no answer; `timed_out`: it was sent.
    pub fn missed(&mut self, request: usize, reason: Reason, timed_out: bool) {
        match self {
            Program::Modbus(program) => program.missed(request, reason, timed_out),
        }
    }

    /// Of each point, in their order, at the end of the poll.
    pub fn values(&self) -> Vec<Result<RawValue, Reason>> {
        match self {
            Program::Modbus(program) => program.values(),
        }
    }
}
