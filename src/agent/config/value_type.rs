//! Types of Modbus values, word orders and patterns of no value, by the names that the file gives them.

use super::{ValueType, WordOrder};
use crate::energy::counter::COUNT_MAX;
use std::fmt;

/// Eighteen digits fit a count.
const TEXT_REGISTERS_MAX: u8 = 9;

const PLAIN: [(&str, ValueType); 19] = [
    ("bool", ValueType::Bool),
    ("u8hi", ValueType::U8Hi),
    ("u8lo", ValueType::U8Lo),
    ("u16", ValueType::U16),
    ("i16", ValueType::I16),
    ("u32", ValueType::U32),
    ("i32", ValueType::I32),
    ("u64", ValueType::U64),
    ("i64", ValueType::I64),
    ("f32", ValueType::F32),
    ("f64", ValueType::F64),
    ("bcd16", ValueType::Bcd(1)),
    ("bcd32", ValueType::Bcd(2)),
    ("bcd48", ValueType::Bcd(3)),
    ("bcd64", ValueType::Bcd(4)),
    ("mod10k16", ValueType::Mod10k(1)),
    ("mod10k32", ValueType::Mod10k(2)),
    ("mod10k48", ValueType::Mod10k(3)),
    ("mod10k64", ValueType::Mod10k(4)),
];

/// Four letters for any width, and eight for 64 bits.
const ORDERS: [(&str, &str, WordOrder); 6] = [
    ("ABCD", "ABCDEFGH", WordOrder::Abcd),
    ("BADC", "BADCFEHG", WordOrder::Badc),
    ("CDAB", "GHEFCDAB", WordOrder::Cdab),
    ("DCBA", "HGFEDCBA", WordOrder::Dcba),
    ("", "EFGHABCD", WordOrder::Efghabcd),
    ("", "FEHGBADC", WordOrder::Fehgbadc),
];

impl ValueType {
    /// The names that are a word of their own; `bit:N`, `bits:N:COUNT` and `ascii:REGISTERS` have numbers in them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PLAIN.into_iter().map(|(name, _)| name)
    }

    pub fn named(text: &str) -> Option<ValueType> {
        if let Some((_, value_type)) = PLAIN.iter().find(|(name, _)| *name == text) {
            return Some(*value_type);
        }
        let number = |text: &str, from: u8, to: u8| text.parse().ok().filter(|number| (from..=to).contains(number));
        let (name, rest) = text.split_once(':')?;
        match (name, rest.split_once(':')) {
            ("bit", None) => Some(ValueType::Bits { first: number(rest, 0, 15)?, count: 1 }),
            ("bits", Some((first, count))) => {
                let first = number(first, 0, 15)?;
                Some(ValueType::Bits { first, count: number(count, 1, 16 - first)? })
            }
            ("ascii", None) => Some(ValueType::Ascii(number(rest, 1, TEXT_REGISTERS_MAX)?)),
            _ => None,
        }
    }

    /// In bits, where 64 hold it.
    pub fn bits(self) -> Option<u32> {
        match self {
            ValueType::Bool => Some(1),
            ValueType::U8Hi | ValueType::U8Lo => Some(8),
            ValueType::Bits { count, .. } => Some(count.into()),
            _ => Some(u32::from(self.registers()) * 16).filter(|bits| *bits <= 64),
        }
    }

    /// How many values from 0 on it has, where these are whole numbers; as many as a count may be at most.
    pub fn values(self) -> Option<i64> {
        let power = |base: i64, exponent: u32| base.checked_pow(exponent).unwrap_or(COUNT_MAX).min(COUNT_MAX);
        Some(match self {
            ValueType::Bool => 2,
            ValueType::U8Hi | ValueType::U8Lo => 1 << 8,
            ValueType::U16 => 1 << 16,
            ValueType::I16 => 1 << 15,
            ValueType::U32 => 1 << 32,
            ValueType::I32 => 1 << 31,
            ValueType::U64 | ValueType::I64 => COUNT_MAX,
            ValueType::F32 | ValueType::F64 => return None,
            ValueType::Bits { count, .. } => 1 << count,
            ValueType::Bcd(registers) | ValueType::Mod10k(registers) => power(10_000, registers.into()),
            ValueType::Ascii(registers) => power(100, registers.into()),
        })
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueType::Bits { first, count: 1 } => write!(f, "bit:{first}"),
            ValueType::Bits { first, count } => write!(f, "bits:{first}:{count}"),
            ValueType::Ascii(registers) => write!(f, "ascii:{registers}"),
            plain => f.write_str(PLAIN.iter().find(|(_, known)| known == plain).map_or("?", |(name, _)| name)),
        }
    }
}

