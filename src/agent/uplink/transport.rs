//! The gRPC stream: a new channel for each session, so that no stale address or half-open link is used twice.

use super::{ended::Ended, session::WINDOW_MESSAGES};
use crate::wire::{
    MESSAGE_BYTES_MAX,
    proto::{Down, Up, up, uplink_client::UplinkClient},
};
use std::{error::Error, time::Duration};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Endpoint};

const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// A black-holed link is noticed after 30 s, idle or not.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
const KEEPALIVE_DEADLINE: Duration = Duration::from_secs(10);
/// A full window, sent again once after a Rewind, and the heartbeats of a platform's longest silence.
const QUEUE_MAX: usize = 2 * WINDOW_MESSAGES + 64;

pub(super) struct Link {
    up: mpsc::Sender<Up>,
    down: Streaming<Down>,
}

impl Link {
    /// Connects and says Hello. `deadline` covers all until the platform opened its side of the stream.
    pub async fn open(url: &str, hello: up::Message, deadline: Duration) -> Result<Link, Ended> {
        let open = async {
            let endpoint = Endpoint::from_shared(url.to_owned())
                .map_err(|error| Ended::Connect(chain(&error)))?
                .connect_timeout(CONNECT_DEADLINE)
                .http2_keep_alive_interval(KEEPALIVE_EVERY)
                .keep_alive_timeout(KEEPALIVE_DEADLINE)
                .keep_alive_while_idle(true)
                .tcp_nodelay(true);
            let channel = endpoint.connect().await.map_err(|error| Ended::Connect(chain(&error)))?;
            let mut client = UplinkClient::new(channel)
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
    let cause = status.source().map(|source| format!(": {}", chain(source))).unwrap_or_default();
    Ended::Stream(format!("{:?} {}{cause}", status.code(), status.message()))
}

/// The outermost error says "transport error" only; the reason stands behind it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
