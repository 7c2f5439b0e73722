//! From readings to JSON: through the meaning and its records, as the recorder gives them.

use super::*;
use crate::{
    agent::{config::Point, meaning::Meaning},
    model::{ClockSegment, ClockState, Physics, PointKind, RawValue, Reason, Role, Scan, Series, UtcMillis},
};
use http_body_util::{BodyExt, Empty};
use rust_decimal::Decimal;
use serde_json::Value;

/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;

fn point(meter: &str, name: &str, role: Role) -> Point {
    let output = role == Role::Output;
    let (scale, unit) = if output { ("1", "piece") } else { ("0.01", "kWh") };
    let series = Series {
        meter: meter.into(),
        point: name.into(),
        kind: if name == "power" { PointKind::Gauge } else { PointKind::Cumulative },
        role,
        carrier: if output { "" } else { "electricity" }.into(),
        product: if output { "yarn" } else { "" }.into(),
        unit: unit.into(),
        scale: scale.parse().unwrap(),
        physics: Physics::default(),
    };
    Point { series, resolution: Some("1".parse().unwrap()) }
}

/// 主表/energy enters, solar/energy leaves, loom/pieces is output, loom/power a gauge.
fn points() -> Vec<Point> {
    vec![
        point("主表", "energy", Role::SiteEnergy),
        point("solar", "energy", Role::SiteExport),
        point("loom", "pieces", Role::Output),
        point("loom", "power", Role::None),
    ]
}

fn console(points: &[Point]) -> (Console, Meaning) {
    let board = Arc::new(Board::new(points));
    let console = Console { gateway_id: "gw-1".into(), board, health: Arc::default(), desk: None };
    (console, Meaning::new(points.to_vec()))
}

/// All registers each minute for so many minutes: 4.5 kWh in, 1.5 kWh out, 6 pieces and 60 kW in a quarter-hour.
fn run(console: &Console, meaning: &mut Meaning, minutes: i64) {
    for minute in 0..=minutes {
        let found = [1_000 + 30 * minute, 500 + 10 * minute, minute * 6 / 15, 6_000];
        let found = (0..).zip(found).map(|(series, count)| (series, Ok(RawValue::Int(count)))).collect();
        meaning.take(Scan { time: UtcMillis(BASE + minute * 60_000), found });
    }
    console.board.take(&meaning.close().0);
}

async fn ask(console: &Console, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path).body(Empty::<Bytes>::new()).unwrap();
    let response = answer(console, request).await;
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

