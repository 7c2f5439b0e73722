//! The source in a run of its own, and the clients that the tests need beside it.

use mujun::{
    agent::{
        config::{MqttBroker, MqttPoint, MqttTopic, MqttVersion},
        health::Health,
        source::{Input, Receipt, mqtt},
    },
    model::RawValue,
    runtime::task::{Ended, Tasks},
};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use std::{path::Path, process::Stdio, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

pub const PATIENCE: Duration = Duration::from_secs(60);
pub const CLIENT_ID: &str = "mujun-gw-plant";
pub const TOPIC: &str = "plant/line-1";

/// The source in a run of its own. Dropping it is the agent's sudden end.
pub struct Source {
    tasks: Tasks,
    pub inputs: mpsc::Receiver<Input>,
    pub health: Arc<Health>,
    pub stop: CancellationToken,
}

impl Source {
    pub fn start(port: u16, version: MqttVersion, queue: usize) -> Source {
        Source::of(MqttBroker { version, ..plant(port) }, queue)
    }

    pub fn of(broker: MqttBroker, queue: usize) -> Source {
        let stop = CancellationToken::new();
        let mut tasks = Tasks::new(stop.clone());
        let (out, inputs) = mpsc::channel(queue);
        let health = Arc::new(Health::default());
        tasks.spawn("mqtt", mqtt::run(broker, out, health.clone(), stop.clone()));
        Source { tasks, inputs, health, stop }
    }

    pub async fn input(&mut self) -> Input {
        timeout(PATIENCE, self.inputs.recv()).await.expect("a message comes").unwrap()
    }

    /// The next message's number, and its receipt.
    pub async fn next(&mut self) -> (i64, Receipt) {
        let input = self.input().await;
        let [scan] = &input.scans[..] else { panic!("{input:?}") };
        let [(0, Ok(RawValue::Int(n)))] = scan.found[..] else { panic!("{scan:?}") };
        (n, input.receipt.expect("QoS 1 has a receipt"))
    }

    pub async fn take(&mut self, count: usize) -> Vec<(i64, Receipt)> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.push(self.next().await);
        }
        taken
    }

    pub async fn stop(self) {
        self.stop.cancel();
        drop(self.inputs);
        assert_eq!(self.tasks.join(PATIENCE).await, Ended::Stopped);
    }
}

fn client(port: u16, id: &str, login: Option<(&str, &str)>) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(id, "127.0.0.1", port);
    options.set_clean_session(id != CLIENT_ID);
    options.set_max_packet_size(1024 * 1024, 1024 * 1024);
    if let Some((user, password)) = login {
        options.set_credentials(user, password);
    }
    AsyncClient::new(options, 1024)
}

async fn until(events: &mut EventLoop, mut done: impl FnMut(Event) -> bool) {
    timeout(PATIENCE, async { while !done(events.poll().await.unwrap()) {} }).await.expect("the broker answers");
}

/// Returns when the broker has acknowledged every payload.
pub async fn publish(port: u16, topic: &str, payloads: impl IntoIterator<Item = String>) {
    publish_as(port, None, topic, payloads).await;
}

pub async fn publish_as(
    port: u16,
    login: Option<(&str, &str)>,
    topic: &str,
    payloads: impl IntoIterator<Item = String>,
) {
    let (client, mut events) = client(port, "publisher", login);
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

pub fn numbers(range: std::ops::Range<i64>) -> impl Iterator<Item = String> {
    range.map(|n| format!(r#"{{"n": {n}}}"#))
}

/// Makes the source's session before the source comes, so that its messages are kept from now on.
pub async fn subscribed(port: u16, topics: &[&str]) {
    let (client, mut events) = client(port, CLIENT_ID, None);
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
pub async fn unacknowledged(port: u16) -> Vec<String> {
    publish(port, TOPIC, ["the end".to_owned()]).await;
    let (_client, mut events) = client(port, CLIENT_ID, None);
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

/// A broker on loopback with the topic of every test.
pub fn plant(port: u16) -> MqttBroker {
    MqttBroker {
        name: "plant".into(),
        host: "127.0.0.1".into(),
        port,
        client_id: CLIENT_ID.into(),
        inflight: 20,
        topics: vec![MqttTopic {
            topic: TOPIC.into(),
            meters: vec!["line-1".into()],
            points: vec![MqttPoint { series: vec![0], pointer: "/n".into() }],
            ..MqttTopic::default()
        }],
        ..MqttBroker::default()
    }
}

/// A script of tests/support in the environment `venv` of target/.
pub fn python(venv: &str, variable: &str, script: &str) -> tokio::process::Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python =
        std::env::var_os(variable).map_or_else(|| root.join("target").join(venv).join("bin/python"), Into::into);
    let mut command = tokio::process::Command::new(python);
    command.arg(root.join("tests/support").join(script)).stdin(Stdio::piped()).kill_on_drop(true);
    command
}
