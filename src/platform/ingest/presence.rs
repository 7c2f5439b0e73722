//! Which gateways are there, as their streams tell. In memory: after a restart they come and tell again.

use crate::{model::UtcMillis, wire::proto::Ping};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// What is known of one gateway's streams since the platform started.
#[derive(Clone, Debug, PartialEq, Default, serde::Serialize)]
pub struct GatewayState {
    pub gateway_id: String,
    pub connected: bool,
    #[serde(rename = "last_seen_ms")]
    pub last_seen: UtcMillis,
    pub backlog_records: u64,
    pub backlog_bytes: u64,
    /// The gateway's clock less ours.
    pub clock_offset_ms: i64,
    pub rejected_inputs: u64,
}

#[derive(Clone, Default)]
pub struct Presence(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Default)]
struct Entry {
    state: GatewayState,
    streams: u64,
    superseded: CancellationToken,
}

/// A stream's place in the presence; free when the stream is gone.
pub(super) struct Place {
    presence: Presence,
    gateway_id: String,
    number: u64,
}

impl Presence {
    /// Every gateway that came since the platform started, by id.
    pub fn snapshot(&self) -> Vec<GatewayState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().map(|entry| entry.state.clone()).collect()
    }

    /// The gateway's stream from now on. `superseded` is cancelled when a newer one of the gateway comes.
    pub(super) fn enter(&self, gateway_id: &str, superseded: CancellationToken, now: UtcMillis) -> Place {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(gateway_id.to_owned()).or_default();
        std::mem::replace(&mut entry.superseded, superseded).cancel();
        entry.streams += 1;
        entry.state.gateway_id = gateway_id.to_owned();
        (entry.state.connected, entry.state.last_seen) = (true, now);
        Place { presence: self.clone(), gateway_id: gateway_id.to_owned(), number: entry.streams }
    }
}

impl Place {
    /// A stream that was superseded says no more of its gateway.
    fn update(&self, change: impl FnOnce(&mut GatewayState)) {
        let mut all = self.presence.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = all.get_mut(&self.gateway_id).filter(|entry| entry.streams == self.number) {
            change(&mut entry.state);
        }
    }

    pub fn seen(&self, now: UtcMillis) {
        self.update(|state| state.last_seen = now);
    }

    pub fn ping(&self, ping: &Ping, now: UtcMillis) {
        self.update(|state| {
            state.backlog_records = ping.backlog_records;
            state.backlog_bytes = ping.backlog_bytes;
            state.clock_offset_ms = ping.t0_ms.saturating_sub(now.0);
            state.rejected_inputs = ping.rejected_inputs;
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.update(|state| state.connected = false);
    }
}
