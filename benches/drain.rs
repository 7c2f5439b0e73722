//! A backlog over the loopback address into a real platform, while a meter is read live.
//!
//! ```text
//!   this ─ backlog ─▶ spool folder ─┐
//!   this ─ a Modbus meter ─────────▶ mujun-agent ══▶ mujun-platform ─ /api/v1/ledger ─▶ this: age of the live reading
//! ```

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a benchmark that fails must stop, and it measures time

mod support;

use mujun::agent::{meaning::Meaning, spool::Spool};
use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};
use support::{
    device::{Device, REGISTERS},
    stack::Stack,
};

/// Seconds in a record.
const SCANS: usize = 10;
const COMMIT_RECORDS: usize = 256;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A drain that takes longer than this is shown as what it is: for one gigabyte, and for the megabyte of the tests.
fn patience() -> Duration {
    Duration::from_secs(support::sized(3_600, 120))
}

fn main() {
    let mebibytes = support::from_env("MUJUN_BENCH_MIB", support::sized(128, 1));
    let calm = Duration::from_secs(support::sized(30, 3));
    let stack = Stack::start();
    let filled = fill(&stack.spool(), mebibytes << 20);

    // first without a backlog: what of the age is the poll and the commit
    let mut idle = stack.calm_ages(calm, LOOK_EVERY);
    let agent = stack.agent();
    let started = Instant::now();
    let mut busy = Vec::new();
    while !filled.gone(&stack.spool()) && started.elapsed() < patience() {
        // a reading that never came is as old as the agent
        busy.push(stack.live_age().unwrap_or_else(|| started.elapsed()));
        sleep(LOOK_EVERY);
    }
    let elapsed = started.elapsed();
    // gone from the gateway is not enough: it must be on the ledger
    let gone = filled.gone(&stack.spool());
    assert!(gone || support::whole(), "a backlog of {mebibytes} MiB did not drain in {:?}", patience());
    if gone {
        assert_eq!(
            stack.last_ms("incomer"),
            Some(filled.last_ms),
            "the last reading of the backlog is not on the ledger"
        );
    }
    let memory = |pid| support::memory_kib(pid, "VmHWM") as f64 / 1024.0;

    println!("## Draining a backlog\n");
    println!(
        "{mebibytes} MiB of records of {} samples (40 registers, 1 s, and their intervals) in {} generations, from an agent to a platform over the loopback address, both real processes with `MALLOC_ARENA_MAX=1` and `MALLOC_MMAP_THRESHOLD_=131072`; a second meter is read each second meanwhile. Age: of the newest live reading that the platform's API shows, looked at ten times a second.\n",
        SCANS * REGISTERS,
        filled.folders.len()
    );
    println!("| samples | time | samples/s | MiB/s | agent VmHWM | platform VmHWM |");
    println!("|---|---|---|---|---|---|");
    println!(
        "| {} | {:.1} s{} | **{}** | {:.1} | {:.1} MiB | {:.1} MiB |\n",
        support::grouped(filled.samples as f64),
        elapsed.as_secs_f64(),
        if filled.gone(&stack.spool()) { "" } else { ", not finished" },
        support::grouped(filled.samples as f64 / elapsed.as_secs_f64()),
        mebibytes as f64 / elapsed.as_secs_f64(),
        memory(agent.id()),
        memory(stack.platform_id()),
    );
    println!("| live reading's age | p50 | p99 | looks | goal |");
    println!("|---|---|---|---|---|");
    let idle_p99 = support::quantile(&mut idle, 0.99);
    let busy_p99 = support::quantile(&mut busy, 0.99);
    for (what, ages, goal) in [
        ("without a backlog", &mut idle, String::new()),
        (
            "while it drains",
            &mut busy,
            format!("< 2 s more: {}", support::verdict(busy_p99 < idle_p99 + Duration::from_secs(2))),
        ),
    ] {
        println!(
            "| {what} | {:.2} s | **{:.2} s** | {} | {goal} |",
            support::quantile(ages, 0.5).as_secs_f64(),
            support::quantile(ages, 0.99).as_secs_f64(),
            ages.len(),
        );
    }
    println!();
}

struct Filled {
    samples: usize,
    last_ms: u64,
    /// The generations' folders.
    folders: Vec<std::ffi::OsString>,
}

impl Filled {
    /// A generation is deleted when the platform has all of it.
    fn gone(&self, spool: &Path) -> bool {
        self.folders.iter().all(|folder| !spool.join(folder).exists())
    }
}

/// What a gateway leaves that had no platform for a long time.
fn fill(spool_dir: &Path, bytes: u64) -> Filled {
    let mut meaning = Meaning::new(support::device::points());
    let spool = support::spool::open(spool_dir, meaning.preamble());
    let seconds = bytes as i64 / 20;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    // a second takes more than 20 bytes: all of it lies in the past
    let mut device = Device::starting(5, now.as_millis() as i64 - seconds * 1000);
    let (mut samples, mut written, mut last_ms, mut records) = (0, 0_u64, 0, Vec::new());
    while written < bytes {
        for _ in 0..SCANS {
            let scan = device.poll();
            last_ms = scan.time.0.unsigned_abs();
            meaning.take(scan);
        }
        samples += SCANS * REGISTERS;
        records.extend(support::spool::close(&mut meaning));
        if records.len() >= COMMIT_RECORDS {
            written += records.iter().map(|record| record.body.len() as u64).sum::<u64>();
            support::spool::commit(&spool, &records);
            records.clear();
        }
    }
    support::spool::commit(&spool, &records);
    spool.close();
    drop(spool);
    let entries = fs::read_dir(spool_dir).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().join("db").exists()).map(|entry| entry.file_name()).collect();
    Filled { samples, last_ms, folders }
}
