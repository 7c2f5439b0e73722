//! Polls a line for a while and observes what comes.

use super::{
    ask::Ask,
    diagnosis::{End, Neighbour, Observations, Shot, Unit},
    frames,
    journal::{Journal, Told},
    link,
    progress::Progress,
    session::Session,
    table::Table,
    wire,
};
use crate::{
    agent::{
        config::{Bus, Link, Wire},
        source::{
            line::{Fault, Outcome},
            modbus,
        },
    },
    runtime::{
        clock,
        lang::{Lang, Text},
    },
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Before the first request, and between rounds, it is listened to what others say.
const LISTEN: Duration = Duration::from_millis(1500);
const BETWEEN: Duration = Duration::from_millis(60);
/// Settings beside the line's own that are tried where it does not answer well, and requests at each.
const NEIGHBOUR_UNITS: usize = 4;

pub struct Patient {
    pub name: Text,
    pub asks: Vec<Ask>,
}

pub struct Doctor<'a> {
    bus: &'a Bus,
    patients: Vec<Patient>,
    time: Duration,
    journal: Arc<Journal>,
    stop: CancellationToken,
    /// The patient whose answer did not come, and what it was asked last.
    waiting: Option<(usize, Vec<u8>)>,
}

impl<'a> Doctor<'a> {
    pub fn new(
        bus: &'a Bus,
        patients: Vec<Patient>,
        time: Duration,
        journal: Arc<Journal>,
        stop: CancellationToken,
    ) -> Doctor<'a> {
        Doctor { bus, patients, time, journal, stop, waiting: None }
    }

    pub async fn run(&mut self, progress: &Progress, lang: Lang) -> Observations {
        let mut seen = Observations {
            setting: self.bus.link.wire().map(wire::shown),
            timeout: self.bus.timeout,
            units: self
                .patients
                .iter()
                .map(|patient| Unit { name: Some(patient.name.clone()), shots: vec![], late: 0 })
                .collect(),
            ..Observations::default()
        };
        let stop = self.stop.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.observe(&mut seen, progress, lang) => {}
        }
        seen
    }

    async fn observe(&mut self, seen: &mut Observations, progress: &Progress, lang: Lang) {
        let begun = clock::monotonic();
        let mut session = Session::new(self.bus, self.journal.clone(), &self.stop);
        progress.says(lang.pick("先听线上有无别的主站", "listening for another master"));
        if let Err(fault @ Fault::Unreachable(_)) = self.listen(&mut session, LISTEN, seen).await {
            seen.unreachable = Some(unreachable(&fault, &self.bus.link));
            return;
        }
        progress.says(lang.pick("逐表询问", "asking each meter"));
        let of = |(place, patient): (usize, &Patient)| {
            patient.asks.iter().map(move |ask| (place, ask.clone())).collect::<Vec<_>>()
        };
        let asks: Vec<_> = self.patients.iter().enumerate().flat_map(of).collect();
        // one round at least: a dead meter must have had its chance
        let mut first = true;
        while first || clock::monotonic() < begun + self.time {
            first = false;
            for (place, ask) in &asks {
                session.endpoint.begin_poll();
                let answer = ask.send(&mut session.endpoint).await;
                let told = session.told();
                if let Err(fault @ Fault::Unreachable(_)) = &answer {
                    seen.unreachable = Some(unreachable(fault, &self.bus.link));
                    return;
                }
                // a line asks in another length first where an answer is owed: that tells as much
                let shots = told.iter().filter_map(|told| shot(ask, told, self.bus.link.wire()));
                if let Some(unit) = seen.units.get_mut(*place) {
                    unit.shots.extend(shots);
                }
                self.note(&told, seen, *place);
                let all = self.time.as_millis().max(1);
                let spent = clock::monotonic().saturating_duration_since(begun).as_millis();
                progress.to(usize::try_from((spent * 100 / all).min(100)).unwrap_or(100));
            }
            // a fault of listening shows in the next request
            let _ = self.listen(&mut session, BETWEEN, seen).await;
        }
        drop(session);
        self.neighbours(seen, progress, lang).await;
    }

    async fn listen(&mut self, session: &mut Session, time: Duration, seen: &mut Observations) -> Result<(), Fault> {
        let unasked = session.listen(time).await?;
        self.unasked(&unasked, seen);
        Ok(())
    }

    fn note(&mut self, told: &[Told], seen: &mut Observations, place: usize) {
        for one in told {
            self.unasked(&one.unasked, seen);
            seen.echoes += usize::from(one.echo);
            let silent = one.outcome != Outcome::Whole && one.received.is_empty() && !one.sent.is_empty();
            self.waiting = silent.then(|| (place, one.sent.clone()));
        }
    }

    /// Bytes that came while nobody was asked; what answers the last request is a late answer.
    fn unasked(&mut self, bytes: &[u8], seen: &mut Observations) {
        if let Some((place, sent)) = &self.waiting
            && frames::is_answer(sent, bytes)
        {
            if let Some(unit) = seen.units.get_mut(*place) {
                unit.late += 1;
            }
            self.waiting = None;
            return;
        }
        seen.unasked += bytes.len();
        seen.overheard += frames::overheard(bytes).frames.len();
    }

    /// Of a serial port where most requests had no sound answer: the other usual settings, a few requests at each.
    async fn neighbours(&self, seen: &mut Observations, progress: &Progress, lang: Lang) {
        let Link::Serial(serial) = &self.bus.link else { return };
        let whole: usize = seen.units.iter().map(|unit| unit.count(End::Whole)).sum();
        if whole * 2 > seen.asked() {
            return;
        }
        for wire in around(serial.wire) {
            let setting = wire::shown(wire);
            progress.says(lang.pick(format!("试 {setting}"), format!("trying {setting}")));
            let bus = Bus { link: link::at(&self.bus.link, wire), ..self.bus.clone() };
            let mut session = Session::new(&bus, self.journal.clone(), &self.stop);
            let (mut sound, mut asked) = (0, 0);
            for ask in self.patients.iter().filter_map(|patient| patient.asks.first()).take(NEIGHBOUR_UNITS) {
                session.endpoint.begin_poll();
                asked += 1;
                sound += usize::from(ask.send(&mut session.endpoint).await.is_ok());
            }
            let _ = session.told();
            seen.neighbours.push(Neighbour { setting, sound, asked });
        }
    }
}

