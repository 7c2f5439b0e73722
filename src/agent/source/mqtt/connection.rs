//! MQTT 3.1.1 and 5 under one face: the only code that names rumqttc.
//!
//! # Promises
//! - Events of a connection that is over never follow those of the next: [`Poll::rest`] takes them out first.
//! - A broker that is silent for longer than it may be, at whatever point, ends the connection.
//!
//! # Does not
//! Decide: when to subscribe, acknowledge or wait is the session's.

use super::access::{self, Access};
use crate::{
    agent::config::{MqttBroker, MqttVersion},
    runtime::task,
};
use bytes::Bytes;
use rumqttc::{SubscribeFilter, TlsConfiguration, Transport, v5};
use std::{sync::Arc, time::Duration};

/// The broker ends a connection that is silent for one and a half times this, and rumqttc pings only while it is
/// polled. So where the recorder stands so long that even the intake is full and the reading stops, 10 s more always
/// pass. Beyond, the connection may be lost, but no message of QoS 1: the broker sends them again.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// A larger packet ends the connection, again and again as the broker sends it anew. Far above what is taken as a
/// payload, and still bounded.
const PACKET_BYTES_MAX: u32 = 1024 * 1024;
const OUTGOING_BYTES_MAX: usize = 256 * 1024;
/// Acknowledgements that wait to be written; the others wait in their order.
const REQUESTS_MAX: usize = 256;
/// From the name's resolution to the broker's answer, and for each flush of 3.1.1.
const CONNECT_DEADLINE_S: u64 = 10;
/// Pings make events: a poll that takes this many of their intervals will not end by itself.
const SILENT_PINGS: u32 = 4;
/// MQTT 5: how long the broker is asked to keep the session without us. 3.1.1 has no limit; a gateway that never comes
/// back would fill the broker for ever.
const SESSION_EXPIRY_S: u32 = 90 * 86_400;
/// Filters in one packet: some brokers take no more than 8.
const FILTERS_MAX: usize = 8;

/// What came over the connection.
#[derive(Debug, PartialEq)]
pub enum Event {
    Connected {
        session_present: bool,
    },
    /// The answers to one [`Client::subscribe`], in the order of its filters.
    Subscribed(Vec<Answer>),
    Message(Message),
    Other,
}

#[derive(Debug, PartialEq)]
pub enum Answer {
    Granted,
    /// QoS 0 only.
    AtMostOnce,
    Refused(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub topic: String,
    pub payload: Bytes,
    /// The broker had kept it for new subscribers.
    pub retained: bool,
    /// `None` with QoS 0.
    pub ack: Option<Ack>,
}

/// What the broker waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    pub pkid: u16,
    pub exactly_once: bool,
}

/// Why a connection ended or did not come about.
#[derive(Debug)]
pub struct Lost(pub String);

/// Asks for what the next polls write.
pub enum Client {
    V3(rumqttc::AsyncClient),
    V5(v5::AsyncClient),
}

/// Reads, writes and pings while it is polled.
pub struct Poll {
    events: Events,
    broker: Arc<MqttBroker>,
    open: bool,
}

enum Events {
    V3(Box<rumqttc::EventLoop>),
    V5(Box<v5::EventLoop>),
}

/// Connects with the first poll.
pub fn new(broker: Arc<MqttBroker>) -> (Client, Poll) {
    let MqttBroker { host, port, client_id, inflight, .. } = &*broker;
    let (client, events) = match broker.version {
        MqttVersion::V3_1_1 => {
            let mut options = rumqttc::MqttOptions::new(client_id, host, *port);
            options.set_clean_session(false);
            options.set_manual_acks(true);
            options.set_max_packet_size(PACKET_BYTES_MAX as usize, OUTGOING_BYTES_MAX);
            let (client, mut events) = rumqttc::AsyncClient::new(options, REQUESTS_MAX);
            events.network_options.set_connection_timeout(CONNECT_DEADLINE_S);
            (Client::V3(client), Events::V3(Box::new(events)))
        }
        MqttVersion::V5 => {
            let mut options = v5::MqttOptions::new(client_id, host, *port);
            options.set_clean_start(false);
            options.set_manual_acks(true);
            options.set_connection_timeout(CONNECT_DEADLINE_S);
            options.set_max_packet_size(Some(PACKET_BYTES_MAX));
            options.set_receive_maximum(Some(*inflight));
            let (client, events) = v5::AsyncClient::new(options, REQUESTS_MAX);
            (Client::V5(client), Events::V5(Box::new(events)))
        }
    };
    (client, Poll { events, broker, open: false })
}

