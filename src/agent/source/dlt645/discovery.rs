//! Which meters are on a line: the wildcard first, and where several answer at once, ever longer ends of the address.
//!
//! ```text
//!   AAAAAAAAAAAA ── nobody ─▶ no meter that takes a wildcard
//!        │       └─ one ────▶ found
//!        └─ several at once ─▶ AAAAAAAAAA00 … AAAAAAAAAA99, and behind each of those where several answer again
//! ```
//! An address is shortened from its high end, a byte (two digits) at a time (DL/T 645-2007, 5.2.2): that is the step.
//! A line of meters of one make whose numbers differ in the last two digits takes 100 requests and one for each meter.
//!
//! Answers that lie over each other can add up to a sound frame of an address that no meter has: a sum of one byte lets
//! one of 256 through. So whoever is heard behind a wildcard is asked once more by the whole address.
//!
//! # Promises
//! - Asks by reading only. Ends: each collision is looked into once, and no deeper than a whole address.
//! - An address is reported only when its meter has answered to just that address.
//!
//! # Does not
//! See a meter that never answers to a wildcard, or one whose answers are always drowned by a louder one's.

use super::frame::{ANY, Address, Frame, hear};
use crate::agent::{config::Dlt645Edition, source::line::Seen};
use std::collections::{BTreeSet, VecDeque};

pub struct Discovery {
    edition: Dlt645Edition,
    waiting: VecDeque<Question>,
    found: BTreeSet<Address>,
    twins: BTreeSet<Address>,
    asked: usize,
}

struct Question {
    pattern: Address,
    /// The wildcard behind which this address was heard: to be looked into where it turns out to be nobody's.
    behind: Option<Address>,
}

/// What to send, and what to make of the silence or the bytes behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Probe {
    edition: Dlt645Edition,
    pub pattern: Address,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    Nobody,
    One(Address),
    /// Several at once, or noise.
    Collision,
}

impl Discovery {
    pub fn new(edition: Dlt645Edition) -> Discovery {
        let waiting = VecDeque::from([Question { pattern: Address::ANYONE, behind: None }]);
        Discovery { edition, waiting, found: BTreeSet::new(), twins: BTreeSet::new(), asked: 0 }
    }

    pub fn next(&self) -> Option<Probe> {
        self.waiting.front().map(|question| Probe { edition: self.edition, pattern: question.pattern })
    }

    /// All that came within the time-out behind the probe that [`Discovery::next`] gave.
    pub fn heard(&mut self, received: &[u8]) -> Option<Heard> {
        let probe = self.next()?;
        let Question { pattern, behind } = self.waiting.pop_front()?;
        self.asked += 1;
        let heard = probe.heard(received);
        match (&heard, behind) {
            (Heard::One(address), _) if *address == pattern => {
                self.found.insert(pattern);
            }
            (Heard::One(address), _) => {
                self.waiting.push_front(Question { pattern: *address, behind: Some(pattern) });
            }
            (Heard::Nobody, None) => {}
            (Heard::Nobody, Some(wider)) => self.look_into(wider),
            (Heard::Collision, behind) => {
                if pattern.is_one_meter() {
                    self.twins.insert(pattern);
                }
                self.look_into(behind.unwrap_or(pattern));
            }
        }
        Some(heard)
    }

    fn look_into(&mut self, pattern: Address) {
        let longer = longer(pattern).into_iter().flatten();
        self.waiting.extend(longer.map(|pattern| Question { pattern, behind: None }));
    }

    pub fn found(&self) -> impl Iterator<Item = Address> + '_ {
        self.found.iter().copied()
    }

    /// Whole addresses at which more than one answer came: two meters of one address, or noise.
    pub fn twins(&self) -> impl Iterator<Item = Address> + '_ {
        self.twins.iter().copied()
    }

    /// Probes done, and those that are known to follow.
    pub fn progress(&self) -> (usize, usize) {
        (self.asked, self.waiting.len())
    }
}

/// The pattern with the next byte given; `None` where all are.
fn longer(pattern: Address) -> Option<impl Iterator<Item = Address>> {
    let wire = pattern.wire();
    let place = wire.iter().position(|byte| *byte == ANY)?;
    Some((0..100_u8).map(move |pair| {
        let mut wire = wire;
        if let Some(byte) = wire.get_mut(place) {
            *byte = ((pair / 10) << 4) | (pair % 10);
        }
        Address::from_wire(wire)
    }))
}

impl Probe {
    pub fn frame(&self) -> Vec<u8> {
        let (control, data) = match self.edition {
            // the command for it takes no shortened address
            Dlt645Edition::E2007 if self.pattern == Address::ANYONE => (0x13, Vec::new()),
            // forward active energy, which every meter has
            Dlt645Edition::E2007 => (0x11, vec![0x00, 0x00, 0x01, 0x00]),
            Dlt645Edition::E1997 => (0x01, vec![0x10, 0x90]),
        };
        Frame { address: self.pattern, control, data }.bytes()
    }

    /// Never whole before the time is over: a second answer may follow the first.
    pub fn seen(&self, _received: &[u8]) -> Seen {
        Seen::More
    }

    fn heard(&self, received: &[u8]) -> Heard {
        let heard = hear(received);
        let mut addresses = self.addresses(received);
        match (addresses.pop(), addresses.is_empty(), heard.noise) {
            (Some(address), true, 0) => Heard::One(address),
            (None, _, 0) => Heard::Nobody,
            _ => Heard::Collision,
        }
    }

