//! Answers that did not come in time, on a line whose replies name no request.
//!
//! A reply of Modbus RTU holds its unit, function and length. An answer that comes late has those of its request, and so
//! would be taken for that of the next request with the same three. A meter answers in order, though: once it has
//! answered a request of another length, whatever it owed before has come or never will.
//!
//! # Promises
//! - While an answer is owed no request of the same unit, function and length is sent.
//!
//! # Does not
//! Wait longer than two minutes for an answer: what comes later than that is believed not to exist.

use super::{
    plan::{Read, holds_bits},
    rtu::Asked,
};
use std::time::Duration;
use tokio::time::Instant;

/// The line was opened anew long before: nothing lies that long in a meter or a serial server.
pub const OWED_MAX: Duration = Duration::from_secs(120);
/// More than meters on a line, so that it takes a fault of each, several times over.
const ANSWERS_MAX: usize = 512;
/// Registers or bits in one request.
const COUNT_MAX: u16 = 125;

#[derive(Default)]
pub struct Owed {
    answers: Vec<Asked>,
    since: Vec<Instant>,
}

impl Owed {
    /// The answers that can still come.
    pub fn answers(&self) -> &[Asked] {
        &self.answers
    }

    pub fn missed(&mut self, unit_id: u8, read: &Read, now: Instant) {
        let asked = Asked::of(unit_id, read);
        self.retain(|known, since| *known != asked && now < since + OWED_MAX);
        if self.answers.len() >= ANSWERS_MAX {
            self.answers.remove(0);
            self.since.remove(0);
        }
        self.answers.push(asked);
        self.since.push(now);
    }

    /// The unit answered what was asked last.
    pub fn answered(&mut self, unit_id: u8) {
        self.retain(|known, _| known.unit != unit_id);
    }

    /// What is to be asked first, so that the answer to `read` can not be an owed one: the beginning of the same
    /// registers, in another length. Only where a single register was asked for, one more is read.
    pub fn before(&mut self, unit_id: u8, read: &Read, now: Instant) -> Option<Read> {
        self.retain(|_, since| now < since + OWED_MAX);
        let owed = |asked: Asked| self.answers.contains(&asked);
        if !owed(Asked::of(unit_id, read)) {
            return None;
        }
        let step = if holds_bits(read.function) { 8 } else { 1 };
        let probe = |count: u16| {
            let start = read.start.min(u16::MAX - (count - 1));
            Read { function: read.function, start, count, parts: Vec::new() }
        };
        (1..=COUNT_MAX).step_by(step).map(probe).find(|probe| !owed(Asked::of(unit_id, probe)))
    }

    fn retain(&mut self, keep: impl Fn(&Asked, Instant) -> bool) {
        let kept = std::mem::take(&mut self.answers).into_iter().zip(std::mem::take(&mut self.since));
        (self.answers, self.since) = kept.filter(|(asked, since)| keep(asked, *since)).unzip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{agent::config::Function, runtime::clock};

    fn read(function: Function, start: u16, count: u16) -> Read {
        Read { function, start, count, parts: Vec::new() }
    }

    #[test]
    fn what_is_owed_is_asked_only_behind_an_answer_of_another_length() {
        use Function::*;
        let now = clock::monotonic();
        let mut owed = Owed::default();
        let (block, other) = (read(HoldingRegisters, 100, 10), read(HoldingRegisters, 200, 10));
        let before = |owed: &mut Owed, unit, read: &Read, now| owed.before(unit, read, now).map(|r| (r.start, r.count));
        assert_eq!(before(&mut owed, 1, &other, now), None);
        owed.missed(1, &block, now);
        assert_eq!(before(&mut owed, 1, &other, now), Some((200, 1)));
        assert_eq!(before(&mut owed, 2, &other, now), None, "another unit");
        assert_eq!(before(&mut owed, 1, &read(InputRegisters, 200, 10), now), None, "another function");
        assert_eq!(before(&mut owed, 1, &read(HoldingRegisters, 200, 11), now), None, "another length");
        owed.missed(1, &read(HoldingRegisters, 200, 1), now);
        assert_eq!(before(&mut owed, 1, &other, now), Some((200, 2)), "the probe is owed as well");
        owed.answered(2);
        assert!(before(&mut owed, 1, &other, now).is_some());
        owed.answered(1);
        assert_eq!(before(&mut owed, 1, &other, now), None);

        let single = read(HoldingRegisters, 65_535, 1);
        owed.missed(1, &single, now);
        assert_eq!(before(&mut owed, 1, &single, now), Some((65_534, 2)));
        assert_eq!(before(&mut owed, 1, &single, now + OWED_MAX), None, "it will not come any more");

        owed.missed(3, &read(Coils, 0, 5), now);
        assert_eq!(before(&mut owed, 3, &read(Coils, 40, 8), now), Some((40, 9)), "up to 8 bits are one byte");
    }

    #[test]
    fn what_is_owed_is_bounded() {
        let now = clock::monotonic();
        let mut owed = Owed::default();
        for unit in 0..=255 {
            for count in 1..=8 {
                owed.missed(unit, &read(Function::HoldingRegisters, 0, count), now);
            }
        }
        assert_eq!(owed.answers().len(), ANSWERS_MAX);
        assert!(owed.answers().contains(&Asked { unit: 255, function: 3, bytes: 16 }));
    }
}
