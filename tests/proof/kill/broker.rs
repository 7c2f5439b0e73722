//! A broker that counts up, once for each message, while the gateway behind it is killed.

#[path = "../../support/mosquitto.rs"]
#[allow(dead_code)] // each test uses a part of it
mod mosquitto;

use mosquitto::Mosquitto;
use mujun::runtime::clock;
use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

const TOPIC: &str = "proof/meter";

pub struct Broker {
    mosquitto: Mosquitto,
    begin: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    publisher: Option<JoinHandle<()>>,
}

impl Broker {
    pub fn start() -> Broker {
        let mosquitto = Mosquitto::start_with("max_queued_messages 0\n");
        let (begin, stop, acknowledged) = <(Arc<AtomicBool>, Arc<AtomicBool>, Arc<AtomicU64>)>::default();
        let port = mosquitto.port();
        let shared = (begin.clone(), stop.clone(), acknowledged.clone());
        let publisher = Some(thread::spawn(move || publish(port, &shared.0, &shared.1, &shared.2)));
        Broker { mosquitto, begin, stop, acknowledged, publisher }
    }

    pub fn config(&self) -> String {
        format!(
            "[[mqtt]]\nname = \"plant\"\nurl = \"mqtt://127.0.0.1:{}\"\n[[mqtt.topic]]\ntopic = \"{TOPIC}\"\nmeter = \"b\"\n\
             time = {{ pointer = \"/t\", format = \"unix_ms\" }}\n[[mqtt.topic.point]]\nname = \"count\"\npointer = \"/n\"\n\
             kind = \"cumulative\"\nresolution = \"1\"\nunit = \"kWh\"\ncarrier = \"electricity\"\n",
            self.mosquitto.port()
        )
    }

    /// To be called when the gateway has subscribed once: from then on the broker keeps what it misses.
    pub fn begin(&self) {
        self.begin.store(true, SeqCst);
    }

    /// Ends the counting; the last number that the broker took.
    pub fn freeze(&mut self) -> u64 {
        self.stop.store(true, SeqCst);
        self.publisher.take().unwrap().join().unwrap();
        self.acknowledged.load(SeqCst)
    }
}

fn publish(port: u16, begin: &AtomicBool, stop: &AtomicBool, acknowledged: &AtomicU64) {
    let (client, mut events) = Client::new(MqttOptions::new("proof-publisher", "127.0.0.1", port), 16);
    let mut sent = 0;
    while !(stop.load(SeqCst) && acknowledged.load(SeqCst) == sent) {
        if begin.load(SeqCst) && !stop.load(SeqCst) && acknowledged.load(SeqCst) == sent {
            sent += 1;
            let payload = format!(r#"{{"t": {}, "n": {sent}}}"#, clock::now().0);
            client.publish(TOPIC, QoS::AtLeastOnce, false, payload).unwrap();
        }
        if let Ok(Ok(Event::Incoming(Packet::PubAck(_)))) = events.recv_timeout(Duration::from_millis(40)) {
            acknowledged.fetch_add(1, SeqCst);
            thread::sleep(Duration::from_millis(20));
        }
    }
}
