//! States of gas and steam, as people write them: `20C 101.325kPa`, `0.8MPa(g) saturated`.
//!
//! A gauge and an absolute pressure differ by an atmosphere, and saturated steam of 0.8 MPa(g) by 5 kJ/kg from that of
//! 0.8 MPa(a). So a pressure says which it is: `(a)` absolute, `(g)` gauge. Only 101.325 kPa, the standard atmosphere,
//! can be nothing but absolute.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A temperature and an absolute pressure of a gas.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GasState {
    pub celsius: Decimal,
    /// Absolute.
    pub kpa: Decimal,
}

/// What is known of a kilogram of steam.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Enthalpy {
    /// kJ/kg, as declared.
    Declared(Decimal),
    /// Superheated steam of a pressure (MPa, absolute) and a temperature.
    Steam { mpa: Decimal, celsius: Decimal },
    /// Dry saturated steam of a pressure, MPa, absolute.
    Saturated { mpa: Decimal },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateError {
    #[error("it is not written as a state")]
    Form,
    #[error("it does not say whether the pressure is absolute (a) or gauge (g)")]
    Pressure,
    #[error("it is outside of what is technically possible")]
    Range,
}

/// The standard atmosphere: ISO 2533.
const ATMOSPHERE_KPA: Decimal = Decimal::from_parts(101_325, 0, 0, false, 3);

impl GasState {
    /// 20 °C and 101.325 kPa: the reference of gas volumes in China (GB 17820-2018; own knowledge). GB/T 2589 was not
    /// seen to say which it means.
    pub const STANDARD: GasState = GasState { celsius: Decimal::from_parts(20, 0, 0, false, 0), kpa: ATMOSPHERE_KPA };
}

impl FromStr for GasState {
    type Err = StateError;

    fn from_str(text: &str) -> Result<GasState, StateError> {
        let (celsius, pressure) = text.split_once(' ').ok_or(StateError::Form)?;
        let celsius = celsius.strip_suffix('C').and_then(decimal).ok_or(StateError::Form)?;
        let kpa = pressure_kpa(pressure)?;
        let sound = between(celsius, -80, 300) && between(kpa, 1, 20_000);
        if sound { Ok(GasState { celsius, kpa }) } else { Err(StateError::Range) }
    }
}

impl FromStr for Enthalpy {
    type Err = StateError;

    fn from_str(text: &str) -> Result<Enthalpy, StateError> {
        if let Some(declared) = text.strip_suffix("kJ/kg") {
            let kj = decimal(declared.trim_end()).ok_or(StateError::Form)?;
            return if between(kj, 1, 5_000) { Ok(Enthalpy::Declared(kj)) } else { Err(StateError::Range) };
        }
        let (pressure, state) = text.split_once(' ').ok_or(StateError::Form)?;
        let mpa = pressure_kpa(pressure)? / Decimal::ONE_THOUSAND;
        if !(Decimal::new(1, 3)..=Decimal::from(100)).contains(&mpa) {
            return Err(StateError::Range);
        }
        if state == "saturated" {
            return Ok(Enthalpy::Saturated { mpa: mpa.normalize() });
        }
        let celsius = state.strip_suffix('C').and_then(decimal).ok_or(StateError::Form)?;
        let steam = Enthalpy::Steam { mpa: mpa.normalize(), celsius };
        if between(celsius, 0, 800) { Ok(steam) } else { Err(StateError::Range) }
    }
}

fn pressure_kpa(text: &str) -> Result<Decimal, StateError> {
    let (written, added) = match (text.strip_suffix("(g)"), text.strip_suffix("(a)")) {
        (Some(gauge), _) => (gauge, Some(ATMOSPHERE_KPA)),
        (_, Some(absolute)) => (absolute, Some(Decimal::ZERO)),
        _ => (text, None),
    };
    let (number, unit) = match written.strip_suffix("kPa") {
        Some(number) => (number, Decimal::ONE),
        None => (written.strip_suffix("MPa").ok_or(StateError::Form)?, Decimal::ONE_THOUSAND),
    };
    let kpa = decimal(number).ok_or(StateError::Form)? * unit;
    match added {
        Some(added) => Ok((kpa + added).normalize()),
        None if kpa == ATMOSPHERE_KPA => Ok(ATMOSPHERE_KPA),
        None => Err(StateError::Pressure),
    }
}

fn between(value: Decimal, low: i32, high: i32) -> bool {
    (Decimal::from(low)..=Decimal::from(high)).contains(&value)
}

/// Plain digits, at most six on either side of the point.
fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let sound = |part: &str| (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (sound(integer) && sound(fraction)).then(|| Decimal::from_str_exact(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_gas_state_is_absolute_whatever_was_written() {
        assert_eq!("20C 101.325kPa".parse(), Ok(GasState::STANDARD));
        assert_eq!("20C 0kPa(g)".parse(), Ok(GasState::STANDARD));
        assert_eq!("15C 0.3MPa(g)".parse(), Ok(GasState { celsius: d("15"), kpa: d("401.325") }));
        assert_eq!("-5.5C 98kPa(a)".parse(), Ok(GasState { celsius: d("-5.5"), kpa: d("98") }));
    }

    #[test]
    fn steam_is_declared_or_a_state() {
        assert_eq!("2773 kJ/kg".parse(), Ok(Enthalpy::Declared(d("2773"))));
        assert_eq!("2773.5kJ/kg".parse(), Ok(Enthalpy::Declared(d("2773.5"))));
        assert_eq!("0.8MPa(g) saturated".parse(), Ok(Enthalpy::Saturated { mpa: d("0.901325") }));
        assert_eq!("800kPa(a) 170.4C".parse(), Ok(Enthalpy::Steam { mpa: d("0.8"), celsius: d("170.4") }));
    }

    #[test]
    fn what_is_not_clear_is_not_guessed() {
        let gas = |text: &str| text.parse::<GasState>().unwrap_err();
        let steam = |text: &str| text.parse::<Enthalpy>().unwrap_err();
        assert_eq!([gas("20C 300kPa"), steam("0.8MPa saturated")], [StateError::Pressure; 2]);
        for text in ["", "20C", "101.325kPa 20C", "20 101.325kPa", "20C 1e2kPa(a)", "NaNC 101.325kPa", "20C 5bar(a)"] {
            assert_eq!(gas(text), StateError::Form, "{text}");
        }
        for text in ["", "2773", "0.8MPa(g)", "0.8MPa(g) wet", "0.8MPa(g) 170F", "-kJ/kg"] {
            assert_eq!(steam(text), StateError::Form, "{text}");
        }
        assert_eq!(gas("900C 101.325kPa"), StateError::Range);
        assert_eq!([steam("0kPa(a) saturated"), steam("0kJ/kg"), steam("1MPa(a) 900C")], [StateError::Range; 3]);
    }
}
