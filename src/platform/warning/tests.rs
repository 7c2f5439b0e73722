use super::{
    deliver::{after, once},
    examine::Place,
    *,
};
use crate::{
    energy::intensity::Light,
    model::{TargetKind, UtcMillis, WarningKey, WarningLevel, WarningRule},
    platform::store::{Channel, Delivery, DeliveryState, Store, WarningsAsked},
    runtime::{clock, lang::Text},
};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use std::sync::{Arc, Mutex};

/// 2026-11-25 12:00 +08:00, a Wednesday.
const NOW: UtcMillis = UtcMillis(1_795_579_200_000);
const DAY_MS: i64 = 86_400_000;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn place() -> Place {
    Place { code: "91331003MA0000015F".into(), name: "某纺织厂".into(), county: "331003".into() }
}

fn state_of(facts: Facts, rule: WarningRule) -> State {
    let facts = Facts { judged: [rule].into(), ..facts };
    let [finding] = examine(&facts, NOW).try_into().unwrap();
    assert_eq!(finding.key.rule, rule);
    finding.state
}

fn quota(used: Option<&str>, forecast: Option<&str>) -> Facts {
    let (quota, due) = (d("1000"), d("500"));
    let (used, forecast) = (used.map(d), forecast.map(d));
    Facts { quotas: vec![QuotaFact { site: place(), quota, used, due, forecast }], ..Facts::default() }
}

#[test]
fn a_quota_is_raised_at_one_threshold_and_cleared_at_another() {
    use WarningLevel::{Red, Yellow};
    for (used, state) in [
        (Some("500"), State::Clear),
        (Some("500.01"), State::Held),
        (Some("525"), State::Held),
        (Some("525.01"), State::Raised(Yellow)),
        (Some("575"), State::Raised(Yellow)),
        (Some("575.01"), State::Raised(Red)),
        (Some("1000.01"), State::Raised(Red)),
        (None, State::Held),
    ] {
        assert_eq!(state_of(quota(used, None), WarningRule::QuotaPace), state, "{used:?}");
    }
    for (year, state) in [
        (Some("980"), State::Clear),
        (Some("1000"), State::Held),
        (Some("1000.01"), State::Raised(Yellow)),
        (Some("1100.01"), State::Raised(Red)),
        (None, State::Held),
    ] {
        assert_eq!(state_of(quota(None, year), WarningRule::QuotaForecast), state, "{year:?}");
    }
    // in January any amount is beyond the days' share
    let mut young = quota(Some("90"), None);
    young.quotas[0].due = d("3");
    assert_eq!(state_of(young, WarningRule::QuotaPace), State::Held);
}

#[test]
fn limits_completeness_and_lights_are_raised_as_their_rules_say() {
    use WarningLevel::{Red, Yellow};
    let product = |each: Option<&str>| Facts {
        products: vec![ProductFact {
            site: place(),
            product: "steel".into(),
            unit: "t".into(),
            intensity: each.map(d),
            limit: d("100"),
            standard: "GB".into(),
        }],
        ..Facts::default()
    };
    for (each, state) in [
        (Some("99"), State::Clear),
        (Some("100"), State::Held),
        (Some("100.01"), State::Raised(Red)),
        (None, State::Held),
    ] {
        assert_eq!(state_of(product(each), WarningRule::LimitExceeded), state, "{each:?}");
    }
    let site = |share: Option<&str>| Facts {
        sites: vec![SiteFact { site: place(), completeness: share.map(d) }],
        ..Facts::default()
    };
    for (share, state) in [
        (Some("0.92"), State::Clear),
        (Some("0.90"), State::Held),
        (Some("0.8999"), State::Raised(Yellow)),
        (Some("0.4999"), State::Raised(Red)),
        (None, State::Held),
    ] {
        assert_eq!(state_of(site(share), WarningRule::Incomplete), state, "{share:?}");
    }
    let light = |kind, light| Facts {
        lights: vec![LightFact {
            region: "331003".into(),
            name: "黄岩".into(),
            kind,
            target: d("3"),
            actual: Some(d("2.7")),
            light,
        }],
        ..Facts::default()
    };
    let of = |found| state_of(light(TargetKind::Intensity, found), WarningRule::IntensityLight);
    assert_eq!(of(Some(Light::Yellow)), State::Raised(Yellow));
    assert_eq!(of(Some(Light::Red)), State::Raised(Red));
    assert_eq!((of(Some(Light::Green)), of(None)), (State::Clear, State::Held));
    assert_eq!(state_of(light(TargetKind::TotalTce, Some(Light::Red)), WarningRule::TotalLight), State::Raised(Red));
}

fn meter(last: Option<UtcMillis>, calibrated_until: Option<Date>) -> Facts {
    let point = "gw-1/m1/ep".into();
    Facts { meters: vec![MeterFact { site: place(), point, last, calibrated_until }], ..Facts::default() }
}

