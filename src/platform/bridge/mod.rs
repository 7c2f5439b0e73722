//! Reporting onward: figures → messages of a centre's interface, until it has them.
//!
//! ```text
//!   feed, figures ─▶ message (by the mapping, a data file) ─▶ outbox in the store ─▶ HTTPS ─▶ centre
//!                                                                   ▲                          │
//!                                                                   └── again, later ◀── no success
//! ```
//!
//! # Promises
//! - A message is sent until the centre's reply is the success that the mapping describes; each centre has its own queue.
//! - Its key names it for ever, and is sent along: what comes twice is the same message. Late data sends it again, corrected.
//! - A statistic's time is the start of its period; a day below 90 % of its quarter-hours says so.
//!
//! # Does not
//! Know the centre's fields: the mapping does. Sign in the national ways (SSL VPN, SM2): a relay does that.

mod mapping;
mod message;
mod sender;

pub use mapping::{Mapping, load};

use super::{
    assess::Basis,
    feed,
    figures::Figures,
    store::{Message, Store, StoreError},
};
use crate::{
    energy::interval::QUARTER_MS,
    model::{CHINA_OFFSET_MS, Period, Site, UtcMillis},
    runtime::clock,
};
use mapping::Centre;
use sender::Patience;
use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(10);
/// Changed quarter-hours of one round.
const PAGE: u32 = 200;
const DAY_MS: i64 = 86_400_000;
/// A day is reported so long after its end.
const DAY_SETTLE_MS: i64 = 3_600_000;
/// And again, where it changed, for so many days more.
const AGAIN_MS: i64 = 2 * DAY_MS;
/// The last month is reported on the first ten days of the next one.
const MONTH_AGAIN_MS: i64 = 10 * DAY_MS;
/// Days that a platform reports when it comes back: before, the centre has them filled by hand (R24).
const BACK_MS: i64 = 62 * DAY_MS;

/// Makes and sends messages for one centre until `stop`.
pub async fn keep(
    mapping: Arc<Mapping>,
    place: usize,
    (store, figures): (Store, Figures),
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let Some(centre) = mapping.centres.get(place) else { return Ok(()) };
    loop {
        let round = async {
            make(&mapping, centre, &store, &figures, clock::now()).await?;
            sender::send(Patience::default(), &mapping, centre, &store, &stop).await
        };
        if let Err(error) = round.await {
            // what is not made or sent is made or sent later
            tracing::error!(centre = centre.name, %error, "reporting onward failed");
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

/// All messages that can be made at `now` and were not.
pub async fn make(
    mapping: &Mapping,
    centre: &Centre,
    store: &Store,
    figures: &Figures,
    now: UtcMillis,
) -> Result<(), StoreError> {
    let sites: BTreeMap<String, Site> =
        store.sites().await?.into_iter().map(|site| (site.credit_code.clone(), site)).collect();
    loop {
        let cursor = store.bridge_cursor(&centre.name, "quarter").await?;
        let closed = store.closed_after(cursor.unsigned_abs(), PAGE).await?;
        let Some(last) = closed.last() else { break };
        let mut messages = Vec::new();
        for one in &closed {
            let Some(site) = sites.get(&one.credit_code) else { continue };
            let found = feed::within(store, &one.credit_code, one.start, one.start.plus_ms(QUARTER_MS)).await?;
            messages.extend(found.iter().filter_map(|quarter| message::quarter(mapping, site, quarter)));
        }
        let until = i64::try_from(last.cursor).unwrap_or(i64::MAX);
        store.put_messages(&centre.name, messages, ("quarter", until), now).await?;
    }
    let today = now.plus_ms(CHINA_OFFSET_MS - DAY_SETTLE_MS).floor(DAY_MS).plus_ms(-CHINA_OFFSET_MS);
    let until = store.bridge_cursor(&centre.name, "day").await?;
    if until < today.0 {
        // days that were reported already: what came late corrects them
        let first = until.saturating_sub(AGAIN_MS).max(today.0 - BACK_MS);
        let first = if until == 0 { today.0 - DAY_MS } else { first };
        let messages = daily(mapping, store, figures, &sites, (UtcMillis(first), today)).await?;
        store.put_messages(&centre.name, messages, ("day", today.0), now).await?;
    }
    Ok(())
}

/// At the day's beginning `today`: registration, versions, base data, meters; the days since `first`, and the last month
/// until its tenth day.
async fn daily(
    mapping: &Mapping,
    store: &Store,
    figures: &Figures,
    sites: &BTreeMap<String, Site>,
    (first, today): (UtcMillis, UtcMillis),
) -> Result<Vec<Message>, StoreError> {
    let mut messages: Vec<Message> = sites.values().flat_map(|site| message::of_site(mapping, site, today)).collect();
    let gateways = store.gateways().await?;
    let owners: BTreeMap<_, _> =
        gateways.into_iter().map(|gateway| (gateway.gateway_id, gateway.credit_code)).collect();
    let lines = store.ledger().await?;
    for site in sites.values() {
        let own = lines.iter().filter(|line| owners.get(&line.gateway_id) == Some(&site.credit_code));
        messages.extend(message::meters(mapping, site, own));
    }
    let mut periods = Vec::new();
    let mut start = first;
    while start < today {
        periods.extend(Period::day_of(start).ok().map(|day| ("day", day)));
        start = start.plus_ms(DAY_MS);
    }
    let month = Period::day_of(today.plus_ms(-MONTH_AGAIN_MS)).ok();
    let month = month.and_then(|day| day.to_string().get(..7)?.parse::<Period>().ok());
    periods.extend(month.filter(|month| month.end <= today).map(|month| ("month", month)));
    for (operation, period) in periods {
        let assessment = figures.of(&period, Basis::Calorific).await?;
        for assessed in &assessment.sites {
            if let Some(site) = sites.get(&assessed.credit_code) {
                messages.extend(message::figures(mapping, operation, site, assessed, period.start));
            }
        }
    }
    Ok(messages)
}

#[cfg(test)]
mod tests;
