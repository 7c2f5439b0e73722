//! Sources: a bus or a topic → scans.
//!
//! # Promises
//! - A sample for every due point: a value, or the reason why there is none.
//! - A dead meter or broker delays only itself.
//! - Wrong data is never returned as good.
//! - An MQTT message is acknowledged to its broker only after the spool's commit.
//!
//! # Does not
//! Scale, guess, or remember.

use crate::model::{Scan, Tag, UtcMillis};
use std::sync::Arc;
use tokio::sync::watch;

pub mod bus;
pub mod cjt188;
mod digits;
pub mod dlt645;
pub mod line;
pub mod modbus;
pub mod mqtt;

/// What a source hands on.
#[derive(Debug, Default)]
pub struct Input {
    /// What the meter's output belongs to from then on, where it changed: before the scans.
    pub tags: Vec<(UtcMillis, Tag)>,
    pub scans: Vec<Scan>,
    /// The times are the device's own, not this gateway's clock.
    pub dated: bool,
    /// Given back when all scans are durable, or when there was nothing to keep.
    pub receipt: Option<Receipt>,
}

/// A source's wish to know when an input is durable. Inputs of one source are committed in order, so that the
/// highest number says it for all before it.
#[derive(Debug)]
pub struct Receipt {
    pub number: u64,
    pub committed: Arc<watch::Sender<u64>>,
}

impl Receipt {
    pub fn give(self) {
        self.committed.send_if_modified(|highest| {
            let risen = self.number > *highest;
            *highest = self.number.max(*highest);
            risen
        });
    }
}
