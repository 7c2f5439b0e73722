//! The MQTT source against peers that we did not write: mosquitto, paho and pysparkplug. The recorder is the test: it says
//! when something is durable.

#![cfg(feature = "agent")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // waits for another process; a helper that panics fails its test

mod access;
mod delivery;
#[path = "../support/mosquitto.rs"]
mod mosquitto;
mod silence;
mod source;
mod sparkplug;
