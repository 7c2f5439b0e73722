//! One function for each address: read the question, ask the store, give out what it and `assess` say.

use super::{
    Answer, State, json, list, quarter,
    question::{self, Asked},
    refusal::Refusal,
    site, view, visible,
};
use crate::{
    platform::{
        access::Asker,
        assess::{SiteAssessment, assess},
        dashboard, explain,
        publication::Body,
        store::Listing,
    },
    runtime::{clock, task},
};
use axum::{
    Extension,
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{Uri, header},
    response::IntoResponse,
};
use std::collections::HashSet;
use utoipa_axum::{router::OpenApiRouter, routes};

type Code = Result<Path<String>, PathRejection>;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(ranking))
        .routes(routes!(site))
        .routes(routes!(intervals))
        .routes(routes!(explanation))
        .routes(routes!(publications))
        .routes(routes!(ledger))
        .routes(routes!(gateways))
        .routes(routes!(gaps))
        .routes(routes!(refused))
        .routes(routes!(alarms))
        .routes(routes!(health))
}

/// Sites by one figure
///
/// Ranks are among the sites that the asker sees and the filters leave; what is unknown has no rank and stands last.
#[utoipa::path(get, path = "/api/v1/ranking", params(
    ("period" = Option<String>, Query, description = "2026, 2026-11, 2026-11-24 or 2026-11-01..2026-11-24; by default this month"),
    ("sort" = Option<String>, Query, description = "A figure; by default tce_per_mu"),
    ("order" = Option<String>, Query, description = "asc or desc"),
    ("county" = Option<String>, Query, description = "Six digits, GB/T 2260"),
    ("region" = Option<String>, Query, description = "A province, city or county and all in it, GB/T 2260"),
    ("industry" = Option<String>, Query, description = "GB/T 4754, or its beginning"),
    ("query" = Option<String>, Query, description = "A part of the name or of the credit code"),
    ("basis" = Option<String>, Query, description = "calorific (by default) or equivalent"),
    ("offset" = Option<u32>, Query, description = "Rows that are passed over"),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "Rows of a page, 100 by default"),
), responses((status = 200, body = view::Ranked)))]
async fn ranking(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(
        &uri,
        &["period", "sort", "order", "county", "region", "industry", "query", "basis", "offset", "limit"],
    )?;
    let (period, basis, query) = (asked.period(clock::now())?, asked.basis()?, asked.ranking()?);
    let (among, page) = (asked.among()?, asked.places()?);
    let seen = state.figures.seen(&period, basis).await?;
    let published = state.store.publications(Some(period.to_string())).await?;
    // the newest stands first
    let published = published.into_iter().find(|version| version.basis == basis.name());
    json(move || {
        let shown = |site: &SiteAssessment| asker.sees(&site.county_code) && among.has(site);
        Ok(view::Ranked::new(&seen, &query, page, shown, &state.presence.snapshot(), published))
    })
    .await
}

/// A site's figures, and the registers that they are made of
#[utoipa::path(get, path = "/api/v1/sites/{credit_code}", params(
    ("credit_code" = String, Path, pattern = "^[0-9A-Z]{18}$", description = "18 signs, GB 32100"),
    ("period" = Option<String>, Query, description = "By default this month"),
    ("basis" = Option<String>, Query, description = "calorific (by default) or equivalent"),
), responses((status = 200, body = site::SiteTerms)))]
async fn site(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, path: Code, uri: Uri) -> Answer {
    let code = credit_code(path)?;
    let asked = Asked::read(&uri, &["period", "basis"])?;
    let now = clock::now();
    let (period, basis) = (asked.period(now)?, asked.basis()?);
    visible::site(&state, &asker, &code).await?;
    let mut snapshot = state.store.snapshot(&period, now).await?;
    snapshot.sites.retain(|ledger| ledger.site.credit_code == code);
    json(move || {
        let assessment = assess(&snapshot, &state.rules, &period, basis);
        site::SiteTerms::new(snapshot, assessment, &code).ok_or_else(Refusal::no_such_site)
    })
    .await
}

