//! A message → an input that waits to be handed on, and a place in the order of acknowledgements. No I/O.

use super::{
    ack::AckOrder,
    payload::{self, Refusal, Said},
    tally::Tally,
};
use crate::{
    agent::{
        config::MqttBroker,
        health::Health,
        source::{Input, Receipt},
    },
    model::{Reason, UtcMillis},
};
use rumqttc::{Publish, QoS};
use std::{
    collections::{BTreeMap, VecDeque},
    mem::{Discriminant, discriminant},
    sync::Arc,
};
use tokio::sync::watch;

/// There are no more packet ids, so that no broker has more messages unacknowledged.
const UNACKED_MAX: usize = u16::MAX as usize;
/// Inputs, of some hundred bytes each, that wait for the recorder while the connection is kept alive. A broker that
/// keeps to its window stops far below; mosquitto 2.0.11 does not keep to it (mosquitto#2301: 286 messages of QoS 1
/// came in a window of 20).
const WAITING_MAX: usize = 1000;

pub struct Intake {
    pub broker: MqttBroker,
    health: Arc<Health>,
    committed: Arc<watch::Sender<u64>>,
    pub acks: AckOrder<Publish>,
    /// Inputs that the recorder has no room for yet.
    pub waiting: VecDeque<Input>,
    /// By the topic's place and the kind of refusal.
    refused: Tally<(usize, Discriminant<Refusal>)>,
    /// By the topic's place and the point's in it.
    without_value: Tally<(usize, usize)>,
    without_tag: Tally<(usize, usize)>,
    not_configured: Tally<()>,
    /// What each meter's tags said last in this run, by meter and name. Finite: the configured ones.
    tags: BTreeMap<(String, String), String>,
}

impl Intake {
    pub fn new(broker: MqttBroker, health: Arc<Health>, committed: Arc<watch::Sender<u64>>) -> Intake {
        Intake {
            broker,
            health,
            committed,
            acks: AckOrder::new(),
            waiting: VecDeque::new(),
            refused: Tally::new(),
            without_value: Tally::new(),
            without_tag: Tally::new(),
            tags: BTreeMap::new(),
            not_configured: Tally::new(),
        }
    }

    /// No more is read until the recorder has taken some.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX || self.acks.len() >= UNACKED_MAX
    }

    pub fn take(&mut self, publish: Publish, now: UtcMillis) {
        let input = self.input(&publish, now);
        // with QoS 0 there is nothing to acknowledge
        let unacked = (publish.qos != QoS::AtMostOnce).then(|| without_payload(publish));
        match (input, unacked) {
            (Some(input), unacked) => {
                let number = unacked.map(|unacked| self.acks.handed_on(unacked));
                let receipt = number.map(|number| Receipt { number, committed: self.committed.clone() });
                self.waiting.push_back(Input { receipt, ..input });
            }
            (None, Some(unacked)) => self.acks.dropped(unacked),
            (None, None) => {}
        }
    }

    fn input(&mut self, publish: &Publish, now: UtcMillis) -> Option<Input> {
        let (broker, topic) = (&self.broker.name, &publish.topic);
        let configured = self.broker.topics.iter().enumerate().find(|(_, configured)| configured.topic == *topic);
        let Some((place, configured)) = configured else {
            // the session still has a subscription of an earlier configuration
            if let Some(times) = self.not_configured.count(()) {
                tracing::warn!(broker, topic, times, "a message of a topic that is not configured is dropped");
            }
            return None;
        };
        let dated = configured.time.is_some();
        // a clock that does not know the time can not say that a device's is ahead
        let now = if dated && self.health.clock_unknown() { UtcMillis(i64::MAX) } else { now };
        match payload::scan(configured, &publish.payload, publish.retain, now) {
            Ok(Said { scan, tags: said }) => {
                for (at, (point, (_, found))) in configured.points.iter().zip(&scan.found).enumerate() {
                    if let Err(reason) = found
                        && let Some(times) = self.without_value.count((place, at))
                    {
                        let pointer = &point.pointer;
                        tracing::warn!(broker, topic, times, "`{pointer}` {}", said_of(*reason));
                    }
                }
                let mut tags = Vec::new();
                for (at, (configured, said)) in configured.tags.iter().zip(said).enumerate() {
                    match said {
                        Ok(tag) => {
                            let known = self.tags.insert((tag.meter.clone(), tag.name.clone()), tag.value.clone());
                            if known.as_ref() != Some(&tag.value) {
                                tags.push((scan.time, tag));
                            }
                        }
                        Err(reason) => {
                            if let Some(times) = self.without_tag.count((place, at)) {
                                tracing::warn!(broker, topic, times, "`{}` {reason}", configured.pointer);
                            }
                        }
                    }
                }
                let scans = if scan.found.is_empty() { Vec::new() } else { vec![scan] };
                Some(Input { tags, scans, dated, receipt: None })
            }
            Err(refusal) => {
                self.health.rejected();
                if let Some(times) = self.refused.count((place, discriminant(&refusal))) {
                    tracing::warn!(broker, topic, times, "refused: {refusal}");
                }
                None
            }
        }
    }
}

