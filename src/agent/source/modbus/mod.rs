//! Modbus source.
use super::Input;
use crate::agent::{config::ModbusBus, health::Health};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
pub async fn run(_: ModbusBus, _: mpsc::Sender<Input>, _: Arc<Health>, stop: CancellationToken) -> Result<(), Infallible> { stop.cancelled().await; Ok(()) }
