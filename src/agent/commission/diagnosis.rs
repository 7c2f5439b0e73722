//! From what was observed on a line to what is probably wrong with it. Pure.
//!
//! # Promises
//! - Each finding names its evidence, in numbers, and what to try, the likeliest first.
//! - A line that is sound has no findings.
//!
//! # Does not
//! Know: wiring is judged by what it does to bytes, so a finding is a suspicion.

use crate::runtime::lang::Text;
use serde::Serialize;
use std::time::Duration;

/// What one meter did.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Both languages.
    pub name: Option<Text>,
    pub shots: Vec<Shot>,
    /// Answers that came when their time was over.
    pub late: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Whole,
    Silent,
    /// The checksum is wrong.
    Damaged,
    /// Bytes that are no reply.
    Garbled,
}

#[derive(Clone, Copy, Debug)]
pub struct Shot {
    pub end: End,
    /// What its reply should take.
    pub expected: usize,
    /// Bytes that came.
    pub came: usize,
    pub turnaround: Option<Duration>,
}

/// What the meters do at another speed or format.
#[derive(Clone, Debug)]
pub struct Neighbour {
    pub setting: String,
    pub sound: usize,
    pub asked: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Observations {
    pub units: Vec<Unit>,
    /// `None`: a network, on which nothing of a line can be seen.
    pub setting: Option<String>,
    pub timeout: Duration,
    /// Bytes that came while nobody was asked.
    pub unasked: usize,
    /// Sound requests and replies among them.
    pub overheard: usize,
    pub echoes: usize,
    pub neighbours: Vec<Neighbour>,
    /// Why the line could not be opened.
    pub unreachable: Option<Text>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    Unreachable,
    NothingHeard,
    OtherSetting,
    DeadMeter,
    TwoOnOneAddress,
    Termination,
    Noise,
    TimeoutTight,
    Echo,
    AnotherMaster,
    Unsteady,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Finding {
    pub suspicion: Suspicion,
    /// Whom it is about; `None`: the line.
    pub meter: Option<Text>,
    pub text: Text,
    pub evidence: Text,
    /// What to try, in this order.
    pub try_this: Vec<Text>,
}

/// Fewer than so many of a kind say nothing.
const FEW: usize = 3;
/// The turnaround of one meter varies by a scan of its own program; two meters differ by more.
const APART: Duration = Duration::from_millis(15);
const SHORT_REPLY: usize = 12;

pub fn diagnose(seen: &Observations) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(why) = &seen.unreachable {
        let text = Text::new("线路打不开", "the line can not be opened");
        found.push(Finding {
            suspicion: Suspicion::Unreachable,
            meter: None,
            text,
            evidence: why.clone(),
            try_this: vec![],
        });
        return found;
    }
    found.extend(another_master(seen));
    let better = other_setting(seen);
    let (whole, silent, asked) = (seen.count(End::Whole), seen.count(End::Silent), seen.asked());
    let late: usize = seen.units.iter().map(|unit| unit.late).sum();
    match better {
        Some(better) => found.push(better),
        None if asked > 0 && whole == 0 && silent == asked && late == 0 => found.push(nothing_heard(seen)),
        None => {
            found.extend(seen.units.iter().filter_map(|unit| of_unit(unit, seen)));
            found.extend(termination(seen));
        }
    }
    found.extend(noise(seen, &found));
    found.extend(seen.units.iter().filter_map(|unit| timeout_tight(unit, seen.timeout)));
    found.extend(echo(seen));
    found
}

fn nothing_heard(seen: &Observations) -> Finding {
    let asked = seen.asked();
    let tried: Vec<_> = seen.neighbours.iter().map(|neighbour| neighbour.setting.as_str()).collect();
    let also = |zh: &str, en: &str| if tried.is_empty() { Text::new("", "") } else { Text::new(zh, en) };
    let Text { zh, en } =
        also(&format!("；{} 下也没有", tried.join("、")), &format!("; nothing at {} either", tried.join(", ")));
    let evidence = Text::new(
        format!("{asked} 次询问没有收到一个字节{zh}"),
        format!("{asked} requests and not one byte came back{en}"),
    );
    let try_this = match seen.setting {
        None => vec![
            Text::new(
                "核对 unit_id；若对方是网关，查看其串口侧",
                "check unit_id; behind a gateway look at its serial side",
            ),
            Text::new("加大 --timeout-ms 再试", "try again with a larger --timeout-ms"),
        ],
        Some(_) => vec![
            Text::new("对调 A、B 两线再试（不会损坏仪表）", "swap A and B and try again (this harms nothing)"),
            Text::new(
                "在仪表菜单里核对地址、波特率、校验位和协议；mujun-agent scan 会逐一尝试",
                "look up address, baud rate, parity and protocol in the meter's menu; mujun-agent scan tries them all",
            ),
            Text::new(
                "仪表是否上电？通信端子是否接在 485 上而不是脉冲端子上？",
                "has the meter power, and is the line on its RS-485 terminals and not on the pulse output?",
            ),
            Text::new(
                "断开其余仪表，只留一块近处的再试：坏表会压住整条线",
                "leave one near meter on the line and try again: a broken one holds the whole line down",
            ),
            Text::new(
                "加 --timeout-ms 3000 再试：4G DTU 和个别仪表回答很慢",
                "try again with --timeout-ms 3000: a DTU over 4G and some meters are slow",
            ),
        ],
    };
    Finding {
        suspicion: Suspicion::NothingHeard,
        meter: None,
        text: Text::new(
            "一片寂静：A/B 接反、波特率不对、未上电或地址不对",
            "nothing but silence: A and B swapped, a wrong baud rate, no power, or wrong addresses",
        ),
        evidence,
        try_this,
    }
}

/// The meters answer at another setting, where they do not at this one.
fn other_setting(seen: &Observations) -> Option<Finding> {
    let (whole, asked) = (seen.count(End::Whole), seen.asked());
    let best = seen.neighbours.iter().max_by_key(|neighbour| neighbour.sound).filter(|best| best.sound > 0)?;
    if whole * 2 > asked || whole * best.asked >= best.sound * asked {
        return None;
    }
    let (now, setting) = (seen.setting.clone().unwrap_or_default(), &best.setting);
    let (sound, tried) = (best.sound, best.asked);
    let [baud, format] = [0, 1].map(|at| setting.split(' ').nth(at).unwrap_or_default());
    Some(Finding {
        suspicion: Suspicion::OtherSetting,
        meter: None,
        text: Text::new(
            format!("速率或校验位不对：仪表用的是 {setting}"),
            format!("wrong speed or parity: the meters use {setting}"),
        ),
        evidence: Text::new(
            format!("{now}：{asked} 次中 {whole} 次完好；{setting}：{tried} 次中 {sound} 次完好"),
            format!("at {now} {whole} of {asked} replies were sound, at {setting} {sound} of {tried}"),
        ),
        try_this: vec![Text::new(
            format!("在配置的 [[bus]] 中写 baud = {baud}、format = \"{format}\"，或改仪表的设置"),
            format!("write baud = {baud} and format = \"{format}\" into its [[bus]], or change the meters' setting"),
        )],
    })
}

fn of_unit(unit: &Unit, seen: &Observations) -> Option<Finding> {
    let asked = unit.shots.len();
    // what answers late is a matter of its time-out
    if asked == 0 || unit.late > 0 {
        return None;
    }
    let (whole, silent, broken) = (unit.count(End::Whole), unit.count(End::Silent), unit.broken());
    if silent == asked {
        return Some(dead(unit, seen));
    }
    if let Some(twins) = twins(unit) {
        return Some(twins);
    }
    // the same of all meters is a matter of the line
    let others_sound = seen.units.iter().filter(|other| other.broken() == 0 && other.count(End::Whole) > 0).count();
    let unsteady = (broken + silent) * 20 > asked && (seen.units.len() == 1 || others_sound > 0);
    unsteady.then(|| Finding {
        suspicion: Suspicion::Unsteady,
        meter: unit.name.clone(),
        text: Text::new("这块表的回答不稳定", "this meter's answers are unsteady"),
        evidence: Text::new(
            format!("{asked} 次中 {whole} 次完好、{silent} 次无回答、{broken} 次损坏"),
            format!("of {asked} requests {whole} were answered, {silent} not at all, {broken} with damaged bytes"),
        ),
        try_this: vec![
            Text::new("检查这块表的接线端子和它到干线的分支长度", "check its terminals and the length of its stub"),
            Text::new("用 --timeout-ms 放宽时间再试", "try again with a larger --timeout-ms"),
        ],
    })
}

fn dead(unit: &Unit, seen: &Observations) -> Finding {
    let asked = unit.shots.len();
    let answering = seen.units.iter().filter(|other| other.count(End::Whole) > 0).count();
    Finding {
        suspicion: Suspicion::DeadMeter,
        meter: unit.name.clone(),
        text: Text::new("这块表没有回答，同一条线上的其他表有", "this meter does not answer, others on the line do"),
        evidence: Text::new(
            format!("{asked} 次询问无一字节；{answering} 块表有回答"),
            format!("not one byte to {asked} requests, while {answering} meters answer"),
        ),
        try_this: vec![
            Text::new("在仪表菜单里核对地址和协议", "look up its address and protocol in its menu"),
            Text::new("它是否上电？它的 A、B 是否接反？", "has it power, and are A and B swapped at this meter?"),
            Text::new(
                "它的速率或校验位可能与别的表不同：mujun-agent scan --all",
                "its speed or parity may differ from the others': mujun-agent scan --all",
            ),
        ],
    }
}

/// Two answer at once: bytes that fit in length and not in their checksum, while the turnaround jumps.
fn twins(unit: &Unit) -> Option<Finding> {
    let asked = unit.shots.len();
    let fitting = |shot: &&Shot| {
        let garbled = matches!(shot.end, End::Damaged | End::Garbled);
        garbled && shot.came >= shot.expected && shot.came <= 2 * shot.expected + 2
    };
    let garbled: Vec<_> = unit.shots.iter().filter(fitting).collect();
    let longer = garbled.iter().filter(|shot| shot.came > shot.expected).count();
    let mut times: Vec<_> = unit.shots.iter().filter_map(|shot| shot.turnaround).collect();
    times.sort();
    let spread = times.last().zip(times.first()).map(|(last, first)| *last - *first).unwrap_or_default();
    // one meter with a bad line loses a few; two on one address garble most, even the short replies
    let short = garbled.iter().filter(|shot| shot.expected <= SHORT_REPLY).count();
    let most = garbled.len() >= FEW && garbled.len() * 2 > asked && short > 0;
    if !most || (spread < APART && longer * 2 < garbled.len() && garbled.len() < asked) {
        return None;
    }
    let (count, low, high) = (garbled.len(), ms(times.first()), ms(times.last()));
    Some(Finding {
        suspicion: Suspicion::TwoOnOneAddress,
        meter: unit.name.clone(),
        text: Text::new("可能有两块表用同一个地址", "two meters may have one address"),
        evidence: Text::new(
            format!("{asked} 次中 {count} 次的回答长度相符而校验错，其中 {longer} 次过长；应答时间 {low} 到 {high} ms"),
            format!(
                "{count} of {asked} replies fit in length and have a wrong checksum, {longer} of them are too long; turnaround from {low} to {high} ms"
            ),
        ),
        try_this: vec![
            Text::new(
                "断开这个地址的一块表再试；若另一块正常，给其中一块改地址",
                "disconnect one of the meters of this address: where the other is fine then, give one of them a new address",
            ),
            Text::new("若只有一块表：检查校验位和终端电阻", "where there is only one: check parity and termination"),
        ],
    })
}

/// Damage that grows with the length of replies, over several meters or lengths.
fn termination(seen: &Observations) -> Option<Finding> {
    let shots = || seen.units.iter().filter(|unit| unit.count(End::Whole) > 0).flat_map(|unit| &unit.shots);
    let mut lengths: Vec<_> = shots().map(|shot| shot.expected).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let (shortest, longest) = (*lengths.first()?, *lengths.last()?);
    if longest < 2 * shortest {
        return None;
    }
    let middle = (shortest + longest) / 2;
    let rate = |long: bool| {
        let of: Vec<_> = shots().filter(|shot| shot.end != End::Silent && (shot.expected > middle) == long).collect();
        (of.iter().filter(|shot| shot.end != End::Whole).count(), of.len())
    };
    let ((short_bad, short_all), (long_bad, long_all)) = (rate(false), rate(true));
    // at least twice as often, and not by chance
    let grows = long_bad >= FEW && long_bad * short_all.max(1) > 2 * short_bad * long_all && long_bad * 50 > long_all;
    grows.then(|| Finding {
        suspicion: Suspicion::Termination,
        meter: None,
        text: Text::new(
            "回答越长错得越多：可能缺终端电阻或偏置，或线太长、速率太高",
            "the longer a reply the more often it is damaged: termination or bias is missing, or the line is too long for its speed",
        ),
        evidence: Text::new(
            format!("{middle} 字节以内：{short_all} 次中 {short_bad} 次损坏；更长的：{long_all} 次中 {long_bad} 次"),
            format!("up to {middle} bytes {short_bad} of {short_all} replies are damaged, above it {long_bad} of {long_all}"),
        ),
        try_this: vec![
            Text::new("线的两端（且只在两端）各并 120 Ω 终端电阻", "put 120 Ω across A and B at both ends of the line, and only there"),
            Text::new("主站一侧加偏置（A 上拉、B 下拉 560 到 1000 Ω）", "bias the line at the master (A up, B down, 560 to 1000 Ω)"),
            Text::new("手拉手接线，去掉星形分支；屏蔽层单端接地", "wire from meter to meter without stubs; ground the shield at one end"),
            Text::new("降到 4800 或 2400 再试；或在配置中写 registers_max = 20", "try 4800 or 2400, or write registers_max = 20 into the configuration"),
        ],
    })
}

fn noise(seen: &Observations, found: &[Finding]) -> Option<Finding> {
    let master = found.iter().any(|finding| finding.suspicion == Suspicion::AnotherMaster);
    let bytes = seen.unasked;
    (bytes >= FEW && !master && seen.setting.is_some()).then(|| Finding {
        suspicion: Suspicion::Noise,
        meter: None,
        text: Text::new(
            "没有人发送时线上也有字节：缺偏置或有干扰",
            "bytes come while nobody sends: no bias, or interference",
        ),
        evidence: Text::new(
            format!("{bytes} 个字节在无人询问时到达"),
            format!("{bytes} bytes came while nobody was asked"),
        ),
        try_this: vec![
            Text::new(
                "主站一侧加偏置（A 上拉、B 下拉 560 到 1000 Ω）",
                "bias the line at the master (A up, B down, 560 to 1000 Ω)",
            ),
            Text::new(
                "通信线离开变频器和动力电缆，屏蔽层单端接地",
                "keep the line away from inverters and power cables, ground its shield at one end",
            ),
        ],
    })
}

/// An answer just before its time was over, or behind it.
fn timeout_tight(unit: &Unit, timeout: Duration) -> Option<Finding> {
    let (times, late, limit) = (unit.turnarounds(), unit.late, timeout.as_millis());
    let p99 = percentile(&times, 99).filter(|p99| times.len() >= FEW && **p99 * 10 > timeout * 7);
    let (evidence, slowest) = match (late, p99) {
        (0, None) => return None,
        (0, Some(p99)) => {
            let p99 = p99.as_millis();
            let evidence = Text::new(
                format!("最慢的 1 % 回答用了 {p99} ms，超时为 {limit} ms"),
                format!("the slowest percent of the answers took {p99} ms, the time-out is {limit} ms"),
            );
            (evidence, p99)
        }
        (late, _) => {
            let evidence = Text::new(
                format!("{late} 次回答在超时（{limit} ms）之后才到"),
                format!("{late} answers came after the time-out of {limit} ms"),
            );
            (evidence, limit)
        }
    };
    let better = (slowest * 2).div_ceil(100) * 100;
    Some(Finding {
        suspicion: Suspicion::TimeoutTight,
        meter: unit.name.clone(),
        text: Text::new("超时设得太紧", "the time-out is too tight"),
        evidence,
        try_this: vec![Text::new(format!("写 timeout_ms = {better}"), format!("write timeout_ms = {better}"))],
    })
}

fn echo(seen: &Observations) -> Option<Finding> {
    (seen.echoes > 0).then(|| {
        let (echoes, asked) = (seen.echoes, seen.asked());
        Finding {
            suspicion: Suspicion::Echo,
            meter: None,
            text: Text::new(
                "转接头会听到自己发出的字节（回声）：程序会跳过它，不影响读数",
                "the adapter hears what it sends: the echo is skipped and harms no reading",
            ),
            evidence: Text::new(format!("{asked} 次中 {echoes} 次"), format!("{echoes} of {asked} times")),
            try_this: vec![Text::new(
                "可在转接头上关闭接收（RE 与 DE 相连），或不管它",
                "tie RE to DE at the adapter, or leave it as it is",
            )],
        }
    })
}

fn another_master(seen: &Observations) -> Option<Finding> {
    (seen.overheard >= 1).then(|| {
        let (frames, bytes) = (seen.overheard, seen.unasked);
        Finding {
            suspicion: Suspicion::AnotherMaster,
            meter: None,
            text: Text::new("线上另有主站在询问仪表", "another master asks on this line"),
            evidence: Text::new(
                format!("听到 {frames} 个不是我们发的完整报文（共 {bytes} 字节）"),
                format!("{frames} whole requests were heard that are not ours ({bytes} bytes in all)"),
            ),
            try_this: vec![
                Text::new("一条线只能有一个主站：停掉另一个（电力监控、PLC、DTU 主动轮询），或改从它那里取数", "a line takes one master: stop the other one (a power monitor, a PLC, a DTU that polls), or take the data from it"),
                Text::new("许多仪表有第二个 485 口，可以给我们单独一条线", "many meters have a second RS-485 port: a line of our own"),
            ],
        }
    })
}

impl Unit {
    pub fn count(&self, end: End) -> usize {
        self.shots.iter().filter(|shot| shot.end == end).count()
    }

