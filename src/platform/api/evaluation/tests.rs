//! The evaluation's addresses, as different people see them.

use super::*;
use crate::platform::{
    access::Access,
    api::{State, areas},
    assess::coefficient,
    evaluation::tests::{FOREIGN, MILL, PLANT, county, rules as rule_set_of},
    figures::Figures,
    ingest::Presence,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use serde_json::{Value, json as value};
use std::sync::Arc;
use tower::ServiceExt;

struct Desk {
    _dir: tempfile::TempDir,
    state: State,
}

async fn desk() -> Desk {
    let (dir, store, runs) = county(vec![rule_set_of("\"331000\"", &[])]).await;
    let rules = Arc::new(coefficient::load(&["deploy/coefficients/gbt-2589-2020.toml"]).unwrap().into());
    let figures = Figures::new(store.clone(), Arc::clone(&rules));
    let state = State { store, rules, presence: Presence::default(), figures, runs, access: Access::open() };
    Desk { _dir: dir, state }
}

fn asker(role: Role, region: &str) -> Asker {
    Asker { name: "li".into(), role, regions: vec![region.into()] }
}

impl Desk {
    async fn ask(&self, asker: &Asker, method: &str, uri: &str, body: Option<Value>) -> (u16, Value) {
        let areas = areas().into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge).split_for_parts().0;
        let router: Router = areas.with_state(self.state.clone()).layer(Extension(asker.clone()));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(uri).header(header::CONTENT_TYPE, "application/json");
        let response = router.oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn get(&self, asker: &Asker, uri: &str) -> (u16, Value) {
        self.ask(asker, "GET", uri, None).await
    }

    async fn post(&self, asker: &Asker, uri: &str, body: Value) -> (u16, Value) {
        self.ask(asker, "POST", uri, Some(body)).await
    }

    async fn trial(&self) -> i64 {
        let trial = value!({ "rules": "huangyan-2022", "year": 2024 });
        let (status, made) = self.post(&asker(Role::Operator, "3310"), "/api/v1/evaluations", trial).await;
        assert_eq!(status, 200, "{made}");
        made["id"].as_i64().unwrap()
    }
}

#[tokio::test]
async fn a_grade_is_defended_down_to_the_register() {
    let desk = desk().await;
    let id = desk.trial().await;
    let viewer = asker(Role::Viewer, "3310");
    let (_, page) = desk.get(&viewer, &format!("/api/v1/evaluations/{id}?sort=score&order=desc&limit=2")).await;
    assert_eq!(
        (&page["total"], &page["rows"][0]["name"], &page["rows"][0]["grade"]),
        (&3.into(), &"Mill".into(), &"A".into())
    );
    assert_eq!(page["rows"].as_array().unwrap().len(), 2);
    assert_eq!(page["evaluation"]["state"], "trial");
    assert_eq!(
        page["totals"],
        value!([
            { "group": "above_scale", "grade": "A", "count": 1 }, { "group": "above_scale", "grade": "D", "count": 2 }
        ])
    );
    let (_, only) =
        desk.get(&viewer, &format!("/api/v1/evaluations/{id}?grade=D&region=331004&group=above_scale")).await;
    assert_eq!((&only["total"], &only["rows"][0]["credit_code"]), (&1.into(), &FOREIGN.into()));
    let (status, worked) = desk.get(&viewer, &format!("/api/v1/evaluations/{id}/sites/{MILL}")).await;
    assert_eq!((status, &worked["holds"]), (200, &true.into()));
    assert!(worked["score"].to_string().contains("gw-1/m1/ep"));
    let tax = &worked["indicators"][0];
    assert_eq!(
        (&tax["name"], &tax["weight"], &tax["term"]["how"]),
        (&"tax_per_mu".into(), &"30".into(), &"to_base".into())
    );
    let (_, grades) = desk.get(&viewer, &format!("/api/v1/sites/{MILL}/grades")).await;
    assert_eq!((&grades["rows"][0]["grade"], &grades["rows"][0]["evaluation"]), (&"A".into(), &id.into()));
}

#[tokio::test]
async fn who_may_see_and_do_what() {
    let desk = desk().await;
    let id = desk.trial().await;
    let trial = || value!({ "rules": "huangyan-2022", "year": 2024 });
    assert_eq!(desk.post(&asker(Role::Auditor, "3310"), "/api/v1/evaluations", trial()).await.0, 403);
    // the rules hold for all of the city
    assert_eq!(desk.post(&asker(Role::Operator, "331003"), "/api/v1/evaluations", trial()).await.0, 404);
    let own = asker(Role::Administrator, "331003");
    let (_, page) = desk.get(&own, &format!("/api/v1/evaluations/{id}")).await;
    assert_eq!((&page["total"], page["totals"].as_array().unwrap().len()), (&2.into(), 2));
    assert_eq!(desk.get(&own, &format!("/api/v1/evaluations/{id}/sites/{FOREIGN}")).await.0, 404);
    assert_eq!(desk.get(&own, &format!("/api/v1/sites/{FOREIGN}/grades")).await.0, 404);
    assert_eq!(desk.ask(&own, "POST", &format!("/api/v1/evaluations/{id}/publish"), None).await.0, 404);
    let elsewhere = asker(Role::Administrator, "32");
    assert_eq!(desk.get(&elsewhere, &format!("/api/v1/evaluations/{id}")).await.0, 404);
    assert_eq!(desk.get(&elsewhere, "/api/v1/evaluations").await.1["rows"], value!([]));
    let city = asker(Role::Administrator, "3310");
    assert_eq!(
        desk.ask(&asker(Role::Operator, "3310"), "POST", &format!("/api/v1/evaluations/{id}/publish"), None).await.0,
        403
    );
    assert_eq!(desk.ask(&city, "POST", &format!("/api/v1/evaluations/{id}/publish"), None).await.0, 200);
    let (_, runs) = desk.get(&city, "/api/v1/evaluations?year=2024&region=331003").await;
    assert_eq!((&runs["rows"][0]["state"], &runs["rows"][0]["published_by"]), (&"published".into(), &"li".into()));
}

#[tokio::test]
async fn what_if_objection_and_comparison_through_the_api() {
    let desk = desk().await;
    let first = desk.trial().await;
    let operator = asker(Role::Operator, "3310");
    let asked = value!({ "rules": "huangyan-2022", "year": 2024, "site": MILL, "changes": [{ "item": "kwh", "factor": "0.92" }] });
    let (status, found) = desk.post(&operator, "/api/v1/evaluations/what-if", asked).await;
    assert_eq!((status, &found["after"]["indicators"][2]["value"]), (200, &"2.918598".into()));
    let objection = value!({ "site": PLANT, "item": "tax_wan", "value": "800", "evidence": "<script>1</script>", "reason": "=1+1" });
    let (status, made) = desk.post(&operator, &format!("/api/v1/evaluations/{first}/objections"), objection).await;
    assert_eq!(status, 200, "{made}");
    let second = made["id"].as_i64().unwrap();
    let (_, compared) = desk.get(&operator, &format!("/api/v1/evaluations/compare?a={first}&b={second}&limit=1")).await;
    assert_eq!((&compared["total"], compared["rows"].as_array().unwrap().len()), (&2.into(), 1));
    assert_eq!(compared["b"]["objection"]["evidence"], "<script>1</script>");
    let (_, page) = desk.get(&operator, &format!("/api/v1/evaluations/{first}")).await;
    assert_eq!(page["rows"][0]["name"], "Mill", "the version before stays as it was");
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let desk = desk().await;
    let id = desk.trial().await;
    let all = Asker::local();
    for uri in [
        format!("/api/v1/evaluations/{id}?limit=201"),
        format!("/api/v1/evaluations/{id}?sort=name;drop"),
        format!("/api/v1/evaluations/{id}?region=33%25"),
        format!("/api/v1/evaluations/{id}?colour=red"),
        format!("/api/v1/evaluations/{id}/sites/x"),
        "/api/v1/evaluations?year=22".into(),
        format!("/api/v1/evaluations/compare?a={id}"),
    ] {
        let (status, body) = desk.get(&all, &uri).await;
        assert_eq!(status, 400, "{uri}");
        assert!(body["error"]["zh"].is_string() && body["error"]["en"].is_string(), "{uri}");
    }
    let absent = ["/api/v1/evaluations/999", "/api/v1/evaluations/x", "/api/v1/rules/none"];
    for uri in absent {
        assert_eq!(desk.get(&all, uri).await.0, 404, "{uri}");
    }
    let group = format!("/api/v1/evaluations/{id}?group=a%27%20OR%201%3D1--");
    assert_eq!(desk.get(&all, &group).await.1["total"], 0);
    let what_if = |changes: Value| value!({ "rules": "huangyan-2022", "year": 2024, "site": MILL, "changes": changes });
    for changes in [
        value!([{ "item": "kwhs", "factor": "1" }]),
        value!([{ "item": "kwh", "factor": "1e9" }]),
        value!([{ "item": "kwh", "factor": "1", "value": "2" }]),
        value!([{ "item": "kwh" }]),
        value!([{ "item": "kwh", "factor": 1 }]),
    ] {
        assert_eq!(desk.post(&all, "/api/v1/evaluations/what-if", what_if(changes.clone())).await.0, 400, "{changes}");
    }
    let empty = value!({ "site": PLANT, "item": "tax_wan", "value": "400", "evidence": " ", "reason": "r" });
    assert_eq!(desk.post(&all, &format!("/api/v1/evaluations/{id}/objections"), empty).await.0, 400);
    let (status, whole) = desk.get(&all, "/api/v1/rules/huangyan-2022").await;
    assert_eq!((status, &whole["groups"][0]["indicators"][0]["base"]), (200, &"24.097".into()));
}
