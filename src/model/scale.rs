//! The exact factor between a register's count and its unit.

use rust_decimal::Decimal;
use std::{fmt, str::FromStr};

/// `value = count × mantissa × 10^exponent`, exactly. A meter with a resolution of 0.01 kWh behind a current
/// transformer of 200/5 A has `0.40` kWh per count: mantissa 4, exponent −1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Scale {
    mantissa: i64,
    exponent: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no scale: a decimal above 0 with at most 12 digits on either side of the point is needed, such as 0.01"
)]
pub struct ScaleError(pub String);

impl Scale {
    pub const ONE: Scale = Scale { mantissa: 1, exponent: 0 };
    const EXPONENT_MAX: i32 = 12;

    /// Refuses zero, negative and far out values. Trailing zeros are removed, so that equal scales are one value.
    pub fn new(mantissa: i64, exponent: i32) -> Result<Scale, ScaleError> {
        let refuse = || ScaleError(format!("{mantissa}e{exponent}"));
        if mantissa <= 0 || exponent.abs() > 2 * Self::EXPONENT_MAX {
            return Err(refuse());
        }
        let (mut mantissa, mut exponent) = (mantissa, exponent);
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        if exponent.abs() > Self::EXPONENT_MAX || mantissa > 1_000_000_000_000 {
            return Err(refuse());
        }
        Ok(Scale { mantissa, exponent })
    }

    pub fn mantissa(self) -> i64 {
        self.mantissa
    }

    pub fn exponent(self) -> i32 {
        self.exponent
    }

    /// The product, exactly: what a count of `self` stands for whose unit is a count of `other`.
    pub fn times(self, other: Scale) -> Result<Scale, ScaleError> {
        let refuse = || ScaleError(format!("{self} × {other}"));
        let mut mantissa = i128::from(self.mantissa) * i128::from(other.mantissa);
        let mut exponent = self.exponent + other.exponent;
        // before it must fit 63 bits: 0.5 × 0.2 is one digit
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        let mantissa = i64::try_from(mantissa).map_err(|_| refuse())?;
        Scale::new(mantissa, exponent).map_err(|_| refuse())
    }

    /// One count in the unit.
    pub fn per_count(self) -> Decimal {
        let power = Decimal::from(10_i64.pow(self.exponent.unsigned_abs()));
        let mantissa = Decimal::from(self.mantissa);
        if self.exponent < 0 { mantissa / power } else { mantissa * power }
    }

    /// `count` in the unit, exactly; `None` when it leaves the 28 digits of a `Decimal`.
    pub fn value_from_count(self, count: i64) -> Option<Decimal> {
        self.per_count().checked_mul(Decimal::from(count)).map(|value| value.normalize())
    }

    /// The count nearest to `value` and whether it is `value` exactly; `None` when it does not fit 63 bits.
    pub fn count_from_value(self, value: Decimal) -> Option<(i64, bool)> {
        let quotient = value.checked_div(self.per_count())?;
        let rounded = quotient.round();
        let count = i64::try_from(rounded.mantissa()).ok().filter(|_| rounded.scale() == 0)?;
        Some((count, self.per_count().checked_mul(rounded) == Some(value)))
    }
}

impl FromStr for Scale {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Scale, ScaleError> {
        let refuse = || ScaleError(text.to_owned());
        let decimal = Decimal::from_str_exact(text).map_err(|_| refuse())?;
        let mantissa = i64::try_from(decimal.mantissa()).map_err(|_| refuse())?;
        let exponent = -i32::try_from(decimal.scale()).map_err(|_| refuse())?;
        Scale::new(mantissa, exponent).map_err(|_| refuse())
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.per_count().normalize().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_becomes_its_value_exactly_and_back() {
        let scale: Scale = "0.01".parse().unwrap();
        assert_eq!(scale.value_from_count(95_963_671).unwrap().to_string(), "959636.71");
        assert_eq!(scale.count_from_value("959636.71".parse().unwrap()), Some((95_963_671, true)));
        assert_eq!(scale.count_from_value("3.1749".parse().unwrap()), Some((317, false)));
    }

    #[test]
    fn equal_scales_are_one_value() {
        assert_eq!("0.40".parse::<Scale>().unwrap(), Scale::new(4, -1).unwrap());
        assert_eq!("400".parse::<Scale>().unwrap(), Scale::new(4, 2).unwrap());
    }

    #[test]
    fn a_product_is_exact_or_refused() {
        let times = |a: &str, b: &str| a.parse::<Scale>().unwrap().times(b.parse().unwrap());
        assert_eq!(times("40", "0.01").unwrap(), "0.4".parse().unwrap());
        assert_eq!(times("0.5", "0.2").unwrap(), "0.1".parse().unwrap());
        assert_eq!(times("100000000", "0.00000001").unwrap(), Scale::ONE);
        assert!(times("0.0000001", "0.0000001").is_err());
        assert!(times("999999999999", "999999999999").is_err());
    }

    #[test]
    fn what_is_no_scale_is_refused() {
        for text in ["0", "-1", "", "NaN", "1e5", "0.0000000000001", "99999999999999"] {
            assert!(text.parse::<Scale>().is_err(), "{text}");
        }
    }
}
