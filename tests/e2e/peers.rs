//! A gateway and a platform that are not ours, in Python: they know `proto/` and `docs/protocol.md`, and nothing else.

use super::{
    process::{Running, first_line, free_port, python},
    stack::Stack,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(90);
const DAY_MS: i64 = 86_400_000;

fn json(mut command: Command) -> Option<Value> {
    let output = command.output().unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_foreign_gateway_delivers_a_day_with_repeats_a_kill_and_a_resume_and_the_ledger_balances() {
    let stack = Stack::start();
    stack.wait("/health", PATIENCE, |health| !health.is_null());
    let yesterday = (mujun::runtime::clock::now().0 / DAY_MS - 1) * DAY_MS;
    let send = |more: &[&str]| {
        let mut gateway = python("peer_gateway.py");
        let folder = stack.path("peer");
        gateway.arg(folder).arg(stack.ingest()).args(["gw", &yesterday.to_string(), "1440"]).args(more);
        json(gateway)
    };
    assert_eq!(send(&["--die-after", "6"]), None, "it is killed with the day half sent");
    let done = send(&[]).unwrap();
    assert_eq!(done["complete"], 2, "{done}");

    // 1,440 readings, one a minute, 0.07 kWh from each to the next
    let ledger = stack.get("/api/v1/ledger").unwrap();
    let row = &ledger[0];
    assert_eq!(ledger.as_array().unwrap().len(), 1, "{ledger:#}");
    let said = ["first", "last", "total"].map(|field| row[field].as_str().unwrap());
    assert_eq!(said, ["10000", "10100.73", "100.73"]);
    assert_eq!((&row["breaks"], &row["intervals"]), (&0.into(), &96.into()), "{row:#}");
    assert_eq!((&row["first_ms"], &row["last_ms"]), (&yesterday.into(), &(yesterday + 1439 * 60_000).into()));
}

const READS: i64 = 120;

/// What a foreign platform has of a meter that counts its own readings, after it was killed between a commit and its Ack
/// and had asked for records again: by count, how often it is there, and which records are missing.
fn delivered(more: &[&str]) -> (BTreeMap<i64, usize>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::prepared();
    let (line, uplink) = (free_port(), free_port());
    let mut meter = python("peer_meter.py");
    meter.args([line.to_string(), READS.to_string()]).stdout(Stdio::piped());
    let mut meter = Running(meter.spawn().unwrap());
    assert_eq!(first_line(&mut meter), "ready\n");
    let platform = |more: &[&str]| {
        let mut platform = python("peer_platform.py");
        platform.arg(folder.path()).arg(uplink.to_string()).args(more).stdout(Stdio::piped());
        let mut platform = Running(platform.spawn().unwrap());
        assert_eq!(first_line(&mut platform), "ready\n");
        platform
    };
    let mut first = platform(&[["--die-after", "6", "--rewind-at", "3"].as_slice(), more].concat());
    let url = format!("http://127.0.0.1:{uplink}");
    let agent = stack.agent_to(
        &format!("[[uplink]]\nname = \"peer\"\nplatform_url = \"{url}\"\nstart_spread_s = 0\n"),
        &format!(
            "[[bus]]\nname = \"line\"\naddress = \"127.0.0.1:{line}\"\ntimeout_ms = 5000\npoll_interval_ms = 100\n\
             [[bus.meter]]\nname = \"main\"\nunit_id = 1\n[[bus.meter.point]]\nname = \"reads\"\nregister = 0\n\
             kind = \"cumulative\"\ntype = \"u32\"\nword_order = \"ABCD\"\n"
        ),
    );
    assert!(!first.0.wait().unwrap().success(), "it kills itself");
    let _second = platform(&[]);

    let end = Instant::now() + PATIENCE;
    loop {
        let mut show = python("peer_platform.py");
        show.arg(folder.path()).arg("--show");
        let shown = json(show).unwrap();
        let mut counts = BTreeMap::new();
        for reading in shown["readings"].as_array().unwrap() {
            assert_eq!(reading[0], "main.reads");
            *counts.entry(reading[2].as_i64().unwrap()).or_insert(0) += 1;
        }
        if counts.contains_key(&READS) {
            assert!(agent.stop().success());
            return (counts, shown["missing"].as_array().unwrap().len());
        }
        assert!(Instant::now() < end, "{shown:#}\n{}", stack.logs());
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Counts below the last one, at which the register stays, that are not there exactly once.
fn wrong(counts: &BTreeMap<i64, usize>) -> Vec<i64> {
    (1..READS).filter(|count| counts.get(count) != Some(&1)).collect()
}

#[test]
fn to_a_foreign_platform_that_dies_and_asks_again_our_agent_delivers_every_reading_exactly_once() {
    let (counts, missing) = delivered(&[]);
    assert_eq!((wrong(&counts), missing), (vec![], 0), "{counts:?}");
}

#[test]
fn a_foreign_platform_that_acknowledges_before_it_stores_is_seen() {
    let (counts, missing) = delivered(&["--ack-first"]);
    assert!(!wrong(&counts).is_empty() && missing > 0, "{counts:?}");
}
