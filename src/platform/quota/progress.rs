//! How a site stands with its quota on a day.

use super::Forecast;
use crate::{
    energy::intensity::{Light, light_of_growth},
    model::Quota,
};
use rust_decimal::Decimal;

const PERCENT_DECIMALS: u32 = 2;

/// What was used against what the year has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pace {
    /// Days of the year that are over, and all of them.
    pub days: i32,
    pub year_days: i32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Progress {
    /// tce since the year began; `None` where nothing is known.
    pub used: Option<Decimal>,
    /// Of the quota, %, and of the year, %.
    pub used_percent: Option<Decimal>,
    pub year_percent: Option<Decimal>,
    /// What is left of it, tce; negative where it is used up.
    pub left: Option<Decimal>,
    /// The forecast of the year against the quota, as a total that may not be passed: green within it, yellow up to
    /// 10 % beyond, red further. Before a forecast is possible, what was used against the days' share of the quota.
    pub light: Option<Light>,
}

/// `used`: since the year began, the running month too.
pub fn progress(quota: &Quota, used: Option<Decimal>, forecast: &Forecast, pace: Pace) -> Progress {
    let percent = |part: Decimal, whole: Decimal| {
        let percent = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
        Some(percent.round_dp(PERCENT_DECIMALS).normalize())
    };
    let due = quota.tce.checked_mul(pace.days.into()).and_then(|due| due.checked_div(pace.year_days.into()));
    let by_forecast = forecast.year.map(|year| light_of_growth(quota.tce, year));
    let by_days = used.zip(due).map(|(used, due)| light_of_growth(due, used)).filter(|light| *light != Light::NoTarget);
    Progress {
        used,
        used_percent: used.and_then(|used| percent(used, quota.tce)),
        year_percent: percent(pace.days.into(), pace.year_days.into()),
        left: used.and_then(|used| quota.tce.checked_sub(used)),
        light: match used {
            Some(used) if used > quota.tce => Some(light_of_growth(quota.tce, used)),
            _ => by_forecast.or(by_days),
        },
    }
}