impl Client {
    /// Whether there was room for it.
    pub fn ack(&self, ack: Ack) -> bool {
        match self {
            Client::V3(client) => {
                let qos = if ack.exactly_once { rumqttc::QoS::ExactlyOnce } else { rumqttc::QoS::AtLeastOnce };
                let mut publish = rumqttc::Publish::new("", qos, Vec::new());
                publish.pkid = ack.pkid;
                client.try_ack(&publish).is_ok()
            }
            Client::V5(client) => {
                let qos =
                    if ack.exactly_once { v5::mqttbytes::QoS::ExactlyOnce } else { v5::mqttbytes::QoS::AtLeastOnce };
                let mut publish = v5::mqttbytes::v5::Publish::new("", qos, Vec::new(), None);
                publish.pkid = ack.pkid;
                client.try_ack(&publish).is_ok()
            }
        }
    }

    /// How many of `filters` were asked for, with QoS 1: each such call is answered by one [`Event::Subscribed`].
    pub fn subscribe(&self, filters: &[String]) -> Option<usize> {
        // the packets of a long list together leave room for acknowledgements
        let size = FILTERS_MAX.max(filters.len() / (REQUESTS_MAX / 4) + 1);
        let chunk = filters.get(..size).unwrap_or(filters);
        let asked = match self {
            Client::V3(client) => client
                .try_subscribe_many(
                    chunk.iter().map(|path| SubscribeFilter::new(path.clone(), rumqttc::QoS::AtLeastOnce)),
                )
                .is_ok(),
            Client::V5(client) => client
                .try_subscribe_many(
                    chunk
                        .iter()
                        .map(|path| v5::mqttbytes::v5::Filter::new(path.clone(), v5::mqttbytes::QoS::AtLeastOnce))
                        .collect::<Vec<_>>(),
                )
                .is_ok(),
        };
        asked.then_some(chunk.len())
    }

    /// With QoS 0: what is lost is asked for again by whoever needs it.
    pub fn publish(&self, topic: &str, payload: Vec<u8>) -> bool {
        match self {
            Client::V3(client) => client.try_publish(topic, rumqttc::QoS::AtMostOnce, false, payload).is_ok(),
            Client::V5(client) => client.try_publish(topic, v5::mqttbytes::QoS::AtMostOnce, false, payload).is_ok(),
        }
    }

    pub async fn disconnect(&self) {
        let _ = match self {
            Client::V3(client) => client.disconnect().await.is_ok(),
            Client::V5(client) => client.disconnect().await.is_ok(),
        };
    }
}

impl Poll {
    /// The next event; connects where there is no connection. Not to be cut short before the end of everything: it may
    /// have read what it has not yet returned.
    pub async fn next(&mut self) -> Result<Event, Lost> {
        if !self.open {
            let broker = self.broker.clone();
            let access = task::blocking(move || access::read(&broker)).await;
            self.admit(access.map_err(|why| Lost(why.en))?);
        }
        let silence = self.keep_alive().max(KEEP_ALIVE) * SILENT_PINGS;
        let polled = match &mut self.events {
            Events::V3(events) => {
                let polled = tokio::time::timeout(silence, events.poll()).await;
                polled.map(|polled| polled.map(of_v3).map_err(|error| Lost(error.to_string())))
            }
            Events::V5(events) => {
                let polled = tokio::time::timeout(silence, events.poll()).await;
                polled.map(|polled| polled.map(of_v5).map_err(|error| Lost(error.to_string())))
            }
        };
        let polled = polled.unwrap_or_else(|_elapsed| {
            match &mut self.events {
                Events::V3(events) => events.clean(),
                Events::V5(events) => events.clean(),
            }
            Err(Lost(format!("nothing moved for {} s", silence.as_secs())))
        });
        self.open = polled.is_ok();
        if let Ok(Event::Connected { .. }) = &polled {
            self.connected();
        }
        polled
    }

