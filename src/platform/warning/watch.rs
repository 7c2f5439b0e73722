//! Looks each quarter of an hour, and once a day at what needs the figures of a year.

use super::{Channels, judge::judge, message, working_day::Calendar};
use crate::{
    model::UtcMillis,
    platform::{
        assess::Basis,
        dual::{self, Dual},
        store::StoreError,
        warning::{Facts, examine},
    },
    runtime::clock,
};
use jiff::civil::Date;
use std::{convert::Infallible, time::Duration};
use tokio_util::sync::CancellationToken;

const LOOK_INTERVAL: Duration = Duration::from_secs(15 * 60);

/// Until `stop`. The first look is at once.
pub async fn watch(
    dual: Dual,
    basis: Basis,
    calendar: Calendar,
    channels: Channels,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut last_day: Option<Date> = None;
    loop {
        let now = clock::now();
        let today = now.civil().map(|civil| civil.date());
        let daily = today != last_day;
        match look(&dual, &channels, &calendar, basis, daily, now).await {
            Ok(()) => last_day = today,
            // what is open stays, and the next look is soon
            Err(error) => tracing::error!(%error, "warnings could not be judged"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

async fn look(
    dual: &Dual,
    channels: &Channels,
    calendar: &Calendar,
    basis: Basis,
    daily: bool,
    now: UtcMillis,
) -> Result<(), StoreError> {
    settle(dual, channels, dual::frequent(dual, calendar).await?, now).await?;
    if daily {
        settle(dual, channels, dual::daily(dual, basis, now).await?, now).await?;
    }
    Ok(())
}

/// Judges the facts against what is open, and stores what changes.
pub async fn settle(dual: &Dual, channels: &Channels, facts: Facts, now: UtcMillis) -> Result<(), StoreError> {
    let open = dual.store.open_warnings().await?;
    let changes = judge(examine(&facts, now), &open, &facts.judged);
    dual.store.change_warnings(changes, channels.all(), message, now).await
}
