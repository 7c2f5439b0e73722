//! Connections → the router. HTTP/1 without TLS.
//!
//! # Promises
//! - So many connections at one time; one that sends no request, sends it a byte at a time or reads no answer loses
//!   its place in time to others.
//! - The stop ends them all in time.
//!
//! # Does not
//! Tell one client from another: behind a relay they all have one address.

use crate::runtime::task::Crowd;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{pin::pin, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A request's head: the longest question, and what a browser and a relay add to it.
const HEAD_BYTES_MAX: usize = 16 * 1024;
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

/// Until `stop`.
pub async fn serve(bounds: Bounds, listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut connections = Crowd::new(bounds.connections);
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            () = connections.ended() => continue,
            accepted = listener.accept(), if connections.has_room() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                failing = false;
                connections.spawn(converse(bounds, stream, router.clone(), stop.clone()));
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
    let _ = tokio::time::timeout(bounds.stop, connections.all_ended()).await;
}

/// One connection. Its errors are the client's affair.
async fn converse(bounds: Bounds, stream: TcpStream, router: Router, stop: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(bounds.age) => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(bounds.finish, connection).await;
}

#[cfg(test)]
mod tests;
