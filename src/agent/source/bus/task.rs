//! The task of one bus: polls its meters, each when it is due.

use super::{
    Findings, Medium,
    meter::{Meter, PAUSE_MAX},
    schedule::{Instants, Next, Schedule},
};
use crate::{
    agent::{
        config::{self, Bus},
        health::Health,
        source::Input,
    },
    runtime::task::blocking,
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::mpsc;
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
    tokio::select! {
        () = stop.cancelled() => {}
        // nobody takes the scans any more: the run is about to stop
        () = poll_while_taken(bus, medium, &out, &health, findings, PAUSE_MAX) => stop.cancelled().await,
    }
    Ok(())
}

pub(super) async fn poll_while_taken<M: Medium>(
    bus: Bus,
    mut medium: M,
    out: &mpsc::Sender<Input>,
    health: &Health,
    findings: Arc<Findings>,
    pause_max: Duration,
) {
    let figures = health.bus(&bus.name, bus.meters.iter().map(|meter| meter.name.clone()).collect());
    let meter = |(place, meter)| Meter::new(&bus, place, meter, &findings, figures.clone(), pause_max);
    let mut meters: Vec<_> = bus.meters.iter().enumerate().map(meter).collect();
    let begun = medium.steady();
    let now = |medium: &M| {
        let steady_ms = i64::try_from((medium.steady() - begun).as_millis()).unwrap_or(i64::MAX);
        Instants { wall: medium.wall(), steady_ms }
    };
    let interval_ms = |meter: &config::Meter| i64::try_from(meter.poll_interval.as_millis()).unwrap_or(i64::MAX);
    let mut schedule = Schedule::new(bus.meters.iter().map(interval_ms), now(&medium));
    let mut behind = Behind::new(bus.meters.len());
    // a connection that could not be made is tried once a round, not once a meter
    let mut served_in_round = vec![true; meters.len()];
    loop {
        let (place, skipped) = match schedule.next(now(&medium)) {
            Next::Serve { meter, skipped } => (meter, skipped),
            Next::Wait { ms } => {
                medium.wait(Duration::from_millis(ms)).await;
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
        figures.due(place, skipped, medium.steady());
        behind.note(&bus, place, skipped, || figures.view(medium.steady()).load_percent);
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

    fn note(&mut self, bus: &Bus, place: usize, skipped: u64, load_percent: impl FnOnce() -> String) {
        let was = self.0.iter().any(|behind| *behind);
        if let Some(behind) = self.0.get_mut(place) {
            *behind = skipped > 0;
        }
        let is = self.0.iter().any(|behind| *behind);
        if was == is {
            return;
        }
        let state = match is {
            true => "polls are left out: a round takes longer than the interval; `mujun-agent plan` shows what to do",
            false => "in time again",
        };
        tracing::warn!(bus = bus.name, skipped, load_percent = load_percent(), "{state}");
    }
}
