//! Connections → a service. HTTP/1 without TLS.
//!
//! # Promises
//! - So many connections at one time; one that sends no request, sends it a byte at a time or reads no answer loses
//!   its place in time to others.
//! - The stop ends them all in time.
//!
//! # Does not
//! Tell clients behind a relay from each other: they all have its address.

use super::task::Crowd;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    header::{self, HeaderMap, HeaderName, HeaderValue},
    server::conn::http1,
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    error::Error,
    net::{IpAddr, SocketAddr},
    pin::pin,
    time::Duration,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A request's head: the longest question, and what a browser and a relay add to it.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Everything comes from the page's own origin. No inline script and no inline style.
const CONTENT_SECURITY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
/// Before the next try, where the system has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What connections may take. Tests shorten it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// At one time; further ones wait in the kernel's queue. A browser opens up to six.
    pub connections: usize,
    /// For a request's head, from the connection's begin or from the last answer.
    pub head: Duration,
    /// From its begin: no request is taken after that, so that one that reads no answer does not stay for ever.
    pub age: Duration,
    /// For the answer that is under way then: made in time, and sent over a slow line.
    pub finish: Duration,
    /// For all of them at the stop.
    pub stop: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            connections: 512,
            head: Duration::from_secs(15),
            age: Duration::from_secs(120),
            finish: Duration::from_secs(60),
            stop: Duration::from_secs(3),
        }
    }
}

/// Where a request comes from: an extension of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer(pub IpAddr);

/// Until `stop`. A service makes an answer of every request, whatever is wrong with it.
pub async fn serve<B, S>(bounds: Bounds, listener: TcpListener, service: S, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let converse = |stream, address: SocketAddr| {
        let service = From { peer: Peer(address.ip()), service: service.clone() };
        converse(bounds, stream, service, stop.clone())
    };
    accept(bounds.connections, bounds.stop, listener, &stop, converse).await;
}

/// Takes connections until `stop`, at most so many at one time, and gives each to `converse`; then waits for them, for at
/// most `last`.
pub async fn accept<F>(
    connections_max: usize,
    last: Duration,
    listener: TcpListener,
    stop: &CancellationToken,
    converse: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = Crowd::new(connections_max);
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            () = connections.ended() => continue,
            accepted = listener.accept(), if connections.has_room() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                failing = false;
                connections.spawn(converse(stream, address));
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "no connection can be taken, trying again every {ACCEPT_PAUSE:?}");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // those that are left end with the crowd
    let _ = tokio::time::timeout(last, connections.all_ended()).await;
}

/// A service that is told where its requests come from.
struct From<S> {
    peer: Peer,
    service: S,
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for From<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(self.peer);
        self.service.call(request)
    }
}

/// One connection. Its errors are the client's affair.
async fn converse<B, S>(bounds: Bounds, stream: TcpStream, service: S, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(bounds.age) => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(bounds.finish, connection).await;
}

/// What every answer to a browser says, whatever is in it.
pub fn guard(headers: &mut HeaderMap) {
    let guards: [(HeaderName, &'static str); 3] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in guards {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests;
