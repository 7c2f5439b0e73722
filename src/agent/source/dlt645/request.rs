//! One request: what is sent, what answers it, and what its points make of the answer.

use super::{
    frame::{Address, Frame, hear},
    identifier::{Block, block, item},
    refusal::Refusal,
};
use crate::{
    agent::{
        config::Dlt645Edition,
        source::{digits, line::Seen},
    },
    model::{RawValue, Reason},
};

/// The bits of a control code behind the one that says that a meter speaks.
const REFUSED: u8 = 0x40;
const CONTINUES: u8 = 0x20;
const REPLY: u8 = 0x80;
const FUNCTION: u8 = 0x1F;
/// Frames of one answer: more would be 3 KB, which no number needs.
const FRAMES_MAX: u8 = 16;
/// What some meters of 1997 put behind a block.
const BLOCK_END: u8 = 0xAA;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    edition: Dlt645Edition,
    identifier: u32,
    pub(super) parts: Vec<Part>,
    /// The frame of the answer that is asked for, from 0.
    number: u8,
    /// The data of the frames before it.
    before: Vec<u8>,
}

/// A point in an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its place among the meter's points.
    pub point: usize,
    pub identifier: u32,
    pub offset: usize,
    pub bytes: usize,
    pub signed: bool,
}

impl Request {
    pub(super) fn new(edition: Dlt645Edition, identifier: u32, parts: Vec<Part>) -> Request {
        Request { edition, identifier, parts, number: 0, before: Vec::new() }
    }

    pub fn identifier(&self) -> u32 {
        self.identifier
    }

    /// As the standard prints it.
    pub fn name(&self) -> String {
        match self.edition {
            Dlt645Edition::E2007 => format!("{:08X}", self.identifier),
            Dlt645Edition::E1997 => format!("{:04X}", self.identifier),
        }
    }

    /// What is sent, wake-up bytes included.
    pub fn frame(&self, address: Address) -> Vec<u8> {
        let mut data = self.name_bytes();
        if self.edition == Dlt645Edition::E2007 && self.number > 0 {
            data.push(self.number);
        }
        Frame { address, control: self.function(), data }.bytes()
    }

    /// What the bytes that came so far are to this request.
    pub fn seen(&self, address: Address, received: &[u8]) -> Seen {
        let heard = hear(received);
        if let Some((range, _)) = heard.frames.iter().find(|(_, frame)| self.is_answered_by(address, frame)) {
            return Seen::Whole(range.clone());
        }
        // a sound frame that is no answer to this is our own echo or a late answer: ours can still come
        match heard.damaged {
            0 => Seen::More,
            _ => Seen::Damaged("the checksum of a reply is wrong".into()),
        }
    }

    /// What to ask next where the answer goes on in a further frame.
    pub fn more(&self, reply: &[u8]) -> Option<Request> {
        let frame = self.answer(reply)?;
        let goes_on = frame.control & CONTINUES != 0 && frame.control & REFUSED == 0 && self.number + 1 < FRAMES_MAX;
        goes_on.then(|| Request { number: self.number + 1, before: self.data(&frame), ..self.clone() })
    }

    pub fn refusal(&self, reply: &[u8]) -> Option<Refusal> {
        let frame = self.answer(reply).filter(|frame| frame.control & REFUSED != 0)?;
        Some(Refusal { edition: self.edition, word: frame.data.first().copied().unwrap_or_default() })
    }

    /// Of each point in the request: its place, and its value in the last frame of the answer and those before it.
    pub fn values(&self, reply: &[u8]) -> Vec<(usize, Result<RawValue, Reason>)> {
        let data = match self.answer(reply) {
            None => Err(Reason::Malformed),
            Some(frame) if frame.control & REFUSED != 0 => Err(Reason::Exception),
            Some(frame) if frame.control & CONTINUES != 0 => Err(Reason::Malformed),
            Some(frame) => Some(self.data(&frame)).filter(|data| self.is_long_enough(data)).ok_or(Reason::Malformed),
        };
        let value = |part: &Part| {
            let data = data.as_ref().map_err(|reason| *reason)?;
            let bytes = data.get(part.offset..part.offset + part.bytes).ok_or(Reason::Malformed)?;
            digits::number(bytes, part.signed)
        };
        self.parts.iter().map(|part| (part.point, value(part))).collect()
    }

