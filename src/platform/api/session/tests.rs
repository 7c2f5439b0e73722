//! Who comes in, and who does not.

use super::*;
use crate::{
    model::UtcMillis,
    platform::{
        access::{Access, Settings, password},
        api::{router, tests::county_and_state},
        store::{Account, ApiToken, Session, Store},
    },
};
use axum::{Router, body::Body, http::Request};
use serde_json::{Value, json};
use tower::ServiceExt;

const PASSWORD: &str = "correct horse battery";
const RANKING: &str = "/api/v1/ranking?period=2024-11-24";

struct Answer {
    status: StatusCode,
    cookie: Option<String>,
    headers: HeaderMap,
    body: Value,
}

async fn ask(router: &Router, method: &str, uri: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let cookie = headers.get(header::SET_COOKIE).map(|cookie| cookie.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer { status, cookie, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() }
}

async fn get(router: &Router, uri: &str, headers: &[(&str, &str)]) -> Answer {
    ask(router, "GET", uri, headers, Value::Null).await
}

async fn sign_in_as(router: &Router, name: &str, password: &str) -> Answer {
    let body = json!({ "name": name, "password": password });
    ask(router, "POST", "/api/v1/session", &[("content-type", "application/json")], body).await
}

async fn add(store: &Store, name: &str, role: &str, regions: &str) {
    let account = Account {
        name: name.into(),
        role: role.into(),
        regions: regions.into(),
        password: password::hash(PASSWORD).unwrap(),
        created: clock::now(),
        disabled: None,
    };
    assert!(store.add_account(account, "test".into()).await.unwrap());
}

/// The cookie as a browser sends it back.
fn sent_back(answer: &Answer) -> String {
    answer.cookie.as_deref().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn without_a_user_this_machine_alone_comes_in_and_is_told_so() {
    let (_dir, router, state) = county_and_state().await;
    let session = get(&router, "/api/v1/session", &[("host", "localhost:7601")]).await;
    assert_eq!(
        session.body,
        json!({ "name": "local", "role": "administrator", "regions": [""], "open": true, "ways": [] })
    );
    assert_eq!(get(&router, RANKING, &[("host", "127.0.0.1:7601")]).await.status, StatusCode::OK);
    let elsewhere = get(&router, RANKING, &[("host", "evil.example")]).await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    assert!(elsewhere.body["error"]["zh"].as_str().unwrap().contains("user add"));
    add(&state.store, "li", "viewer", "*").await;
    let session = get(&router, "/api/v1/session", &[("host", "localhost:7601")]).await;
    assert_eq!(session.body, json!({ "name": null, "role": null, "regions": [], "open": false, "ways": ["password"] }));
    let ranking = get(&router, RANKING, &[("host", "localhost:7601")]).await;
    assert_eq!(ranking.status, StatusCode::UNAUTHORIZED);
    assert!(ranking.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer"));
    // what is not behind the door is still answered
    assert_eq!(get(&router, "/health", &[]).await.status, StatusCode::OK);
    assert_eq!(get(&router, "/", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_user_of_one_county_signs_in_sees_it_alone_and_signs_out() {
    let (_dir, router, state) = county_and_state().await;
    add(&state.store, "li", "operator", "331004").await;
    let signed = sign_in_as(&router, "li", PASSWORD).await;
    assert_eq!((signed.status, &signed.body["regions"]), (StatusCode::OK, &json!(["331004"])));
    let cookie = signed.cookie.clone().unwrap();
    for words in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(words), "{cookie}");
    }
    let cookie = sent_back(&signed);
    let headers = [("cookie", cookie.as_str())];
    let ranking = get(&router, RANKING, &headers).await;
    assert_eq!((ranking.status, &ranking.body["counties"]), (StatusCode::OK, &json!(["331004"])));
    assert_eq!(get(&router, "/api/v1/session", &headers).await.body["name"], "li");
    let out = ask(&router, "DELETE", "/api/v1/session", &headers, Value::Null).await;
    assert!(out.status == StatusCode::NO_CONTENT && out.cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(get(&router, RANKING, &headers).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sessions_end_with_the_user_and_with_the_password_and_by_themselves() {
    let (_dir, router, state) = county_and_state().await;
    for (name, end) in [("li", "disable"), ("wang", "passwd")] {
        add(&state.store, name, "viewer", "*").await;
        let cookie = sent_back(&sign_in_as(&router, name, PASSWORD).await);
        assert_eq!(get(&router, RANKING, &[("cookie", &cookie)]).await.status, StatusCode::OK);
        let done = match end {
            "disable" => state.store.disable_account(name.into(), "test".into()).await,
            _ => state.store.set_password(name.into(), password::hash("another horse").unwrap(), "test".into()).await,
        };
        assert!(done.unwrap());
        assert_eq!(get(&router, RANKING, &[("cookie", &cookie)]).await.status, StatusCode::UNAUTHORIZED, "{end}");
        assert_eq!(sign_in_as(&router, name, PASSWORD).await.status, StatusCode::UNAUTHORIZED, "{end}");
    }
    assert_eq!(sign_in_as(&router, "wang", "another horse").await.status, StatusCode::OK);
    // begun and last seen too long ago
    let now = clock::now();
    for (age, idle, status) in
        [(0, 0, 200), (access::AGE_MS, 0, 401), (3_600_000, 3_600_000, 401), (-3_600_000, -3_600_000, 401)]
    {
        let secret = access::Secret::fresh();
        let (created, seen) = (now.plus_ms(-age), now.plus_ms(-idle));
        let session = Session { name: "wang".into(), granted: None, created, seen };
        state.store.begin_session(secret.sha256(), session, UtcMillis(0)).await.unwrap();
        let cookie = format!("mujun-session={}", secret.text());
        assert_eq!(get(&router, RANKING, &[("cookie", &cookie)]).await.status, status, "{age} {idle}");
    }
}

#[tokio::test]
async fn an_unknown_name_gets_the_answer_of_a_wrong_password_and_guessing_is_slowed() {
    let (_dir, router, state) = county_and_state().await;
    add(&state.store, "li", "viewer", "*").await;
    let (wrong, unknown) = (sign_in_as(&router, "li", "x").await, sign_in_as(&router, "wang", PASSWORD).await);
    let strange = sign_in_as(&router, "li' OR '1'='1", PASSWORD).await;
    assert_eq!((wrong.status, &wrong.body), (StatusCode::UNAUTHORIZED, &unknown.body));
    assert_eq!((unknown.status, &strange.body), (StatusCode::UNAUTHORIZED, &wrong.body));
    let mut last = wrong;
    for _ in 0..5 {
        last = sign_in_as(&router, "li", "x").await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers[header::RETRY_AFTER].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    assert_eq!(
        sign_in_as(&router, "li", PASSWORD).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "nor is the right one looked at"
    );
}

#[tokio::test]
async fn forged_and_foreign_sessions_and_tokens_are_no_one() {
    let (_dir, router, state) = county_and_state().await;
    add(&state.store, "li", "administrator", "*").await;
    let signed = sent_back(&sign_in_as(&router, "li", PASSWORD).await);
    let elsewhere = access::Secret::fresh();
    let digest: String =
        access::sha256(signed.split_once('=').unwrap().1).iter().map(|byte| format!("{byte:02x}")).collect();
    let upper = format!("mujun-session={}", signed.split_once('=').unwrap().1.to_uppercase());
    for cookie in [
        "mujun-session=",
        "mujun-session=' OR 1=1 --",
        &format!("mujun-session={}", elsewhere.text()),
        // what lies in the store opens nothing
        &format!("mujun-session={digest}"),
        &upper,
        &format!("__Host-{signed}"),
        &format!("mujun-session={}", "f".repeat(5000)),
    ] {
        assert_eq!(get(&router, RANKING, &[("cookie", cookie)]).await.status, StatusCode::UNAUTHORIZED, "{cookie}");
    }
    for token in ["", "x", elsewhere.text(), "' OR 1=1 --"] {
        let bearer = format!("Bearer {token}");
        let headers = [("cookie", signed.as_str()), ("authorization", bearer.as_str())];
        assert_eq!(
            get(&router, RANKING, &headers).await.status,
            StatusCode::UNAUTHORIZED,
            "a wrong token is not passed over"
        );
    }
    assert_eq!(get(&router, RANKING, &[("cookie", &signed)]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_program_comes_in_with_its_token_until_that_is_over_or_revoked() {
    let (_dir, router, state) = county_and_state().await;
    add(&state.store, "li", "administrator", "*").await;
    let now = clock::now();
    let mut secrets = Vec::new();
    for (name, expires) in [("grafana", now.plus_ms(60_000)), ("old", now.plus_ms(-1))] {
        let secret = access::Secret::fresh();
        let token = ApiToken {
            name: name.into(),
            token_sha256: secret.sha256(),
            role: "viewer".into(),
            regions: "331003".into(),
            created: now,
            expires,
            revoked: None,
        };
        assert!(state.store.add_token(token, "test".into()).await.unwrap());
        secrets.push(format!("Bearer {}", secret.text()));
    }
    let status = async |bearer: &str| get(&router, RANKING, &[("authorization", bearer)]).await.status;
    assert_eq!((status(&secrets[0]).await, status(&secrets[1]).await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    let log = get(&router, "/api/v1/audit-log", &[("authorization", &secrets[0])]).await;
    assert_eq!(log.status, StatusCode::FORBIDDEN, "a viewer");
    assert!(state.store.revoke_token("grafana".into(), "test".into()).await.unwrap());
    assert_eq!(status(&secrets[0]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_change_of_users_and_every_sign_in_stands_in_the_audit_log() {
    let (_dir, router, state) = county_and_state().await;
    add(&state.store, "li", "auditor", "*").await;
    add(&state.store, "chen", "auditor", "331003").await;
    let cookie = sent_back(&sign_in_as(&router, "li", PASSWORD).await);
    let log = get(&router, "/api/v1/audit-log?area=access&limit=2", &[("cookie", &cookie)]).await;
    let rows = log.body["rows"].as_array().unwrap();
    let said = |row: &Value| {
        format!(
            "{} {} {}",
            row["by"].as_str().unwrap(),
            row["action"].as_str().unwrap(),
            row["subject"].as_str().unwrap()
        )
    };
    assert_eq!(
        (log.status, rows.iter().map(said).collect::<Vec<_>>()),
        (StatusCode::OK, vec!["li sign_in li".into(), "test add chen".into()])
    );
    assert!(log.body["next"].is_number() && !log.body.to_string().contains("argon2"));
    let chen = sent_back(&sign_in_as(&router, "chen", PASSWORD).await);
    let log = get(&router, "/api/v1/audit-log", &[("cookie", &chen)]).await;
    assert_eq!(log.body["rows"].as_array().unwrap().iter().map(said).collect::<Vec<_>>(), ["chen sign_in chen"]);
    let log = get(&router, "/api/v1/audit-log?by=li", &[("cookie", &chen)]).await;
    assert_eq!(log.body["rows"], json!([]));
    for query in ["area=%27%20OR%201%3D1", "by=%3Cscript%3E"] {
        let log = get(&router, &format!("/api/v1/audit-log?{query}"), &[("cookie", &cookie)]).await;
        assert_eq!((log.status, &log.body["rows"]), (StatusCode::OK, &json!([])), "{query}");
    }
    let long = format!("/api/v1/audit-log?by={}", "x".repeat(257));
    assert_eq!(get(&router, &long, &[("cookie", &cookie)]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn behind_a_relay_the_cookie_is_for_tls_alone_and_another_origin_writes_nothing() {
    let (_dir, _, mut state) = county_and_state().await;
    let settings = Settings { remote: true, origin: Some("https://mujun.example".into()), oidc: None };
    state.access = Access::new(settings);
    let refused = state.access.may_start(&state.store).await.unwrap_err().to_string();
    assert!(refused.contains("user add") && refused.contains("还没有任何用户"), "{refused}");
    let router = router(state.clone());
    assert_eq!(get(&router, RANKING, &[("host", "localhost")]).await.status, StatusCode::UNAUTHORIZED, "never open");
    add(&state.store, "li", "viewer", "*").await;
    assert!(state.access.may_start(&state.store).await.is_ok());
    let body = json!({ "name": "li", "password": PASSWORD });
    let post = async |origin: &str| {
        let headers = [("content-type", "application/json"), ("origin", origin), ("host", "10.0.0.1:7601")];
        ask(&router, "POST", "/api/v1/session", &headers, body.clone()).await
    };
    assert_eq!(post("https://evil.example").await.status, StatusCode::FORBIDDEN);
    assert_eq!(post("http://10.0.0.1:7601").await.status, StatusCode::FORBIDDEN);
    let signed = post("https://mujun.example").await;
    assert_eq!(signed.status, StatusCode::OK);
    let cookie = signed.cookie.unwrap();
    assert!(cookie.starts_with("__Host-mujun-session=") && cookie.contains("; Secure"), "{cookie}");
}

#[tokio::test]
async fn what_is_no_sign_in_is_refused_in_both_languages() {
    let (_dir, router, _) = county_and_state().await;
    let json = [("content-type", "application/json")];
    for (headers, body, status) in [
        (&[("content-type", "text/plain")][..], json!({ "name": "li", "password": "x" }), 415),
        (&[], json!({ "name": "li", "password": "x" }), 415),
        (&json, json!({ "name": "li" }), 400),
        (&json, json!({ "name": "li", "password": "x", "<script>": 1 }), 400),
        (&json, json!(["li"]), 400),
        (&json, Value::Null, 400),
    ] {
        let answer = ask(&router, "POST", "/api/v1/session", headers, body.clone()).await;
        assert_eq!(answer.status, status, "{body}");
        for lang in ["zh", "en"] {
            let said = answer.body["error"][lang].as_str().unwrap();
            assert!(!said.is_empty() && !said.contains('<'), "{said}");
        }
    }
    assert_eq!(
        get(&router, "/api/v1/session/oidc", &[]).await.status,
        StatusCode::NOT_FOUND,
        "no provider is configured"
    );
}
