//! A Sparkplug node that pysparkplug makes, through mosquitto: born, by alias, misheard, dead and born again.

use super::{
    mosquitto::Mosquitto,
    source::{Source, plant, python},
};
use mujun::{
    agent::config::{MqttBroker, MqttVersion, SparkplugPoint, SparkplugSource},
    model::{RawValue, Reason},
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin},
};

type Found = Vec<(u32, Result<RawValue, Reason>)>;

const GONE: Result<RawValue, Reason> = Err(Reason::Disconnected);

struct Node {
    child: Child,
    orders: ChildStdin,
}

impl Node {
    fn start(port: u16, session: u8) -> Node {
        let mut command = python("venv-sparkplug", "MUJUN_TEST_SPARKPLUG_PYTHON", "sparkplug_node.py");
        let mut child = command.args([port.to_string(), session.to_string()]).spawn().unwrap();
        let orders = child.stdin.take().unwrap();
        Node { child, orders }
    }

    async fn tell(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    }
}

fn broker(port: u16, version: MqttVersion) -> MqttBroker {
    let source = |device: Option<&str>, series, metric: &str| SparkplugSource {
        group: "plant".into(),
        node: "edge-1".into(),
        device: device.map(str::to_owned),
        meter: "press".into(),
        points: vec![SparkplugPoint { series, metric: metric.into() }],
    };
    MqttBroker {
        version,
        topics: Vec::new(),
        sparkplug: vec![source(None, 0, "Power"), source(Some("press-1"), 1, "Energy/Total")],
        ..plant(port)
    }
}

async fn found(source: &mut Source) -> Found {
    source.input().await.scans.into_iter().flat_map(|scan| scan.found).collect()
}

fn power(value: f64) -> Found {
    vec![(0, Ok(RawValue::Float(value)))]
}

fn energy(count: i64) -> Found {
    vec![(1, Ok(RawValue::Int(count)))]
}

#[tokio::test]
async fn a_node_is_read_from_birth_to_death_and_what_was_lost_leads_to_a_rebirth() {
    for version in [MqttVersion::V3_1_1, MqttVersion::V5] {
        let mosquitto = Mosquitto::start();
        let port = mosquitto.port();
        let mut node = Node::start(port, 0);
        let mut source = Source::of(broker(port, version), 64);
        // born before us or after: the source asks, so that it knows in any case
        assert_eq!(found(&mut source).await, power(1.5));
        assert_eq!(found(&mut source).await, energy(-5));
        while !source.inputs.is_empty() {
            source.input().await;
        }

        node.tell("data 101").await;
        until(&mut source, &energy(101)).await;

        // a message is lost: the next one's alias is not believed, the node is asked, and says what is
        node.tell("lose 102").await;
        node.tell("data 103").await;
        assert_eq!(found(&mut source).await, power(1.5));
        assert_eq!(found(&mut source).await, energy(103));
        node.tell("data 104").await;
        assert_eq!(found(&mut source).await, energy(104));

        node.tell("device_death").await;
        assert_eq!(found(&mut source).await, [(1, GONE)]);
        node.tell("device_birth").await;
        assert_eq!(found(&mut source).await, energy(104));

        // the broker speaks its will
        node.child.kill().await.unwrap();
        assert_eq!(found(&mut source).await, [(0, GONE), (1, GONE)]);
        let mut node = Node::start(port, 1);
        until(&mut source, &energy(-5)).await;

        // we end and come again: nobody has to do anything for the values to come
        source.stop().await;
        let mut source = Source::of(broker(port, version), 64);
        assert_eq!(found(&mut source).await, power(1.5));
        assert_eq!(found(&mut source).await, energy(-5));
        node.tell("data 7").await;
        until(&mut source, &energy(7)).await;
        source.stop().await;
    }
}

/// Births may come once more than they are waited for, where the node was born while it was asked.
async fn until(source: &mut Source, awaited: &Found) {
    loop {
        let found = found(source).await;
        if found == *awaited {
            return;
        }
        assert!(found == power(1.5) || found == energy(-5), "{found:?}");
    }
}
