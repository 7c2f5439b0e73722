//! `mujun-platform audit`: the proof of the ledger, meter by meter.

use super::{
    assess,
    store::{Address, GapRow, Proof, ProvenEpoch, ProvenRegister, prove},
};
use crate::{
    energy::counter::EpochCause,
    model::{GapCause, UtcMillis},
    runtime::lang::Lang,
};
use serde::Serialize;
use std::{fmt::Write, process::ExitCode};

/// Prints the proof; the exit status is 1 where something is wrong. Blocks on the disk.
pub fn run(address: &Address, gateway_id: Option<&str>, json: bool, lang: Lang) -> ExitCode {
    let proof = match prove(address, gateway_id) {
        Ok(proof) => proof,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if json {
        println!("{}", serde_json::json!(Report::of(&proof)))
    } else {
        print!("{}", text(&proof, lang))
    }
    if proof.audit.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// For people.
fn text(proof: &Proof, lang: Lang) -> String {
    let mut out = String::new();
    for register in &proof.registers {
        registered(&mut out, register, lang);
    }
    for gap in &proof.gaps {
        line(&mut out, format_args!("{}", gap_line(gap, lang)));
    }
    let audit = &proof.audit;
    line(
        &mut out,
        format_args!(
            "{}",
            lang.pick(
                format!(
                    "{} 代、{} 个数据块、{} 条被拒记录；{} 个序列、{} 个读数与台账逐行比对",
                    audit.generations, audit.blocks, audit.refused, audit.series, audit.readings
                ),
                format!(
                    "{} generations, {} blocks, {} refused records; {} series with {} readings compared with the ledger, row by row",
                    audit.generations, audit.blocks, audit.refused, audit.series, audit.readings
                ),
            )
        ),
    );
    for fault in &audit.faults {
        line(&mut out, format_args!("✗ {fault}"));
    }
    let verdict = match audit.faults.len() {
        0 => lang.pick("台账正确".to_owned(), "the ledger is right".to_owned()),
        n => lang.pick(format!("台账有 {n} 处错误"), format!("the ledger has {n} faults")),
    };
    line(&mut out, format_args!("{verdict}"));
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // a String takes whatever is written
    let _ = writeln!(out, "{text}");
}

fn registered(out: &mut String, register: &ProvenRegister, lang: Lang) {
    let series = &register.series;
    let value = |count: i64| series.scale.value_from_count(count).map_or_else(|| count.to_string(), |v| v.to_string());
    let unit = &series.unit;
    line(out, format_args!("{} {}/{}", register.gateway_id, series.meter, series.point));
    for epoch in &register.epochs {
        let ProvenEpoch { cause, first, last, carry, amount, difference } = *epoch;
        let carried = if carry == 0 { String::new() } else { format!(" + {}", value(carry)) };
        let law = format!(
            "{} − {}{carried} = Σ {} {unit}, {} {}",
            value(last.count),
            value(first.count),
            value(amount),
            lang.pick("差", "difference"),
            value(difference),
        );
        line(out, format_args!("  {} … {}  {}: {law}", first.time, last.time, cause_name(cause, lang)));
    }
    let more = register.epoch_count - register.epochs.len() as u64;
    if more > 0 {
        line(out, format_args!("  {}", lang.pick(format!("另有 {more} 段"), format!("{more} more epochs"))));
    }
    if register.set_aside > 0 {
        let (aside, held) = (register.set_aside, register.held);
        let text = lang.pick(
            format!("{aside} 个读数未计入，其中 {held} 个待后续读数确认"),
            format!("{aside} readings are in no amount, {held} of them wait for later ones"),
        );
        line(out, format_args!("  {text}"));
    }
    line(out, format_args!("  Σ {} {unit}", value(register.amount)));
}

fn cause_name(cause: EpochCause, lang: Lang) -> &'static str {
    match cause {
        EpochCause::First => lang.pick("首个读数", "first reading"),
        EpochCause::Replaced => lang.pick("换表", "replaced"),
        EpochCause::Restart => lang.pick("运行中清零", "restart"),
        EpochCause::Reset => lang.pick("复位", "reset"),
        EpochCause::Backwards => lang.pick("倒走", "backwards"),
        EpochCause::Jump => lang.pick("突跳", "jump"),
    }
}

fn gap_line(gap: &GapRow, lang: Lang) -> String {
    let time = |time: Option<UtcMillis>| time.map_or_else(|| "?".to_owned(), |time| time.to_string());
    let cause = match gap.cause {
        None => lang.pick("平台发现的空洞", "a hole that the platform found"),
        Some(GapCause::Quarantined) => {
            lang.pick("网关磁盘上损坏，已隔离", "damaged on the gateway's disk, set aside there")
        }
        Some(GapCause::Dropped) => lang.pick("存储已满，未发送即删除", "deleted unsent, since the spool was full"),
        Some(GapCause::TailLost) => lang.pick("磁盘丢失末尾", "the disk lost the end"),
        Some(GapCause::Unread) => lang.pick("网关未运行或未采集", "the gateway was off, or did not read"),
        Some(GapCause::UnknownClock) => {
            lang.pick("网关时钟未知，等待定位", "read while the gateway did not know the time")
        }
    };
    let gap_word = lang.pick("缺口", "gap");
    format!("{} {gap_word} {} … {}: {cause} ({})", gap.gateway_id, time(gap.start), time(gap.end), gap.detail)
}

/// For programs.
#[derive(Serialize)]
struct Report<'a> {
    right: bool,
    generations: u64,
    blocks: u64,
    refused: u64,
    series: u64,
    readings: u64,
    registers: Vec<Register<'a>>,
    gaps: Vec<Gap<'a>>,
    faults: &'a [String],
}