#[test]
fn a_meter_is_silent_after_three_working_days() {
    let after_days = |days: i64, calendar: Calendar| {
        let facts = Facts { calendar, ..meter(Some(NOW.plus_ms(-days * DAY_MS)), None) };
        state_of(facts, WarningRule::Silent)
    };
    // 11-25 is a Wednesday: from the 19th lie Friday, Monday and Tuesday between, from the 18th Thursday too
    assert_eq!(after_days(6, Calendar::default()), State::Clear);
    assert_eq!(after_days(7, Calendar::default()), State::Raised(WarningLevel::Yellow));
    let holiday = Calendar { days_off: [date(2026, 11, 20)].into(), ..Calendar::default() };
    assert_eq!(after_days(7, holiday), State::Clear);
    let worked = Calendar { worked_weekends: [date(2026, 11, 21)].into(), ..Calendar::default() };
    assert_eq!(after_days(6, worked), State::Raised(WarningLevel::Yellow));
    assert_eq!(after_days(40, Calendar::default()), State::Raised(WarningLevel::Red));
    assert_eq!(state_of(meter(None, None), WarningRule::Silent), State::Clear);
    assert_eq!(after_days(-1, Calendar::default()), State::Clear, "a clock ahead of ours");
}

#[test]
fn a_calibration_counts_on_its_last_day_and_not_behind_it() {
    let on = |until| state_of(meter(None, Some(until)), WarningRule::Calibration);
    assert_eq!(on(date(2026, 11, 25)), State::Clear);
    assert_eq!(on(date(2026, 11, 24)), State::Raised(WarningLevel::Yellow));
    let facts = Facts { judged: [WarningRule::Calibration].into(), ..meter(None, None) };
    assert!(examine(&facts, NOW).is_empty());
}

fn finding(object: &str, state: State) -> Finding {
    let place = place();
    let key = WarningKey { rule: WarningRule::Silent, place: place.code, object: object.into() };
    let text = Text::new("无数据", "says nothing");
    Finding { key, state, is_site: true, name: place.name, region: place.county, text, grounds: Vec::new() }
}

#[test]
fn what_is_held_changes_nothing_and_what_is_not_judged_stays() {
    use WarningLevel::{Red, Yellow};
    let open = |id, object: &str, level| Open { id, key: finding(object, State::Held).key, level, peak: level };
    let opened = [open(1, "a", Yellow), open(2, "b", Yellow), open(3, "c", Red), open(4, "gone", Yellow)];
    let findings = vec![
        finding("a", State::Held),
        finding("b", State::Raised(Red)),
        finding("c", State::Raised(Yellow)),
        finding("new", State::Raised(Yellow)),
        finding("new", State::Raised(Red)),
        finding("fine", State::Clear),
        finding("held", State::Held),
    ];
    let changes = judge(findings, &opened, &[WarningRule::Silent].into());
    let told: Vec<String> = changes
        .iter()
        .map(|change| match change {
            Change::Raise { finding, level } => format!("raise {} {}", finding.key.object, level.name()),
            Change::See { id, level, worse, .. } => format!("see {id} {} {worse}", level.name()),
            Change::Clear { id } => format!("clear {id}"),
        })
        .collect();
    assert_eq!(told, ["see 2 red true", "see 3 yellow false", "raise new yellow", "clear 4"]);
    assert!(judge(Vec::new(), &opened, &[WarningRule::Incomplete].into()).is_empty());
}

async fn change(store: &Store, state: State) {
    let open = store.open_warnings().await.unwrap();
    let changes = judge(vec![finding("gw-1/m1/ep", state)], &open, &[WarningRule::Silent].into());
    store.change_warnings(changes, vec![Channel::Webhook], message, clock::now()).await.unwrap();
}

async fn all(store: &Store) -> Vec<crate::platform::store::WarningRow> {
    store.warnings(WarningsAsked { limit: 50, ..WarningsAsked::default() }).await.unwrap().rows
}

