//! What is asked of one meter in a poll, whatever its protocol, and what its points make of the answers.

use crate::{
    agent::{
        config::{ModbusPoint, Station},
        source::{
            line::{Endpoint, Fault},
            modbus::{self, Answer, Read},
        },
    },
    model::{RawValue, Reason},
};

/// The requests that give all points of one meter, each point in one of them.
pub enum Program {
    Modbus { unit_id: u8, points: Vec<ModbusPoint>, reads: Vec<Read> },
}

/// What one request gave.
pub enum Reply {
    Whole(Answer),
    /// The meter refuses it.
    Refused {
        code: u8,
        request: String,
    },
}

impl Program {
    pub fn new(station: Station) -> Program {
        match station {
            Station::Modbus { unit_id, points, .. } => {
                Program::Modbus { unit_id, reads: modbus::plan(&points), points }
            }
            Station::Dlt645 { .. } | Station::Cjt188 { .. } => {
                Program::Modbus { unit_id: 0, reads: Vec::new(), points: Vec::new() }
            }
        }
    }

    /// Of all points, in their order.
    pub fn series(&self) -> Vec<u32> {
        match self {
            Program::Modbus { points, .. } => points.iter().map(|point| point.series).collect(),
        }
    }

    pub fn requests(&self) -> usize {
        match self {
            Program::Modbus { reads, .. } => reads.len(),
        }
    }

    /// Sends the request and waits for its reply.
    pub async fn ask(&self, request: usize, endpoint: &mut Endpoint) -> Result<Reply, Fault> {
        match self {
            Program::Modbus { unit_id, reads, .. } => {
                let Some(read) = reads.get(request) else { return Err(Fault::Malformed("no such request".into())) };
                let answer = endpoint.read(*unit_id, read).await?;
                let Answer::Exception(code) = answer else { return Ok(Reply::Whole(answer)) };
                let Read { function, start, count, .. } = read;
                Ok(Reply::Refused { code, request: format!("{function:?} from {start}, {count} of them") })
            }
        }
    }

    /// Of each point in the request: its place among the points, and its value.
    pub fn values(&self, request: usize, answer: Result<&Answer, Reason>) -> Vec<(usize, Result<RawValue, Reason>)> {
        match self {
            Program::Modbus { points, reads, .. } => {
                let parts = reads.get(request).map_or(&[][..], |read| &read.parts);
                let value = |part: &modbus::Part| {
                    let point = points.get(part.point).ok_or(Reason::Missing)?;
                    modbus::value(answer?, point, part, None)
                };
                parts.iter().map(|part| (part.point, value(part))).collect()
            }
        }
    }
}
