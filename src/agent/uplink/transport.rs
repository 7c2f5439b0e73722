//! The gRPC stream: a new channel for each session, so that no stale address or half-open link is used twice.

use super::{allowance::WINDOW_MESSAGES, ended::Ended, proxy};
use crate::{
    agent::config::Proxy,
    runtime::cause::with_causes,
    wire::{
        MESSAGE_BYTES_MAX,
        proto::{Down, Up, up, uplink_client::UplinkClient},
    },
};
use std::{error::Error, time::Duration};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint, Uri},
};

const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// A black-holed link is noticed after 30 s, idle or not.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
const KEEPALIVE_DEADLINE: Duration = Duration::from_secs(10);
/// A full window, sent again once after a Rewind, and the heartbeats of a platform's longest silence.
const QUEUE_MAX: usize = 2 * WINDOW_MESSAGES + 64;

/// A connection that has not said Hello yet.
pub(super) struct Reached(Channel);

pub(super) struct Link {
    up: mpsc::Sender<Up>,
    down: Streaming<Down>,
}

/// Connects, within `deadline`.
pub(super) async fn reach(url: &str, proxy: Option<&Proxy>, deadline: Duration) -> Result<Reached, Ended> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(|error| Ended::Connect(with_causes(&error)))?
        .http2_keep_alive_interval(KEEPALIVE_EVERY)
        .keep_alive_timeout(KEEPALIVE_DEADLINE)
        .keep_alive_while_idle(true);
    let proxy = proxy.cloned();
    let connector = tower::service_fn(move |uri: Uri| proxy::connect(proxy.clone(), uri, CONNECT_DEADLINE));
    let late = |_| Ended::Connect(format!("it was not made within {deadline:?}"));
    let connected = tokio::time::timeout(deadline, endpoint.connect_with_connector(connector)).await.map_err(late)?;
    connected.map(Reached).map_err(|error| Ended::Connect(with_causes(&error)))
}

impl Reached {
    /// Says Hello. The platform has `deadline` to open its side of the stream.
    pub async fn open(self, hello: up::Message, deadline: Duration) -> Result<Link, Ended> {
        let open = async {
            let mut client = UplinkClient::new(self.0)
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX);
            let (up, queue) = mpsc::channel(QUEUE_MAX);
            send(&up, hello)?;
            let answer = client.session(ReceiverStream::new(queue)).await.map_err(broken)?;
            Ok(Link { up, down: answer.into_inner() })
        };
        let late = |_| Ended::Connect(format!("the platform did not open the stream within {deadline:?}"));
        tokio::time::timeout(deadline, open).await.map_err(late)?
    }
}

impl Link {
    /// Never waits: what the window allows fits into the queue, so a full one is a link that takes nothing.
    pub fn send(&self, message: up::Message) -> Result<(), Ended> {
        send(&self.up, message)
    }

    /// The next message. Cancelling loses none.
    pub async fn receive(&mut self) -> Result<Down, Ended> {
        self.down.message().await.map_err(broken)?.ok_or(Ended::Closed)
    }
}

fn send(up: &mpsc::Sender<Up>, message: up::Message) -> Result<(), Ended> {
    up.try_send(Up { message: Some(message) }).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => Ended::Stuck,
        mpsc::error::TrySendError::Closed(_) => Ended::Closed,
    })
}

fn broken(status: tonic::Status) -> Ended {
    let cause = status.source().map(|source| format!(": {}", with_causes(source))).unwrap_or_default();
    Ended::Stream(format!("{:?} {}{cause}", status.code(), status.message()))
}
