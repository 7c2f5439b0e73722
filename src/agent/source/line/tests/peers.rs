//! RTU meters behind a serial server, byte by byte as a test tells them.

use crate::{
    agent::{
        config::{Bus, Function, Link},
        source::{
            line::{Endpoint, tests::WIRE},
            modbus::{Answer, Read},
        },
    },
    runtime::task,
};
use std::{
    io::{Read as _, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// A reading request as it came over the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    pub connection: usize,
    pub unit: u8,
    pub function: u8,
    pub start: u16,
    pub count: u16,
}

impl Request {
    /// Register `a` of unit `u` holds `1000·u + a`.
    pub fn answer(&self) -> Vec<u8> {
        let values = (self.start..self.start + self.count).map(|at| u16::from(self.unit) * 1000 + at);
        let values: Vec<u8> = values.flat_map(u16::to_be_bytes).collect();
        framed(&[&[self.unit, self.function, values.len() as u8], &values[..]].concat())
    }

    pub fn exception(&self, code: u8) -> Vec<u8> {
        framed(&[self.unit, self.function | 0x80, code])
    }
}

/// The CRC bit by bit, as the standard draws it: a second opinion on the crate.
pub fn framed(bytes: &[u8]) -> Vec<u8> {
    let shifted = |crc: u16| if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 };
    let crc = bytes.iter().fold(0xFFFF_u16, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), |crc, _| shifted(crc)));
    [bytes, &crc.to_le_bytes()].concat()
}

pub struct Server {
    pub address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `behave` writes what the line says; `false` closes the connection.
    pub fn start(mut behave: impl FnMut(&Request, &mut TcpStream) -> bool + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = requests.clone();
        let serve = move || {
            for connection in 0.. {
                let (mut stream, _) = listener.accept().unwrap();
                while let Some(request) = receive(&mut stream, connection) {
                    log.lock().unwrap().push(request);
                    if !behave(&request, &mut stream) {
                        break;
                    }
                }
            }
        };
        task::thread("rtu-server", serve).unwrap();
        Server { address, requests }
    }

    /// What was asked: unit, register, count.
    pub fn asked(&self) -> Vec<(u8, u16, u16)> {
        self.requests.lock().unwrap().iter().map(|r| (r.unit, r.start, r.count)).collect()
    }

    pub fn connections(&self) -> usize {
        self.requests.lock().unwrap().last().map_or(0, |request| request.connection + 1)
    }
}

/// Writes what the other side may no longer want to have.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    let _ = stream.write_all(bytes);
    true
}

pub fn receive(stream: &mut TcpStream, connection: usize) -> Option<Request> {
    let mut frame = [0; 8];
    stream.read_exact(&mut frame).ok()?;
    assert_eq!(framed(&frame[..6]), frame, "a sound request");
    let word = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
    Some(Request { connection, unit: frame[0], function: frame[1], start: word(2), count: word(4) })
}

pub fn bus(link: Link, timeout: Duration) -> Bus {
    Bus { name: "b".into(), link, timeout, poll_interval: timeout, meters: Vec::new() }
}

pub fn serial_server(address: &str, timeout: Duration) -> Endpoint {
    Endpoint::new(&bus(Link::SerialServer(address.into(), WIRE), timeout))
}

pub fn holding(start: u16, count: u16) -> Read {
    Read { function: Function::HoldingRegisters, start, count, parts: Vec::new() }
}

/// What a sound meter answers.
pub fn sound(unit: u8, read: &Read) -> Answer {
    Answer::Words((read.start..read.start + read.count).map(|at| u16::from(unit) * 1000 + at).collect())
}
