//! Sparkplug B: what edge nodes and their devices say of themselves → scans. No I/O.
//!
//! ```text
//!   NBIRTH, DBIRTH ─▶ names, aliases, data types ─┐
//!   NDATA, DDATA ─────────────────────────────────┴─▶ scans by the metrics' own times
//!   NDEATH, DDEATH ───────────────────────────────────▶ scans without values: disconnected
//!   a gap, an unknown alias, no birth ────────────────▶ the wish for a rebirth, not too often
//! ```
//!
//! # Promises
//! - An alias is believed only since a birth from which on no message was lost: what it means may have changed with one
//!   that was. A metric that says its name and type is taken in any case.
//! - The death of another session than the one that was born is nobody's death.
//!
//! # Does not
//! Get back what was lost: nodes publish with QoS 0, and after a rebirth they say what is, not what was.

mod node;
mod payload;
#[cfg(test)]
mod tests;
mod topic;
mod value;

use crate::{
    agent::config::SparkplugSource,
    model::{Scan, UtcMillis},
};
use bytes::Bytes;
use node::Node;
pub use payload::Unreadable;
use payload::{Metric, Number, Payload, datatype, encode};
use std::collections::HashMap;
use tokio::time::Instant;

/// All nodes of one broker.
pub struct Nodes {
    nodes: Vec<Node>,
    /// By group and node.
    places: HashMap<(String, String), usize>,
}

/// When something happened.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// By this gateway's wall clock.
    pub arrived: UtcMillis,
    /// The same, or without a limit while the clock does not know the time: it can not say that a device is ahead.
    pub latest: UtcMillis,
    /// For the pauses between two wishes.
    pub monotonic: Instant,
}

/// What a message says.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    pub scans: Vec<Scan>,
    /// The times are the node's own.
    pub dated: bool,
    /// What is worth a line: the metric, or "", and what is wrong.
    pub complaints: Vec<Complaint>,
    /// The node is to be asked for its births.
    pub rebirth: Option<Rebirth>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Complaint {
    /// Data of which nothing can be made until the birth.
    NotBorn,
    /// So many messages were lost, or more by a multiple of 256.
    Gap,
    NoTime,
    /// Before 2000 or ahead.
    WrongTime,
    OtherSession,
    Foreign {
        metric: String,
        kind: &'static str,
    },
    WithoutValue {
        metric: String,
    },
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Complaint::NotBorn => {
                f.write_str("metrics by an alias without a sound birth are dropped; a rebirth is asked for")
            }
            Complaint::Gap => f.write_str("a gap in the sequence numbers: messages were lost, a rebirth is asked for"),
            Complaint::NoTime => f.write_str("metrics without a time stamp are dropped"),
            Complaint::WrongTime => f.write_str(
                "metrics are dropped whose time is before 2000 or more than 5 minutes ahead of this gateway's clock",
            ),
            Complaint::OtherSession => f.write_str("a death of an earlier session (bdSeq) is left aside"),
            Complaint::Foreign { metric, kind } => {
                write!(f, "the metric `{metric}` is {kind}; expected a number or a boolean")
            }
            Complaint::WithoutValue { metric } => write!(f, "the metric `{metric}` has no value that can be used"),
        }
    }
}

/// A command, to be published with QoS 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebirth {
    pub topic: String,
    pub payload: Vec<u8>,
}

impl Nodes {
    pub fn new(sources: &[SparkplugSource]) -> Nodes {
        let mut all = Nodes { nodes: Vec::new(), places: HashMap::new() };
        for source in sources {
            let name = (source.group.clone(), source.node.clone());
            let place = *all.places.entry(name).or_insert_with(|| {
                all.nodes.push(Node::new(&source.group, &source.node));
                all.nodes.len() - 1
            });
            if let Some(node) = all.nodes.get_mut(place) {
                node.add(source);
            }
        }
        all
    }

