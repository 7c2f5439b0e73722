//! Gas volumes at the conditions of a meter → at the standard conditions.
//!
//! ```text
//!   V₀ = V × (p / p₀) × (T₀ / T)      ideal gas; T = 273.15 K + t; p absolute
//! ```
//!
//! # Promises
//! - Exact decimals with one division, rounded once, half to even (GB/T 8170), to 6 decimals of a cubic metre.
//!
//! # Does not
//! Know real gases: the compressibility factor is taken as 1. At network pressures below 0.4 MPa natural gas deviates by
//! less than 1 %; above, the meter's own converter must say the standard volume.

use crate::model::GasState;
use rust_decimal::Decimal;

const DECIMALS: u32 = 6;
const ZERO_CELSIUS_K: Decimal = Decimal::from_parts(27_315, 0, 0, false, 2);

/// m³ at 20 °C and 101.325 kPa of a volume that was counted at `state`. `None` beyond 28 digits.
pub fn standard_m3(m3: Decimal, state: GasState) -> Option<Decimal> {
    converted(m3, state, GasState::STANDARD)
}

/// m³ at `to` of a volume that is known at `from`.
pub fn converted(m3: Decimal, from: GasState, to: GasState) -> Option<Decimal> {
    if from == to {
        return Some(m3);
    }
    let (t, t0) = (from.celsius + ZERO_CELSIUS_K, to.celsius + ZERO_CELSIUS_K);
    let part = from.kpa.checked_mul(t0)?;
    let whole = to.kpa.checked_mul(t)?;
    Some(m3.checked_mul(part)?.checked_div(whole)?.round_dp(DECIMALS).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(m3: &str, state: &str) -> String {
        standard_m3(m3.parse().unwrap(), state.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_volume_is_brought_to_20_degrees_and_one_atmosphere() {
        assert_eq!(standard("1234.5", "20C 101.325kPa"), "1234.5");
        // 293.15 / 273.15
        assert_eq!(standard("1000", "0C 101.325kPa"), "1073.219843");
        // 401.325 / 101.325 × 293.15 / 288.15
        assert_eq!(standard("1000", "15C 0.3MPa(g)"), "4029.497369");
        assert_eq!(standard("0", "15C 0.3MPa(g)"), "0");
    }

    #[test]
    fn there_and_back_is_the_same_volume_to_a_cubic_centimetre() {
        let normal: GasState = "0C 101.325kPa".parse().unwrap();
        let there = converted(Decimal::from(10_000), GasState::STANDARD, normal).unwrap();
        assert_eq!(there.to_string(), "9317.755415");
        let back = standard_m3(there, normal).unwrap();
        assert!((back - Decimal::from(10_000)).abs() <= Decimal::new(1, 6), "{back}");
    }

    #[test]
    fn what_does_not_fit_is_no_figure() {
        assert_eq!(standard_m3(Decimal::MAX, "15C 0.3MPa(g)".parse().unwrap()), None);
    }
}
