//! MQTT source.
use super::Input;
use crate::agent::{config::MqttBroker, health::Health};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
pub async fn run(_: MqttBroker, _: mpsc::Sender<Input>, _: Arc<Health>, stop: CancellationToken) -> Result<(), Infallible> { stop.cancelled().await; Ok(()) }
