//! Modbus TCP servers that do, byte by byte, what a test tells them.

use crate::runtime::task;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

/// A reading request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// Place of its connection among all that the server took.
    pub connection: usize,
    pub transaction: u16,
    pub unit: u8,
    pub function: u8,
    pub start: u16,
    pub count: u16,
}

impl Request {
    /// What a sound server holds: register `a` of unit `u` is `1000·u + a`, every bit at an odd address is set.
    pub fn value(unit: u8, address: u16) -> u16 {
        u16::from(unit) * 1000 + address
    }

    /// The right answer.
    pub fn answer(&self) -> Vec<u8> {
        let addresses = self.start..self.start + self.count;
        let body: Vec<u8> = if self.function <= 2 {
            let mut bytes = vec![0; usize::from(self.count).div_ceil(8)];
            for (i, address) in addresses.enumerate() {
                bytes[i / 8] |= u8::from(address % 2 == 1) << (i % 8);
            }
            bytes
        } else {
            addresses.flat_map(|address| Self::value(self.unit, address).to_be_bytes()).collect()
        };
        self.frame(&[&[self.function, body.len() as u8], &body[..]].concat())
    }

    /// A frame in answer to this request, with any content.
    pub fn frame(&self, pdu: &[u8]) -> Vec<u8> {
        let length = (pdu.len() as u16 + 1).to_be_bytes();
        [&self.transaction.to_be_bytes()[..], &[0, 0], &length[..], &[self.unit], pdu].concat()
    }
}

pub enum Then {
    Go,
    Close,
    /// Closes the connection and listens no more.
    Stop,
}

pub struct Server {
    pub address: String,
    requests: Arc<Mutex<Vec<Request>>>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Takes one connection after the other, as the bus does.
    pub fn start(address: &str, mut behave: impl FnMut(&Request, &mut TcpStream) -> Then + Send + 'static) -> Server {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = requests.clone();
        let serve = move || {
            for connection in 0.. {
                let (mut stream, _) = listener.accept().unwrap();
                while let Some(request) = receive(&mut stream, connection) {
                    log.lock().unwrap().push(request.clone());
                    match behave(&request, &mut stream) {
                        Then::Go => {}
                        Then::Close => break,
                        Then::Stop => return,
                    }
                }
            }
        };
        Server { address, requests, thread: task::thread("modbus-server", serve).unwrap() }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// After `Then::Stop`: returns when the port is free.
    pub fn stopped(self) -> String {
        self.thread.join().unwrap();
        self.address
    }
}

/// Writes what the client may no longer want to have.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) -> Then {
    let _ = stream.write_all(bytes);
    Then::Go
}

fn receive(stream: &mut TcpStream, connection: usize) -> Option<Request> {
    let mut frame = [0; 12];
    stream.read_exact(&mut frame).ok()?;
    let word = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
    assert_eq!((word(2), word(4)), (0, 6), "protocol and length of a reading request");
    Some(Request {
        connection,
        transaction: word(0),
        unit: frame[6],
        function: frame[7],
        start: word(8),
        count: word(10),
    })
}