#[derive(Serialize)]
struct Register<'a> {
    gateway_id: &'a str,
    meter: &'a str,
    point: &'a str,
    unit: &'a str,
    scale: String,
    amount_counts: i64,
    set_aside: u64,
    held: u64,
    epoch_count: u64,
    epochs: Vec<Epoch>,
}

#[derive(Serialize)]
struct Epoch {
    cause: &'static str,
    first_ms: UtcMillis,
    first_count: i64,
    last_ms: UtcMillis,
    last_count: i64,
    carry_counts: i64,
    amount_counts: i64,
    difference_counts: i64,
}

#[derive(Serialize)]
struct Gap<'a> {
    gateway_id: &'a str,
    /// The contract's number; 0: a hole.
    cause: u8,
    start_ms: Option<UtcMillis>,
    end_ms: Option<UtcMillis>,
    detail: &'a str,
}

impl<'a> Report<'a> {
    fn of(proof: &'a Proof) -> Report<'a> {
        let audit = &proof.audit;
        Report {
            right: audit.faults.is_empty(),
            generations: audit.generations,
            blocks: audit.blocks,
            refused: audit.refused,
            series: audit.series,
            readings: audit.readings,
            registers: proof.registers.iter().map(Register::of).collect(),
            gaps: proof.gaps.iter().map(Gap::of).collect(),
            faults: &audit.faults,
        }
    }
}

impl<'a> Register<'a> {
    fn of(one: &'a ProvenRegister) -> Register<'a> {
        Register {
            gateway_id: &one.gateway_id,
            meter: &one.series.meter,
            point: &one.series.point,
            unit: &one.series.unit,
            scale: one.series.scale.to_string(),
            amount_counts: one.amount,
            set_aside: one.set_aside,
            held: one.held,
            epoch_count: one.epoch_count,
            epochs: one.epochs.iter().map(Epoch::of).collect(),
        }
    }
}

impl Epoch {
    fn of(one: &ProvenEpoch) -> Epoch {
        Epoch {
            cause: assess::cause_name(one.cause),
            first_ms: one.first.time,
            first_count: one.first.count,
            last_ms: one.last.time,
            last_count: one.last.count,
            carry_counts: one.carry,
            amount_counts: one.amount,
            difference_counts: one.difference,
        }
    }
}

impl<'a> Gap<'a> {
    fn of(one: &'a GapRow) -> Gap<'a> {
        Gap {
            gateway_id: &one.gateway_id,
            cause: one.cause.map_or(0, GapCause::code),
            start_ms: one.start,
            end_ms: one.end,
            detail: &one.detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{
            Event, EventKind, Gateway, Physics, PointKind, Reason, Register, Replaced, Role, Sample, Series, Site,
            Value,
        },
        platform::store::Store,
        wire::record::{Content, Record, Samples, encode},
    };

    /// 2024-11-24T00:00:00+08:00
    const BASE: i64 = 1_732_377_600_000;

    fn records() -> Vec<Record> {
        let series = Series {
            meter: "main".into(),
            point: "energy".into(),
            kind: PointKind::Cumulative,
            role: Role::SiteEnergy,
            carrier: "electricity".into(),
            product: String::new(),
            unit: "kWh".into(),
            scale: "0.01".parse().unwrap(),
            physics: Physics { modulus: Some(100_000), ..Physics::default() },
        };
        let counts = [99_900, 99_950, 20, 0, 90, 130, 170, 210, 5, 15];
        let samples = (0..).zip(counts).map(|(minute, count)| Samples {
            time: UtcMillis(BASE + minute * 60_000),
            samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(count)) }],
        });
        let replaced = Replaced {
            meter: "main".into(),
            registers: vec![Register { point: "energy".into(), final_count: Some(220), initial_count: None }],
            serial_old: "1".into(),
            serial_new: "2".into(),
            by: "王".into(),
            note: String::new(),
        };
        let time = UtcMillis(BASE + 7 * 60_000 + 1);
        let event = Event { event_id: [1; 16], time, what: EventKind::Replaced(replaced) };
        let contents = [
            Content::Dictionary(vec![(0, series)].into()),
            Content::Samples(0, samples.collect()),
            Content::Event(event),
        ];
        contents.iter().flat_map(encode).collect()
    }

