//! What authorities set, and how it stands: targets of regions, limit values of products, quotas of sites.

use super::{
    State,
    body::Posted,
    dual_question as ask,
    intensity::light_name,
    json,
    question::{self, Asked},
    refusal::{Refusal, quoted},
    visible,
};
use crate::{
    model::{LimitGrade, LimitKey, ProductLimit, Quota, Target, TargetKind},
    platform::{
        access::{Asker, Role},
        assess::Basis,
        dual::{Dual, History},
        intensity::region_covers,
        quota::{Forecast, Method, Progress, progress},
    },
    runtime::{clock, lang::Text},
};
use axum::{
    Extension,
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

type Answer = Result<Response, Refusal>;

/// Rows that one request writes: a province's key units.
const ROWS_MAX: usize = 20_000;
const TEXT_BYTES_MAX: usize = 512;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(targets, put_targets))
        .routes(routes!(limits, put_limits))
        .routes(routes!(quotas, put_quotas))
        .routes(routes!(quota))
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TargetRow {
    region: String,
    year: i16,
    /// intensity, total, carbon_intensity.
    kind: String,
    /// By how much the intensity falls, or the total grows at most.
    percent: Option<Decimal>,
    /// Of `total` alone: the most.
    tce: Option<Decimal>,
    /// The document that sets it.
    source: String,
    /// Who wrote it; not taken from a request.
    #[serde(default)]
    by: String,
}

#[derive(Serialize, ToSchema)]
struct TargetRows {
    rows: Vec<TargetRow>,
}

impl From<Target> for TargetRow {
    fn from(target: Target) -> TargetRow {
        let tonnes = target.kind == TargetKind::TotalTce;
        let value = Some(target.value);
        TargetRow {
            region: target.region,
            year: target.year,
            kind: if tonnes { TargetKind::Total.name() } else { target.kind.name() }.into(),
            percent: value.filter(|_| !tonnes),
            tce: value.filter(|_| tonnes),
            source: target.source,
            by: target.by,
        }
    }
}

impl TargetRow {
    fn target(self, asker: &Asker) -> Result<Target, Refusal> {
        ask::region_code(&self.region)?;
        let year = ask::checked_year(self.year)?;
        let (kind, value) = match (TargetKind::by_name(&self.kind), self.percent, self.tce) {
            (Some(TargetKind::Total), None, Some(tce)) => (TargetKind::TotalTce, tce),
            (Some(kind), Some(percent), None) if kind != TargetKind::TotalTce => (kind, percent),
            _ => {
                return Err(Refusal::bad(
                    "kind 为 intensity、total 或 carbon_intensity，并填写 percent；total 也可改填 tce",
                    "kind is intensity, total or carbon_intensity, with percent; total may have tce instead",
                ));
            }
        };
        let source = source(self.source)?;
        Ok(Target { region: self.region, year, kind, value, source, by: asker.name.clone() })
    }
}

/// A document's name.
fn source(text: String) -> Result<String, Refusal> {
    if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Refusal::bad(
            format!("source 应写明依据文件，一行，最多 {TEXT_BYTES_MAX} 字节"),
            format!("source names the document, in one line of at most {TEXT_BYTES_MAX} bytes"),
        ));
    }
    Ok(text)
}

fn bounded<T>(rows: Vec<T>) -> Result<Vec<T>, Refusal> {
    if (1..=ROWS_MAX).contains(&rows.len()) {
        return Ok(rows);
    }
    Err(Refusal::bad(format!("应有 1 到 {ROWS_MAX} 行"), format!("there are 1 to {ROWS_MAX} rows")))
}

fn not_theirs(code: &str) -> Refusal {
    let code = quoted(code);
    let text = Text::new(format!("没有 {code}"), format!("there is no {code}"));
    Refusal { status: StatusCode::NOT_FOUND, text }
}

