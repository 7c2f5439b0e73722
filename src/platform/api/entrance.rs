//! The door: nothing behind it is asked before it is known who asks.

use super::{State, refusal::Refusal};
use crate::{
    platform::access::Denied,
    runtime::{clock, lang::Text, server::Peer},
};
use axum::{
    extract::{Request, State as Shared},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Where one signs in, and what is no secret.
const SESSION: &str = "/api/v1/session";
const OPENAPI: &str = "/api/v1/openapi.json";
/// For a machine's own Prometheus without a token.
pub const METRICS: &str = "/metrics";

/// Puts [`crate::platform::access::Entry`] and, where somebody is signed in, their `Asker` on the request.
pub async fn enter(Shared(state): Shared<State>, mut request: Request, next: Next) -> Result<Response, Response> {
    let who = state.access.who(&state.store, request.headers(), clock::now()).await;
    let entry = match who {
        Ok(entry) => entry,
        // what needs nobody is answered, whatever cookie or host came with it
        Err(Denied::Wrong | Denied::Elsewhere) if !behind(&request) => Default::default(),
        Err(denied) => return Err(refused(denied)),
    };
    match &entry.asker {
        Some(asker) => drop(request.extensions_mut().insert(asker.clone())),
        None if behind(&request) => return Err(refused(Denied::Wrong)),
        None => {}
    }
    request.extensions_mut().insert(entry);
    Ok(next.run(request).await)
}

/// Whether somebody must be signed in.
fn behind(request: &Request) -> bool {
    let path = request.uri().path();
    let loopback = request.extensions().get::<Peer>().is_some_and(|Peer(address)| address.is_loopback());
    match path {
        SESSION | OPENAPI => false,
        METRICS => !loopback,
        _ => path.starts_with("/api/") && !path.starts_with("/api/v1/session/"),
    }
}

pub fn refused(denied: Denied) -> Response {
    let refusal = |status, zh: &str, en: &str| Refusal { status, text: Text::new(zh, en) }.into_response();
    match denied {
        Denied::Wrong => {
            let answer = refusal(StatusCode::UNAUTHORIZED, "请先登录", "sign in first");
            ([(header::WWW_AUTHENTICATE, "Bearer realm=\"mujun\"")], answer).into_response()
        }
        Denied::Wait(milliseconds) => {
            let seconds = (milliseconds.max(0) / 1000 + 1).to_string();
            let (zh, en) =
                (format!("尝试过多，请 {seconds} 秒后再试"), format!("too many tries: try again in {seconds} s"));
            let answer = refusal(StatusCode::TOO_MANY_REQUESTS, &zh, &en);
            ([(header::RETRY_AFTER, seconds)], answer).into_response()
        }
        Denied::Elsewhere => refusal(
            StatusCode::FORBIDDEN,
            "还没有用户，只能在本机以 localhost 或 127.0.0.1 访问；对外使用请先运行 mujun-platform user add",
            "there is no user yet: only this machine comes in, as localhost or 127.0.0.1; for others run mujun-platform user add",
        ),
        Denied::Store(error) => Refusal::failed(&error).into_response(),
    }
}
