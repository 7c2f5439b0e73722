//! The MQTT source against a broker that we did not write. The recorder is the test: it says when something is durable.

#![cfg(feature = "agent")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // waits for another process; a helper that panics fails its test

#[path = "support/mosquitto.rs"]
mod mosquitto;

use mosquitto::Mosquitto;
use mujun::{
    agent::{
        config::{MqttBroker, MqttPoint, MqttTopic},
        health::Health,
        source::{Input, Receipt, mqtt},
    },
    model::RawValue,
    runtime::task::{Ended, Tasks},
};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(60);
const CLIENT_ID: &str = "mujun-gw-plant";
const TOPIC: &str = "plant/line-1";

/// The source in a run of its own. Dropping it is the agent's sudden end.
struct Source {
    tasks: Tasks,
    inputs: mpsc::Receiver<Input>,
    health: Arc<Health>,
    stop: CancellationToken,
}

impl Source {
    fn start(port: u16, queue: usize) -> Source {
        let points = vec![MqttPoint { series: 0, pointer: "/n".into() }];
        let broker = MqttBroker {
            name: "plant".into(),
            host: "127.0.0.1".into(),
            port,
            client_id: CLIENT_ID.into(),
            inflight: 20,
            topics: vec![MqttTopic {
                topic: TOPIC.into(),
                meter: "line-1".into(),
                time: None,
                points,
                tags: Vec::new(),
            }],
        };
        let stop = CancellationToken::new();
        let mut tasks = Tasks::new(stop.clone());
        let (out, inputs) = mpsc::channel(queue);
        let health = Arc::new(Health::default());
        tasks.spawn("mqtt", mqtt::run(broker, out, health.clone(), stop.clone()));
        Source { tasks, inputs, health, stop }
    }

    /// The next message's number, and its receipt.
    async fn next(&mut self) -> (i64, Receipt) {
        let input = timeout(PATIENCE, self.inputs.recv()).await.expect("a message comes").unwrap();
        let [scan] = &input.scans[..] else { panic!("{input:?}") };
        let [(0, Ok(RawValue::Int(n)))] = scan.found[..] else { panic!("{scan:?}") };
        (n, input.receipt.expect("QoS 1 has a receipt"))
    }

    async fn take(&mut self, count: usize) -> Vec<(i64, Receipt)> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.push(self.next().await);
        }
        taken
    }

    async fn stop(self) {
        self.stop.cancel();
        drop(self.inputs);
        assert_eq!(self.tasks.join(PATIENCE).await, Ended::Stopped);
    }
}

fn client(port: u16, id: &str) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(id, "127.0.0.1", port);
    options.set_clean_session(id != CLIENT_ID);
    options.set_max_packet_size(1024 * 1024, 1024 * 1024);
    AsyncClient::new(options, 1024)
}

async fn until(events: &mut EventLoop, mut done: impl FnMut(Event) -> bool) {
    timeout(PATIENCE, async { while !done(events.poll().await.unwrap()) {} }).await.expect("the broker answers");
}

/// Returns when the broker has acknowledged every payload.
async fn publish(port: u16, topic: &str, payloads: impl IntoIterator<Item = String>) {
    let (client, mut events) = client(port, "publisher");
    let mut open = 0;
    for payload in payloads {
        client.publish(topic, QoS::AtLeastOnce, false, payload).await.unwrap();
        open += 1;
    }
    until(&mut events, |event| {
        open -= i32::from(matches!(event, Event::Incoming(Packet::PubAck(_))));
        open == 0
    })
    .await;
}

