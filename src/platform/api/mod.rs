//! Assessment → JSON, and the dashboard's files. HTTP/1.
//!
//! ```text
//!   request ─▶ bounds ─▶ origin ─▶ who asks ─▶ an area's handler ─▶ answer with its headers
//! ```
//!
//! # Promises
//! - Shows what `assess` and the store say, and nothing else: decimals are strings to the last digit, unknown is null.
//! - A question it does not understand is refused in both languages, with what is possible; none is half answered.
//! - Every request ends in time, and only so many are worked on at once; so does every connection, of which there are
//!   only so many. What a request brings is bounded before anything looks at it.
//! - A handler knows who asks. What lies outside of their regions looks as if it were not there.
//! - Every area is in the OpenAPI document, made from the handlers themselves.
//!
//! # Does not
//! Compute figures.

mod answer;
mod audit_log;
mod body;
mod document;
mod dual_question;
mod emission;
mod entrance;
mod evaluation;
mod export;
mod intensity;
mod list;
mod metrics;
mod origin;
mod quarter;
mod question;
mod quota;
mod refusal;
mod registry;
mod session;
mod site;
mod target;
mod view;
mod visible;
mod warning;

use crate::{
    platform::{
        access::Access, assess::Rules, dual::Dual, evaluation::Runs, figures::Figures, ingest::Presence, store::Store,
    },
    runtime::{
        server::{self, Bounds},
        task,
    },
};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request, State as Shared},
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
use utoipa_axum::router::OpenApiRouter;

/// What the answers are made of.
#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub rules: Arc<Rules>,
    pub presence: Presence,
    pub figures: Figures,
    pub runs: Runs,
    /// Who may come in.
    pub access: Access,
}

impl State {
    fn dual(&self) -> Dual {
        Dual { store: self.store.clone(), figures: self.figures.clone() }
    }
}

/// To a question.
type Answer = Result<Response, Refusal>;

/// Path and query of a question; ours have under 200 bytes.
const URI_BYTES_MAX: usize = 2048;
/// Answers being made at one time, each of which may hold a year of quarter-hours of one site.
const REQUESTS_MAX: usize = 64;
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);
/// For what writes or makes a file of a whole province.
const WORK_DEADLINE: Duration = Duration::from_secs(60);

/// Each area's addresses, one line each. Names of their schemas differ, or a test says which do not.
#[rustfmt::skip]
fn areas() -> Vec<OpenApiRouter<State>> {
    vec![
        answer::routes(),
        evaluation::routes(),
        registry::routes(),
        audit_log::routes(),
        export::routes(),
        session::routes(),
        metrics::routes(),
        intensity::routes(),
        quota::routes(),
        target::routes(),
        warning::routes(),
        emission::routes(),
    ]
}

/// The whole site: `/api/v1/…`, `/health` and the dashboard.
pub fn router(state: State) -> Router {
    let gate = Gate { places: Arc::new(Semaphore::new(REQUESTS_MAX)), access: state.access.clone() };
    let door = middleware::from_fn_with_state(state.clone(), entrance::enter);
    let begun = OpenApiRouter::with_openapi(document::begun());
    let (router, openapi) = areas().into_iter().fold(begun, OpenApiRouter::merge).split_for_parts();
    let times = metrics::Times::new(openapi.paths.paths.keys().cloned());
    let openapi: Arc<str> = document::finished(openapi).to_json().unwrap_or_default().into();
    let described = move || {
        let text = openapi.to_string();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    router
        .route("/api/v1/openapi.json", get(described))
        .fallback_service(get(answer::asset).fallback(|| async { Refusal::method() }))
        .method_not_allowed_fallback(|| async { Refusal::method() })
        .with_state(state)
        .layer(door)
        .layer(Extension(times.clone()))
        // what `body` bounds is bounded already
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(gate, bounded))
        .layer(middleware::from_fn_with_state(times, metrics::timed))
        .layer(middleware::from_fn(headed))
}

/// Answers on the listener until `stop`, then finishes what is under way, for at most three seconds.
pub async fn serve(listener: TcpListener, state: State, stop: CancellationToken) -> Result<(), Infallible> {
    server::serve(Bounds::default(), listener, TowerToHyperService::new(router(state)), stop).await;
    Ok(())
}

/// What every request passes first.
#[derive(Clone)]
struct Gate {
    places: Arc<Semaphore>,
    access: Access,
}

/// Refuses what no answer is made for, and ends every answer in time.
async fn bounded(Shared(gate): Shared<Gate>, request: Request, next: Next) -> Result<Response, Refusal> {
    let uri = request.uri();
    if uri.path().len() + uri.query().map_or(0, str::len) > URI_BYTES_MAX {
        return Err(Refusal::too_long(URI_BYTES_MAX));
    }
    origin::check(request.method(), request.headers(), gate.access.origin())?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) && !uri.path().starts_with(EXPORTS);
    let deadline = if reads { ANSWER_DEADLINE } else { WORK_DEADLINE };
    let request = body::bounded(request).await?;
    let answered = tokio::time::timeout(deadline, async {
        let _place = gate.places.acquire().await;
        next.run(request).await
    });
    answered.await.map_err(|_| Refusal::busy())
}

/// Files of whole lists.
const EXPORTS: &str = "/api/v1/exports/";

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
