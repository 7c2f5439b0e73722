//! Data identifiers of the standard: how long a value is, and which block gives it together with others.
//!
//! Of the edition of 2007 (appendix A) these are known:
//!
//! ```text
//!   DI3 DI2 DI1 DI0                                   bytes  sign  places
//!   00  kk  tt  ss  energy; kk 00 to 0A, and of the     4    kk 0, 3, 4  2
//!                   phases 15 to 1E, 29 to 32, 3D to 46
//!                   tt tariff, FF all; ss settlement day, 0 now
//!   02  01  ph  00  voltage                             2     –      1
//!   02  02  ph  00  current                             3    yes     3
//!   02  03 … 05     power, reactive, apparent           3    yes     4
//!   02  06  ph  00  power factor                        2    yes     3
//!   02  07  ph  00  phase angle                         2     –      1
//!   02  80  00  nn  neutral current, frequency, …
//! ```
//! Of 1997 the energies 9xxx and A/B/C of B61x, B62x, and the powers B63x.
//!
//! # Does not
//! Know blocks of several kinds of values (2007: DI2 = FF; 1997: 9F…), whose layout depends on the meter.

use crate::agent::config::Dlt645Edition;

/// A value as the standard has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    pub bytes: u8,
    pub signed: bool,
    /// Digits behind the decimal point.
    pub places: u8,
    pub unit: &'static str,
}

const fn an(bytes: u8, signed: bool, places: u8, unit: &'static str) -> Option<Item> {
    Some(Item { bytes, signed, places, unit })
}

pub fn item(edition: Dlt645Edition, identifier: u32) -> Option<Item> {
    match edition {
        Dlt645Edition::E2007 => item_2007(identifier.to_be_bytes()),
        Dlt645Edition::E1997 => item_1997(u16::try_from(identifier).ok()?),
    }
}

fn item_2007(identifier: [u8; 4]) -> Option<Item> {
    match identifier {
        [0x00, kind, 0x00..=0x3F, 0x00..=0x0C] => energy(kind),
        [0x02, 0x01, 0x01..=0x03, 0x00] => an(2, false, 1, "V"),
        [0x02, 0x02, 0x01..=0x03, 0x00] => an(3, true, 3, "A"),
        [0x02, 0x03, 0x00..=0x03, 0x00] => an(3, true, 4, "kW"),
        [0x02, 0x04, 0x00..=0x03, 0x00] => an(3, true, 4, "kvar"),
        [0x02, 0x05, 0x00..=0x03, 0x00] => an(3, true, 4, "kVA"),
        [0x02, 0x06, 0x00..=0x03, 0x00] => an(2, true, 3, ""),
        [0x02, 0x07, 0x01..=0x03, 0x00] => an(2, false, 1, "°"),
        [0x02, 0x80, 0x00, 0x01] => an(3, true, 3, "A"),
        [0x02, 0x80, 0x00, 0x02] => an(2, false, 2, "Hz"),
        [0x02, 0x80, 0x00, 0x03 | 0x04] => an(3, true, 4, "kW"),
        [0x02, 0x80, 0x00, 0x05] => an(3, true, 4, "kvar"),
        [0x02, 0x80, 0x00, 0x06] => an(3, true, 4, "kVA"),
        [0x02, 0x80, 0x00, 0x07] => an(2, true, 1, "°C"),
        _ => None,
    }
}

/// The kinds repeat for each phase, from 15, 29 and 3D on with the second of them.
fn energy(kind: u8) -> Option<Item> {
    let kind = match kind {
        0x00..=0x0A => kind,
        0x15..=0x1E => kind - 0x14,
        0x29..=0x32 => kind - 0x28,
        0x3D..=0x46 => kind - 0x3C,
        _ => return None,
    };
    match kind {
        0x00 => an(4, true, 2, "kWh"),
        0x01 | 0x02 => an(4, false, 2, "kWh"),
        // two quadrants added up, which may cancel each other
        0x03 | 0x04 => an(4, true, 2, "kvarh"),
        0x05..=0x08 => an(4, false, 2, "kvarh"),
        _ => an(4, false, 2, "kVAh"),
    }
}