fn numbers(range: std::ops::Range<i64>) -> impl Iterator<Item = String> {
    range.map(|n| format!(r#"{{"n": {n}}}"#))
}

/// Makes the source's session before the source comes, so that its messages are kept from now on.
async fn subscribed(port: u16, topics: &[&str]) {
    let (client, mut events) = client(port, CLIENT_ID);
    for topic in topics {
        client.subscribe(*topic, QoS::AtLeastOnce).await.unwrap();
    }
    let mut open = topics.len();
    until(&mut events, |event| {
        open -= usize::from(matches!(event, Event::Incoming(Packet::SubAck(_))));
        open == 0
    })
    .await;
    client.disconnect().await.unwrap();
    until(&mut events, |event| event == Event::Outgoing(Outgoing::Disconnect)).await;
}

/// What the broker still has for the source's session, which is over: all that was not acknowledged.
async fn unacknowledged(port: u16) -> Vec<String> {
    publish(port, TOPIC, ["the end".to_owned()]).await;
    let (_client, mut events) = client(port, CLIENT_ID);
    let mut left = Vec::new();
    until(&mut events, |event| {
        if let Event::Incoming(Packet::Publish(publish)) = event {
            left.push(String::from_utf8_lossy(&publish.payload).into_owned());
        }
        left.last().is_some_and(|last| last == "the end")
    })
    .await;
    left.pop();
    left
}

#[tokio::test]
async fn every_message_is_handed_on_although_the_broker_is_killed_and_none_is_acknowledged_before_its_receipt() {
    let mut broker = Mosquitto::start();
    let port = broker.port();
    let mut source = Source::start(port, 64);
    // the source subscribes by itself: ask until something comes
    let mut probes = 0;
    while source.inputs.is_empty() {
        publish(port, TOPIC, numbers(-1..0)).await;
        probes += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(probes < 300, "the source does not subscribe");
    }
    publish(port, TOPIC, numbers(0..300)).await;

    let mut seen = Vec::new();
    let mut held = Vec::new();
    while held.len() < 20 {
        let (n, receipt) = source.next().await;
        match n {
            ..30 => receipt.give(),
            _ => held.push(receipt),
        }
        seen.push(n);
    }
    // until the last message and the last acknowledgement are on the broker's disk
    let mut nudges = 0;
    while !broker.has_saved(br#"{"n": 299}"#) || broker.has_saved(br#"{"n": 29}"#) {
        publish(port, "elsewhere", ["a change to save".to_owned()]).await;
        nudges += 1;
        assert!(nudges < 1000, "the broker does not save");
    }
    broker.kill_and_restart();

    // over the new connection they come again under the same packet ids: receipts of the old one, given late, must
    // not acknowledge them
    while source.next().await.0 != 30 {}
    held.into_iter().for_each(Receipt::give);
    while timeout(Duration::from_millis(500), source.inputs.recv()).await.is_ok() {}
    drop(source);

    let mut source = Source::start(port, 64);
    let mut after = Vec::new();
    while after.last() != Some(&299) {
        let (n, receipt) = source.next().await;
        after.push(n);
        receipt.give();
    }
    assert_eq!(after, (30..300).collect::<Vec<_>>(), "none of those had a receipt");
    assert!((0..30).all(|n| seen.contains(&n)));
    source.stop().await;
    assert_eq!(unacknowledged(port).await, [""; 0]);
}

#[tokio::test]
async fn a_payload_that_is_refused_stops_nothing_and_does_not_come_again() {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    let large = format!(r#"{{"n": 1, "picture": "{}"}}"#, "x".repeat(100 * 1024));
    let payloads = [r#"{"n": 0}"#, &large, "no JSON", r#"{"n": 3}"#, "[", r#"{"n": 5}"#].map(str::to_owned);
    publish(port, TOPIC, payloads).await;
    let mut source = Source::start(port, 64);
    let mut numbers = Vec::new();
    for (n, receipt) in source.take(3).await {
        numbers.push(n);
        receipt.give();
    }
    assert_eq!(numbers, [0, 3, 5]);
    assert_eq!(source.health.rejected_inputs(), 3);
    source.stop().await;
    assert_eq!(unacknowledged(port).await, [""; 0]);
}

#[tokio::test]
async fn what_was_not_committed_when_the_agent_died_comes_again() {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    publish(port, TOPIC, numbers(0..10)).await;
    let mut source = Source::start(port, 64);
    let first: Vec<i64> = source.take(10).await.into_iter().map(|(n, _)| n).collect();
    drop(source);
    let mut source = Source::start(port, 64);
    let mut second = Vec::new();
    for (n, receipt) in source.take(10).await {
        second.push(n);
        receipt.give();
    }
    assert_eq!(first, (0..10).collect::<Vec<_>>());
    assert_eq!(second, first);
    source.stop().await;
    assert_eq!(unacknowledged(port).await, [""; 0]);
}

#[tokio::test]
async fn the_last_commit_after_the_stop_is_still_acknowledged() {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    publish(port, TOPIC, numbers(0..10)).await;
    let mut source = Source::start(port, 4);
    let mut receipts: Vec<Receipt> = source.take(1).await.into_iter().map(|(_, receipt)| receipt).collect();
    source.stop.cancel();
    // what the source had read is still handed on; then it closes the queue, and the recorder commits
    while let Some(input) = source.inputs.recv().await {
        receipts.extend(input.receipt);
    }
    let committed = receipts.len();
    receipts.into_iter().for_each(Receipt::give);
    source.stop().await;
    assert_eq!(unacknowledged(port).await.len(), 10 - committed);
}

#[tokio::test]
async fn a_message_of_an_old_subscription_is_dropped_and_holds_nothing_back() {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC, "plant/gone"]).await;
    publish(port, "plant/gone", numbers(0..30)).await;
    publish(port, TOPIC, numbers(30..31)).await;
    let mut source = Source::start(port, 64);
    let (n, receipt) = source.next().await;
    assert_eq!(n, 30);
    receipt.give();
    assert_eq!(source.health.rejected_inputs(), 0);
    source.stop().await;
    assert_eq!(unacknowledged(port).await, [""; 0]);
}

/// The broker ends a connection that is silent for 30 s. A recorder that stands longer, as with a full disk, must not
/// cost the connection: nothing comes twice.
#[tokio::test]
async fn the_connection_stands_while_nobody_takes_inputs() {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    publish(port, TOPIC, numbers(0..100)).await;
    let mut source = Source::start(port, 1);
    let mut taken = vec![source.next().await];
    tokio::time::sleep(Duration::from_secs(40)).await;
    let mut numbers = Vec::new();
    while numbers.len() < 100 {
        for (n, receipt) in taken.drain(..) {
            numbers.push(n);
            receipt.give();
        }
        if numbers.len() < 100 {
            taken.push(source.next().await);
        }
    }
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    source.stop().await;
    assert_eq!(unacknowledged(port).await, [""; 0]);
}
