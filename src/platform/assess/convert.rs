//! A register's amount as the boundary asks for it: gas at the standard state, steam as heat.
//!
//! ```text
//!   gas     V₀ = V × p·T₀ / (p₀·T), to 6 decimals of a m³      as energy::gas
//!   steam   Q  = m × (h − h₀) / 1,000, GJ                      as energy::heat
//! ```

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
    use crate::energy::gas::standard_m3;

    #[test]
    fn a_gas_volume_is_what_the_formula_gives_to_the_last_digit() {
        for (m3, state) in [("1000", "15C 0.3MPa(g)"), ("123456.78", "-5C 101.325kPa"), ("0.01", "40C 0.1MPa(a)")] {
            let (m3, state): (Decimal, GasState) = (m3.parse().unwrap(), state.parse().unwrap());
            let leaf = Arc::new(Term::leaf("gas", Some(m3), "m3", How::Constant));
            let term = gas(&leaf, state, GasState::STANDARD);
            assert_eq!(term.value, standard_m3(m3, state));
            assert!(term.holds());
        }
    }
}
