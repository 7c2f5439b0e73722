//! The gRPC service: one task a stream, one message at a time.

use super::{Presence, presence::Stream};
use crate::{
    platform::store::{Outcome, Store, StoreError},
    runtime::clock,
    wire::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GENERATIONS_MAX, GenId, MESSAGE_BYTES_MAX, PROTOCOL,
        proto::{self, Down, RejectCode, Up, down, up, uplink_server},
        record::Record,
    },
};
use std::time::Duration;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

const HELLO_DEADLINE: Duration = Duration::from_secs(10);
/// A gateway sends a Status every few seconds.
const SILENCE_MAX: Duration = Duration::from_secs(60);
const STOP_DEADLINE: Duration = Duration::from_secs(5);
/// Answers that wait for a gateway that does not read.
const ANSWERS_MAX: usize = 64;

/// Serves gateways on `listener` until `stop`.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    presence: Presence,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let service = uplink_server::UplinkServer::new(Service { store, presence, stop: stop.clone() })
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let server = tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .add_service(service)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop.clone().cancelled_owned());
    let hard_stop = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_DEADLINE).await;
    };
    tokio::select! {
        ended = server => ended,
        () = hard_stop => Ok(()),
    }
}

struct Service {
    store: Store,
    presence: Presence,
    stop: CancellationToken,
}

#[tonic::async_trait]
impl uplink_server::Uplink for Service {
    type SessionStream = ReceiverStream<Result<Down, Status>>;

