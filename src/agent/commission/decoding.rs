//! Every plausible decoding of some registers, side by side, and which of them the meter's display shows.
//!
//! # Promises
//! - Decodes with the service's own code: what is chosen here is what the agent will read.
//! - An expected value matches where it differs by no more than one unit of its last digit, times a power of ten from
//!   -3 to 3: a display and a register are read at different moments.

use crate::{
    agent::{
        config::{ValueType, WordOrder},
        source::modbus,
    },
    model::RawValue,
};
use rust_decimal::Decimal;
use std::str::FromStr;

/// In the order of likelihood.
pub const TYPES: [ValueType; 16] = [
    ValueType::U16,
    ValueType::I16,
    ValueType::U32,
    ValueType::I32,
    ValueType::F32,
    ValueType::U64,
    ValueType::I64,
    ValueType::F64,
    ValueType::Bcd(1),
    ValueType::Bcd(2),
    ValueType::Bcd(3),
    ValueType::Bcd(4),
    ValueType::Mod10k(2),
    ValueType::Mod10k(3),
    ValueType::Mod10k(4),
    ValueType::U8Lo,
];
const POWERS: std::ops::RangeInclusive<i32> = -3..=3;
/// Beyond that no meter counts; a wrong order gives such numbers.
const MAGNITUDE_MAX: f64 = 1e15;
const MAGNITUDE_MIN: f64 = 1e-6;
pub const MATCHES_MAX: usize = 12;

#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// As it is in the message.
    pub register: u16,
    pub value_type: ValueType,
    pub order: WordOrder,
    pub value: RawValue,
}

/// All types and orders at each place of `words`, which begin at `start`.
pub fn candidates(start: u16, words: &[u16]) -> Vec<Candidate> {
    let places = (0..words.len()).filter_map(|place| Some((start.checked_add(u16::try_from(place).ok()?)?, place)));
    places.flat_map(|(register, place)| at(register, words.get(place..).unwrap_or_default())).collect()
}

/// Those that begin at the first of the words.
pub fn at(register: u16, words: &[u16]) -> Vec<Candidate> {
    let mut found = Vec::new();
    for value_type in TYPES {
        let count = value_type.registers();
        let Some(words) = words.get(..usize::from(count)) else { continue };
        for order in WordOrder::ALL.into_iter().filter(|order| order.fits(count)) {
            match modbus::from_words(words, value_type, order, &[]) {
                Ok(value) if plausible(value_type, &value) => {
                    found.push(Candidate { register, value_type, order, value });
                }
                _ => {}
            }
        }
    }
    found
}

fn plausible(value_type: ValueType, value: &RawValue) -> bool {
    let of_float = |value: f64| value == 0.0 || (MAGNITUDE_MIN..MAGNITUDE_MAX).contains(&value.abs());
    match value {
        RawValue::Float(value) => of_float(*value),
        // where it is not negative it is the unsigned one
        RawValue::Int(value) => *value < 0 && of_float(*value as f64),
        RawValue::UInt(value) => {
            // the same number once more in fewer registers
            let small = matches!(value_type, ValueType::U8Lo) && *value > 99;
            !small && (*value as f64) < MAGNITUDE_MAX
        }
        RawValue::Decimal(_) => true,
    }
}

