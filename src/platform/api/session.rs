//! Signing in and out.

use super::{State, body::Posted, entrance, question::Asked, refusal::Refusal};
use crate::{
    platform::access::{self, Asker, Denied, Entry, Role, oidc::OidcError},
    runtime::{clock, lang::Text, server::Peer},
};
use axum::{
    Extension, Json,
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(session))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(oidc))
        .routes(routes!(oidc_return))
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
struct Signed {
    /// Null: nobody.
    name: Option<String>,
    role: Option<Role>,
    /// Beginnings of GB/T 2260 codes; an empty one is everything.
    regions: Vec<String>,
    /// There is no user yet: whoever sits at this machine may do everything.
    open: bool,
    /// Of `password` and `oidc`.
    ways: Vec<&'static str>,
}

impl Signed {
    fn new(state: &State, asker: Option<Asker>, open: bool) -> Signed {
        let ways = match (open, state.access.provider()) {
            (true, _) => vec![],
            (false, None) => vec!["password"],
            (false, Some(_)) => vec!["password", "oidc"],
        };
        let (name, role, regions) = match asker {
            Some(asker) => (Some(asker.name), Some(asker.role), asker.regions),
            None => (None, None, Vec::new()),
        };
        Signed { name, role, regions, open, ways }
    }
}

/// Who is signed in, and how one can
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, body = Signed)))]
async fn session(
    Shared(state): Shared<State>,
    Extension(entry): Extension<Entry>,
    uri: Uri,
) -> Result<Response, Refusal> {
    Asked::read(&uri, &[])?;
    Ok(Json(Signed::new(&state, entry.asker, entry.open)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    name: String,
    password: String,
}

/// Sign in with a password
///
/// Sets the session's cookie. An unknown name and a wrong password get the same answer, after the same time.
#[utoipa::path(post, path = "/api/v1/session", request_body = SignIn, responses((status = 200, body = Signed)))]
async fn sign_in(
    Shared(state): Shared<State>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Posted(asked): Posted<SignIn>,
) -> Result<Response, Response> {
    let address = address(&state, peer.map(|Extension(Peer(address))| address), &headers);
    let SignIn { name, password } = asked;
    if !access::is_name(&name) {
        return Err(wrong());
    }
    match state.access.sign_in(&state.store, name.clone(), password, address, clock::now()).await {
        Ok((secret, asker)) => {
            let cookie = cookie(&state, secret.text(), access::AGE_MS / 1000);
            Ok(([(header::SET_COOKIE, cookie)], Json(Signed::new(&state, Some(asker), false))).into_response())
        }
        Err(Denied::Wrong) => {
            tracing::warn!(name, ?address, "a sign-in failed");
            Err(wrong())
        }
        Err(denied) => Err(entrance::refused(denied)),
    }
}

fn wrong() -> Response {
    let text = Text::new("用户名或密码不正确", "the name or the password is wrong");
    Refusal { status: StatusCode::UNAUTHORIZED, text }.into_response()
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204, description = "Nobody is signed in any more")))]
async fn sign_out(
    Shared(state): Shared<State>,
    Extension(entry): Extension<Entry>,
    uri: Uri,
) -> Result<Response, Refusal> {
    Asked::read(&uri, &[])?;
    if let Some(token) = entry.session {
        state.store.end_session(token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(&state, "", 0))]).into_response())
}

/// Sign in by the identity provider: sends the browser there
#[utoipa::path(get, path = "/api/v1/session/oidc", responses((status = 302, description = "To the provider's page")))]
async fn oidc(Shared(state): Shared<State>, uri: Uri) -> Result<Response, Refusal> {
    Asked::read(&uri, &[])?;
    let provider = state.access.provider().ok_or_else(Refusal::no_such_page)?;
    match provider.begin(clock::now()).await {
        Ok((url, browser)) => Ok(sent(&url, &[browser_cookie(&state, browser.text(), BROWSER_S)])),
        Err(error) => {
            tracing::error!(%error, "no sign-in could begin");
            Ok(sent("/?sign_in=failed", &[]))
        }
    }
}

/// Where the identity provider sends the browser back to
///
/// Ends at the page: signed in, or with `sign_in=failed` or `sign_in=not_granted` in its query.
#[utoipa::path(get, path = "/api/v1/session/oidc/return", params(
    ("state" = Option<String>, Query, description = "As the provider was given it"),
    ("code" = Option<String>, Query, description = "The provider's"),
), responses((status = 302, description = "To the page")))]
async fn oidc_return(Shared(state): Shared<State>, headers: HeaderMap, request: Request) -> Result<Response, Refusal> {
    let provider = state.access.provider().ok_or_else(Refusal::no_such_page)?;
    let mut given = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(request.uri())
        .map_or_else(|_| Vec::new(), |query| query.0);
    let mut take = |key: &str| {
        let at = given.iter().position(|(name, _)| name == key)?;
        Some(given.swap_remove(at).1)
    };
    let browser = access::cookie(&headers, browser_cookie_name(&state)).map(access::sha256);
    let over = browser_cookie(&state, "", 0);
    // the provider adds what it likes to this query, so nothing in it is refused
    let (Some(code), Some(begun), Some(browser)) = (take("code"), take("state"), browser) else {
        return Ok(sent("/?sign_in=failed", &[over]));
    };
    let now = clock::now();
    let asker = match provider.finish(begun, code, browser, now).await {
        Ok(asker) => asker,
        Err(error) => {
            tracing::warn!(%error, "a sign-in by the identity provider failed");
            let why = if matches!(error, OidcError::NotGranted) { "not_granted" } else { "failed" };
            return Ok(sent(&format!("/?sign_in={why}"), &[over]));
        }
    };
    match state.access.welcome(&state.store, asker, now).await {
        Ok((secret, _)) => Ok(sent("/", &[over, cookie(&state, secret.text(), access::AGE_MS / 1000)])),
        Err(Denied::Store(error)) => Err(Refusal::from(error)),
        Err(_) => Ok(sent("/?sign_in=failed", &[over])),
    }
}

fn sent(url: &str, cookies: &[String]) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    headers.extend(HeaderValue::from_str(url).ok().map(|url| (header::LOCATION, url)));
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// A page of another site never makes a browser send it along.
fn cookie(state: &State, value: &str, seconds: i64) -> String {
    let secure = if state.access.secure() { "; Secure" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", state.access.cookie())
}

/// For how long the browser keeps it; the sign-in itself ends sooner.
const BROWSER_S: i64 = 900;

/// It comes back from the provider's page, which is another site: Lax.
fn browser_cookie(state: &State, value: &str, seconds: i64) -> String {
    let secure = if state.access.secure() { "; Secure" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", browser_cookie_name(state))
}

fn browser_cookie_name(state: &State) -> &'static str {
    if state.access.secure() { "__Host-mujun-oidc" } else { "mujun-oidc" }
}

/// Where a request comes from. Behind a relay it is what that added last; who reaches us past it could say anything there,
/// and would only get round the pauses of addresses.
fn address(state: &State, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let relayed = || {
        let last = headers.get_all("x-forwarded-for").into_iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    state.access.origin().and_then(|_| relayed()).or(peer)
}

#[cfg(test)]
mod tests;
