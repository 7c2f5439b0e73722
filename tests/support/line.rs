//! A simulated line of Modbus RTU slaves behind a serial server: each byte arrives when the line's speed lets it.
//!
//! ```text
//!   client ── TCP ──▶ request: so many characters of line time ─▶ slave: turnaround ─▶ reply, byte by byte ─▶ client
//! ```
//!
//! A slave may be dead, late, noisy or wrong; a line may echo what is sent. Two senders at once garble each other's
//! bytes, as they do on two wires. `socat pty,raw,link=… tcp:…` makes a serial port of it.

#![allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods)] // each user its part; a simulator may panic, and measures time

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// What one byte takes.
pub fn character(baud: u32, bits: u32) -> Duration {
    Duration::from_nanos(u64::from(bits) * 1_000_000_000 / u64::from(baud))
}

#[derive(Clone)]
pub struct Slave {
    pub unit: u8,
    /// From the end of the request and its silence to the first byte of the reply.
    pub turnaround: Duration,
    pub behaviour: Behaviour,
}

#[derive(Clone, PartialEq)]
pub enum Behaviour {
    Sound,
    Dead,
    /// The answer comes so much later.
    Late(Duration),
    /// Bytes before and behind the reply that belong to nothing.
    Noisy(Vec<u8>, Vec<u8>),
    WrongCrc,
    /// The last bytes are missing.
    Truncated(usize),
    /// Another slave's reply.
    OtherUnit(u8),
    Exception(u8),
}

/// What a slave was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub at: Instant,
    pub unit: u8,
    pub function: u8,
    pub start: u16,
    pub count: u16,
}

/// What a sound slave's register holds.
pub fn value(unit: u8, register: u16) -> u16 {
    u16::from(unit) << 8 | (register & 0xff)
}

/// Ends with its last connection and the process.
pub struct Line {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Line {
    pub fn start(character: Duration, echo: bool, slaves: Vec<Slave>) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let seen = asked.clone();
        thread::spawn(move || {
            // one at a time, as one cable has one end; what was under way is still on the wire for the next
            let mut wire =
                Wire { character, echo, slaves, asked: seen, sending: Vec::new(), request: Request::default() };
            for stream in listener.incoming().flatten() {
                wire.serve(&stream);
            }
        });
        Line { address, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// Silence that ends a frame, in characters (Modbus over serial line V1.02, 2.5.1.1).
const SILENCE: f64 = 3.5;
const LOOK: Duration = Duration::from_micros(200);

#[derive(Default)]
struct Request {
    bytes: Vec<u8>,
    /// When the line has carried them.
    end: Option<Instant>,
}

struct Wire {
    character: Duration,
    echo: bool,
    slaves: Vec<Slave>,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Bytes and when each is whole at the client.
    sending: Vec<(Instant, u8)>,
    request: Request,
}

impl Wire {
    fn serve(&mut self, mut stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LOOK)).unwrap();
        let mut chunk = [0; 512];
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => return,
                Ok(n) => self.carry(&chunk[..n]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return,
            }
            self.answer();
            let now = Instant::now();
            let due: Vec<u8> = self.sending.iter().filter(|(at, _)| *at <= now).map(|(_, byte)| *byte).collect();
            self.sending.retain(|(at, _)| *at > now);
            if !due.is_empty() && stream.write_all(&due).is_err() {
                return;
            }
        }
    }

    /// The client's bytes take their time on the line too.
    fn carry(&mut self, bytes: &[u8]) {
        let mut at = self.request.end.unwrap_or_else(Instant::now).max(Instant::now());
        for byte in bytes {
            at += self.character;
            // where a slave speaks at that moment, both are garbled
            let collides = collide(&mut self.sending, at, self.character);
            self.request.bytes.push(if collides { byte ^ 0x5a } else { *byte });
            if self.echo {
                self.sending.push((at, *byte));
            }
        }
        self.request.end = Some(at);
    }

    fn answer(&mut self) {
        let silence = self.character.mul_f64(SILENCE);
        let Some(end) = self.request.end.filter(|end| Instant::now() >= *end + silence) else { return };
        let request = std::mem::take(&mut self.request).bytes;
        let Some((body, _)) = request.split_last_chunk::<2>() else { return };
        if body.len() != 6 || crc(body) != request[6..] {
            return;
        }
        let word = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
        let asked = Asked { at: end, unit: body[0], function: body[1], start: word(2), count: word(4) };
        for slave in self.slaves.clone().iter().filter(|slave| slave.unit == asked.unit) {
            let Some((late, reply)) = slave.reply(&asked) else { continue };
            let mut at = end + silence + slave.turnaround + late;
            for byte in reply {
                at += self.character;
                let collides = collide(&mut self.sending, at, self.character);
                self.sending.push((at, if collides { byte ^ 0xa5 } else { byte }));
            }
        }
        self.sending.sort_by_key(|(at, _)| *at);
        self.asked.lock().unwrap().push(asked);
    }
}

/// Garbles the byte that is on the line at that moment.
fn collide(sending: &mut [(Instant, u8)], at: Instant, character: Duration) -> bool {
    let near = |one: &&mut (Instant, u8)| one.0 < at + character / 2 && at < one.0 + character / 2;
    let mut hit = false;
    for one in sending.iter_mut().filter(near) {
        one.1 ^= 0xa5;
        hit = true;
    }
    hit
}

impl Slave {
    pub fn sound(unit: u8, turnaround: Duration) -> Slave {
        Slave { unit, turnaround, behaviour: Behaviour::Sound }
    }

    /// How much later than its turnaround, and what.
    fn reply(&self, asked: &Asked) -> Option<(Duration, Vec<u8>)> {
        let mut body = vec![self.unit, asked.function, u8::try_from(2 * asked.count.min(125)).unwrap()];
        for register in 0..asked.count.min(125) {
            body.extend(value(self.unit, asked.start.wrapping_add(register)).to_be_bytes());
        }
        let mut late = Duration::ZERO;
        match &self.behaviour {
            Behaviour::Dead => return None,
            Behaviour::Late(by) => late = *by,
            Behaviour::OtherUnit(unit) => body[0] = *unit,
            Behaviour::Exception(code) => body = vec![self.unit, asked.function | 0x80, *code],
            Behaviour::Sound | Behaviour::Noisy(..) | Behaviour::WrongCrc | Behaviour::Truncated(_) => {}
        }
        let sum = crc(&body);
        body.extend(sum);
        match &self.behaviour {
            Behaviour::Noisy(before, behind) => body = [before.as_slice(), &body, behind].concat(),
            Behaviour::WrongCrc => body.last_mut().iter_mut().for_each(|byte| **byte ^= 0xff),
            Behaviour::Truncated(missing) => body.truncate(body.len().saturating_sub(*missing)),
            _ => {}
        }
        Some((late, body))
    }
}

/// CRC-16 of Modbus, low byte first.
pub fn crc(bytes: &[u8]) -> [u8; 2] {
    let turn = |sum: u16, _| if sum & 1 == 1 { sum >> 1 ^ 0xa001 } else { sum >> 1 };
    bytes.iter().fold(0xffff_u16, |sum, byte| (0..8).fold(sum ^ u16::from(*byte), turn)).to_le_bytes()
}
