//! Closed quarter-hours of the sites, as they close and as late data changes them.
//!
//! # Promises
//! - A quarter-hour is closed [`SETTLE_MS`] after its end, with what is known of it then. Each later change is a revision
//!   behind a higher cursor, so that who asks for what is behind a cursor misses no last state.
//!
//! # Does not
//! Keep amounts: who asks reads them out of the ledger, as they stand.

use super::store::{Due, SiteInterval, Store, StoreError};
use crate::{
    energy::interval::QUARTER_MS,
    model::{Period, UtcMillis},
    runtime::clock,
};
use sha2::{Digest, Sha256};
use std::{convert::Infallible, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// After a quarter-hour's end: gateways commit every two seconds, and a reading counts when later ones confirm it.
const SETTLE_MS: i64 = 5 * 60_000;
/// Between two looks at what came.
const LOOK: Duration = Duration::from_secs(5);
/// Compared at once for one site.
const STRETCH_MS: i64 = 32 * 86_400_000;

/// Compares until `stop`; `changed` counts the rounds that found something.
pub async fn keep(store: Store, changed: watch::Sender<u64>, stop: CancellationToken) -> Result<(), Infallible> {
    loop {
        match round(&store, clock::now()).await {
            Ok(0) => {}
            Ok(_) => changed.send_modify(|rounds| *rounds += 1),
            // what is due stays due
            Err(error) => tracing::error!(%error, "closed quarter-hours could not be compared"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

/// Compares everything that is due at `now`, and returns how many quarter-hours are new or other than before.
pub async fn round(store: &Store, now: UtcMillis) -> Result<u64, StoreError> {
    while store.note_due().await? {}
    let limit = now.plus_ms(-SETTLE_MS).floor(QUARTER_MS);
    let mut changed = 0;
    loop {
        let all = store.due(limit).await?;
        if all.is_empty() {
            return Ok(changed);
        }
        for due in all {
            changed += compare(store, due, limit).await?;
        }
    }
}

async fn compare(store: &Store, due: Due, limit: UtcMillis) -> Result<u64, StoreError> {
    let start = due.start.floor(QUARTER_MS);
    let until = due.until.min(limit).min(start.plus_ms(STRETCH_MS)).floor(QUARTER_MS);
    let quarters = within(store, &due.credit_code, start, until).await?;
    let quarters = quarters.iter().map(|quarter| (quarter.start, digest(quarter))).collect();
    store.compared(due, until, quarters).await
}

/// A site's quarter-hours in `[start, until)`.
pub async fn within(
    store: &Store,
    credit_code: &str,
    start: UtcMillis,
    until: UtcMillis,
) -> Result<Vec<SiteInterval>, StoreError> {
    let day = |instant| Period::day_of(instant).ok();
    let days = day(start).zip(day(until.plus_ms(-1))).and_then(|(a, b)| format!("{a}..{b}").parse::<Period>().ok());
    // outside of the years that a period can name there is no data
    let Some(days) = days else { return Ok(Vec::new()) };
    let mut quarters = store.intervals(credit_code, &days).await?;
    quarters.retain(|quarter| start <= quarter.start && quarter.start < until);
    Ok(quarters)
}

/// Of all that is told of a quarter-hour.
fn digest(quarter: &SiteInterval) -> [u8; 32] {
    let mut sum = Sha256::new();
    for (list, amounts) in [(0_u8, &quarter.energy), (1, &quarter.output), (2, &quarter.scrap)] {
        for one in amounts {
            sum.update([list]);
            // a name holds no such byte, so that two lists of names never look alike
            for text in [&*one.name, &*one.unit, &one.amount.normalize().to_string()] {
                sum.update(text);
                sum.update([0xff]);
            }
            sum.update(one.doubts.bits().to_be_bytes());
        }
    }
    sum.update([u8::from(quarter.readings_present)]);
    sum.finalize().into()
}