fn said_of(reason: Reason) -> &'static str {
    match reason {
        Reason::Missing => "holds nothing; expected a number",
        Reason::OutOfRange => "holds more digits than can be kept; expected at most 28",
        _ => "holds no number; expected one",
    }
}

/// All that an acknowledgement needs.
fn without_payload(mut publish: Publish) -> Publish {
    publish.payload = Default::default();
    publish
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::{MqttPoint, MqttTag, MqttTopic, PayloadTime, TimeFormat};

    fn intake() -> Intake {
        let points = vec![MqttPoint { series: 3, pointer: String::new() }];
        let topic = MqttTopic { topic: "t".into(), meter: "m".into(), time: None, points, tags: Vec::new() };
        let broker = MqttBroker {
            name: "b".into(),
            host: "h".into(),
            port: 1883,
            client_id: "c".into(),
            inflight: 20,
            topics: vec![topic],
        };
        Intake::new(broker, Arc::default(), Arc::new(watch::Sender::new(0)))
    }

    fn publish(topic: &str, qos: QoS, pkid: u16, payload: &str) -> Publish {
        let mut publish = Publish::new(topic, qos, payload);
        publish.pkid = pkid;
        publish
    }

    #[test]
    fn a_good_message_waits_with_a_receipt_and_a_bad_one_only_for_its_acknowledgement() {
        let mut intake = intake();
        let now = UtcMillis(1_800_000_000_000);
        intake.take(publish("t", QoS::AtLeastOnce, 1, "5"), now);
        intake.take(publish("t", QoS::AtLeastOnce, 2, "five"), now);
        intake.take(publish("old", QoS::AtLeastOnce, 3, "5"), now);
        assert_eq!(intake.waiting.len(), 1);
        assert_eq!(intake.health.rejected_inputs(), 1, "an old subscription is no bad payload");
        assert!(intake.acks.due(0).is_none());
        intake.waiting.pop_front().unwrap().receipt.unwrap().give();
        let committed = *intake.committed.borrow();
        for pkid in [1, 2, 3] {
            assert_eq!(intake.acks.due(committed).unwrap().pkid, pkid);
            intake.acks.acknowledged();
        }
    }

    #[test]
    fn a_message_without_acknowledgement_is_taken_without_a_receipt() {
        let mut intake = intake();
        intake.take(publish("t", QoS::AtMostOnce, 0, "5"), UtcMillis(1_800_000_000_000));
        intake.take(publish("t", QoS::AtMostOnce, 0, "{}"), UtcMillis(1_800_000_000_000));
        assert_eq!((intake.waiting.len(), intake.acks.len()), (1, 0));
        assert!(intake.waiting[0].receipt.is_none());
    }

    #[test]
    fn a_tag_goes_before_its_message_when_it_changes_and_once_in_each_run() {
        let mut intake = intake();
        let topic = &mut intake.broker.topics[0];
        topic.points[0].pointer = "/n".into();
        topic.time = Some(PayloadTime { pointer: "/at".into(), format: TimeFormat::UnixMillis });
        topic.tags = vec![MqttTag { name: "product".into(), pointer: "/p".into() }];
        for (i, product) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] {
            let payload = format!("{{\"at\": {}, \"n\": {i}, \"p\": \"{product}\"}}", 1_700_000_000_000_i64 + i);
            intake.take(publish("t", QoS::AtLeastOnce, 1, &payload), UtcMillis(1_800_000_000_000));
        }
        let inputs: Vec<_> = intake.waiting.into_iter().collect();
        let said: Vec<_> = inputs.iter().map(|input| input.tags.first().map(|(_, tag)| tag.value.as_str())).collect();
        assert_eq!(said, [Some("a"), None, Some("b"), Some("a")]);
        assert!(inputs.iter().all(|input| input.dated && input.tags.iter().all(|(at, _)| *at == input.scans[0].time)));
    }

    #[test]
    fn while_the_time_is_not_known_a_device_is_never_ahead_of_it() {
        let mut intake = intake();
        let topic = &mut intake.broker.topics[0];
        topic.points[0].pointer = "/n".into();
        topic.time = Some(PayloadTime { pointer: "/at".into(), format: TimeFormat::UnixMillis });
        let payload = r#"{"at": 1700000000000, "n": 1}"#;
        intake.take(publish("t", QoS::AtLeastOnce, 1, payload), UtcMillis(0));
        assert_eq!((intake.waiting.len(), intake.health.rejected_inputs()), (0, 1));
        intake.health.clock_is_unknown(true);
        intake.take(publish("t", QoS::AtLeastOnce, 2, payload), UtcMillis(0));
        assert_eq!(intake.waiting.len(), 1);
    }

    #[test]
    fn what_waits_and_what_is_unacknowledged_is_bounded() {
        let filled_by = |topic: &str| {
            let mut intake = intake();
            let mut taken = 0;
            while !intake.is_full() {
                intake.take(publish(topic, QoS::AtLeastOnce, 1, "5"), UtcMillis(1_800_000_000_000));
                taken += 1;
            }
            taken
        };
        assert_eq!(filled_by("t"), WAITING_MAX);
        assert_eq!(filled_by("old"), UNACKED_MAX);
    }
}
