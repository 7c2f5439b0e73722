//! Who asks over gRPC: a token of the platform's users, or whoever sits at the machine while there are none.

use super::desk::failed;
use crate::{
    platform::{
        access::{Access, Asker, Denied},
        store::Store,
    },
    runtime::clock,
};
use axum::http::{HeaderMap, HeaderValue, header};
use tonic::{Request, Status};

/// What a request says of who sends it.
pub struct Caller {
    /// At this machine.
    local: bool,
    authorization: Option<HeaderValue>,
}

impl Caller {
    pub fn of<T>(request: &Request<T>) -> Caller {
        let local = request.remote_addr().is_some_and(|address| address.ip().is_loopback());
        let authorization = request.metadata().get("authorization");
        let authorization = authorization.map(|value| HeaderValue::from_bytes(value.as_encoded_bytes()));
        Caller { local, authorization: authorization.map(|value| value.unwrap_or(HeaderValue::from_static(""))) }
    }
}

/// # Errors
/// Who has no token that holds, and is not at this machine while the platform has no users.
pub async fn asker(access: &Access, store: &Store, caller: Caller) -> Result<Asker, Status> {
    let refused = || Status::unauthenticated("请带令牌 authorization: Bearer / bring a token: authorization: Bearer");
    let mut headers = HeaderMap::new();
    // by a browser's rules a name that leads here is no proof; no browser speaks this protocol, and the address is one
    let host = if caller.local { "localhost" } else { "elsewhere.invalid" };
    headers.insert(header::HOST, HeaderValue::from_static(host));
    if let Some(authorization) = caller.authorization {
        headers.insert(header::AUTHORIZATION, authorization);
    }
    match access.who(store, &headers, clock::now()).await {
        Ok(entry) => entry.asker.ok_or_else(refused),
        Err(Denied::Store(error)) => Err(failed(&error)),
        Err(Denied::Wrong | Denied::Elsewhere | Denied::Wait(_)) => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_users_this_machine_alone_asks_and_a_token_of_nobody_never() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let token = || Some(HeaderValue::from_static("Bearer nobody"));
        for (local, authorization, comes_in) in [
            (true, None, true),
            (false, None, false),
            (true, token(), false),
            (false, token(), false),
            (true, Some(HeaderValue::from_static("Basic bGk6")), true),
        ] {
            let found = asker(&Access::open(), &store, Caller { local, authorization }).await;
            assert_eq!(found.is_ok(), comes_in, "{local}");
        }
    }
}
