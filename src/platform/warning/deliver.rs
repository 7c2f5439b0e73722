//! Takes messages out of the store to where they go, until each is taken or given up.

use super::{mail, webhook};
pub use super::{
    mail::{MailSettings, Security},
    webhook::WebhookSettings,
};
use crate::{
    model::UtcMillis,
    platform::store::{Channel, Delivery, DeliveryState, Store, StoreError},
    runtime::{clock, task},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How often it looks for what is due.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Messages that one look takes.
const TAKEN_MAX: u16 = 50;
/// Pauses before the second try, the third, …: a minute, two, four, at most four hours.
const PAUSE_MS: i64 = 60_000;
const PAUSE_MS_MAX: i64 = 4 * 3_600_000;
/// A message that nobody took for three days is given up: the warning itself stays on the page.
const GIVEN_UP_MS: i64 = 3 * 86_400_000;

/// Where warnings are told.
#[derive(Clone, Default)]
pub struct Channels {
    pub mail: Option<Arc<MailSettings>>,
    pub webhook: Option<Arc<WebhookSettings>>,
}

impl Channels {
    /// Those that are configured.
    pub fn all(&self) -> Vec<Channel> {
        let mail = self.mail.is_some().then_some(Channel::Mail);
        mail.into_iter().chain(self.webhook.is_some().then_some(Channel::Webhook)).collect()
    }
}

/// Until `stop`.
pub async fn run(store: Store, channels: Channels, stop: CancellationToken) -> Result<(), Infallible> {
    loop {
        if let Err(error) = once(&store, &channels).await {
            // the messages stay where they are
            tracing::error!(%error, "messages of warnings could not be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

/// Tries each message whose time has come, once.
pub async fn once(store: &Store, channels: &Channels) -> Result<(), StoreError> {
    for delivery in store.due_deliveries(clock::now(), TAKEN_MAX).await? {
        let (id, key) = (delivery.id, delivery.key.clone());
        let tried = attempt(channels, delivery.clone()).await;
        let (state, due, failure) = after(&delivery, tried, clock::now());
        match state {
            DeliveryState::Delivered => tracing::info!(id, key, "a warning was told"),
            DeliveryState::GivenUp => tracing::error!(id, key, failure, "a warning could not be told and was given up"),
            DeliveryState::Waiting => tracing::warn!(id, key, failure, "a warning could not be told yet"),
        }
        store.delivery_tried(id, state, due, failure).await?;
    }
    Ok(())
}

async fn attempt(channels: &Channels, delivery: Delivery) -> Result<(), String> {
    let gone = || Err("this way is no longer configured".to_owned());
    match delivery.channel {
        Channel::Mail => match channels.mail.clone() {
            Some(mail) => task::blocking(move || mail::send(&mail, &delivery)).await,
            None => gone(),
        },
        Channel::Webhook => match channels.webhook.clone() {
            Some(webhook) => task::blocking(move || webhook::post(&webhook, &delivery)).await,
            None => gone(),
        },
    }
}

/// What a try makes of a message: its state, when it is tried next, and why it failed.
pub(super) fn after(
    delivery: &Delivery,
    tried: Result<(), String>,
    now: UtcMillis,
) -> (DeliveryState, UtcMillis, String) {
    let Err(failure) = tried else { return (DeliveryState::Delivered, now, String::new()) };
    let pause = PAUSE_MS.checked_shl(delivery.tries.min(20)).unwrap_or(PAUSE_MS_MAX).min(PAUSE_MS_MAX);
    let next = now.plus_ms(pause);
    if next.since(delivery.made) > GIVEN_UP_MS {
        return (DeliveryState::GivenUp, now, failure);
    }
    (DeliveryState::Waiting, next, failure)
}
