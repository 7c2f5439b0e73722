//! What bytes on a line are: requests, their replies, and traffic of others. Pure.

use super::recording::{Chunk, Direction};
use crate::{
    agent::source::{
        cjt188, dlt645,
        line::Seen,
        modbus::{self, Asked, Read},
    },
    runtime::lang::Text,
};
use serde::Serialize;
use std::time::Duration;

/// A reading request of Modbus RTU.
const REQUEST: usize = 8;
const MBAP: usize = 7;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Checksum, address and length are those of the request.
    Sound,
    /// The checksum is wrong.
    Damaged,
    /// A sound frame that is no reply to this request.
    Other,
    Incomplete,
    Nothing,
    /// Traffic that nobody asked for.
    Unasked,
}

impl State {
    pub fn text(self) -> Text {
        match self {
            State::Sound => Text::new("完好", "sound"),
            State::Damaged => Text::new("校验错", "wrong checksum"),
            State::Other => Text::new("不是它的回答", "not its reply"),
            State::Incomplete => Text::new("不完整", "incomplete"),
            State::Nothing => Text::new("无回答", "no reply"),
            State::Unasked => Text::new("无人询问", "unasked"),
        }
    }
}

/// One request and what followed it, or what came unasked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub at: Duration,
    pub protocol: &'static str,
    /// What was asked, in words.
    pub asked: String,
    pub sent: Vec<u8>,
    pub received: Vec<u8>,
    /// To the first byte of the answer.
    pub turnaround: Option<Duration>,
    pub state: State,
    /// Bytes of no frame.
    pub noise: usize,
}

/// A capture as exchanges: all that was sent at once is a request, all that came until the next one its answer.
pub fn rows(chunks: &[Chunk]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut asked: Option<(Duration, Vec<u8>, Vec<&Chunk>)> = None;
    let mut unasked: Vec<&Chunk> = Vec::new();
    for chunk in chunks {
        match (chunk.direction, &mut asked) {
            // the parts of one request stand behind each other
            (Direction::Sent, Some((_, sent, came))) if came.is_empty() && request(sent).is_none() => {
                sent.extend(&chunk.bytes);
            }
            (Direction::Sent, _) => {
                rows.extend(asked.take().map(|(at, sent, came)| row(at, sent, &came)));
                rows.extend(alone(&std::mem::take(&mut unasked)));
                asked = Some((chunk.at, chunk.bytes.clone(), Vec::new()));
            }
            (Direction::Received, Some((_, _, came))) => came.push(chunk),
            (Direction::Received, None) => unasked.push(chunk),
        }
    }
    rows.extend(asked.map(|(at, sent, came)| row(at, sent, &came)));
    rows.extend(alone(&unasked));
    rows
}

/// What nobody asked for: the traffic of another master, or noise.
fn alone(came: &[&Chunk]) -> Option<Row> {
    let received: Vec<u8> = came.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    let heard = overheard(&received);
    let (protocol, asked) = heard.frames.first().cloned().unwrap_or(("-", "-".into()));
    let at = came.first()?.at;
    let state = State::Unasked;
    Some(Row { at, protocol, asked, sent: Vec::new(), received, turnaround: None, state, noise: heard.noise })
}

fn row(at: Duration, sent: Vec<u8>, came: &[&Chunk]) -> Row {
    let mut received: Vec<u8> = came.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    let skip = if received.starts_with(&sent) { sent.len() } else { 0 };
    received.drain(..skip);
    let mut seen = 0;
    let first = came.iter().find(|chunk| {
        seen += chunk.bytes.len();
        seen > skip
    });
    let turnaround = first.map(|chunk| chunk.at.saturating_sub(at));
    let (protocol, asked, state, noise) = match request(&sent) {
        None => ("?", "?".into(), if received.is_empty() { State::Nothing } else { State::Other }, received.len()),
        Some(request) => {
            let (state, noise) = request.judge(&received);
            (request.protocol(), request.words(), state, noise)
        }
    };
    Row { at, protocol, asked, sent, received, turnaround, state, noise }
}

enum Request {
    Rtu(u8, Read),
    Tcp(u8, Read, [u8; 2]),
    Dlt645(dlt645::Frame),
    Cjt188(cjt188::Frame),
}

fn request(sent: &[u8]) -> Option<Request> {
    if let Some((unit, read)) = modbus::request(sent).filter(|_| sent.len() == REQUEST) {
        return Some(Request::Rtu(unit, read));
    }
    if let Some((_, frame)) = dlt645::hear(sent).frames.into_iter().next() {
        return Some(Request::Dlt645(frame));
    }
    if let Some((_, frame)) = cjt188::hear(sent).frames.into_iter().next() {
        return Some(Request::Cjt188(frame));
    }
    tcp(sent)
}

