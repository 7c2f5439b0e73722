//! What is asked of one meter in a poll, whatever its protocol, and what its points make of the answers.

use super::{
    Medium,
    framed::{Framed, Request},
};
use crate::{
    agent::{
        config::{Function, Station},
        source::{
            cjt188, dlt645,
            line::Fault,
            modbus::{self, Answer, Learned},
        },
    },
    model::{RawValue, Reason},
};

/// The requests that give all points of one meter.
pub enum Program {
    Modbus(modbus::Program),
    Dlt645(Framed<dlt645::Request>),
    Cjt188(Framed<cjt188::Request>),
}

/// A request that the meter refuses: it is there, and its connection stands.
pub struct Refusal {
    /// Of Modbus.
    pub exception: Option<u8>,
    pub text: String,
}

/// One request, as a plan shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub asks: Asks,
    /// The places of the points that it gives; none twice.
    pub points: Vec<usize>,
    /// Bytes of the request and of its reply: of Modbus in an RTU frame, of the others in theirs.
    pub lengths: (usize, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    Modbus {
        function: Function,
        start: u16,
        count: u16,
    },
    /// A data identifier, as its standard prints it.
    Identifier(String),
}

impl Program {
    pub fn new(station: Station, learned: Learned) -> Program {
        let series = station.series();
        match station {
            Station::Modbus { unit_id, limits, points } => {
                Program::Modbus(modbus::Program::new(unit_id, limits, points, learned))
            }
            Station::Dlt645 { edition, address, points } => {
                let address = dlt645::Address::printed(address);
                Program::Dlt645(Framed::new(address, series, dlt645::plan(edition, &points)))
            }
            Station::Cjt188 { kind, address, points } => {
                let address = cjt188::Address::printed(kind, address);
                Program::Cjt188(Framed::new(address, series, cjt188::plan(&points)))
            }
        }
    }

    /// Of all points, in their order.
    pub fn series(&self) -> Vec<u32> {
        match self {
            Program::Modbus(program) => program.series(),
            Program::Dlt645(program) => program.series(),
            Program::Cjt188(program) => program.series(),
        }
    }

    /// What the meter was found to refuse; of the other protocols nothing is remembered.
    pub fn learned(&self) -> Option<&Learned> {
        match self {
            Program::Modbus(program) => Some(program.learned()),
            Program::Dlt645(_) | Program::Cjt188(_) => None,
        }
    }

    /// Begins a poll; how many requests it has. With `probing` the first one is short.
    pub fn begin(&mut self, probing: bool) -> usize {
        match self {
            Program::Modbus(program) => program.begin(probing),
            Program::Dlt645(program) => program.begin(probing),
            Program::Cjt188(program) => program.begin(probing),
        }
    }

    /// Sends the request and waits for its reply.
    pub async fn ask<M: Medium>(&mut self, request: usize, medium: &mut M) -> Result<Option<Refusal>, Fault> {
        let program = match self {
            Program::Modbus(program) => program,
            Program::Dlt645(program) => return program.ask(request, medium).await,
            Program::Cjt188(program) => return program.ask(request, medium).await,
        };
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

    /// The request has no answer; `timed_out`: it was sent.
    pub fn missed(&mut self, request: usize, reason: Reason, timed_out: bool) {
        match self {
            Program::Modbus(program) => program.missed(request, reason, timed_out),
            Program::Dlt645(program) => program.missed(request, reason),
            Program::Cjt188(program) => program.missed(request, reason),
        }
    }

    /// Of each point, in their order, at the end of the poll.
    pub fn values(&self) -> Vec<Result<RawValue, Reason>> {
        match self {
            Program::Modbus(program) => program.values(),
            Program::Dlt645(program) => program.values(),
            Program::Cjt188(program) => program.values(),
        }
    }

    /// The requests of the next poll, where nothing goes wrong.
    pub fn outlines(&mut self) -> Vec<Outline> {
        let requests = self.begin(false);
        match self {
            Program::Modbus(program) => {
                (0..requests).filter_map(|request| program.read(request)).map(modbus_outline).collect()
            }
            Program::Dlt645(program) => program.requests().iter().map(outline).collect(),
            Program::Cjt188(program) => program.requests().iter().map(outline).collect(),
        }
    }
}

fn modbus_outline(read: &modbus::Read) -> Outline {
    /// Unit, function, start, count, CRC.
    const REQUEST: usize = 8;
    /// Unit, function, byte count, CRC.
    const REPLY: usize = 5;
    let count = usize::from(read.count);
    let bytes = match read.function {
        Function::Coils | Function::DiscreteInputs => count.div_ceil(8),
        Function::HoldingRegisters | Function::InputRegisters => count * 2,
    };
    let asks = Asks::Modbus { function: read.function, start: read.start, count: read.count };
    let points = read.parts.iter().map(|part| part.point).collect();
    Outline { asks, points: each_once(points), lengths: (REQUEST, REPLY + bytes) }
}

fn outline<R: Request>(request: &R) -> Outline {
    let points = request.none(Reason::Missing).into_iter().map(|(point, _)| point).collect();
    Outline { asks: Asks::Identifier(request.name()), points: each_once(points), lengths: request.lengths() }
}

fn each_once(mut points: Vec<usize>) -> Vec<usize> {
    points.sort_unstable();
    points.dedup();
    points
}