/// A row's number is what a person looks for.
fn numbered<T, U>(rows: Vec<T>, read: impl Fn(T) -> Result<U, Refusal>) -> Result<Vec<U>, Refusal> {
    let numbered = |(row, one): (usize, T)| {
        read(one).map_err(|mut refusal| {
            let Text { zh, en } = refusal.text;
            refusal.text = Text::new(format!("第 {row} 行：{zh}"), format!("row {row}: {en}"));
            refusal
        })
    };
    (1..).zip(rows).map(numbered).collect()
}

/// Targets of dual control
#[utoipa::path(get, path = "/api/v1/targets", params(
    ("year" = Option<i16>, Query), ("region" = Option<String>, Query, description = "Those at or below it"),
), responses((status = 200, body = TargetRows)))]
async fn targets(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["year", "region"])?;
    let year = ask::year(&asked, clock::now())?;
    let region = ask::region(&asked, "region")?;
    let mut found = state.store.targets(year).await?;
    found.retain(|target| asker.sees(&target.region) && region.is_none_or(|region| region_covers(region, &target.region)));
    json(move || Ok(TargetRows { rows: found.into_iter().map(TargetRow::from).collect() })).await
}

/// Sets targets
#[utoipa::path(put, path = "/api/v1/targets", request_body = Vec<TargetRow>, responses((status = 204)))]
async fn put_targets(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    Posted(rows): Posted<Vec<TargetRow>>,
) -> Answer {
    asker.need(Role::Operator)?;
    let targets = numbered(bounded(rows)?, |row| {
        let target = row.target(&asker)?;
        if asker.sees(&target.region) { Ok(target) } else { Err(not_theirs(&target.region)) }
    })?;
    state.store.put_targets(targets).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitRow {
    product: String,
    /// GB/T 2260; empty: a national standard.
    region: String,
    /// limit (限定值), entry (准入值), advanced (先进值).
    grade: String,
    /// A date.
    valid_from: String,
    kgce_per_unit: Decimal,
    unit: String,
    /// Standard and clause.
    source: String,
    #[serde(default)]
    by: String,
}

#[derive(Serialize, ToSchema)]
struct LimitRows {
    rows: Vec<LimitRow>,
}

impl From<ProductLimit> for LimitRow {
    fn from(limit: ProductLimit) -> LimitRow {
        let ProductLimit { key, kgce_per_unit, unit, source, by } = limit;
        LimitRow {
            product: key.product,
            region: key.region,
            grade: key.grade.name().into(),
            valid_from: key.valid_from.to_string(),
            kgce_per_unit,
            unit,
            source,
            by,
        }
    }
}

impl LimitRow {
    fn limit(self, asker: &Asker) -> Result<ProductLimit, Refusal> {
        if !self.region.is_empty() {
            ask::region_code(&self.region)?;
        }
        let short = |text: &str| !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control);
        let (grade, valid_from) = (LimitGrade::by_name(&self.grade), self.valid_from.parse());
        let (Some(grade), Ok(valid_from), true, true) =
            (grade, valid_from, short(&self.product) && short(&self.unit), self.kgce_per_unit > Decimal::ZERO)
        else {
            return Err(Refusal::bad(
                "应有 product、unit（各最多 64 字节）、grade（limit、entry、advanced）、日期 valid_from，kgce_per_unit 大于 0",
                "there are product and unit (64 bytes each), grade (limit, entry, advanced), the date valid_from, and kgce_per_unit above 0",
            ));
        };
        let key = LimitKey { product: self.product, region: self.region, grade, valid_from };
        let (source, by) = (source(self.source)?, asker.name.clone());
        Ok(ProductLimit { key, kgce_per_unit: self.kgce_per_unit, unit: self.unit, source, by })
    }
}

/// Limit values of energy per product
#[utoipa::path(get, path = "/api/v1/limits", responses((status = 200, body = LimitRows)))]
async fn limits(Shared(state): Shared<State>, Extension(_): Extension<Asker>, uri: Uri) -> Answer {
    Asked::read(&uri, &[])?;
    let found = state.store.limits().await?;
    json(move || Ok(LimitRows { rows: found.into_iter().map(LimitRow::from).collect() })).await
}