    /// What came over `topic`; `None` where no configured node says something of itself by it.
    pub fn take(&mut self, topic: &str, payload: &Bytes, moment: &Moment) -> Option<Result<Heard, Unreadable>> {
        let topic = topic::parse(topic)?;
        // a copy of two short names, for a lookup by both
        let place = *self.places.get(&(topic.group.to_owned(), topic.node.to_owned()))?;
        let node = self.nodes.get_mut(place)?;
        Some(payload::decode(payload).map(|payload| node.take(&topic, payload, moment)))
    }

    /// What was sent meanwhile was lost.
    pub fn disconnected(&mut self) {
        self.nodes.iter_mut().for_each(Node::doubt);
    }

    /// When a node is to be asked again that did not answer, or was asked too short a time ago.
    pub fn ask_at(&self) -> Option<Instant> {
        self.nodes.iter().filter_map(Node::ask_at).min()
    }

    pub fn ask_again(&mut self, moment: &Moment) -> Vec<Rebirth> {
        self.nodes.iter_mut().filter_map(|node| node.ask_if_due(moment)).collect()
    }

    /// Asks every node whose births are not known, or no longer.
    pub fn connected(&mut self, moment: &Moment) -> Vec<Rebirth> {
        self.nodes.iter_mut().filter_map(|node| node.ask_if_in_doubt(moment)).collect()
    }
}

fn rebirth(group: &str, node: &str, at: UtcMillis) -> Rebirth {
    let timestamp = u64::try_from(at.0).ok();
    let metric = Metric {
        name: Some("Node Control/Rebirth".into()),
        timestamp,
        datatype: Some(datatype::BOOLEAN),
        value: Some(Number::Boolean(true)),
        ..Metric::default()
    };
    let payload = encode(&Payload { timestamp, seq: None, metrics: vec![metric] });
    Rebirth { topic: topic::command(group, node), payload }
}

/// Any messages, one after another: the first byte says the topic, two the length. `fuzz/` tries them for hours.
#[cfg(any(test, fuzzing))]
pub fn fuzz(bytes: &[u8]) {
    use crate::agent::config::SparkplugPoint;
    let point = |series, metric: &str| SparkplugPoint { series, metric: metric.into() };
    let source = |device: Option<&str>, points| SparkplugSource {
        group: "g".into(),
        node: "n".into(),
        device: device.map(str::to_owned),
        meter: "m".into(),
        points,
    };
    let mut nodes = Nodes::new(&[
        source(None, vec![point(0, "a"), point(1, "b")]),
        source(Some("d"), vec![point(2, "a"), point(3, "a")]),
    ]);
    let arrived = UtcMillis(1_790_000_000_000);
    let mut rest = bytes;
    while let Some(([kind, high, low], behind)) = rest.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(behind.len());
        let (message, others) = behind.split_at(length);
        rest = others;
        let topic = match kind % 7 {
            0 => "spBv1.0/g/NBIRTH/n",
            1 => "spBv1.0/g/DBIRTH/n/d",
            2 => "spBv1.0/g/NDATA/n",
            3 => "spBv1.0/g/DDATA/n/d",
            4 => "spBv1.0/g/NDEATH/n",
            5 => "spBv1.0/g/DDEATH/n/d",
            _ => "spBv1.0/g/DDATA/n/other",
        };
        let moment = Moment { arrived, latest: arrived, monotonic: crate::runtime::clock::monotonic() };
        let heard = nodes.take(topic, &Bytes::copy_from_slice(message), &moment);
        if let Some(Ok(heard)) = heard {
            let own = if topic.contains("/D") { 2..4 } else { 0..4 };
            for scan in heard.scans {
                let mut series: Vec<u32> = scan.found.iter().map(|(series, _)| *series).collect();
                series.sort_unstable();
                series.dedup();
                assert_eq!(series.len(), scan.found.len(), "a series stands once in a scan");
                assert!(series.iter().all(|series| own.contains(series)), "{topic} speaks for {series:?}");
                assert!(scan.time.0 <= arrived.0 + 300_000);
            }
        }
    }
}
