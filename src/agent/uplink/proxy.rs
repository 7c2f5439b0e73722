//! The way to a platform: directly, or through an HTTP (CONNECT) or SOCKS5 proxy. The protocols are hyper-util's.
//!
//! # Promises
//! - Through a proxy, the proxy resolves the platform's name: the gateway need not know it.
//! - The login is in no message.
//!
//! # Does not
//! Speak TLS to the proxy, or log in to it other than by user and password.

use crate::agent::config::Proxy;
use hyper_util::{
    client::{
        legacy::connect::{
            HttpConnector,
            proxy::{SocksV5, Tunnel},
        },
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use std::{error::Error, time::Duration};
use tokio::net::TcpStream;
use tonic::{codegen::http::uri::Scheme, transport::Uri};
use tower::ServiceExt;

type Cause = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
#[error("through the proxy {proxy}")]
struct ThroughProxy {
    proxy: String,
    source: Cause,
}

/// A stream to the platform at `uri`.
pub(super) async fn connect(
    proxy: Option<Proxy>,
    uri: Uri,
    connect_deadline: Duration,
) -> Result<TokioIo<TcpStream>, Cause> {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_deadline));
    tcp.enforce_http(false);
    let Some(proxy) = proxy else { return Ok(tcp.oneshot(uri).await?) };
    let through = |source: Cause| ThroughProxy { proxy: proxy.to_string(), source };
    // it takes the login out of the URL, decoded
    let way = Matcher::builder().all(proxy.secret_url()).build().intercept(&uri);
    let way = way.ok_or_else(|| through("the address is not understood".into()))?;
    let connected = if way.uri().scheme() == Some(&Scheme::HTTP) {
        let mut tunnel = Tunnel::new(way.uri().clone(), tcp);
        if let Some(login) = way.basic_auth() {
            tunnel = tunnel.with_auth(login.clone());
        }
        tunnel.oneshot(uri).await.map_err(Cause::from)
    } else {
        let mut socks = SocksV5::new(way.uri().clone(), tcp);
        if let Some((user, password)) = way.raw_auth() {
            socks = socks.with_auth(user.to_owned(), password.to_owned());
        }
        socks.oneshot(uri).await.map_err(Cause::from)
    };
    connected.map_err(|source| through(source).into())
}