async fn got(console: &Console, path: &str) -> Value {
    let (status, value) = ask(console, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {value}");
    value
}

#[tokio::test]
async fn a_quarter_hour_is_shown_as_the_gateway_computed_it() {
    let (console, mut meaning) = console(&points());
    run(&console, &mut meaning, 34);
    let answer = got(&console, "/api/v1/intervals?meter=%E4%B8%BB%E8%A1%A8&point=energy&width=900").await;
    assert_eq!(answer["width_s"], 900);
    let [point] = &answer["points"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!((&point["meter"], &point["unit"]), (&"主表".into(), &"kWh".into()));
    let expected = |quarter: i64| {
        serde_json::json!({
            "start_ms": BASE + quarter * 900_000, "amount": "4.5", "covered": "1", "readings": 15, "doubts": []
        })
    };
    assert_eq!(point["intervals"], serde_json::json!([expected(0), expected(1)]));
    // without names: all that count up
    let all = got(&console, "/api/v1/intervals").await;
    assert_eq!(all["points"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn energy_output_and_energy_for_each_piece_are_of_the_same_quarter_hour() {
    let (console, mut meaning) = console(&points());
    run(&console, &mut meaning, 19);
    let answer = got(&console, "/api/v1/production?width=900").await;
    assert_eq!(answer["output_unit"], "piece");
    let expected = serde_json::json!([{
        "start_ms": BASE, "energy_kwh": "3", "output": "6", "kwh_per_unit": "0.5", "covered": "1", "doubts": []
    }]);
    assert_eq!(answer["intervals"], expected);
}

#[tokio::test]
async fn a_sum_with_an_unknown_term_is_unknown() {
    let (console, mut meaning) = console(&points());
    for minute in 0..=19 {
        // the meter of what leaves does not answer
        let found = [Ok(RawValue::Int(1_000 + minute)), Err(Reason::Timeout), Ok(RawValue::Int(minute))];
        meaning.take(Scan { time: UtcMillis(BASE + minute * 60_000), found: (0..).zip(found).collect() });
    }
    console.board.take(&meaning.close().0);
    let one = got(&console, "/api/v1/production").await["intervals"][0].take();
    assert_eq!((&one["energy_kwh"], &one["kwh_per_unit"]), (&Value::Null, &Value::Null));
    assert_eq!((&one["output"], &one["covered"]), (&"15".into(), &"0".into()));
}

#[tokio::test]
async fn a_point_shows_its_last_value_and_why_there_is_none_now() {
    let (console, mut meaning) = console(&points());
    run(&console, &mut meaning, 1);
    let dead = Scan { time: UtcMillis(BASE + 90_000), found: vec![(0, Err(Reason::Timeout))] };
    // a late message changes nothing
    let late = Scan { time: UtcMillis(BASE + 30_000), found: vec![(2, Ok(RawValue::Int(99)))] };
    [dead, late].into_iter().for_each(|scan| meaning.take(scan));
    console.board.take(&meaning.close().0);
    let answer = got(&console, "/api/v1/points").await;
    let main = &answer[0];
    assert_eq!((&main["value"], &main["time_ms"]), (&"10.3".into(), &(BASE + 60_000).into()));
    assert_eq!((&main["quality"], &main["reason"]), (&"bad".into(), &"timeout".into()));
    assert_eq!(main["sample_ms"], BASE + 90_000);
    assert!(main["age_s"].as_i64().unwrap() > 0);
    assert_eq!((&answer[2]["value"], &answer[2]["quality"]), (&"0".into(), &"good".into()));
    assert_eq!((&answer[3]["value"], &answer[3]["counts"]), (&"60".into(), &false.into()));
}

#[tokio::test]
async fn what_was_not_read_yet_is_null() {
    let (console, _) = console(&points());
    let answer = got(&console, "/api/v1/points").await;
    assert!(["value", "time_ms", "age_s", "quality", "reason"].iter().all(|field| answer[0][field].is_null()));
    assert_eq!(got(&console, "/api/v1/production").await["intervals"], serde_json::json!([]));
    assert_eq!(got(&console, "/health").await["gateway_id"], "gw-1");
}

#[test]
fn a_day_of_quarter_hours_is_kept_and_no_more() {
    let (console, mut meaning) = console(&points());
    run(&console, &mut meaning, 30 * 60 + 4);
    let lines = console.board.lines(|_| true);
    assert_eq!(lines[0].quarters.len(), board::QUARTERS_MAX);
    assert_eq!(lines[0].quarters.back().unwrap().start, UtcMillis(BASE + 30 * 3_600_000 - 900_000));
    assert!(lines[3].quarters.is_empty(), "a gauge has none");
}

#[test]
fn a_quarter_hour_that_was_closed_in_parts_is_their_sum() {
    let (console, mut meaning) = console(&points());
    let step = |segment, step_ms| ClockSegment {
        segment,
        state: ClockState::Synced,
        wall: UtcMillis(BASE),
        mono_ms: 0,
        step_ms,
    };
    run(&console, &mut meaning, 10);
    // the clock is set back by ten minutes, and the register goes on
    meaning.clock(&step(1, -600_000));
    run(&console, &mut meaning, 19);
    let lines = console.board.lines(|_| true);
    let first = lines[0].quarters[0];
    assert_eq!((first.start, first.amount, first.covered_ms, first.readings), (UtcMillis(BASE), 750, 900_000, 26));
}

#[tokio::test]
async fn an_answer_of_very_many_points_is_refused_unless_it_is_narrowed() {
    let many: Vec<_> = (0..101).map(|i| point(&format!("m{}", i % 2), &format!("p{i}"), Role::None)).collect();
    let (console, _) = console(&many);
    let (status, refused) = ask(&console, "/api/v1/intervals").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    assert!(refused["error"]["en"].as_str().unwrap().contains("name a meter"), "{refused}");
    assert_eq!(got(&console, "/api/v1/intervals?meter=m1").await["points"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn what_is_not_understood_is_refused_in_both_languages() {
    let (console, _) = console(&points());
    for (path, status) in [
        ("/api/v1/intervals?width=60", 400),
        ("/api/v1/intervals?meter=a&meter=b", 400),
        ("/api/v1/intervals?meter=%ff", 400),
        ("/api/v1/production?meter=a", 400),
        ("/api/v1/points?x", 400),
        ("/health?x=1", 400),
        ("/api/v1/ledger", 404),
        ("/../mod.rs", 404),
    ] {
        let (found, refused) = ask(&console, path).await;
        assert_eq!(found, status, "{path}");
        assert!(refused["error"]["zh"].is_string() && refused["error"]["en"].is_string(), "{path}: {refused}");
    }
    let long = format!("/api/v1/points?{}", "x".repeat(URI_BYTES_MAX));
    assert_eq!(ask(&console, &long).await.0, StatusCode::URI_TOO_LONG);
    let post = Request::post("/api/v1/points").body(Empty::<Bytes>::new()).unwrap();
    let response = answer(&console, post).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[header::ALLOW], "GET, HEAD");
}

#[tokio::test]
async fn every_answer_is_guarded_sets_no_cookie_and_lets_no_other_origin_read() {
    let (console, _) = console(&points());
    for path in ["/", "/console.js", "/console.css", "/api/v1/points", "/nowhere"] {
        let response = answer(&console, Request::get(path).body(Empty::<Bytes>::new()).unwrap()).await;
        let headers = response.headers();
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"), "{path}");
        assert_eq!(
            (&headers[header::X_CONTENT_TYPE_OPTIONS], &headers[header::CACHE_CONTROL]),
            (&HeaderValue::from_static("nosniff"), &HeaderValue::from_static("no-store"))
        );
        assert!(!headers.contains_key(header::SET_COOKIE), "{path}");
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{path}");
    }
}

#[test]
fn the_page_has_no_inline_script_or_style_and_names_no_other_host() {
    for (name, _, text) in FILES {
        // the name of SVG itself is no address that is asked
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("\"//"), "{name}");
    }
    let page = FILES[0].2;
    assert!(
        !page.contains("<script>") && !page.contains("<style") && !page.contains("style=") && !page.contains(" on")
    );
    for file in
        page.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".svg") || text.ends_with(".css"))
    {
        assert!(FILES.iter().any(|(name, ..)| *name == format!("/{file}")), "{file}");
    }
}

/// A console that can not listen, and one that is asked over a socket.
#[tokio::test]
async fn a_console_without_its_address_waits_for_it_and_ends_at_the_stop() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (console, _) = console(&points());
    let stop = CancellationToken::new();
    let running = run_console(taken.local_addr().unwrap(), console.clone(), stop.clone());
    let stopping = async {
        tokio::task::yield_now().await;
        stop.cancel();
    };
    tokio::join!(running, stopping);
}

async fn run_console(address: SocketAddr, console: Console, stop: CancellationToken) {
    super::run(address, console, stop).await.unwrap();
}

#[test]
fn a_share_of_a_quarter_hour_is_a_decimal() {
    assert_eq!(view::covered(900_000), Decimal::ONE);
    assert_eq!(view::covered(300_000).to_string(), "0.333333");
}

#[tokio::test]
async fn the_buses_are_shown_with_their_meters() {
    use crate::agent::health::Asked;
    use std::time::Duration;
    let (console, _) = console(&points());
    assert_eq!(got(&console, "/api/v1/buses").await, serde_json::json!([]));
    let figures = console.health.bus("line-1", vec!["main".into(), "spare".into()]);
    let now = clock::monotonic();
    figures.asked(0, Asked::Answered, Duration::from_millis(20), now);
    figures.asked(0, Asked::Timeout, Duration::from_millis(1000), now);
    figures.due(0, 2, now);
    figures.learned(0, vec!["3:5".into()]);
    let answer = got(&console, "/api/v1/buses").await;
    let [main, spare] = &answer[0]["meters"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!((&answer[0]["bus"], &main["meter"]), (&"line-1".into(), &"main".into()));
    assert_eq!(
        (&main["success_percent"], &main["timeouts"], &main["polls_skipped"]),
        (&"50.0".into(), &1.into(), &2.into())
    );
    assert_eq!(main["learned"], serde_json::json!(["3:5"]));
    assert_eq!(
        (&spare["requests"], &spare["success_percent"], &spare["latency_p50_ms"]),
        (&0.into(), &Value::Null, &Value::Null)
    );
    let (status, _) = ask(&console, "/api/v1/buses?x=1").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

mod by_hand {
    use super::*;
    use crate::agent::declare::Declared;
    use http_body_util::Full;

    const ENTRY: &str = r#"{"meter":"coal-yard","point":"delivered","value":"32.5","by":"张三","evidence":"003","at":"2024-11-24T08:30"}"#;

    fn at(address: &str, dir: &std::path::Path) -> Console {
        let mut coal = point("coal-yard", "delivered", Role::None);
        coal.series.unit = "t".into();
        let desk = Desk::at(address.parse().unwrap(), vec![(coal, true)], dir).map(Arc::new);
        Console { desk, ..console(&points()).0 }
    }

    async fn post(console: &Console, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
        let mut request = Request::post("/api/v1/manual");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = answer(console, request.body(Full::<Bytes>::from(body.to_owned())).unwrap()).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    const RIGHT: [(&str, &str); 3] =
        [("host", "127.0.0.1:7680"), ("mujun-entry", "1"), ("content-type", "application/json")];

    #[tokio::test]
    async fn an_entry_lies_where_the_recorder_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let console = at("127.0.0.1:7680", dir.path());
        let (status, said) = post(&console, &RIGHT, ENTRY).await;
        assert_eq!(
            (status, said["count"].as_i64(), said["delivery"].as_bool()),
            (StatusCode::OK, Some(3250), Some(true))
        );
        let events = Declared::open(dir.path()).look();
        assert_eq!(events.len(), 1);
        assert_eq!(said["event_id"], crate::wire::hex(&events[0].event_id));
    }

    #[tokio::test]
    async fn nobody_else_enters_anything() {
        let dir = tempfile::tempdir().unwrap();
        let console = at("127.0.0.1:7680", dir.path());
        let with = |name: &'static str, value: &'static str| {
            let mut headers = RIGHT.to_vec();
            headers.retain(|(other, _)| *other != name);
            headers.push((name, value));
            headers
        };
        for (headers, status) in [
            (with("host", "evil.example:7680"), StatusCode::FORBIDDEN),
            (with("host", "127.0.0.1.evil.example"), StatusCode::FORBIDDEN),
            (with("mujun-entry", "yes"), StatusCode::FORBIDDEN),
            (RIGHT[..1].to_vec(), StatusCode::FORBIDDEN),
            (with("content-type", "text/plain"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ] {
            assert_eq!(post(&console, &headers, ENTRY).await.0, status, "{headers:?}");
        }
        let open = at("0.0.0.0:7680", dir.path());
        assert_eq!(post(&open, &RIGHT, ENTRY).await.0, StatusCode::FORBIDDEN, "other machines reach it");
        assert_eq!(ask(&console, "/api/v1/manual").await.0, StatusCode::METHOD_NOT_ALLOWED);
        assert!(Declared::open(dir.path()).look().is_empty());
        for host in ["localhost", "[::1]:7680", "127.0.0.1"] {
            assert_eq!(post(&console, &with("host", host), ENTRY).await.0, StatusCode::OK, "{host}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_said_in_both_languages() {
        let dir = tempfile::tempdir().unwrap();
        let console = at("127.0.0.1:7680", dir.path());
        let (status, said) = post(&console, &RIGHT, &ENTRY.replace("32.5", "32.505")).await;
        let text = |lang: &str| said["error"][lang].as_str().unwrap().to_owned();
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(text("en").contains("a multiple of 0.01 t") && text("zh").contains("整数倍"), "{said}");
        for (body, status) in [
            ("{", StatusCode::BAD_REQUEST),
            (&*ENTRY.replace("\"by\"", "\"who\""), StatusCode::BAD_REQUEST),
            (&*ENTRY.replace("\"at\"", "\"file\":{\"name\":\"a\",\"sha256\":\"12\"},\"at\""), StatusCode::BAD_REQUEST),
            (&*" ".repeat(20_000), StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            assert_eq!(post(&console, &RIGHT, body).await.0, status, "{body:.40}");
        }
        assert!(Declared::open(dir.path()).look().is_empty());
    }
}
