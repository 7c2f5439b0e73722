//! The months of a year that are not over, from those that are.
//!
//! ```text
//!   seasonal  last year's same month × Σ known months of this year / Σ the same months of last year
//!   drift     last known month + months ahead × (last − first) / (months between), of the known months of this year, ≥ 0
//!   mean      mean of the known months of this year
//! ```
//!
//! The method is the one with the smallest mean error among those that can say every month that is missing and were tried
//! on 12 held-out months or more: one lucky month proves nothing. Seasonal, where it can say them, goes first until it was
//! itself tried so often; else, where none was, mean before drift. **Held out**: from each known month on, the known
//! months behind it to the end of their year are forecast from it and from what lies before it alone.
//!
//! The band is the sum of the forecast months ± the largest relative error that the same method made on a sum of held-out
//! months. It is what was seen, no probability.

use rust_decimal::Decimal;

const MONTHS: usize = 12;
const TCE_DECIMALS: u32 = 4;
const PERCENT_DECIMALS: u32 = 2;
/// Months from which a drift is drawn: of two it would be noise.
const DRIFT_MONTHS_MIN: usize = 3;
/// Held-out months on which a method is believed to be better than another.
const TRIED_MONTHS_MIN: usize = 12;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Seasonal,
    Drift,
    Mean,
}

/// How well the method did on months that are known.
#[derive(Clone, PartialEq, Debug)]
pub struct Error {
    /// Forecasts of a single month that were compared.
    pub months: usize,
    /// Mean of |forecast − actual| / actual, %.
    pub mean_percent: Decimal,
    /// The largest |forecast − actual| / actual of a sum of all held-out months behind one month, %.
    pub sum_percent_max: Decimal,
}

