//! One gateway's stream: takes its messages to the session and the store, one at a time, and answers. Pings are
//! answered as they come.

use super::{
    Patience,
    desk::{Desk, in_time},
    grant::{Flow, Streams},
    hello,
    presence::{Place, Presence},
    session::{self, Sorted, reject},
};
use crate::{
    model::UtcMillis,
    platform::store::{Greeted, Store},
    runtime::{clock, fault},
    wire::{
        GenId,
        proto::{Down, Ping, Pong, Reject, RejectCode, Up, down, up},
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
    pub streams: Streams,
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
        let hello = hello::read(next(&mut messages, self.patience.hello).await?)?;
        gateway_id.clone_from(&hello.greeting.gateway_id);
        let generations: Vec<GenId> = hello.greeting.chain.iter().map(|link| link.gen_id).collect();
        let holes = match in_time(self.patience.store, gateway_id, self.store.greet(hello.greeting)).await? {
            Greeted::Welcome { holes } => holes,
            Greeted::Cloned(why) => {
                let message = format!("another copy of this gateway's spool is in use: {why}");
                return Err(reject(RejectCode::Cloned, message).into());
            }
        };
        // only now: a stream that may not store must not end one that may; and before the marks, which count the last
        // work of the stream that was ended: without it that would be sent, and acknowledged beyond what was sent
        let place = self.presence.enter(gateway_id, superseded.clone(), clock::now());
        let ours = self.store.superseding(gateway_id, superseded.clone());
        let store = in_time(self.patience.store, gateway_id, ours).await?;
        let marks = in_time(self.patience.store, gateway_id, store.marks(gateway_id, generations)).await?;
        tracing::info!(gateway_id, agent_version = hello.agent_version, generations = marks.len(), "a gateway came");
        let counted = self.streams.enter();
        let mut flow = Flow::new(counted.open(), clock::monotonic());
        self.answer(answers, session::welcome(&marks, flow.granted())).await?;

        let mut desk = Desk::new(store, gateway_id, self.patience.store);
        loop {
            desk.begin()?;
            let idle = desk.idle();
            tokio::select! {
                answer = desk.done(), if !idle => {
                    let answer = answer?;
                    for message in answer.messages {
                        fault::point("platform.before_ack");
                        self.answer(answers, message).await?;
                        fault::point("platform.after_ack");
                    }
                    if let Some(reject) = answer.end {
                        return Err(reject.into());
                    }
                }
                message = next(&mut messages, self.patience.of_message(idle)), if desk.has_room() => {
                    let (message, now) = (session::sort(message?)?, clock::now());
                    place.seen(now);
                    match message {
                        Sorted::Asked(asked) => desk.put(asked),
                        Sorted::Ping(ping) => {
                            self.pong(answers, &place, &ping, now).await?;
                            ping.clock_offset_ms.into_iter().for_each(|offset_ms| desk.clock_offset(offset_ms));
                            if holes {
                                desk.look_for_holes();
                            }
                        }
                    }
                }
            }
            if let Some(grant) = flow.judge(counted.open(), self.store.waiting(), clock::monotonic()) {
                self.answer(answers, down::Message::Grant(grant)).await?;
            }
        }
    }

    async fn pong(&self, answers: &Sender, place: &Place, ping: &Ping, t1: UtcMillis) -> Result<(), End> {
        place.ping(ping, t1);
        let pong = Pong { t0_ms: ping.t0_ms, t1_ms: t1.0, t2_ms: clock::now().0 };
        self.answer(answers, down::Message::Pong(pong)).await
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
