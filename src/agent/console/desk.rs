//! `POST /api/v1/manual`: a reading or a delivery that a person enters in a form of their own making.
//!
//! There are no users here, so that this much must hold of a request before anything is read of it:
//!
//! ```text
//!   the console listens on a loopback address     nobody but this machine reaches it
//!   Host names the loopback                       a name that was turned to this machine (DNS rebinding) does not
//!   Mujun-Entry: 1                                a page of another origin can not send it unasked, and is not allowed to
//!   Content-Type: application/json
//! ```
//!
//! # Does not
//! Take a file: a program that has one hashes it and sends name and SHA-256.

use super::{Console, JSON, Refusal, json};
use crate::{
    agent::{
        config::{ManualPoint, Point},
        declare::{Refused, Written, enter, entry},
    },
    model::{Entered, Event, EventKind, Proof},
    runtime::{clock, lang::Lang, problem::Problems, random, task},
    wire::hex,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::Body,
    header::{self, HeaderMap},
};
use serde::Deserialize;
use std::{
    error::Error,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

pub const PATH: &str = "/api/v1/manual";
const ENTRY_HEADER: &str = "mujun-entry";
/// The longest entry has 1 KiB, each byte of it written as \u00xx.
const BODY_BYTES_MAX: usize = 16 * 1024;
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// What may be entered, and where it goes.
pub struct Desk {
    points: Vec<Point>,
    manual: Vec<ManualPoint>,
    dir: PathBuf,
}

impl Desk {
    /// Of a console at `address` and the points that a person writes, deliveries marked; `None` where there is nothing
    /// to enter, or where others than this machine reach the console.
    pub fn at(address: SocketAddr, manual: Vec<(Point, bool)>, dir: &Path) -> Option<Desk> {
        if manual.is_empty() || !address.ip().is_loopback() {
            return None;
        }
        let (points, deliveries): (Vec<_>, Vec<_>) = manual.into_iter().unzip();
        let manual = (0..).zip(deliveries).map(|(series, delivery)| ManualPoint { series, delivery }).collect();
        Some(Desk { points, manual, dir: dir.to_owned() })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    meter: String,
    point: String,
    /// In quotes, so that no digit is lost.
    value: String,
    by: String,
    evidence: String,
    at: Option<String>,
    file: Option<File>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    sha256: String,
}

/// Content type and bytes of the answer.
pub async fn taken<B: Body<Error: Into<Box<dyn Error + Send + Sync>>>>(
    console: &Console,
    request: Request<B>,
) -> Result<(&'static str, Bytes), Refusal> {
    if *request.method() != Method::POST {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "此地址只支持 POST", "only POST is answered here"));
    }
    let Some(desk) = console.desk.clone() else {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "此处不接受手工录入：需要 [[manual]]，且 console.listen 为本机地址（127.0.0.1）",
            "nothing can be entered here: it takes a [[manual]], and a console.listen of this machine (127.0.0.1)",
        ));
    };
    guard(request.headers())?;
    let written = written(request).await?;
    let now = clock::now();
    let event = entry(&desk.points, &desk.manual, &written, random::id(), now).map_err(|problems| wrong(&problems))?;
    let event = task::blocking(move || enter(&desk.dir, event).map_err(|refused| (refused.text(&desk.dir), refused)))
        .await
        .map_err(|(text, refused)| {
            let status = match refused {
                Refused::Disk(_) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::CONFLICT,
            };
            Refusal { status, text }
        })?;
    json(move || said(&event)).await
}

fn guard(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text(header::HOST);
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let is_loopback = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !is_loopback && !name.eq_ignore_ascii_case("localhost") {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Host 不是本机：用 127.0.0.1 或 localhost 访问",
            "Host is not this machine: use 127.0.0.1 or localhost",
        ));
    }
    if headers.get(ENTRY_HEADER).is_none_or(|value| value != "1") {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "缺少请求头 Mujun-Entry: 1",
            "the header Mujun-Entry: 1 is missing",
        ));
    }
    let kind = text(header::CONTENT_TYPE);
    if kind.split(';').next().map(str::trim) != Some(JSON) {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Content-Type 须为 application/json",
            "the Content-Type is to be application/json",
        ));
    }
    Ok(())
}

async fn written<B: Body<Error: Into<Box<dyn Error + Send + Sync>>>>(request: Request<B>) -> Result<Written, Refusal> {
    let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
    let body = match tokio::time::timeout(BODY_DEADLINE, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => {
            let (zh, en) = (
                format!("正文未收全，或超过 {BODY_BYTES_MAX} 字节"),
                format!("the body did not arrive, or has more than {BODY_BYTES_MAX} bytes"),
            );
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, zh, en));
        }
        Err(_) => {
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "正文未及时收全", "the body did not arrive in time"));
        }
    };
    let Entry { meter, point, value, by, evidence, at, file } = serde_json::from_slice(&body).map_err(|error| {
        let such = r#"{"meter":"coal-yard","point":"delivered","value":"32.5","by":"…","evidence":"…","at":"2026-11-24T08:30"}"#;
        Refusal::bad(format!("正文无法理解（{error}）；例如 {such}"), format!("the body is not understood ({error}); such as {such}"))
    })?;
    let proof = |file: File| {
        let sha256 = sha256(&file.sha256);
        let sha256 = sha256.ok_or_else(|| Refusal::bad("sha256 须为 64 个十六进制数字", "sha256 is 64 hex digits"))?;
        Ok::<_, Refusal>(Proof { name: file.name, sha256 })
    };
    Ok(Written { meter, point, value, by, evidence, at, file: file.map(proof).transpose()? })
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect::<Option<Vec<_>>>()?.try_into().ok()
}

fn wrong(problems: &Problems) -> Refusal {
    Refusal::bad(problems.render(Lang::Zh), problems.render(Lang::En))
}

fn said(event: &Event) -> serde_json::Value {
    let EventKind::Entered(Entered { meter, point, count, delivery, .. }) = &event.what else {
        return serde_json::Value::Null;
    };
    serde_json::json!({
        "event_id": hex(&event.event_id), "time_ms": event.time, "meter": meter, "point": point,
        "count": count, "delivery": delivery,
    })
}
