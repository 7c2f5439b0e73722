//! The broker between machines and agents, and the machines that publish their counts.

use super::plant::Plant;
use crate::runtime::{clock, task};
use rumqttc::{AsyncClient, MqttOptions, QoS};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Starts the embedded broker on a loopback port. It has no stop: it ends with the process.
pub fn start(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    let config = format!(
        r#"
        id = 0
        [router]
        id = 0
        max_connections = 100
        max_outgoing_packet_count = 200
        max_segment_size = 10485760
        max_segment_count = 4
        [v4.1]
        name = "demo"
        listen = "127.0.0.1:{port}"
        next_connection_delay_ms = 1
        [v4.1.connections]
        connection_timeout_ms = 5000
        max_payload_size = 20480
        max_inflight_count = 100
        "#
    );
    let mut broker = rumqttd::Broker::new(toml::from_str(&config)?);
    task::thread("broker", move || {
        if let Err(error) = broker.start() {
            tracing::error!(%error, "the broker ended");
        }
    })?;
    Ok(())
}

/// Where the machine of a factory publishes.
pub fn topic(key: &str) -> String {
    format!("factory/{key}/press")
}

/// One machine: its running count once a second, with its own time stamp, QoS 1.
pub async fn machine(plant: Arc<Plant>, port: u16, stop: CancellationToken) -> Result<(), Infallible> {
    let key = plant.factory.key;
    let mut options = MqttOptions::new(format!("machine-{key}"), "127.0.0.1", port);
    options.set_keep_alive(Duration::from_secs(20));
    let (client, mut events) = AsyncClient::new(options, 16);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let publish = async {
        loop {
            ticks.tick().await;
            let payload = serde_json::json!({ "ts": clock::now().0, "count": plant.registers().pieces }).to_string();
            if client.publish(topic(key), QoS::AtLeastOnce, false, payload).await.is_err() {
                return;
            }
        }
    };
    let connection = async {
        loop {
            if events.poll().await.is_err() {
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    };
    tokio::select! {
        () = publish => {}
        () = connection => {}
        () = stop.cancelled() => {}
    }
    Ok(())
}
