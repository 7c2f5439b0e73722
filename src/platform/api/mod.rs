//! The JSON API: assessment → JSON.
//!
//! # Promises
//! Shows nothing that the assessment or the ledger did not say. Missing is `null`, never 0. Numbers are decimal
//! strings, so that no reader rounds them.
//!
//! # Does not
//! Compute, or take anything but GET.

mod query;
mod view;

use super::{
    assess::{self, Coefficients, ranking},
    ingest::Presence,
    store::{Store, StoreError},
};
use crate::runtime::{clock, lang::Text};
use axum::{
    Json, Router,
    extract::{Path, RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const STOP_DEADLINE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct ApiState {
    pub store: Store,
    pub presence: Presence,
    pub coefficients: Arc<Coefficients>,
}

/// Serves on `listener` until `stop`.
pub async fn serve(listener: TcpListener, state: ApiState, stop: CancellationToken) -> std::io::Result<()> {
    let server = axum::serve(listener, router(state)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let hard_stop = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_DEADLINE).await;
    };
    tokio::select! {
        ended = server => ended,
        () = hard_stop => Ok(()),
    }
}

pub fn router(state: ApiState) -> Router {
    Router::new()
        .route("/health", get(|| async { Json(json!({ "status": "ok" })) }))
        .route("/api/v1/ranking", get(rank))
        .route("/api/v1/sites/{credit_code}", get(site))
        .route("/api/v1/sites/{credit_code}/intervals", get(intervals))
        .route("/api/v1/ledger", get(ledger))
        .route("/api/v1/gateways", get(gateways))
        .layer(axum::middleware::map_response(secured))
        .with_state(state)
}

async fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What a client did wrong, or what went wrong here.
struct Refusal(StatusCode, Text);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a query failed");
        Refusal(StatusCode::INTERNAL_SERVER_ERROR, Text::new("台账查询失败", "the ledger can not be read"))
    }
}

type Answer = Result<Json<Value>, Refusal>;

async fn rank(State(state): State<ApiState>, RawQuery(raw): RawQuery) -> Answer {
    let query = query::ranking(raw.as_deref().unwrap_or_default(), clock::now())?;
    let snapshot = state.store.snapshot(&query.period, clock::now()).await?;
    let assessment = assess::assess(&snapshot, &state.coefficients, &query.period, query.basis);
    let order = ranking(&assessment, &query.ranking);
    Ok(Json(view::ranking(&assessment, &order, &query.ranking, &snapshot, &state.presence.snapshot())))
}

async fn site(State(state): State<ApiState>, Path(code): Path<String>, RawQuery(raw): RawQuery) -> Answer {
    let query = query::period(raw.as_deref().unwrap_or_default(), clock::now())?;
    let snapshot = state.store.snapshot(&query.period, clock::now()).await?;
    let assessment = assess::assess(&snapshot, &state.coefficients, &query.period, query.basis);
    let found = assessment.sites.iter().zip(&snapshot.sites).find(|(site, _)| site.credit_code == code);
    let (site, ledger) = found.ok_or_else(unknown_site)?;
    Ok(Json(view::site(site, ledger)))
}

async fn intervals(State(state): State<ApiState>, Path(code): Path<String>, RawQuery(raw): RawQuery) -> Answer {
    let query = query::period(raw.as_deref().unwrap_or_default(), clock::now())?;
    if !state.store.sites().await?.iter().any(|site| site.credit_code == code) {
        return Err(unknown_site());
    }
    Ok(Json(view::intervals(&state.store.intervals(&code, &query.period).await?)))
}

async fn ledger(State(state): State<ApiState>) -> Answer {
    Ok(Json(view::ledger(&state.store.ledger().await?)))
}

async fn gateways(State(state): State<ApiState>) -> Answer {
    Ok(Json(view::gateways(&state.store.gateways().await?, &state.presence.snapshot())))
}

fn unknown_site() -> Refusal {
    Refusal(
        StatusCode::NOT_FOUND,
        Text::new("没有登记该统一社会信用代码", "no site with this credit code is registered"),
    )
}
