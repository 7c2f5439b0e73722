//! What a Prometheus reads. Names and labels are a promise to those who build dashboards and alerts on them:
//!
//! ```text
//!   mujun_ingest_batches_total                          batches that came since the start
//!   mujun_ingest_records_total                          records in them, repeats and refused ones too
//!   mujun_ingest_duplicates_total                       of these, repeats
//!   mujun_ingest_conflicts_total                        of the repeats, those with another content
//!   mujun_ingest_refused_total                          records that could not be taken
//!   mujun_refused_records_kept                          of all time, those that are kept beside the ledger now
//!   mujun_store_queue_jobs, mujun_store_queue_jobs_max  what waits for the store's writer, and how much may
//!   mujun_streams_connected                             gateways with a stream
//!   mujun_gateways{state}                               registered ones: connected, away, never_seen (since the start)
//!   mujun_backlog_records                               what gateways have still to send, as they said last
//!   mujun_warnings_open                                 dual control's, also those that somebody took note of
//!   mujun_answer_seconds{method,route,status}           how long answers took; route as in the OpenAPI document
//! ```
//!
//! # Does not
//! Name sites, gateways or people.

use super::{State, refusal::Refusal};
use crate::runtime::clock;
use axum::{
    Extension,
    extract::{Request, State as Shared},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::ConstCounter, family::Family, gauge::ConstGauge, histogram::Histogram},
    registry::Registry,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// From what a page does not notice to the longest deadline.
const BUCKETS_S: [f64; 10] = [0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0];

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(metrics))
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

/// How long answers took.
#[derive(Clone)]
pub struct Times {
    answers: Family<Route, Histogram, fn() -> Histogram>,
    /// Addresses as the OpenAPI document has them.
    templates: Arc<[String]>,
}

impl Times {
    pub fn new(templates: impl IntoIterator<Item = String>) -> Times {
        let answers = Family::new_with_constructor((|| Histogram::new(BUCKETS_S)) as fn() -> Histogram);
        Times { answers, templates: templates.into_iter().collect() }
    }

    /// What somebody makes up is no label: `page` for all that is no address of the API.
    fn route(&self, path: &str) -> String {
        let words = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let asked = words(path);
        let fits = |template: &&String| {
            let wanted = words(template);
            wanted.len() == asked.len()
                && wanted.iter().zip(&asked).all(|(wanted, asked)| wanted.starts_with('{') || wanted == asked)
        };
        let found = self.templates.iter().filter(fits).min_by_key(|template| template.matches('{').count());
        found.map_or_else(|| "page".to_owned(), String::clone)
    }
}

/// Notes how long the answer took.
pub async fn timed(Shared(times): Shared<Times>, request: Request, next: Next) -> Response {
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let route = times.route(request.uri().path());
    let begun = clock::monotonic();
    let response = next.run(request).await;
    let route = Route { method, route, status: response.status().as_u16() };
    times.answers.get_or_create(&route).observe((clock::monotonic() - begun).as_secs_f64());
    response
}

/// For Prometheus: the text format of OpenMetrics
///
/// From this machine, or with a session or a token.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
async fn metrics(Shared(state): Shared<State>, Extension(times): Extension<Times>) -> Result<Response, Refusal> {
    let kept: u64 = state.store.refused_counts().await?.values().sum();
    let registered = state.store.gateways().await?;
    let warnings = state.store.open_warnings().await?.len();
    let states = state.presence.snapshot();
    let seen: HashSet<&str> = states.iter().map(|one| one.gateway_id.as_str()).collect();
    let connected: HashSet<&str> =
        states.iter().filter(|one| one.connected).map(|one| one.gateway_id.as_str()).collect();
    let mut gateways = BTreeMap::from([("connected", 0_i64), ("away", 0), ("never_seen", 0)]);
    for gateway in &registered {
        let id = gateway.gateway_id.as_str();
        let state = match (connected.contains(id), seen.contains(id)) {
            (true, _) => "connected",
            (false, true) => "away",
            (false, false) => "never_seen",
        };
        gateways.entry(state).and_modify(|count| *count += 1);
    }
    let (taken, repeats, waiting) = (state.store.brought(), state.store.repeats(), state.store.waiting());

    let mut registry = Registry::with_prefix("mujun");
    let mut counter = |name: &str, help: &str, value: u64| registry.register(name, help, ConstCounter::new(value));
    counter("ingest_batches", "Batches that came since the start", taken.batches);
    counter("ingest_records", "Records in them, repeats and refused ones too", taken.records);
    counter("ingest_duplicates", "Of these, repeats", repeats.duplicates);
    counter("ingest_conflicts", "Of the repeats, those with another content", repeats.conflicts);
    counter("ingest_refused", "Records that could not be taken", taken.refused);
    let mut gauge = |name: &str, help: &str, value: u64| {
        registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
    };
    gauge("refused_records_kept", "Refused records that are kept beside the ledger", kept);
    gauge("store_queue_jobs", "What waits for the store's writer", waiting.jobs as u64);
    gauge("store_queue_jobs_max", "How much may", waiting.jobs_max as u64);
    gauge("warnings_open", "Open warnings of dual control", warnings as u64);
    gauge("streams_connected", "Gateways with a stream", connected.len() as u64);
    gauge(
        "backlog_records",
        "What gateways have still to send, as they said last",
        states.iter().fold(0, |sum, one| sum.saturating_add(one.backlog_records)),
    );
    let by_state = Family::<InState, prometheus_client::metrics::gauge::Gauge>::default();
    for (state, count) in gateways {
        by_state.get_or_create(&InState { state }).set(count);
    }
    registry.register("gateways", "Registered gateways by state", by_state);
    registry.register("answer_seconds", "How long answers took", times.answers);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Refusal::failed(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

#[cfg(test)]
mod tests {
    use crate::platform::api::tests::county_and_state;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    #[tokio::test]
    async fn every_documented_name_is_there_and_nobody_is_named() {
        let (_dir, router, _) = county_and_state().await;
        let read = async |uri: &str| {
            let request = Request::get(uri).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        for uri in ["/api/v1/sites/91331003MA0000015F", "/api/v1/sites/nonsense", "/made/up"] {
            read(uri).await;
        }
        let text = read("/metrics").await;
        let documented = include_str!("metrics.rs").lines().take_while(|line| line.starts_with("//!"));
        let names = documented.flat_map(str::split_whitespace).filter(|word| word.starts_with("mujun_"));
        let names: Vec<&str> = names.map(|name| name.split([',', '{']).next().unwrap()).collect();
        assert!(names.len() > 10);
        for name in names {
            assert!(text.contains(&format!("\n{name}")), "{name}\n{text}");
        }
        assert!(
            text.contains("mujun_ingest_batches_total 1\n")
                && text.contains("mujun_gateways{state=\"never_seen\"} 2\n"),
            "{text}"
        );
        assert!(text.contains("route=\"/api/v1/sites/{credit_code}\",status=\"400\""), "{text}");
        assert!(
            text.ends_with("# EOF\n") && !text.contains("gw-1") && !text.contains("nonsense") && !text.contains("made")
        );
    }
}
