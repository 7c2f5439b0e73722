//! A state of steam → its enthalpy, by IAPWS-IF97.
//!
//! GB/T 2589-2020 has no factor of steam by mass any more (the 2008 edition had 0.1286 kgce/kg): steam counts as heat, by
//! its enthalpy.
//!
//! # Promises
//! - A declared enthalpy is taken as it is; a computed one is rounded to 0.1 kJ/kg.
//! - Water is refused, and so is what lies outside of IAPWS-IF97.

use crate::model::Enthalpy;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use seuif97::{OH, OT, pt, px};

/// The property is a float: to 0.1 kJ/kg it is the same on every machine.
const DECIMALS: u32 = 1;
/// A state at the line of saturation is written with a rounded temperature.
const SATURATION_TOLERANCE_C: f64 = 0.5;

#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum SteamError {
    #[error("water, not steam: at this pressure it boils at {boils_at_c} °C")]
    Water { boils_at_c: Decimal },
    #[error("outside of IAPWS-IF97")]
    Range,
}

/// Specific enthalpy of the steam, kJ/kg, by IAPWS-IF97 where it is not declared, rounded to 0.1.
///
/// # Errors
/// The state is water, or beyond the critical pressure of 22.064 MPa for saturated steam.
pub fn enthalpy_kj_per_kg(steam: &Enthalpy) -> Result<Decimal, SteamError> {
    const CRITICAL_MPA: f64 = 22.064;
    let float = |value: &Decimal| value.to_f64().ok_or(SteamError::Range);
    let kj = match steam {
        Enthalpy::Declared(kj) => return Ok(*kj),
        Enthalpy::Saturated { mpa } => match float(mpa)? {
            mpa if mpa >= CRITICAL_MPA => return Err(SteamError::Range),
            mpa => px(mpa, 1.0, OH),
        },
        Enthalpy::Steam { mpa, celsius } => {
            let (mpa, celsius) = (float(mpa)?, float(celsius)?);
            let boils_at_c = if mpa < CRITICAL_MPA { px(mpa, 0.0, OT) } else { 373.946 };
            if celsius < boils_at_c - SATURATION_TOLERANCE_C {
                return Err(SteamError::Water { boils_at_c: rounded(boils_at_c)? });
            }
            // so close to the line, the side of it is not what was meant
            if mpa < CRITICAL_MPA && celsius <= boils_at_c { px(mpa, 1.0, OH) } else { pt(mpa, celsius, OH) }
        }
    };
    rounded(kj).and_then(|kj| if kj > Decimal::ZERO { Ok(kj) } else { Err(SteamError::Range) })
}

fn rounded(value: f64) -> Result<Decimal, SteamError> {
    Decimal::from_f64_retain(value).map(|value| value.round_dp(DECIMALS).normalize()).ok_or(SteamError::Range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_gives_the_published_values_of_if97() {
        let near = |found: f64, published: f64| assert!((found - published).abs() < 2e-5, "{found} {published}");
        // IAPWS R7-97(2012), table 15 (region 2): T in K, p in MPa, h in kJ/kg
        for (kelvin, mpa, published) in
            [(300.0, 0.0035, 2_549.911_45), (700.0, 0.0035, 3_335.683_75), (700.0, 30.0, 2_631.494_74)]
        {
            near(pt(mpa, kelvin - 273.15, OH), published);
        }
        // table 36 (saturation): p in MPa, T in K
        for (mpa, kelvin) in [(0.1, 372.755_919), (1.0, 453.035_632), (10.0, 584.149_488)] {
            near(px(mpa, 0.0, OT) + 273.15, kelvin);
        }
    }

    #[test]
    fn a_state_becomes_its_enthalpy_and_water_is_refused() {
        let kj = |text: &str| enthalpy_kj_per_kg(&text.parse().unwrap()).map(|kj| kj.to_string());
        // steam tables: 0.8 MPa(g) 2,773 kJ/kg; 0.8 MPa(a) 2,768.3; 1.0 MPa(a) 2,777.1; 1.0 MPa(a), 250 °C 2,943.2
        assert_eq!(kj("0.8MPa(g) saturated").unwrap(), "2773.1");
        assert_eq!(kj("0.8MPa(a) saturated").unwrap(), "2768.3");
        assert_eq!(kj("1MPa(a) saturated").unwrap(), "2777.1");
        assert_eq!(kj("1MPa(a) 250C").unwrap(), "2943.2");
        // at the line, with a rounded temperature, it is the saturated steam
        assert_eq!(kj("0.8MPa(a) 170.4C").unwrap(), "2768.3");
        assert_eq!(kj("2773 kJ/kg").unwrap(), "2773");
        assert_eq!(kj("0.8MPa(a) 90C").unwrap_err(), SteamError::Water { boils_at_c: "170.4".parse().unwrap() });
        assert_eq!(kj("23MPa(a) saturated").unwrap_err(), SteamError::Range);
    }
}
