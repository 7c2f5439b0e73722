//! Uplink: durable records → acknowledged records.
//!
//! ```text
//!   spool ─▶ session (what next?) ─▶ transport (one bidirectional stream) ══▶ platform
//!     ▲            ▲                                                             │
//!     └─ acked ────┴──────────────── Ack, Rewind, Reject ◀───────────────────────┘
//! ```
//!
//! # Promises
//! - In order, and at least once on the wire; a record that the platform has is not sent again on a new stream.
//! - A generation is given back to the spool only when the platform said that it holds all of it.
//! - A slow or silent platform never slows a source: what is not acknowledged stays on disk.
//!
//! # Does not
//! Look into a record.

mod session;
mod transport;

use super::{config::UplinkConfig, health::Health, spool::Spool};
use crate::runtime::{backoff::Backoff, random};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How patient the uplink is. Tests shorten it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub connect: Duration,
    /// Without any word from the platform while an answer is owed.
    pub silence: Duration,
    /// Between two Status messages: the heartbeat.
    pub heartbeat: Duration,
    pub pause_max: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            heartbeat: Duration::from_secs(2),
            pause_max: Duration::from_secs(30),
        }
    }
}

/// Runs until `stop`. Streams again and again: a new channel for each try, with full jitter between them.
pub async fn run(
    config: UplinkConfig,
    gateway_id: String,
    spool: Spool,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    run_with(Patience::default(), config, gateway_id, spool, health, stop).await
}

pub async fn run_with(
    patience: Patience,
    config: UplinkConfig,
    gateway_id: String,
    spool: Spool,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut backoff = Backoff::new(Duration::from_millis(500), patience.pause_max);
    let mut failures = 0_u64;
    let mut stream = transport::Stream { patience, config, gateway_id, spool, health };
    loop {
        let mut welcomed = false;
        let ended = tokio::select! {
            ended = stream.run(&mut welcomed) => ended,
            () = stop.cancelled() => return Ok(()),
        };
        if welcomed {
            (failures, _) = (0, backoff.succeeded());
        }
        failures += 1;
        if failures.is_power_of_two() {
            tracing::warn!(platform = stream.config.platform_url, failures, "no stream to the platform: {ended}");
        }
        let pause = backoff.failed(random::up_to).max(ended.retry_after());
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}