/// The same speed in every format, and the other usual speeds in the usual formats.
fn around(own: Wire) -> Vec<Wire> {
    let formats = wire::FORMATS.iter().filter_map(|(name, ..)| wire::wire(own.baud, name));
    let usual = [9600, 2400, 4800, 19_200, 1200, 38_400, 115_200].into_iter().filter(|baud| *baud != own.baud);
    let speeds = usual.flat_map(|baud| ["8N1", "8E1"].into_iter().filter_map(move |name| wire::wire(baud, name)));
    formats.chain(speeds).filter(|wire| *wire != own).collect()
}

/// How one request went; `None`: it was not sent.
fn shot(ask: &Ask, told: &Told, wire: Option<Wire>) -> Option<Shot> {
    let end = match told.outcome {
        Outcome::Whole => End::Whole,
        Outcome::Unreachable => return None,
        Outcome::Damaged => End::Damaged,
        Outcome::Timeout | Outcome::Closed | Outcome::Malformed if told.received.is_empty() => End::Silent,
        Outcome::Timeout | Outcome::Closed | Outcome::Malformed => End::Garbled,
    };
    // a refusal is whole and short
    let expected = match modbus::request(&told.sent) {
        _ if end == End::Whole => told.received.len(),
        Some((unit, read)) => Ask::Modbus { unit, read }.reply_length(),
        None => ask.reply_length(),
    };
    // what the request itself took on the line
    let sending = wire.map(|wire| wire.character() * u32::try_from(told.sent.len()).unwrap_or_default());
    let turnaround = told.turnaround.map(|time| time.saturating_sub(sending.unwrap_or_default()));
    Some(Shot { end, expected, came: told.received.len(), turnaround })
}

