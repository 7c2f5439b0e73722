//! MQTT 3.1.1 and 5: messages of a broker → scans.
//!
//! # Promises
//! - A message is acknowledged only after the spool's commit, and in the order of arrival.
//! - An acknowledgement never reaches another connection than the one over which its message came.
//! - A payload that cannot be understood is refused with the reason, counted, and acknowledged in its turn: the
//!   broker would send it for ever, and hold back what follows.
//! - At the stop, what was handed on is acknowledged, where its commit comes within three seconds.
//!
//! # Does not
//! Recognise a message that comes twice: up to the commit delivery is at least once, and only as far as the broker
//! keeps its sessions. A register's reading that comes again changes nothing on the ledger.

mod access;
mod ack;
mod connection;
mod csv;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod intake;
mod number;
mod payload;
mod route;
mod session;
mod sparkplug;
mod tally;
mod time;

pub use access::look;

use super::Input;
use crate::agent::{config::MqttBroker, health::Health};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// One broker. Returns when `stop` is cancelled.
pub async fn run(
    broker: MqttBroker,
    out: mpsc::Sender<Input>,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    session::run(broker, out, health, stop.clone()).await;
    stop.cancelled().await;
    Ok(())
}
