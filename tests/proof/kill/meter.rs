//! A Modbus TCP meter that counts how often it was read: registers 0–1 hold the count, 2–3 seven times the count.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
};

#[derive(Clone)]
pub struct Meter {
    pub port: u16,
    count: Arc<AtomicU32>,
    frozen: Arc<AtomicBool>,
}

/// The meter's points: name, register, and what its number is of the count.
pub const POINTS: [(&str, u16, u32); 2] = [("one", 0, 1), ("seven", 2, 7)];

impl Meter {
    pub fn start() -> Meter {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let meter = Meter { port, count: Arc::default(), frozen: Arc::default() };
        let server = meter.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let meter = server.clone();
                thread::spawn(move || meter.serve(stream));
            }
        });
        meter
    }

    /// From now on a read does not count: what it answers is what the ledger must end with.
    pub fn freeze(&self) -> u32 {
        self.frozen.store(true, SeqCst);
        self.count.load(SeqCst)
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            // transaction, protocol, length, unit; function, first register, registers
            let mut request = [0; 12];
            stream.read_exact(&mut request).ok()?;
            let word = |at: usize| u16::from_be_bytes([request[at], request[at + 1]]);
            let count = match self.frozen.load(SeqCst) {
                false => self.count.fetch_add(1, SeqCst) + 1,
                true => self.count.load(SeqCst),
            };
            let registers: Vec<u8> = POINTS.iter().flat_map(|(_, _, times)| (count * times).to_be_bytes()).collect();
            let (first, bytes) = (usize::from(word(8)) * 2, usize::from(word(10)) * 2);
            let found = registers.get(first..first + bytes)?;
            let length = u16::try_from(3 + bytes).ok()?;
            let mut reply = request[..4].to_vec();
            reply.extend(length.to_be_bytes());
            reply.extend([request[6], request[7], u8::try_from(bytes).ok()?]);
            reply.extend(found);
            stream.write_all(&reply).ok()?;
        }
    }
}
