//! The facts that warnings are judged by.

use super::{Answer, Dual, History, Pair};
use crate::{
    model::{Period, UtcMillis, WarningRule},
    platform::{
        assess::{Basis, SiteAssessment},
        intensity::{DateSpan, to_date, verdict},
        warning::{Calendar, Facts, LightFact, MeterFact, Place, ProductFact, QuotaFact, SiteFact},
    },
};
use jiff::ToSpan;
use rust_decimal::Decimal;

/// Days behind a site's completeness.
const COMPLETENESS_DAYS: i64 = 7;

/// What is looked at each quarter of an hour: when meters spoke, and until when they are calibrated.
pub async fn frequent(dual: &Dual, calendar: &Calendar) -> Answer<Facts> {
    let points = dual.store.points_seen().await?;
    let meters = points.into_iter().map(|seen| MeterFact {
        site: Place { code: seen.credit_code, name: seen.site, county: seen.county_code },
        point: seen.point.to_string(),
        last: seen.last,
        calibrated_until: seen.calibrated_until,
    });
    Ok(Facts {
        judged: [WarningRule::Silent, WarningRule::Calibration].into(),
        meters: meters.collect(),
        calendar: calendar.clone(),
        ..Facts::default()
    })
}

/// What is looked at each day: quotas, limits, lights, completeness. Rules whose figures can not be had are not judged.
pub async fn daily(dual: &Dual, basis: Basis, now: UtcMillis) -> Answer<Facts> {
    let mut facts = Facts::default();
    let Some(today) = now.civil().map(|civil| civil.date()) else { return Ok(facts) };
    let year = today.year();
    quotas(dual, year, basis, now, &mut facts).await?;
    if let Some((whole, judged)) = year_to_date(year, now) {
        let pair = Pair::read(dual, &judged, basis).await?;
        products(dual, &pair, judged.end, &mut facts).await?;
        let targets = dual.store.targets(year).await?;
        if let Some((judged, whole)) = DateSpan::of(&judged).zip(DateSpan::of(&whole)) {
            facts.judged.extend([WarningRule::IntensityLight, WarningRule::TotalLight]);
            for (region, row, lights) in pair.lights(&targets, judged, whole) {
                facts.lights.extend(lights.into_iter().map(|light| LightFact {
                    region: region.to_owned(),
                    name: row.name.zh.clone(),
                    kind: light.kind,
                    target: light.to_date,
                    actual: light.actual,
                    light: light.light,
                }));
            }
        }
    }
    let week = today.checked_sub(COMPLETENESS_DAYS.days()).ok().zip(today.checked_sub(1.day()).ok());
    if let Some(period) = week.and_then(|(first, last)| format!("{first}..{last}").parse::<Period>().ok()) {
        facts.judged.insert(WarningRule::Incomplete);
        let assessment = dual.figures.of(&period, basis).await?;
        let sites = assessment.sites.iter();
        facts.sites = sites.map(|site| SiteFact { site: place(site), completeness: site.completeness }).collect();
    }
    Ok(facts)
}

/// A year, and what of it is past in whole months.
fn year_to_date(year: i16, now: UtcMillis) -> Option<(Period, Period)> {
    let whole: Period = format!("{year:04}").parse().ok()?;
    let judged = to_date(&whole, now)?;
    Some((whole, judged))
}

async fn quotas(dual: &Dual, year: i16, basis: Basis, now: UtcMillis, facts: &mut Facts) -> Answer<()> {
    facts.judged.extend([WarningRule::QuotaPace, WarningRule::QuotaForecast]);
    let quotas = dual.store.quotas(year).await?;
    if quotas.is_empty() {
        return Ok(());
    }
    let codes: Vec<String> = quotas.iter().map(|quota| quota.credit_code.clone()).collect();
    let history = History::read(dual, &codes, year, basis, now).await?;
    let month: Option<Period> = now.civil().and_then(|now| format!("{year:04}-{:02}", now.month()).parse().ok());
    let Some(month) = month else { return Ok(()) };
    let pace = history.pace();
    let assessment = dual.figures.of(&month, basis).await?;
    for quota in &quotas {
        // a site that left the registry keeps its quota and is judged no more
        let Some(site) = assessment.sites.iter().find(|site| site.credit_code == quota.credit_code) else { continue };
        let due = quota.tce.checked_mul(pace.days.into()).and_then(|due| due.checked_div(pace.year_days.into()));
        facts.quotas.push(QuotaFact {
            site: place(site),
            quota: quota.tce,
            used: history.used(&quota.credit_code),
            due: due.unwrap_or(quota.tce),
            forecast: history.forecast(&quota.credit_code).year,
        });
    }
    Ok(())
}

async fn products(dual: &Dual, pair: &Pair, end: UtcMillis, facts: &mut Facts) -> Answer<()> {
    facts.judged.insert(WarningRule::LimitExceeded);
    let limits = dual.store.limits().await?;
    let Some(on) = end.plus_ms(-1).civil().map(|civil| civil.date()) else { return Ok(()) };
    for site in &pair.this.sites {
        let [product] = site.products.as_slice() else { continue };
        let each = each(site);
        let judged =
            verdict(&limits, (&product.product, &product.unit), &site.county_code, on, each.unwrap_or(Decimal::ZERO));
        let Some(verdict) = judged else { continue };
        facts.products.push(ProductFact {
            site: place(site),
            product: product.product.clone(),
            unit: product.unit.clone(),
            intensity: each,
            limit: verdict.kgce_per_unit,
            standard: verdict.limit.source.clone(),
        });
    }
    Ok(())
}

/// kgce for one unit of the site's one product, not rounded to six digits.
fn each(site: &SiteAssessment) -> Option<Decimal> {
    site.kgce?.checked_div(site.output.filter(|output| *output > Decimal::ZERO)?)
}

fn place(site: &SiteAssessment) -> Place {
    Place { code: site.credit_code.clone(), name: site.name.clone(), county: site.county_code.clone() }
}
