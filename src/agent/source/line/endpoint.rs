//! The one connection of an endpoint, rebuilt when it is lost.

use super::{Fault, Pause};
use crate::{
    agent::{
        config::{Bus, Link},
        source::modbus::{Answer, Connection, Read},
    },
    model::Reason,
    runtime::{clock, random},
};
use std::time::Duration;

/// After a restart or a pulled cable an endpoint is found again within this time.
const RECONNECT_MAX: Duration = Duration::from_secs(30);

pub struct Endpoint {
    bus: String,
    address: String,
    timeout: Duration,
    connection: Option<Connection>,
    pause: Pause,
    /// Connecting failed in this poll: the meters that follow do not each wait for it again.
    given_up: bool,
    failed_connects: u64,
}

impl Endpoint {
    pub fn new(bus: &Bus) -> Endpoint {
        Endpoint {
            bus: bus.name.clone(),
            address: match &bus.link {
                Link::Tcp(address) => address.clone(),
                _ => String::new(),
            },
            timeout: bus.timeout,
            connection: None,
            pause: Pause::new(bus.timeout, RECONNECT_MAX),
            given_up: false,
            failed_connects: 0,
        }
    }

    pub fn begin_poll(&mut self) {
        self.given_up = false;
    }

    pub async fn read(&mut self, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        if let Some(connection) = self.connection.take() {
            match connection.read(unit_id, read).await {
                Ok((connection, answer)) => {
                    self.connection = Some(connection);
                    return Ok(answer);
                }
                // servers close what was idle for a while; that says nothing about this meter, so ask on a new one
                Err(Fault::Closed(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        let (connection, answer) = self.connect().await?.read(unit_id, read).await?;
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn connect(&mut self) -> Result<Connection, Fault> {
        if self.given_up || self.pause.reason(clock::monotonic()).is_some() {
            return Err(Fault::Unreachable("waiting for the next try".into()));
        }
        match Connection::open(&self.address, self.timeout).await {
            Ok(connection) => {
                self.pause.succeeded();
                let failed_connects = std::mem::take(&mut self.failed_connects);
                if failed_connects > 0 {
                    tracing::info!(bus = self.bus, address = self.address, failed_connects, "connected again");
                }
                Ok(connection)
            }
            Err(fault) => {
                self.given_up = true;
                self.pause.failed(clock::monotonic(), Reason::Disconnected, random::up_to);
                if self.failed_connects == 0 {
                    tracing::warn!(bus = self.bus, address = self.address, "the endpoint {fault}; trying on");
                }
                self.failed_connects += 1;
                Err(fault)
            }
        }
    }
}
