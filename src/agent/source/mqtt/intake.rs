//! A message → an input that waits to be handed on, and a place in the order of acknowledgements. No I/O.

use super::{
    ack::AckOrder,
    connection::{Ack, Message},
    payload::{self, Refusal, Said},
    route::{Route, Routes},
    sparkplug::{Complaint, Heard, Moment, Nodes, Rebirth},
    tally::Tally,
};
use crate::{
    agent::{
        config::{MqttBroker, MqttTopic},
        health::Health,
        source::{Input, Receipt},
    },
    model::{Reason, UtcMillis},
    runtime::clock,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    mem::{Discriminant, discriminant},
    sync::Arc,
};
use tokio::{sync::watch, time::Instant};

/// There are no more packet ids, so that no broker has more messages unacknowledged.
const UNACKED_MAX: usize = u16::MAX as usize;
/// Inputs, of some hundred bytes each, that wait for the recorder while the connection is kept alive. A broker that
/// keeps to its window stops far below; mosquitto 2.0.11 does not keep to it (mosquitto#2301: 286 messages of QoS 1
/// came in a window of 20).
const WAITING_MAX: usize = 1000;
/// Meters that are not in the list and were named in the log.
const STRANGERS_MAX: usize = 100;

pub struct Intake {
    pub broker: Arc<MqttBroker>,
    health: Arc<Health>,
    committed: Arc<watch::Sender<u64>>,
    pub acks: AckOrder<Ack>,
    /// Inputs that the recorder has no room for yet.
    pub waiting: VecDeque<Input>,
    /// Commands to Sparkplug nodes that are to be published.
    pub rebirths: Vec<Rebirth>,
    routes: Routes,
    nodes: Nodes,
    /// By the topic's place and the kind of refusal.
    refused: Tally<(usize, Discriminant<Refusal>)>,
    /// By the topic's place, the meter's and the point's in it.
    without_value: Tally<(usize, usize, usize)>,
    without_tag: Tally<(usize, usize)>,
    stale: Tally<usize>,
    repeated: Tally<usize>,
    not_configured: Tally<()>,
    strangers: BTreeSet<String>,
    /// By the topic down to the node.
    complaints: Tally<(String, Complaint)>,
    unreadable: Tally<()>,
    /// What each meter's tags said last in this run, by meter and name. Finite: the configured ones.
    tags: BTreeMap<(String, String), String>,
}

impl Intake {
    pub fn new(broker: Arc<MqttBroker>, health: Arc<Health>, committed: Arc<watch::Sender<u64>>) -> Intake {
        Intake {
            routes: Routes::new(&broker.topics),
            nodes: Nodes::new(&broker.sparkplug),
            broker,
            health,
            committed,
            acks: AckOrder::new(),
            waiting: VecDeque::new(),
            rebirths: Vec::new(),
            refused: Tally::new(),
            without_value: Tally::new(),
            without_tag: Tally::new(),
            stale: Tally::new(),
            repeated: Tally::new(),
            not_configured: Tally::new(),
            strangers: BTreeSet::new(),
            complaints: Tally::new(),
            unreadable: Tally::new(),
            tags: BTreeMap::new(),
        }
    }

    /// What is to be subscribed to, each once.
    pub fn filters(&self) -> Vec<String> {
        let topics = self.broker.topics.iter().map(|topic| topic.topic.clone());
        let nodes = self.broker.sparkplug.iter().map(|source| source.filter());
        topics.chain(nodes).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// No more is read until the recorder has taken some.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX || self.acks.len() >= UNACKED_MAX
    }

    pub fn connected(&mut self, now: UtcMillis) {
        let moment = self.moment(now);
        self.rebirths = self.nodes.connected(&moment);
    }

    /// When a Sparkplug node is to be asked for its births again.
    pub fn ask_at(&self) -> Option<Instant> {
        self.nodes.ask_at()
    }

    pub fn ask_again(&mut self, now: UtcMillis) {
        let moment = self.moment(now);
        self.rebirths.extend(self.nodes.ask_again(&moment));
    }

    pub fn disconnected(&mut self) {
        self.acks.disconnected();
        self.nodes.disconnected();
        self.rebirths.clear();
    }

