//! MQTT 3.1.1: messages of a broker → scans.
//!
//! # Promises
//! - A message is acknowledged to the broker only after the spool's commit, and in the order of arrival.
//! - An acknowledgement never reaches another session than the one in which its message came.
//! - A payload that can not be understood is refused with the reason, counted, and acknowledged: the broker would
//!   send it for ever, and nothing behind it would come.
//!
//! # Does not
//! Recognise a message that comes twice: before the commit delivery is at least once. A register's reading that
//! comes again changes nothing on the ledger.

mod acks;
mod payload;

use super::{Input, Receipt};
use crate::{
    agent::{
        config::{MqttBroker, MqttTopic},
        health::Health,
    },
    runtime::{backoff::Backoff, clock, random},
};
use acks::Acks;
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, Publish, QoS, SubscribeFilter};
use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Larger packets than this make rumqttc drop the connection, so it is far above what we accept as a payload.
const PACKET_BYTES_MAX: usize = 1024 * 1024;
/// Acknowledgements and one subscription wait here for the connection.
const REQUESTS_MAX: usize = 256;

/// Runs until `stop`.
pub async fn run(
    broker: MqttBroker,
    out: mpsc::Sender<Input>,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut options = MqttOptions::new(&broker.client_id, &broker.host, broker.port);
    options.set_clean_session(false);
    options.set_manual_acks(true);
    options.set_keep_alive(Duration::from_secs(20));
    options.set_max_packet_size(PACKET_BYTES_MAX, PACKET_BYTES_MAX / 4);
    let (client, events) = AsyncClient::new(options, REQUESTS_MAX);
    let committed = Arc::new(watch::Sender::new(0));
    let acks = Arc::new(Acks::default());
    let mut source =
        Source { broker, out, health, client: client.clone(), acks: acks.clone(), committed, refused: HashMap::new() };
    let receipts = acknowledge(client, acks, source.committed.subscribe());
    // the event loop is only ever dropped at the stop: a poll that is cut short could lose what it had read
    tokio::select! {
        () = source.events(events) => {}
        () = receipts => {}
        () = stop.cancelled() => {}
    }
    Ok(())
}

struct Source {
    broker: MqttBroker,
    out: mpsc::Sender<Input>,
    health: Arc<Health>,
    client: AsyncClient,
    acks: Arc<Acks>,
    committed: Arc<watch::Sender<u64>>,
    /// By topic and kind of refusal: how often. Bounded by the configured topics.
    refused: HashMap<(String, &'static str), u64>,
}

impl Source {
    async fn events(&mut self, mut events: EventLoop) {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let mut failures = 0_u64;
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                    (failures, _) = (0, backoff.succeeded());
                    self.acks.new_session();
                    tracing::info!(broker = self.broker.name, "connected to the broker");
                    self.subscribe();
                }
                Ok(Event::Incoming(Incoming::Publish(publish))) => {
                    if self.take(publish).await.is_err() {
                        return; // the recorder has ended
                    }
                }
                Ok(Event::Incoming(Incoming::SubAck(ack))) => {
                    if ack.return_codes.iter().any(|code| matches!(code, rumqttc::SubscribeReasonCode::Failure)) {
                        tracing::error!(broker = self.broker.name, "the broker refuses a subscription");
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    // what was read and not yet handed on belongs to the session that broke: the broker sends it again
                    self.acks.new_session();
                    events.state.events.clear();
                    failures += 1;
                    if failures.is_power_of_two() {
                        tracing::warn!(broker = self.broker.name, failures, "no connection to the broker: {error}");
                    }
                    tokio::time::sleep(backoff.failed(random::up_to)).await;
                }
            }
        }
    }

    /// At each connection, also where the broker kept the session: the topics may have changed since, and a repeated
    /// subscription changes nothing but that retained messages come again.
    fn subscribe(&self) {
        let filters =
            self.broker.topics.iter().map(|topic| SubscribeFilter::new(topic.topic.clone(), QoS::AtLeastOnce));
        if let Err(error) = self.client.try_subscribe_many(filters) {
            tracing::error!(broker = self.broker.name, %error, "the subscription could not be asked for");
        }
    }

    async fn take(&mut self, publish: Publish) -> Result<(), ()> {
        let topic = self.broker.topics.iter().find(|topic| topic.topic == publish.topic).cloned();
        let scans = match &topic {
            Some(topic) => match payload::scan(topic, &publish.payload, clock::now()) {
                Ok(scan) => vec![scan],
                Err(refusal) => {
                    self.refuse(topic, &refusal);
                    Vec::new()
                }
            },
            // left from an earlier configuration of this session
            None => Vec::new(),
        };
        let receipt = (publish.qos != QoS::AtMostOnce).then(|| {
            let number = self.acks.arrived(publish);
            Receipt { number, committed: self.committed.clone() }
        });
        self.out.send(Input { scans, receipt }).await.map_err(|_| ())
    }

    fn refuse(&mut self, topic: &MqttTopic, refusal: &payload::Refusal) {
        self.health.rejected();
        let times = self.refused.entry((topic.topic.clone(), refusal.kind())).or_default();
        *times += 1;
        if times.is_power_of_two() {
            tracing::warn!(broker = self.broker.name, topic = topic.topic, times, "a payload was refused: {refusal}");
        }
    }
}

/// Acknowledges what is durable, in order of arrival.
async fn acknowledge(client: AsyncClient, acks: Arc<Acks>, mut committed: watch::Receiver<u64>) {
    while committed.changed().await.is_ok() {
        let through = *committed.borrow_and_update();
        for publish in acks.durable(through) {
            if client.ack(&publish).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