/// A site's balance by quarter-hours
#[utoipa::path(get, path = "/api/v1/sites/{credit_code}/intervals", params(
    ("credit_code" = String, Path, pattern = "^[0-9A-Z]{18}$", description = "18 signs, GB 32100"),
    ("period" = Option<String>, Query, description = "At most 400 days; by default this month"),
), responses((status = 200, body = Vec<quarter::Quarter>)))]
async fn intervals(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, path: Code, uri: Uri) -> Answer {
    let code = credit_code(path)?;
    let period = Asked::read(&uri, &["period"])?.period_of_intervals(clock::now())?;
    visible::site(&state, &asker, &code).await?;
    let intervals = state.store.intervals(&code, &period).await?;
    json(move || Ok(quarter::quarters(intervals))).await
}

/// A figure down to its readings
#[utoipa::path(get, path = "/api/v1/sites/{credit_code}/explain", params(
    ("credit_code" = String, Path, pattern = "^[0-9A-Z]{18}$", description = "18 signs, GB 32100"),
    ("period" = Option<String>, Query, description = "At most 400 days; by default this month"),
    ("basis" = Option<String>, Query, description = "calorific (by default) or equivalent"),
    ("figure" = Option<String>, Query, description = "By default tce_per_mu"),
    ("intervals" = Option<u32>, Query, description = "Quarter-hours of each register that are listed, up to 3000"),
), responses((status = 200, body = explain::Explanation)))]
async fn explanation(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, path: Code, uri: Uri) -> Answer {
    let credit_code = credit_code(path)?;
    let asked = Asked::read(&uri, &["period", "basis", "figure", "intervals"])?;
    let (period, basis) = (asked.period_of_intervals(clock::now())?, asked.basis()?);
    let (figure, intervals) = (asked.figure("figure")?, asked.intervals(explain::INTERVALS)?);
    visible::site(&state, &asker, &credit_code).await?;
    let question = explain::Question { credit_code, period, figure, basis, intervals };
    let found = explain::explain(&state.store, &state.rules, &question).await?;
    json(move || found.ok_or_else(Refusal::no_such_site)).await
}

/// Published versions, or with a version all of its figures and terms
#[utoipa::path(get, path = "/api/v1/publications", params(
    ("period" = Option<String>, Query, description = "Of this period; with a version by default this month"),
    ("basis" = Option<String>, Query, description = "calorific (by default) or equivalent"),
    ("version" = Option<u64>, Query, minimum = 1, description = "Give out what it holds"),
), responses((status = 200, body = list::Published)))]
async fn publications(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["period", "basis", "version"])?;
    let Some(version) = asked.version()? else {
        let period = asked.asked_period()?.map(|period| period.to_string());
        let rows = state.store.publications(period).await?;
        return json(move || Ok(rows.into_iter().map(list::Publication::from).collect::<Vec<_>>())).await;
    };
    let (period, basis) = (asked.period(clock::now())?.to_string(), asked.basis()?.name().to_owned());
    let found = state.store.publication(period, basis, Some(version)).await?;
    let (_, bytes) = found.ok_or_else(Refusal::no_such_version)?;
    let body = task::blocking(move || Body::unpack(&bytes)).await;
    let mut body = body.map_err(|error| Refusal::failed(&error))?;
    body.sites = visible::rows(&state, &asker, body.sites, |site| &site.credit_code).await?;
    json(move || Ok(body)).await
}

/// Every register over all time
#[utoipa::path(get, path = "/api/v1/ledger", responses((status = 200, body = Vec<view::LedgerRow>)))]
async fn ledger(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    Asked::read(&uri, &[])?;
    let mut lines = state.store.ledger().await?;
    if !asker.sees_everything() {
        let gateways = visible::rows(&state, &asker, state.store.gateways().await?, |one| &one.credit_code).await?;
        let seen: HashSet<String> = gateways.into_iter().map(|gateway| gateway.gateway_id).collect();
        lines.retain(|line| seen.contains(&line.gateway_id));
    }
    json(move || Ok(lines.into_iter().map(view::LedgerRow::from).collect::<Vec<_>>())).await
}

