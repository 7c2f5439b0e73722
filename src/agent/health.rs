//! What the agent counts about itself. Written by every stage, read by the uplink's heartbeat.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Debug, Default)]
pub struct Health {
    rejected_inputs: AtomicU64,
    refused_records: AtomicU64,
}

impl Health {
    /// A payload or reply was refused at a source; the reason is logged there.
    pub fn rejected(&self) {
        self.rejected_inputs.fetch_add(1, Relaxed);
    }

    /// A platform refused a record; how many there are now, of all platforms, since the start.
    pub fn refused(&self) -> u64 {
        self.refused_records.fetch_add(1, Relaxed) + 1
    }

    pub fn rejected_inputs(&self) -> u64 {
        self.rejected_inputs.load(Relaxed)
    }
}
