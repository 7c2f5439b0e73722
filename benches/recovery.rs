//! Opening a spool that a killed process left, and the memory that it takes.
//!
//! ```text
//!   this ─▶ fill (a process of its own) ─ so many bytes ─▶ kill -9
//!   this ─▶ open (another) ─▶ time, VmHWM
//! ```

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a benchmark that fails must stop, and it measures time

mod support;

use bytes::Bytes;
use mujun::{
    agent::{meaning::Meaning, spool::Spool},
    wire::{BATCH_RECORDS_MAX, RECORD_BYTES_MAX, proto::RecordKind, record::Record},
};
use std::{
    env,
    io::{BufRead, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1..4) {
        Some([role, folder, bytes]) if role == "fill" => fill(Path::new(folder), bytes.parse().unwrap()),
        Some([role, folder, _]) if role == "open" => open(Path::new(folder)),
        _ => measure(),
    }
}

fn measure() {
    let mebibytes = support::from_env("MUJUN_BENCH_MIB", support::sized(1_024, 16));
    let folder = support::folder();
    let started = Instant::now();
    let mut filler = child("fill", folder.path(), mebibytes << 20);
    let mut line = String::new();
    BufReader::new(filler.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "full");
    let filled = started.elapsed();
    filler.kill().unwrap();
    filler.wait().unwrap();

    println!("## Recovery\n");
    println!(
        "A spool of {mebibytes} MiB of record bodies (full records of random bytes: nothing in them to compress), filled in {:.0} s, its process ended by SIGKILL. Memory is of a process that has nothing but the spool open.\n",
        filled.as_secs_f64()
    );
    println!("| opened | time | goal | VmHWM | goal | generations | records |");
    println!("|---|---|---|---|---|---|---|");
    for what in ["after the kill", "again, after a kill"] {
        let mut opener = child("open", folder.path(), 0);
        let mut line = String::new();
        BufReader::new(opener.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let [seconds, generations, records] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("the opener said `{line}`");
        };
        let seconds: f64 = seconds.parse().unwrap();
        let memory = support::memory_kib(opener.id(), "VmHWM") as f64 / 1024.0;
        opener.kill().unwrap();
        opener.wait().unwrap();
        println!(
            "| {what} | **{seconds:.2} s** | < 2 s: {} | **{memory:.1} MiB** | < 32 MiB: {} | {generations} | {records} |",
            support::verdict(seconds < 2.0),
            support::verdict(memory < 32.0),
        );
    }
    println!();
}

fn child(role: &str, folder: &Path, bytes: u64) -> std::process::Child {
    Command::new(env::current_exe().unwrap())
        .args([role, folder.to_str().unwrap(), &bytes.to_string()])
        .stdout(Stdio::piped())
        .stdin(Stdio::piped()) // its end is ours
        .spawn()
        .unwrap()
}

fn fill(folder: &Path, bytes: u64) {
    let mut rng = fastrand::Rng::with_seed(3);
    let spool = support::spool::open(folder, Meaning::new(support::device::points()).preamble());
    let mut written = 0;
    while written < bytes {
        let records: Vec<Record> = (0..BATCH_RECORDS_MAX).map(|_| random(&mut rng)).collect();
        written += records.iter().map(|record| record.body.len() as u64).sum::<u64>();
        support::spool::commit(&spool, &records);
    }
    say("full");
}

fn random(rng: &mut fastrand::Rng) -> Record {
    let body: Vec<u8> = (0..RECORD_BYTES_MAX).map(|_| rng.u8(..)).collect();
    Record { kind: RecordKind::Samples as u8, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) }
}

fn open(folder: &Path) {
    let started = Instant::now();
    let spool = support::spool::open(folder, Meaning::new(support::device::points()).preamble());
    let seconds = started.elapsed().as_secs_f64();
    let generations = spool.generations();
    let records: u64 = generations.iter().map(|generation| generation.last_seq).sum();
    say(&format!("{seconds} {} {records}", generations.len()));
}

/// Says it and stays, to be looked at and killed.
fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
    let mut end = String::new();
    std::io::stdin().read_line(&mut end).unwrap();
}