    fn site() -> Site {
        let csv = "deploy/sites.example.csv";
        let sheet = crate::platform::registry::Sheet::read(&std::fs::read(csv).unwrap(), csv, None).unwrap();
        let sites = crate::platform::registry::sites_of(&sheet).unwrap();
        sites.rows.into_iter().next().unwrap()
    }

    #[tokio::test]
    async fn a_register_with_everything_is_proven_beside_the_platform_that_runs() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let gateway = Gateway { gateway_id: "gw-1".into(), credit_code: site().credit_code, public_keys: Vec::new() };
        store.register(vec![site()], vec![gateway], Default::default()).await.unwrap();
        store.ingest("gw-1", [1; 16], 1, records(), None).await.unwrap();
        let proof = prove(&Address::Folder(dir.path().into()), Some("gw-1")).unwrap();
        let lines = [
            "gw-1 main/energy",
            "  2024-11-24T00:00:00+08:00 … 2024-11-24T00:07:00.001+08:00  first reading: \
             2.2 − 999 + 1000 = Σ 3.2 kWh, difference 0",
            "  2024-11-24T00:08:00+08:00 … 2024-11-24T00:09:00+08:00  replaced: 0.15 − 0.05 = Σ 0.1 kWh, difference 0",
            "  1 readings are in no amount, 0 of them wait for later ones",
            "  Σ 3.3 kWh",
            "1 generations, 3 blocks, 0 refused records; 1 series with 10 readings compared with the ledger, row by row",
            "the ledger is right",
        ];
        assert_eq!(text(&proof, Lang::En).lines().collect::<Vec<_>>(), lines);
        assert!(text(&proof, Lang::Zh).ends_with("台账正确\n"));
        let report = serde_json::json!(Report::of(&proof));
        assert_eq!(report["registers"][0]["epochs"][0]["carry_counts"], 100_000);
        assert_eq!((&report["right"], &report["registers"][0]["set_aside"]), (&true.into(), &1.into()));
        assert!(prove(&Address::Folder(dir.path().into()), Some("gw-2")).is_err());
    }
}
