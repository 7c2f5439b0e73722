//! Dual control over the same two sites, as an operator of one county and as one of the whole region.

use super::*;
use crate::{
    model::{EconomicFigure, EconomicItem, Ground, Profile, WarningKey, WarningLevel, WarningRule},
    platform::{
        access::{Asker, Role},
        store::{ChangeQuery, Channel},
        warning::{Change, Finding, State as Found, message},
    },
    runtime::{clock, lang::Text},
};

fn figure(item: EconomicItem, year: i16, month: Option<u8>, value: &str) -> EconomicFigure {
    let (credit_code, source) = (MILL.into(), "statistics bureau".into());
    EconomicFigure { credit_code, year, month, item, value: value.parse().unwrap(), source }
}

/// The router as `regions` see it, and with a role.
async fn seen_by(regions: &[&str], role: Role) -> (tempfile::TempDir, Router, Store) {
    let (dir, _, state) = county_and_state().await;
    let store = state.store.clone();
    let profile = Profile { township_code: Some("331003104".into()), credit_code: MILL.into(), ..Profile::default() };
    store.describe(vec![profile], Vec::new()).await.unwrap();
    let value = [EconomicItem::ValueAddedWan, EconomicItem::ValueAddedComparableWan]
        .map(|item| figure(item, 2024, Some(11), "0.01"));
    store.enter_economy(value.into()).await.unwrap();
    let regions = regions.iter().map(|region| (*region).to_owned()).collect();
    (dir, with_asker(state, Asker { name: "li".into(), role, regions }), store)
}