    pub fn take(&mut self, message: Message, now: UtcMillis) {
        let input = self.input(&message, now);
        // with QoS 0 there is nothing to acknowledge
        match (input, message.ack) {
            (Some(input), ack) => {
                let number = ack.map(|ack| self.acks.handed_on(ack));
                let receipt = number.map(|number| Receipt { number, committed: self.committed.clone() });
                self.waiting.push_back(Input { receipt, ..input });
            }
            (None, Some(ack)) => self.acks.dropped(ack),
            (None, None) => {}
        }
    }

    fn input(&mut self, message: &Message, now: UtcMillis) -> Option<Input> {
        if message.topic.starts_with("spBv1.0/") && !self.broker.sparkplug.is_empty() {
            return self.sparkplug(message, now);
        }
        let broker = self.broker.clone();
        match self.routes.find(&broker.topics, &message.topic) {
            Route::Topic { place, meter } => {
                let topic = broker.topics.get(place)?;
                self.topic(message, now, topic, (place, meter))
            }
            Route::Stranger(name) => {
                self.health.rejected();
                if self.strangers.len() < STRANGERS_MAX && self.strangers.insert(name.clone()) {
                    let (broker, topic) = (&broker.name, &message.topic);
                    tracing::warn!(
                        broker,
                        topic,
                        meter = name,
                        "refused: the meter is not in `meters` of its topic; said once"
                    );
                }
                None
            }
            Route::None => {
                // the session still has a subscription of an earlier configuration
                if let Some(times) = self.not_configured.count(()) {
                    let (broker, topic) = (&broker.name, &message.topic);
                    tracing::warn!(broker, topic, times, "a message of a topic that is not configured is dropped");
                }
                None
            }
        }
    }

    fn topic(
        &mut self,
        message: &Message,
        now: UtcMillis,
        configured: &MqttTopic,
        (place, meter): (usize, usize),
    ) -> Option<Input> {
        let broker = self.broker.clone();
        let (broker, topic) = (&broker.name, &message.topic);
        if payload::is_stale(configured, message.retained) {
            if let Some(times) = self.stale.count(place) {
                tracing::info!(
                    broker,
                    topic,
                    times,
                    "a message that the broker had kept for new subscribers is left aside: its age is not known"
                );
            }
            return None;
        }
        let dated = configured.time.is_some();
        let latest = if dated { self.moment(now).latest } else { now };
        match payload::read(configured, meter, &message.payload, latest) {
            Ok(said) => {
                said.refused.iter().for_each(|refusal| self.refuse(topic, place, refusal));
                if said.repeated > 0
                    && let Some(times) = self.repeated.count(place)
                {
                    let samples = said.repeated;
                    tracing::warn!(
                        broker,
                        topic,
                        times,
                        samples,
                        "samples of one time in one payload: the last counts"
                    );
                }
                self.said(configured, said, topic, (place, meter))
            }
            Err(refusal) => {
                self.refuse(topic, place, &refusal);
                None
            }
        }
    }

    fn said(
        &mut self,
        configured: &MqttTopic,
        said: Said,
        topic: &str,
        (place, meter): (usize, usize),
    ) -> Option<Input> {
        let broker = self.broker.clone();
        let broker = &broker.name;
        let mut input = Input { dated: configured.time.is_some(), ..Input::default() };
        let empty = said.samples.is_empty();
        for sample in said.samples {
            for (at, (point, (_, found))) in configured.points.iter().zip(&sample.scan.found).enumerate() {
                if let Err(reason) = found
                    && let Some(times) = self.without_value.count((place, meter, at))
                {
                    let pointer = &point.pointer;
                    tracing::warn!(broker, topic, times, "`{pointer}` {}", said_of(*reason));
                }
            }
            for (at, (configured, said)) in configured.tags.iter().zip(sample.tags).enumerate() {
                match said {
                    Ok(tag) => {
                        let known = self.tags.insert((tag.meter.clone(), tag.name.clone()), tag.value.clone());
                        if known.as_ref() != Some(&tag.value) {
                            input.tags.push((sample.scan.time, tag));
                        }
                    }
                    Err(reason) => {
                        if let Some(times) = self.without_tag.count((place, at)) {
                            tracing::warn!(broker, topic, times, "`{}` {reason}", configured.pointer);
                        }
                    }
                }
            }
            input.scans.extend((!sample.scan.found.is_empty()).then_some(sample.scan));
        }
        (!empty).then_some(input)
    }

