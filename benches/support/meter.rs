//! A Modbus TCP meter with one register of 32 bits that counts: as little of the protocol as an honest agent needs.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Instant,
};

/// Answers for ever, on the port given back.
pub fn start() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let started = Instant::now();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || while answer(&stream, started).is_ok() {});
        }
    });
    port
}

/// One read of the register: transaction, protocol, length, unit, function; then the bytes.
fn answer(mut stream: &TcpStream, started: Instant) -> std::io::Result<()> {
    let mut request = [0; 12];
    stream.read_exact(&mut request)?;
    let count = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
    let mut answer = [request[0], request[1], 0, 0, 0, 7, request[6], request[7], 4, 0, 0, 0, 0];
    answer[9..].copy_from_slice(&count.to_be_bytes());
    stream.write_all(&answer)
}
