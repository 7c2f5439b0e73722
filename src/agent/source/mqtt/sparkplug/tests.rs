//! Nodes that are born, speak, are misheard and die.

use super::{payload::datatype, *};
use crate::{
    agent::config::SparkplugPoint,
    model::{RawValue, Reason},
};
use std::time::Duration;

const NOW: i64 = 1_800_000_000_000;
const NODE: &str = "spBv1.0/g/NDATA/n";
const DEVICE: &str = "spBv1.0/g/DDATA/n/d";

struct Told {
    nodes: Nodes,
    moment: Moment,
}

impl Told {
    fn new() -> Told {
        let point = |series, metric: &str| SparkplugPoint { series, metric: metric.into() };
        let source = |device: Option<&str>, points| SparkplugSource {
            group: "g".into(),
            node: "n".into(),
            device: device.map(str::to_owned),
            meter: "m".into(),
            points,
        };
        let nodes = Nodes::new(&[
            source(None, vec![point(0, "power")]),
            source(Some("d"), vec![point(1, "energy"), point(2, "flow")]),
        ]);
        let at = UtcMillis(NOW);
        Told { nodes, moment: Moment { arrived: at, latest: at, monotonic: crate::runtime::clock::monotonic() } }
    }

    fn say(&mut self, topic: &str, seq: Option<u8>, metrics: Vec<Metric>) -> Heard {
        let payload = Payload { timestamp: Some(NOW.cast_unsigned() - 1_000), seq, metrics };
        self.nodes.take(topic, &encode(&payload).into(), &self.moment).unwrap().unwrap()
    }

    /// Births of node and device, with the aliases 1 and 7 (energy), 8 (flow), 9 (no point).
    fn born(&mut self) {
        let node = vec![bd_seq(4), metric("power", 1, datatype::DOUBLE, Number::Double(1.5))];
        assert_eq!(values(&self.say("spBv1.0/g/NBIRTH/n", Some(0), node)), [(0, Ok(RawValue::Float(1.5)))]);
        let device = vec![
            metric("energy", 7, datatype::UINT64, Number::Long(100)),
            metric("flow", 8, datatype::INT16, Number::Int(65_535)),
            metric("other", 9, datatype::INT16, Number::Int(1)),
        ];
        let heard = self.say("spBv1.0/g/DBIRTH/n/d", Some(1), device);
        assert_eq!(values(&heard), [(1, Ok(RawValue::UInt(100))), (2, Ok(RawValue::Int(-1)))]);
        assert!(heard.dated && heard.complaints.is_empty() && heard.rebirth.is_none());
    }
}

fn metric(name: &str, alias: u64, kind: u32, value: Number) -> Metric {
    Metric {
        name: Some(name.into()),
        alias: Some(alias),
        datatype: Some(kind),
        value: Some(value),
        ..Metric::default()
    }
}

fn alias(alias: u64, value: Number) -> Metric {
    Metric { alias: Some(alias), value: Some(value), ..Metric::default() }
}

fn bd_seq(number: u64) -> Metric {
    metric("bdSeq", 0, datatype::INT64, Number::Long(number))
}

fn values(heard: &Heard) -> Vec<(u32, Result<RawValue, Reason>)> {
    heard.scans.iter().flat_map(|scan| scan.found.clone()).collect()
}

#[test]
fn data_by_an_alias_is_read_as_the_birth_says() {
    let mut told = Told::new();
    told.born();
    let heard = told.say(DEVICE, Some(2), vec![alias(7, Number::Long(101)), alias(9, Number::Int(2))]);
    assert_eq!(values(&heard), [(1, Ok(RawValue::UInt(101)))]);
    assert_eq!(heard.scans[0].time, UtcMillis(NOW - 1_000));
    assert_eq!((heard.complaints.len(), heard.rebirth), (0, None));
}