    fn refuse(&mut self, topic: &str, place: usize, refusal: &Refusal) {
        self.health.rejected();
        if let Some(times) = self.refused.count((place, discriminant(refusal))) {
            tracing::warn!(broker = self.broker.name, topic, times, "refused: {refusal}");
        }
    }

    fn sparkplug(&mut self, message: &Message, now: UtcMillis) -> Option<Input> {
        let broker = self.broker.clone();
        let (broker, topic) = (&broker.name, &message.topic);
        if message.retained {
            if let Some(times) = self.stale.count(usize::MAX) {
                tracing::info!(broker, topic, times, "a Sparkplug message that the broker had kept is left aside");
            }
            return None;
        }
        let moment = self.moment(now);
        let Heard { scans, dated, complaints, rebirth } = match self.nodes.take(topic, &message.payload, &moment)? {
            Ok(heard) => heard,
            Err(unreadable) => {
                self.health.rejected();
                if let Some(times) = self.unreadable.count(()) {
                    tracing::warn!(broker, topic, times, "refused: {unreadable}");
                }
                return None;
            }
        };
        // without the device, which may be any: what is counted stays finite
        let node = topic.splitn(5, '/').take(4).collect::<Vec<_>>().join("/");
        for complaint in complaints {
            if let Some(times) = self.complaints.count((node.clone(), complaint.clone())) {
                tracing::warn!(broker, topic, times, "{complaint}");
            }
        }
        self.rebirths.extend(rebirth);
        (!scans.is_empty()).then_some(Input { scans, dated, ..Input::default() })
    }

    fn moment(&self, now: UtcMillis) -> Moment {
        // a clock that does not know the time can not say that a device's is ahead
        let latest = if self.health.clock_unknown() { UtcMillis(i64::MAX) } else { now };
        Moment { arrived: now, latest, monotonic: clock::monotonic() }
    }
}

