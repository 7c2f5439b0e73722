//! One stream, from connecting to its end.

use super::{
    Patience,
    session::{Acked, Next, ProtocolError, Session, announced},
};
use crate::{
    agent::{
        config::UplinkConfig,
        health::Health,
        spool::{Spool, SpoolError},
    },
    runtime::{clock, task},
    wire::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GenId, MESSAGE_BYTES_MAX, PROTOCOL,
        proto::{self, Down, Up, down, uplink_client::UplinkClient},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Endpoint;

/// Messages that wait for tonic. Small: what matters is counted in acknowledgements.
const QUEUE_MAX: usize = 4;

pub struct Stream {
    pub patience: Patience,
    pub config: UplinkConfig,
    pub gateway_id: String,
    pub spool: Spool,
    pub health: Arc<Health>,
}

/// Why a stream ended. Every one of them is followed by another try.
#[derive(Debug, thiserror::Error)]
pub enum StreamEnd {
    #[error("no connection: {0}")]
    Connect(String),
    #[error("the stream broke: {0}")]
    Broken(String),
    #[error("the platform closed the stream")]
    Closed,
    #[error("the platform said nothing for {0:?}")]
    Silent(Duration),
    #[error("the platform rejects ({}): {}", .0.code().as_str_name(), .0.message)]
    Rejected(proto::Reject),
    #[error("protocol: {0}")]
    Protocol(#[from] ProtocolError),
    #[error("the platform breaks the protocol: {0}")]
    Malformed(&'static str),
    #[error("the spool can not be read: {0}")]
    Spool(#[from] SpoolError),
}

impl StreamEnd {
    /// The pause that the platform asks for, at most five minutes.
    pub fn retry_after(&self) -> Duration {
        match self {
            StreamEnd::Rejected(reject) => Duration::from_millis(u64::from(reject.retry_after_ms.min(300_000))),
            _ => Duration::ZERO,
        }
    }
}

impl Stream {
    /// Runs until the stream ends. Sets `welcomed` once the platform has answered the Hello.
    pub async fn run(&mut self, welcomed: &mut bool) -> StreamEnd {
        match self.stream(welcomed).await {
            Ok(end) | Err(end) => end,
        }
    }

    async fn stream(&mut self, welcomed: &mut bool) -> Result<StreamEnd, StreamEnd> {
        let mut changed = self.spool.changed();
        let generations = self.spool.generations();
        let (up, requests) = mpsc::channel(QUEUE_MAX);
        let hello = proto::Hello {
            protocol: PROTOCOL,
            gateway_id: self.gateway_id.clone(),
            agent_version: env!("CARGO_PKG_VERSION").into(),
            generations: announced(&generations)
                .iter()
                .map(|g| proto::Generation { gen_id: g.gen_id.to_vec().into(), last_seq: g.last_seq, sealed: g.sealed })
                .collect(),
        };
        up.try_send(up_message(proto::up::Message::Hello(hello))).map_err(|_| StreamEnd::Closed)?;

        let open = async {
            let endpoint = Endpoint::from_shared(self.config.platform_url.clone())
                .map_err(|error| StreamEnd::Connect(error.to_string()))?
                .tcp_nodelay(true)
                .http2_keep_alive_interval(Duration::from_secs(20))
                .keep_alive_timeout(Duration::from_secs(10))
                .keep_alive_while_idle(true);
            let channel = endpoint.connect().await.map_err(|error| StreamEnd::Connect(chain(&error)))?;
            let mut client = UplinkClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
            let answers = client.session(ReceiverStream::new(requests)).await;
            let mut answers = answers.map_err(|status| StreamEnd::Broken(status.message().into()))?.into_inner();
            let first = answers.message().await.map_err(|status| StreamEnd::Broken(status.message().into()))?;
            Ok::<_, StreamEnd>((first.ok_or(StreamEnd::Closed)?, answers))
        };
        let (first, mut answers) = tokio::time::timeout(self.patience.connect, open)
            .await
            .map_err(|_| StreamEnd::Silent(self.patience.connect))??;
        let marks = match first.message {
            Some(down::Message::Welcome(welcome)) => welcome.marks,
            Some(down::Message::Reject(reject)) => return Ok(StreamEnd::Rejected(reject)),
            _ => return Err(StreamEnd::Malformed("the first message is no Welcome")),
        };
        let marks = marks.iter().map(acked).collect::<Result<Vec<_>, _>>()?;
        let (mut session, told) = Session::new(&generations, &marks)?;
        for told in told {
            self.tell_spool(told).await?;
        }
        *welcomed = true;
        tracing::info!(platform = self.config.platform_url, "the stream to the platform is open");

        let mut heard = clock::monotonic();
        let mut beat = heard;
        loop {
            // everything that the window allows goes out before an answer is waited for
            session.refresh(&self.spool.generations());
            if up.capacity() > 0 && self.send_next(&mut session, &up).await? {
                // answers are taken in between, so that the window opens while a backlog is drained
                tokio::task::yield_now().await;
                if let Some(answer) = futures_now(answers.message()).await {
                    heard = clock::monotonic();
                    if let Some(end) = self.answer(&mut session, answer).await? {
                        return Ok(end);
                    }
                }
                continue;
            }
            let silent_at = heard + self.patience.silence;
            let wake = if session.awaits_answer() { beat.min(silent_at) } else { beat };
            tokio::select! {
                answer = answers.message() => {
                    heard = clock::monotonic();
                    if let Some(end) = self.answer(&mut session, answer).await? {
                        return Ok(end);
                    }
                }
                _ = changed.changed() => {}
                room = up.reserve(), if up.capacity() == 0 => drop(room),
                () = tokio::time::sleep_until(wake) => {}
            }
            let now: Instant = clock::monotonic();
            if !session.awaits_answer() {
                heard = now;
            }
            if now >= heard + self.patience.silence {
                return Ok(StreamEnd::Silent(self.patience.silence));
            }
            if now >= beat {
                beat = now + self.patience.heartbeat;
                let _ = up.try_send(self.status());
            }
        }
    }

    /// Whether something was sent.
    async fn send_next(&self, session: &mut Session, up: &mpsc::Sender<Up>) -> Result<bool, StreamEnd> {
        match session.next() {
            Next::Wait => Ok(false),
            Next::Sealed { gen_id, last_seq } => {
                let sealed = proto::Sealed { gen_id: gen_id.to_vec().into(), last_seq };
                up.try_send(up_message(proto::up::Message::Sealed(sealed))).map_err(|_| StreamEnd::Closed)?;
                session.end_sent(&gen_id);
                Ok(true)
            }
            Next::Batch { gen_id, from_seq } => {
                let spool = self.spool.clone();
                let read = move || spool.read(&gen_id, from_seq, BATCH_RECORDS_MAX, BATCH_BYTES_MAX);
                let records = task::blocking(read).await?;
                if records.is_empty() {
                    return Ok(false);
                }
                let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
                let bytes = records.iter().map(|record| record.body.len()).sum();
                let records = records.into_iter().map(proto::Record::from).collect();
                let batch = proto::Batch { gen_id: gen_id.to_vec().into(), first_seq: from_seq, records };
                up.try_send(up_message(proto::up::Message::Batch(batch))).map_err(|_| StreamEnd::Closed)?;
                session.batch_sent(&gen_id, count, bytes);
                Ok(true)
            }
        }
    }

    async fn answer(
        &self,
        session: &mut Session,
        answer: Result<Option<Down>, tonic::Status>,
    ) -> Result<Option<StreamEnd>, StreamEnd> {
        let answer = answer.map_err(|status| StreamEnd::Broken(status.message().into()))?;
        let Some(answer) = answer else { return Ok(Some(StreamEnd::Closed)) };
        match answer.message {
            Some(down::Message::Ack(ack)) => {
                let told = session.ack(acked(&ack)?)?;
                self.tell_spool(told).await?;
                Ok(None)
            }
            Some(down::Message::Rewind(rewind)) => {
                session.rewind(&gen_id(&rewind.gen_id)?, rewind.expected_seq)?;
                Ok(None)
            }
            Some(down::Message::Reject(reject)) => Ok(Some(StreamEnd::Rejected(reject))),
            Some(down::Message::Welcome(_)) => Err(StreamEnd::Malformed("a second Welcome")),
            None => Err(StreamEnd::Malformed("an empty message")),
        }
    }

    async fn tell_spool(&self, told: Acked) -> Result<(), SpoolError> {
        let spool = self.spool.clone();
        task::blocking(move || spool.acked(&told.gen_id, told.seq, told.complete)).await
    }

    fn status(&self) -> Up {
        let backlog = self.spool.backlog();
        up_message(proto::up::Message::Status(proto::Status {
            now_ms: clock::now().0,
            backlog_records: backlog.records,
            backlog_bytes: backlog.bytes,
            rejected_inputs: self.health.rejected_inputs(),
        }))
    }
}

fn up_message(message: proto::up::Message) -> Up {
    Up { message: Some(message) }
}

fn gen_id(bytes: &[u8]) -> Result<GenId, StreamEnd> {
    bytes.try_into().map_err(|_| StreamEnd::Malformed("a generation id that has not 16 bytes"))
}

fn acked(ack: &proto::Ack) -> Result<Acked, StreamEnd> {
    Ok(Acked { gen_id: gen_id(&ack.gen_id)?, seq: ack.seq, complete: ack.complete })
}

/// The answer if it is there already. Dropping the future of a tonic stream's `message` loses nothing: what has
/// arrived stays in its decoder.
async fn futures_now<T>(answer: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        answer = answer => Some(answer),
        () = std::future::ready(()) => None,
    }
}

/// tonic's own text is "transport error"; what helps stands behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
