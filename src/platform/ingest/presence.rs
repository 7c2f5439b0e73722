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
    /// Since the oldest of the backlog was committed, by the gateway's clock; 0 without a backlog.
    pub backlog_age_ms: u64,
    /// The gateway's clock less ours, as it measured it; until it has, as its last message says, which was under way.
    pub clock_offset_ms: i64,
    /// Of the measurement; unknown before the first.
    pub round_trip_ms: Option<u32>,
    pub rejected_inputs: u64,
    /// Records that were refused here, as the gateway counts them.
    pub refused_records: u64,
    pub spool_bytes: u64,
    pub spool_bytes_max: u64,
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
            let oldest = Some(ping.oldest_ms).filter(|oldest| *oldest != 0);
            state.backlog_age_ms =
                oldest.map_or(0, |oldest| u64::try_from(ping.t0_ms.saturating_sub(oldest)).unwrap_or(0));
            state.clock_offset_ms = match ping.clock_offset_ms {
                Some(platform_less_gateway) => platform_less_gateway.saturating_neg(),
                None => ping.t0_ms.saturating_sub(now.0),
            };
            state.round_trip_ms = ping.clock_offset_ms.map(|_| ping.round_trip_ms);
            state.rejected_inputs = ping.rejected_inputs;
            state.refused_records = ping.refused_records;
            (state.spool_bytes, state.spool_bytes_max) = (ping.spool_bytes, ping.spool_bytes_max);
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.update(|state| state.connected = false);
    }
}