#[tokio::test]
async fn a_warning_is_raised_once_acknowledged_cleared_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for state in [State::Clear, State::Raised(WarningLevel::Yellow), State::Held, State::Raised(WarningLevel::Yellow)] {
        change(&store, state).await;
    }
    let [row] = all(&store).await.try_into().unwrap();
    assert_eq!((row.cleared, row.acknowledged.clone(), row.level), (None, None, WarningLevel::Yellow));
    assert_eq!(store.deliveries(row.id).await.unwrap().len(), 1, "seen again is not told again");
    assert!(store.acknowledge(row.id, "li".into(), "已派人检修".into()).await.unwrap());
    assert!(!store.acknowledge(row.id + 1, "li".into(), "x".into()).await.unwrap());
    // worse is told although a person has taken note; back and worse again is not
    for level in [WarningLevel::Red, WarningLevel::Yellow, WarningLevel::Red] {
        change(&store, State::Raised(level)).await;
    }
    assert_eq!(store.deliveries(row.id).await.unwrap().len(), 2);
    change(&store, State::Clear).await;
    assert!(store.open_warnings().await.unwrap().is_empty());
    let [cleared] = all(&store).await.try_into().unwrap();
    let acknowledged = cleared.acknowledged.unwrap();
    assert_eq!((acknowledged.by.as_str(), acknowledged.note.as_str()), ("li", "已派人检修"));
    assert!(cleared.cleared.is_some());
    assert!(!store.acknowledge(cleared.id, "li".into(), "late".into()).await.unwrap());
    assert_eq!(store.deliveries(cleared.id).await.unwrap().len(), 3);
    change(&store, State::Raised(WarningLevel::Yellow)).await;
    assert_eq!(all(&store).await.len(), 2, "a new one, and the old one is history");
    let of = |regions: &[&str]| WarningsAsked {
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        limit: 1,
        ..WarningsAsked::default()
    };
    assert_eq!(store.warnings(of(&["331004"])).await.unwrap().rows.len(), 0);
    let page = store.warnings(of(&["3310"])).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (1, Some(page.rows[0].id)));
    let open = WarningsAsked { open: Some(true), limit: 50, ..WarningsAsked::default() };
    assert_eq!(store.warnings(open).await.unwrap().rows.len(), 1);
}

#[test]
fn a_message_is_tried_with_growing_pauses_and_given_up_after_three_days() {
    let mut delivery = Delivery {
        id: 1,
        warning: 1,
        channel: Channel::Mail,
        key: "k".into(),
        subject: String::new(),
        body: String::new(),
        made: NOW,
        tries: 0,
        state: DeliveryState::Waiting,
        failure: String::new(),
    };
    let (mut now, mut pauses) = (NOW, Vec::new());
    loop {
        let (state, due, failure) = after(&delivery, Err("refused".into()), now);
        assert_eq!(failure, "refused");
        if state == DeliveryState::GivenUp {
            break;
        }
        pauses.push(due.since(now) / 60_000);
        now = due;
        delivery.tries += 1;
    }
    assert_eq!(pauses[..10], [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
    assert!(now.since(NOW) <= 3 * DAY_MS && now.since(NOW) > 3 * DAY_MS - 4 * 3_600_000);
    assert_eq!(after(&delivery, Ok(()), now).0, DeliveryState::Delivered);
}

/// What a receiver of webhooks saw: delivery id, signature, body.
type Seen = Arc<Mutex<Vec<(String, String, String)>>>;

/// Answers 503 to the first, 204 to the others.
async fn receiver(stop: tokio_util::sync::CancellationToken) -> (String, Seen, crate::runtime::task::Tasks) {
    use axum::{
        Router,
        http::{HeaderMap, StatusCode},
        routing::post,
    };
    let seen: Seen = Seen::default();
    let kept = Arc::clone(&seen);
    let take = move |headers: HeaderMap, body: String| {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let mut seen = kept.lock().unwrap();
        seen.push((text("x-mujun-delivery"), text("x-mujun-signature"), body));
        let status = if seen.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT };
        async move { status }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let mut tasks = crate::runtime::task::Tasks::new(stop.clone());
    let app = hyper_util::service::TowerToHyperService::new(Router::new().route("/hook", post(take)));
    let bounds = crate::runtime::server::Bounds::default();
    tasks.spawn("receiver", async move {
        crate::runtime::server::serve(bounds, listener, app, stop).await;
        Ok::<(), std::convert::Infallible>(())
    });
    (url, seen, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_failed_comes_again_with_the_same_id_and_a_right_signature() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let (url, seen, tasks) = receiver(stop.clone()).await;
    let secret = b"0123456789abcdef".to_vec();
    let channels = Channels { mail: None, webhook: Some(Arc::new(WebhookSettings { url, secret: secret.clone() })) };
    change(&store, State::Raised(WarningLevel::Yellow)).await;
    once(&store, &channels).await.unwrap();
    let of = async || store.deliveries(all(&store).await[0].id).await.unwrap().remove(0);
    let waiting = of().await;
    assert_eq!(
        (waiting.state, waiting.tries, waiting.failure.as_str()),
        (DeliveryState::Waiting, 1, "HTTP status 503")
    );
    once(&store, &channels).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1, "its pause is not over");
    store.delivery_tried(waiting.id, DeliveryState::Waiting, UtcMillis(0), String::new()).await.unwrap();
    once(&store, &channels).await.unwrap();
    assert_eq!(of().await.state, DeliveryState::Delivered);
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], seen[1], "the same id, signature and body");
    let (id, signature, body) = &seen[0];
    assert_eq!(
        (id, signature),
        (&waiting.key, &format!("sha256={}", signature::hmac_sha256(&secret, body.as_bytes())))
    );
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["id"], &body["event"]), (&waiting.key.clone().into(), &"raised".into()));
    assert_eq!(body["warning"]["place"], "91331003MA0000015F");
    stop.cancel();
    drop(tasks.join(std::time::Duration::from_secs(5)).await);
}

