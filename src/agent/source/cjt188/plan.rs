//! Which requests give all points of one meter, what answers them, and what the points make of the answer.

use super::frame::{Address, Frame, hear};
use crate::{
    agent::{
        config::Cjt188Point,
        source::{digits, line::Seen},
    },
    model::{RawValue, Reason},
};

const READ: u8 = 0x01;
const REPLY: u8 = 0x81;
const REFUSED: u8 = 0xC1;
/// Identifier and serial number, before what the points count from.
const NAME: usize = 3;

/// One identifier and the points in its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    identifier: u16,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Part {
    point: usize,
    offset: usize,
    bytes: usize,
    unit_code: Option<u8>,
}

/// One request for each identifier. There are no blocks to choose: an identifier's answer is all that it has.
pub fn plan(points: &[Cjt188Point]) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for (place, point) in points.iter().enumerate() {
        let part = Part {
            point: place,
            offset: NAME + usize::from(point.offset),
            bytes: point.bytes.into(),
            unit_code: point.unit_code,
        };
        match requests.iter_mut().find(|request| request.identifier == point.identifier) {
            Some(request) => request.parts.push(part),
            None => requests.push(Request { identifier: point.identifier, parts: vec![part] }),
        }
    }
    requests
}

impl Request {
    pub fn identifier(&self) -> u16 {
        self.identifier
    }

    /// As the standard prints it.
    pub fn name(&self) -> String {
        format!("{:04X}", self.identifier)
    }

    /// What is sent, wake-up bytes included.
    pub fn frame(&self, address: Address) -> Vec<u8> {
        let [low, high] = self.identifier.to_le_bytes();
        Frame { address, control: READ, data: vec![low, high, 0] }.bytes()
    }

    /// What the bytes that came so far are to this request.
    pub fn seen(&self, address: Address, received: &[u8]) -> Seen {
        let heard = hear(received);
        if let Some((range, _)) = heard.frames.iter().find(|(_, frame)| self.is_answered_by(address, frame)) {
            return Seen::Whole(range.clone());
        }
        if heard.damaged { Seen::Damaged("the checksum of a reply is wrong".into()) } else { Seen::More }
    }

    /// Whether the meter refuses: its state word ST, which says of no reason but its own faults.
    pub fn is_refused(&self, reply: &[u8]) -> bool {
        self.answer(reply).is_some_and(|frame| frame.control == REFUSED)
    }

    /// Of each point in the request: its place and its value.
    pub fn values(&self, reply: &[u8]) -> Vec<(usize, Result<RawValue, Reason>)> {
        let data = match self.answer(reply) {
            None => Err(Reason::Malformed),
            Some(frame) if frame.control == REFUSED => Err(Reason::Exception),
            Some(frame) => Ok(frame.data),
        };
        let value = |part: &Part| {
            let data = data.as_ref().map_err(|reason| *reason)?;
            let end = part.offset + part.bytes;
            let bytes = data.get(part.offset..end).ok_or(Reason::Malformed)?;
            if part.unit_code.is_some_and(|code| data.get(end) != Some(&code)) {
                // a number of another unit is another number
                return Err(Reason::OutOfRange);
            }
            digits::number(bytes, false)
        };
        self.parts.iter().map(|part| (part.point, value(part))).collect()
    }

    /// The units that the answer has where other ones are expected: place of the point, expected, found.
    pub fn wrong_units(&self, reply: &[u8]) -> Vec<(usize, u8, u8)> {
        let Some(frame) = self.answer(reply) else { return Vec::new() };
        let wrong = |part: &Part| {
            let expected = part.unit_code?;
            let found = *frame.data.get(part.offset + part.bytes)?;
            (found != expected).then_some((part.point, expected, found))
        };
        self.parts.iter().filter_map(wrong).collect()
    }

    /// The same reason for all of its points.
    pub fn none(&self, reason: Reason) -> Vec<(usize, Result<RawValue, Reason>)> {
        self.parts.iter().map(|part| (part.point, Err(reason))).collect()
    }

    /// Bytes of the request and of its reply, for an estimate of the time that they take on the line.
    pub fn lengths(&self) -> (usize, usize) {
        const FRAME: usize = 13;
        let data = self.parts.iter().map(|part| part.offset + part.bytes + 1).max().unwrap_or_default();
        (self.frame(Address::ANYONE).len(), FRAME + data)
    }

    fn is_answered_by(&self, address: Address, frame: &Frame) -> bool {
        if !frame.is_reply() || !address.covers(&frame.address) {
            return false;
        }
        match frame.control {
            // serial number and ST, and no identifier
            REFUSED => frame.data.len() <= NAME,
            // meters are about that swap the two bytes only in their answer, and the serial number is their own
            REPLY => frame
                .data
                .first_chunk::<2>()
                .is_some_and(|name| [self.identifier.to_le_bytes(), self.identifier.to_be_bytes()].contains(name)),
            _ => false,
        }
    }

    fn answer(&self, reply: &[u8]) -> Option<Frame> {
        let found = hear(reply).frames.into_iter().map(|(_, frame)| frame);
        found.into_iter().find(|frame| self.is_answered_by(Address::ANYONE, frame))
    }
}