/// The shortest digits that give the number back; of a float of 32 bits those of that.
pub fn shown(value: &RawValue, value_type: ValueType) -> String {
    match (value, value_type) {
        (RawValue::Float(value), ValueType::F32) => (*value as f32).to_string(),
        (RawValue::Float(value), _) => value.to_string(),
        (RawValue::Int(value), _) => value.to_string(),
        (RawValue::UInt(value), _) => value.to_string(),
        (RawValue::Decimal(value), _) => value.to_string(),
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Match {
    pub candidate: Candidate,
    /// value × 10^power is what the display shows.
    pub power: i32,
    pub value: Decimal,
    pub difference: Decimal,
}

/// What matches, the likeliest first. `asked`: the register that was named; others are less likely.
pub fn matches(candidates: &[Candidate], asked: u16, expected: Decimal) -> Vec<Match> {
    let unit = Decimal::new(1, expected.scale());
    let mut found: Vec<Match> = candidates
        .iter()
        .flat_map(|candidate| POWERS.map(move |power| (candidate, power)))
        .filter_map(|(candidate, power)| {
            let value = times_ten(Decimal::from_str(&shown(&candidate.value, candidate.value_type)).ok()?, power)?;
            let difference = (value - expected).abs();
            (difference <= unit).then(|| Match { candidate: candidate.clone(), power, value, difference })
        })
        .collect();
    let likely = |value_type: ValueType| TYPES.iter().position(|known| *known == value_type);
    found.sort_by_key(|one| {
        let Candidate { register, value_type, order, .. } = one.candidate;
        let away = register.abs_diff(asked);
        // a unit of many registers of which the highest are 0 is found in fewer as well: all are shown, the shortest first
        (one.difference, away, one.power.abs(), likely(value_type), order as u8)
    });
    found.truncate(MATCHES_MAX);
    found
}

pub fn times_ten(value: Decimal, power: i32) -> Option<Decimal> {
    let factor = Decimal::from(10_i64.checked_pow(power.unsigned_abs())?);
    if power < 0 { value.checked_div(factor) } else { value.checked_mul(factor) }
}

/// The keys of a point that is read in this way.
pub fn toml(one: &Match, function: u8, expected: Decimal) -> String {
    let Candidate { register, value_type, order, .. } = &one.candidate;
    let order = if value_type.registers() > 1 { format!("word_order = \"{order}\"\n") } else { String::new() };
    let scale = times_ten(Decimal::ONE, one.power).unwrap_or(Decimal::ONE).normalize();
    let step = Decimal::new(1, expected.scale());
    let digits = match value_type {
        // a float says nothing about its own steps
        ValueType::F32 | ValueType::F64 => {
            let resolution = times_ten(step, -one.power).unwrap_or(step).normalize();
            let scale = if one.power == 0 { String::new() } else { format!("scale = \"{scale}\"\n") };
            format!("resolution = \"{resolution}\"\n{scale}")
        }
        _ => format!("scale = \"{scale}\"\n"),
    };
    format!("function = {function}\nregister = {register}\ntype = \"{value_type}\"\n{order}{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    fn best(words: &[u16], expected: &str) -> Option<(String, String, i32)> {
        let found = matches(&candidates(100, words), 100, decimal(expected));
        found.first().map(|one| (one.candidate.value_type.to_string(), one.candidate.order.to_string(), one.power))
    }

    fn says(value_type: &str, order: &str, power: i32) -> Option<(String, String, i32)> {
        Some((value_type.into(), order.into(), power))
    }

    #[test]
    fn the_display_tells_type_order_and_scale() {
        // 1 234 567 in two registers, the lower word first
        assert_eq!(best(&[0xD687, 0x0012], "12345.67"), says("u32", "CDAB", -2));
        assert_eq!(best(&[0x0012, 0xD687], "12345.67"), says("u32", "ABCD", -2));
        let float = 12345.67_f32.to_bits();
        assert_eq!(best(&[(float >> 16) as u16, float as u16], "12345.67"), says("f32", "ABCD", 0));
        assert_eq!(best(&[0x0123, 0x4567], "12345.67"), says("bcd32", "ABCD", -2));
        assert_eq!(best(&[123, 4567], "12345.67"), says("mod10k32", "ABCD", -2));
        assert_eq!(best(&[2301], "230.1"), says("u16", "ABCD", -1));
        assert_eq!(best(&[0xFFFF - 11], "-1.2"), says("i16", "ABCD", -1));
        assert_eq!(best(&[7], "12345.67"), None);
    }

    #[test]
    fn a_meter_that_went_on_by_its_last_digit_is_still_the_one_and_by_two_no_more() {
        assert_eq!(best(&[0x0012, 0xD688], "12345.67"), says("u32", "ABCD", -2));
        assert_eq!(best(&[0x0012, 0xD689], "12345.67"), None);
    }

    #[test]
    fn the_register_that_was_named_is_likelier_than_its_neighbour() {
        let words = [2301, 0, 2301];
        let found = matches(&candidates(99, &words), 101, decimal("2301"));
        assert_eq!(found.first().map(|one| one.candidate.register), Some(101));
    }

    #[test]
    fn the_keys_are_those_of_the_configuration() {
        let words = [0x0012, 0xD687];
        let found = matches(&candidates(0x2012, &words), 0x2012, decimal("12345.67"));
        let text = "function = 3\nregister = 8210\ntype = \"u32\"\nword_order = \"ABCD\"\nscale = \"0.01\"\n";
        assert_eq!(toml(&found[0], 3, decimal("12345.67")), text);
        let float = 12.3_f32.to_bits();
        let found = matches(&candidates(0, &[(float >> 16) as u16, float as u16]), 0, decimal("12300"));
        let text = toml(&found[0], 4, decimal("12300"));
        assert!(text.ends_with("resolution = \"0.001\"\nscale = \"1000\"\n"), "{text}");
    }

    proptest! {
        #[test]
        fn what_a_meter_shows_is_found(value in 10_000_u32..u32::MAX, power in -3..=3_i32, order in 0..4_usize) {
            let order = WordOrder::ALL[order];
            let bytes = value.to_be_bytes();
            let lay = |at: [usize; 4]| [u16::from_be_bytes([bytes[at[0]], bytes[at[1]]]), u16::from_be_bytes([bytes[at[2]], bytes[at[3]]])];
            let words = match order {
                WordOrder::Abcd => lay([0, 1, 2, 3]),
                WordOrder::Badc => lay([1, 0, 3, 2]),
                WordOrder::Cdab => lay([2, 3, 0, 1]),
                _ => lay([3, 2, 1, 0]),
            };
            let expected = times_ten(Decimal::from(value), power).unwrap();
            let found = matches(&candidates(0, &words), 0, expected);
            prop_assert!(found.iter().any(|one| one.candidate.value_type == ValueType::U32 && one.candidate.order == order && one.power == power));
        }

        #[test]
        fn any_words_are_decoded(words in prop::collection::vec(any::<u16>(), 0..8), start: u16) {
            for one in candidates(start, &words) {
                prop_assert!(plausible(one.value_type, &one.value));
            }
        }
    }
}
