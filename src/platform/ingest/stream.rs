//! One gateway's stream: takes its messages to the session and the store, one at a time, and answers.

use super::{
    Patience,
    presence::Presence,
    session::{self, Action, Session, reject},
};
use crate::{
    platform::store::{Store, StoreError},
    runtime::{clock, fault},
    wire::{
        GenId,
        proto::{Down, Reject, RejectCode, Up, down, up},
    },
};
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming};

/// Answers that wait for a gateway to read them. At the end of it the next message is not taken.
const ANSWERS_MAX: usize = 16;

pub struct Stream {
    pub patience: Patience,
    pub store: Store,
    pub presence: Presence,
    pub stop: CancellationToken,
}

type Sender = mpsc::Sender<Result<Down, Status>>;

/// Why a stream ends by our side.
enum End {
    /// The gateway closed it, or went.
    Gone,
    Rejected(Reject),
}

impl From<Reject> for End {
    fn from(reject: Reject) -> End {
        End::Rejected(reject)
    }
}

/// The answers, and the work that makes them: it advances when the connection asks for an answer, and is gone when
/// the connection is. So a stream needs no task of its own. A gateway that reads nothing stands still, its own
/// deadlines with it, and holds nothing but its connection.
pub struct Answers {
    ready: mpsc::Receiver<Result<Down, Status>>,
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl tokio_stream::Stream for Answers {
    type Item = Result<Down, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(work) = &mut self.work
            && work.as_mut().poll(context).is_ready()
        {
            self.work = None;
        }
        self.ready.poll_recv(context)
    }
}

impl Stream {
    pub fn open(self, messages: Streaming<Up>) -> Answers {
        let (answers, ready) = mpsc::channel(ANSWERS_MAX);
        Answers { ready, work: Some(Box::pin(self.run(messages, answers))) }
    }

    async fn run(self, messages: Streaming<Up>, answers: Sender) {
        let superseded = CancellationToken::new();
        let mut gateway_id = String::new();
        let end = tokio::select! {
            end = self.converse(messages, &answers, &superseded, &mut gateway_id) => match end { Err(end) => end },
            () = superseded.cancelled() => {
                reject(RejectCode::Superseded, "a newer stream of this gateway took over").into()
            }
            () = self.stop.cancelled() => reject(RejectCode::Unavailable, "the platform is stopping").into(),
        };
        match end {
            End::Gone => tracing::info!(gateway_id, "a gateway left"),
            End::Rejected(reject) => {
                let code = reject.code().as_str_name();
                tracing::warn!(gateway_id, code, "a stream was ended: {}", reject.message);
                // who does not read it sees the stream end
                let _ = self.answer(&answers, down::Message::Reject(reject)).await;
            }
        }
    }

    /// Until there is a reason to end.
    async fn converse(
        &self,
        mut messages: Streaming<Up>,
        answers: &Sender,
        superseded: &CancellationToken,
        gateway_id: &mut String,
    ) -> Result<Infallible, End> {
        let hello = session::greet(next(&mut messages, self.patience.hello).await?)?;
        *gateway_id = hello.gateway_id;
        let marks = self.in_time(self.store.marks(gateway_id, hello.generations)).await?;
        let marks = marks.map_err(|error| refused(gateway_id, ([0; 16], 0), &error).1)?;
        // only now: a stream that may not store must not end one that may
        let place = self.presence.enter(gateway_id, superseded.clone(), clock::now());
        tracing::info!(gateway_id, agent_version = hello.agent_version, generations = marks.len(), "a gateway came");
        self.answer(answers, session::welcome(&marks)).await?;

        let mut session = Session::default();
        loop {
            let message = next(&mut messages, self.patience.silence).await?;
            place.seen(clock::now());
            let (asked, outcome) = match session.take(message)? {
                Action::Ingest { gen_id, first_seq, records } => (
                    (gen_id, first_seq),
                    self.in_time(self.store.ingest(gateway_id, gen_id, first_seq, records)).await?,
                ),
                Action::Seal { gen_id, last_seq } => {
                    ((gen_id, last_seq), self.in_time(self.store.seal(gateway_id, gen_id, last_seq)).await?)
                }
                Action::Note(ping) => {
                    place.ping(&ping, clock::now());
                    continue;
                }
                Action::Nothing => continue,
            };
            match outcome {
                Ok(outcome) => {
                    fault::point("platform.before_ack");
                    self.answer(answers, session.stored(asked.0, outcome)?).await?;
                    fault::point("platform.after_ack");
                }
                Err(error) => {
                    let (ack, reject) = refused(gateway_id, asked, &error);
                    if let Some(ack) = ack {
                        self.answer(answers, ack).await?;
                    }
                    return Err(reject.into());
                }
            }
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, End> {
        let late = |_| reject(RejectCode::Unavailable, "the platform is busy").into();
        tokio::time::timeout(self.patience.store, work).await.map_err(late)
    }

    async fn answer(&self, answers: &Sender, message: down::Message) -> Result<(), End> {
        let sent = answers.send(Ok(Down { message: Some(message) }));
        match tokio::time::timeout(self.patience.answer, sent).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }
}

async fn next(messages: &mut Streaming<Up>, patience: Duration) -> Result<Option<up::Message>, End> {
    match tokio::time::timeout(patience, messages.message()).await {
        Err(_) => Err(reject(RejectCode::Protocol, format!("nothing came for {patience:?}")).into()),
        Ok(Err(status)) if status.code() == Code::OutOfRange => {
            Err(reject(RejectCode::TooLarge, status.message()).into())
        }
        Ok(Err(_) | Ok(None)) => Err(End::Gone),
        Ok(Ok(Some(up))) => Ok(up.message),
    }
}

/// `asked`: generation and first record of what was to be stored.
fn refused(gateway_id: &str, asked: (GenId, u64), error: &StoreError) -> (Option<down::Message>, Reject) {
    let (ack, reject) = session::refused(asked.0, asked.1, error);
    if reject.code() == RejectCode::Unavailable {
        tracing::error!(gateway_id, %error, "the store failed");
    }
    (ack, reject)
}
