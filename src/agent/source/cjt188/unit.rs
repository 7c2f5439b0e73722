//! The codes of units (CJ/T 188-2004, table 13; 2018, table 20).

use std::fmt;

/// A unit, and the power of ten by which it is multiplied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unit {
    pub name: &'static str,
    /// 0, 1 or 2: the code stands for the unit, ten or a hundred of it.
    pub ten_to_the: u8,
}

/// The first code of each unit that is followed by those of its tenfold and its hundredfold.
const STEPS: [(u8, &str); 16] = [
    (0x02, "Wh"),
    (0x05, "kWh"),
    (0x08, "MWh"),
    (0x0B, "kJ"),
    (0x0E, "MJ"),
    (0x11, "GJ"),
    (0x14, "W"),
    (0x17, "kW"),
    (0x1A, "MW"),
    (0x29, "L"),
    (0x2C, "m3"),
    (0x32, "L/h"),
    (0x35, "m3/h"),
    (0x43, "kJ/h"),
    (0x46, "MJ/h"),
    (0x49, "GJ/h"),
];

pub fn unit(code: u8) -> Option<Unit> {
    match code {
        0x01 => Some(Unit { name: "J", ten_to_the: 0 }),
        0x40 => Some(Unit { name: "J/h", ten_to_the: 0 }),
        _ => STEPS.iter().find_map(|(first, name)| {
            let ten_to_the = code.checked_sub(*first).filter(|step| *step <= 2)?;
            Some(Unit { name, ten_to_the })
        }),
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ten_to_the {
            0 => f.write_str(self.name),
            1 => write!(f, "10 {}", self.name),
            _ => write!(f, "100 {}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_table() {
        let of = |code| unit(code).map(|unit| unit.to_string());
        for (code, name) in [
            (0x05, "kWh"),
            (0x08, "MWh"),
            (0x0A, "100 MWh"),
            (0x11, "GJ"),
            (0x17, "kW"),
            (0x2C, "m3"),
            (0x2D, "10 m3"),
            (0x35, "m3/h"),
        ] {
            assert_eq!(of(code).as_deref(), Some(name), "{code:02X}");
        }
        for code in [0x00, 0x1D, 0x28, 0x2F, 0x31, 0x38, 0x41, 0x4C, 0xFF] {
            assert_eq!(of(code), None, "{code:02X}");
        }
        let known = (0..=0xFF).filter(|code| unit(*code).is_some()).count();
        assert_eq!(known, 3 * STEPS.len() + 2, "no code has two units");
    }
}