#[test]
fn metrics_stand_in_scans_by_their_own_times_and_history_may_be_late() {
    let mut told = Told::new();
    told.born();
    let at = |time: i64, mut metric: Metric| {
        metric.timestamp = Some(time.cast_unsigned());
        metric.is_historical = Some(true);
        metric
    };
    let metrics = vec![
        at(NOW - 60_000, alias(7, Number::Long(90))),
        at(NOW - 3_600_000, alias(7, Number::Long(50))),
        at(NOW - 60_000, alias(8, Number::Int(3))),
        at(NOW - 60_000, alias(7, Number::Long(91))),
        at(5, alias(7, Number::Long(0))),
        at(NOW + 600_000, alias(7, Number::Long(0))),
    ];
    let heard = told.say(DEVICE, Some(2), metrics);
    assert_eq!(
        heard.scans,
        [
            Scan { time: UtcMillis(NOW - 3_600_000), found: vec![(1, Ok(RawValue::UInt(50)))] },
            Scan { time: UtcMillis(NOW - 60_000), found: vec![(1, Ok(RawValue::UInt(91))), (2, Ok(RawValue::Int(3)))] },
        ]
    );
    assert_eq!(heard.complaints, [Complaint::WrongTime]);
}

#[test]
fn after_a_gap_no_alias_is_believed_until_the_birth_and_names_with_types_are() {
    let mut told = Told::new();
    told.born();
    let heard = told.say(DEVICE, Some(3), vec![alias(7, Number::Long(101))]);
    assert_eq!((values(&heard), heard.complaints), (vec![], vec![Complaint::NotBorn, Complaint::Gap]));
    let rebirth = heard.rebirth.unwrap();
    assert_eq!(rebirth.topic, "spBv1.0/g/NCMD/n");
    let asked = payload::decode(&rebirth.payload.into()).unwrap();
    assert_eq!(asked.metrics[0].name.as_deref(), Some("Node Control/Rebirth"));
    assert_eq!(asked.metrics[0].value, Some(Number::Boolean(true)));

    let heard = told.say(DEVICE, Some(4), vec![metric("energy", 7, datatype::UINT64, Number::Long(102))]);
    assert_eq!(values(&heard), [(1, Ok(RawValue::UInt(102)))], "it says itself what it is");
    told.born();
    assert_eq!(values(&told.say(DEVICE, Some(2), vec![alias(7, Number::Long(103))])), [(1, Ok(RawValue::UInt(103)))]);
}

#[test]
fn the_sequence_goes_from_255_to_0_and_runs_over_all_devices_of_the_node() {
    let mut told = Told::new();
    told.born();
    for seq in (2..=255).chain([0, 1]) {
        let topic = if seq % 2 == 0 { NODE } else { "spBv1.0/g/DDATA/n/another" };
        let heard = told.say(topic, Some(seq), vec![alias(1, Number::Double(2.0))]);
        assert_eq!((heard.complaints.len(), heard.rebirth), (0, None), "{seq}");
    }
    assert_eq!(values(&told.say(DEVICE, Some(2), vec![alias(7, Number::Long(9))])).len(), 1);
    // what came twice is no gap
    assert_eq!(told.say(DEVICE, Some(2), vec![]).rebirth, None);
    assert!(told.say("spBv1.0/g/DDATA/n/another", Some(4), vec![]).rebirth.is_some());
}

#[test]
fn rebirths_are_asked_for_ever_less_often() {
    let mut told = Told::new();
    let mut asked = Vec::new();
    for second in 0..2_000 {
        let heard = told.say(NODE, Some(9), vec![alias(1, Number::Double(2.0))]);
        assert!(heard.complaints.contains(&Complaint::NotBorn) && heard.scans.is_empty());
        asked.extend(heard.rebirth.map(|_| second));
        told.moment.monotonic += Duration::from_secs(1);
    }
    assert_eq!(asked, [0, 5, 15, 35, 75, 155, 315, 635, 1235, 1835]);
}

