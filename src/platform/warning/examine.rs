//! Facts → findings, rule by rule. Pure; the thresholds stand in words in [`super::rule_text`].

use super::{
    judge::{Finding, State},
    working_day::Calendar,
};
use crate::{
    energy::intensity::Light,
    model::{Ground, TargetKind, UtcMillis, WarningKey, WarningLevel, WarningRule},
    runtime::lang::Text,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

const fn percent(percent: u32) -> Decimal {
    Decimal::from_parts(percent, 0, 0, false, 2)
}
const PACE: [Decimal; 3] = [percent(100), percent(105), percent(115)];
const FORECAST: [Decimal; 3] = [percent(98), percent(100), percent(110)];
const LIMIT: [Decimal; 2] = [percent(99), percent(100)];
/// R15 of the national on-line monitoring system asks for 90 %.
const COMPLETE: [Decimal; 3] = [percent(92), percent(90), percent(50)];
/// R24: mended within 3 working days, else reported.
const SILENT_DAYS: usize = 3;
const SILENT_DAYS_RED: usize = 10;

/// What one pass looks at; a rule whose facts were not gathered is not judged.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub judged: BTreeSet<WarningRule>,
    pub quotas: Vec<QuotaFact>,
    pub products: Vec<ProductFact>,
    pub lights: Vec<LightFact>,
    pub sites: Vec<SiteFact>,
    pub meters: Vec<MeterFact>,
    pub calendar: Calendar,
}

/// Whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub code: String,
    pub name: String,
    pub county: String,
}

/// tce.
#[derive(Clone, Debug)]
pub struct QuotaFact {
    pub site: Place,
    pub quota: Decimal,
    pub used: Option<Decimal>,
    /// Of the quota, what falls on the days that are over.
    pub due: Decimal,
    pub forecast: Option<Decimal>,
}

/// kgce for one unit of the product.
#[derive(Clone, Debug)]
pub struct ProductFact {
    pub site: Place,
    pub product: String,
    pub unit: String,
    pub intensity: Option<Decimal>,
    pub limit: Decimal,
    pub standard: String,
}

#[derive(Clone, Debug)]
pub struct LightFact {
    pub region: String,
    pub name: String,
    pub kind: TargetKind,
    pub target: Decimal,
    pub actual: Option<Decimal>,
    pub light: Option<Light>,
}

#[derive(Clone, Debug)]
pub struct SiteFact {
    pub site: Place,
    /// 0 to 1, of the last 7 days.
    pub completeness: Option<Decimal>,
}

#[derive(Clone, Debug)]
pub struct MeterFact {
    pub site: Place,
    /// As `gateway/meter/point`.
    pub point: String,
    /// `None`: never heard of.
    pub last: Option<UtcMillis>,
    pub calibrated_until: Option<Date>,
}

pub fn examine(facts: &Facts, now: UtcMillis) -> Vec<Finding> {
    let mut findings = Vec::new();
    let asked = |rule| facts.judged.contains(&rule);
    if asked(WarningRule::QuotaPace) {
        findings.extend(facts.quotas.iter().map(pace));
    }
    if asked(WarningRule::QuotaForecast) {
        findings.extend(facts.quotas.iter().map(forecast));
    }
    if asked(WarningRule::LimitExceeded) {
        findings.extend(facts.products.iter().map(limit));
    }
    findings.extend(facts.lights.iter().map(light).filter(|finding| asked(finding.key.rule)));
    if asked(WarningRule::Incomplete) {
        findings.extend(facts.sites.iter().map(incomplete));
    }
    let today = now.civil().map(|civil| civil.date());
    if asked(WarningRule::Silent) {
        findings.extend(facts.meters.iter().map(|meter| silent(meter, today, &facts.calendar)));
    }
    if asked(WarningRule::Calibration) {
        findings.extend(facts.meters.iter().filter_map(|meter| calibration(meter, today)));
    }
    findings
}