/// The same request as over a line, without its CRC.
fn tcp(sent: &[u8]) -> Option<Request> {
    let [high, low, 0, 0, 0, 6, rest @ ..] = sent else { return None };
    let [unit, function, a, b, c, d] = rest else { return None };
    let function = crate::agent::config::Function::of(*function)?;
    let (start, count) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
    Some(Request::Tcp(*unit, Read { function, start, count, parts: Vec::new() }, [*high, *low]))
}

impl Request {
    fn protocol(&self) -> &'static str {
        match self {
            Request::Rtu(..) => "modbus-rtu",
            Request::Tcp(..) => "modbus-tcp",
            Request::Dlt645(_) => "dlt645",
            Request::Cjt188(_) => "cjt188",
        }
    }

    fn words(&self) -> String {
        match self {
            Request::Rtu(unit, read) | Request::Tcp(unit, read, _) => {
                format!("{unit}: {} @{:#06x} x{}", read.function as u8, read.start, read.count)
            }
            Request::Dlt645(frame) => format!("{}: C={:02X} {}", frame.address, frame.control, named(&frame.data)),
            Request::Cjt188(frame) => format!("{}: C={:02X} {}", frame.address, frame.control, named(&frame.data)),
        }
    }

    /// What the bytes are to it, and how many of them are of no frame.
    fn judge(&self, received: &[u8]) -> (State, usize) {
        if received.is_empty() {
            return (State::Nothing, 0);
        }
        match self {
            Request::Rtu(unit, read) => match Asked::of(*unit, read).seen(&[], received) {
                Seen::Whole(range) => (State::Sound, received.len() - range.len()),
                Seen::Damaged(_) => (State::Damaged, 0),
                Seen::Wrong(_) => (State::Other, 0),
                Seen::More => (State::Incomplete, received.len()),
            },
            Request::Tcp(unit, _, transaction) => {
                let length = |head: &[u8; MBAP]| 6 + usize::from(u16::from_be_bytes([head[4], head[5]]));
                match received.first_chunk::<MBAP>() {
                    Some(head) if length(head) > received.len() => (State::Incomplete, 0),
                    Some(head) if head[..2] == *transaction && head[6] == *unit => {
                        (State::Sound, received.len() - length(head))
                    }
                    Some(_) => (State::Other, 0),
                    None => (State::Incomplete, 0),
                }
            }
            Request::Dlt645(asked) => {
                let heard = dlt645::hear(received);
                let replies = |frame: &dlt645::Frame| frame.is_reply() && asked.address.covers(&frame.address);
                let sound = heard.frames.iter().any(|(_, frame)| replies(frame));
                (state(sound, heard.damaged > 0, !heard.frames.is_empty()), heard.noise)
            }
            Request::Cjt188(asked) => {
                let heard = cjt188::hear(received);
                let replies = |frame: &cjt188::Frame| frame.is_reply() && asked.address.covers(&frame.address);
                let sound = heard.frames.iter().any(|(_, frame)| replies(frame));
                (state(sound, heard.damaged, !heard.frames.is_empty()), 0)
            }
        }
    }
}

fn state(sound: bool, damaged: bool, other: bool) -> State {
    match (sound, damaged, other) {
        (true, ..) => State::Sound,
        (_, true, _) => State::Damaged,
        (_, _, true) => State::Other,
        _ => State::Incomplete,
    }
}

/// An identifier as it is printed, the highest byte first.
fn named(data: &[u8]) -> String {
    data.iter().take(4).rev().map(|byte| format!("{byte:02X}")).collect()
}

/// Sound frames in what was heard without asking.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Overheard {
    /// Protocol, and what is asked.
    pub frames: Vec<(&'static str, String)>,
    pub noise: usize,
}

