//! Assessment → JSON, and the dashboard's files. HTTP/1, read only.
//!
//! # Promises
//! - Shows what `assess` and the store say, and nothing else: decimals are strings to the last digit, unknown is null.
//! - A question it does not understand is refused in both languages, with what is possible; none is half answered.
//! - Every request ends in time, and only so many are worked on at once; so does every connection, of which there are
//!   only so many.
//!
//! # Does not
//! Compute figures, write, or know users: it listens on the loopback address unless the configuration says otherwise.

mod answer;
mod list;
mod quarter;
mod question;
mod refusal;
mod site;
mod view;

use crate::{
    platform::{assess::Rules, figures::Figures, ingest::Presence, store::Store},
    runtime::{
        server::{self, Bounds},
        task,
    },
};
use axum::{
    Router,
    body::HttpBody,
    extract::{Request, State as Shared},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper_util::service::TowerToHyperService;
use refusal::Refusal;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

/// What the answers are made of.
#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub rules: Arc<Rules>,
    pub presence: Presence,
    pub figures: Figures,
}

/// Path and query of a question; ours have under 200 bytes.
const URI_BYTES_MAX: usize = 2048;
/// Answers being made at one time, each of which may hold a year of quarter-hours of one site.
const REQUESTS_MAX: usize = 64;
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);

/// The whole site: `/api/v1/…`, `/health` and the dashboard.
pub fn router(state: State) -> Router {
    let places = Arc::new(Semaphore::new(REQUESTS_MAX));
    Router::new()
        .route("/api/v1/ranking", get(answer::ranking))
        .route("/api/v1/sites/{credit_code}", get(answer::site))
        .route("/api/v1/sites/{credit_code}/intervals", get(answer::intervals))
        .route("/api/v1/sites/{credit_code}/explain", get(answer::explanation))
        .route("/api/v1/publications", get(answer::publications))
        .route("/api/v1/ledger", get(answer::ledger))
        .route("/api/v1/gateways", get(answer::gateways))
        .route("/api/v1/gaps", get(answer::gaps))
        .route("/api/v1/refused", get(answer::refused))
        .route("/api/v1/alarms", get(answer::alarms))
        .route("/health", get(answer::health))
        .fallback(answer::asset)
        .with_state(state)
        .layer(middleware::from_fn_with_state(places, bounded))
        .layer(middleware::from_fn(headed))
}

/// Answers on the listener until `stop`, then finishes what is under way, for at most three seconds.
pub async fn serve(listener: TcpListener, state: State, stop: CancellationToken) -> Result<(), Infallible> {
    server::serve(Bounds::default(), listener, TowerToHyperService::new(router(state)), stop).await;
    Ok(())
}

/// Refuses what no answer is made for, and ends every answer in time.
async fn bounded(Shared(places): Shared<Arc<Semaphore>>, request: Request, next: Next) -> Result<Response, Refusal> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Refusal::method());
    }
    let uri = request.uri();
    if !request.body().is_end_stream() {
        return Err(Refusal::bad("请求不应带正文", "a request has no body here"));
    }
    if uri.path().len() + uri.query().map_or(0, str::len) > URI_BYTES_MAX {
        return Err(Refusal::too_long(URI_BYTES_MAX));
    }
    let answered = tokio::time::timeout(ANSWER_DEADLINE, async {
        let _place = places.acquire().await;
        next.run(request).await
    });
    answered.await.map_err(|_| Refusal::busy())
}

async fn headed(request: Request, next: Next) -> Response {
    // names with a hash of their content never change
    let kept = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let caching = match (response.status(), kept) {
        (StatusCode::OK, true) => "public, max-age=31536000, immutable",
        _ => "no-store",
    };
    server::guard(response.headers_mut());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

/// Makes the text of an answer beside the event loop: a county has thousands of sites.
async fn json<T: serde::Serialize>(
    make: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<Response, Refusal> {
    let text = task::blocking(move || serde_json::to_vec(&make()?).map_err(|error| Refusal::failed(&error))).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

#[cfg(test)]
mod tests;
