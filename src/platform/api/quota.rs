//! Quotas of sites: what they may use, what they used, and what the year will be.

use super::{
    Answer, State,
    body::Posted,
    dual_question as ask,
    intensity::light_name,
    json,
    question::{self, Asked},
    refusal::Refusal,
    visible,
};
use crate::{
    model::Quota,
    platform::{
        access::{Asker, Role},
        assess::Basis,
        dual::History,
        intensity::region_covers,
        quota::{Forecast, Method, Progress, progress},
    },
    runtime::{clock, lang::Text},
};
use axum::{
    Extension,
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{StatusCode, Uri},
    response::IntoResponse,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(quotas, put_quotas)).routes(routes!(quota))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuotaPut {
    code: String,
    year: i16,
    tce: Decimal,
    kwh: Option<Decimal>,
    source: String,
}

#[derive(Serialize, ToSchema)]
struct QuotaRow {
    code: String,
    name: String,
    year: i16,
    tce: Decimal,
    kwh: Option<Decimal>,
    used: Option<Decimal>,
    used_percent: Option<Decimal>,
    year_percent: Option<Decimal>,
    left: Option<Decimal>,
    forecast: Option<Decimal>,
    light: Option<&'static str>,
    source: String,
    by: String,
}

impl QuotaRow {
    fn of(name: String, quota: Quota, forecast: &Forecast, stand: &Progress) -> QuotaRow {
        QuotaRow {
            name,
            code: quota.credit_code,
            year: quota.year,
            tce: quota.tce,
            kwh: quota.kwh,
            used: shown(stand.used),
            used_percent: stand.used_percent,
            year_percent: stand.year_percent,
            left: shown(stand.left),
            forecast: forecast.year,
            light: stand.light.map(light_name),
            source: quota.source,
            by: quota.by,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct QuotaRows {
    rows: Vec<QuotaRow>,
    total: usize,
}

#[derive(Serialize, ToSchema)]
struct QuotaShown {
    #[serde(flatten)]
    row: QuotaRow,
    basis: Basis,
    months: Vec<QuotaMonth>,
    /// Low and high.
    band: Option<[Decimal; 2]>,
    method: Text,
    /// Mean of |forecast − actual| / actual over single held-out months, %.
    error: Option<Decimal>,
    /// The largest of a sum of held-out months, %: the band's width.
    error_sum_max: Option<Decimal>,
    held_out_months: usize,
}

#[derive(Serialize, ToSchema)]
struct QuotaMonth {
    month: usize,
    /// What is known, the running month too.
    used: Option<Decimal>,
    forecast: Option<Decimal>,
    low: Option<Decimal>,
    high: Option<Decimal>,
}

fn method_text(method: Option<Method>) -> Text {
    match method {
        Some(Method::Seasonal) => Text::new(
            "季节比例法：上年同月 × 本年已知月份与上年同月之比",
            "seasonal: last year's same month × this year's known months over the same months of last year",
        ),
        Some(Method::Drift) => {
            Text::new("漂移法：由本年已知月份的首末两月外推", "drift: this year's first and last known month drawn on")
        }
        Some(Method::Mean) => Text::new("均值法：本年已知月份的平均", "mean: the mean of this year's known months"),
        None => Text::new("本年没有完整的月份，无法预测", "no whole month of the year is known: there is no forecast"),
    }
}

/// Quotas of sites
#[utoipa::path(get, path = "/api/v1/quotas", params(
    ("year" = Option<i16>, Query), ("region" = Option<String>, Query), ("basis" = Option<String>, Query),
    ("offset" = Option<u32>, Query), ("limit" = Option<u32>, Query, description = "1 to 200"),
), responses((status = 200, body = QuotaRows)))]
async fn quotas(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let (asked, now) = (Asked::read(&uri, &["year", "region", "basis", "offset", "limit"])?, clock::now());
    let (year, basis) = (ask::year(&asked, now)?, asked.basis()?);
    let (offset, limit) = ask::page(&asked)?;
    let region = ask::region(&asked, "region")?;
    let quotas = state.store.quotas(year).await?;
    let codes: Vec<String> = quotas.iter().map(|quota| quota.credit_code.clone()).collect();
    let names = state.store.site_places(codes).await?;
    let seen = |quota: &Quota| {
        let county = names.get(&quota.credit_code).map(|(_, county)| county);
        county.is_some_and(|county| asker.sees(county) && region.is_none_or(|region| region_covers(region, county)))
    };
    let quotas: Vec<Quota> = quotas.into_iter().filter(seen).collect();
    let total = quotas.len();
    let page: Vec<Quota> = quotas.into_iter().skip(offset).take(limit).collect();
    let codes: Vec<String> = page.iter().map(|quota| quota.credit_code.clone()).collect();
    let history = match codes.is_empty() {
        true => None,
        false => Some(History::read(&state.dual(), &codes, year, basis, now).await?),
    };
    json(move || {
        let rows = page.into_iter().filter_map(|quota| {
            let (forecast, stand) = standing(history.as_ref()?, &quota);
            let name = names.get(&quota.credit_code).map(|(name, _)| name.clone())?;
            Some(QuotaRow::of(name, quota, &forecast, &stand))
        });
        Ok(QuotaRows { rows: rows.collect(), total })
    })
    .await
}

