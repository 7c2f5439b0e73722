//! The router over a real store of two sites, asked without a socket.

mod dual;

use super::*;
use crate::platform::access::Asker;
use crate::{
    model::{Gateway, Physics, PointKind, Reason, Role, Sample, Scale, Series, Site, UtcMillis, Value as Reading},
    platform::{
        assess::coefficient,
        figures::{Seen, Source},
        ingest::GatewayState,
    },
    wire::record::{Content, Gap, Samples, encode},
};
use axum::{
    Extension,
    body::{Body, to_bytes},
};
use serde_json::Value;
use std::collections::BTreeSet;
use tower::ServiceExt;

/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;
pub const MILL: &str = "91331003MA0000015F";
const PLANT: &str = "91331004MA0000020K";

fn site(credit_code: &str, name: &str, county: &str, industry: &str) -> Site {
    Site {
        credit_code: credit_code.into(),
        name: name.into(),
        city_code: "331000".into(),
        county_code: county.into(),
        industry_code: industry.into(),
        land_mu: "12.5".parse().unwrap(),
        product_code: "yarn".into(),
        product_unit: "piece".into(),
        output_value_yuan_per_unit: Some("3.10".parse().unwrap()),
    }
}

fn series(role: Role) -> Series {
    let output = role == Role::Output;
    Series {
        meter: "m1".into(),
        point: if output { "count" } else { "ep" }.into(),
        kind: PointKind::Cumulative,
        role,
        carrier: if output { "" } else { "electricity" }.into(),
        product: if output { "yarn" } else { "" }.into(),
        unit: if output { "piece" } else { "kWh" }.into(),
        scale: if output { Scale::ONE } else { "0.01".parse().unwrap() },
        physics: Physics::default(),
    }
}

/// The mill used 12.34 kWh for 20 pieces in the first two hours of 2024-11-24; of the plant nothing is known.
pub async fn county() -> (tempfile::TempDir, Router) {
    let (dir, router, _) = county_and_store().await;
    (dir, router)
}

async fn county_and_store() -> (tempfile::TempDir, Router, Store) {
    let (dir, router, state) = county_and_state().await;
    (dir, router, state.store)
}

pub(super) async fn county_and_state() -> (tempfile::TempDir, Router, State) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let sites = vec![site(MILL, "<b>某纺织厂</b>", "331003", "C1713"), site(PLANT, "Plant", "331004", "C2927")];
    let gateways = vec![
        Gateway { gateway_id: "gw-1".into(), credit_code: MILL.into(), public_keys: Vec::new() },
        Gateway { gateway_id: "gw-2".into(), credit_code: PLANT.into(), public_keys: Vec::new() },
    ];
    store.register(sites, gateways, Default::default()).await.unwrap();
    let sample = |series, count| Sample { series, reason: Reason::Good, value: Some(Reading::Count(count)) };
    let at =
        |time, energy, pieces| Samples { time: UtcMillis(time), samples: vec![sample(0, energy), sample(1, pieces)] };
    let mut records =
        encode(&Content::Dictionary(vec![(0, series(Role::SiteEnergy)), (1, series(Role::Output))].into()));
    records.extend(encode(&Content::Samples(0, vec![at(BASE, 100_000, 10), at(BASE + 7_200_000, 101_234, 30)])));
    store.ingest("gw-1", [7; 16], 1, records, None).await.unwrap();
    let rules = std::sync::Arc::new(coefficient::load(&["deploy/coefficients/gbt-2589-2020.toml"]).unwrap().into());
    let figures = Figures::new(store.clone(), Arc::clone(&rules));
    let runs = Runs::new(store.clone(), figures.clone(), Arc::default());
    let state = State { store, rules, presence: Presence::default(), figures, runs, access: Access::open() };
    (dir, router(state.clone()), state)
}

