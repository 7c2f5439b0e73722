//! What the agent counts about itself. Written by every stage, read by the uplink's heartbeat.

mod bus;

pub use bus::{Asked, BusFigures, BusView, MeterView};

use crate::runtime::clock;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

#[derive(Debug, Default)]
pub struct Health {
    rejected_inputs: AtomicU64,
    refused_records: AtomicU64,
    clock_unknown: AtomicBool,
    /// By destination: its clock less ours, and when that was measured, since the boot.
    clock_offsets: Mutex<BTreeMap<usize, (i64, i64)>>,
    buses: Mutex<Vec<Arc<BusFigures>>>,
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

    /// Where a bus that begins counts what it does.
    pub fn bus(&self, name: &str, meters: Vec<String>) -> Arc<BusFigures> {
        let figures = Arc::new(BusFigures::new(name.to_owned(), meters, clock::monotonic()));
        self.buses.lock().unwrap_or_else(PoisonError::into_inner).push(figures.clone());
        figures
    }

    /// Of all buses, in the order of their names.
    pub fn buses(&self) -> Vec<BusView> {
        let buses = self.buses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut views: Vec<BusView> = buses.iter().map(|bus| bus.view(clock::monotonic())).collect();
        views.sort_by(|a, b| a.bus.cmp(&b.bus));
        views
    }

    pub fn rejected_inputs(&self) -> u64 {
        self.rejected_inputs.load(Relaxed)
    }

    pub fn clock_is_unknown(&self, unknown: bool) {
        self.clock_unknown.store(unknown, Relaxed);
    }

    pub fn clock_unknown(&self) -> bool {
        self.clock_unknown.load(Relaxed)
    }

    /// A destination's clock less ours.
    pub fn clock_measured(&self, destination: usize, offset_ms: i64) {
        let measured = (offset_ms, clock::since_boot_ms());
        self.clock_offsets.lock().unwrap_or_else(PoisonError::into_inner).insert(destination, measured);
    }

    /// What was measured says nothing of a clock that was set.
    pub fn forget_clock_offset(&self) {
        self.clock_offsets.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The first destination's that was measured at `since_boot_ms` or later.
    pub fn clock_offset(&self, since_boot_ms: i64) -> Option<i64> {
        let offsets = self.clock_offsets.lock().unwrap_or_else(PoisonError::into_inner);
        offsets.values().find(|(_, at)| *at >= since_boot_ms).map(|(offset, _)| *offset)
    }
}
