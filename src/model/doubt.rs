//! Why an amount is not simply good.

use super::Quality;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::ops::{BitOr, BitOrAssign};

/// A set of reasons; empty: none. The bits are the contract's; they are stored for years.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
#[cfg_attr(feature = "platform", derive(utoipa::ToSchema), schema(value_type = Vec<String>))]
pub struct Doubts(u32);

impl Doubts {
    pub const NONE: Doubts = Doubts(0);
    /// Of a pair of readings so far apart that only the sum is known: spread evenly.
    pub const ESTIMATED_SHAPE: Doubts = Doubts(1);
    /// A passing wrong reading was set aside.
    pub const TRANSIENT: Doubts = Doubts(2);
    /// The register passed its end and went on from 0.
    pub const ROLLOVER: Doubts = Doubts(4);
    /// The register stepped back a little: the amount is the net of it.
    pub const BACKSTEP: Doubts = Doubts(8);
    /// An epoch ends or begins: what ran between the two is not known.
    pub const EPOCH: Doubts = Doubts(16);
    /// Readings wait until later ones confirm them, and are not in the amount.
    pub const HELD: Doubts = Doubts(32);
    /// A reading had more digits than the point's resolution.
    pub const ROUNDED: Doubts = Doubts(64);
    /// The gateway's clock was not known to be right.
    pub const CLOCK: Doubts = Doubts(128);
    /// Filled later out of the gateway's archive.
    pub const RECALLED: Doubts = Doubts(256);
    /// A reading was written by hand: a declared replacement, a manual entry.
    pub const MANUAL: Doubts = Doubts(512);

    /// All that a doubt can be, with its name as APIs write it.
    pub const ALL: [(Doubts, &str); 10] = [
        (Doubts::ESTIMATED_SHAPE, "estimated_shape"),
        (Doubts::TRANSIENT, "transient"),
        (Doubts::ROLLOVER, "rollover"),
        (Doubts::BACKSTEP, "backstep"),
        (Doubts::EPOCH, "epoch"),
        (Doubts::HELD, "held"),
        (Doubts::ROUNDED, "rounded"),
        (Doubts::CLOCK, "clock"),
        (Doubts::RECALLED, "recalled"),
        (Doubts::MANUAL, "manual"),
    ];

    pub fn bits(self) -> u32 {
        self.0
    }

    /// `None` where a bit is not known here.
    pub fn from_bits(bits: u32) -> Option<Doubts> {
        let known = Self::ALL.iter().fold(0, |all, (one, _)| all | one.0);
        (bits & !known == 0).then_some(Doubts(bits))
    }

    pub fn has(self, other: Doubts) -> bool {
        self.0 & other.0 == other.0 && other.0 != 0
    }

    /// Those that both have.
    pub fn common(self, other: Doubts) -> Doubts {
        Doubts(self.0 & other.0)
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// How far a sum over many intervals can be relied on. A passing wrong value that was set aside, the end of a
    /// register that is known and readings out of the archive leave it right.
    pub fn quality(self) -> Quality {
        let harmless = Doubts::TRANSIENT | Doubts::ROLLOVER | Doubts::RECALLED;
        if self.0 & !harmless.0 == 0 { Quality::Good } else { Quality::Uncertain }
    }

    /// The names of those in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(move |(one, _)| self.has(*one)).map(|(_, name)| name)
    }
}

impl BitOr for Doubts {
    type Output = Doubts;

    fn bitor(self, other: Doubts) -> Doubts {
        Doubts(self.0 | other.0)
    }
}

impl BitOrAssign for Doubts {
    fn bitor_assign(&mut self, other: Doubts) {
        self.0 |= other.0;
    }
}

/// As a list of names.
impl Serialize for Doubts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Doubts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Doubts, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        names.into_iter().try_fold(Doubts::NONE, |all, name| {
            let known = Doubts::ALL.into_iter().find(|(_, known)| *known == name);
            known.map(|(one, _)| all | one).ok_or_else(|| D::Error::custom(format!("`{name}` is no doubt")))
        })
    }
}
