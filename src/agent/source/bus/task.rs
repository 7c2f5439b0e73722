//! The task of one bus: polls its meters, each when it is due.

use super::{
    Findings, Medium,
    meter::Meter,
    schedule::{Instants, Next, Schedule},
};
use crate::{
    agent::{
        config::Bus,
        health::{BusFigures, Health},
        source::Input,
    },
    model::UtcMillis,
    runtime::{clock, task::blocking},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

/// Polls until `stop`. A full `out` holds back this bus only.
pub async fn run<M: Medium>(
    bus: Bus,
    medium: M,
    out: mpsc::Sender<Input>,
    health: Arc<Health>,
    findings: Arc<Findings>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let wall = |_: Instant| clock::now();
    tokio::select! {
        () = stop.cancelled() => {}
        // nobody takes the scans any more: the run is about to stop
        () = poll_while_taken(bus, medium, &out, &health, findings, wall) => stop.cancelled().await,
    }
    Ok(())
}

/// `wall` is the wall clock at an instant of the steady one.
pub(super) async fn poll_while_taken<M: Medium>(
    bus: Bus,
    mut medium: M,
    out: &mpsc::Sender<Input>,
    health: &Health,
    findings: Arc<Findings>,
    wall: impl Fn(Instant) -> UtcMillis + Send,
) {
    let figures = health.bus(&bus.name, bus.meters.iter().map(|meter| meter.name.clone()).collect());
    let meter = |(place, meter)| Meter::new(&bus, place, meter, &findings, figures.clone());
    let mut meters: Vec<_> = bus.meters.iter().enumerate().map(meter).collect();
    let begun = clock::monotonic();
    let now = || {
        let now = clock::monotonic();
        let steady_ms = i64::try_from((now - begun).as_millis()).unwrap_or(i64::MAX);
        Instants { wall: wall(now), steady_ms }
    };
    let interval_ms =
        |meter: &crate::agent::config::Meter| i64::try_from(meter.poll_interval.as_millis()).unwrap_or(i64::MAX);
    let mut schedule = Schedule::new(bus.meters.iter().map(interval_ms), now());
    let mut behind = Behind::new(bus.meters.len());
    // a connection that could not be made is tried once a round, not once a meter
    let mut served_in_round = vec![true; meters.len()];
    loop {
        let (place, skipped) = match schedule.next(now()) {
            Next::Serve { meter, skipped } => (meter, skipped),
            Next::Wait { ms } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                continue;
            }
            Next::Never => return std::future::pending().await,
        };
        let (Some(meter), Some(served)) = (meters.get_mut(place), served_in_round.get(place)) else { continue };
        if *served {
            medium.begin_poll();
            served_in_round.fill(false);
        }
        if let Some(served) = served_in_round.get_mut(place) {
            *served = true;
        }
        figures.due(place, skipped, clock::monotonic());
        behind.note(&bus, place, skipped, &figures);
        let scans = meter.scan(&mut medium, health).await;
        if let (Some(learned), Some(described)) = (meter.news(), bus.meters.get(place)) {
            findings.keep(&bus, described, learned);
            save(findings.clone()).await;
        }
        // each meter's as soon as it is there: it does not wait for a slower one behind it
        if !scans.is_empty() && out.send(Input { scans, ..Input::default() }).await.is_err() {
            return;
        }
    }
}

async fn save(findings: Arc<Findings>) {
    if let Err(error) = blocking(move || findings.save()).await {
        tracing::warn!(%error, "what was learned of a meter could not be written: after a restart it is found out again");
    }
}

/// Which meters come too late, so that the log says it once.
struct Behind(Vec<bool>);

impl Behind {
    fn new(meters: usize) -> Behind {
        Behind(vec![false; meters])
    }

    fn note(&mut self, bus: &Bus, place: usize, skipped: u64, figures: &BusFigures) {
        let was = self.0.iter().any(|behind| *behind);
        if let Some(behind) = self.0.get_mut(place) {
            *behind = skipped > 0;
        }
        let is = self.0.iter().any(|behind| *behind);
        if was == is {
            return;
        }
        let load = figures.view(clock::monotonic()).load_percent;
        let state = match is {
            true => "polls are left out: a round takes longer than the interval; `mujun-agent plan` shows what to do",
            false => "in time again",
        };
        tracing::warn!(bus = bus.name, skipped, load_percent = load, "{state}");
    }
}