impl WordOrder {
    pub const ALL: [WordOrder; 6] =
        [WordOrder::Abcd, WordOrder::Badc, WordOrder::Cdab, WordOrder::Dcba, WordOrder::Efghabcd, WordOrder::Fehgbadc];

    /// With the number of registers of which the name speaks, where it does.
    pub fn named(text: &str) -> Option<(WordOrder, Option<u16>)> {
        let named = |(four, eight, order): &(&str, &str, WordOrder)| match text {
            "" => None,
            text if text == *four => Some((*order, None)),
            text if text == *eight => Some((*order, Some(4))),
            _ => None,
        };
        ORDERS.iter().find_map(named)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        ORDERS.into_iter().flat_map(|(four, eight, _)| [four, eight]).filter(|name| !name.is_empty())
    }

    /// Whether so many registers can lie in this order, and this order is no other one of them by another name.
    pub fn fits(self, registers: u16) -> bool {
        match self {
            WordOrder::Abcd | WordOrder::Badc => true,
            WordOrder::Cdab | WordOrder::Dcba => registers > 1,
            WordOrder::Efghabcd | WordOrder::Fehgbadc => registers == 4,
        }
    }
}

impl fmt::Display for WordOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ORDERS.iter().find(|(_, _, known)| known == self);
        f.write_str(known.map_or("?", |(four, eight, _)| if four.is_empty() { eight } else { four }))
    }
}

/// The bits of a pattern that means "no value": `0x7FFF`, `65535`, or `-1` of a type that may be negative.
pub(super) fn pattern(text: &str, value_type: ValueType) -> Option<u64> {
    let bits = value_type.bits()?;
    let limit = u64::MAX >> (64 - bits);
    if let Some(digits) = text.strip_prefix("0x") {
        let plain = (1..=16).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return u64::from_str_radix(digits, 16).ok().filter(|pattern| plain && *pattern <= limit);
    }
    if text.starts_with('-') {
        let signed = matches!(value_type, ValueType::I16 | ValueType::I32 | ValueType::I64);
        let number: i64 = text.parse().ok().filter(|number| signed && *number >= -((limit >> 1) as i64) - 1)?;
        return Some(number as u64 & limit);
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|pattern| plain && *pattern <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_is_shown() {
        let more = ["bit:0", "bit:15", "bits:0:16", "bits:3:5", "ascii:1", "ascii:9"];
        for name in ValueType::names().chain(more) {
            assert_eq!(ValueType::named(name).map(|found| found.to_string()).as_deref(), Some(name));
        }
        for name in [
            "",
            "U16",
            "u24",
            "bit",
            "bit:",
            "bit:16",
            "bit:-1",
            "bits:3",
            "bits:15:2",
            "bits:0:0",
            "ascii:0",
            "ascii:10",
            "bit:1:1",
        ] {
            assert_eq!(ValueType::named(name), None, "{name}");
        }
        for order in WordOrder::ALL {
            assert_eq!(WordOrder::named(&order.to_string()).map(|(found, _)| found), Some(order));
        }
        assert_eq!(WordOrder::named("GHEFCDAB"), Some((WordOrder::Cdab, Some(4))));
        assert_eq!(WordOrder::named(""), None);
        assert_eq!(WordOrder::names().count(), 10);
    }

    #[test]
    fn a_pattern_has_the_width_of_its_type() {
        use ValueType::*;
        assert_eq!(pattern("0xFFFF", U16), Some(0xFFFF));
        assert_eq!(pattern("0x7fc00000", F32), Some(0x7FC0_0000));
        assert_eq!(pattern("0xFFFFFFFFFFFFFFFF", U64), Some(u64::MAX));
        assert_eq!(
            [pattern("-1", I16), pattern("-32768", I16), pattern("-2", I64)],
            [Some(0xFFFF), Some(0x8000), Some(u64::MAX - 1)]
        );
        assert_eq!(
            [pattern("65535", U16), pattern("255", U8Lo), pattern("7", Bits { first: 4, count: 3 })],
            [Some(65535), Some(255), Some(7)]
        );
        for (text, value_type) in [
            ("0x10000", U16),
            ("65536", U16),
            ("-1", U16),
            ("-32769", I16),
            ("0x", U16),
            ("0x+1", U16),
            ("", U16),
            ("+1", U16),
            ("FFFF", U16),
            ("0x100", U8Hi),
            ("8", Bits { first: 0, count: 3 }),
            ("0x3030", Ascii(5)),
        ] {
            assert_eq!(pattern(text, value_type), None, "{text} of {value_type}");
        }
    }
}
