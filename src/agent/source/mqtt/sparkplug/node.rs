//! One edge node: its session, the births of itself and its devices, and when it is asked for them again.

use super::{
    Complaint, Heard, Moment, Rebirth,
    payload::{Metric, Number, Payload},
    rebirth,
    topic::{Kind, Topic},
    value::{self, Foreign},
};
use crate::{
    agent::{config::SparkplugSource, source::mqtt::time::is_plausible},
    model::{RawValue, Reason, Scan, UtcMillis},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use tokio::time::Instant;

/// Between two wishes for a rebirth: a node that does not answer is asked ever less often.
const ASK_PAUSE_MIN: Duration = Duration::from_secs(5);
const ASK_PAUSE_MAX: Duration = Duration::from_secs(600);
/// The session's number, in births and deaths of a node.
const BD_SEQ: &str = "bdSeq";

pub struct Node {
    group: String,
    name: String,
    /// The node itself and its devices, as far as they are meters of ours.
    owners: HashMap<Option<String>, Owner>,
    session: Option<Session>,
    /// Its births are missing, and it does not know to be dead.
    wish: bool,
    ask_after: Option<Instant>,
    ask_pause: Duration,
}

/// From a node's birth to its death.
struct Session {
    bd_seq: Option<u64>,
    next_seq: u8,
    /// No message was lost since the birth.
    sound: bool,
}

#[derive(Default)]
struct Owner {
    /// The series of each metric that is a point.
    points: HashMap<String, Vec<u32>>,
    birth: Option<Birth>,
    /// Something was heard since its last death.
    alive: bool,
}

/// What a birth certificate says of metrics.
#[derive(Default)]
struct Birth {
    /// `None` of a metric that is no point.
    aliases: HashMap<u64, Option<String>>,
    kinds: HashMap<String, u32>,
}

/// Found by time and series.
type Found = BTreeMap<i64, BTreeMap<u32, Result<RawValue, Reason>>>;

impl Node {
    pub fn new(group: &str, name: &str) -> Node {
        Node {
            group: group.to_owned(),
            name: name.to_owned(),
            owners: HashMap::new(),
            session: None,
            wish: false,
            ask_after: None,
            ask_pause: ASK_PAUSE_MIN,
        }
    }

    pub fn add(&mut self, source: &SparkplugSource) {
        let owner = self.owners.entry(source.device.clone()).or_default();
        for point in &source.points {
            owner.points.entry(point.metric.clone()).or_default().push(point.series);
        }
    }

    pub fn doubt(&mut self) {
        self.wish = false;
        self.session.iter_mut().for_each(|session| session.sound = false);
    }

    /// When it is to be asked again.
    pub fn ask_at(&self) -> Option<Instant> {
        self.ask_after.filter(|_| self.wish)
    }

    pub fn ask_if_due(&mut self, moment: &Moment) -> Option<Rebirth> {
        if self.wish { self.ask(moment) } else { None }
    }

    pub fn ask_if_in_doubt(&mut self, moment: &Moment) -> Option<Rebirth> {
        let sound = self.session.as_ref().is_some_and(|session| session.sound);
        if sound { None } else { self.ask(moment) }
    }

    fn ask(&mut self, moment: &Moment) -> Option<Rebirth> {
        self.wish = true;
        if self.ask_after.is_some_and(|after| moment.monotonic < after) {
            return None;
        }
        self.ask_after = Some(moment.monotonic + self.ask_pause);
        self.ask_pause = (self.ask_pause * 2).min(ASK_PAUSE_MAX);
        Some(rebirth(&self.group, &self.name, moment.arrived))
    }

    pub fn take(&mut self, topic: &Topic, payload: Payload, moment: &Moment) -> Heard {
        let mut heard = Heard::default();
        let mut complaints = BTreeSet::new();
        match (topic.kind, topic.device) {
            (Kind::Birth, None) => {
                self.session = Some(Session {
                    bd_seq: bd_seq(&payload),
                    next_seq: payload.seq.unwrap_or_default().wrapping_add(1),
                    sound: true,
                });
                self.wish = false;
                self.ask_pause = ASK_PAUSE_MIN;
                // each device says its own anew
                self.owners.values_mut().for_each(|owner| owner.birth = None);
            }
            (Kind::Death, None) => {
                let born = self.session.as_ref().and_then(|session| session.bd_seq);
                if born.zip(bd_seq(&payload)).is_some_and(|(born, died)| born != died) {
                    heard.complaints = vec![Complaint::OtherSession];
                    return heard;
                }
                self.session = None;
                self.wish = false;
                heard.scans.extend(dead(self.owners.values_mut(), moment.arrived));
                return heard;
            }
            _ => {
                if !self.follows(payload.seq) {
                    complaints.insert(if self.session.is_some() { Complaint::Gap } else { Complaint::NotBorn });
                    heard.rebirth = self.ask(moment);
                }
            }
        }
        let sound = self.session.as_ref().is_some_and(|session| session.sound);
        // a copy of a short name, for the lookup
        if let Some(owner) = self.owners.get_mut(&topic.device.map(str::to_owned)) {
            if topic.kind == Kind::Death {
                heard.scans.extend(dead(std::iter::once(owner), moment.arrived));
            } else {
                if topic.kind == Kind::Birth {
                    owner.birth = Some(owner.born(&payload));
                }
                let scans = owner.read(payload, sound, moment, &mut complaints);
                owner.alive |= !scans.is_empty() || topic.kind == Kind::Birth;
                heard.scans = scans;
                heard.dated = true;
                if complaints.contains(&Complaint::NotBorn) && heard.rebirth.is_none() {
                    heard.rebirth = self.ask(moment);
                }
            }
        }
        heard.complaints = complaints.into_iter().collect();
        heard
    }

    /// Whether a message with this number is the next of the session. One that came twice is no gap; a node that counts
    /// nothing can not say that something was lost.
    fn follows(&mut self, seq: Option<u8>) -> bool {
        let (Some(session), Some(seq)) = (&mut self.session, seq) else { return self.session.is_some() };
        if seq == session.next_seq.wrapping_sub(1) {
            return true;
        }
        let follows = seq == session.next_seq;
        session.next_seq = seq.wrapping_add(1);
        session.sound &= follows;
        follows
    }
}

impl Owner {
    fn born(&self, payload: &Payload) -> Birth {
        let mut birth = Birth::default();
        for metric in &payload.metrics {
            let Some(name) = &metric.name else { continue };
            let point = self.points.contains_key(name);
            if let Some(alias) = metric.alias {
                birth.aliases.insert(alias, point.then(|| name.clone()));
            }
            if let Some(kind) = metric.datatype.filter(|_| point) {
                birth.kinds.insert(name.clone(), kind);
            }
        }
        birth
    }

    fn read(&self, payload: Payload, sound: bool, moment: &Moment, complaints: &mut BTreeSet<Complaint>) -> Vec<Scan> {
        let mut found = Found::new();
        for metric in payload.metrics {
            if let Err(complaint) = self.metric(metric, payload.timestamp, sound, moment, &mut found) {
                complaints.insert(complaint);
            }
        }
        let scan =
            |(time, found): (i64, BTreeMap<u32, _>)| Scan { time: UtcMillis(time), found: found.into_iter().collect() };
        found.into_iter().map(scan).collect()
    }

    fn metric(
        &self,
        metric: Metric,
        sent: Option<u64>,
        sound: bool,
        moment: &Moment,
        found: &mut Found,
    ) -> Result<(), Complaint> {
        let birth = self.birth.as_ref().filter(|_| sound);
        let name = match (metric.name, metric.alias) {
            (Some(name), _) => name,
            (None, Some(alias)) => match birth.and_then(|birth| birth.aliases.get(&alias)) {
                Some(Some(name)) => name.clone(),
                // of a metric that is no point of ours
                Some(None) => return Ok(()),
                None => return Err(Complaint::NotBorn),
            },
            (None, None) => return Ok(()),
        };
        let Some(series) = self.points.get(&name) else { return Ok(()) };
        let said = metric.datatype.filter(|kind| *kind != 0);
        let kind = said.or_else(|| birth?.kinds.get(&name).copied()).ok_or(Complaint::NotBorn)?;
        let time = metric.timestamp.or(sent).ok_or(Complaint::NoTime)?;
        let time = i64::try_from(time).ok().map(UtcMillis).filter(|time| is_plausible(*time, moment.latest));
        let time = time.ok_or(Complaint::WrongTime)?;
        let value = metric.value.filter(|_| metric.is_null != Some(true));
        let (value, complaint) = match value::number(kind, value) {
            Ok(Ok(value)) => (Ok(value), None),
            Ok(Err(reason)) => (Err(reason), Some(Complaint::WithoutValue { metric: name })),
            Err(Foreign(kind)) => {
                (Err(Reason::Malformed), Some(Complaint::Foreign { metric: name, kind: value::name(kind) }))
            }
        };
        let at = found.entry(time.0).or_default();
        at.extend(series.iter().map(|series| (*series, value)));
        complaint.map_or(Ok(()), Err)
    }
}

/// The points of those who lived: there is nobody any more to read them.
fn dead<'o>(owners: impl Iterator<Item = &'o mut Owner>, arrived: UtcMillis) -> Option<Scan> {
    let mut found = BTreeMap::new();
    for owner in owners {
        owner.birth = None;
        if std::mem::take(&mut owner.alive) {
            found.extend(owner.points.values().flatten().map(|series| (*series, Err(Reason::Disconnected))));
        }
    }
    (!found.is_empty()).then(|| Scan { time: arrived, found: found.into_iter().collect() })
}

fn bd_seq(payload: &Payload) -> Option<u64> {
    let metric = payload.metrics.iter().find(|metric| metric.name.as_deref() == Some(BD_SEQ))?;
    match metric.value? {
        Number::Int(number) => Some(number.into()),
        Number::Long(number) => Some(number),
        _ => None,
    }
}
