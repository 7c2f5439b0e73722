use super::*;
use crate::{energy::intensity::Light, model::Quota};
use rust_decimal::Decimal;

/// kWh by month of a steel company's 2018: sums of "Steel Industry Energy Consumption", V. E. Sathishkumar, C. Shin, Y. Cho,
/// UCI Machine Learning Repository, doi 10.24432/C52G8C, CC BY 4.0.
const STEEL: [&str; 12] = [
    "126238.29",
    "91497.34",
    "80230.41",
    "78769.80",
    "79059.28",
    "65404.64",
    "81674.41",
    "68559.43",
    "57883.07",
    "84665.65",
    "86217.61",
    "59436.78",
];

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn year(known: &[&str]) -> [Option<Decimal>; 12] {
    std::array::from_fn(|month| known.get(month).map(|text| d(text)))
}

#[test]
fn a_year_that_repeats_the_last_one_is_forecast_to_the_digit() {
    // 110, 120, 130, … 220
    let last: Vec<String> = (1..=12).map(|month| (100 + 10 * month).to_string()).collect();
    let last: Vec<&str> = last.iter().map(String::as_str).collect();
    let this = ["99", "108", "117", "126"];
    let made = forecast(&[year(&last), year(&this)]);
    assert_eq!(made.method, Some(Method::Seasonal));
    assert_eq!(made.year, Some(d("1782")), "nine tenths of 1980");
    assert_eq!(made.months[11].forecast, Some(d("198")));
    let error = made.error.unwrap();
    assert_eq!((error.mean_percent, error.sum_percent_max), (d("0"), d("0")));
    // of this year alone: there is no year before the last one
    assert_eq!(error.months, 3 + 2 + 1);
    assert_eq!(made.band, Some((d("1782"), d("1782"))));
}

#[test]
fn the_steel_year_is_forecast_with_an_error_that_its_end_keeps() {
    let whole: Decimal = STEEL.iter().map(|text| d(text)).sum();
    for known in 4..12 {
        let made = forecast(&[year(&STEEL[..known])]);
        let error = made.error.clone().unwrap();
        assert_eq!(made.method, Some(Method::Mean), "a drift that was lucky on one month is not believed");
        assert_eq!(error.months, known * (known - 1) / 2, "each known month behind each other one");
        let (low, high) = made.band.unwrap();
        assert!(low <= made.year.unwrap() && made.year.unwrap() <= high);
        assert!(low <= whole && whole <= high, "{known} months: {low}..{high} and it was {whole}");
    }
    let made = forecast(&[year(&STEEL[..9])]);
    assert_eq!(made.method, Some(Method::Mean));
    assert_eq!(made.year, Some(d("972422.2267")), "against 959636.71: 1.33 % too much");
    let error = made.error.unwrap();
    assert_eq!((error.months, error.mean_percent.to_string()), (36, error_of_nine_months()));
}

/// The mean's mean error on the 36 held-out months of the first nine, computed here another way.
fn error_of_nine_months() -> String {
    let months: Vec<Decimal> = STEEL[..9].iter().map(|text| d(text)).collect();
    let mut errors = Vec::new();
    for from in 1..9 {
        let mean = months[..from].iter().sum::<Decimal>() / Decimal::from(from);
        errors.extend(months[from..].iter().map(|month| (mean / month - Decimal::ONE).abs()));
    }
    let mean = errors.iter().sum::<Decimal>() / Decimal::from(errors.len()) * d("100");
    mean.round_dp(2).normalize().to_string()
}

#[test]
fn a_month_that_is_not_known_is_forecast_and_never_zero() {
    let mut this = year(&["100", "100", "100", "100"]);
    this[1] = None;
    let made = forecast(&[this]);
    assert_eq!(made.months[1].known, None);
    assert_eq!(made.months[1].forecast, Some(d("100")));
    assert_eq!(made.year, Some(d("1200")));
}

#[test]
fn without_a_known_month_there_is_no_forecast_and_one_month_has_no_error() {
    let none = forecast(&[year(&STEEL), year(&[])]);
    assert_eq!((none.method, none.year, none.band, none.error.is_some()), (None, None, None, false));
    let one = forecast(&[year(&["50"])]);
    assert_eq!((one.method, one.year, one.band), (Some(Method::Mean), Some(d("600")), None));
    assert!(one.error.is_none(), "nothing can be held out");
    assert!(forecast(&[]).months.len() == 12);
}

#[test]
fn a_year_that_is_over_is_its_own_sum() {
    let made = forecast(&[year(&STEEL)]);
    assert_eq!(made.year, Some(d("959636.71")));
    assert_eq!(made.band, Some((d("959636.71"), d("959636.71"))));
    assert!(made.months.iter().all(|month| month.forecast.is_none()));
}

#[test]
fn a_quota_has_the_light_of_its_forecast() {
    let quota = |tce: &str| Quota {
        credit_code: "s".into(),
        year: 2018,
        tce: d(tce),
        kwh: None,
        source: "t".into(),
        by: "t".into(),
    };
    let made = forecast(&[year(&["10", "10", "10"])]);
    let pace = Pace { days: 90, year_days: 365 };
    let light = |tce: &str, used: &str| progress(&quota(tce), Some(d(used)), &made, pace).light;
    assert_eq!(light("120", "30"), Some(Light::Green));
    assert_eq!(light("119.99", "30"), Some(Light::Yellow));
    assert_eq!(light("109.09", "30"), Some(Light::Red), "109.09 and a tenth are 119.999");
    assert_eq!(light("110", "121"), Some(Light::Yellow), "used up, by just a tenth");
    assert_eq!(light("110", "121.01"), Some(Light::Red));
    let nothing = forecast(&[year(&[])]);
    let young = progress(&quota("365"), Some(d("91")), &nothing, pace);
    assert_eq!((young.light, young.left), (Some(Light::Yellow), Some(d("274"))));
    assert_eq!(young.year_percent, Some(d("24.66")));
    assert_eq!(progress(&quota("365"), None, &nothing, pace).light, None);
}
