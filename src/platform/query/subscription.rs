//! Who follows closed quarter-hours, each with a task of its own and a short queue.

use super::{Told, answer, desk::failed};
use crate::{
    platform::{
        access::Asker,
        feed,
        store::{Closed, Store},
    },
    runtime::task::Crowd,
    wire::proto::{ClosedInterval, Interval},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// Who follows at one time: programs, not pages.
const FOLLOWERS_MAX: usize = 64;
/// What waits for one that reads slowly.
const QUEUE: usize = 64;
/// Read out of the store at once.
const PAGE: u32 = 200;
/// For one that does not read.
const PATIENCE: Duration = Duration::from_secs(30);
const DAY_MS: i64 = 86_400_000;

/// All that follow.
pub struct Followers {
    changed: watch::Receiver<u64>,
    stop: CancellationToken,
    crowd: Mutex<Crowd>,
}

/// One that follows.
pub struct Follower {
    store: Store,
    asker: Asker,
    /// `None`: all sites that the asker may see.
    wanted: Option<BTreeSet<String>>,
    cursor: u64,
    patience: Duration,
}

/// What one is sent, and why it ends.
pub struct Stream {
    told: mpsc::Receiver<ClosedInterval>,
    end: Arc<OnceLock<Status>>,
    ended: bool,
}

impl tokio_stream::Stream for Stream {
    type Item = Told;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Told>> {
        match self.told.poll_recv(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(told)) => Poll::Ready(Some(Ok(told))),
            Poll::Ready(None) if self.ended => Poll::Ready(None),
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(self.end.get().cloned().map(Err))
            }
        }
    }
}

impl Followers {
    pub fn new(changed: watch::Receiver<u64>, stop: CancellationToken) -> Followers {
        Followers { changed, stop, crowd: Mutex::new(Crowd::new(FOLLOWERS_MAX)) }
    }

    /// # Errors
    /// There is no place left.
    pub fn add(&self, follower: Follower) -> Result<Stream, Status> {
        let mut crowd = self.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        crowd.reap();
        if !crowd.has_room() {
            let full = format!("已有 {FOLLOWERS_MAX} 个订阅 / there are {FOLLOWERS_MAX} subscribers already");
            return Err(Status::resource_exhausted(full));
        }
        let (tell, told) = mpsc::channel(QUEUE);
        let end = Arc::new(OnceLock::new());
        let (stream, changed, stop) =
            (Stream { told, end: end.clone(), ended: false }, self.changed.clone(), self.stop.clone());
        crowd.spawn(async move {
            tokio::select! {
                status = follower.follow(&tell, changed) => { let _ = end.set(status); }
                () = stop.cancelled() => { let _ = end.set(Status::unavailable("平台正在停止 / the platform is stopping")); }
                () = tell.closed() => {}
            }
        });
        Ok(stream)
    }
}

impl Follower {
    pub fn new(store: Store, asker: Asker, wanted: Option<BTreeSet<String>>, cursor: u64) -> Follower {
        Follower { store, asker, wanted, cursor, patience: PATIENCE }
    }

    /// Until there is a reason to end.
    async fn follow(mut self, tell: &mpsc::Sender<ClosedInterval>, mut changed: watch::Receiver<u64>) -> Status {
        loop {
            // before the look, so that what comes after it is another change
            changed.borrow_and_update();
            loop {
                let page = match self.page().await {
                    Ok(page) => page,
                    Err(status) => return status,
                };
                let Some(page) = page else { break };
                for one in page {
                    if tokio::time::timeout(self.patience, tell.send(one)).await.is_err() {
                        return Status::resource_exhausted(format!(
                            "读取过慢，{:?} 内未取走数据；请带最后的 cursor 重新订阅 / too slow: nothing was read for {0:?}; \
                             subscribe again with the last cursor",
                            self.patience
                        ));
                    }
                }
            }
            if changed.changed().await.is_err() {
                return Status::unavailable("平台正在停止 / the platform is stopping");
            }
        }
    }

    /// What follows the cursor and is for this one; `None` at the end of what there is.
    async fn page(&mut self) -> Result<Option<Vec<ClosedInterval>>, Status> {
        let rows = self.store.closed_after(self.cursor, PAGE).await.map_err(|error| failed(&error))?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.cursor = last.cursor;
        let sites = self.store.sites().await.map_err(|error| failed(&error))?;
        let counties: BTreeMap<&str, &str> =
            sites.iter().map(|site| (site.credit_code.as_str(), site.county_code.as_str())).collect();
        let mine = |row: &&Closed| {
            self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&row.credit_code))
                && counties.get(row.credit_code.as_str()).is_some_and(|county| self.asker.sees(county))
        };
        let rows: Vec<_> = rows.iter().filter(mine).collect();
        let days: BTreeSet<_> = rows.iter().map(|row| (&row.credit_code, row.start.floor(DAY_MS))).collect();
        let mut amounts = BTreeMap::new();
        for (code, day) in days {
            let found = feed::within(&self.store, code, day, day.plus_ms(DAY_MS)).await;
            for quarter in found.map_err(|error| failed(&error))? {
                amounts.insert((code.as_str(), quarter.start), answer::interval(&quarter));
            }
        }
        let told = rows.iter().map(|row| {
            let amounts = amounts.remove(&(row.credit_code.as_str(), row.start));
            ClosedInterval {
                cursor: row.cursor,
                credit_code: row.credit_code.clone(),
                revision: row.revision,
                interval: Some(amounts.unwrap_or(Interval { start_ms: row.start.0, ..Interval::default() })),
            }
        });
        Ok(Some(told.collect()))
    }
}
