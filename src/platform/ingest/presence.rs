//! Which gateways are there, as their streams tell. In memory: after a restart they come and tell again.

use crate::{model::UtcMillis, wire::proto::Status};
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
    stream: u64,
    supersede: CancellationToken,
}

/// A gateway's current stream.
pub(super) struct Stream {
    presence: Presence,
    gateway_id: String,
    number: u64,
    /// Cancelled when a newer stream of the gateway has come.
    pub superseded: CancellationToken,
}

impl Presence {
    pub fn snapshot(&self) -> Vec<GatewayState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().map(|entry| entry.state.clone()).collect()
    }

    pub(super) fn open(&self, gateway_id: &str, now: UtcMillis) -> Stream {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry(gateway_id.to_owned()).or_default();
        entry.supersede.cancel();
        entry.supersede = CancellationToken::new();
        entry.stream += 1;
        entry.state.gateway_id = gateway_id.to_owned();
        (entry.state.connected, entry.state.last_seen) = (true, now);
        let (number, superseded) = (entry.stream, entry.supersede.clone());
        Stream { presence: self.clone(), gateway_id: gateway_id.to_owned(), number, superseded }
    }
}

impl Stream {
    fn update(&self, change: impl FnOnce(&mut GatewayState)) {
        let mut all = self.presence.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = all.get_mut(&self.gateway_id).filter(|entry| entry.stream == self.number) {
            change(&mut entry.state);
        }
    }

    pub fn seen(&self, now: UtcMillis) {
        self.update(|state| state.last_seen = now);
    }

    pub fn status(&self, status: &Status, now: UtcMillis) {
        self.update(|state| {
            state.backlog_records = status.backlog_records;
            state.backlog_bytes = status.backlog_bytes;
            state.clock_offset_ms = status.now_ms.saturating_sub(now.0);
            state.rejected_inputs = status.rejected_inputs;
        });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.update(|state| state.connected = false);
    }
}
