//! The months of sites, for quotas.

use super::{Answer, Dual};
use crate::{
    model::{Period, UtcMillis},
    platform::{
        assess::Basis,
        quota::{Forecast, Pace, forecast},
    },
};
use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const MONTHS: usize = 12;
/// A month with fewer of its values is used up all the same, and is no ground for a forecast (R15: 90 %).
const COMPLETE: Decimal = Decimal::from_parts(9, 0, 0, false, 1);
/// Years that a forecast looks at: the one that runs and the one before.
const YEARS: i16 = 2;

pub type Months = [Option<Decimal>; MONTHS];

/// tce by month.
#[derive(Clone, Copy, Debug, Default)]
struct SiteYear {
    /// Whatever is known.
    used: Months,
    /// Of the months that are over and complete.
    whole: Months,
}

pub struct History {
    /// Oldest first; the asked year is the last.
    years: Vec<BTreeMap<String, SiteYear>>,
    pace: Pace,
}

impl History {
    /// Of the sites in `codes`; all with an empty list.
    pub async fn read(dual: &Dual, codes: &[String], year: i16, basis: Basis, now: UtcMillis) -> Answer<History> {
        let mut years = Vec::new();
        for one in (year - YEARS + 1)..=year {
            let mut sites: BTreeMap<String, SiteYear> = BTreeMap::new();
            for (at, month) in (1..=MONTHS).enumerate() {
                let Some(period) = format!("{one:04}-{month:02}").parse::<Period>().ok().filter(|p| p.start < now)
                else {
                    continue;
                };
                let assessment = dual.figures.of(&period, basis).await?;
                for site in assessment.sites.iter().filter(|site| codes.is_empty() || codes.contains(&site.credit_code))
                {
                    let tce = site.kgce.and_then(|kgce| kgce.checked_div(Decimal::ONE_THOUSAND));
                    let over = period.end <= now && site.completeness.is_some_and(|share| share >= COMPLETE);
                    let months = sites.entry(site.credit_code.clone()).or_default();
                    months.used.iter_mut().skip(at).take(1).for_each(|used| *used = tce);
                    months.whole.iter_mut().skip(at).take(1).for_each(|whole| *whole = tce.filter(|_| over));
                }
            }
            years.push(sites);
        }
        Ok(History { years, pace: pace(year, now).unwrap_or_default() })
    }

    pub fn forecast(&self, credit_code: &str) -> Forecast {
        let whole = |year: &BTreeMap<String, SiteYear>| year.get(credit_code).map(|months| months.whole);
        let years: Vec<Months> = self.years.iter().map(|year| whole(year).unwrap_or_default()).collect();
        forecast(&years)
    }

    /// tce by month of the asked year, the running one too.
    pub fn used_by_month(&self, credit_code: &str) -> Months {
        self.years.last().and_then(|year| year.get(credit_code)).map(|months| months.used).unwrap_or_default()
    }

    /// tce since the year began; `None` where nothing is known.
    pub fn used(&self, credit_code: &str) -> Option<Decimal> {
        let months = self.used_by_month(credit_code);
        let mut known = months.iter().flatten().peekable();
        known.peek()?;
        known.try_fold(Decimal::ZERO, |sum, month| sum.checked_add(*month))
    }

    pub fn pace(&self) -> Pace {
        self.pace
    }
}

/// How much of the year is over on the day that holds `now`, China Standard Time.
fn pace(year: i16, now: UtcMillis) -> Option<Pace> {
    let (start, today) = (Date::new(year, 1, 1).ok()?, now.civil()?.date());
    let end = start.checked_add(1.year()).ok()?;
    let days = |until: Date| start.until(until).map_or(0, |span| span.get_days());
    Some(Pace { days: days(today.clamp(start, end)), year_days: days(end) })
}
