//! What a meter counted → what is booked: gas at the standard conditions, steam as heat.
//!
//! # Promises
//! - Steam by its mass alone is never booked; it is refused with the reason.
//! - What was converted says by what, so that a figure can show it.

use super::{
    gas,
    heat::{self, enthalpy_kj_per_kg},
};
use crate::model::{BoundaryLine, GasState, STEAM, unit};
use rust_decimal::Decimal;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Booked {
    pub carrier: String,
    pub unit: String,
    pub amount: Decimal,
    pub by: By,
}

/// How the amount was made of what the meter counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    Counted,
    /// From this state to 20 °C and 101.325 kPa.
    Volume(GasState),
    /// Mass × (h − h₀), kJ/kg.
    Enthalpy {
        steam: Decimal,
        feed: Decimal,
    },
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unbooked {
    #[error("steam without an enthalpy or a state has no heat")]
    SteamByMass,
    #[error("`{0}` is no mass: the enthalpy of steam is that of a kilogram")]
    NoMass(String),
    #[error("`{0}` is no volume: only a volume has conditions")]
    NoVolume(String),
    #[error("the declared state is not one of steam")]
    NoSteam,
    #[error("it is too large for an exact amount")]
    TooLarge,
}

/// An amount of `carrier` in `unit`, as the site's boundary says it is to be taken; `line`: the point's, where there
/// is one.
///
/// # Errors
/// Why it can not be booked.
pub fn booked(carrier: &str, unit: &str, amount: Decimal, line: Option<&BoundaryLine>) -> Result<Booked, Unbooked> {
    let booked = |carrier: &str, unit: &str, amount, by| {
        Ok(Booked { carrier: carrier.to_owned(), unit: unit.to_owned(), amount, by })
    };
    if carrier == STEAM {
        let line = line.ok_or(Unbooked::SteamByMass)?;
        let steam = line.enthalpy.as_ref().ok_or(Unbooked::SteamByMass)?;
        let tonnes = unit::ratio(unit, "t").ok_or_else(|| Unbooked::NoMass(unit.to_owned()))?;
        let (steam, feed) = (enthalpy_kj_per_kg(steam).map_err(|_| Unbooked::NoSteam)?, line.feed_kj_per_kg);
        let tonnes = amount.checked_mul(tonnes).ok_or(Unbooked::TooLarge)?;
        let gj = heat::steam_gj(tonnes, steam, feed).ok_or(Unbooked::TooLarge)?;
        return booked("heat", "GJ", gj, By::Enthalpy { steam, feed });
    }
    match line.and_then(|line| line.at_conditions) {
        None => booked(carrier, unit, amount, By::Counted),
        Some(state) => {
            let m3 = unit::ratio(unit, "m3").ok_or_else(|| Unbooked::NoVolume(unit.to_owned()))?;
            let m3 = amount.checked_mul(m3).ok_or(Unbooked::TooLarge)?;
            let m3 = gas::standard_m3(m3, state).ok_or(Unbooked::TooLarge)?;
            booked(carrier, "m3", m3, By::Volume(state))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Origin, PointName, Role};

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn line(at_conditions: &str, enthalpy: &str) -> BoundaryLine {
        let name = || String::from("x");
        BoundaryLine {
            credit_code: name(),
            point: PointName { gateway_id: name(), meter: name(), point: name() },
            counts_as: Role::SiteEnergy,
            carrier: name(),
            product: String::new(),
            fed_by: None,
            raw_material: false,
            origin: Origin::Grid,
            at_conditions: at_conditions.parse().ok(),
            enthalpy: enthalpy.parse().ok(),
            feed_kj_per_kg: d("83.9"),
            serial: String::new(),
            calibrated_until: None,
        }
    }

    fn shown(carrier: &str, unit: &str, amount: &str, line: &BoundaryLine) -> Result<(String, String), Unbooked> {
        let booked = booked(carrier, unit, d(amount), Some(line))?;
        Ok((format!("{} {}", booked.amount, booked.unit), booked.carrier))
    }

    #[test]
    fn steam_is_heat_by_its_enthalpy_or_nothing() {
        let declared = line("", "2773 kJ/kg");
        assert_eq!(shown("steam", "t", "10", &declared), Ok(("26.891 GJ".into(), "heat".into())));
        assert_eq!(shown("steam", "kg", "10000", &declared), Ok(("26.891 GJ".into(), "heat".into())));
        let state = line("", "0.8MPa(g) saturated");
        assert_eq!(shown("steam", "t", "10", &state), Ok(("26.892 GJ".into(), "heat".into())));
        assert_eq!(shown("steam", "t", "10", &line("", "")), Err(Unbooked::SteamByMass));
        assert_eq!(booked("steam", "t", d("10"), None), Err(Unbooked::SteamByMass));
        assert_eq!(shown("steam", "m3", "10", &declared), Err(Unbooked::NoMass("m3".into())));
    }

    #[test]
    fn a_gas_is_booked_at_the_standard_conditions() {
        let gas = line("15C 0.3MPa(g)", "");
        assert_eq!(shown("natural_gas", "m3", "1000", &gas).unwrap().0, "4029.497369 m3");
        assert_eq!(shown("natural_gas", "kg", "1000", &gas), Err(Unbooked::NoVolume("kg".into())));
        let counted = booked("natural_gas", "m3", d("1000"), Some(&line("", ""))).unwrap();
        assert_eq!((counted.amount, counted.by), (d("1000"), By::Counted));
    }
}
