//! What a meter is asked over.

use crate::{
    agent::source::{
        line::{Endpoint, Fault, Seen},
        modbus::{Answer, Read},
    },
    model::UtcMillis,
    runtime::clock,
};
use std::{future::Future, time::Duration};
use tokio::time::Instant;

/// One request at a time, and the time in which it passes. An [`Endpoint`], or what stands in for it in a test.
pub trait Medium: Send {
    fn steady(&self) -> Instant;

    fn wall(&self) -> UtcMillis;

    fn wait(&mut self, time: Duration) -> impl Future<Output = ()> + Send;

    /// From now on a connection that can not be made is tried once more.
    fn begin_poll(&mut self);

    fn read(&mut self, unit_id: u8, read: &Read) -> impl Future<Output = Result<Answer, Fault>> + Send;

    /// A request of another protocol than Modbus. `seen` says what the bytes that came are to it.
    fn exchange(
        &mut self,
        request: &[u8],
        seen: impl Fn(&[u8]) -> Seen + Send + Sync,
    ) -> impl Future<Output = Result<Vec<u8>, Fault>> + Send;
}

impl Medium for Endpoint {
    fn steady(&self) -> Instant {
        clock::monotonic()
    }

    fn wall(&self) -> UtcMillis {
        clock::now()
    }

    async fn wait(&mut self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn begin_poll(&mut self) {
        Endpoint::begin_poll(self);
    }

    async fn read(&mut self, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        Endpoint::read(self, unit_id, read).await
    }

    async fn exchange(&mut self, request: &[u8], seen: impl Fn(&[u8]) -> Seen + Send + Sync) -> Result<Vec<u8>, Fault> {
        Endpoint::exchange(self, request, seen).await
    }
}