fn unreachable(fault: &Fault, link: &Link) -> Text {
    let advice = fault.advice(link);
    Text::new(format!("{fault}；{}", advice.zh), format!("{fault}; {}", advice.en))
}

/// Per meter: how often it was asked, what came, and how fast.
pub fn table(seen: &Observations, lang: Lang) -> String {
    let head = lang.pick(
        ["仪表", "询问", "完好", "无回答", "校验错", "乱码", "最快 ms", "中位 ms", "p99 ms"],
        ["meter", "asked", "sound", "silent", "checksum", "garbled", "min ms", "median ms", "p99 ms"],
    );
    let mut table = Table::new(head);
    for unit in &seen.units {
        let times = unit.turnarounds();
        let ms = |percent| {
            super::diagnosis::percentile(&times, percent)
                .map_or("-".into(), |time| format!("{:.1}", time.as_secs_f64() * 1000.0))
        };
        let count = |end| unit.count(end).to_string();
        table.row([
            unit.name.as_ref().map(|name| name.in_lang(lang).to_owned()).unwrap_or_default(),
            unit.shots.len().to_string(),
            count(End::Whole),
            count(End::Silent),
            count(End::Damaged),
            count(End::Garbled),
            ms(0),
            ms(50),
            ms(99),
        ]);
    }
    let (noise, echoes) = (seen.unasked, seen.echoes);
    let line = lang.pick(
        format!("无人询问时的字节：{noise}；回声：{echoes} 次"),
        format!("bytes that came unasked: {noise}; echoes: {echoes}"),
    );
    format!("{}\n{line}", table.render())
}

pub fn json(seen: &Observations, lang: Lang) -> Value {
    let of = |unit: &Unit| {
        let times = unit.turnarounds();
        let ms = |percent| super::diagnosis::percentile(&times, percent).map(|time| time.as_secs_f64() * 1000.0);
        json!({
            "meter": unit.name.as_ref().map(|name| name.in_lang(lang)),
            "asked": unit.shots.len(),
            "sound": unit.count(End::Whole),
            "silent": unit.count(End::Silent),
            "checksum": unit.count(End::Damaged),
            "garbled": unit.count(End::Garbled),
            "turnaround_ms": { "min": ms(0), "median": ms(50), "p99": ms(99) },
        })
    };
    let neighbour = |one: &Neighbour| json!({ "setting": one.setting, "sound": one.sound, "asked": one.asked });
    json!({
        "setting": seen.setting,
        "meters": seen.units.iter().map(of).collect::<Vec<_>>(),
        "unasked_bytes": seen.unasked,
        "overheard_frames": seen.overheard,
        "echoes": seen.echoes,
        "neighbours": seen.neighbours.iter().map(neighbour).collect::<Vec<_>>(),
    })
}

/// Findings in words: what is suspected, the evidence, and what to try.
pub fn findings(found: &[super::diagnosis::Finding], lang: Lang) -> String {
    if found.is_empty() {
        return lang.pick("没有发现问题".to_owned(), "nothing is wrong".to_owned());
    }
    let mut lines = Vec::new();
    for finding in found {
        let whom = finding.meter.as_ref().map(|meter| meter.in_lang(lang).to_owned());
        let whom = whom.unwrap_or_else(|| lang.pick("线路".to_owned(), "the line".to_owned()));
        let (text, evidence) = (finding.text.in_lang(lang), finding.evidence.in_lang(lang));
        lines.push(lang.pick(format!("● {whom}：{text}"), format!("● {whom}: {text}")));
        lines.push(lang.pick(format!("  依据：{evidence}"), format!("  evidence: {evidence}")));
        let tries = (1..).zip(&finding.try_this);
        lines.extend(tries.map(|(number, one)| {
            let one = one.in_lang(lang);
            lang.pick(format!("  试 {number}：{one}"), format!("  try {number}: {one}"))
        }));
    }
    lines.join("\n")
}