const USER: &str = "mujun";
const PASSWORD: &str = "a password of the test";

/// aiosmtpd, a mail server that is not ours: its port and its lines. `None` where the tests' python has none.
fn mail_server(folder: &std::path::Path) -> Option<(std::process::Child, u16, impl Iterator<Item = String>)> {
    use std::{
        io::{BufRead, BufReader},
        path::Path,
        process::{Command, Stdio},
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("MUJUN_TEST_PYTHON").map_or_else(|| root.join("target/venv/bin/python"), Into::into);
    let script = root.join("tests/support/mail_server.py");
    let begun = Command::new(python).arg(script).arg(folder).args([USER, PASSWORD]).stdout(Stdio::piped()).spawn();
    let Ok(mut server) = begun else {
        eprintln!("skipped: target/venv/bin/python is not there");
        return None;
    };
    let mut lines = BufReader::new(server.stdout.take()?).lines().map_while(Result::ok);
    let Some(port) = lines.next().and_then(|port| port.parse().ok()) else {
        eprintln!("skipped: the tests' python has no aiosmtpd");
        return None;
    };
    Some((server, port, lines))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_reaches_a_mail_server_inside_of_tls_and_a_wrong_password_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let Some((mut server, port, mut lines)) = mail_server(dir.path()) else { return };
    let mail = MailSettings {
        host: "localhost".into(),
        port,
        security: Security::StartTls,
        authority: Some(std::fs::read(dir.path().join("ca.pem")).unwrap()),
        login: Some((USER.into(), PASSWORD.into())),
        from: "Mujun <mujun@example.cn>".into(),
        to: vec!["energy-office@example.cn".into(), "desk@example.cn".into()],
    };
    let store = Store::open(&dir.path().join("data")).unwrap();
    let changes = vec![Change::Raise { finding: finding("gw-1/m1/ep", State::Clear), level: WarningLevel::Red }];
    store.change_warnings(changes, vec![Channel::Mail], message, clock::now()).await.unwrap();
    let of = async || store.deliveries(all(&store).await[0].id).await.unwrap().remove(0);
    let with = |mail: &MailSettings| Channels { mail: Some(Arc::new(mail.clone())), webhook: None };
    let again = async || {
        let id = of().await.id;
        store.delivery_tried(id, DeliveryState::Waiting, UtcMillis(0), String::new()).await.unwrap();
    };
    for wrong in [
        MailSettings { login: Some((USER.into(), "wrong".into())), ..mail.clone() },
        MailSettings { authority: None, ..mail.clone() },
        MailSettings { security: Security::None, login: None, ..mail.clone() },
        MailSettings { port: 1, ..mail.clone() },
    ] {
        once(&store, &with(&wrong)).await.unwrap();
        let waiting = of().await;
        assert_eq!(waiting.state, DeliveryState::Waiting, "{}", waiting.failure);
        assert!(!waiting.failure.is_empty() && !waiting.failure.contains("wrong"), "{}", waiting.failure);
        again().await;
    }
    once(&store, &with(&mail)).await.unwrap();
    let sent = of().await;
    assert_eq!((sent.state, sent.failure.as_str()), (DeliveryState::Delivered, ""));
    let letter: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!((&letter["tls"], &letter["login"]), (&true.into(), &true.into()));
    assert_eq!(letter["to"], serde_json::json!(["energy-office@example.cn", "desk@example.cn"]));
    assert_eq!(letter["id"], format!("<{}@example.cn>", sent.key));
    assert_eq!(letter["subject"], "[Mujun] 红色预警 某纺织厂 — red: silent");
    assert!(letter["body"].as_str().unwrap().contains("规则：计量点超过 3 个工作日"), "{letter}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_subject_is_one_line_whatever_a_site_is_called() {
    let row = crate::platform::store::WarningRow {
        id: 7,
        key: finding("", State::Clear).key,
        is_site: true,
        name: "某厂\r\nBcc: all@example.cn".into(),
        region: "331003".into(),
        level: WarningLevel::Red,
        peak: WarningLevel::Red,
        text: Text::new("无", "none"),
        grounds: Vec::new(),
        raised: NOW,
        seen: NOW,
        cleared: None,
        acknowledged: None,
    };
    let (subject, body) = message(&row, crate::platform::store::Told::Raised, Channel::Mail, "key");
    assert!(!subject.contains(['\r', '\n']) && subject.contains("红色预警"), "{subject}");
    assert!(body.contains("# 7 key"));
}