    fn broken(&self) -> usize {
        self.count(End::Damaged) + self.count(End::Garbled)
    }

    /// Of whole answers, in ascending order.
    pub fn turnarounds(&self) -> Vec<Duration> {
        let whole = self.shots.iter().filter(|shot| shot.end == End::Whole);
        let mut times: Vec<_> = whole.filter_map(|shot| shot.turnaround).collect();
        times.sort();
        times
    }
}

impl Observations {
    fn count(&self, end: End) -> usize {
        self.units.iter().map(|unit| unit.count(end)).sum()
    }

    pub fn asked(&self) -> usize {
        self.units.iter().map(|unit| unit.shots.len()).sum()
    }
}

/// Of values in ascending order.
pub fn percentile<T>(sorted: &[T], percent: usize) -> Option<&T> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1).min(last))
}

fn ms(time: Option<&Duration>) -> u128 {
    time.map(Duration::as_millis).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(500);

    fn shot(end: End, expected: usize, came: usize, ms: u64) -> Shot {
        Shot { end, expected, came, turnaround: (came > 0).then(|| Duration::from_millis(ms)) }
    }

    fn unit(name: &str, shots: Vec<Shot>) -> Unit {
        Unit { name: Some(Text::new(name, name)), shots, late: 0 }
    }

    fn sound(count: usize) -> Vec<Shot> {
        vec![shot(End::Whole, 7, 7, 20); count]
    }

    fn silent(count: usize) -> Vec<Shot> {
        vec![shot(End::Silent, 7, 0, 0); count]
    }

    fn line(units: Vec<Unit>) -> Observations {
        Observations { units, setting: Some("9600 8N1".into()), timeout: TIMEOUT, ..Observations::default() }
    }

    fn neighbour(setting: &str, sound: usize) -> Neighbour {
        Neighbour { setting: setting.into(), sound, asked: 4 }
    }

    /// Short and long replies, of which so many of 40 are damaged.
    fn by_length(short_bad: usize, long_bad: usize) -> Vec<Shot> {
        let of = |length: usize, bad: usize| {
            (0..40).map(move |place| shot(if place < bad { End::Damaged } else { End::Whole }, length, length, 20))
        };
        of(7, short_bad).chain(of(85, long_bad)).collect()
    }

    #[test]
    fn each_suspicion_follows_from_its_evidence_and_from_nothing_else() {
        use Suspicion::*;
        let twin = |ms| shot(End::Damaged, 7, 9, ms);
        let cases: Vec<(&str, Observations, &[Suspicion])> = vec![
            ("a sound line", line(vec![unit("1", sound(20)), unit("2", sound(20))]), &[]),
            ("nobody was asked", line(vec![]), &[]),
            ("silence", line(vec![unit("1", silent(5)), unit("2", silent(5))]), &[NothingHeard]),
            (
                "silence at every other setting too",
                Observations { neighbours: vec![neighbour("9600 8E1", 0)], ..line(vec![unit("1", silent(5))]) },
                &[NothingHeard],
            ),
            (
                "sound at another parity",
                Observations {
                    neighbours: vec![neighbour("9600 8E1", 4), neighbour("2400 8N1", 0)],
                    ..line(vec![unit("1", vec![shot(End::Garbled, 7, 3, 20); 6])])
                },
                &[OtherSetting],
            ),
            (
                "silent here, sound at another speed",
                Observations { neighbours: vec![neighbour("2400 8E1", 3)], ..line(vec![unit("1", silent(6))]) },
                &[OtherSetting],
            ),
            ("one dead among others", line(vec![unit("1", sound(9)), unit("2", silent(9))]), &[DeadMeter]),
            (
                "two on one address, replies behind each other",
                line(vec![unit("1", sound(9)), unit("2", (0..9).map(|n| twin(20 + 4 * n)).collect())]),
                &[TwoOnOneAddress],
            ),
            (
                "two on one address that begin at once",
                line(vec![unit("2", vec![shot(End::Damaged, 7, 7, 20); 9])]),
                &[TwoOnOneAddress],
            ),
            ("a few garbled are no twins", line(vec![unit("1", [sound(30), vec![twin(20); 2]].concat())]), &[Unsteady]),
            ("damage grows with length", line(vec![unit("1", by_length(0, 12))]), &[Unsteady, Termination]),
            (
                "damage grows on two meters",
                line(vec![unit("1", by_length(1, 9)), unit("2", by_length(0, 9))]),
                &[Termination],
            ),
            ("damage of all lengths", line(vec![unit("1", by_length(9, 9)), unit("2", by_length(9, 9))]), &[]),
            ("bytes in silence", Observations { unasked: 40, ..line(vec![unit("1", sound(9))]) }, &[Noise]),
            ("one stray byte", Observations { unasked: 1, ..line(vec![unit("1", sound(9))]) }, &[]),
            (
                "another master",
                Observations { unasked: 80, overheard: 5, ..line(vec![unit("1", sound(9))]) },
                &[AnotherMaster],
            ),
            ("an echo", Observations { echoes: 9, ..line(vec![unit("1", sound(9))]) }, &[Echo]),
            ("slow answers", line(vec![unit("1", vec![shot(End::Whole, 7, 7, 440); 9])]), &[TimeoutTight]),
            ("slow answers with time to spare", line(vec![unit("1", vec![shot(End::Whole, 7, 7, 240); 9])]), &[]),
            (
                "answers behind their time",
                line(vec![Unit { late: 4, ..unit("1", silent(5)) }, unit("2", sound(5))]),
                &[TimeoutTight],
            ),
            (
                "nothing in time, and all of it late",
                line(vec![Unit { late: 5, ..unit("1", silent(5)) }]),
                &[TimeoutTight],
            ),
            (
                "a closed port",
                Observations { unreachable: Some(Text::new("不存在", "not there")), ..line(vec![]) },
                &[Unreachable],
            ),
            (
                "silence of a network",
                Observations { setting: None, ..line(vec![unit("1", silent(5))]) },
                &[NothingHeard],
            ),
        ];
        for (name, seen, expected) in cases {
            let found = diagnose(&seen);
            let suspicions: Vec<_> = found.iter().map(|finding| finding.suspicion).collect();
            assert_eq!(suspicions, expected, "{name}: {found:#?}");
            for finding in &found {
                let texts = [&finding.text, &finding.evidence].into_iter().chain(&finding.try_this);
                for text in texts {
                    assert!(!text.zh.is_empty() && !text.en.is_empty(), "{name}");
                }
                assert!(!finding.try_this.is_empty() || finding.suspicion == Unreachable, "{name}");
            }
        }
    }

    #[test]
    fn a_finding_says_numbers_and_the_lines_to_write() {
        let seen = Observations { neighbours: vec![neighbour("2400 8E1", 3)], ..line(vec![unit("1", silent(6))]) };
        let found = diagnose(&seen);
        assert_eq!(found[0].evidence.en, "at 9600 8N1 0 of 6 replies were sound, at 2400 8E1 3 of 4");
        assert_eq!(found[0].try_this[0].zh, "在配置的 [[bus]] 中写 baud = 2400、format = \"8E1\"，或改仪表的设置");
        let slow = diagnose(&line(vec![unit("1", vec![shot(End::Whole, 7, 7, 440); 9])]));
        assert_eq!(slow[0].try_this[0].en, "write timeout_ms = 900");
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!(
            [0, 50, 99, 100].map(|p| percentile(&values, p).copied()),
            [Some(1), Some(100), Some(198), Some(200)]
        );
        assert_eq!(percentile::<u32>(&[], 50), None);
    }
}
