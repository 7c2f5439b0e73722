//! DTUs that call us: one listener for each address, and the lines of several buses behind it.
//!
//! ```text
//!   DTU ─▶ connect ─▶ registration "DTU-0001" ─▶ the slot of its bus ─▶ endpoint
//!                     unknown, too long, too late: closed and logged
//! ```
//!
//! # Promises
//! - Nobody gets a bus without its registration. Callers that have not said one are bounded in number, bytes and time.
//! - A DTU that calls again takes the place of its old connection.
//! - A listener that can not be opened is tried again, and holds back no other part of the agent.
//!
//! # Does not
//! Authenticate: a registration travels in the clear. Whoever can reach the port and knows it can play the DTU.

mod registration;
mod slot;
#[cfg(test)]
mod tests;

pub(super) use registration::readable;
#[cfg(any(test, fuzzing))]
pub(super) use registration::{Caller, whose};
pub(super) use slot::Slot;

use crate::{
    agent::config::{Bus, Link},
    runtime::{backoff::Backoff, clock, random, task::Crowd},
};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    time::timeout_at,
};
use tokio_util::sync::CancellationToken;

/// A DTU says who it is as soon as it is connected; over a slow mobile network that takes a while.
const REGISTRATION_DEADLINE: Duration = Duration::from_secs(30);
/// When one registration is the beginning of another: after this silence it was the shorter one.
const SILENCE: Duration = Duration::from_secs(1);
/// Heartbeats and a registration. The longest that DTUs let one set are 128 bytes.
const RECEIVED_MAX: usize = 512;
/// Callers who have not said who they are; more have to wait.
const CALLERS_MAX: usize = 64;

/// The buses behind one address.
#[derive(Debug)]
pub struct Switchboard {
    listen: SocketAddr,
    slots: Vec<Arc<Slot>>,
    refused: AtomicU64,
}

impl Switchboard {
    /// One for each address at which a bus is dialled.
    pub fn all(buses: &[Bus]) -> Vec<Arc<Switchboard>> {
        let mut all: Vec<Switchboard> = Vec::new();
        for bus in buses {
            let Link::DialIn(dial_in) = &bus.link else { continue };
            let slot = Arc::new(Slot::new(&bus.name, dial_in));
            match all.iter_mut().find(|known| known.listen == dial_in.listen) {
                Some(known) => known.slots.push(slot),
                None => {
                    let refused = AtomicU64::new(0);
                    all.push(Switchboard { listen: dial_in.listen, slots: vec![slot], refused });
                }
            }
        }
        all.into_iter().map(Arc::new).collect()
    }

    pub(super) fn slot(&self, bus: &str) -> Option<Arc<Slot>> {
        self.slots.iter().find(|slot| slot.bus() == bus).cloned()
    }

    /// Takes calls until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) -> Result<(), Infallible> {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.listen() => {}
        }
        Ok(())
    }

    async fn listen(self: &Arc<Self>) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let mut failures = 0_u64;
        loop {
            let error = match TcpListener::bind(self.listen).await {
                Ok(listener) => {
                    backoff.succeeded();
                    failures = 0;
                    self.serve(listener).await
                }
                Err(error) => error,
            };
            failures += 1;
            if failures.is_power_of_two() {
                let listen = self.listen;
                tracing::error!(%listen, failures, "no DTU can call: {error}; is the port taken, the address this gateway's own?");
            }
            tokio::time::sleep(backoff.failed(random::up_to)).await;
        }
    }

    /// Until the listener fails.
    async fn serve(self: &Arc<Self>, listener: TcpListener) -> io::Error {
        let mut callers = Crowd::new(CALLERS_MAX);
        loop {
            tokio::select! {
                () = callers.ended() => {}
                accepted = listener.accept(), if callers.has_room() => match accepted {
                    Ok((stream, from)) => {
                        let own = self.clone();
                        callers.spawn(async move { own.answer(stream, from).await });
                    }
                    // the caller has gone already; anything else is the listener's own trouble
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(error) => return error,
                },
            }
        }
    }

    async fn answer(&self, mut stream: TcpStream, from: SocketAddr) {
        match self.registered(&mut stream).await {
            Ok(slot) => slot.put(stream, from),
            Err(why) => {
                let refused = self.refused.fetch_add(1, Relaxed) + 1;
                if refused.is_power_of_two() {
                    let listen = self.listen;
                    tracing::warn!(%listen, %from, refused, "a caller was refused: {why}; compare the DTU's registration with those of the buses");
                }
            }
        }
    }

    /// Reads until it is clear whose DTU this is.
    async fn registered(&self, stream: &mut TcpStream) -> Result<&Slot, String> {
        // a request is waited for: nothing is gained by collecting
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let deadline = clock::monotonic() + REGISTRATION_DEADLINE;
        let mut received = Vec::new();
        loop {
            let caller = registration::whose(&received, &self.slots);
            let (until, so_far) = match caller {
                registration::Caller::Of(slot) => return Ok(slot),
                registration::Caller::Perhaps(slot) => (deadline.min(clock::monotonic() + SILENCE), Some(slot)),
                registration::Caller::More => (deadline, None),
                registration::Caller::Unknown => return Err(format!("it says {}", readable(&received))),
            };
            let mut buffer = [0; RECEIVED_MAX];
            match timeout_at(until, stream.read(&mut buffer)).await {
                Ok(Ok(0)) => return Err(format!("it hung up behind {}", readable(&received))),
                Ok(Ok(count)) => received.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Ok(Err(error)) => return Err(error.to_string()),
                Err(_) => match so_far {
                    Some(slot) => return Ok(slot),
                    None => {
                        let said = readable(&received);
                        return Err(format!("no registration within {REGISTRATION_DEADLINE:?}, only {said}"));
                    }
                },
            }
            if received.len() > RECEIVED_MAX {
                return Err(format!("{} bytes and no registration: {}", received.len(), readable(&received)));
            }
        }
    }
}