fn said_of(reason: Reason) -> &'static str {
    match reason {
        Reason::Missing => "holds nothing; expected a number",
        Reason::OutOfRange => "holds more digits than can be kept; expected at most 28",
        _ => "holds no number; expected one (strings = true takes numbers in quotes)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::{MqttPoint, MqttTag, NamePart, PayloadTime, Retained, SparkplugSource, TimeFormat};
    use bytes::Bytes;

    const NOW: UtcMillis = UtcMillis(1_800_000_000_000);

    fn with(change: impl FnOnce(&mut MqttTopic)) -> Intake {
        let mut topic = MqttTopic {
            topic: "t".into(),
            meters: vec!["m".into()],
            points: vec![MqttPoint { series: vec![3], pointer: String::new() }],
            ..MqttTopic::default()
        };
        change(&mut topic);
        let broker = MqttBroker { name: "b".into(), topics: vec![topic], ..MqttBroker::default() };
        Intake::new(Arc::new(broker), Arc::default(), Arc::new(watch::Sender::new(0)))
    }

    fn intake() -> Intake {
        with(|_| {})
    }

    /// Acknowledged with `pkid`, or of QoS 0 with 0.
    fn message(topic: &str, pkid: u16, payload: &str) -> Message {
        Message {
            topic: topic.into(),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            retained: false,
            ack: (pkid > 0).then_some(Ack { pkid, exactly_once: false }),
        }
    }

    #[test]
    fn a_good_message_waits_with_a_receipt_and_a_bad_one_only_for_its_acknowledgement() {
        let mut intake = intake();
        intake.take(message("t", 1, "5"), NOW);
        intake.take(message("t", 2, "five"), NOW);
        intake.take(message("old", 3, "5"), NOW);
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
        intake.take(message("t", 0, "5"), NOW);
        intake.take(message("t", 0, "{}"), NOW);
        assert_eq!((intake.waiting.len(), intake.acks.len()), (1, 0));
        assert!(intake.waiting[0].receipt.is_none());
    }

    #[test]
    fn a_tag_goes_before_its_message_when_it_changes_and_once_in_each_run() {
        let mut intake = with(|topic| {
            topic.points[0].pointer = "/n".into();
            topic.time = Some(PayloadTime { pointer: "/at".into(), format: TimeFormat::UNIX_MS });
            topic.tags = vec![MqttTag { name: "product".into(), pointer: "/p".into() }];
        });
        for (i, product) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] {
            let payload = format!("{{\"at\": {}, \"n\": {i}, \"p\": \"{product}\"}}", 1_700_000_000_000_i64 + i);
            intake.take(message("t", 1, &payload), NOW);
        }
        let inputs: Vec<_> = intake.waiting.into_iter().collect();
        let said: Vec<_> = inputs.iter().map(|input| input.tags.first().map(|(_, tag)| tag.value.as_str())).collect();
        assert_eq!(said, [Some("a"), None, Some("b"), Some("a")]);
        assert!(inputs.iter().all(|input| input.dated && input.tags.iter().all(|(at, _)| *at == input.scans[0].time)));
    }

    #[test]
    fn while_the_time_is_not_known_a_device_is_never_ahead_of_it() {
        let mut intake = with(|topic| {
            topic.points[0].pointer = "/n".into();
            topic.time = Some(PayloadTime { pointer: "/at".into(), format: TimeFormat::UNIX_MS });
        });
        let payload = r#"{"at": 1700000000000, "n": 1}"#;
        intake.take(message("t", 1, payload), UtcMillis(0));
        assert_eq!((intake.waiting.len(), intake.health.rejected_inputs()), (0, 1));
        intake.health.clock_is_unknown(true);
        intake.take(message("t", 2, payload), UtcMillis(0));
        assert_eq!(intake.waiting.len(), 1);
    }

    #[test]
    fn what_waits_and_what_is_unacknowledged_is_bounded() {
        let filled_by = |topic: &str| {
            let mut intake = intake();
            let mut taken = 0;
            while !intake.is_full() {
                intake.take(message(topic, 1, "5"), NOW);
                taken += 1;
            }
            taken
        };
        assert_eq!(filled_by("t"), WAITING_MAX);
        assert_eq!(filled_by("old"), UNACKED_MAX);
    }

    #[test]
    fn a_kept_message_is_taken_only_where_that_was_said() {
        let mut kept = message("t", 1, "5");
        kept.retained = true;
        for (retained, taken) in [(Retained::Ignore, 0), (Retained::Take, 1)] {
            let mut intake = with(|topic| topic.retained = retained);
            intake.take(kept.clone(), NOW);
            assert_eq!((intake.waiting.len(), intake.health.rejected_inputs()), (taken, 0));
            assert_eq!(intake.acks.len(), 1);
        }
    }

    #[test]
    fn a_meter_that_is_not_listed_is_refused_and_the_others_have_their_own_series() {
        let mut intake = with(|topic| {
            topic.topic = "f/+/+/state".into();
            topic.naming = vec![NamePart::Wildcard(0), NamePart::Text("-".into()), NamePart::Wildcard(1)];
            topic.meters = vec!["press-1".into(), "press-2".into()];
            topic.points[0].series = vec![3, 4];
        });
        for topic in ["f/press/2/state", "f/press/3/state", "f/press/3/state", "f/press/1/state"] {
            intake.take(message(topic, 1, "5"), NOW);
        }
        let series: Vec<u32> = intake.waiting.iter().map(|input| input.scans[0].found[0].0).collect();
        assert_eq!(series, [4, 3]);
        assert_eq!(intake.health.rejected_inputs(), 2);
        assert_eq!(intake.strangers.iter().collect::<Vec<_>>(), ["press-3"]);
        for n in 0..200 {
            intake.take(message(&format!("f/press/x{n}/state"), 1, "5"), NOW);
        }
        assert_eq!(intake.strangers.len(), STRANGERS_MAX);
    }

    #[test]
    fn each_filter_is_subscribed_to_once() {
        let source = |device: &str| SparkplugSource {
            group: "g".into(),
            node: "n".into(),
            device: Some(device.into()),
            ..SparkplugSource::default()
        };
        let broker = MqttBroker { sparkplug: vec![source("a"), source("b")], ..(*intake().broker).clone() };
        let mut intake = Intake::new(Arc::new(broker), Arc::default(), Arc::new(watch::Sender::new(0)));
        assert_eq!(intake.filters(), ["spBv1.0/g/+/n/#", "t"]);
        intake.connected(NOW);
        assert_eq!(intake.rebirths.len(), 1, "one node");
        intake.take(message("spBv1.0/g/NCMD/n", 1, "own"), NOW);
        intake.take(message("spBv1.0/g/NDATA/n", 0, "{}"), NOW);
        assert_eq!((intake.acks.len(), intake.health.rejected_inputs()), (1, 1));
    }
}
