//! A register's amount as the boundary asks for it: gas at the standard state, steam as heat.
//!
//! ```text
//!   gas     V₀ = V × p·T₀ / (p₀·T), to 6 decimals of a m³      ideal gas; T = 273.15 K + t; p absolute
//!   steam   Q  = m × (h − h₀) / 1,000, GJ                      h₀ is the enthalpy of the water it was made of
//! ```
//!
//! # Promises
//! - Steam by its mass alone is never booked: it has no value, and the note says why.
//! - Each step is a term, so that a figure shows by what an amount was converted.
//!
//! # Does not
//! Know real gases: the compressibility factor is taken as 1. At network pressures below 0.4 MPa natural gas deviates by
//! less than 1 %; above, the meter's own converter must say the standard volume.

use super::{
    balance::in_unit,
    note,
    term::{How, Term},
};
use crate::{
    energy::heat,
    model::{BoundaryLine, GasState, STEAM},
};
use rust_decimal::Decimal;
use std::sync::Arc;

const ZERO_CELSIUS_K: Decimal = Decimal::from_parts(27_315, 0, 0, false, 2);
const GAS_DECIMALS: u32 = 6;

/// The term, and the carrier that it is an amount of.
pub(super) fn converted(term: Term, line: &BoundaryLine) -> (Term, String) {
    if line.carrier == STEAM {
        return (steam(term, line), "heat".to_owned());
    }
    let term = match line.at_conditions.filter(|state| *state != GasState::STANDARD) {
        Some(state) => gas(&Arc::new(term), state, GasState::STANDARD),
        None => term,
    };
    (term, line.carrier.clone())
}

/// A volume at one state as one at another; an ideal gas.
pub(super) fn gas(term: &Arc<Term>, from: GasState, to: GasState) -> Term {
    let kelvin = |state: GasState| state.celsius.checked_add(ZERO_CELSIUS_K);
    let product = |kpa: Decimal, kelvin: Option<Decimal>| kelvin.and_then(|kelvin| kpa.checked_mul(kelvin));
    let part = Term::leaf("p·T₀", product(from.kpa, kelvin(to)), "kPa·K", How::Constant);
    let whole = Term::leaf("p₀·T", product(to.kpa, kelvin(from)), "kPa·K", How::Constant);
    let product = Term::of(&term.name, "m3·kPa·K", How::Product, vec![in_unit(term, "m3"), part.plus()]);
    let volume = Term::of(&term.name, "m3", How::Quotient, vec![product.plus(), whole.plus()]);
    Term::of(&term.name, "m3", How::Rounded { decimals: GAS_DECIMALS }, vec![volume.plus()])
}

/// Steam of a mass becomes heat by its enthalpy, and by nothing else.
fn steam(term: Term, line: &BoundaryLine) -> Term {
    let enthalpy = line.enthalpy.as_ref().and_then(|steam| heat::enthalpy_kj_per_kg(steam).ok());
    let gain = enthalpy.and_then(|enthalpy| enthalpy.checked_sub(line.feed_kj_per_kg));
    let mut gain = Term::leaf("h − h₀", gain, "kJ/kg", How::Registry { field: "enthalpy".to_owned() });
    if gain.value.is_none() {
        gain = gain.weakened(note::no_enthalpy(&line.point));
    }
    let name = term.name.clone();
    let mj = Term::of(&name, "MJ", How::Product, vec![in_unit(&Arc::new(term), "t"), gain.plus()]);
    let thousand = Term::leaf("MJ per GJ", Some(Decimal::ONE_THOUSAND), "MJ/GJ", How::Constant);
    Term::of(&name, "GJ", How::Quotient, vec![mj.plus(), thousand.plus()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Role, platform::assess::tests::line};

    fn leaf(amount: Decimal, unit: &str) -> Term {
        Term::leaf("counted", Some(amount), unit, How::Constant)
    }

    /// What an amount is taken as, and of which carrier.
    fn booked(amount: &str, unit: &str, line: &BoundaryLine) -> (String, String) {
        let (term, carrier) = converted(leaf(amount.parse().unwrap(), unit), line);
        assert!(term.holds());
        let value = term.value.map_or("unknown".to_owned(), |value| value.normalize().to_string());
        (format!("{value} {}", term.unit), carrier)
    }

    fn gas_at(state: &str) -> BoundaryLine {
        BoundaryLine { at_conditions: state.parse().ok(), ..line("natural_gas", Role::SiteEnergy) }
    }

    #[test]
    fn a_volume_is_brought_to_20_degrees_and_one_atmosphere() {
        let standard = |m3: &str, state: &str| booked(m3, "m3", &gas_at(state)).0;
        assert_eq!(standard("1234.5", ""), "1234.5 m3");
        assert_eq!(standard("1234.5", "20C 101.325kPa"), "1234.5 m3");
        // 293.15 / 273.15
        assert_eq!(standard("1000", "0C 101.325kPa"), "1073.219843 m3");
        // 401.325 / 101.325 × 293.15 / 288.15
        assert_eq!(standard("1000", "15C 0.3MPa(g)"), "4029.497369 m3");
        assert_eq!(standard("123456.78", "-5C 101.325kPa"), "134966.82848 m3");
        assert_eq!(standard("0.01", "40C 0.1MPa(a)"), "0.009239 m3");
        assert_eq!(standard("0", "15C 0.3MPa(g)"), "0 m3");
        assert_eq!(booked("1000", "kg", &gas_at("15C 0.3MPa(g)")).0, "unknown m3", "only a volume has conditions");
    }

    #[test]
    fn there_and_back_is_the_same_volume_to_a_cubic_centimetre() {
        let normal: GasState = "0C 101.325kPa".parse().unwrap();
        let there = gas(&Arc::new(leaf(Decimal::from(10_000), "m3")), GasState::STANDARD, normal);
        assert_eq!(there.value.unwrap().to_string(), "9317.755415");
        let back = gas(&Arc::new(there), normal, GasState::STANDARD).value.unwrap();
        assert!((back - Decimal::from(10_000)).abs() <= Decimal::new(1, 6), "{back}");
    }

    #[test]
    fn what_does_not_fit_is_no_figure() {
        let (term, _) = converted(leaf(Decimal::MAX, "m3"), &gas_at("15C 0.3MPa(g)"));
        assert_eq!(term.value, None);
    }

    #[test]
    fn steam_is_heat_by_its_enthalpy_or_nothing() {
        let heat = |amount: &str, unit: &str, enthalpy: &str, feed: &str| {
            let (enthalpy, feed_kj_per_kg) = (enthalpy.parse().ok(), feed.parse().unwrap());
            let steam = BoundaryLine { enthalpy, feed_kj_per_kg, ..line("steam", Role::SiteEnergy) };
            let (amount, carrier) = booked(amount, unit, &steam);
            assert_eq!(carrier, "heat");
            amount
        };
        assert_eq!(heat("12.5", "t", "2773 kJ/kg", "0"), "34.6625 GJ");
        assert_eq!(heat("12.5", "t", "2773 kJ/kg", "83.9"), "33.61375 GJ");
        assert_eq!(heat("10", "t", "2773 kJ/kg", "83.9"), "26.891 GJ");
        assert_eq!(heat("10000", "kg", "2773 kJ/kg", "83.9"), "26.891 GJ");
        assert_eq!(heat("10", "t", "0.8MPa(g) saturated", "83.9"), "26.892 GJ");
        assert_eq!(heat("10", "t", "", "0"), "unknown GJ");
        assert_eq!(heat("10", "m3", "2773 kJ/kg", "0"), "unknown GJ", "the enthalpy is that of a kilogram");
    }
}
