//! In which order settings, protocols and addresses are tried. Pure.
//!
//! # Promises
//! - Likely settings come first, low addresses before high ones, and nothing twice.
//! - Once meters have answered, only settings at which they did are gone on with, unless all are wanted.

use crate::agent::{commission::wire, config::Wire};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    Modbus,
    #[value(name = "dlt645-2007")]
    #[serde(rename = "dlt645-2007")]
    Dlt645Of2007,
    #[value(name = "dlt645-1997")]
    #[serde(rename = "dlt645-1997")]
    Dlt645Of1997,
    Cjt188,
}

impl Protocol {
    pub const ALL: [Protocol; 4] = [Protocol::Modbus, Protocol::Dlt645Of2007, Protocol::Dlt645Of1997, Protocol::Cjt188];

    /// As the configuration writes it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Modbus => "modbus",
            Protocol::Dlt645Of2007 => "dlt645-2007",
            Protocol::Dlt645Of1997 => "dlt645-1997",
            Protocol::Cjt188 => "cjt188",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// `None`: a network.
    pub wire: Option<Wire>,
    pub protocol: Protocol,
    /// Of Modbus.
    pub units: Vec<u8>,
}

impl Step {
    /// Requests, at least.
    pub fn weight(&self) -> usize {
        match self.protocol {
            Protocol::Modbus => self.units.len(),
            _ => 2,
        }
    }
}

/// Addresses that installers give.
const FIRST_UNITS: usize = 16;

/// `wires`: what is to be tried, in any order; none of a network, on which only Modbus is spoken.
pub fn steps(wires: &[Wire], protocols: &[Protocol], units: &[u8]) -> Vec<Step> {
    if wires.is_empty() {
        let units = units.to_vec();
        return vec![Step { wire: None, protocol: Protocol::Modbus, units }];
    }
    let (first, rest) = units.split_at_checked(FIRST_UNITS).unwrap_or((units, &[]));
    let mut steps: Vec<(usize, usize, Step)> = Vec::new();
    for wire in wires.iter().copied() {
        for protocol in protocols.iter().copied() {
            let parts = if protocol == Protocol::Modbus { vec![first, rest] } else { vec![&[][..]] };
            for (pass, units) in parts.into_iter().enumerate() {
                if protocol == Protocol::Modbus && units.is_empty() {
                    continue;
                }
                let step = Step { wire: Some(wire), protocol, units: units.to_vec() };
                steps.push((pass, unlikely(wire, protocol), step));
            }
        }
    }
    // stable: of the same likelihood in the order that was given
    steps.sort_by_key(|(pass, unlikely, _)| (*pass, *unlikely));
    steps.into_iter().map(|(_, _, step)| step).collect()
}

/// What is left to do when meters were found at these settings.
pub fn narrowed(steps: Vec<Step>, found: &[Wire]) -> Vec<Step> {
    if found.is_empty() {
        return steps;
    }
    steps.into_iter().filter(|step| step.wire.is_none_or(|wire| found.contains(&wire))).collect()
}

/// Modbus leaves the factory at 9600 8N1; DL/T 645 prescribes even parity, and 2400 where nothing else is said, as CJ/T
/// 188 does.
fn unlikely(setting: Wire, protocol: Protocol) -> usize {
    const OF_METERS: [u32; 4] = [2400, 9600, 1200, 4800];
    let place = |bauds: &[u32]| bauds.iter().position(|baud| *baud == setting.baud).unwrap_or(bauds.len());
    let format = wire::format(setting);
    let (bauds, formats) = match protocol {
        Protocol::Modbus => (&wire::BAUDS[..], ["8N1", "8E1", "8N2", "8O1"]),
        _ => (&OF_METERS[..], ["8E1", "8N1", "8O1", "8N2"]),
    };
    let format = formats.iter().position(|known| *known == format).unwrap_or(formats.len());
    let kind = match protocol {
        Protocol::Modbus => 0,
        Protocol::Dlt645Of2007 => 1,
        Protocol::Dlt645Of1997 => 4,
        Protocol::Cjt188 => 5,
    };
    2 * place(bauds) + 3 * format + kind
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn all() -> Vec<Wire> {
        let bauds = wire::BAUDS.into_iter().rev();
        bauds.flat_map(|baud| wire::FORMATS.iter().filter_map(move |(name, ..)| wire::wire(baud, name))).collect()
    }

    fn shown(step: &Step) -> String {
        format!("{} {}", step.wire.map(wire::shown).unwrap_or_default(), step.protocol.name())
    }

    #[test]
    fn likely_settings_come_first_and_nothing_twice() {
        let units: Vec<u8> = (1..=247).collect();
        let steps = steps(&all(), &Protocol::ALL, &units);
        let first: Vec<_> = steps.iter().take(5).map(shown).collect();
        assert_eq!(
            first,
            ["9600 8N1 modbus", "2400 8E1 dlt645-2007", "2400 8N1 modbus", "9600 8E1 modbus", "9600 8E1 dlt645-2007"]
        );
        assert_eq!(steps[0].units, (1..=16).collect::<Vec<_>>(), "what is likely first");
        let mut seen = HashSet::new();
        for step in &steps {
            for unit in if step.units.is_empty() { &[0][..] } else { &step.units } {
                assert!(seen.insert((shown(step), *unit)), "{} {unit} twice", shown(step));
            }
        }
        assert_eq!(seen.len(), all().len() * (247 + 3), "and nothing is left out");
        let last_first = steps.iter().rposition(|step| step.units.first() == Some(&1)).unwrap();
        let first_rest = steps.iter().position(|step| step.units.first() == Some(&17)).unwrap();
        assert!(last_first < first_rest);
    }

    #[test]
    fn a_setting_at_which_meters_answered_is_gone_on_with() {
        let units: Vec<u8> = (1..=20).collect();
        let at = |baud| wire::wire(baud, "8N1").unwrap();
        let all = steps(&[at(9600), at(2400)], &[Protocol::Modbus], &units);
        assert_eq!(narrowed(all.clone(), &[]), all);
        let left = narrowed(all, &[at(2400)]);
        assert_eq!(left.iter().map(shown).collect::<Vec<_>>(), ["2400 8N1 modbus"; 2]);
    }

    #[test]
    fn a_network_has_units_and_no_settings() {
        assert_eq!(steps(&[], &Protocol::ALL, &[1, 2]).len(), 1);
    }
}
