//! Tasks with a name, one parent and a stop deadline. The only place that spawns.

use std::{future::Future, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// All tasks of one process run. A task that ends before the stop was asked for ends the run: nothing keeps
/// working beside a dead part.
pub struct Tasks {
    stop: CancellationToken,
    set: JoinSet<(&'static str, Result<(), String>)>,
}

/// Why the run ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// The stop was asked for and every task came to its end in time.
    Stopped,
    /// The task failed, panicked, ended by itself, or did not stop in time.
    Failed { task: &'static str, error: String },
}

impl Tasks {
    pub fn new(stop: CancellationToken) -> Tasks {
        Tasks { stop, set: JoinSet::new() }
    }

    /// The token every task watches.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    #[allow(clippy::disallowed_methods)]
    pub fn spawn<E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        self.set.spawn(async move { (name, task.await.map_err(|error| error.to_string())) });
    }

    /// Waits until the stop is asked for or a task ends, then until all have ended, at most `deadline`.
    pub async fn join(mut self, deadline: Duration) -> Ended {
        let mut first_failure = None;
        tokio::select! {
            biased; // a task that ended since it was asked to has not failed
            () = self.stop.cancelled() => {}
            ended = self.set.join_next() => first_failure = ended.and_then(|ended| failure(ended, false)),
        }
        self.stop.cancel();
        let drain = async {
            while let Some(ended) = self.set.join_next().await {
                let late = failure(ended, true);
                first_failure = first_failure.take().or(late);
            }
        };
        if tokio::time::timeout(deadline, drain).await.is_err() {
            let error = format!("did not stop within {deadline:?}");
            first_failure = first_failure.or(Some(Ended::Failed { task: "a task", error }));
        }
        first_failure.unwrap_or(Ended::Stopped)
    }
}

fn failure(ended: Result<(&'static str, Result<(), String>), tokio::task::JoinError>, stopping: bool) -> Option<Ended> {
    match ended {
        Ok((_, Ok(()))) if stopping => None,
        Ok((task, Ok(()))) => Some(Ended::Failed { task, error: "ended by itself".into() }),
        Ok((task, Err(error))) => Some(Ended::Failed { task, error }),
        Err(join) => Some(Ended::Failed { task: "a task", error: join.to_string() }),
    }
}

/// Tasks that come and go, such as connections: so many at one time. They end with it.
pub struct Crowd {
    set: JoinSet<()>,
    tasks_max: usize,
}

impl Crowd {
    pub fn new(tasks_max: usize) -> Crowd {
        Crowd { set: JoinSet::new(), tasks_max }
    }

    pub fn has_room(&self) -> bool {
        self.set.len() < self.tasks_max
    }

    /// Forgets those that have ended, without waiting.
    pub fn reap(&mut self) {
        while let Some(ended) = self.set.try_join_next() {
            if let Err(join) = ended {
                tracing::error!("a task failed: {join}");
            }
        }
    }

    #[allow(clippy::disallowed_methods)]
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(task);
    }

    /// Waits for one of them to end; for ever while there is none. A panic is told and spoils no other.
    pub async fn ended(&mut self) {
        match self.set.join_next().await {
            Some(Ok(())) => {}
            Some(Err(join)) => tracing::error!("a task failed: {join}"),
            None => std::future::pending().await,
        }
    }

    pub async fn all_ended(&mut self) {
        while !self.set.is_empty() {
            self.ended().await;
        }
    }
}

/// Runs `work`, which blocks on a disk or a database, beside the event loop.
#[allow(clippy::disallowed_methods)]
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(join) => std::panic::resume_unwind(join.into_panic()),
    }
}

/// A named thread for work that owns its state and blocks for as long as it runs.
#[allow(clippy::disallowed_methods)]
pub fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(work)
}

/// Cancels `stop` at the first SIGINT or SIGTERM.
pub async fn stop_on_signal(stop: CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = stop.cancelled() => {}
    }
    stop.cancel();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_because_it_was_asked_to_has_not_failed() {
        for _ in 0..100 {
            let stop = CancellationToken::new();
            let mut tasks = Tasks::new(stop.clone());
            tasks.spawn("short", std::future::ready(Ok::<(), std::convert::Infallible>(())));
            tokio::task::yield_now().await;
            stop.cancel();
            assert!(matches!(tasks.join(Duration::from_secs(1)).await, Ended::Stopped));
        }
    }
}