    async fn session(&self, request: Request<Streaming<Up>>) -> Result<Response<Self::SessionStream>, Status> {
        let (answers, receiver) = mpsc::channel(ANSWERS_MAX);
        let (store, presence, stop) = (self.store.clone(), self.presence.clone(), self.stop.clone());
        let messages = request.into_inner();
        // tonic owns this task's life through the stream: it ends when either side closes it, or at the stop
        #[allow(clippy::disallowed_methods)]
        tokio::spawn(async move {
            let gateway = Gateway { store, presence, answers: answers.clone() };
            let ended = tokio::select! {
                ended = gateway.stream(messages) => ended,
                () = stop.cancelled() => Err(reject(RejectCode::Unavailable, "the platform is stopping")),
                () = answers.closed() => Ok(()),
            };
            if let Err(reject) = ended {
                tracing::warn!(code = reject.code().as_str_name(), "a stream was ended: {}", reject.message);
                let _ = answers.send_timeout(Ok(down_message(down::Message::Reject(reject))), STOP_DEADLINE).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

struct Gateway {
    store: Store,
    presence: Presence,
    answers: mpsc::Sender<Result<Down, Status>>,
}

impl Gateway {
    async fn stream(&self, mut messages: Streaming<Up>) -> Result<(), proto::Reject> {
        let hello = match next(&mut messages, HELLO_DEADLINE).await? {
            Some(up::Message::Hello(hello)) => hello,
            Some(_) => return Err(reject(RejectCode::Protocol, "the first message is no Hello")),
            None => return Ok(()),
        };
        let welcome = self.welcome(&hello).await?;
        let presence = self.presence.open(&hello.gateway_id, clock::now());
        tracing::info!(gateway_id = hello.gateway_id, agent = hello.agent_version, "a gateway is connected");
        self.send(down::Message::Welcome(welcome)).await;
        loop {
            let message = tokio::select! {
                message = next(&mut messages, SILENCE_MAX) => message?,
                () = presence.superseded.cancelled() => {
                    return Err(reject(RejectCode::Superseded, "a newer stream of this gateway took over"));
                }
            };
            let Some(message) = message else { return Ok(()) };
            presence.seen(clock::now());
            self.take(&hello.gateway_id, &presence, message).await?;
        }
    }

    async fn welcome(&self, hello: &proto::Hello) -> Result<proto::Welcome, proto::Reject> {
        if hello.protocol != PROTOCOL {
            let message = format!("protocol {} is not spoken here, {PROTOCOL} is", hello.protocol);
            return Err(reject(RejectCode::Protocol, message));
        }
        if hello.generations.len() > GENERATIONS_MAX {
            return Err(reject(RejectCode::TooLarge, format!("more than {GENERATIONS_MAX} generations in a Hello")));
        }
        let generations = hello.generations.iter().map(|g| gen_id(&g.gen_id)).collect::<Result<_, _>>()?;
        let marks = self.store.marks(&hello.gateway_id, generations).await.map_err(|error| refusal(&error, None))?;
        let marks = marks.iter().map(|mark| ack(mark.gen_id, mark.seq, mark.complete)).collect();
        Ok(proto::Welcome { marks })
    }

    async fn take(&self, gateway_id: &str, presence: &Stream, message: up::Message) -> Result<(), proto::Reject> {
        let (gen_id, outcome) = match message {
            up::Message::Hello(_) => return Err(reject(RejectCode::Protocol, "a second Hello")),
            up::Message::Status(status) => {
                presence.status(&status, clock::now());
                return Ok(());
            }
            up::Message::Sealed(sealed) => {
                let gen_id = gen_id(&sealed.gen_id)?;
                (gen_id, self.store.seal(gateway_id, gen_id, sealed.last_seq).await)
            }
            up::Message::Batch(batch) => {
                let gen_id = gen_id(&batch.gen_id)?;
                let (first_seq, records) = checked(gen_id, batch)?;
                (gen_id, self.store.ingest(gateway_id, gen_id, first_seq, records).await)
            }
        };
        let answer = match outcome.map_err(|error| refusal(&error, Some(gen_id)))? {
            Outcome::Stored { seq, complete } => down::Message::Ack(ack(gen_id, seq, complete)),
            Outcome::Rewind { expected_seq } => {
                down::Message::Rewind(proto::Rewind { gen_id: gen_id.to_vec().into(), expected_seq })
            }
        };
        self.send(answer).await;
        Ok(())
    }

    async fn send(&self, message: down::Message) {
        // a closed channel is noticed by the task that drives this stream
        let _ = self.answers.send(Ok(down_message(message))).await;
    }
}

/// The next message; `None` at the stream's end.
async fn next(messages: &mut Streaming<Up>, patience: Duration) -> Result<Option<up::Message>, proto::Reject> {
    match tokio::time::timeout(patience, messages.message()).await {
        Err(_) => Err(reject(RejectCode::Protocol, format!("nothing came for {patience:?}"))),
        Ok(Err(status)) if status.code() == tonic::Code::OutOfRange => {
            Err(reject(RejectCode::TooLarge, status.message()))
        }
        Ok(Err(_)) | Ok(Ok(None)) => Ok(None),
        Ok(Ok(Some(up))) => up.message.map(Some).ok_or_else(|| reject(RejectCode::Protocol, "an empty message")),
    }
}

/// Size and checksums, before the store.
fn checked(gen_id: GenId, batch: proto::Batch) -> Result<(u64, Vec<Record>), proto::Reject> {
    let bytes: usize = batch.records.iter().map(|record| record.body.len()).sum();
    if batch.records.len() > BATCH_RECORDS_MAX || bytes > BATCH_BYTES_MAX {
        let message = format!(
            "a batch of {} records and {bytes} bytes: at most {BATCH_RECORDS_MAX} and {BATCH_BYTES_MAX} are taken",
            batch.records.len()
        );
        return Err(reject(RejectCode::TooLarge, message));
    }
    if batch.first_seq == 0 || batch.records.is_empty() {
        return Err(reject(RejectCode::Protocol, "a batch without records or with record number 0"));
    }
    let mut records = Vec::with_capacity(batch.records.len());
    for (seq, record) in (batch.first_seq..).zip(batch.records) {
        records.push(Record::try_from(record).map_err(|error| proto::Reject {
            gen_id: gen_id.to_vec().into(),
            seq,
            ..reject(RejectCode::BadRecord, error.to_string())
        })?);
    }
    Ok((batch.first_seq, records))
}

fn gen_id(bytes: &[u8]) -> Result<GenId, proto::Reject> {
    bytes.try_into().map_err(|_| reject(RejectCode::Protocol, "a generation id that has not 16 bytes"))
}

fn ack(gen_id: GenId, seq: u64, complete: bool) -> proto::Ack {
    proto::Ack { gen_id: gen_id.to_vec().into(), seq, complete }
}

fn refusal(error: &StoreError, gen_id: Option<GenId>) -> proto::Reject {
    let code = match error {
        StoreError::BadRecord { .. } => RejectCode::BadRecord,
        StoreError::UnknownGateway(_) => RejectCode::UnknownGateway,
        StoreError::SeqRange(_) => RejectCode::Protocol,
        _ => RejectCode::Unavailable,
    };
    let seq = if let StoreError::BadRecord { seq, .. } = error { *seq } else { 0 };
    let gen_id = gen_id.map(|id| id.to_vec().into()).unwrap_or_default();
    proto::Reject { gen_id, seq, ..reject(code, error.to_string()) }
}

/// The pause before the next try: what can not heal by itself is not hurried.
fn reject(code: RejectCode, message: impl Into<String>) -> proto::Reject {
    let retry_after_ms = match code {
        RejectCode::Unavailable => 1_000,
        _ => 30_000,
    };
    proto::Reject { code: code.into(), message: message.into(), retry_after_ms, ..Default::default() }
}

fn down_message(message: down::Message) -> Down {
    Down { message: Some(message) }
}