/// The areas as `asker` sees them, whoever that is to the door.
pub fn with_asker(state: State, asker: Asker) -> Router {
    let areas = areas().into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge).split_for_parts().0;
    areas.with_state(state).layer(Extension(asker))
}

pub async fn send(router: &Router, method: &str, uri: &str) -> Response {
    let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

async fn read(router: &Router, uri: &str) -> (StatusCode, Value) {
    let response = send(router, "GET", uri).await;
    let status = response.status();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json", "{uri}");
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn the_ranking_has_exact_decimals_and_the_unknown_last_without_a_rank() {
    let (_dir, router) = county().await;
    let (status, body) = read(&router, "/api/v1/ranking?period=2024-11-24").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&body["period"], &body["sort"], &body["order"]),
        (&"2024-11-24".into(), &"tce_per_mu".into(), &"asc".into())
    );
    assert_eq!((&body["start_ms"], &body["end_ms"]), (&BASE.into(), &(BASE + 86_400_000).into()));
    assert_eq!(body["counties"], serde_json::json!(["331003", "331004"]));
    assert_eq!(body["industries"], serde_json::json!(["C17", "C29"]));
    let (mill, plant) = (&body["sites"][0], &body["sites"][1]);
    assert_eq!((&mill["rank"], &mill["kwh"], &mill["output"]), (&1.into(), &"12.34".into(), &"20".into()));
    assert_eq!(mill["kgce"], "1.5166");
    assert_eq!((&plant["rank"], &plant["kwh"], &plant["name"]), (&Value::Null, &Value::Null, &"Plant".into()));
    // no gateway has come since the start, and the period is over
    assert_eq!(
        (&mill["connected"], &mill["backlog_records"], &mill["lag_ms"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn filters_match_a_county_and_the_beginning_of_an_industry_code() {
    let (_dir, router) = county().await;
    for (filter, names) in [
        ("county=331004", vec!["Plant"]),
        ("industry=C29", vec!["Plant"]),
        ("industry=C2927&county=331003", vec![]),
        ("county=999999", vec![]),
        ("county=&industry=&sort=kwh&order=desc", vec!["<b>某纺织厂</b>", "Plant"]),
    ] {
        let (status, body) = read(&router, &format!("/api/v1/ranking?period=2024&{filter}")).await;
        let found: Vec<_> =
            body["sites"].as_array().unwrap().iter().map(|site| site["name"].as_str().unwrap()).collect();
        assert_eq!((status, found), (StatusCode::OK, names), "{filter}");
        assert_eq!(body["industries"], serde_json::json!(["C17", "C29"]), "filters leave the choice as it is");
    }
}

#[tokio::test]
async fn a_site_says_its_terms_and_its_quarter_hours() {
    let (_dir, router) = county().await;
    let (status, body) = read(&router, &format!("/api/v1/sites/{MILL}?period=2024-11")).await;
    assert_eq!((status, &body["kwh"]), (StatusCode::OK, &"12.34".into()));
    let energy = body["ledger"].as_array().unwrap().iter().find(|term| term["point"] == "ep").unwrap();
    assert_eq!((&energy["role"], &energy["amount"]), (&"site_energy".into(), &"12.34".into()));
    let last = serde_json::json!({ "time_ms": BASE + 7_200_000, "value": "1012.34" });
    assert_eq!(energy["last"], last);

    let (_, quarters) = read(&router, &format!("/api/v1/sites/{MILL}/intervals?period=2024-11")).await;
    let quarters = quarters.as_array().unwrap();
    let sum = |of: fn(&Value) -> &Value| -> rust_decimal::Decimal {
        quarters
            .iter()
            .filter_map(|quarter| of(quarter).as_str())
            .map(|text| text.parse::<rust_decimal::Decimal>().unwrap())
            .sum()
    };
    assert_eq!(sum(|quarter| &quarter["energy"]["electricity"]).to_string(), "12.34");
    assert_eq!(sum(|quarter| &quarter["output"]), 20.into());
    // 12.34 kWh for 20 pieces ran evenly, to the last count of each
    assert_eq!(quarters[0]["kwh_per_piece"], "0.77");
    let estimated = serde_json::json!({ "electricity": ["estimated_shape"] });
    assert_eq!((&quarters[0]["energy_doubts"], &quarters[0]["quality"]), (&estimated, &"uncertain".into()));
    assert_eq!((&quarters[0]["start_ms"], &quarters[0]["readings_present"]), (&BASE.into(), &true.into()));
    assert_eq!(quarters[1]["readings_present"], false);
}

#[tokio::test]
async fn a_figure_is_explained_down_to_its_registers() {
    let (_dir, router) = county().await;
    let uri = format!("/api/v1/sites/{MILL}/explain?period=2024-11&figure=kgce");
    let (status, body) = read(&router, &uri).await;
    assert_eq!((status, &body["figure"], &body["term"]["value"]), (StatusCode::OK, &"kgce".into(), &"1.5166".into()));
    let term: crate::platform::assess::term::Term = serde_json::from_value(body["term"].clone()).unwrap();
    assert!(term.holds());
    let [register] = &body["registers"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!((&register["name"], &register["counts"]), (&"gw-1/m1/ep".into(), &1234.into()));
    for wrong in ["figure=rank", "intervals=3001", "period=1970..2199", "depth=3"] {
        assert_eq!(read(&router, &format!("{uri}&{wrong}")).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn the_period_says_which_version_of_it_was_published() {
    let (_dir, router, store) = county_and_store().await;
    let rules = Arc::new(coefficient::load(&["deploy/coefficients/gbt-2589-2020.toml"]).unwrap().into());
    let grounds = crate::platform::publication::Grounds { rules, inputs: Arc::default() };
    let (period, basis) = ("2024-11".parse().unwrap(), crate::platform::assess::Basis::Calorific);
    assert_eq!(read(&router, "/api/v1/ranking?period=2024-11").await.1["publication"], Value::Null);
    let reason = Some("yearly <report>".to_owned());
    crate::platform::publication::publish(&store, &grounds, &period, basis, reason).await.unwrap();
    let (_, body) = read(&router, "/api/v1/ranking?period=2024-11").await;
    assert_eq!(
        (&body["publication"]["version"], &body["publication"]["reason"]["en"]),
        (&1.into(), &"yearly <report>".into())
    );
    let (_, rows) = read(&router, "/api/v1/publications?period=2024-11").await;
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["basis"]), (1, &"calorific".into()));
    let (_, body) = read(&router, "/api/v1/publications?period=2024-11&version=1").await;
    assert_eq!(body["sites"][0]["figures"]["kwh"]["value"], "12.34");
    assert_eq!(read(&router, "/api/v1/publications?version=2").await.0, StatusCode::NOT_FOUND);
    assert_eq!(read(&router, "/api/v1/publications?version=0").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn ledger_gateways_and_health_answer() {
    let (_dir, router) = county().await;
    let (_, ledger) = read(&router, "/api/v1/ledger").await;
    let energy = ledger.as_array().unwrap().iter().find(|row| row["point"] == "ep").unwrap();
    assert_eq!(
        (&energy["first"], &energy["last"], &energy["total"]),
        (&"1000".into(), &"1012.34".into(), &"12.34".into())
    );
    assert_eq!((&energy["kind"], &energy["first_ms"]), (&"cumulative".into(), &BASE.into()));
    let (_, gateways) = read(&router, "/api/v1/gateways").await;
    assert_eq!((&gateways[1]["gateway_id"], &gateways[1]["connected"]), (&"gw-2".into(), &false.into()));
    assert_eq!(gateways[1]["last_seen_ms"], Value::Null);
    assert_eq!(read(&router, "/health").await, (StatusCode::OK, serde_json::json!({ "status": "ok" })));
}

/// A county whose mill has gaps, a refused record and an alarm of it.
async fn county_with_gaps() -> (tempfile::TempDir, Router) {
    let (dir, router, store) = county_and_store().await;
    let span = |start: i64| crate::model::Span { start: UtcMillis(start), end: UtcMillis(start + 3_600_000) };
    let gap = |start: i64, series: Vec<u32>| {
        let (span, cause) = (Some(span(start)), crate::model::GapCause::Unread);
        encode(&Content::Gap(Gap { cause, span, series, lost: None, detail: "<i>".into() })).remove(0)
    };
    let records = vec![
        encode(&Content::Dictionary(vec![(0, series(Role::SiteEnergy))].into())).remove(0),
        gap(BASE, vec![0]),
        gap(BASE + 86_400_000, vec![]),
        gap(BASE + 2 * 86_400_000, vec![0]),
        gap(BASE, vec![7]),
    ];
    assert_eq!(store.ingest("gw-1", [8; 16], 1, records, None).await.unwrap().refusals.len(), 1);
    (dir, router)
}

#[tokio::test]
async fn what_is_missing_is_listed_with_its_cause_a_page_at_a_time() {
    let (_dir, router) = county_with_gaps().await;
    let (status, body) = read(&router, &format!("/api/v1/gaps?site={MILL}&period=2024-11-24")).await;
    assert_eq!((status, &body["next"]), (StatusCode::OK, &Value::Null));
    let [gap] = &body["rows"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!((&gap["cause"], &gap["gateway_id"], &gap["start_ms"]), (&"unread".into(), &"gw-1".into(), &BASE.into()));
    assert_eq!((&gap["series_count"], &gap["series"][0], &gap["quarters"]), (&1.into(), &"m1/ep".into(), &Value::Null));
    assert!(gap["text"]["zh"].is_string() && gap["text"]["en"].is_string() && gap["detail"] == "<i>");
    let (mut starts, mut after) = (Vec::new(), String::new());
    for _ in 0..3 {
        let (_, body) = read(&router, &format!("/api/v1/gaps?gateway=gw-1&limit=1&after={after}")).await;
        starts.push(body["rows"][0]["start_ms"].as_i64().unwrap() - BASE);
        after = body["next"].as_i64().map(|next| next.to_string()).unwrap_or_default();
    }
    assert_eq!((starts, after.as_str()), (vec![172_800_000, 86_400_000, 0], ""));
    assert_eq!(read(&router, "/api/v1/gaps?gateway=gw-2").await.1["rows"], serde_json::json!([]));
}

#[tokio::test]
async fn refused_records_and_alarms_are_listed_and_a_gateway_says_how_many_it_has() {
    let (_dir, router) = county_with_gaps().await;
    let (_, body) = read(&router, &format!("/api/v1/refused?site={MILL}")).await;
    let refused = &body["rows"][0];
    assert_eq!((&refused["seq"], &refused["code"], &refused["kind"]), (&5.into(), &"content".into(), &4.into()));
    assert_eq!(refused["message"], "series 7 is not in the generation's dictionary");
    assert_eq!((&refused["gen_id"], &refused["due_ms"]), (&"08".repeat(16).into(), &Value::Null));
    assert_eq!(read(&router, "/api/v1/refused?period=2020").await.1["rows"], serde_json::json!([]));
    let (_, body) = read(&router, "/api/v1/alarms").await;
    let [alarm] = &body["rows"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!((&alarm["kind"], &alarm["count"], &alarm["credit_code"]), (&"refusal".into(), &1.into(), &MILL.into()));
    assert!(alarm["text"]["zh"].is_string() && alarm["detail"].as_str().unwrap().contains("record 5"));
    let (_, gateways) = read(&router, "/api/v1/gateways").await;
    let kept = |at: usize| &gateways[at]["refused_kept"];
    assert_eq!((kept(0), kept(1), &gateways[0]["backlog_age_ms"]), (&1.into(), &0.into(), &Value::Null));
}

#[tokio::test]
async fn what_is_not_understood_is_refused_in_both_languages_and_never_shown_back_as_markup() {
    let (_dir, router) = county().await;
    let ranking = "/api/v1/ranking?";
    for query in [
        "sort=tce_per_mu%27%3B%20DROP%20TABLE%20cell%3B--",
        "county=331003%27%20OR%201%3D1",
        "industry=%3Cscript%3Ealert(1)%3C/script%3E",
        "industry=c17",
        "period=%3Cimg%20src=x%3E",
        "period=2024-13",
        "order=up",
        "basis=both",
        "limit=0",
        "limit=501",
        "offset=-1",
        "region=33%27--",
        "after=1",
        "%3Cscript%3E=1",
        "sort=kwh&sort=kgce",
        "period=2024&period=2024",
    ] {
        let (status, body) = read(&router, &format!("{ranking}{query}")).await;
        let error = &body["error"];
        let said = [error["zh"].as_str().unwrap(), error["en"].as_str().unwrap()];
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(said.iter().all(|text| !text.is_empty() && !text.contains(['<', '>', '\''])), "{said:?}");
    }
    let (_, body) = read(&router, "/api/v1/ranking?after=1").await;
    assert!(
        body["error"]["en"]
            .as_str()
            .unwrap()
            .contains("after; known are period, sort, order, county, region, industry")
    );
    for (path, status) in [
        ("/api/v1/sites/91331003MA0000015X", StatusCode::NOT_FOUND),
        ("/api/v1/sites/91331003MA0000015X/intervals", StatusCode::NOT_FOUND),
        ("/api/v1/sites/'%20OR%20'1'='1", StatusCode::BAD_REQUEST),
        ("/api/v1/sites/%FF%FE", StatusCode::BAD_REQUEST),
        ("/api/v1/ledger?site=1", StatusCode::BAD_REQUEST),
        ("/api/v1/gaps?limit=0", StatusCode::BAD_REQUEST),
        ("/api/v1/gaps?limit=201", StatusCode::BAD_REQUEST),
        ("/api/v1/gaps?after=-1", StatusCode::BAD_REQUEST),
        ("/api/v1/gaps?after=x", StatusCode::BAD_REQUEST),
        ("/api/v1/gaps?site=%27%20OR%201", StatusCode::BAD_REQUEST),
        ("/api/v1/refused?period=never", StatusCode::BAD_REQUEST),
        ("/api/v1/alarms?period=2024", StatusCode::BAD_REQUEST),
        ("/api/v1/nothing", StatusCode::NOT_FOUND),
        ("/../Cargo.toml", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(read(&router, path).await.0, status, "{path}");
    }
    let long = format!("/api/v1/gaps?gateway={}", "g".repeat(129));
    assert_eq!(read(&router, &long).await.0, StatusCode::BAD_REQUEST);
    let path = format!("/api/v1/sites/{MILL}/intervals?period=2020-01-01..2024-12-31");
    assert_eq!(read(&router, &path).await.0, StatusCode::BAD_REQUEST, "years of quarter-hours at once");
}

#[tokio::test]
async fn only_short_reading_requests_are_answered() {
    let (_dir, router) = county().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        for uri in ["/api/v1/ranking", "/"] {
            let response = send(&router, method, uri).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {uri}");
            assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        }
    }
    let request = Request::get("/api/v1/ranking").body(Body::from("x")).unwrap();
    assert_eq!(router.clone().oneshot(request).await.unwrap().status(), StatusCode::BAD_REQUEST);
    let long = format!("/api/v1/ranking?county={}", "3".repeat(URI_BYTES_MAX));
    assert_eq!(read(&router, &long).await.0, StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_only_hashed_files_are_kept() {
    let (_dir, router) = county().await;
    let page = std::str::from_utf8(crate::platform::dashboard::asset("/").unwrap().1).unwrap();
    let script = page.split('"').find(|text| text.ends_with(".js")).unwrap().trim_start_matches('.');
    for (uri, kept) in
        [("/", false), ("/api/v1/ranking", false), ("/assets/none.js", false), ("/nothing", false), (script, true)]
    {
        let response = send(&router, "GET", uri).await;
        let headers = response.headers();
        assert!(
            headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'; "),
            "{uri}"
        );
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{uri}");
        assert_eq!(headers[header::CACHE_CONTROL] != "no-store", kept, "{uri}");
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}

#[tokio::test]
async fn a_gateway_s_state_is_shown_for_its_site_while_the_period_runs() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let gateway = Gateway { gateway_id: "gw-1".into(), credit_code: MILL.into(), public_keys: Vec::new() };
    store.register(vec![site(MILL, "Mill", "331003", "C1713")], vec![gateway], Default::default()).await.unwrap();
    let mut records = encode(&Content::Dictionary(vec![(0, series(Role::SiteEnergy))].into()));
    let sample = Sample { series: 0, reason: Reason::Good, value: Some(Reading::Count(5)) };
    records.extend(encode(&Content::Samples(0, vec![Samples { time: UtcMillis(BASE), samples: vec![sample] }])));
    store.ingest("gw-1", [7; 16], 1, records, None).await.unwrap();
    let (period, now) = ("2024-11-24".parse().unwrap(), UtcMillis(BASE + 60_000));
    let snapshot = store.snapshot(&period, now).await.unwrap();
    let rules = coefficient::load(&["deploy/coefficients/gbt-2589-2020.toml"]).unwrap().into();
    let query = question::Asked::read(&"/".parse().unwrap(), &[]).unwrap().ranking().unwrap();
    let states =
        [GatewayState { gateway_id: "gw-1".into(), connected: true, backlog_records: 3, ..GatewayState::default() }];
    let shown = |states: &[GatewayState]| {
        let assessment =
            crate::platform::assess::assess(&snapshot, &rules, &period, crate::platform::assess::Basis::Calorific);
        let sources = vec![Source { gateways: vec!["gw-1".into()], newest: Some(UtcMillis(BASE)) }];
        let seen = Seen { assessment: assessment.into(), sources };
        let page = question::Places { offset: 0, limit: 100 };
        let ranked = view::Ranked::new(&seen, &query, page, |_| true, states, None);
        serde_json::to_value(ranked).unwrap()["sites"][0].clone()
    };
    let site = shown(&states);
    assert_eq!(
        (&site["connected"], &site["backlog_records"], &site["lag_ms"]),
        (&true.into(), &3.into(), &60_000.into())
    );
    assert_eq!(shown(&[])["connected"], Value::Null);
}

#[tokio::test]
async fn the_server_answers_on_its_listener_and_ends_at_the_stop_beside_an_idle_client() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let rules = Arc::new(coefficient::load::<&str>(&[]).unwrap().into());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let figures = Figures::new(store.clone(), Arc::clone(&rules));
    let runs = Runs::new(store.clone(), figures.clone(), Arc::default());
    let state = State { store, rules, presence: Presence::default(), figures, runs, access: Access::open() };
    let ask = async {
        let _idle = tokio::net::TcpStream::connect(address).await.unwrap();
        let status =
            task::blocking(move || ureq::get(format!("http://{address}/health")).call().unwrap().status()).await;
        stop.cancel();
        assert_eq!(status, 200);
        tokio::time::sleep(Bounds::default().stop * 2).await; // the idle client never leaves by itself
    };
    tokio::select! {
        ended = serve(listener, state, stop.clone()) => ended.unwrap(),
        () = ask => panic!("still serving after the stop"),
    }
}

#[tokio::test]
async fn what_a_writing_request_brings_is_bounded_before_anything_looks_at_it() {
    let (_dir, router) = county().await;
    let post = async |uri: &str, bytes: usize, origin: &str| {
        let request = Request::post(uri).header(header::HOST, "localhost").header(header::ORIGIN, origin);
        let request = request.body(Body::from(vec![b' '; bytes])).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    let ours = "http://localhost";
    assert_eq!(post("/api/v1/ranking", body::JSON_BYTES_MAX, ours).await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(post("/api/v1/ranking", body::JSON_BYTES_MAX + 1, ours).await, StatusCode::PAYLOAD_TOO_LARGE);
    let imports = "/api/v1/registry/imports";
    assert_ne!(post(imports, body::JSON_BYTES_MAX + 1, ours).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post(imports, body::FILE_BYTES_MAX + 1, ours).await, StatusCode::PAYLOAD_TOO_LARGE);
    // a stream of unknown length is cut too
    let pieces = tokio_stream::iter((0..40).map(|_| Ok::<_, Infallible>(vec![b' '; 32 << 10])));
    let request = Request::post("/api/v1/ranking").body(Body::from_stream(pieces)).unwrap();
    assert_eq!(router.clone().oneshot(request).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post("/api/v1/ranking", 0, "http://evil").await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_operation_is_described_once_and_no_two_areas_call_different_schemas_the_same() {
    let (_dir, router) = county().await;
    let (status, described) = read(&router, "/api/v1/openapi.json").await;
    assert_eq!((status, &described["openapi"]), (StatusCode::OK, &"3.1.0".into()));
    let operations: Vec<_> = described["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values().map(|operation| operation["operationId"].to_string()))
        .collect();
    let different: BTreeSet<_> = operations.iter().collect();
    assert!(operations.len() > 10 && different.len() == operations.len(), "{operations:?}");
    let mut known = std::collections::BTreeMap::new();
    for area in areas() {
        let schemas = area.into_openapi().components.unwrap_or_default().schemas;
        for (name, schema) in schemas {
            let schema = serde_json::to_value(schema).unwrap();
            let other = known.insert(name.clone(), schema.clone());
            assert!(other.is_none_or(|other| other == schema), "two areas have a schema {name}: use #[schema(as = …)]");
        }
    }
    let refers = described.to_string();
    for name in refers.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(described["components"]["schemas"].get(name).is_some(), "{name} is referred to and not described");
    }
}

#[tokio::test]
async fn another_county_s_sites_look_as_if_they_were_not_there() {
    let (_dir, _, state) = county_and_state().await;
    let asker =
        Asker { name: "li".into(), role: crate::platform::access::Role::Operator, regions: vec!["331004".into()] };
    let router = with_asker(state, asker);
    for path in ["", "/intervals", "/explain"] {
        let (status, _) = read(&router, &format!("/api/v1/sites/{MILL}{path}?period=2024-11-24")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        let (status, _) = read(&router, &format!("/api/v1/sites/{PLANT}{path}?period=2024-11-24")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    let (_, body) = read(&router, "/api/v1/ranking?period=2024-11-24").await;
    assert_eq!((body["sites"].as_array().unwrap().len(), &body["counties"]), (1, &serde_json::json!(["331004"])));
    assert_eq!(body["sites"][0]["name"], "Plant");
    let (_, body) = read(&router, "/api/v1/ranking?period=2024-11-24&county=331003").await;
    assert_eq!(body["sites"], serde_json::json!([]));
    let (_, body) = read(&router, "/api/v1/ledger").await;
    assert_eq!(body, serde_json::json!([]));
    let (_, body) = read(&router, "/api/v1/gateways").await;
    let ids: Vec<_> = body.as_array().unwrap().iter().map(|row| row["gateway_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["gw-2"]);
    for list in ["gaps", "refused", "alarms"] {
        for site in [MILL, PLANT] {
            let (status, body) = read(&router, &format!("/api/v1/{list}?site={site}")).await;
            assert_eq!((status, &body["rows"]), (StatusCode::OK, &serde_json::json!([])), "{list}");
        }
    }
}
