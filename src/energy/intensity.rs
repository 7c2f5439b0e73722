//! Energy per piece, the change of an intensity, and the warning light of dual control.
//!
//! ```text
//!   r = (1 − this / last) × 100 %   reduction rate (下降率)
//! ```
//!
//! # Promises
//! - Exact decimals. `None` where the divisor is 0 or the result has more than 28 digits, never 0.
//! - A threshold is compared without a division: no rounding can move a light.

use rust_decimal::Decimal;

/// Decimals of [`per_piece`].
pub const DECIMALS: u32 = 6;

/// Energy, in its unit, for each unit of output of one interval. The gateway's console and the platform both ask here, so
/// that both show the same figure: rounded half to even (GB/T 8170). `None` where nothing was made, or where a net amount
/// is negative: what ran backwards is no intensity.
pub fn per_piece(energy: Decimal, output: Decimal) -> Option<Decimal> {
    if output <= Decimal::ZERO || energy < Decimal::ZERO {
        return None;
    }
    energy.checked_div(output).map(|each| each.round_dp(DECIMALS).normalize())
}

/// How much `this` intensity is below the `last` one, %; negative where it rose. Value added is taken at comparable
/// prices by the caller.
pub fn reduction_percent(this: Decimal, last: Decimal) -> Option<Decimal> {
    let ratio = this.checked_div(last)?;
    Decimal::ONE.checked_sub(ratio)?.checked_mul(Decimal::ONE_HUNDRED)
}

/// 能耗双控目标完成情况晴雨表, 发改办环资〔2020〕901号.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// 三级: the target is met.
    Green,
    /// 二级: it is missed by at most 10 % of the target's value.
    Yellow,
    /// 一级: it is missed by more.
    Red,
    /// The text defines nothing for a target that is not above 0.
    NoTarget,
}

/// The light of a reduction that was to reach `target`, both in one unit such as %.
pub fn light_of_reduction(target: Decimal, actual: Decimal) -> Light {
    light(target, target.saturating_sub(actual))
}

/// The light of a growth that was to stay below `target`, both in one unit such as %.
pub fn light_of_growth(target: Decimal, actual: Decimal) -> Light {
    light(target, actual.saturating_sub(target))
}

fn light(target: Decimal, gap: Decimal) -> Light {
    if target <= Decimal::ZERO {
        Light::NoTarget
    } else if gap <= Decimal::ZERO {
        Light::Green
    } else if gap <= target * Decimal::new(1, 1) {
        Light::Yellow
    } else {
        Light::Red
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_lights_of_the_notice() {
        let light = |actual: &str| light_of_reduction(d("3.0"), d(actual));
        for (actual, expected) in [
            ("3.00", Light::Green),
            ("2.99", Light::Yellow),
            ("2.70", Light::Yellow),
            ("2.69", Light::Red),
            ("-1", Light::Red),
            ("3.01", Light::Green),
            ("2.7000000000000000000000000001", Light::Yellow),
            ("2.6999999999999999999999999999", Light::Red),
        ] {
            assert_eq!(light(actual), expected, "{actual}");
        }
        for target in ["0", "-1"] {
            assert_eq!(light_of_reduction(d(target), d("5")), Light::NoTarget);
            assert_eq!(light_of_growth(d(target), d("5")), Light::NoTarget);
        }
        let growth = |actual: &str| light_of_growth(d("2"), d(actual));
        assert_eq!(
            [growth("-3"), growth("2"), growth("2.2"), growth("2.21")],
            [Light::Green, Light::Green, Light::Yellow, Light::Red]
        );
    }

    #[test]
    fn energy_for_each_piece_is_rounded_half_to_even() {
        let each = |energy: &str, output: &str| per_piece(d(energy), d(output));
        assert_eq!(each("12.34", "20"), Some(d("0.617")));
        assert_eq!(each("1", "3"), Some(d("0.333333")));
        assert_eq!(each("0.0000125", "10"), Some(d("0.000001")));
        assert_eq!(each("0.000015", "10"), Some(d("0.000002")));
        assert_eq!(each("0", "3"), Some(d("0")));
        assert_eq!((each("5", "0"), each("5", "-1"), each("-1", "5")), (None, None, None));
    }

    #[test]
    fn a_reduction_is_of_the_last_intensity_and_never_of_zero() {
        assert_eq!(reduction_percent(d("0.97"), d("1.00")), Some(d("3.00")));
        assert_eq!(reduction_percent(d("1.02"), d("1.00")), Some(d("-2.00")));
        assert_eq!(reduction_percent(d("1"), d("0")), None);
    }
}
