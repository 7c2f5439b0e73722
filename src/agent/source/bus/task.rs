//! The task of one endpoint: polls its meters in turn, each when it is due.

use super::{meter::Meter, schedule};
use crate::{
    agent::{
        config::Bus,
        health::Health,
        source::{Input, line::Endpoint},
    },
    runtime::clock,
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Polls until `stop`. A full `out` holds back this bus only.
pub async fn run(
    bus: Bus,
    endpoint: Endpoint,
    out: mpsc::Sender<Input>,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    tokio::select! {
        () = stop.cancelled() => {}
        // nobody takes the scans any more: the run is about to stop
        () = poll_while_taken(bus, endpoint, &out, &health) => stop.cancelled().await,
    }
    Ok(())
}

async fn poll_while_taken(mut bus: Bus, mut endpoint: Endpoint, out: &mpsc::Sender<Input>, health: &Health) {
    let interval_ms = i64::try_from(bus.poll_interval.as_millis()).unwrap_or(i64::MAX);
    let meters = std::mem::take(&mut bus.meters);
    let mut meters: Vec<_> = meters.into_iter().map(|meter| Meter::new(&bus, meter)).collect();
    let (mut served, mut behind) = (None, false);
    loop {
        let now = clock::now();
        let due = schedule::next_due(now, served, interval_ms);
        let skipped = schedule::skipped(served, due, interval_ms);
        if behind != (skipped > 0) {
            behind = !behind;
            let state =
                if behind { "polls are left out: a round takes longer than the interval" } else { "in time again" };
            tracing::warn!(bus = bus.name, skipped, "{state}");
        }
        tokio::time::sleep(Duration::from_millis(due.since(now).unsigned_abs())).await;
        served = Some(due);
        endpoint.begin_poll();
        for meter in &mut meters {
            let scans = meter.scan(&mut endpoint, health).await;
            // each meter's as soon as it is there: it does not wait for a slower one behind it
            if !scans.is_empty() && out.send(Input { scans, ..Input::default() }).await.is_err() {
                return;
            }
        }
    }
}