fn item_1997(identifier: u16) -> Option<Item> {
    let tariff = identifier & 0x0F;
    match identifier & 0xFFF0 {
        // now, last month, the month before it
        0x9010 | 0x9020 | 0x9410 | 0x9420 | 0x9810 | 0x9820 if tariff < 0x0F => an(4, false, 2, "kWh"),
        0x9110..=0x9160 | 0x9510..=0x9560 | 0x9910..=0x9960 if tariff < 0x0F => an(4, false, 2, "kvarh"),
        0xB610 if (1..=3).contains(&tariff) => an(2, false, 0, "V"),
        0xB620 if (1..=3).contains(&tariff) => an(2, false, 2, "A"),
        0xB630 if tariff <= 3 => an(3, false, 4, "kW"),
        _ => None,
    }
}

/// A block: one request for all values of a kind, each as long as the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    pub identifier: u32,
    /// In the order of the reply. A meter of more tariffs sends more of them.
    pub members: Vec<u32>,
    pub bytes: u8,
}

/// Total, and the four tariffs 尖 峰 平 谷.
const TARIFFS: u32 = 4;

/// The block in which `identifier` is.
pub fn block(edition: Dlt645Edition, identifier: u32) -> Option<Block> {
    let bytes = item(edition, identifier)?.bytes;
    let (block, members): (u32, Vec<u32>) = match edition {
        Dlt645Edition::E2007 => {
            let with = |place: u32| identifier & !0xFF00 | place << 8;
            let members = match identifier.to_be_bytes() {
                [0x00, 0x00..=0x0A, ..] => 0..=TARIFFS,
                [0x02, 0x01 | 0x02 | 0x07, ..] => 1..=3,
                [0x02, 0x03..=0x06, ..] => 0..=3,
                _ => return None,
            };
            (with(0xFF), members.map(with).collect())
        }
        Dlt645Edition::E1997 => {
            let with = |place: u32| identifier & !0x0F | place;
            let members = match identifier & 0xFFF0 {
                0xB610 | 0xB620 => 1..=3,
                0x9000..=0x9FF0 => 0..=TARIFFS,
                _ => return None,
            };
            (with(0x0F), members.map(with).collect())
        }
    };
    members.contains(&identifier).then_some(Block { identifier: block, members, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dlt645Edition::{E1997, E2007};

    #[test]
    fn a_block_lists_its_members_as_the_reply_does() {
        let of = |edition, identifier| {
            block(edition, identifier).map(|block| (block.identifier, block.members, block.bytes))
        };
        assert_eq!(of(E2007, 0x0201_0200), Some((0x0201_FF00, vec![0x0201_0100, 0x0201_0200, 0x0201_0300], 2)));
        let power = vec![0x0203_0000, 0x0203_0100, 0x0203_0200, 0x0203_0300];
        assert_eq!(of(E2007, 0x0203_0000), Some((0x0203_FF00, power, 3)));
        let last_month = vec![0x0001_0001, 0x0001_0101, 0x0001_0201, 0x0001_0301, 0x0001_0401];
        assert_eq!(of(E2007, 0x0001_0301), Some((0x0001_FF01, last_month, 4)));
        assert_eq!(of(E1997, 0x9010), Some((0x901F, vec![0x9010, 0x9011, 0x9012, 0x9013, 0x9014], 4)));
        assert_eq!(of(E1997, 0xB612), Some((0xB61F, vec![0xB611, 0xB612, 0xB613], 2)));
    }

    #[test]
    fn what_is_in_no_block_or_is_one_itself_has_none() {
        for identifier in [0x0001_0500, 0x0015_0000, 0x0280_0002, 0x0001_FF00, 0x0506_0101, 0x0201_0000] {
            assert_eq!(block(E2007, identifier), None, "{identifier:08X}");
        }
        for identifier in [0xB630, 0x901F, 0xC032, 0x1_9010] {
            assert_eq!(block(E1997, identifier), None, "{identifier:04X}");
        }
    }

    #[test]
    fn lengths_and_signs_are_those_of_the_standard() {
        let of = |identifier| item(E2007, identifier).map(|item| (item.bytes, item.signed, item.places));
        assert_eq!(of(0x0000_0000), Some((4, true, 2)), "combined energy can be negative");
        assert_eq!(of(0x0001_0000), Some((4, false, 2)));
        assert_eq!(of(0x0015_0000), of(0x0001_0000), "forward energy of phase A");
        assert_eq!(of(0x003E_0000), of(0x0002_0000), "reverse energy of phase C");
        assert_eq!(of(0x0202_0100), Some((3, true, 3)));
        assert_eq!(of(0x0206_0000), Some((2, true, 3)));
        assert_eq!(of(0x0506_0101), None);
        assert_eq!(item(E1997, 0xB621).map(|item| (item.bytes, item.places)), Some((2, 2)));
    }
}
