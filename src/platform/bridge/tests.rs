//! A day of a site for two centres, one of which fails in every way first: Python's https server.

use super::*;
use crate::{
    model::{Gateway, Reason, Sample, Scale, Value},
    platform::{
        assess::{Rules, coefficient},
        fixture::energy,
    },
    wire::record::{Content, Record, Samples, encode},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const SITE: &str = "91331003MA0000015F";
/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;
const QUICK: Patience = Patience { deadline: Duration::from_secs(2), pause_ms: 10 };

struct Python(Child);

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A centre, where it listens, and its folder's name as the centre's.
fn centre(folder: &Path, name: &str, troubles: &str) -> (Python, Centre) {
    let folder = folder.join(name);
    std::fs::create_dir(&folder).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/bridge_centre.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(&folder).arg(troubles).stdout(Stdio::piped());
    let mut python = Python(command.spawn().expect("tests/run installs python3 and openssl"));
    let mut line = String::new();
    BufReader::new(python.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = format!("https://127.0.0.1:{}/api", line.trim());
    (python, Centre { name: name.into(), url, ca_file: Some(folder.join("ca.pem")), token_file: None })
}

/// What a centre took, by key: its bodies, the same ones once, and their path.
fn taken(folder: &Path, name: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut all = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join(name).join("taken.jsonl")).unwrap_or_default().lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| message[field].as_str().unwrap().to_owned();
        let entry: &mut (String, BTreeSet<String>) = all.entry(text("key")).or_default();
        entry.0 = text("path");
        entry.1.insert(message["body"].to_string());
    }
    all
}

fn minutes(minutes: impl IntoIterator<Item = i64>) -> Record {
    let one = |minute: i64| Samples {
        time: UtcMillis(BASE + minute * 60_000),
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(minute)) }],
    };
    encode(&Content::Samples(0, minutes.into_iter().map(one).collect())).remove(0)
}

async fn store(folder: &Path) -> Store {
    let store = Store::open(&folder.join("data")).unwrap();
    let site = Site {
        credit_code: SITE.into(),
        name: "某纺织厂".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C1713".into(),
        land_mu: "12.5".parse().unwrap(),
        product_code: String::new(),
        product_unit: String::new(),
        output_value_yuan_per_unit: None,
    };
    let gateway = Gateway { gateway_id: "gw-1".into(), credit_code: SITE.into(), public_keys: vec![] };
    store.register(vec![site], vec![gateway], Default::default()).await.unwrap();
    let series = energy(Scale::ONE);
    let dictionary = encode(&Content::Dictionary(vec![(0, series)].into())).remove(0);
    let records = vec![dictionary, minutes((0..600).chain(660..1440))];
    store.ingest("gw-1", [1; 16], 1, records, None).await.unwrap();
    store
}

#[tokio::test]
async fn two_centres_get_every_message_once_whatever_fails_and_late_data_corrects_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let store = store(folder).await;
    let coal = coefficient::load(&["deploy/coefficients/gbt-2589-2020.toml"]).unwrap();
    let figures = Figures::new(store.clone(), Arc::new(Rules::from(coal)));
    let mut mapping = load(Path::new("deploy/bridge/national.toml")).unwrap();
    let (_nation, nation) = centre(folder, "nation", "");
    let (_province, province) = centre(folder, "province", "error,silence,refusal,garbage,lost,error,lost");
    mapping.centres = vec![nation, province];
    let now = UtcMillis(BASE + DAY_MS + 2 * 3_600_000);
    let stop = CancellationToken::new();
    let deliver = async |now: UtcMillis| {
        feed::round(&store, now).await.unwrap();
        for centre in &mapping.centres {
            make(&mapping, centre, &store, &figures, now).await.unwrap();
            // a second time makes nothing new
            make(&mapping, centre, &store, &figures, now).await.unwrap();
            while store.messages_waiting(&centre.name).await.unwrap() > 0 {
                sender::send(QUICK, &mapping, centre, &store, &stop).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    deliver(now).await;

    let (nation, province) = (taken(folder, "nation"), taken(folder, "province"));
    assert_eq!(nation, province, "each centre has everything, each key once and with one content");
    let of = |path: &str| nation.values().filter(|(found, _)| found == path).collect::<Vec<_>>();
    for path in ["/api/register", "/api/baseData/version", "/api/baseData/download", "/api/meters", "/api/data/daily"] {
        assert_eq!(of(path).len(), 1, "{path}");
    }
    assert_eq!(of("/api/data/realtime").len(), 96, "quarter-hours, bridged ones too");
    let body = |key: &str| -> serde_json::Value {
        let (_, bodies) = &taken(folder, "province")[key];
        serde_json::from_str(bodies.iter().next_back().unwrap()).unwrap()
    };
    let first = body(&format!("quarter-{SITE}-{BASE}"));
    assert_eq!((&first["statDate"], &first["enterpriseCode"]), (&"2024-11-24 00:00:00".into(), &SITE.into()));
    let row = serde_json::json!({"energyCode": "33", "dataValue": "15", "unit": "kWh", "inputType": "1"});
    assert_eq!(first["dataList"], serde_json::json!([row]));
    let hole = body(&format!("quarter-{SITE}-{}", BASE + 630 * 60_000));
    assert_eq!(hole["dataList"][0]["inputType"], "3", "estimated");
    let day = body(&format!("day-{SITE}-{BASE}"));
    assert_eq!((&day["dataList"][0]["dataValue"], &day["valid"]), (&"1439".into(), &"1".into()), "{day}");

    // the lost hour comes late
    store.ingest("gw-1", [1; 16], 3, vec![minutes(600..660)], None).await.unwrap();
    deliver(now.plus_ms(60_000)).await;
    let corrected = taken(folder, "province");
    assert_eq!(corrected.len(), province.len(), "no new key");
    let (_, bodies) = &corrected[&format!("quarter-{SITE}-{}", BASE + 630 * 60_000)];
    assert_eq!(bodies.len(), 2, "what was said first, and its correction: {bodies:?}");
    assert!(bodies.iter().any(|body| body.contains(r#""inputType":"1""#)), "{bodies:?}");
    assert_eq!(taken(folder, "nation"), corrected);
}
