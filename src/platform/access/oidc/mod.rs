//! Sign-in by the operator's own identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).
//!
//! ```text
//!   browser ─▶ begin: state, nonce, PKCE ─▶ provider's page ─▶ finish: code ─▶ ID token ─▶ claims ─▶ grant ─▶ Asker
//! ```
//!
//! # Promises
//! - A sign-in ends in the browser that began it, once, within ten minutes.
//! - The ID token's signature, issuer, audience, time and nonce are checked before a claim of it is looked at.
//! - Who has no grant does not come in.
//!
//! # Does not
//! Ask for user information beside the ID token, or keep the provider's tokens: what is granted holds for one session.

mod grant;
mod http;

pub use grant::Grant;
pub use http::HttpError;

use super::{Asker, secret::Secret};
use crate::{
    model::UtcMillis,
    runtime::{cause::with_causes, task},
};
use openidconnect::{
    AdditionalClaims, AuthType, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// For the password, the second factor and the telephone.
const BEGUN_MS: i64 = 10 * 60_000;
/// Sign-ins under way; beyond, the oldest is given up.
const BEGUN_MAX: usize = 1000;
/// For how long the provider's addresses and keys are believed when a sign-in begins. Where one ends they are asked for anew.
const METADATA_MS: i64 = 5 * 60_000;
/// Where the provider sends the browser back to.
pub const RETURN: &str = "/api/v1/session/oidc/return";

/// `[access.oidc]` of the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OidcConfig {
    pub issuer: String,
    pub client_id: String,
    /// Its first line; `None`: a public client.
    pub client_secret_file: Option<PathBuf>,
    /// PEM, in the place of the public authorities.
    pub ca_file: Option<PathBuf>,
    /// Besides `openid`.
    pub scopes: Vec<String>,
    /// What somebody is called in the audit log.
    pub name_claim: String,
    pub grants: Vec<Grant>,
}

/// The identity provider.
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    config: OidcConfig,
    client_secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    agent: ureq::Agent,
    begun: Mutex<HashMap<String, Begun>>,
    metadata: Mutex<Option<(UtcMillis, CoreProviderMetadata)>>,
}

struct Begun {
    at: UtcMillis,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    /// Of the cookie of the browser that began.
    browser_sha256: [u8; 32],
}

#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{0} is no address")]
    Address(String),
    #[error("the certificates of the identity provider: {0}")]
    Certificates(HttpError),
    /// The provider can not be reached, or says what it should not.
    #[error("the identity provider: {0}")]
    Provider(String),
    /// No such sign-in is under way in this browser: too late, twice, or begun elsewhere.
    #[error("no such sign-in is under way in this browser")]
    State,
    /// The provider knows who that is, and no grant fits.
    #[error("no grant fits what the identity provider says of them")]
    NotGranted,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.inner.config.issuer)
    }
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct AllClaims {
    #[serde(flatten)]
    all: serde_json::Map<String, serde_json::Value>,
}

impl AdditionalClaims for AllClaims {}