pub fn overheard(bytes: &[u8]) -> Overheard {
    let mut heard = Overheard::default();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let rtu = rest.get(..REQUEST).and_then(modbus::request);
        if let Some((unit, read)) = rtu {
            let asked = Asked::of(unit, &read);
            heard.frames.push(("modbus-rtu", Request::Rtu(unit, read).words()));
            at += REQUEST;
            // its answer behind it
            if let Some(rest) = bytes.get(at..)
                && let Seen::Whole(range) = asked.seen(&[], rest)
            {
                heard.noise += range.start;
                at += range.end;
            }
            continue;
        }
        if rest.first() == Some(&0x68) {
            let dlt645 = dlt645::hear(rest).frames.into_iter().next().filter(|(range, _)| range.start == 0);
            if let Some((range, frame)) = dlt645 {
                heard.frames.push(("dlt645", Request::Dlt645(frame).words()));
                at += range.end;
                continue;
            }
            let cjt188 = cjt188::hear(rest).frames.into_iter().next().filter(|(range, _)| range.start == 0);
            if let Some((range, frame)) = cjt188 {
                heard.frames.push(("cjt188", Request::Cjt188(frame).words()));
                at += range.end;
                continue;
            }
        }
        heard.noise += usize::from(rest.first() != Some(&0xFE));
        at += 1;
    }
    heard
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // a request and its reply, from the Modbus specification's own kind of example
    const ASKED: [u8; 8] = [0x01, 0x03, 0x00, 0x64, 0x00, 0x01, 0xC5, 0xD5];
    const REPLY: [u8; 7] = [0x01, 0x03, 0x02, 0x00, 0x64, 0xB9, 0xAF];

    fn chunk(ms: u64, direction: Direction, bytes: &[u8]) -> Chunk {
        Chunk { at: Duration::from_millis(ms), direction, bytes: bytes.into() }
    }

    fn states(chunks: &[Chunk]) -> Vec<(State, usize)> {
        rows(chunks).iter().map(|row| (row.state, row.noise)).collect()
    }

    #[test]
    fn an_exchange_is_a_request_and_its_reply() {
        use Direction::*;
        let mut damaged = REPLY;
        damaged[3] ^= 1;
        let chunks = [
            chunk(0, Received, &[0xFF, 0x00]),
            chunk(100, Sent, &ASKED),
            chunk(131, Received, &REPLY[..3]),
            chunk(135, Received, &REPLY[3..]),
            chunk(1000, Sent, &ASKED),
            chunk(1020, Received, &damaged),
            chunk(2000, Sent, &ASKED),
            chunk(3000, Sent, &ASKED),
            chunk(3010, Received, &[ASKED.as_slice(), &[0xFF], &REPLY].concat()),
        ];
        let all = rows(&chunks);
        let states: Vec<_> = all.iter().map(|row| (row.state, row.noise)).collect();
        use State::*;
        assert_eq!(states, [(Unasked, 2), (Sound, 0), (Damaged, 0), (Nothing, 0), (Sound, 1)]);
        assert_eq!(all[1].turnaround, Some(Duration::from_millis(31)));
        assert_eq!((all[1].protocol, all[1].asked.as_str()), ("modbus-rtu", "1: 3 @0x0064 x1"));
    }

    #[test]
    fn the_same_over_tcp_and_of_a_dlt645_meter() {
        use Direction::*;
        let asked = [0, 7, 0, 0, 0, 6, 1, 3, 0, 0x64, 0, 1];
        let reply = [0, 7, 0, 0, 0, 5, 1, 3, 2, 0, 0x64];
        let mut late = reply;
        late[1] = 6;
        assert_eq!(states(&[chunk(0, Sent, &asked), chunk(9, Received, &reply)]), [(State::Sound, 0)]);
        assert_eq!(states(&[chunk(0, Sent, &asked), chunk(9, Received, &late)]), [(State::Other, 0)]);
        let address = dlt645::Address::printed([0, 0, 0, 0, 0, 1]);
        let asked = dlt645::Frame { address, control: 0x11, data: vec![0, 0, 1, 0] }.bytes();
        let reply = dlt645::Frame { address, control: 0x91, data: vec![0, 0, 1, 0, 0x78, 0x56, 0x34, 0x12] }.bytes();
        let found = rows(&[chunk(0, Sent, &asked), chunk(9, Received, &reply)]);
        assert_eq!((found[0].state, found[0].asked.as_str()), (State::Sound, "000000000001: C=11 00010000"));
    }

    #[test]
    fn the_traffic_of_another_master_is_known_and_noise_is_not_taken_for_it() {
        let traffic = [&[0x55][..], &ASKED, &REPLY, &ASKED].concat();
        let heard = overheard(&traffic);
        assert_eq!((heard.frames.len(), heard.noise), (2, 1));
        assert_eq!(overheard(&[0x01, 0x03, 0x68, 0xFF]).frames, []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_rows(chunks in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..12)) {
            let chunks: Vec<_> = chunks.into_iter().map(|(sent, bytes)| chunk(0, if sent { Direction::Sent } else { Direction::Received }, &bytes)).collect();
            let received: usize = chunks.iter().filter(|chunk| chunk.direction == Direction::Received).map(|chunk| chunk.bytes.len()).sum();
            let noise: usize = rows(&chunks).iter().map(|row| row.noise).sum();
            prop_assert!(noise <= received);
            let _ = overheard(&chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect::<Vec<_>>());
        }
    }
}
