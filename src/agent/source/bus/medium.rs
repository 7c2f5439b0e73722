//! What a meter is asked over.

use crate::agent::source::{
    line::{Endpoint, Fault},
    modbus::{Answer, Read},
};
use std::future::Future;

/// One request at a time. An [`Endpoint`], or what stands in for it in a test.
pub trait Medium: Send {
    /// From now on a connection that can not be made is tried once more.
    fn begin_poll(&mut self);

    fn read(&mut self, unit_id: u8, read: &Read) -> impl Future<Output = Result<Answer, Fault>> + Send;
}

impl Medium for Endpoint {
    fn begin_poll(&mut self) {
        Endpoint::begin_poll(self);
    }

    async fn read(&mut self, unit_id: u8, read: &Read) -> Result<Answer, Fault> {
        Endpoint::read(self, unit_id, read).await
    }
}
