//! Units of energy amounts, and the exact ratios between those of one quantity.

use rust_decimal::Decimal;

/// What amounts of energy carriers are counted in.
pub const UNITS: [&str; 9] = ["Wh", "kWh", "MWh", "kJ", "MJ", "GJ", "kg", "t", "m3"];

/// How many of `to` one of `from` is, exactly. `None` between different quantities: electricity in kWh and heat
/// in MJ have factors of their own and are never turned into each other, nor is a volume into a mass.
pub fn ratio(from: &str, to: &str) -> Option<Decimal> {
    if from == to {
        return Some(Decimal::ONE);
    }
    let ((a, one), (b, other)) = (in_base(from)?, in_base(to)?);
    (a == b).then(|| one / other)
}

/// The quantity's base unit and how many of it the unit is: powers of ten, so that every ratio is exact.
fn in_base(unit: &str) -> Option<(&'static str, Decimal)> {
    Some(match unit {
        "Wh" => ("kWh", Decimal::new(1, 3)),
        "kWh" => ("kWh", Decimal::ONE),
        "MWh" => ("kWh", Decimal::ONE_THOUSAND),
        "kJ" => ("MJ", Decimal::new(1, 3)),
        "MJ" => ("MJ", Decimal::ONE),
        "GJ" => ("MJ", Decimal::ONE_THOUSAND),
        "kg" => ("kg", Decimal::ONE),
        "t" => ("kg", Decimal::ONE_THOUSAND),
        "m3" => ("m3", Decimal::ONE),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_one_quantity_have_exact_ratios() {
        assert_eq!(ratio("GJ", "MJ"), Some(Decimal::ONE_THOUSAND));
        assert_eq!(ratio("Wh", "MWh"), Some(Decimal::new(1, 6)));
        assert_eq!(ratio("t", "kg"), Some(Decimal::ONE_THOUSAND));
        assert!(UNITS.iter().all(|unit| in_base(unit).is_some()));
    }

    #[test]
    fn other_quantities_have_none() {
        assert_eq!(ratio("kWh", "MJ"), None);
        assert_eq!(ratio("m3", "kg"), None);
        assert_eq!(ratio("KWH", "kWh"), None);
        assert_eq!(ratio("piece", "piece"), Some(Decimal::ONE));
    }
}