/// `value / base` against [cleared, yellow, red], the higher the worse.
fn above(value: Option<Decimal>, base: Decimal, [clear, yellow, red]: [Decimal; 3]) -> State {
    let Some(value) = value else { return State::Held };
    let beyond = |share: Decimal| base.checked_mul(share).is_some_and(|threshold| value > threshold);
    if beyond(red) {
        State::Raised(WarningLevel::Red)
    } else if beyond(yellow) {
        State::Raised(WarningLevel::Yellow)
    } else if beyond(clear) {
        State::Held
    } else {
        State::Clear
    }
}

fn of_site(rule: WarningRule, site: &Place, object: &str, state: State, text: Text, grounds: Vec<Ground>) -> Finding {
    let key = WarningKey { rule, place: site.code.clone(), object: object.to_owned() };
    Finding { key, state, is_site: true, name: site.name.clone(), region: site.county.clone(), text, grounds }
}

fn ground(name: &str, value: Option<Decimal>, unit: &str) -> Ground {
    let value = value.map(|value| value.round_dp(4).normalize());
    Ground { name: name.into(), value, unit: unit.into() }
}

fn shown(value: Option<Decimal>) -> String {
    value.map_or_else(|| "—".into(), |value| value.round_dp(2).normalize().to_string())
}

fn pace(fact: &QuotaFact) -> Finding {
    let QuotaFact { site, quota, used, due, .. } = fact;
    // in the first days of a year its share is near nothing, and any amount beyond it
    let state = if *due < *quota / Decimal::TEN { State::Held } else { above(*used, *due, PACE) };
    let state = if used.is_some_and(|used| used > *quota) { State::Raised(WarningLevel::Red) } else { state };
    let (used_shown, due_shown) = (shown(*used), shown(Some(*due)));
    let text = Text::new(
        format!("已用能 {used_shown} tce，按时间进度应为 {due_shown} tce（全年预算 {} tce）", quota.normalize()),
        format!("{used_shown} tce used; by the days it would be {due_shown} tce of {} tce a year", quota.normalize()),
    );
    let grounds =
        vec![ground("used", *used, "tce"), ground("due", Some(*due), "tce"), ground("quota", Some(*quota), "tce")];
    of_site(WarningRule::QuotaPace, site, "", state, text, grounds)
}

fn forecast(fact: &QuotaFact) -> Finding {
    let QuotaFact { site, quota, forecast, .. } = fact;
    let state = above(*forecast, *quota, FORECAST);
    let year = shown(*forecast);
    let text = Text::new(
        format!("全年预测 {year} tce，预算 {} tce", quota.normalize()),
        format!("the year's forecast is {year} tce, the quota {} tce", quota.normalize()),
    );
    let grounds = vec![ground("forecast", *forecast, "tce"), ground("quota", Some(*quota), "tce")];
    of_site(WarningRule::QuotaForecast, site, "", state, text, grounds)
}

fn limit(fact: &ProductFact) -> Finding {
    let ProductFact { site, product, unit, intensity, limit, standard } = fact;
    let [clear, red] = LIMIT;
    let state = above(*intensity, *limit, [clear, red, red]);
    let each = shown(*intensity);
    let text = Text::new(
        format!("{product} 单位产品能耗 {each} kgce/{unit}，限定值 {}（{standard}）", limit.normalize()),
        format!("{product}: {each} kgce/{unit}, the limit value is {} ({standard})", limit.normalize()),
    );
    let unit = format!("kgce/{unit}");
    let grounds = vec![ground("kgce_per_product", *intensity, &unit), ground("limit", Some(*limit), &unit)];
    of_site(WarningRule::LimitExceeded, site, product, state, text, grounds)
}

