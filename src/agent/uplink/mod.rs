//! Numbers → acknowledged numbers.
use crate::agent::{config::UplinkConfig, health::Health, spool::Spool};
use std::{convert::Infallible, sync::Arc};
use tokio_util::sync::CancellationToken;
pub async fn run(_: UplinkConfig, _: String, _: Spool, _: Arc<Health>, stop: CancellationToken) -> Result<(), Infallible> { stop.cancelled().await; Ok(()) }