#[derive(Clone, PartialEq, Debug)]
pub struct MonthForecast {
    /// 1 to 12.
    pub month: usize,
    pub known: Option<Decimal>,
    /// Where it is not known.
    pub forecast: Option<Decimal>,
    pub low: Option<Decimal>,
    pub high: Option<Decimal>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Forecast {
    /// `None`: there is no known month of the year.
    pub method: Option<Method>,
    pub months: Vec<MonthForecast>,
    pub year: Option<Decimal>,
    /// `None` where nothing could be held out.
    pub band: Option<(Decimal, Decimal)>,
    pub error: Option<Error>,
}

/// `history`: months in order, whole years, the year that is forecast last; a month that is not over or not known is
/// `None`. Amounts in any one unit.
pub fn forecast(history: &[[Option<Decimal>; MONTHS]]) -> Forecast {
    let Some((year, before)) = history.split_last() else { return nothing(&[None; MONTHS]) };
    let open: Vec<usize> = (0..MONTHS).filter(|month| year.get(*month).is_some_and(Option::is_none)).collect();
    let says = |method: Method| -> Option<Vec<Decimal>> {
        open.iter().map(|month| predicted(method, year, before.last(), *month)).collect()
    };
    let able = [Method::Seasonal, Method::Mean, Method::Drift]
        .into_iter()
        .filter_map(|method| Some((method, says(method)?, held_out(method, history))));
    // the first of the smallest; those that were not tried enough stand behind those that were, in their order
    let best =
        able.min_by_key(|(method, _, error)| match error.as_ref().filter(|error| error.months >= TRIED_MONTHS_MIN) {
            Some(error) => error.mean_percent,
            None if *method == Method::Seasonal && !open.is_empty() => Decimal::NEGATIVE_ONE,
            None => Decimal::MAX,
        });
    let Some((method, open_values, error)) = best.filter(|_| year.iter().any(Option::is_some)) else {
        return nothing(year);
    };
    let share = error.as_ref().and_then(|error| error.sum_percent_max.checked_div(Decimal::ONE_HUNDRED));
    let around = |value: Decimal| {
        let width = value.checked_mul(share?)?;
        Some(((value - width).max(Decimal::ZERO), value.checked_add(width)?))
    };
    let shown = |value: Decimal| value.round_dp(TCE_DECIMALS).normalize();
    let mut ahead = open_values.iter().copied();
    let months = year.iter().zip(1..).map(|(known, month)| {
        let forecast = if known.is_none() { ahead.next() } else { None };
        let band = forecast.and_then(around);
        MonthForecast {
            month,
            known: known.map(shown),
            forecast: forecast.map(shown),
            low: band.map(|(low, _)| shown(low)),
            high: band.map(|(_, high)| shown(high)),
        }
    });
    let known = year.iter().flatten().try_fold(Decimal::ZERO, |sum, value| sum.checked_add(*value));
    let open_sum = open_values.iter().try_fold(Decimal::ZERO, |sum, value| sum.checked_add(*value));
    let whole = known.zip(open_sum).and_then(|(known, open)| known.checked_add(open));
    let band =
        known.zip(open_sum.and_then(around)).map(|(known, (low, high))| (shown(known + low), shown(known + high)));
    Forecast { method: Some(method), months: months.collect(), year: whole.map(shown), band, error: error.map(rounded) }
}

fn nothing(year: &[Option<Decimal>; MONTHS]) -> Forecast {
    let months = year.iter().zip(1..);
    let months =
        months.map(|(known, month)| MonthForecast { month, known: *known, forecast: None, low: None, high: None });
    Forecast { method: None, months: months.collect(), year: None, band: None, error: None }
}

fn rounded(error: Error) -> Error {
    let percent = |value: Decimal| value.round_dp(PERCENT_DECIMALS).normalize();
    Error {
        mean_percent: percent(error.mean_percent),
        sum_percent_max: percent(error.sum_percent_max),
        months: error.months,
    }
}

/// One month of a year out of those of it that are known.
fn predicted(
    method: Method,
    year: &[Option<Decimal>; MONTHS],
    before: Option<&[Option<Decimal>; MONTHS]>,
    month: usize,
) -> Option<Decimal> {
    let known = || year.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
    match method {
        Method::Seasonal => {
            let before = before?;
            let same = (*before.get(month)?)?;
            let pairs = || known().filter_map(|(at, value)| Some((value, (*before.get(at)?)?)));
            let (now, then): (Vec<_>, Vec<_>) = pairs().unzip();
            let (this, last) = (sum(&now)?, sum(&then)?);
            if last <= Decimal::ZERO {
                return None;
            }
            same.checked_mul(this)?.checked_div(last)
        }
        Method::Drift => {
            let ((first_at, first), (last_at, last)) = (known().next()?, known().next_back()?);
            if known().count() < DRIFT_MONTHS_MIN {
                return None;
            }
            let ahead = Decimal::from(month) - Decimal::from(last_at);
            let rise = (last - first).checked_mul(ahead)?.checked_div(Decimal::from(last_at - first_at))?;
            Some(last.checked_add(rise)?.max(Decimal::ZERO))
        }
        Method::Mean => {
            let values: Vec<_> = known().map(|(_, value)| value).collect();
            sum(&values)?.checked_div(Decimal::from(values.len()))
        }
    }
}

/// Forecasts what is known from what lies before it, month for month, and compares.
fn held_out(method: Method, history: &[[Option<Decimal>; MONTHS]]) -> Option<Error> {
    let (mut months, mut total, mut sum_max) = (0_usize, Decimal::ZERO, Decimal::ZERO);
    for (at, year) in history.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| history.get(before));
        for from in 1..MONTHS {
            if year.get(from - 1).is_none_or(Option::is_none) {
                continue;
            }
            let mut seen = *year;
            seen.iter_mut().skip(from).for_each(|month| *month = None);
            let (mut forecasts, mut actuals) = (Vec::new(), Vec::new());
            for month in from..MONTHS {
                let Some(actual) = year.get(month).copied().flatten().filter(|actual| *actual > Decimal::ZERO) else {
                    continue;
                };
                let Some(forecast) = predicted(method, &seen, before, month) else { continue };
                total = total.checked_add(apart(forecast, actual)?)?;
                months += 1;
                forecasts.push(forecast);
                actuals.push(actual);
            }
            if let (Some(forecast), Some(actual)) = (sum(&forecasts), sum(&actuals)) {
                sum_max = sum_max.max(apart(forecast, actual)?);
            }
        }
    }
    let mean_percent = total.checked_div(Decimal::from(months))?;
    Some(Error { months, mean_percent, sum_percent_max: sum_max })
}

/// |forecast − actual| / actual, %.
fn apart(forecast: Decimal, actual: Decimal) -> Option<Decimal> {
    (forecast - actual).abs().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(actual)
}

/// `None` of nothing, and beyond 28 digits.
fn sum(values: &[Decimal]) -> Option<Decimal> {
    let (first, others) = values.split_first()?;
    others.iter().try_fold(*first, |sum, value| sum.checked_add(*value))
}