fn light(fact: &LightFact) -> Finding {
    let LightFact { region, name, kind, target, actual, light } = fact;
    let (rule, unit) = match kind {
        TargetKind::Intensity | TargetKind::CarbonIntensity => (WarningRule::IntensityLight, "%"),
        TargetKind::Total => (WarningRule::TotalLight, "%"),
        TargetKind::TotalTce => (WarningRule::TotalLight, "tce"),
    };
    let state = match light {
        Some(Light::Red) => State::Raised(WarningLevel::Red),
        Some(Light::Yellow) => State::Raised(WarningLevel::Yellow),
        Some(Light::Green | Light::NoTarget) => State::Clear,
        None => State::Held,
    };
    let (zh, en) = match kind {
        TargetKind::Intensity => ("能耗强度下降", "reduction of energy intensity"),
        TargetKind::CarbonIntensity => ("碳排放强度下降", "reduction of carbon intensity"),
        TargetKind::Total => ("能耗总量增长", "growth of total energy"),
        TargetKind::TotalTce => ("能耗总量", "total energy"),
    };
    let (done, wanted) = (shown(*actual), shown(Some(*target)));
    let text = Text::new(
        format!("{zh} {done} {unit}，进度目标 {wanted} {unit}"),
        format!("{en} {done} {unit}, the target to date is {wanted} {unit}"),
    );
    let key = WarningKey { rule, place: region.clone(), object: kind.name().into() };
    let grounds = vec![ground("actual", *actual, unit), ground("target_to_date", Some(*target), unit)];
    Finding { key, state, is_site: false, name: name.clone(), region: region.clone(), text, grounds }
}

fn incomplete(fact: &SiteFact) -> Finding {
    let SiteFact { site, completeness } = fact;
    let [clear, yellow, red] = COMPLETE;
    let state = match completeness {
        None => State::Held,
        Some(share) if *share < red => State::Raised(WarningLevel::Red),
        Some(share) if *share < yellow => State::Raised(WarningLevel::Yellow),
        Some(share) if *share < clear => State::Held,
        Some(_) => State::Clear,
    };
    let share = completeness.and_then(|share| share.checked_mul(Decimal::ONE_HUNDRED));
    let text = Text::new(
        format!("近 7 天数据完整率 {} %", shown(share)),
        format!("{} % of the values of the last 7 days came", shown(share)),
    );
    of_site(WarningRule::Incomplete, site, "", state, text, vec![ground("completeness", share, "%")])
}

fn silent(fact: &MeterFact, today: Option<Date>, calendar: &Calendar) -> Finding {
    let MeterFact { site, point, last, .. } = fact;
    let since = last.and_then(UtcMillis::civil).map(|civil| civil.date());
    let days = since.zip(today).map(|(since, today)| calendar.whole_between(since, today));
    let state = match days {
        // a point of which nothing ever came is being installed: the desk lists it
        None => State::Clear,
        Some(days) if days > SILENT_DAYS_RED => State::Raised(WarningLevel::Red),
        Some(days) if days > SILENT_DAYS => State::Raised(WarningLevel::Yellow),
        Some(_) => State::Clear,
    };
    let since = since.map_or_else(|| "—".into(), |day| day.to_string());
    let days = days.map(Decimal::from);
    let text = Text::new(
        format!("计量点 {point} 自 {since} 起没有数据，已 {} 个工作日", shown(days)),
        format!("{point} says nothing since {since}, for {} working days", shown(days)),
    );
    of_site(WarningRule::Silent, site, point, state, text, vec![ground("silent", days, "working days")])
}

/// `None` where no calibration is registered.
fn calibration(fact: &MeterFact, today: Option<Date>) -> Option<Finding> {
    let until = fact.calibrated_until?;
    let state = if until < today? { State::Raised(WarningLevel::Yellow) } else { State::Clear };
    let MeterFact { site, point, .. } = fact;
    let text = Text::new(
        format!("计量点 {point} 的检定有效期至 {until}"),
        format!("the calibration of {point} ended on {until}"),
    );
    let days = until.until(today?).ok().map(|span| Decimal::from(span.get_days()));
    Some(of_site(WarningRule::Calibration, site, point, state, text, vec![ground("overdue", days, "days")]))
}
