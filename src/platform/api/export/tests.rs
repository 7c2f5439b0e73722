use super::super::tests::{MILL, county, county_and_state, send, with_asker};
use super::*;
use crate::platform::access::Role;
use axum::{body::to_bytes, http::StatusCode};

async fn fetched(router: &axum::Router, uri: &str) -> (StatusCode, Vec<u8>) {
    let response = send(router, "GET", uri).await;
    (response.status(), to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
}

#[tokio::test]
async fn the_ranking_is_a_csv_file_with_a_head_in_the_asked_language() {
    let (_dir, router) = county().await;
    let (status, bytes) = fetched(&router, "/api/v1/exports/ranking.csv?period=2024-11-24&lang=en").await;
    assert_eq!(status, StatusCode::OK);
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<_> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("rank,credit code,name,county code"), "{}", lines[0]);
    assert!(
        lines[1].starts_with("1,91331003MA0000015F,<b>某纺织厂</b>,331003,C1713,12.5,12.34,1.5166"),
        "{}",
        lines[1]
    );
    assert!(lines[2].starts_with(",91331004MA0000020K,Plant"), "{}", lines[2]);
}

#[tokio::test]
async fn every_list_comes_in_every_format_and_nothing_else_is_there() {
    let (_dir, router) = county().await;
    for list in ["ranking", "gaps", "ledger", "intervals"] {
        let query = if list == "intervals" { format!("?period=2024-11-24&site={MILL}") } else { String::new() };
        for (format, magic) in [("csv", &b"\xef\xbb\xbf"[..]), ("xlsx", b"PK"), ("parquet", b"PAR1")] {
            let (status, bytes) = fetched(&router, &format!("/api/v1/exports/{list}.{format}{query}")).await;
            assert_eq!(status, StatusCode::OK, "{list}.{format}");
            assert!(bytes.starts_with(magic), "{list}.{format}");
        }
    }
    for file in ["ranking", "ranking.pdf", "users.csv", "..%2Franking.csv"] {
        let (status, _) = fetched(&router, &format!("/api/v1/exports/{file}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{file}");
    }
    assert_eq!(fetched(&router, "/api/v1/exports/ranking.csv?limit=3").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_file_has_only_what_its_reader_sees() {
    let (_dir, _, state) = county_and_state().await;
    let asker = Asker { name: "a".into(), role: Role::Viewer, regions: vec!["331004".into()] };
    let router = with_asker(state, asker);
    let (_, bytes) = fetched(&router, "/api/v1/exports/ranking.csv?period=2024-11-24").await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("Plant") && !text.contains(MILL), "{text}");
    let (_, bytes) = fetched(&router, "/api/v1/exports/ledger.csv").await;
    assert!(!String::from_utf8(bytes).unwrap().contains("gw-1"));
    let (status, _) = fetched(&router, &format!("/api/v1/exports/intervals.csv?period=2024-11-24&site={MILL}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