/// Sets limit values
///
/// They are of standards and hold for everybody: an administrator sets them.
#[utoipa::path(put, path = "/api/v1/limits", request_body = Vec<LimitRow>, responses((status = 204)))]
async fn put_limits(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    Posted(rows): Posted<Vec<LimitRow>>,
) -> Answer {
    asker.need(Role::Administrator)?;
    let limits = numbered(bounded(rows)?, |row| {
        let limit = row.limit(&asker)?;
        if asker.sees(&limit.key.region) { Ok(limit) } else { Err(not_theirs(&limit.key.region)) }
    })?;
    state.store.put_limits(limits).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
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

#[derive(Serialize, ToSchema)]
struct QuotaRows {
    rows: Vec<QuotaRow>,
    total: usize,
}

#[derive(Serialize, ToSchema)]
struct QuotaShown {
    code: String,
    name: String,
    year: i16,
    tce: Decimal,
    kwh: Option<Decimal>,
    basis: Basis,
    months: Vec<QuotaMonth>,
    used: Option<Decimal>,
    used_percent: Option<Decimal>,
    year_percent: Option<Decimal>,
    left: Option<Decimal>,
    forecast: Option<Decimal>,
    light: Option<&'static str>,
    /// Low and high.
    band: Option<[Decimal; 2]>,
    method: Text,
    /// Mean of |forecast − actual| / actual over single held-out months, %.
    error: Option<Decimal>,
    /// The largest of a sum of held-out months, %: the band's width.
    error_sum_max: Option<Decimal>,
    held_out_months: usize,
    source: String,
    by: String,
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
        Some(Method::Drift) => Text::new("漂移法：由本年已知月份的首末两月外推", "drift: this year's first and last known month drawn on"),
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
        false => Some(History::read(&dual(&state), &codes, year, basis, now).await?),
    };
    json(move || {
        let rows = page.into_iter().filter_map(|quota| {
            let (forecast, stand) = standing(history.as_ref()?, &quota);
            let name = names.get(&quota.credit_code).map(|(name, _)| name.clone())?;
            Some(QuotaRow {
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
            })
        });
        Ok(QuotaRows { rows: rows.collect(), total })
    })
    .await
}

fn dual(state: &State) -> Dual {
    Dual { store: state.store.clone(), figures: state.figures.clone() }
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
    let history = History::read(&dual(&state), std::slice::from_ref(&code), year, basis, now).await?;
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
        Ok(QuotaShown {
            name: names.get(&code).map_or_else(String::new, |(name, _)| name.clone()),
            months: months.collect(),
            code,
            year,
            basis,
            tce: quota.tce,
            kwh: quota.kwh,
            used: shown(stand.used),
            used_percent: stand.used_percent,
            year_percent: stand.year_percent,
            left: shown(stand.left),
            forecast: forecast.year,
            light: stand.light.map(light_name),
            band: forecast.band.map(|(low, high)| [low, high]),
            method: method_text(forecast.method),
            error: error.map(|error| error.mean_percent),
            error_sum_max: error.map(|error| error.sum_percent_max),
            held_out_months: error.map_or(0, |error| error.months),
            source: quota.source,
            by: quota.by,
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
    let rows = bounded(rows)?;
    let codes: Vec<String> = rows.iter().map(|row| row.code.clone()).collect();
    let counties = state.store.counties(codes).await?;
    let quotas = numbered(rows, |row| {
        question::credit_code(&row.code)?;
        if !counties.get(&row.code).is_some_and(|county| asker.sees(county)) {
            return Err(Refusal::no_such_site());
        }
        if row.tce <= Decimal::ZERO || row.kwh.is_some_and(|kwh| kwh <= Decimal::ZERO) {
            return Err(Refusal::bad("预算应大于 0", "a quota is above 0"));
        }
        let (year, source) = (ask::checked_year(row.year)?, source(row.source)?);
        Ok(Quota { credit_code: row.code, year, tce: row.tce, kwh: row.kwh, source, by: asker.name.clone() })
    })?;
    state.store.put_quotas(quotas).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
