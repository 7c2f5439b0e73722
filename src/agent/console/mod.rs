//! The gateway's own page and JSON: what it measured, as it committed it, and one door for what a person enters. HTTP/1.
//!
//! ```text
//!   recorder ─ commit ─▶ spool
//!                  └─ the same records ─▶ board ◀─ console ◀─ browser
//!   recorder ◀─ <spool>/declared/ ◀─ POST /api/v1/manual ┘
//! ```
//!
//! # Promises
//! - Shows what was committed and nothing else: the board is made of the committed records themselves. Decimals are
//!   strings to the last digit, unknown is null.
//! - A question that it does not understand is refused in both languages.
//! - So many connections, so many bytes, so many quarter-hours. Whatever happens here, recording goes on.
//!
//! # Does not
//! Change anything that was measured, or know users: it listens on the loopback address unless the configuration says
//! otherwise, and takes entries only there. Remember over a restart: what was before lies at the platform.

mod asked;
mod board;
mod desk;
mod production;
#[cfg(test)]
mod tests;
mod view;

pub use board::Board;
pub use desk::Desk;

use super::health::Health;
use crate::runtime::{
    clock,
    lang::Text,
    server::{self, Bounds},
    task,
};
use asked::Asked;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Body,
    header::{self, HeaderValue},
    service::service_fn,
};
use std::{convert::Infallible, error::Error, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the answers are made of.
#[derive(Clone)]
pub struct Console {
    pub gateway_id: Arc<str>,
    pub board: Arc<Board>,
    pub health: Arc<Health>,
    /// Where entries are taken; `None`: not here.
    pub desk: Option<Arc<Desk>>,
}

/// For two people with a browser each, and a few programs.
const CONNECTIONS_MAX: usize = 16;
/// Path and query of a question; the longest of ours has two names of 128 bytes, each byte written as %xx.
const URI_BYTES_MAX: usize = 2048;
/// Before the next try to listen: the address may belong to another process, or to no interface yet.
const LISTEN_PAUSE: Duration = Duration::from_secs(10);

/// The whole page; its parts refer to each other only.
const FILES: [(&str, &str, &str); 4] = [
    ("/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/console.js", "text/javascript; charset=utf-8", include_str!("page/console.js")),
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("/console.css", "text/css; charset=utf-8", include_str!("page/console.css")),
];
const JSON: &str = "application/json";

type Answer = Response<Full<Bytes>>;

/// Answers at `address` until `stop`. Where it can not listen it says so and tries again.
pub async fn run(address: SocketAddr, console: Console, stop: CancellationToken) -> Result<(), Infallible> {
    let mut told = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!(%address, "the console listens");
                serve(listener, console, stop).await;
                return Ok(());
            }
            Err(error) if !std::mem::replace(&mut told, true) => {
                tracing::error!(%error, %address, "the console can not listen, trying again every {LISTEN_PAUSE:?}");
            }
            Err(_) => {}
        }
        if stop.run_until_cancelled(tokio::time::sleep(LISTEN_PAUSE)).await.is_none() {
            return Ok(());
        }
    }
}

async fn serve(listener: TcpListener, console: Console, stop: CancellationToken) {
    let bounds = Bounds { connections: CONNECTIONS_MAX, ..Bounds::default() };
    let service = service_fn(move |request| {
        let console = console.clone();
        async move { Ok(answer(&console, request).await) }
    });
    server::serve(bounds, listener, service, stop).await;
}

async fn answer<B: Body<Error: Into<Box<dyn Error + Send + Sync>>>>(console: &Console, request: Request<B>) -> Answer {
    let posts = request.uri().path() == desk::PATH;
    let made = if posts { desk::taken(console, request).await } else { made(console, &request).await };
    let mut response = match made {
        Ok((kind, bytes)) => response(StatusCode::OK, kind, bytes),
        Err(refusal) => {
            let text = serde_json::json!({ "error": refusal.text }).to_string();
            let mut response = response(refusal.status, JSON, text.into());
            if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
                response
                    .headers_mut()
                    .insert(header::ALLOW, HeaderValue::from_static(if posts { "POST" } else { "GET, HEAD" }));
            }
            response
        }
    };
    server::guard(response.headers_mut());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn response(status: StatusCode, kind: &'static str, bytes: Bytes) -> Answer {
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Content type and bytes.
async fn made<B: Body>(console: &Console, request: &Request<B>) -> Result<(&'static str, Bytes), Refusal> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "只支持 GET", "only GET is answered"));
    }
    if !request.body().is_end_stream() {
        return Err(Refusal::bad("请求不应带正文", "a request has no body here"));
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    if path.len() + query.len() > URI_BYTES_MAX {
        let (zh, en) =
            (format!("地址超过 {URI_BYTES_MAX} 字节"), format!("the address has more than {URI_BYTES_MAX} bytes"));
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, zh, en));
    }
    let (board, now) = (console.board.clone(), clock::now());
    match path {
        "/api/v1/points" => {
            Asked::read(query, &[])?;
            json(move || view::points(&board.lines(|_| true), now)).await
        }
        "/api/v1/intervals" => {
            let wanted = Asked::read(query, &["meter", "point", "width"])?;
            wanted.width()?;
            let lines = board.lines(|series| wanted.holds(series));
            wanted.fits(lines.len())?;
            json(move || view::intervals(&lines)).await
        }
        "/api/v1/production" => {
            Asked::read(query, &["width"])?.width()?;
            json(move || production::production(&board.lines(production::counts))).await
        }
        "/api/v1/buses" => {
            Asked::read(query, &[])?;
            let health = console.health.clone();
            json(move || health.buses()).await
        }
        "/health" => {
            Asked::read(query, &[])?;
            let (gateway_id, rejected) = (console.gateway_id.clone(), console.health.rejected_inputs());
            json(move || serde_json::json!({ "status": "ok", "gateway_id": &*gateway_id, "rejected_inputs": rejected }))
                .await
        }
        _ => {
            let file = FILES.iter().find(|(name, ..)| *name == path);
            let (_, kind, text) = file.ok_or_else(|| {
                Refusal::new(StatusCode::NOT_FOUND, "没有这个地址", "there is nothing at this address")
            })?;
            Ok((*kind, Bytes::from_static(text.as_bytes())))
        }
    }
}

/// Makes the text beside the event loop, which the sources share.
async fn json<T: serde::Serialize>(
    make: impl FnOnce() -> T + Send + 'static,
) -> Result<(&'static str, Bytes), Refusal> {
    let text = task::blocking(move || serde_json::to_vec(&make())).await.map_err(|error| {
        tracing::error!(%error, "an answer could not be made");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "网关内部错误，详见日志", "the gateway failed: see its log")
    })?;
    Ok((JSON, text.into()))
}

/// Why a request gets no answer.
#[derive(Debug, PartialEq)]
struct Refusal {
    status: StatusCode,
    text: Text,
}

impl Refusal {
    fn new(status: StatusCode, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal { status, text: Text::new(zh, en) }
    }

    fn bad(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, zh, en)
    }
}
