//! One gateway: the path from the meters to the platform, as twenty lines of code in [`run`].
//!
//! ```text
//!   modbus ─┐                              ┌─▶ uplink ══▶ platform
//!           ├─▶ recorder(meaning) ─▶ spool ┼─▶ uplink ══▶ another
//!   mqtt ───┘        └─ receipts: the broker's acknowledgement
//! ```

pub mod command;
pub mod config;
pub mod health;
pub mod meaning;
pub mod recorder;
pub mod source;
pub mod spool;
pub mod uplink;

use crate::runtime::task::{Ended, Tasks, blocking};
use config::Config;
use health::Health;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Scans that wait for the recorder. A full queue makes the sources wait: a slow disk is not paid with memory.
const INPUTS_MAX: usize = 64;
/// From the stop to the last commit.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// Runs until `stop` is cancelled or a part fails.
pub async fn run(config: Config, stop: CancellationToken) -> Result<Ended, spool::SpoolError> {
    let health = Arc::new(Health::default());
    let meaning = meaning::Meaning::new(config.points);
    let (dir, preamble) = (config.spool.dir, meaning.preamble());
    // by name, so that a mark stays with its platform when the file's order or an address changes
    let destinations: Vec<String> = config.uplinks.iter().map(|uplink| uplink.name.clone()).collect();
    let limits = spool::Limits::DEFAULT;
    let opened = blocking(move || spool::SledSpool::open(&dir, preamble, &destinations, limits)).await?;
    let spool: Arc<dyn spool::Spool> = Arc::new(opened);

    let window = config.mqtt.iter().map(|broker| broker.inflight).min().unwrap_or(u16::MAX);
    let receipts_max = usize::from(window / 2).max(1);

    let mut tasks = Tasks::new(stop.clone());
    let (inputs, queue) = mpsc::channel(INPUTS_MAX);
    for bus in config.modbus {
        tasks.spawn("modbus", source::modbus::run(bus, inputs.clone(), health.clone(), stop.clone()));
    }
    for broker in config.mqtt {
        tasks.spawn("mqtt", source::mqtt::run(broker, inputs.clone(), health.clone(), stop.clone()));
    }
    // the recorder ends when the last source has dropped its sender, with everything committed
    drop(inputs);
    let commit_interval = config.spool.commit_interval;
    let recorder = recorder::Recorder { meaning, spool: spool.clone(), commit_interval, receipts_max };
    tasks.spawn("recorder", recorder.run(queue));
    for (destination, uplink) in config.uplinks.into_iter().enumerate() {
        let (id, spool, health) = (config.gateway_id.clone(), spool.clone(), health.clone());
        tasks.spawn("uplink", uplink::run(uplink, destination, id, spool, health, stop.clone()));
    }
    Ok(tasks.join(STOP_DEADLINE).await)
}
