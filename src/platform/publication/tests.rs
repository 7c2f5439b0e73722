//! Versions of a published day over a real store.

use super::*;
use crate::{
    model::{Gateway, Reason, Sample, Site, Value},
    platform::{assess::coefficient, fixture::energy},
    wire::record::{Content, Samples, encode},
};

/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;
const HOUR_MS: i64 = 3_600_000;
const MILL: &str = "91331003MA0000015F";
const STANDARD: &str = include_str!("../../../deploy/coefficients/gbt-2589-2020.toml");

fn site(land_mu: &str) -> Site {
    Site {
        credit_code: MILL.into(),
        name: "Mill".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C1713".into(),
        land_mu: land_mu.parse().unwrap(),
        product_code: "yarn".into(),
        product_unit: "piece".into(),
        output_value_yuan_per_unit: Some("3.10".parse().unwrap()),
    }
}

async fn register(store: &Store, land_mu: &str) {
    let gateways = vec![Gateway { gateway_id: "gw-3".into(), credit_code: MILL.into(), public_keys: Vec::new() }];
    store.register(vec![site(land_mu)], gateways, Default::default()).await.unwrap();
}

/// Readings of the one meter, by hours of the day.
async fn receive(store: &Store, generation: u8, readings: &[(i64, i64)]) {
    let series = energy("0.01".parse().unwrap());
    let samples = |(hour, count): &(i64, i64)| Samples {
        time: UtcMillis(BASE + hour * HOUR_MS),
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(*count)) }],
    };
    let mut records = encode(&Content::Dictionary(vec![(0, series)].into()));
    records.extend(encode(&Content::Samples(0, readings.iter().map(samples).collect())));
    store.ingest("gw-3", [generation; 16], 1, records, None).await.unwrap();
}

fn grounds(text: &str) -> Grounds {
    let rules = Arc::new(coefficient::parse([("coefficients.toml", text)]).unwrap().into());
    Grounds { rules, inputs: Arc::new(vec![Input { file: "coefficients.toml".into(), sha256: "00".repeat(32) }]) }
}

async fn day(store: &Store, grounds: &Grounds) -> Published {
    publish(store, grounds, &"2024-11-24".parse().unwrap(), Basis::Calorific, None).await.unwrap()
}

fn why(published: Published) -> (u64, String) {
    match published {
        Published::New { version, reason } => {
            assert!(!reason.zh.is_empty());
            (version, reason.en)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_changes_a_published_day_makes_a_version_that_says_why_and_keeps_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    register(&store, "12.5").await;
    receive(&store, 1, &[(0, 1000), (1, 2000)]).await;
    let standard = grounds(STANDARD);
    assert_eq!(why(day(&store, &standard).await), (1, "published for the first time".into()));
    assert_eq!(day(&store, &standard).await, Published::Same { version: 1 });

    receive(&store, 2, &[(2, 2500), (3, 2600)]).await;
    assert_eq!(why(day(&store, &standard).await), (2, "late readings from gw-3: 2 quarter-hours".into()));

    // the factor moves down in its file: nothing of the figures changes; then its value does
    assert_eq!(day(&store, &grounds(&format!("\n\n{STANDARD}"))).await, Published::Same { version: 2 });
    let changed = grounds(&STANDARD.replacen("\"0.1229\"", "\"0.1230\"", 1));
    assert_eq!(why(day(&store, &changed).await), (3, "factor electricity changed".into()));

    register(&store, "25").await;
    let (version, reason) = why(day(&store, &changed).await);
    assert_eq!((version, reason.as_str()), (4, "land_mu of 91331003MA0000015F changed"));

    let all = store.publications(None).await.unwrap();
    assert_eq!(all.iter().map(|one| one.version).max(), Some(4));
    assert_eq!(all.len(), 4);
    for (version, kwh) in [(1, "10"), (2, "16"), (3, "16"), (4, "16")] {
        let (_, bytes) =
            store.publication("2024-11-24".into(), "calorific".into(), Some(version)).await.unwrap().unwrap();
        let body = Body::unpack(&bytes).unwrap();
        let figures = &body.sites[0].figures;
        assert_eq!(figures["kwh"].value.unwrap().to_string(), kwh, "version {version}");
        assert!(figures.values().all(crate::platform::assess::term::Term::holds), "version {version}");
    }
}

#[tokio::test]
async fn the_check_looks_at_every_published_period_also_beside_a_running_platform() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    register(&store, "12.5").await;
    receive(&store, 1, &[(0, 1000), (1, 2000)]).await;
    let standard = grounds(STANDARD);
    let beside = Store::beside(dir.path()).unwrap();
    assert_eq!(why(day(&beside, &standard).await).0, 1);
    assert_eq!(check(&store, &standard).await.unwrap()[0].1, Published::Same { version: 1 });
    receive(&store, 2, &[(2, 2500)]).await;
    let outcomes = check(&beside, &standard).await.unwrap();
    assert!(matches!(outcomes[0].1, Published::New { version: 2, .. }), "{outcomes:?}");
}

#[tokio::test]
async fn what_is_not_over_is_not_published() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    register(&store, "12.5").await;
    let refused = publish(&store, &grounds(STANDARD), &"2199".parse().unwrap(), Basis::Calorific, None).await;
    assert!(matches!(refused, Err(PublishError::NotOver { .. })), "{refused:?}");
    let nowhere = dir.path().join("nowhere");
    assert!(Store::beside(&nowhere).is_err() && !nowhere.exists());
}
