//! Speeds and formats of a line, by the names that an installer writes.

use crate::agent::config::{Parity, Wire};

/// Likely ones first: Modbus meters leave the factory at 9600, DL/T 645 at 2400, long lines are slowed down to 4800.
pub const BAUDS: [u32; 8] = [9600, 2400, 4800, 19_200, 38_400, 115_200, 1200, 57_600];
pub const FORMATS: [(&str, Parity, u8); 4] =
    [("8N1", Parity::None, 1), ("8E1", Parity::Even, 1), ("8N2", Parity::None, 2), ("8O1", Parity::Odd, 1)];

pub fn wire(baud: u32, format: &str) -> Option<Wire> {
    let (_, parity, stop_bits) = FORMATS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(format))?;
    (1200..=115_200).contains(&baud).then_some(Wire { baud, parity: *parity, stop_bits: *stop_bits })
}

pub fn format(wire: Wire) -> &'static str {
    let known = FORMATS.iter().find(|(_, parity, stop_bits)| (*parity, *stop_bits) == (wire.parity, wire.stop_bits));
    known.map_or("?", |(name, ..)| name)
}

/// As it is said: `9600 8N1`.
pub fn shown(wire: Wire) -> String {
    format!("{} {}", wire.baud, format(wire))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_is_shown_as_it_is_written() {
        for (name, ..) in FORMATS {
            assert_eq!(wire(9600, name).map(shown), Some(format!("9600 {name}")));
        }
        assert_eq!(wire(9600, "8e1").map(shown).as_deref(), Some("9600 8E1"));
        assert_eq!((wire(9600, "7E1"), wire(300, "8N1"), wire(0, "8N1")), (None, None, None));
    }
}
