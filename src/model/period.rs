//! Periods: the stretches of time that are assessed.

use super::{CHINA_OFFSET_MS, UtcMillis};
use std::{fmt, str::FromStr};

/// `[start, end)`, labelled as it was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    pub start: UtcMillis,
    pub end: UtcMillis,
    label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no period: a year 2026, a month 2026-11, a day 2026-11-24 or days 2026-11-01..2026-11-24 (both included) between 1970 and 2200, in China Standard Time"
)]
pub struct PeriodError(pub String);

impl Period {
    pub fn duration_ms(&self) -> i64 {
        self.end.since(self.start)
    }

    /// The civil day in China Standard Time that holds `instant`.
    pub fn day_of(instant: UtcMillis) -> Result<Period, PeriodError> {
        let civil = instant.civil().ok_or_else(|| PeriodError(instant.0.to_string()))?;
        civil.date().to_string().parse()
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Period, PeriodError> {
        let refuse = || PeriodError(text.chars().take(64).collect());
        let (first, last) = match text.split_once("..") {
            Some((a, b)) => (civil_span(a).ok_or_else(refuse)?, civil_span(b).ok_or_else(refuse)?),
            None => {
                let span = civil_span(text).ok_or_else(refuse)?;
                (span, span)
            }
        };
        let period = Period { start: start_of_day(first.0), end: start_of_day(last.1), label: text.to_owned() };
        if period.start < period.end { Ok(period) } else { Err(refuse()) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// First day of the written year, month or day, and the day after its last.
fn civil_span(text: &str) -> Option<(jiff::civil::Date, jiff::civil::Date)> {
    use jiff::{ToSpan, civil::Date};
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    if !digits(parts.first()?, 4) || !parts[1..].iter().all(|part| digits(part, 2)) {
        return None;
    }
    let number = |i: usize| parts.get(i).map_or(Ok(1), |part| part.parse::<i8>()).ok();
    let first = Date::new(parts[0].parse().ok()?, number(1)?, number(2)?).ok()?;
    if !(1970..2200).contains(&first.year()) {
        return None;
    }
    let span = match parts.len() {
        1 => 1.year(),
        2 => 1.month(),
        3 => 1.day(),
        _ => return None,
    };
    Some((first, first.checked_add(span).ok()?))
}

fn start_of_day(date: jiff::civil::Date) -> UtcMillis {
    let utc = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).expect("years 1970 to 2200 are instants");
    UtcMillis(utc.as_millisecond() - CHINA_OFFSET_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_periods_are_counted_in_china_standard_time() {
        let month: Period = "2018-02".parse().unwrap();
        assert_eq!(month.start.to_string(), "2018-02-01T00:00:00+08:00");
        assert_eq!(month.end.to_string(), "2018-03-01T00:00:00+08:00");
        let days: Period = "2018-01-30..2018-02-02".parse().unwrap();
        assert_eq!(days.duration_ms(), 4 * 86_400_000);
        assert_eq!("2024".parse::<Period>().unwrap().duration_ms(), 366 * 86_400_000);
        assert_eq!(Period::day_of(days.start.plus_ms(5)).unwrap().to_string(), "2018-01-30");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "",
            "18",
            "2018-13",
            "2018-02-30",
            "2018-2-3",
            "2018-02-02..2018-02-01",
            "1969",
            "2018-01-01T00",
            "-018",
            "２０１８",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