    /// What was read before the connection broke. What was asked for and not written is forgotten.
    pub fn rest(&mut self) -> Vec<Event> {
        match &mut self.events {
            Events::V3(events) => {
                events.pending.clear();
                std::mem::take(&mut events.state.events).into_iter().map(of_v3).collect()
            }
            Events::V5(events) => {
                events.pending.clear();
                std::mem::take(&mut events.state.events).into_iter().map(of_v5).collect()
            }
        }
    }

    fn admit(&mut self, access: Access) {
        let transport =
            access.tls.map_or(Transport::Tcp, |tls| Transport::tls_with_config(TlsConfiguration::Rustls(tls)));
        match &mut self.events {
            Events::V3(events) => {
                events.mqtt_options.set_transport(transport);
                events.mqtt_options.set_keep_alive(KEEP_ALIVE);
                if let Some((user, password)) = access.login {
                    events.mqtt_options.set_credentials(user, password);
                }
            }
            Events::V5(events) => {
                events.options.set_transport(transport);
                // what the last broker asked for is not the next one's wish
                events.options.set_keep_alive(KEEP_ALIVE);
                events.options.set_session_expiry_interval(Some(SESSION_EXPIRY_S));
                if let Some((user, password)) = access.login {
                    events.options.set_credentials(user, password);
                }
            }
        }
    }

    /// MQTT 5: a broker may ask for another interval of pings. 0 asks for none, and would make rumqttc ping without
    /// a pause.
    fn connected(&mut self) {
        if let Events::V5(events) = &mut self.events
            && events.options.keep_alive() < Duration::from_secs(5)
        {
            events.options.set_keep_alive(KEEP_ALIVE);
        }
    }

    fn keep_alive(&self) -> Duration {
        match &self.events {
            Events::V3(events) => events.mqtt_options.keep_alive(),
            Events::V5(events) => events.options.keep_alive(),
        }
    }
}

fn of_v3(event: rumqttc::Event) -> Event {
    use rumqttc::{Packet, QoS, SubscribeReasonCode};
    match event {
        rumqttc::Event::Incoming(Packet::ConnAck(ack)) => Event::Connected { session_present: ack.session_present },
        rumqttc::Event::Incoming(Packet::SubAck(ack)) => Event::Subscribed(
            ack.return_codes
                .into_iter()
                .map(|code| match code {
                    SubscribeReasonCode::Success(QoS::AtMostOnce) => Answer::AtMostOnce,
                    SubscribeReasonCode::Success(_) => Answer::Granted,
                    SubscribeReasonCode::Failure => Answer::Refused("failure".into()),
                })
                .collect(),
        ),
        rumqttc::Event::Incoming(Packet::Publish(publish)) => Event::Message(Message {
            ack: (publish.qos != QoS::AtMostOnce)
                .then_some(Ack { pkid: publish.pkid, exactly_once: publish.qos == QoS::ExactlyOnce }),
            topic: publish.topic,
            payload: publish.payload,
            retained: publish.retain,
        }),
        _ => Event::Other,
    }
}

fn of_v5(event: v5::Event) -> Event {
    use v5::mqttbytes::{
        QoS,
        v5::{Packet, SubscribeReasonCode},
    };
    match event {
        v5::Event::Incoming(Packet::ConnAck(ack)) => Event::Connected { session_present: ack.session_present },
        v5::Event::Incoming(Packet::SubAck(ack)) => Event::Subscribed(
            ack.return_codes
                .into_iter()
                .map(|code| match code {
                    SubscribeReasonCode::Success(QoS::AtMostOnce) => Answer::AtMostOnce,
                    SubscribeReasonCode::Success(_) => Answer::Granted,
                    refused => Answer::Refused(format!("{refused:?}")),
                })
                .collect(),
        ),
        // no alias is granted to the broker, so that every message says its topic
        v5::Event::Incoming(Packet::Publish(publish)) => Event::Message(Message {
            ack: (publish.qos != QoS::AtMostOnce)
                .then_some(Ack { pkid: publish.pkid, exactly_once: publish.qos == QoS::ExactlyOnce }),
            topic: String::from_utf8_lossy(&publish.topic).into_owned(),
            payload: publish.payload,
            retained: publish.retain,
        }),
        _ => Event::Other,
    }
}