    /// The same reason for all of its points.
    pub fn none(&self, reason: Reason) -> Vec<(usize, Result<RawValue, Reason>)> {
        self.parts.iter().map(|part| (part.point, Err(reason))).collect()
    }

    /// Where the request is a block that the meter refuses, or of which it sends less: what asks for the same values one
    /// by one.
    pub fn instead(&self, reply: &[u8]) -> Option<Vec<Request>> {
        let frame = self.answer(reply)?;
        let given = frame.control & (REFUSED | CONTINUES) == 0 && self.is_long_enough(&self.data(&frame));
        if given { None } else { self.singles() }
    }

    pub(super) fn singles(&self) -> Option<Vec<Request>> {
        let block = self.block()?;
        let single = |member: &u32| {
            let of_it = self.parts.iter().filter(|part| part.identifier == *member);
            let parts: Vec<_> = of_it.map(|part| Part { offset: 0, ..*part }).collect();
            (!parts.is_empty()).then(|| Request::new(self.edition, *member, parts))
        };
        Some(block.members.iter().filter_map(single).collect())
    }

    /// Bytes of the request and of its reply, for an estimate of the time that they take on the line.
    pub fn lengths(&self) -> (usize, usize) {
        const FRAME: usize = 12;
        let asked = self.frame(Address::ANYONE).len();
        let data = self.parts.iter().map(|part| part.offset + part.bytes).max().unwrap_or_default();
        (asked, FRAME + self.name_bytes().len() + data)
    }

    fn name_bytes(&self) -> Vec<u8> {
        let bytes = self.identifier.to_le_bytes();
        match self.edition {
            Dlt645Edition::E2007 => bytes.to_vec(),
            Dlt645Edition::E1997 => bytes.into_iter().take(2).collect(),
        }
    }

    fn function(&self) -> u8 {
        let first = match self.edition {
            Dlt645Edition::E2007 => 0x11,
            Dlt645Edition::E1997 => 0x01,
        };
        first + u8::from(self.number > 0)
    }

    fn is_answered_by(&self, address: Address, frame: &Frame) -> bool {
        if frame.control & REPLY == 0 || frame.control & FUNCTION != self.function() || !address.covers(&frame.address)
        {
            return false;
        }
        match frame.control & REFUSED {
            // an error word, and no identifier
            REFUSED => frame.data.len() == 1,
            _ => {
                let numbered = self.edition == Dlt645Edition::E2007 && self.number > 0;
                let data = frame.data.strip_prefix(self.name_bytes().as_slice());
                data.is_some_and(|data| !numbered || data.last() == Some(&self.number))
            }
        }
    }

    fn answer(&self, reply: &[u8]) -> Option<Frame> {
        let found = hear(reply).frames.into_iter().map(|(_, frame)| frame);
        found.into_iter().find(|frame| self.is_answered_by(Address::ANYONE, frame))
    }

    /// Of all frames up to this one, identifiers and numbers left out.
    fn data(&self, frame: &Frame) -> Vec<u8> {
        let mut data = frame.data.get(self.name_bytes().len()..).unwrap_or_default();
        if self.edition == Dlt645Edition::E2007 && self.number > 0 {
            data = data.split_last().map_or(&[][..], |(_, data)| data);
        }
        [self.before.as_slice(), data].concat()
    }

    /// Of a number whose length we know no digit may be left out; of a block no member.
    fn is_long_enough(&self, data: &[u8]) -> bool {
        let described = self.parts.iter().map(|part| part.offset + part.bytes).max().unwrap_or_default();
        match self.block() {
            Some(block) => {
                let bytes = usize::from(block.bytes);
                let ended = data.strip_suffix(&[BLOCK_END]).filter(|_| self.edition == Dlt645Edition::E1997);
                let whole = |data: &[u8]| data.len() >= bytes * block.members.len() && data.len().is_multiple_of(bytes);
                whole(data) || ended.is_some_and(whole)
            }
            None if item(self.edition, self.identifier).is_some() => data.len() == described,
            None => true,
        }
    }

    /// The block that this asks for, where the plan has put its members together.
    fn block(&self) -> Option<Block> {
        let member = self.parts.first()?.identifier;
        if member == self.identifier { None } else { block(self.edition, member) }
    }
}