async fn put(router: &Router, method: &str, uri: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(uri).header("content-type", "application/json");
    let response = router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn intensity_says_what_is_known_and_what_is_missing() {
    let (_dir, router, _) = seen_by(&[""], Role::Operator).await;
    let (status, all) = read(&router, "/api/v1/intensity?by=city&period=2024-11").await;
    assert_eq!(status, StatusCode::OK, "{all}");
    let row = &all["rows"][0];
    assert_eq!((&row["key"], &row["name"], &all["total"]), (&"331000".into(), &"台州".into(), &1.into()));
    assert_eq!((&row["sites"], &row["known"], &row["lower_bound"]), (&2.into(), &1.into(), &true.into()));
    assert_eq!(row["tce"], "0.0015", "12.34 kWh at 0.1229");
    assert_eq!(row["intensity"], "0.15166", "1.5166 kgce over 100 yuan");
    assert_eq!(row["missing"][0]["credit_code"], PLANT);
    assert_eq!((&row["last_year"], &row["change_percent"]), (&Value::Null, &Value::Null));
    let (_, counties) = read(&router, "/api/v1/intensity?by=county&period=2024-11&per=output_value&sort=tce").await;
    assert_eq!((&counties["rows"][0]["key"], &counties["rows"][1]["key"]), (&"331003".into(), &"331004".into()));
    assert_eq!(counties["rows"][1]["tce"], Value::Null, "unknown, and never 0");
    let (_, townships) = read(&router, "/api/v1/intensity?by=township&period=2024-11&region=331003").await;
    assert_eq!(townships["rows"][0]["key"], "331003104");
    // of the year the bureau says one month alone: it is no year's figure
    let (_, year) = read(&router, "/api/v1/intensity?by=county&period=2024&region=331003").await;
    assert_eq!((&year["rows"][0]["denominator"], &year["rows"][0]["tce"]), (&Value::Null, &"0.0015".into()));
    let (_, months) = read(&router, &format!("/api/v1/intensity/series?year=2024&site={MILL}")).await;
    assert_eq!((&months["rows"][10]["tce"], &months["rows"][9]["tce"]), (&"0.0015".into(), &Value::Null));
    for wrong in [
        "by=town",
        "period=2024-Q5",
        "per=value",
        "region=33100",
        "industry=c17",
        "sort=light",
        "limit=201",
        "offset=-1",
        "product=x&product=y",
        "unknown=1",
    ] {
        let (status, said) = read(&router, &format!("/api/v1/intensity?{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(said["error"]["zh"].is_string() && said["error"]["en"].is_string());
    }
}

#[tokio::test]
async fn a_county_sees_its_own_and_nothing_of_the_others() {
    let (_dir, router, _) = seen_by(&["331004"], Role::Operator).await;
    let (_, rows) = read(&router, "/api/v1/intensity?by=site&period=2024-11").await;
    assert_eq!((&rows["total"], &rows["rows"][0]["key"]), (&1.into(), &PLANT.into()));
    let (_, tree) = read(&router, "/api/v1/regions?parent=331000&year=2024").await;
    assert_eq!(tree["rows"].as_array().unwrap().len(), 1);
    let (status, _) = read(&router, &format!("/api/v1/intensity/series?year=2024&site={MILL}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let quota = |code: &str| serde_json::json!([{"code": code, "year": 2024, "tce": "10", "source": "doc"}]);
    let (status, said) = put(&router, "PUT", "/api/v1/quotas", quota(MILL)).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{said}");
    assert_eq!(put(&router, "PUT", "/api/v1/quotas", quota(PLANT)).await.0, StatusCode::NO_CONTENT);
    let target = |region: &str| serde_json::json!([{"region": region, "year": 2024, "kind": "intensity", "percent": "3", "source": "doc"}]);
    assert_eq!(put(&router, "PUT", "/api/v1/targets", target("331003")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(put(&router, "PUT", "/api/v1/targets", target("331000")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(put(&router, "PUT", "/api/v1/targets", target("331004")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(put(&router, "PUT", "/api/v1/limits", serde_json::json!([])).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_an_authority_sets_is_checked_row_by_row_and_taken_whole() {
    let (_dir, router, store) = seen_by(&[""], Role::Administrator).await;
    let good = serde_json::json!({"region": "331003", "year": 2024, "kind": "total", "tce": "100", "source": "文件"});
    let bad = serde_json::json!({"region": "331003", "year": 2024, "kind": "total_tce", "percent": "1", "source": "x"});
    let (status, said) = put(&router, "PUT", "/api/v1/targets", serde_json::json!([good, bad])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said["error"]["en"].as_str().unwrap().starts_with("row 2: kind is"), "{said}");
    assert!(store.targets(2024).await.unwrap().is_empty(), "nothing of it");
    assert_eq!(put(&router, "PUT", "/api/v1/targets", serde_json::json!([good])).await.0, StatusCode::NO_CONTENT);
    let noted = store.changes(ChangeQuery { limit: 9, ..ChangeQuery::default() }).await.unwrap().rows;
    assert_eq!(
        (noted[0].subject.as_str(), noted[0].detail.as_str()),
        ("target 331003 2024 total_tce", "— → 100 (文件)")
    );
    let (_, targets) = read(&router, "/api/v1/targets?year=2024").await;
    assert_eq!(
        targets["rows"][0],
        serde_json::json!({"region": "331003", "year": 2024, "kind": "total", "percent": null, "tce": "100",
            "source": "文件", "by": "li"})
    );
    // the year is over: its light is against the whole target
    let (_, tree) = read(&router, "/api/v1/regions?parent=331000&year=2024").await;
    assert_eq!((&tree["rows"][0]["code"], &tree["rows"][0]["light"]), (&"331003".into(), &"green".into()));
    let limit = serde_json::json!([{"product": "yarn", "region": "", "grade": "limit", "valid_from": "2024-01-01",
        "kgce_per_unit": "0.07", "unit": "piece", "source": "GB"}]);
    assert_eq!(put(&router, "PUT", "/api/v1/limits", limit).await.0, StatusCode::NO_CONTENT);
    let (_, rows) = read(&router, "/api/v1/intensity?by=site&period=2024-11&per=product&region=331003").await;
    let row = &rows["rows"][0];
    assert_eq!((&row["intensity"], &row["unit"]), (&"0.07583".into(), &"kgce/piece".into()));
    assert_eq!((&row["light"], &row["limit"]["kgce_per_unit"]), (&"red".into(), &"0.07".into()));
    for field in ["tce", "year"] {
        let mut wrong = serde_json::json!({"code": MILL, "year": 2024, "tce": "1", "source": "doc"});
        wrong[field] = if field == "year" { 1800.into() } else { "0".into() };
        assert_eq!(put(&router, "PUT", "/api/v1/quotas", serde_json::json!([wrong])).await.0, StatusCode::BAD_REQUEST);
    }
    let quota = serde_json::json!([{"code": MILL, "year": 2024, "tce": "0.001", "source": "doc"}]);
    assert_eq!(put(&router, "PUT", "/api/v1/quotas", quota).await.0, StatusCode::NO_CONTENT);
    let (_, list) = read(&router, "/api/v1/quotas?year=2024").await;
    assert_eq!(
        (&list["total"], &list["rows"][0]["used"], &list["rows"][0]["light"]),
        (&1.into(), &"0.0015".into(), &"red".into())
    );
    let (_, one) = read(&router, &format!("/api/v1/quotas/{MILL}?year=2024")).await;
    assert_eq!((one["months"].as_array().unwrap().len(), &one["months"][10]["used"]), (12, &"0.0015".into()));
    assert_eq!(read(&router, &format!("/api/v1/quotas/{PLANT}?year=2024")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_warning_is_acknowledged_by_an_operator_who_sees_it() {
    let (_dir, router, store) = seen_by(&["3310"], Role::Operator).await;
    let finding = |place: &str, region: &str| Finding {
        key: WarningKey { rule: WarningRule::Incomplete, place: place.into(), object: String::new() },
        state: Found::Raised(WarningLevel::Yellow),
        is_site: true,
        name: "厂".into(),
        region: region.into(),
        text: Text::new("缺", "lacks"),
        grounds: vec![Ground { name: "completeness".into(), value: Some("80".parse().unwrap()), unit: "%".into() }],
    };
    let raise = |place, region| Change::Raise { finding: finding(place, region), level: WarningLevel::Yellow };
    let changes = vec![raise(MILL, "331003"), raise("other", "330106")];
    store.change_warnings(changes, vec![Channel::Webhook], message, clock::now()).await.unwrap();
    let (_, list) = read(&router, "/api/v1/warnings?state=open").await;
    let rows = list["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["credit_code"], &rows[0]["level"]), (1, &MILL.into(), &"yellow".into()));
    assert_eq!(rows[0]["grounds"][0], serde_json::json!({"name": "completeness", "value": "80", "unit": "%"}));
    let id = rows[0]["id"].as_i64().unwrap();
    let note = |id: i64| format!("/api/v1/warnings/{id}/acknowledge");
    assert_eq!(put(&router, "POST", &note(id), serde_json::json!({"note": " "})).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(put(&router, "POST", &note(id + 1), serde_json::json!({"note": "x"})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(put(&router, "POST", &note(id), serde_json::json!({"note": "已处理"})).await.0, StatusCode::NO_CONTENT);
    let (_, one) = read(&router, &format!("/api/v1/warnings/{id}")).await;
    assert_eq!((&one["state"], &one["acknowledged"]["by"]), (&"acknowledged".into(), &"li".into()));
    assert_eq!(
        (&one["deliveries"][0]["state"], &one["deliveries"][0]["channel"]),
        (&"waiting".into(), &"webhook".into())
    );
    let noted = store.changes(ChangeQuery { limit: 9, ..ChangeQuery::default() }).await.unwrap().rows;
    assert_eq!((noted[0].by.as_str(), noted[0].area.as_str(), noted[0].detail.as_str()), ("li", "warning", "已处理"));
    let (_, open) = read(&router, "/api/v1/warnings?state=open").await;
    assert!(open["rows"].as_array().unwrap().is_empty());
    let (_dir, viewer, _) = seen_by(&[""], Role::Viewer).await;
    assert_eq!(put(&viewer, "POST", &note(1), serde_json::json!({"note": "x"})).await.0, StatusCode::FORBIDDEN);
}
