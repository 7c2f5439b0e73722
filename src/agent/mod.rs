//! One gateway: the path from the meters to the platform, as twenty lines of code in [`run`].
//!
//! ```text
//!   modbus ─┐                              ┌─▶ uplink ══▶ platform
//!           ├─▶ recorder(meaning) ─▶ spool ┼─▶ uplink ══▶ another
//!   mqtt ───┘        │                 ▲   └─▶ attest ─┐
//!                    │                 └── signatures ─┘
//!                    ├─ committed ─▶ console
//!                    └─ receipts: the broker's acknowledgement
//! ```

pub mod archive;
pub mod attest;
pub mod clock;
pub mod command;
pub mod config;
pub mod console;
pub mod declare;
pub mod health;
pub mod meaning;
pub mod recorder;
pub mod source;
pub mod spool;
pub mod tls;
pub mod uplink;

use crate::runtime::{
    self,
    backoff::Backoff,
    random,
    task::{Ended, Tasks, blocking},
};
use config::Config;
use health::Health;
use source::{
    bus::Findings,
    line::{Endpoint, Switchboard},
};
use spool::{SledSpool, Spool, SpoolError};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Scans that wait for the recorder. A full queue makes the sources wait: a slow disk is not paid with memory.
const INPUTS_MAX: usize = 64;
/// From the stop to the last commit.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// Runs until `stop` is cancelled or a part fails.
pub async fn run(config: Config, stop: CancellationToken) -> Result<Ended, SpoolError> {
    let health = Arc::new(Health::default());
    let board = config.console.map(|_| Arc::new(console::Board::new(&config.points)));
    let meaning = meaning::Meaning::new(config.points);
    let run_id = random::id();
    let dir = config.spool.dir.clone();
    let dictionary = meaning.dictionary(run_id);
    // by name, so that a mark stays with its platform when the file's order or an address changes
    let destinations: Vec<String> = config.uplinks.iter().map(|uplink| uplink.name.clone()).collect();
    let limits = config.spool.limits();
    let spool_dir = dir.clone();
    let open = move || {
        let preamble = |seen| dictionary.begun(runtime::clock::now(), seen);
        SledSpool::open_later_than(&spool_dir, preamble, &destinations, limits)
    };
    let Some(opened) = open_patiently(open, &stop).await? else { return Ok(Ended::Stopped) };
    let spool: Arc<dyn Spool> = Arc::new(opened);

    let (newest, watched, trust) = (spool.earlier_end(), health.clone(), config.trust_clock);
    let buses = config.buses.clone();
    let beside = move || {
        let watch = clock::Watch::open(&dir, run_id, trust, newest, watched);
        (watch, declare::Declared::open(&dir), Arc::new(Findings::open(&dir, &buses)))
    };
    let (watch, declared, findings) = blocking(beside).await;

    let window = config.mqtt.iter().map(|broker| broker.inflight).min().unwrap_or(u16::MAX);
    let receipts_max = usize::from(window / 2).max(1);

    let mut tasks = Tasks::new(stop.clone());
    let (inputs, queue) = mpsc::channel(INPUTS_MAX);
    let switchboards = Switchboard::all(&config.buses);
    for switchboard in &switchboards {
        tasks.spawn("dial-in", switchboard.clone().run(stop.clone()));
    }
    for bus in config.buses {
        let endpoint = Endpoint::new(&bus).behind(&switchboards);
        let findings = findings.clone();
        tasks.spawn("bus", source::bus::run(bus, endpoint, inputs.clone(), health.clone(), findings, stop.clone()));
    }
    for broker in config.mqtt {
        tasks.spawn("mqtt", source::mqtt::run(broker, inputs.clone(), health.clone(), stop.clone()));
    }
    // the recorder ends when the last source has dropped its sender, with everything committed
    drop(inputs);
    let commit_interval = config.spool.commit_interval;
    let recorder = recorder::Recorder {
        meaning,
        spool: spool.clone(),
        commit_interval,
        receipts_max,
        clock: watch,
        declared,
        board: board.clone(),
        look_interval: recorder::LOOK,
        segments: recorder::Segments::default(),
    };
    let (begun, recorded) = (CancellationToken::new(), CancellationToken::new());
    let at_its_end = recorded.clone().drop_guard();
    tasks.spawn("recorder", async move {
        let _at_its_end = at_its_end;
        recorder.run(queue).await
    });
    let (key_file, every) = (config.key_file, attest::EVERY);
    let attest = attest::Attest { spool: spool.clone(), key_file, every, begun: begun.clone(), recorded };
    tasks.spawn("attest", attest.run());
    if let (Some(address), Some(board)) = (config.console, board) {
        let console = console::Console { gateway_id: config.gateway_id.as_str().into(), board, health: health.clone() };
        tasks.spawn("console", console::run(address, console, stop.clone()));
    }
    for (destination, uplink) in config.uplinks.into_iter().enumerate() {
        let (id, spool, health) = (config.gateway_id.clone(), spool.clone(), health.clone());
        let (begun, stop) = (begun.clone(), stop.clone());
        tasks.spawn("uplink", async move {
            begun.cancelled().await;
            uplink::run(uplink, destination, id, spool, health, stop).await
        });
    }
    Ok(tasks.join(STOP_DEADLINE).await)
}

/// A disk that is full, read-only or gone may come back without anyone near: the agent waits for it and says so. It
/// ends where waiting can not help: another agent has the folder, or a record can not be stored.
async fn open_patiently(
    open: impl Fn() -> Result<SledSpool, SpoolError> + Clone + Send + 'static,
    stop: &CancellationToken,
) -> Result<Option<SledSpool>, SpoolError> {
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    let mut failures = 0_u64;
    loop {
        match blocking(open.clone()).await {
            Ok(spool) => return Ok(Some(spool)),
            Err(error @ (SpoolError::Io { .. } | SpoolError::Database { .. } | SpoolError::Full)) => {
                failures += 1;
                if failures.is_power_of_two() {
                    tracing::error!(%error, failures, "the spool can not be opened and nothing is read: free the disk, or mount it writable");
                }
            }
            Err(error) => return Err(error),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(backoff.failed(random::up_to)) => {}
        }
    }
}
