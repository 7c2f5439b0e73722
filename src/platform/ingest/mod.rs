//! Ingest: stream → acknowledgement.
//!
//! ```text
//!   gateway ══ Up ══▶ stream ─▶ session (may it? what for?) ─▶ store
//!      ▲                │                                        │
//!      └═════ Down ═════┴──── Ack, Refused, Rewind, Reject ◀─────┘
//! ```
//!
//! # Promises
//! - An Ack is sent only after the store's commit has returned.
//! - The same record twice is one record; a hole is answered with what is expected, once.
//! - A record that can not be taken is kept with its reason, the gateway is told, and the stream goes on. A message that
//!   breaks the protocol ends it.
//! - A Ping is answered at once, also while a commit is waited for.
//! - Of two copies of a gateway's spool one is let in.
//! - A gateway that is not in the registry stores nothing.
//! - One stream a gateway: a newer one ends the older.
//! - A stream, however slow its gateway, holds neither another one nor the stop.
//!
//! # Does not
//! Assess, or trust: every message is bounded and checked before the store sees it.

mod desk;
mod grant;
mod hello;
mod presence;
mod session;
mod stream;

pub use presence::{GatewayState, Presence};

use super::store::Store;
use crate::wire::{
    MESSAGE_BYTES_MAX,
    proto::{Up, uplink_server},
};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming, transport::server::TcpIncoming};

/// A half-open link is found within 30 s.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// A gateway needs one, and a second while it takes over from a dead one.
const STREAMS_PER_CONNECTION_MAX: u32 = 4;

/// How patient the platform is with a gateway. Tests shorten it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the Hello of a new stream.
    pub hello: Duration,
    /// Between two messages; a Ping comes every 15 s at the latest.
    pub silence: Duration,
    /// For the store's commit.
    pub store: Duration,
    /// For a gateway that does not read its answers.
    pub answer: Duration,
    /// For the streams at the stop.
    pub stop: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            hello: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            store: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            stop: Duration::from_secs(5),
        }
    }
}

impl Patience {
    /// For the next message. While the store works, its own deadline ends the stream.
    fn of_message(&self, idle: bool) -> Duration {
        if idle { self.silence } else { self.silence.max(2 * self.store) }
    }
}

/// Serves gateways on `listener` until `stop`.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    presence: Presence,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    serve_with(Patience::default(), listener, store, presence, stop).await
}

pub async fn serve_with(
    patience: Patience,
    listener: TcpListener,
    store: Store,
    presence: Presence,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let service = uplink_server::UplinkServer::new(Service {
        patience,
        store,
        presence,
        streams: grant::Streams::default(),
        stop: stop.clone(),
    })
    .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .add_service(service)
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            stop.clone().cancelled_owned(),
        );
    // a gateway that does not read keeps its connection open
    let hard_stop = async {
        stop.cancelled().await;
        tokio::time::sleep(patience.stop).await;
    };
    tokio::select! {
        ended = server => ended,
        () = hard_stop => {
            tracing::warn!("some streams did not end within {:?} and are dropped", patience.stop);
            Ok(())
        }
    }
}

struct Service {
    patience: Patience,
    store: Store,
    presence: Presence,
    streams: grant::Streams,
    stop: CancellationToken,
}

#[tonic::async_trait]
impl uplink_server::Uplink for Service {
    type SessionStream = stream::Answers;

    async fn session(&self, request: Request<Streaming<Up>>) -> Result<Response<stream::Answers>, Status> {
        let stream = stream::Stream {
            patience: self.patience,
            store: self.store.clone(),
            presence: self.presence.clone(),
            streams: self.streams.clone(),
            stop: self.stop.clone(),
        };
        Ok(Response::new(stream.open(request.into_inner())))
    }
}

#[cfg(test)]
mod tests;
