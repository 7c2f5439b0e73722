//! One connection to a Modbus TCP endpoint, inside of TLS or not: one request, its reply, a deadline.
//!
//! # Promises
//! - [`Connection::read`] takes the connection and gives it back only together with a whole reply to just this
//!   request. After anything else bytes may be under way that belong to no later request, and it is closed.
//! - A reply holds as many registers or bits as were asked for.
//!
//! # Does not
//! Open a connection, or ask twice.

use super::plan::Read;
use crate::agent::{
    config::Function,
    source::line::{Fault, Stream},
};
use std::{io::ErrorKind, time::Duration};
use tokio::time::timeout;
use tokio_modbus::prelude::*;

pub struct Connection {
    context: client::Context,
    timeout: Duration,
}

/// What a meter, or the gateway in front of it, said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    Words(Vec<u16>),
    /// As many as were asked for, then the rest of the last byte.
    Bits(Vec<bool>),
    Exception(u8),
}

impl Connection {
    /// `timeout` holds for each call.
    pub fn over(stream: impl Stream + 'static, timeout: Duration) -> Connection {
        Connection { context: client::tcp::attach(stream), timeout }
    }

    pub async fn read(mut self, unit_id: u8, read: &Read) -> Result<(Connection, Answer), Fault> {
        self.context.set_slave(Slave(unit_id));
        // `call`, not `read_holding_registers` and its like: those check the length only by a debug assertion
        let reply =
            timeout(self.timeout, self.context.call(request(read))).await.map_err(|_| Fault::Timeout(self.timeout))?;
        let answer = answer(reply, read)?;
        Ok((self, answer))
    }
}

pub(super) fn request(read: &Read) -> Request<'static> {
    let (start, count) = (read.start, read.count);
    match read.function {
        Function::Coils => Request::ReadCoils(start, count),
        Function::DiscreteInputs => Request::ReadDiscreteInputs(start, count),
        Function::HoldingRegisters => Request::ReadHoldingRegisters(start, count),
        Function::InputRegisters => Request::ReadInputRegisters(start, count),
    }
}

pub(super) fn answer(reply: tokio_modbus::Result<Response>, read: &Read) -> Result<Answer, Fault> {
    match reply.map_err(fault)? {
        Ok(response) => checked(response, read),
        Err(exception) => Ok(Answer::Exception(exception.into())),
    }
}

/// Without what the reply held: that is no matter for a log.
fn fault(error: tokio_modbus::Error) -> Fault {
    use tokio_modbus::{Error, ProtocolError};
    match error {
        Error::Protocol(ProtocolError::HeaderMismatch { message, .. }) => Fault::Malformed(message),
        Error::Protocol(ProtocolError::FunctionCodeMismatch { request, .. }) => {
            Fault::Malformed(format!("another function than {request}"))
        }
        // the codec's errors; a socket gives neither kind, and at its end whatever the last system call left behind
        Error::Transport(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
            Fault::Malformed(error.to_string())
        }
        Error::Transport(error) => Fault::Closed(error.to_string()),
    }
}

fn checked(response: Response, read: &Read) -> Result<Answer, Fault> {
    let asked = usize::from(read.count);
    let (answer, given, whole) = match (read.function, response) {
        (Function::HoldingRegisters, Response::ReadHoldingRegisters(words))
        | (Function::InputRegisters, Response::ReadInputRegisters(words)) => {
            let given = words.len();
            (Answer::Words(words), given, asked)
        }
        (Function::Coils, Response::ReadCoils(bits))
        | (Function::DiscreteInputs, Response::ReadDiscreteInputs(bits)) => {
            let given = bits.len();
            (Answer::Bits(bits), given, asked.next_multiple_of(8))
        }
        (function, _) => return Err(Fault::Malformed(format!("no reply to {function:?}"))),
    };
    if given == whole {
        Ok(answer)
    } else {
        Err(Fault::Malformed(format!("{given} values where {whole} were asked for")))
    }
}
