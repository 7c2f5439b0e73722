//! Who is behind a request: session, token, or whoever sits at the machine.
//!
//! # Promises
//! - Without any user nobody comes in but from this machine, by an address that means this machine.
//! - An unknown name gets the answer of a wrong password, and after the same time.

use super::{
    Asker, Entry,
    attempt::Attempts,
    oidc::Provider,
    password::Checker,
    secret::{self, Secret},
    session,
};
use crate::{
    model::UtcMillis,
    platform::store::{Session, Store, StoreError},
    runtime::lang::Text,
};
use axum::http::{HeaderMap, header};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// How the door stands, as the configuration says.
#[derive(Debug, Default)]
pub struct Settings {
    /// Other machines reach the API.
    pub remote: bool,
    /// As browsers see it behind a relay that speaks TLS, such as `https://mujun.example`.
    pub origin: Option<String>,
    pub oidc: Option<Provider>,
}

/// Who may come in. Clones share what is remembered.
#[derive(Clone, Debug)]
pub struct Access {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: Settings,
    attempts: Mutex<Attempts>,
    passwords: Checker,
}

/// Why somebody does not come in.
#[derive(Debug)]
pub enum Denied {
    /// Nobody has this name and password, or this token.
    Wrong,
    /// Milliseconds that are to pass before the next attempt is looked at.
    Wait(i64),
    /// Open to this machine alone, and the request names another one: a page could have its name lead here.
    Elsewhere,
    Store(StoreError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Denied {
        Denied::Store(error)
    }
}

impl Access {
    /// Everybody who reaches the loopback address, as [`Asker::local`], until there is a user.
    pub fn open() -> Access {
        Access::new(Settings::default())
    }

    pub fn new(settings: Settings) -> Access {
        let inner = Inner { settings, attempts: Mutex::default(), passwords: Checker::default() };
        Access { inner: Arc::new(inner) }
    }

    pub fn origin(&self) -> Option<&str> {
        self.inner.settings.origin.as_deref()
    }

    pub fn provider(&self) -> Option<&Provider> {
        self.inner.settings.oidc.as_ref()
    }

    /// The name of the session's cookie. The prefix makes browsers refuse one that another host or path set (RFC 6265bis);
    /// it works over TLS alone.
    pub fn cookie(&self) -> &'static str {
        if self.secure() { "__Host-mujun-session" } else { "mujun-session" }
    }

    pub fn secure(&self) -> bool {
        self.origin().is_some_and(|origin| origin.starts_with("https://"))
    }

    /// # Errors
    /// Where other machines reach the API and nobody could sign in: it would be open to all of them.
    pub async fn may_start(&self, store: &Store) -> Result<(), StartError> {
        let Settings { remote, oidc, .. } = &self.inner.settings;
        if !remote || oidc.is_some() || store.has_accounts().await? { Ok(()) } else { Err(StartError::NoUsers) }
    }

    /// Who that is. A token or a session that does not hold is no one; a token says so.
    pub async fn who(&self, store: &Store, headers: &HeaderMap, now: UtcMillis) -> Result<Entry, Denied> {
        if let Some(token) = bearer(headers) {
            let found = store.token(secret::sha256(token)).await?;
            let program = found.and_then(|token| session::program(&token, now)).ok_or(Denied::Wrong)?;
            return Ok(Entry { asker: Some(program), ..Entry::default() });
        }
        if let Some(token) = cookie(headers, self.cookie()) {
            let token = secret::sha256(token);
            if let Some(found) = store.session(token).await?
                && let Some(asker) = session::asker(&found, now)
            {
                if session::is_due(&found.session, now) {
                    store.see_session(token, now).await?;
                }
                return Ok(Entry { asker: Some(asker), session: Some(token), open: false });
            }
        }
        if self.inner.settings.remote || self.provider().is_some() || store.has_accounts().await? {
            return Ok(Entry::default());
        }
        if !names_this_machine(headers) {
            return Err(Denied::Elsewhere);
        }
        Ok(Entry { asker: Some(Asker::local()), open: true, session: None })
    }

    /// A session for who knows the password. `address`: where the attempt comes from, where that is known.
    pub async fn sign_in(
        &self,
        store: &Store,
        name: String,
        password: String,
        address: Option<IpAddr>,
        now: UtcMillis,
    ) -> Result<(Secret, Asker), Denied> {
        self.attempts(|attempts| attempts.begin(&name, address, now)).map_err(Denied::Wait)?;
        let account = store.account(name.clone()).await?.filter(|account| account.disabled.is_none());
        let hash = account.as_ref().map(|account| account.password.clone());
        if !self.inner.passwords.check(password, hash).await {
            return Err(Denied::Wrong);
        }
        self.attempts(|attempts| attempts.succeeded(&name, address));
        self.begin(store, Session { name, granted: None, created: now, seen: now }).await
    }

    /// A session for whom the identity provider vouched.
    pub async fn welcome(&self, store: &Store, asker: Asker, now: UtcMillis) -> Result<(Secret, Asker), Denied> {
        let granted = Some((asker.role.name().to_owned(), super::region::kept(&asker.regions)));
        self.begin(store, Session { name: asker.name, granted, created: now, seen: now }).await
    }

    async fn begin(&self, store: &Store, session: Session) -> Result<(Secret, Asker), Denied> {
        let (secret, now) = (Secret::fresh(), session.created);
        store.begin_session(secret.sha256(), session, now.plus_ms(-session::IDLE_MS)).await?;
        // as every later request finds it: an account may have been disabled meanwhile
        let found = store.session(secret.sha256()).await?.and_then(|found| session::asker(&found, now));
        Ok((secret, found.ok_or(Denied::Wrong)?))
    }

    fn attempts<T>(&self, work: impl FnOnce(&mut Attempts) -> T) -> T {
        work(&mut self.inner.attempts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why the platform does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{}\n{}", no_users().zh, no_users().en)]
    NoUsers,
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn no_users() -> Text {
    Text::new(
        "[api] 允许其他机器访问，但还没有任何用户。改法：先运行 mujun-platform user add 姓名 --role administrator \
         --region '*'，或配置 [access.oidc]，或去掉 allow_remote 只监听 127.0.0.1",
        "[api] lets other machines in, and there is no user. Fix: run mujun-platform user add NAME --role administrator \
         --region '*' first, or configure [access.oidc], or listen at 127.0.0.1 without allow_remote",
    )
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The first cookie of that name, of all `Cookie` headers.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

/// A page of another host, whose name was made to lead here, still says that name (DNS rebinding).
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let host = host.to_str().unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn only_names_of_this_machine_open_what_has_no_users() {
        for host in ["localhost", "localhost:7601", "LOCALHOST", "127.0.0.1:7601", "[::1]:7601", "[::1]"] {
            assert!(names_this_machine(&headers(header::HOST, host)), "{host}");
        }
        for host in
            ["evil.example", "evil.example:7601", "127.0.0.1.evil.example", "192.168.1.2:7601", "", "localhost."]
        {
            assert!(!names_this_machine(&headers(header::HOST, host)), "{host}");
        }
        assert!(names_this_machine(&HeaderMap::new()), "no browser");
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let found = |line: &str| cookie(&headers(header::COOKIE, line), "mujun-session").map(str::to_owned);
        assert_eq!(found("a=1; mujun-session=abc; b=2").as_deref(), Some("abc"));
        assert_eq!(found("xmujun-session=abc;mujun-sessionx=d; mujun-session"), None);
    }
}
