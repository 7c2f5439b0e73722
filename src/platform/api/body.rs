//! What a writing request brings: bounded before it is looked at, JSON into a type that refuses unknown fields.

use super::refusal::{Refusal, quoted};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, Request},
    http::{Method, header},
};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// JSON that a person or a form makes.
pub const JSON_BYTES_MAX: usize = 1 << 20;
/// A bureau's list of 60,000 enterprises as XLSX has about 10 MB.
pub const FILE_BYTES_MAX: usize = 32 << 20;
/// Where files come in; they alone may be that large.
const FILES: &str = "/api/v1/registry/imports";
/// 32 MiB at 4.5 Mbit/s.
const UPLOAD_DEADLINE: Duration = Duration::from_secs(60);

/// JSON of a request. A handler that takes it says in its type which fields there are.
pub struct Posted<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Posted<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Posted<T>, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.map(|kind| kind.split_once(';').map_or(kind, |(kind, _)| kind).trim());
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
            return Err(Refusal::media_type());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|_| Refusal::broken_body())?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            let said = quoted(&error.to_string());
            Refusal::bad(
                format!("正文不是所需的 JSON：{said}"),
                format!("the body is not the JSON that is expected: {said}"),
            )
        })?;
        Ok(Posted(value))
    }
}

/// Reads the body whole, within what its address may bring, so that a handler never waits for a slow sender.
pub async fn bounded(request: Request) -> Result<Request, Refusal> {
    let (head, body) = request.into_parts();
    // a relay that reads the length otherwise than we do would let one request hide in another
    if head.headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Refusal::no_length());
    }
    if !matches!(head.method, Method::POST | Method::PUT) {
        let none = body.is_end_stream();
        let refusal = || Refusal::bad("请求不应带正文", "a request has no body here");
        return if none { Ok(Request::from_parts(head, Body::empty())) } else { Err(refusal()) };
    }
    let max = if head.uri.path() == FILES { FILE_BYTES_MAX } else { JSON_BYTES_MAX };
    let said = body.size_hint().lower();
    if usize::try_from(said).unwrap_or(usize::MAX) > max {
        return Err(Refusal::too_much(max));
    }
    let read = tokio::time::timeout(UPLOAD_DEADLINE, axum::body::to_bytes(body, max)).await;
    let bytes = read.map_err(|_| Refusal::slow())?.map_err(|error| match too_long(&error) {
        true => Refusal::too_much(max),
        false => Refusal::broken_body(),
    })?;
    Ok(Request::from_parts(head, Body::from(bytes)))
}

fn too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}
