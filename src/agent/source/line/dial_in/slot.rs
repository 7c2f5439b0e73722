//! Where a bus finds its DTU's call.

use crate::agent::config::DialIn;
use std::{
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::net::TcpStream;

#[derive(Debug)]
pub struct Slot {
    bus: String,
    registration: Vec<u8>,
    heartbeat: Vec<u8>,
    /// The newest one that the bus has not taken yet.
    call: Mutex<Option<TcpStream>>,
}

impl Slot {
    pub fn new(bus: &str, dial_in: &DialIn) -> Slot {
        let DialIn { registration, heartbeat, .. } = dial_in.clone();
        Slot { bus: bus.into(), registration, heartbeat, call: Mutex::new(None) }
    }

    pub fn bus(&self) -> &str {
        &self.bus
    }

    pub fn registration(&self) -> &[u8] {
        &self.registration
    }

    pub fn heartbeat(&self) -> &[u8] {
        &self.heartbeat
    }

    pub fn put(&self, stream: TcpStream, from: SocketAddr) {
        *self.call() = Some(stream);
        tracing::info!(bus = self.bus, %from, "its DTU has called");
    }

    /// The bus is to leave its old connection for a newer one.
    pub fn waits(&self) -> bool {
        self.call().is_some()
    }

    pub fn take(&self) -> Option<TcpStream> {
        self.call().take()
    }

    fn call(&self) -> MutexGuard<'_, Option<TcpStream>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