fn standing(history: &History, quota: &Quota) -> (Forecast, Progress) {
    let forecast = history.forecast(&quota.credit_code);
    let stand = progress(quota, history.used(&quota.credit_code), &forecast, history.pace());
    (forecast, stand)
}

/// Decimals of tce.
fn shown(value: Option<Decimal>) -> Option<Decimal> {
    value.map(|value| value.round_dp(4).normalize())
}

/// A site's quota: months, forecast, and the forecast's error on held-out months
#[utoipa::path(get, path = "/api/v1/quotas/{credit_code}", params(
    ("credit_code" = String, Path), ("year" = Option<i16>, Query), ("basis" = Option<String>, Query),
), responses((status = 200, body = QuotaShown)))]
async fn quota(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Answer {
    let Path(code) = path.map_err(|_| Refusal::no_such_page())?;
    question::credit_code(&code)?;
    let (asked, now) = (Asked::read(&uri, &["year", "basis"])?, clock::now());
    let (year, basis) = (ask::year(&asked, now)?, asked.basis()?);
    visible::site(&state, &asker, &code).await?;
    let Some(quota) = state.store.quota(code.clone(), year).await? else {
        let text = Text::new(format!("{year} 年没有用能预算"), format!("there is no quota for {year}"));
        return Err(Refusal { status: StatusCode::NOT_FOUND, text });
    };
    let names: BTreeMap<_, _> = state.store.site_places(vec![code.clone()]).await?;
    let history = History::read(&state.dual(), std::slice::from_ref(&code), year, basis, now).await?;
    json(move || {
        let (forecast, stand) = standing(&history, &quota);
        let used = history.used_by_month(&code);
        let months = used.iter().zip(&forecast.months).map(|(used, month)| QuotaMonth {
            month: month.month,
            used: shown(*used),
            forecast: month.forecast,
            low: month.low,
            high: month.high,
        });
        let error = forecast.error.as_ref();
        let name = names.get(&code).map_or_else(String::new, |(name, _)| name.clone());
        Ok(QuotaShown {
            months: months.collect(),
            basis,
            band: forecast.band.map(|(low, high)| [low, high]),
            method: method_text(forecast.method),
            error: error.map(|error| error.mean_percent),
            error_sum_max: error.map(|error| error.sum_percent_max),
            held_out_months: error.map_or(0, |error| error.months),
            row: QuotaRow::of(name, quota, &forecast, &stand),
        })
    })
    .await
}

/// Sets quotas
#[utoipa::path(put, path = "/api/v1/quotas", request_body = Vec<QuotaPut>, responses((status = 204)))]
async fn put_quotas(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    Posted(rows): Posted<Vec<QuotaPut>>,
) -> Answer {
    asker.need(Role::Operator)?;
    let rows = ask::bounded(rows)?;
    let codes: Vec<String> = rows.iter().map(|row| row.code.clone()).collect();
    let counties = state.store.counties(codes).await?;
    let quotas = ask::numbered(rows, |row| {
        question::credit_code(&row.code)?;
        if !counties.get(&row.code).is_some_and(|county| asker.sees(county)) {
            return Err(Refusal::no_such_site());
        }
        if row.tce <= Decimal::ZERO || row.kwh.is_some_and(|kwh| kwh <= Decimal::ZERO) {
            return Err(Refusal::bad("预算应大于 0", "a quota is above 0"));
        }
        let (year, source) = (ask::checked_year(row.year)?, ask::source(row.source)?);
        Ok(Quota { credit_code: row.code, year, tce: row.tce, kwh: row.kwh, source, by: asker.name.clone() })
    })?;
    state.store.put_quotas(quotas).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
