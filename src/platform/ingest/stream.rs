//! One gateway's stream: takes its messages to the session and the store, one at a time, and answers. Pings are
//! answered as they come.

use super::{
    Patience,
    grant::{Flow, Streams},
    hello,
    presence::{Place, Presence},
    session::{self, Action, Asked, Session, Sorted, reject},
};
use crate::{
    model::UtcMillis,
    platform::store::{Greeted, Hole, Ingested, Outcome, Store, StoreError},
    runtime::clock,
    wire::{
        BATCH_BYTES_MAX, GenId,
        proto::{Down, Ping, Pong, Reject, RejectCode, Up, down, up},
    },
};
use std::{
    collections::VecDeque,
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
/// What is read while the store works: more than a gateway's credit allows. At the end of it nothing more is read.
const WAITING_BYTES_MAX: usize = 4 * BATCH_BYTES_MAX;
const WAITING_MAX: usize = 64;

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
        let greeted = in_time(self.patience, self.store.greet(hello.greeting)).await?;
        let holes = match greeted.map_err(|error| failed(gateway_id, &error))? {
            Greeted::Welcome { holes } => holes,
            Greeted::Cloned(why) => {
                let message = format!("another copy of this gateway's spool is in use: {why}");
                return Err(reject(RejectCode::Cloned, message).into());
            }
        };
        // only now: a stream that may not store must not end one that may; and before the marks, which count the last
        // work of the stream that was ended: without it that would be sent, and acknowledged beyond what was sent
        let place = self.presence.enter(gateway_id, superseded.clone(), clock::now());
        let marks = in_time(self.patience, self.store.marks(gateway_id, generations)).await?;
        let marks = marks.map_err(|error| failed(gateway_id, &error))?;
        let store = self.store.fenced(superseded.clone());
        tracing::info!(gateway_id, agent_version = hello.agent_version, generations = marks.len(), "a gateway came");
        let counted = self.streams.enter();
        let mut flow = Flow::new(counted.open(), clock::monotonic());
        self.answer(answers, session::welcome(&marks, flow.granted())).await?;

        let mut desk =
            Desk { stream: self, store, gateway_id, session: Session::default(), waiting: VecDeque::new(), work: None };
        loop {
            desk.begin()?;
            let idle = desk.work.is_none();
            tokio::select! {
                done = desk.done(), if !idle => {
                    for message in desk.conclude(done?, answers).await? {
                        self.answer(answers, message).await?;
                    }
                }
                message = next(&mut messages, self.patience.of_message(idle)), if desk.has_room() => {
                    let now = clock::now();
                    place.seen(now);
                    match session::sort(message?)? {
                        Sorted::Asked(asked) => desk.waiting.push_back(Errand::Message(asked)),
                        Sorted::Ping(ping) => {
                            self.pong(answers, &place, &ping, now).await?;
                            desk.look_for_holes(holes);
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

/// What waits for the store, and what the store works on: one thing at a time, in the order in which it came.
struct Desk<'a> {
    stream: &'a Stream,
    /// Takes nothing once the stream is superseded.
    store: Store,
    gateway_id: &'a str,
    session: Session,
    waiting: VecDeque<Errand>,
    /// With its deadline, which runs on while messages come.
    work: Option<Pin<Box<dyn Future<Output = Result<Result<Done, StoreError>, End>> + Send>>>,
}

enum Errand {
    Message(Asked),
    Holes,
}

/// What the store gave back.
enum Done {
    Ingested { gen_id: GenId, first_seq: u64, ingested: Ingested },
    Sealed { gen_id: GenId, outcome: Outcome },
    Holes(Vec<Hole>),
}

impl Desk<'_> {
    fn has_room(&self) -> bool {
        let bytes = |errand: &Errand| match errand {
            Errand::Message(asked) => asked.bytes(),
            Errand::Holes => 0,
        };
        self.waiting.len() < WAITING_MAX && self.waiting.iter().map(bytes).sum::<usize>() < WAITING_BYTES_MAX
    }

    fn look_for_holes(&mut self, holes: bool) {
        let asked = self.waiting.iter().any(|errand| matches!(errand, Errand::Holes));
        if holes && self.session.may_recall() && !asked {
            self.waiting.push_back(Errand::Holes);
        }
    }

    /// Gives the store the next thing to do, when it has nothing.
    fn begin(&mut self) -> Result<(), Reject> {
        while self.work.is_none() {
            let Some(errand) = self.waiting.pop_front() else { break };
            let action = match errand {
                Errand::Message(asked) => self.session.take(asked)?,
                Errand::Holes => Some(Action::FindHoles),
            };
            let Some(action) = action else { continue };
            let (store, gateway_id) = (self.store.clone(), self.gateway_id.to_owned());
            let work = async move {
                match action {
                    Action::Ingest { gen_id, first_seq, records, again } => {
                        let ingested = store.ingest(&gateway_id, gen_id, first_seq, records, again).await?;
                        Ok(Done::Ingested { gen_id, first_seq, ingested })
                    }
                    Action::Seal { gen_id, last_seq } => {
                        Ok(Done::Sealed { gen_id, outcome: store.seal(&gateway_id, gen_id, last_seq).await? })
                    }
                    Action::FindHoles => Ok(Done::Holes(store.open_holes(&gateway_id).await?)),
                }
            };
            let patience = self.stream.patience;
            self.work = Some(Box::pin(async move { in_time(patience, work).await }));
        }
        Ok(())
    }

    /// Never returns while the store has nothing to do.
    async fn done(&mut self) -> Result<Done, End> {
        let Some(work) = &mut self.work else { return std::future::pending().await };
        let done = work.await;
        self.work = None;
        done?.map_err(|error| failed(self.gateway_id, &error).into())
    }

    /// The answers to it.
    async fn conclude(&mut self, done: Done, answers: &Sender) -> Result<Vec<down::Message>, End> {
        match done {
            Done::Ingested { gen_id, first_seq, ingested } => {
                let answer = self.session.stored(gen_id, first_seq, &ingested);
                let Some(reject) = answer.end else { return Ok(answer.messages) };
                for message in answer.messages {
                    self.stream.answer(answers, message).await?;
                }
                Err(reject.into())
            }
            Done::Sealed { gen_id, outcome } => Ok(vec![self.session.sealed(gen_id, outcome)?]),
            Done::Holes(holes) => Ok(self.session.recall(&holes)),
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

async fn in_time<T>(patience: Patience, work: impl Future<Output = T>) -> Result<T, End> {
    let late = |_| reject(RejectCode::Unavailable, "the platform is busy").into();
    tokio::time::timeout(patience.store, work).await.map_err(late)
}

fn failed(gateway_id: &str, error: &StoreError) -> Reject {
    let reject = session::refused(error);
    if reject.code() == RejectCode::Unavailable {
        tracing::error!(gateway_id, %error, "the store failed");
    }
    reject
}
