//! The provider's pages over ureq: no redirect is followed, so that nobody sends us on to an address inside of our network.

use openidconnect::{HttpRequest, HttpResponse};
use std::{sync::Arc, time::Duration};
use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

const DEADLINE: Duration = Duration::from_secs(10);
/// Metadata, keys and tokens have a few kilobytes.
const BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error(transparent)]
    Ureq(#[from] ureq::Error),
}

/// `authorities`: PEM, in the place of the public ones.
pub fn agent(authorities: Option<&[u8]>) -> Result<Agent, HttpError> {
    let mut tls = TlsConfig::builder();
    if let Some(pem) = authorities {
        let mut found: Vec<Certificate<'static>> = Vec::new();
        for item in parse_pem(pem) {
            if let PemItem::Certificate(one) = item? {
                found.push(one);
            }
        }
        tls = tls.root_certs(RootCerts::Specific(Arc::new(found)));
    }
    let config = Agent::config_builder()
        .tls_config(tls.build())
        .timeout_global(Some(DEADLINE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false);
    Ok(config.build().new_agent())
}

/// Blocks.
pub fn ask(agent: &Agent, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let (head, mut body) = agent.run(request)?.into_parts();
    let bytes = body.with_config().limit(BYTES_MAX).read_to_vec()?;
    Ok(HttpResponse::from_parts(head, bytes))
}