/// Registered gateways and how they are
#[utoipa::path(get, path = "/api/v1/gateways", responses((status = 200, body = Vec<view::GatewayRow>)))]
async fn gateways(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    Asked::read(&uri, &[])?;
    let registered = visible::rows(&state, &asker, state.store.gateways().await?, |one| &one.credit_code).await?;
    let refused = state.store.refused_counts().await?;
    json(move || Ok(view::gateways(registered, &state.presence.snapshot(), &refused))).await
}

/// Stretches of which there is nothing, and why, the newest first
#[utoipa::path(get, path = "/api/v1/gaps", params(
    ("site" = Option<String>, Query, description = "Of this credit code"),
    ("gateway" = Option<String>, Query, description = "Of this gateway"),
    ("period" = Option<String>, Query, description = "Only what touches it"),
    ("after" = Option<i64>, Query, minimum = 1, description = "The `next` of the page before"),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Rows of a page, 50 by default; it may be shorter"),
), responses((status = 200, body = list::Listed<list::Gap>)))]
async fn gaps(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let listing = Asked::read(&uri, &["site", "gateway", "period", "after", "limit"])?.listing()?;
    let read = |after| state.store.gaps(Listing { after, ..listing.clone() });
    let page = visible::page(&state, &asker, listing.after, |row| &row.credit_code, read).await?;
    json(move || Ok(list::Listed::new(page, list::Gap::from))).await
}

/// Records that are kept outside of the ledger, the newest first
#[utoipa::path(get, path = "/api/v1/refused", params(
    ("site" = Option<String>, Query, description = "Of this credit code"),
    ("gateway" = Option<String>, Query, description = "Of this gateway"),
    ("period" = Option<String>, Query, description = "Noted in it"),
    ("after" = Option<i64>, Query, minimum = 1, description = "The `next` of the page before"),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Rows of a page, 50 by default; it may be shorter"),
), responses((status = 200, body = list::Listed<list::Refused>)))]
async fn refused(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let listing = Asked::read(&uri, &["site", "gateway", "period", "after", "limit"])?.listing()?;
    let read = |after| state.store.refused(Listing { after, ..listing.clone() });
    let page = visible::page(&state, &asker, listing.after, |row| &row.credit_code, read).await?;
    json(move || Ok(list::Listed::new(page, list::Refused::from))).await
}

/// What a person should know of gateways
#[utoipa::path(get, path = "/api/v1/alarms", params(
    ("site" = Option<String>, Query, description = "Of this credit code"),
    ("gateway" = Option<String>, Query, description = "Of this gateway"),
    ("after" = Option<i64>, Query, minimum = 1, description = "The `next` of the page before"),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Rows of a page, 50 by default; it may be shorter"),
), responses((status = 200, body = list::Listed<list::Alarm>)))]
async fn alarms(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let listing = Asked::read(&uri, &["site", "gateway", "after", "limit"])?.listing()?;
    let read = |after| state.store.alarms(Listing { after, ..listing.clone() });
    let page = visible::page(&state, &asker, listing.after, |row| &row.credit_code, read).await?;
    json(move || Ok(list::Listed::new(page, list::Alarm::from))).await
}

/// Whether the platform answers
#[utoipa::path(get, path = "/health", responses((status = 200, body = Health)))]
async fn health() -> Answer {
    json(|| Ok(Health { status: "ok" })).await
}

#[derive(serde::Serialize, utoipa::ToSchema)]
struct Health {
    status: &'static str,
}

/// The dashboard's files, and a clear no for every other address.
pub async fn asset(uri: Uri) -> Answer {
    let (kind, bytes) = dashboard::asset(uri.path()).ok_or_else(Refusal::no_such_page)?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

fn credit_code(path: Code) -> Result<String, Refusal> {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    question::credit_code(&text).map(str::to_owned)
}