#[test]
fn a_node_that_does_not_answer_is_asked_again_without_a_word_of_it_and_a_dead_one_is_not() {
    let mut told = Told::new();
    assert_eq!(told.nodes.connected(&told.moment).len(), 1);
    let due = told.nodes.ask_at().unwrap();
    assert_eq!(due, told.moment.monotonic + Duration::from_secs(5));
    assert_eq!(told.nodes.ask_again(&told.moment).len(), 0);
    told.moment.monotonic = due;
    assert_eq!(told.nodes.ask_again(&told.moment).len(), 1);
    told.born();
    assert_eq!(told.nodes.ask_at(), None);
    told.say(DEVICE, Some(9), vec![]);
    assert!(told.nodes.ask_at().is_some());
    told.say("spBv1.0/g/NDEATH/n", None, vec![bd_seq(4)]);
    assert_eq!(told.nodes.ask_at(), None);
}

#[test]
fn a_death_makes_the_points_bad_once_and_only_its_own_session_dies() {
    let mut told = Told::new();
    let death = |told: &mut Told, number| told.say("spBv1.0/g/NDEATH/n", None, vec![bd_seq(number)]);
    assert_eq!(death(&mut told, 4).scans, [], "nobody was heard of");
    told.born();
    let other = death(&mut told, 3);
    assert_eq!((other.scans, other.complaints), (vec![], vec![Complaint::OtherSession]));
    let heard = death(&mut told, 4);
    let gone = Err(Reason::Disconnected);
    assert_eq!(heard.scans, [Scan { time: UtcMillis(NOW), found: vec![(0, gone), (1, gone), (2, gone)] }]);
    assert!(!heard.dated, "the time is ours: the death was written before the birth");
    assert_eq!(death(&mut told, 4).scans, []);
    assert!(told.say(DEVICE, Some(2), vec![alias(7, Number::Long(1))]).rebirth.is_some(), "the dead do not speak");
}

#[test]
fn a_devices_death_is_its_own() {
    let mut told = Told::new();
    told.born();
    let heard = told.say("spBv1.0/g/DDEATH/n/d", Some(2), vec![]);
    assert_eq!(values(&heard), [(1, Err(Reason::Disconnected)), (2, Err(Reason::Disconnected))]);
    assert_eq!(values(&told.say(NODE, Some(3), vec![alias(1, Number::Double(3.0))])).len(), 1);
    assert!(told.say(DEVICE, Some(4), vec![alias(7, Number::Long(1))]).rebirth.is_some());
}

#[test]
fn after_a_lost_connection_births_are_asked_for_and_aliases_wait_for_them() {
    let mut told = Told::new();
    assert_eq!(told.nodes.connected(&told.moment).len(), 1);
    told.born();
    told.moment.monotonic += Duration::from_secs(60);
    assert_eq!(told.nodes.connected(&told.moment).len(), 0, "nothing is in doubt");
    told.nodes.disconnected();
    assert_eq!(told.nodes.connected(&told.moment).len(), 1);
    assert_eq!(values(&told.say(DEVICE, Some(2), vec![alias(7, Number::Long(1))])), []);
}

#[test]
fn null_is_no_value_and_what_is_no_number_is_named() {
    let mut told = Told::new();
    told.born();
    let null = Metric { is_null: Some(true), ..alias(7, Number::Long(5)) };
    let text = Metric { name: Some("flow".into()), datatype: Some(19), ..Metric::default() };
    let heard = told.say(DEVICE, Some(2), vec![null, text]);
    assert_eq!(values(&heard), [(1, Err(Reason::Missing)), (2, Err(Reason::Malformed))]);
    let said: Vec<String> = heard.complaints.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "the metric `flow` is Template; expected a number or a boolean",
            "the metric `energy` has no value that can be used"
        ]
    );
}

#[test]
fn other_nodes_and_commands_are_nobodys() {
    let mut told = Told::new();
    for topic in ["spBv1.0/g/NDATA/other", "spBv1.0/other/NDATA/n", "spBv1.0/g/NCMD/n", "spBv1.0/STATE/host"] {
        assert_eq!(told.nodes.take(topic, &Bytes::new(), &told.moment), None);
    }
    assert!(matches!(told.nodes.take(NODE, &Bytes::from_static(&[0xff]), &told.moment), Some(Err(_))));
}
