//! The gateway's console and the platform show the same figure for the same quarter-hour.

use super::{
    mosquitto::Mosquitto,
    plant::Plant,
    process::{Running, free_port, python},
    stack::{CREDIT_CODE, Stack},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::{
    io::Write,
    process::Stdio,
    time::{Duration, Instant},
};

/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;
const MINUTE_MS: i64 = 60_000;
const QUARTER_MS: i64 = 900_000;
const TOPIC: &str = "plant/line";
const PATIENCE: Duration = Duration::from_secs(60);

/// Energy and pieces of one machine, each message with its own time.
fn sources(broker: u16) -> String {
    let head = format!(
        "[[mqtt]]\nname = \"machines\"\nurl = \"mqtt://127.0.0.1:{broker}\"\n[[mqtt.topic]]\ntopic = \"{TOPIC}\"\n\
         meter = \"线 1\"\ntime = {{ pointer = \"/ts\", format = \"unix_ms\" }}\n"
    );
    let energy = "[[mqtt.topic.point]]\nname = \"energy\"\npointer = \"/kwh\"\nkind = \"cumulative\"\n\
         resolution = \"0.01\"\nunit = \"kWh\"\ncarrier = \"electricity\"\ncounts_as = \"site_energy\"\n";
    let pieces = "[[mqtt.topic.point]]\nname = \"pieces\"\npointer = \"/n\"\nkind = \"cumulative\"\n\
         resolution = \"1\"\nunit = \"piece\"\nproduct = \"bolt\"\ncounts_as = \"output\"\n";
    [head, energy.into(), pieces.into()].concat()
}

/// Five hours of a register that is read every 47 seconds: a momentary 0, an hour and a half without a word, a late
/// message, and a register that begins anew.
fn messages() -> Vec<String> {
    let mut all: Vec<(i64, i64, i64)> = Vec::new();
    let (mut hundredths, mut pieces) = (123_456, 9_000);
    for step in 0..383_i64 {
        let ts = BASE + step * 47_000;
        hundredths += 13 + step * 7 % 11;
        pieces += step % 3;
        let silent = (90 * MINUTE_MS..180 * MINUTE_MS).contains(&(ts - BASE));
        if !silent {
            let shown = if step == 40 { 0 } else { hundredths };
            all.push((ts, shown, pieces));
        }
        if step == 300 {
            hundredths = 7;
        }
    }
    all.swap(60, 61);
    let line = |(ts, hundredths, n): (i64, i64, i64)| {
        json!({ "ts": ts, "kwh": Decimal::new(hundredths, 2).to_string().parse::<f64>().unwrap(), "n": n }).to_string()
    };
    all.into_iter().map(line).collect()
}

fn publish(port: u16, messages: &[String]) {
    let mut command = python("publish.py");
    command.args([&port.to_string(), TOPIC]).stdin(Stdio::piped());
    let mut publisher = Running(command.spawn().unwrap());
    let mut lines = publisher.0.stdin.take().unwrap();
    messages.iter().for_each(|message| writeln!(lines, "{message}").unwrap());
    drop(lines);
    assert!(publisher.0.wait().unwrap().success());
}

struct Console(String);

impl Console {
    /// The table for the agent's file, and who asks there.
    fn table() -> (Console, String) {
        let port = free_port();
        (Console(format!("http://127.0.0.1:{port}")), format!("[console]\nlisten = \"127.0.0.1:{port}\"\n"))
    }

    fn wait(&self, stack: &Stack, path: &str, ready: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let asked = ureq::get(format!("{}{path}", self.0)).call();
            let answer: Value =
                asked.ok().and_then(|mut answer| answer.body_mut().read_json().ok()).unwrap_or_default();
            if ready(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{path} of the console: {answer:#}\n{}", stack.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str()?.parse().ok()
}

#[test]
fn console_and_platform_show_the_same_figure_for_the_same_quarter_hour() {
    let stack = Stack::start();
    let broker = Mosquitto::start();
    let (console, table) = Console::table();
    let _agent = stack.agent(&(table + &sources(broker.port())));
    stack.wait_log("agent.log", &["connected to the broker"]);
    // the subscription must stand before the first message
    std::thread::sleep(Duration::from_secs(1));
    publish(broker.port(), &messages());

    // the last quarter-hours are closed by readings behind them
    let done = |answer: &Value| answer["intervals"].as_array().is_some_and(|all| all.len() >= 19);
    let mine = console.wait(&stack, "/api/v1/production?width=900", done);
    let last_ms = BASE + 382 * 47_000;
    stack.wait("/api/v1/ledger", PATIENCE, |rows| {
        rows.as_array().is_some_and(|rows| rows.len() == 2 && rows.iter().all(|row| row["last_ms"] == last_ms))
    });
    let path = format!("/api/v1/sites/{CREDIT_CODE}/intervals?period=2024-11-24");
    let theirs = stack.wait(&path, PATIENCE, |answer| answer.is_array());
    let theirs = theirs.as_array().unwrap();

    let mine = mine["intervals"].as_array().unwrap();
    for one in mine {
        let same = theirs.iter().find(|other| other["start_ms"] == one["start_ms"]);
        let same = same.unwrap_or_else(|| panic!("the platform has no {one:#}"));
        let (energy, output) = (decimal(&one["energy_kwh"]), decimal(&one["output"]));
        assert!(energy.is_some() && output.is_some(), "{one:#}");
        assert_eq!(energy, decimal(&same["energy"]["electricity"]), "{one:#} {same:#}");
        assert_eq!(output, decimal(&same["output"]), "{one:#} {same:#}");
        assert_eq!(one["kwh_per_unit"], same["kwh_per_piece"], "{one:#} {same:#}");
    }
    let doubts = |quarter: i64| {
        let one = mine.iter().find(|one| one["start_ms"] == BASE + quarter * QUARTER_MS).unwrap();
        // whether anyone compared this machine's clock is no part of it
        let others = one["doubts"].as_array().unwrap().iter().filter(|doubt| **doubt != "clock");
        others.map(|doubt| doubt.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((doubts(1).as_str(), doubts(4).as_str()), ("", ""));
    assert!(doubts(2).contains("transient"), "{}", doubts(2));
    assert!((6..12).all(|quarter| doubts(quarter).contains("estimated_shape")), "{mine:#?}");
    assert!((14..17).any(|quarter| doubts(quarter).contains("epoch")), "{mine:#?}");
}

#[test]
fn the_console_shows_what_a_meter_says_and_why_another_says_nothing() {
    let stack = Stack::start();
    let mut plant = Plant::start(None);
    let (console, table) = Console::table();
    // unit 5 is silent
    let silent = "[[bus.meter]]\nname = \"silent\"\nunit_id = 5\n[[bus.meter.point]]\nname = \"total\"\n\
        register = 0\ntype = \"u64\"\nword_order = \"ABCD\"\nkind = \"cumulative\"\n";
    let _agent = stack.agent(&(table + &plant.sources(silent)));
    let said = |points: &Value, meter: &str| {
        let mine = points.as_array()?.iter().find(|row| row["meter"] == meter && row["point"] == "total")?.clone();
        (!mine["reason"].is_null()).then_some(mine)
    };
    let ready = |points: &Value| {
        said(points, "main").is_some_and(|main| main["quality"] == "good") && said(points, "silent").is_some()
    };
    let points = console.wait(&stack, "/api/v1/points", ready);
    let (main, silent) = (said(&points, "main").unwrap(), said(&points, "silent").unwrap());
    let total = plant.counts()[0].1;
    assert_eq!((decimal(&main["value"]), &main["quality"]), (Some(total), &"good".into()));
    assert_eq!((&silent["value"], &silent["quality"]), (&Value::Null, &"bad".into()));
    // after a timeout the connection is dropped, and for a while there is none
    assert!(silent["reason"] == "timeout" || silent["reason"] == "disconnected", "{silent:#}");

    let page = ureq::get(&console.0).call().unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
    let health = console.wait(&stack, "/health", |health| health["status"] == "ok");
    assert_eq!(health["gateway_id"], "gw");
}
