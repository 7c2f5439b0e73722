//! The one thread that writes: what waits is committed together.
//!
//! A job that fails is rolled back alone. A commit that fails fails all its jobs, and none is told otherwise.

use super::{Address, StoreError, connection::Connection, sql::Tx};
use crate::runtime::{
    fault::{self, Fault, planted},
    task,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Jobs that wait for the writer; further ones wait at the door.
const WAITING_MAX: usize = 256;
/// Jobs of one commit: at 20 the flush is a small part of the work, more only makes the first wait.
const GROUP_MAX: usize = 32;

type Job = Box<dyn FnOnce(Tx<'_>) -> Ran + Send>;

struct Ran {
    /// Whether what the job wrote is to stay.
    keep: bool,
    answer: Answer,
}

/// Takes whether the commit was durable to the one who asked.
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

/// The writer's queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    pub jobs: usize,
    pub jobs_max: usize,
}

pub struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    ended: CancellationToken,
    commits: Arc<AtomicU64>,
}

impl Writer {
    /// `address`: where a lost connection is made again.
    pub fn start(connection: Connection, address: Address) -> Result<Writer, std::io::Error> {
        let (queue, jobs) = mpsc::channel::<Job>(WAITING_MAX);
        let ended = CancellationToken::new();
        let commits = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&commits);
        let guard = ended.clone().drop_guard();
        let thread = task::thread("store-writer", move || {
            // dropped last: who sees the end finds the queue closed
            let _guard = guard;
            let (mut jobs, mut connection) = (jobs, connection);
            let mut group = Vec::with_capacity(GROUP_MAX);
            while jobs.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
                if connection.is_lost() {
                    match address.reader() {
                        Ok(made) => connection = made,
                        Err(error) => {
                            tracing::error!(%error, jobs = group.len(), "the store can not be reached, nothing of them is stored");
                            // who asked is told so, and asks again
                            group.clear();
                            continue;
                        }
                    }
                }
                commit(&connection, std::mem::take(&mut group), &counted);
            }
        })?;
        Ok(Writer { queue: Some(queue), thread: Some(thread), ended, commits })
    }

    /// Runs `work` inside the next commit; returns when that commit is durable.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = work(tx);
            Ran {
                keep: result.is_ok(),
                // who asked may have gone meanwhile
                answer: Box::new(move |committed| drop(reply.send(result.and_then(|value| committed.map(|()| value))))),
            }
        });
        let queue = self.queue.as_ref().ok_or(StoreError::Ended)?;
        queue.send(job).await.map_err(|_| StoreError::Ended)?;
        answer.await.unwrap_or(Err(StoreError::NotReached))
    }

    /// Commits so far.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// How long the queue is.
    pub fn waiting(&self) -> Waiting {
        let free = self.queue.as_ref().map_or(WAITING_MAX, mpsc::Sender::capacity);
        Waiting { jobs: WAITING_MAX - free.min(WAITING_MAX), jobs_max: WAITING_MAX }
    }

    /// Cancelled when the thread has ended, by a panic or because the store is closed.
    pub fn ended(&self) -> &CancellationToken {
        &self.ended
    }
}

/// Waits until what was asked for is done and the file is closed, so that the folder can be opened again.
impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn commit(connection: &Connection, group: Vec<Job>, commits: &AtomicU64) {
    let mut answers = Vec::with_capacity(group.len());
    let committed = transact(connection, group, &mut answers);
    // counted before anybody is told, so that who was told sees another number
    commits.fetch_add(1, Ordering::Release);
    if let Err(error) = &committed {
        tracing::error!(%error, jobs = answers.len(), "a commit failed, nothing of it is stored");
    }
    for answer in answers {
        answer(committed.clone());
    }
}

fn transact(connection: &Connection, group: Vec<Job>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
    connection.begin()?;
    let done = run(connection, group, answers).and_then(|()| {
        fault::point("platform.before_commit");
        connection.commit()
    });
    match &done {
        Ok(()) => fault::point("platform.after_commit"),
        Err(_) if connection.gave_up() => {}
        Err(_) => connection.roll_back()?,
    }
    done
}

fn run(connection: &Connection, group: Vec<Job>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
    for job in group {
        connection.begin_job()?;
        let ran = job(connection.tx());
        answers.push(ran.answer);
        // a full disk or a failed read ends the whole transaction, and what follows would commit by itself
        if connection.gave_up() {
            return Err(StoreError::NotReached);
        }
        connection.end_job(ran.keep)?;
    }
    if planted(Fault::AckBeforeCommit) {
        answers.drain(..).for_each(|answer| answer(Ok(())));
        fault::linger();
    }
    Ok(())
}
