//! What waits for the store, and what the store works on for one stream: one thing at a time, in the order in which it
//! came. Beside it the stream reads on, so that a Ping waits for no commit.

use super::session::{self, Action, Answer, Asked, Session, reject};
use crate::{
    platform::store::{Hole, Ingested, Outcome, Store, StoreError},
    wire::{
        BATCH_BYTES_MAX, GenId,
        proto::{Reject, RejectCode},
    },
};
use std::{collections::VecDeque, pin::Pin, time::Duration};

/// What is read while the store works: more than a gateway's credit allows. At the end of it nothing more is read.
const WAITING_BYTES_MAX: usize = 4 * BATCH_BYTES_MAX;
const WAITING_MAX: usize = 64;
/// Two clocks that differ by more are an alarm.
const CLOCK_OFFSET_MS_MAX: i64 = 1_000;

pub struct Desk {
    store: Store,
    gateway_id: String,
    /// For one thing that the store does.
    patience: Duration,
    session: Session,
    waiting: VecDeque<Errand>,
    work: Option<Work>,
    /// That the gateway's clock is off was noted: once a stream.
    clock_told: bool,
}

/// With its deadline, which runs on while messages come.
type Work = Pin<Box<dyn Future<Output = Result<Done, Reject>> + Send>>;

enum Errand {
    Message(Asked),
    Holes,
    ClockOffset(i64),
}

/// What the store gave back.
enum Done {
    Ingested { gen_id: GenId, first_seq: u64, ingested: Ingested },
    Sealed { gen_id: GenId, outcome: Outcome },
    Holes(Vec<Hole>),
    Noted,
}

impl Desk {
    pub fn new(store: Store, gateway_id: &str, patience: Duration) -> Desk {
        let (session, waiting, work) = Default::default();
        Desk { store, gateway_id: gateway_id.to_owned(), patience, session, waiting, work, clock_told: false }
    }

    pub fn has_room(&self) -> bool {
        let bytes = |errand: &Errand| match errand {
            Errand::Message(asked) => asked.bytes(),
            Errand::Holes | Errand::ClockOffset(_) => 0,
        };
        self.waiting.len() < WAITING_MAX && self.waiting.iter().map(bytes).sum::<usize>() < WAITING_BYTES_MAX
    }

    pub fn put(&mut self, asked: Asked) {
        self.waiting.push_back(Errand::Message(asked));
    }

    /// Asks the gateway's archive for what is missing, as far as it was not asked.
    pub fn look_for_holes(&mut self) {
        let asked = self.waiting.iter().any(|errand| matches!(errand, Errand::Holes));
        if self.session.may_recall() && !asked {
            self.waiting.push_back(Errand::Holes);
        }
    }

    /// What the gateway measured: our clock less its own.
    pub fn clock_offset(&mut self, offset_ms: i64) {
        if offset_ms.saturating_abs() > CLOCK_OFFSET_MS_MAX && !std::mem::replace(&mut self.clock_told, true) {
            self.waiting.push_back(Errand::ClockOffset(offset_ms));
        }
    }

    /// Whether the store has nothing to do, after [`Self::begin`].
    pub fn idle(&self) -> bool {
        self.work.is_none()
    }

    /// Gives the store the next thing to do, when it has nothing.
    pub fn begin(&mut self) -> Result<(), Reject> {
        while self.work.is_none() {
            let Some(errand) = self.waiting.pop_front() else { break };
            let action = match errand {
                Errand::Message(asked) => self.session.take(asked)?,
                Errand::Holes => Some(Action::FindHoles),
                Errand::ClockOffset(offset_ms) => Some(Action::NoteClock { offset_ms }),
            };
            if let Some(action) = action {
                let work = work(self.store.clone(), self.gateway_id.clone(), action);
                let (patience, gateway_id) = (self.patience, self.gateway_id.clone());
                self.work = Some(Box::pin(async move { in_time(patience, &gateway_id, work).await }));
            }
        }
        Ok(())
    }

    /// The answers to what the store did. Never returns while it has nothing to do; nothing is lost when it is dropped
    /// and called again.
    pub async fn done(&mut self) -> Result<Answer, Reject> {
        let Some(work) = &mut self.work else { return std::future::pending().await };
        let done = work.await;
        self.work = None;
        Ok(match done? {
            Done::Ingested { gen_id, first_seq, ingested } => self.session.stored(gen_id, first_seq, &ingested),
            Done::Sealed { gen_id, outcome } => {
                Answer { messages: vec![self.session.sealed(gen_id, outcome)?], end: None }
            }
            Done::Holes(holes) => Answer { messages: self.session.recall(&holes), end: None },
            Done::Noted => Answer { messages: Vec::new(), end: None },
        })
    }
}

async fn work(store: Store, gateway_id: String, action: Action) -> Result<Done, StoreError> {
    Ok(match action {
        Action::Ingest { gen_id, first_seq, records, again } => {
            let ingested = store.ingest(&gateway_id, gen_id, first_seq, records, again).await?;
            Done::Ingested { gen_id, first_seq, ingested }
        }
        Action::Seal { gen_id, last_seq } => {
            Done::Sealed { gen_id, outcome: store.seal(&gateway_id, gen_id, last_seq).await? }
        }
        Action::FindHoles => Done::Holes(store.open_holes(&gateway_id).await?),
        Action::NoteClock { offset_ms } => {
            store.note_clock_offset(&gateway_id, offset_ms).await?;
            Done::Noted
        }
    })
}

/// What the store gives within its time, or why the stream ends.
pub async fn in_time<T>(
    patience: Duration,
    gateway_id: &str,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Reject> {
    match tokio::time::timeout(patience, work).await {
        Err(_) => Err(reject(RejectCode::Unavailable, "the platform is busy")),
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            let reject = session::refused(&error);
            if reject.code() == RejectCode::Unavailable {
                tracing::error!(gateway_id, %error, "the store failed");
            }
            Err(reject)
        }
    }
}
