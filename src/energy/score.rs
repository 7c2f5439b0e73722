//! Points of the per-mu evaluation (亩均效益综合评价), as pure functions.
//!
//! ```text
//!   S = Σ wᵢ × vᵢ / bᵢ                                         ratio to a county's base value (Huangyan, Linhai, …)
//!   S = Σ wᵢ × (20 + 80 × (vᵢ − min) / (max − min)) / 100      between the least and the most (Jingde)
//! ```
//!
//! # Promises
//! - Exact decimals; `None` where a base is not above 0 or all values are one.
//!
//! # Does not
//! Know a county: weights, bases, caps and what a missing value gets are the caller's, as are bands and vetoes.

use rust_decimal::Decimal;

/// Points of one value by its ratio to the base value. A value below 0 gives none; `cap` is the most that an indicator
/// can give, as a multiple of its weight, such as 1.5.
pub fn to_base(weight: Decimal, value: Decimal, base: Decimal, cap: Option<Decimal>) -> Option<Decimal> {
    if base <= Decimal::ZERO {
        return None;
    }
    let points = weight.checked_mul(value.max(Decimal::ZERO))?.checked_div(base)?;
    match cap {
        Some(cap) => Some(points.min(weight.checked_mul(cap)?)),
        None => Some(points),
    }
}

/// Points of one value by its place between the least and the most of its group: 20 % of the weight to all of it.
pub fn min_max(weight: Decimal, value: Decimal, min: Decimal, max: Decimal) -> Option<Decimal> {
    let span = max.checked_sub(min).filter(|span| *span > Decimal::ZERO)?;
    let above = value.clamp(min, max).checked_sub(min)?;
    // 20 + 80 × above / span over 100, with one division
    let part = Decimal::from(20).checked_mul(span)?.checked_add(Decimal::from(80).checked_mul(above)?)?;
    weight.checked_mul(part)?.checked_div(span.checked_mul(Decimal::ONE_HUNDRED)?)
}

/// The sum; `None` where one of them is unknown.
pub fn total(points: impl IntoIterator<Item = Option<Decimal>>) -> Option<Decimal> {
    points.into_iter().try_fold(Decimal::ZERO, |sum, points| sum.checked_add(points?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn shown(points: Option<Decimal>) -> String {
        format!("{:.3}", points.unwrap().round_dp(3))
    }

    /// An invented enterprise at Huangyan's bases of 2022: 25.6 mu, tax 620 and value added 3,480 (10,000 yuan), 190
    /// people, R&D 410 of 14,200, pollutants 0.85 t; 8,000,000 kWh, 300,000 m³ of gas, 20 t of diesel, 5,000 GJ of heat.
    fn enterprise(electricity_kgce_per_kwh: &str) -> (Decimal, [Decimal; 6]) {
        let land = d("20.6") + d("6.0") - d("1.0");
        let kgce = [
            d("8000000") * d(electricity_kgce_per_kwh),
            d("300000") * d("1.2143"),
            d("20000") * d("1.4571"),
            d("5000000") * d("0.03412"),
        ];
        let tce = kgce.into_iter().sum::<Decimal>() / d("1000");
        let added = d("3480");
        (tce, [d("620") / land, added / land, added / tce, added / d("0.85"), added / d("190"), d("410") / d("14200")])
    }

    const BASES: [(&str, &str); 6] =
        [("30", "24.097"), ("20", "136.16"), ("20", "2.694"), ("10", "4929.81"), ("10", "18.14"), ("10", "0.0302")];

    fn scores(values: [Decimal; 6]) -> Vec<Option<Decimal>> {
        let cap = Some(d("1.5"));
        values.into_iter().zip(BASES).map(|(value, (weight, base))| to_base(d(weight), value, d(base), cap)).collect()
    }

    #[test]
    fn the_worked_example_on_both_bases_to_the_printed_digit() {
        let (tce, values) = enterprise("0.3000");
        assert_eq!(tce.round_dp(2), d("2964.03"));
        let printed = ["24.2188", "135.9375", "1.1741", "4094.1176", "18.3158"];
        for (value, printed) in values.into_iter().zip(printed) {
            assert_eq!(value.round_dp(4), d(printed));
        }
        assert_eq!(values[5].round_dp(6), d("0.028873"));
        let points = scores(values);
        let shown_points: Vec<_> = points.iter().copied().map(shown).collect();
        assert_eq!(shown_points, ["30.152", "19.967", "8.716", "8.305", "10.097", "9.561"]);
        assert_eq!(shown(total(points)), "86.798");

        let (tce, values) = enterprise("0.1229");
        assert_eq!((tce.round_dp(2), values[2].round_dp(4)), (d("1547.23"), d("2.2492")));
        let points = scores(values);
        assert_eq!((shown(points[2]).as_str(), shown(total(points)).as_str()), ("16.698", "94.779"));
    }

    #[test]
    fn the_below_scale_check_to_the_printed_digit() {
        let tax_per_mu = to_base(d("50"), d("60") / d("4.2"), d("11.5932"), None);
        let tax_per_kwh = to_base(d("50"), d("60") / d("150"), d("0.2352"), None);
        assert_eq!([shown(tax_per_mu), shown(tax_per_kwh)], ["61.612", "85.034"]);
        // 146.64648…: of the unrounded, rounded once
        assert_eq!(shown(total([tax_per_mu, tax_per_kwh])), "146.646");
        // with a cap of 1.5 both stop at 75
        assert_eq!(to_base(d("50"), d("60") / d("4.2"), d("11.5932"), Some(d("1.2"))), Some(d("60.0")));
    }

    #[test]
    fn a_loss_gives_nothing_and_an_unknown_value_makes_the_sum_unknown() {
        assert_eq!(to_base(d("20"), d("-5"), d("2"), None), Some(d("0")));
        assert_eq!(to_base(d("20"), d("5"), d("0"), None), None);
        assert_eq!(total([Some(d("1")), None]), None);
    }

    #[test]
    fn between_the_least_and_the_most() {
        let points = |value: &str| min_max(d("40"), d(value), d("2"), d("12"));
        assert_eq!([points("2"), points("7"), points("12")], [Some(d("8")), Some(d("24")), Some(d("40"))]);
        assert_eq!([points("-1"), points("99")], [Some(d("8")), Some(d("40"))]);
        assert_eq!(min_max(d("40"), d("2"), d("2"), d("2")), None);
    }
}
