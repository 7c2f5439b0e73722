//! A line that a tool has open, and what is heard on it.

use super::journal::{Journal, Told};
use crate::{
    agent::{
        config::{Bus, Link},
        source::line::{Endpoint, Fault, Switchboard},
    },
    runtime::{clock, task::Tasks},
};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// A DTU that lost its line calls again within a minute.
const CALL_MAX: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(500);

pub struct Session {
    pub bus: Bus,
    pub endpoint: Endpoint,
    pub journal: Arc<Journal>,
    /// Of a line whose DTU calls us.
    _tasks: Option<Tasks>,
}

impl Session {
    /// Opens nothing but the port at which a DTU calls: the first request does.
    pub fn new(bus: &Bus, journal: Arc<Journal>, stop: &CancellationToken) -> Session {
        let endpoint = Endpoint::new(bus).tapped(journal.clone());
        let (endpoint, tasks) = match bus.link {
            Link::DialIn(_) => {
                let switchboards = Switchboard::all(std::slice::from_ref(bus));
                let mut tasks = Tasks::new(stop.clone());
                for switchboard in &switchboards {
                    tasks.spawn("dial-in", switchboard.clone().run(stop.clone()));
                }
                (endpoint.behind(&switchboards), Some(tasks))
            }
            _ => (endpoint, None),
        };
        Session { bus: bus.clone(), endpoint, journal, _tasks: tasks }
    }

    /// Waits for a DTU's call, and listens for so long; over TCP there is nothing to hear.
    pub async fn listen(&mut self, time: Duration) -> Result<Vec<u8>, Fault> {
        if self.bus.link.wire().is_none() {
            return Ok(Vec::new());
        }
        let give_up = clock::monotonic() + CALL_MAX;
        loop {
            self.endpoint.begin_poll();
            match self.endpoint.listen(time).await {
                Err(Fault::Unreachable(_))
                    if matches!(self.bus.link, Link::DialIn(_)) && clock::monotonic() < give_up =>
                {
                    tokio::time::sleep(LOOK).await;
                }
                Err(fault) => return Err(fault),
                Ok(()) => return Ok(self.journal.take_unasked()),
            }
        }
    }

    /// The exchanges since this was last asked; the last of them is the one that has just ended.
    pub fn told(&self) -> Vec<Told> {
        self.journal.take()
    }
}