    /// Of each answer, in order; one for each frame, so that twins stand twice.
    fn addresses(&self, received: &[u8]) -> Vec<Address> {
        let answers = hear(received).frames.into_iter().map(|(_, frame)| frame).filter(Frame::is_reply);
        let one = |frame: Frame| {
            // read address: the address is the data; some meters leave the wildcard in the head
            let told = <[u8; 6]>::try_from(frame.data.as_slice()).ok().filter(|_| frame.control == 0x93);
            told.map_or(frame.address, Address::from_wire)
        };
        answers.map(one).filter(|address| address.is_one_meter() && self.pattern.covers(address)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dlt645Edition::{E1997, E2007};
    use proptest::prelude::*;

    /// A line on which what several say at once is the AND of their bits, and wire noise where lengths differ.
    fn answer(probe: &Probe, meters: &[Address]) -> Vec<u8> {
        let mut sent: Option<Vec<u8>> = None;
        for meter in meters.iter().filter(|meter| probe.pattern.covers(meter)) {
            let frame = if probe.edition == E2007 && probe.pattern == Address::ANYONE {
                Frame { address: *meter, control: 0x93, data: meter.wire().to_vec() }
            } else {
                let identifier = if probe.edition == E2007 { vec![0, 0, 1, 0] } else { vec![0x10, 0x90] };
                let control = if probe.edition == E2007 { 0x91 } else { 0x81 };
                let energy = [meter.wire()[0], 0x12, 0, 0];
                Frame { address: *meter, control, data: [&identifier[..], &energy].concat() }
            };
            let bytes = frame.bytes();
            sent = Some(match sent {
                None => bytes,
                Some(before) => before.iter().zip(bytes).map(|(a, b)| a & b).collect(),
            });
        }
        sent.unwrap_or_default()
    }

    fn discover(edition: Dlt645Edition, meters: &[Address]) -> (Discovery, usize) {
        let mut discovery = Discovery::new(edition);
        let mut probes = 0;
        while let Some(probe) = discovery.next() {
            probes += 1;
            assert!(probes < 100_000, "it does not end");
            discovery.heard(&answer(&probe, meters));
        }
        (discovery, probes)
    }

    #[test]
    fn one_meter_is_found_by_two_questions_and_an_empty_line_costs_one() {
        let meter = Address::printed([0x20, 0x21, 0x00, 0x12, 0x34, 0x56]);
        for edition in [E2007, E1997] {
            let (discovery, probes) = discover(edition, &[meter]);
            assert_eq!((discovery.found().collect::<Vec<_>>(), probes), (vec![meter], 2));
            let (discovery, probes) = discover(edition, &[]);
            assert_eq!((discovery.found().count(), probes), (0, 1));
        }
    }

    #[test]
    fn two_meters_of_one_address_are_told() {
        let meter = Address::printed([0x20, 0x21, 0x00, 0x12, 0x34, 0x56]);
        let mut discovery = Discovery::new(E2007);
        while let Some(probe) = discovery.next() {
            let one = answer(&probe, &[meter]);
            // the second is a little slower
            let both = [one.as_slice(), one.as_slice()].concat();
            discovery.heard(&both);
        }
        assert_eq!(discovery.twins().collect::<Vec<_>>(), [meter]);
        assert_eq!(discovery.found().count(), 0);
    }

    #[test]
    fn answers_that_add_up_to_a_meter_that_is_not_there_are_looked_into() {
        let meters = [[0x23, 0x01], [0x59, 0x88]].map(|[high, low]| Address::printed([0, 0, 0, 0, high, low]));
        let phantom = Address::printed([0, 0, 0, 0, 0, 0]);
        let mut discovery = Discovery::new(E2007);
        let frame = Frame { address: phantom, control: 0x93, data: phantom.wire().to_vec() };
        assert_eq!(discovery.heard(&frame.bytes()), Some(Heard::One(phantom)));
        while let Some(probe) = discovery.next() {
            discovery.heard(&answer(&probe, &meters));
        }
        assert_eq!(discovery.found().collect::<BTreeSet<_>>(), meters.into());
    }

    #[test]
    fn a_meter_that_leaves_the_wildcard_in_the_head_is_known_by_its_data() {
        let meter = Address::printed([0, 0, 0, 0, 0x12, 0x34]);
        let mut discovery = Discovery::new(E2007);
        let frame = Frame { address: Address::ANYONE, control: 0x93, data: meter.wire().to_vec() };
        assert_eq!(discovery.heard(&frame.bytes()), Some(Heard::One(meter)));
        assert_eq!(discovery.next().map(|probe| probe.pattern), Some(meter));
    }

    fn meters() -> impl Strategy<Value = Vec<Address>> {
        let digits = prop::collection::vec(0..10_u8, 12);
        let near = prop::collection::btree_set(0..10_000_u32, 2..6);
        (digits, near).prop_map(|(digits, near)| {
            let base = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<_>>();
            let of = |number: u32| {
                let text = format!("{number:04}");
                let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
                Address::printed([base[0], base[1], base[2], base[3], byte(0), byte(2)])
            };
            near.into_iter().map(of).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn all_meters_whose_answers_collide_are_found(meters in meters()) {
            for edition in [E2007, E1997] {
                let (discovery, probes) = discover(edition, &meters);
                let found: BTreeSet<_> = discovery.found().collect();
                prop_assert_eq!(&found, &meters.iter().copied().collect());
                prop_assert!(probes <= 2 + 200 + 102 * meters.len(), "{} probes", probes);
            }
        }

        #[test]
        fn any_bytes_end(answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let mut discovery = Discovery::new(E2007);
            let mut answers = answers.into_iter();
            while discovery.next().is_some() {
                discovery.heard(&answers.next().unwrap_or_default());
            }
            prop_assert!(discovery.found().all(|address| address.is_one_meter()));
        }
    }
}
