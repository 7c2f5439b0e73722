//! What a meter was found to refuse, although its model says nothing of it.

use crate::agent::config::Function;
use serde::{Deserialize, Serialize};

/// Findings of one meter; one with more of them was described wrongly, not found out.
pub const FINDINGS_MAX: usize = 256;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// No request touches one of their addresses.
    #[serde(default)]
    pub refused: Vec<Stretch>,
    /// No request runs over the boundary before the address: both sides are answered, and not together.
    #[serde(default)]
    pub cuts: Vec<(u8, u16)>,
    /// The longest request that is answered, where a longer one was not; by function.
    #[serde(default)]
    pub count_max: Vec<(u8, u16)>,
}

/// Neighbouring addresses of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stretch {
    pub function: u8,
    pub first: u16,
    pub last: u16,
}

impl Learned {
    pub fn is_empty(&self) -> bool {
        self == &Learned::default()
    }

    /// Whether there is room for one finding more.
    pub fn has_room(&self) -> bool {
        self.refused.len() + self.cuts.len() < FINDINGS_MAX
    }

    /// Whether one of the addresses from `start` to before `end` is refused.
    pub fn forbids(&self, function: Function, start: u32, end: u32) -> bool {
        let meets =
            |at: &Stretch| at.function == function as u8 && u32::from(at.first) < end && start <= u32::from(at.last);
        self.refused.iter().any(meets)
    }

    /// Whether there is a cut between an end and the start that follows it.
    pub fn parts(&self, function: Function, end: u32, start: u32) -> bool {
        self.cuts.iter().any(|(of, at)| *of == function as u8 && (end..=start).contains(&u32::from(*at)))
    }

    pub fn count_max(&self, function: Function) -> Option<u16> {
        self.count_max.iter().find(|(of, _)| *of == function as u8).map(|(_, count)| *count)
    }

    pub fn refuse(&mut self, function: Function, start: u32, end: u32) {
        let word = |at: u32| u16::try_from(at).unwrap_or(u16::MAX);
        let stretch = Stretch { function: function as u8, first: word(start), last: word(end.saturating_sub(1)) };
        if !self.forbids(function, start, end) {
            self.refused.push(stretch);
            self.refused.sort();
        }
    }

    /// They were answered.
    pub fn allow(&mut self, function: Function, start: u32, end: u32) {
        if !self.forbids(function, start, end) {
            return;
        }
        for one in std::mem::take(&mut self.refused) {
            let (first, after) = (u32::from(one.first), u32::from(one.last) + 1);
            if one.function != function as u8 || after <= start || end <= first {
                self.refused.push(one);
                continue;
            }
            // what is left of it on both sides
            for (from, to) in [(first, start), (end, after)] {
                if let (true, Ok(first), Ok(last)) = (from < to, u16::try_from(from), u16::try_from(to - 1)) {
                    self.refused.push(Stretch { function: one.function, first, last });
                }
            }
        }
    }

    pub fn cut(&mut self, function: Function, at: u32) {
        let cut = (function as u8, u16::try_from(at).unwrap_or(u16::MAX));
        if !self.cuts.contains(&cut) {
            self.cuts.push(cut);
            self.cuts.sort_unstable();
        }
    }

    /// Only ever down.
    pub fn at_most(&mut self, function: Function, count: u16) {
        match self.count_max.iter_mut().find(|(of, _)| *of == function as u8) {
            Some((_, held)) => *held = count.max(1).min(*held),
            None => self.count_max.push((function as u8, count.max(1))),
        }
    }
}
