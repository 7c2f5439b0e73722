//! Energy for each piece made, of amounts of one interval.
//!
//! 单位产品能耗 e = E / P (GB/T 2589-2020): `E` is the energy, `P` the qualified product of the same stretch of time.
//! The gateway's console and the platform both ask here, so that both show the same figure for the same interval.

use rust_decimal::Decimal;

/// Decimals of the result.
pub const DECIMALS: u32 = 6;

/// `energy` in its unit for each unit of `output`, rounded half to even (GB/T 8170); `None` where nothing was made, or
/// where a net amount is negative: what ran backwards is no intensity.
pub fn per_piece(energy: Decimal, output: Decimal) -> Option<Decimal> {
    if output <= Decimal::ZERO || energy < Decimal::ZERO {
        return None;
    }
    energy.checked_div(output).map(|each| each.round_dp(DECIMALS).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_for_each_piece_is_rounded_half_to_even() {
        let each =
            |energy: &str, output: &str| Some(per_piece(energy.parse().ok()?, output.parse().ok()?)?.to_string());
        assert_eq!(each("12.34", "20"), Some("0.617".into()));
        assert_eq!(each("1", "3"), Some("0.333333".into()));
        assert_eq!(each("0.0000125", "10"), Some("0.000001".into()));
        assert_eq!(each("0.000015", "10"), Some("0.000002".into()));
        assert_eq!(each("0", "3"), Some("0".into()));
        assert_eq!((each("5", "0"), each("5", "-1"), each("-1", "5")), (None, None, None));
    }
}
