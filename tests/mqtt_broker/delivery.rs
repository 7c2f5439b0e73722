//! What is handed on, when it is acknowledged, and what comes again: the same in both versions.

use super::{
    mosquitto::Mosquitto,
    source::{Source, TOPIC, numbers, plant, publish, subscribed, unacknowledged},
};
use mujun::agent::{
    config::{
        MqttBroker,
        MqttVersion::{self, V3_1_1, V5},
    },
    source::Receipt,
};
use std::time::Duration;
use tokio::time::timeout;

macro_rules! in_both_versions {
    ($($law:ident)*) => {
        mod v3_1_1 {
            $(#[tokio::test] async fn $law() { super::$law(super::V3_1_1).await; })*
        }
        mod v5 {
            $(#[tokio::test] async fn $law() { super::$law(super::V5).await; })*
        }
    };
}

in_both_versions! {
    every_message_is_handed_on_although_the_broker_is_killed_and_none_is_acknowledged_before_its_receipt
    a_payload_that_is_refused_stops_nothing_and_does_not_come_again
    what_was_not_committed_when_the_agent_died_comes_again
    the_last_commit_after_the_stop_is_still_acknowledged
    a_message_of_an_old_subscription_is_dropped_and_holds_nothing_back
    the_connection_stands_while_nobody_takes_inputs
}

async fn every_message_is_handed_on_although_the_broker_is_killed_and_none_is_acknowledged_before_its_receipt(
    version: MqttVersion,
) {
    let mut broker = Mosquitto::start();
    let port = broker.port();
    let mut source = Source::start(port, version, 64);
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

    let mut source = Source::start(port, version, 64);
    let mut after = Vec::new();
    while after.last() != Some(&299) {
        let (n, receipt) = source.next().await;
        after.push(n);
        receipt.give();
    }
    assert_eq!(after, (30..300).collect::<Vec<_>>(), "none of those had a receipt");
    assert!((0..30).all(|n| seen.contains(&n)));
    // a broker that saves each change may take longer for the acknowledgements than the source waits at its end
    nudges = 0;
    while broker.has_saved(br#"{"n": 299}"#) {
        publish(port, "elsewhere", ["a change to save".to_owned()]).await;
        nudges += 1;
        assert!(nudges < 1000, "the broker does not take the acknowledgements");
    }
    source.stop().await;
    assert_eq!(unacknowledged(port).await, [""; 0]);
}

async fn a_payload_that_is_refused_stops_nothing_and_does_not_come_again(version: MqttVersion) {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    let large = format!(r#"{{"n": 1, "picture": "{}"}}"#, "x".repeat(100 * 1024));
    let payloads = [r#"{"n": 0}"#, &large, "no JSON", r#"{"n": 3}"#, "[", r#"{"n": 5}"#].map(str::to_owned);
    publish(port, TOPIC, payloads).await;
    let mut source = Source::start(port, version, 64);
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

async fn what_was_not_committed_when_the_agent_died_comes_again(version: MqttVersion) {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    publish(port, TOPIC, numbers(0..10)).await;
    let mut source = Source::start(port, version, 64);
    let first: Vec<i64> = source.take(10).await.into_iter().map(|(n, _)| n).collect();
    drop(source);
    let mut source = Source::start(port, version, 64);
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

async fn the_last_commit_after_the_stop_is_still_acknowledged(version: MqttVersion) {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    publish(port, TOPIC, numbers(0..10)).await;
    let mut source = Source::start(port, version, 4);
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

async fn a_message_of_an_old_subscription_is_dropped_and_holds_nothing_back(version: MqttVersion) {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC, "plant/gone"]).await;
    publish(port, "plant/gone", numbers(0..30)).await;
    publish(port, TOPIC, numbers(30..31)).await;
    let mut source = Source::start(port, version, 64);
    let (n, receipt) = source.next().await;
    assert_eq!(n, 30);
    receipt.give();
    assert_eq!(source.health.rejected_inputs(), 0);
    source.stop().await;
    assert_eq!(unacknowledged(port).await, [""; 0]);
}

/// 3.1.1 has no word for it: there the broker's own setting counts.
#[tokio::test]
async fn with_mqtt_5_the_broker_sends_no_more_ahead_than_the_window_that_it_was_told() {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    let mut source = Source::of(MqttBroker { version: V5, inflight: 5, ..plant(port) }, 64);
    publish(port, TOPIC, numbers(0..1)).await;
    source.next().await.1.give();
    publish(port, TOPIC, numbers(1..51)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(source.inputs.len(), 5);
    let mut numbers = Vec::new();
    for _ in 1..51 {
        let (n, receipt) = source.next().await;
        numbers.push(n);
        receipt.give();
    }
    assert_eq!(numbers, (1..51).collect::<Vec<_>>());
    source.stop().await;
}

/// The broker ends a connection that is silent for 30 s. A recorder that stands longer, as with a full disk, must not
/// cost the connection: nothing comes twice.
async fn the_connection_stands_while_nobody_takes_inputs(version: MqttVersion) {
    let broker = Mosquitto::start();
    let port = broker.port();
    subscribed(port, &[TOPIC]).await;
    publish(port, TOPIC, numbers(0..100)).await;
    let mut source = Source::start(port, version, 1);
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
