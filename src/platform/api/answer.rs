//! One function for each address: read the question, ask the store, give out what it and `assess` say.

use super::{
    State, json, list, quarter,
    question::{self, Asked},
    refusal::Refusal,
    site, view,
};
use crate::{
    platform::{assess::assess, dashboard, explain, publication::Body},
    runtime::clock,
};
use axum::{
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{Uri, header},
    response::{IntoResponse, Response},
};

type Answer = Result<Response, Refusal>;

pub async fn ranking(Shared(state): Shared<State>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["period", "sort", "order", "county", "industry", "basis"])?;
    let now = clock::now();
    let (period, basis, query) = (asked.period(now)?, asked.basis()?, asked.ranking()?);
    let snapshot = state.store.snapshot(&period, now).await?;
    let published = state.store.publications(Some(period.to_string())).await?;
    // the newest stands first
    let published = published.into_iter().find(|version| version.basis == basis.name());
    json(move || {
        let assessment = assess(&snapshot, &state.rules, &period, basis);
        Ok(view::Ranked::new(&snapshot, assessment, &query, &state.presence.snapshot(), published))
    })
    .await
}

pub async fn site(Shared(state): Shared<State>, path: Result<Path<String>, PathRejection>, uri: Uri) -> Answer {
    let code = credit_code(path)?;
    let asked = Asked::read(&uri, &["period", "basis"])?;
    let now = clock::now();
    let (period, basis) = (asked.period(now)?, asked.basis()?);
    let mut snapshot = state.store.snapshot(&period, now).await?;
    snapshot.sites.retain(|ledger| ledger.site.credit_code == code);
    json(move || {
        let assessment = assess(&snapshot, &state.rules, &period, basis);
        site::SiteTerms::new(snapshot, assessment, &code).ok_or_else(Refusal::no_such_site)
    })
    .await
}

pub async fn intervals(Shared(state): Shared<State>, path: Result<Path<String>, PathRejection>, uri: Uri) -> Answer {
    let code = credit_code(path)?;
    let period = Asked::read(&uri, &["period"])?.period_of_intervals(clock::now())?;
    if !state.store.sites().await?.iter().any(|site| site.credit_code == code) {
        return Err(Refusal::no_such_site());
    }
    let intervals = state.store.intervals(&code, &period).await?;
    json(move || Ok(quarter::quarters(intervals))).await
}

/// A figure down to its readings.
pub async fn explanation(Shared(state): Shared<State>, path: Result<Path<String>, PathRejection>, uri: Uri) -> Answer {
    let credit_code = credit_code(path)?;
    let asked = Asked::read(&uri, &["period", "basis", "figure", "intervals"])?;
    let (period, basis) = (asked.period_of_intervals(clock::now())?, asked.basis()?);
    let (figure, intervals) = (asked.figure("figure")?, asked.intervals(explain::INTERVALS)?);
    let question = explain::Question { credit_code, period, figure, basis, intervals };
    let found = explain::explain(&state.store, &state.rules, &question).await?;
    json(move || found.ok_or_else(Refusal::no_such_site)).await
}

/// Published versions, or with a version all of its figures and terms.
pub async fn publications(Shared(state): Shared<State>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["period", "basis", "version"])?;
    let Some(version) = asked.version()? else {
        let period = asked.asked_period()?.map(|period| period.to_string());
        let rows = state.store.publications(period).await?;
        return json(move || Ok(rows.into_iter().map(list::Publication::from).collect::<Vec<_>>())).await;
    };
    let (period, basis) = (asked.period(clock::now())?.to_string(), asked.basis()?.name().to_owned());
    let found = state.store.publication(period, basis, Some(version)).await?;
    json(move || {
        let (_, bytes) = found.ok_or_else(Refusal::no_such_version)?;
        Body::unpack(&bytes).map_err(|error| Refusal::failed(&error))
    })
    .await
}

pub async fn ledger(Shared(state): Shared<State>, uri: Uri) -> Answer {
    Asked::read(&uri, &[])?;
    let lines = state.store.ledger().await?;
    json(move || Ok(lines.into_iter().map(view::LedgerRow::from).collect::<Vec<_>>())).await
}

pub async fn gateways(Shared(state): Shared<State>, uri: Uri) -> Answer {
    Asked::read(&uri, &[])?;
    let (registered, refused) = (state.store.gateways().await?, state.store.refused_counts().await?);
    json(move || Ok(view::gateways(registered, &state.presence.snapshot(), &refused))).await
}

pub async fn gaps(Shared(state): Shared<State>, uri: Uri) -> Answer {
    let listing = Asked::read(&uri, &["site", "gateway", "period", "after", "limit"])?.listing()?;
    let page = state.store.gaps(listing).await?;
    json(move || Ok(list::Listed::new(page, list::Gap::from))).await
}

pub async fn refused(Shared(state): Shared<State>, uri: Uri) -> Answer {
    let listing = Asked::read(&uri, &["site", "gateway", "period", "after", "limit"])?.listing()?;
    let page = state.store.refused(listing).await?;
    json(move || Ok(list::Listed::new(page, list::Refused::from))).await
}

pub async fn alarms(Shared(state): Shared<State>, uri: Uri) -> Answer {
    let listing = Asked::read(&uri, &["site", "gateway", "after", "limit"])?.listing()?;
    let page = state.store.alarms(listing).await?;
    json(move || Ok(list::Listed::new(page, list::Alarm::from))).await
}

pub async fn health() -> Answer {
    json(|| Ok(serde_json::json!({ "status": "ok" }))).await
}

/// The dashboard's files, and a clear no for every other address.
pub async fn asset(uri: Uri) -> Answer {
    let (kind, bytes) = dashboard::asset(uri.path()).ok_or_else(Refusal::no_such_page)?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

fn credit_code(path: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    question::credit_code(&text).map(str::to_owned)
}