type Fields = IdTokenFields<
    AllClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type OidcClient = Client<
    AllClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Provider {
    /// `origin`: as browsers see this platform. Blocks on the disk.
    ///
    /// # Errors
    /// Files that can not be read.
    pub fn open(config: OidcConfig, origin: &str) -> Result<Provider, OidcError> {
        let file = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| OidcError::File { path: path.display().to_string(), source })
        };
        let secret = config.client_secret_file.as_ref().map(file).transpose()?;
        let first_line =
            |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().trim().to_owned();
        let authorities = config.ca_file.as_ref().map(file).transpose()?;
        let redirect = format!("{origin}{RETURN}");
        let inner = Inner {
            client_secret: secret.map(|bytes| ClientSecret::new(first_line(bytes))),
            redirect: RedirectUrl::new(redirect.clone()).map_err(|_| OidcError::Address(redirect))?,
            agent: http::agent(authorities.as_deref()).map_err(OidcError::Certificates)?,
            begun: Mutex::default(),
            metadata: Mutex::default(),
            config,
        };
        Ok(Provider { inner: Arc::new(inner) })
    }

    /// Where to send the browser, and what it is to bring back in a cookie.
    ///
    /// # Errors
    /// [`OidcError::Provider`]
    pub async fn begin(&self, now: UtcMillis) -> Result<(String, Secret), OidcError> {
        let this = self.clone();
        task::blocking(move || this.inner.begin(now)).await
    }

    /// Who signed in.
    ///
    /// # Errors
    /// As [`OidcError`] lists them.
    pub async fn finish(
        &self,
        state: String,
        code: String,
        browser_sha256: [u8; 32],
        now: UtcMillis,
    ) -> Result<Asker, OidcError> {
        let this = self.clone();
        task::blocking(move || this.inner.finish(&state, code, browser_sha256, now)).await
    }
}

impl Inner {
    fn begin(&self, now: UtcMillis) -> Result<(String, Secret), OidcError> {
        let client = self.client(self.metadata(now)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
        let browser = Secret::fresh();
        let begun = Begun { at: now, nonce, verifier, browser_sha256: browser.sha256() };
        let mut all = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, begun| now.since(begun.at) < BEGUN_MS);
        if all.len() >= BEGUN_MAX {
            let oldest = all.iter().min_by_key(|(_, begun)| begun.at).map(|(state, _)| state.clone());
            oldest.map(|state| all.remove(&state));
        }
        all.insert(state.secret().clone(), begun);
        Ok((url.into(), browser))
    }

    fn finish(&self, state: &str, code: String, browser_sha256: [u8; 32], now: UtcMillis) -> Result<Asker, OidcError> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(state).ok_or(OidcError::State)?;
        if begun.browser_sha256 != browser_sha256 || now.since(begun.at) >= BEGUN_MS {
            return Err(OidcError::State);
        }
        // keys change: those of now
        let client = self.client(self.discover(now)?);
        let said = |error: &dyn fmt::Display| OidcError::Provider(error.to_string());
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| said(&error))?;
        let answer = request
            .set_pkce_verifier(begun.verifier)
            .request(&|request| http::ask(&self.agent, request))
            .map_err(|error| said(&with_causes(&error)))?;
        let token = answer.id_token().ok_or_else(|| said(&"it gave no ID token"))?;
        let claims = token.claims(&client.id_token_verifier(), &begun.nonce).map_err(|error| said(&error))?;
        let claims = serde_json::to_value(claims).map_err(|error| said(&error))?;
        grant::asker(&claims, &self.config.name_claim, &self.config.grants).ok_or(OidcError::NotGranted)
    }

    fn client(&self, metadata: CoreProviderMetadata) -> OidcClient {
        let by_body = metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        let (id, secret) = (ClientId::new(self.config.client_id.clone()), self.client_secret.clone());
        let client = OidcClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(self.redirect.clone());
        if by_body { client.set_auth_type(AuthType::RequestBody) } else { client }
    }

    fn metadata(&self, now: UtcMillis) -> Result<CoreProviderMetadata, OidcError> {
        let known = self.metadata.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known.filter(|(at, _)| (0..METADATA_MS).contains(&now.since(*at))) {
            Some((_, metadata)) => Ok(metadata),
            None => self.discover(now),
        }
    }

    fn discover(&self, now: UtcMillis) -> Result<CoreProviderMetadata, OidcError> {
        let issuer =
            IssuerUrl::new(self.config.issuer.clone()).map_err(|_| OidcError::Address(self.config.issuer.clone()))?;
        let metadata = CoreProviderMetadata::discover(&issuer, &|request| http::ask(&self.agent, request))
            .map_err(|error| OidcError::Provider(with_causes(&error)))?;
        *self.metadata.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, metadata.clone()));
        Ok(metadata)
    }
}
