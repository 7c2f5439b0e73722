//! What authorities set for dual control: targets of regions, limit values of products.

use super::{Answer, State, body::Posted, dual_question as ask, json, question::Asked, refusal::Refusal};
use crate::{
    model::{LimitGrade, LimitKey, ProductLimit, Target, TargetKind},
    platform::{
        access::{Asker, Role},
        intensity::region_covers,
    },
    runtime::clock,
};
use axum::{
    Extension,
    extract::State as Shared,
    http::{StatusCode, Uri},
    response::IntoResponse,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(targets, put_targets)).routes(routes!(limits, put_limits))
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
        let source = ask::source(self.source)?;
        Ok(Target { region: self.region, year, kind, value, source, by: asker.name.clone() })
    }
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
    found.retain(|target| {
        asker.sees(&target.region) && region.is_none_or(|region| region_covers(region, &target.region))
    });
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
    let targets = ask::numbered(ask::bounded(rows)?, |row| {
        let target = row.target(&asker)?;
        if asker.sees(&target.region) { Ok(target) } else { Err(ask::not_theirs(&target.region)) }
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
        let (source, by) = (ask::source(self.source)?, asker.name.clone());
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
    let limits = ask::numbered(ask::bounded(rows)?, |row| {
        let limit = row.limit(&asker)?;
        if asker.sees(&limit.key.region) { Ok(limit) } else { Err(ask::not_theirs(&limit.key.region)) }
    })?;
    state.store.put_limits(limits).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
