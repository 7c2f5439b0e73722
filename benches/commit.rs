//! Durable commits of the spool against the least that a durable append can be, in one run on one disk.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a benchmark that fails must stop, and it measures time

mod support;

use mujun::{
    agent::{meaning::Meaning, spool::Spool},
    wire::record::Record,
};
use std::{
    fs::OpenOptions,
    io::Write as _,
    time::{Duration, Instant},
};

/// Scans of 40 registers in a record: ten seconds of them.
const SCANS: usize = 10;
const RECORD_SAMPLES: usize = SCANS * support::device::REGISTERS;

fn main() {
    let commits = support::sized(2_000, 20) as usize;
    println!("## Durable commit\n");
    println!(
        "Records of {RECORD_SAMPLES} samples (40 registers, 10 s), {commits} commits each, alternating in one run. Bare: `write` at the end of a file and `fdatasync`, the same bytes. Write amplification: bytes that the kernel counted for this process (`/proc/self/io`) per byte of record bodies.\n"
    );
    println!(
        "| records a commit | samples/s | bare samples/s | ratio | goal | p50 | bare p50 | p99 | bare p99 | written per byte | bare |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for group in [1, 8, 32] {
        row(group, commits);
    }
    println!(
        "\nA gateway commits one such record every ten seconds; a group is what waits after a disk that stood, or many brokers' messages.\n"
    );
}

fn row(group: usize, commits: usize) {
    let all = records(commits * group);
    let groups: Vec<&[Record]> = all.chunks(group).collect();
    let folder = support::folder();
    let preamble = Meaning::new(support::device::points()).preamble();
    let spool = support::spool::open(&folder.path().join("spool"), preamble);
    let mut bare = OpenOptions::new().create(true).append(true).open(folder.path().join("bare")).unwrap();

    let (mut ours, mut theirs) = (Vec::with_capacity(commits), Vec::with_capacity(commits));
    let (mut ours_bytes, mut theirs_bytes, mut payload) = (0, 0, 0);
    // in turns of some commits, so that a disk that slows down slows both
    for turn in groups.chunks(25) {
        let before = support::written_bytes();
        for records in turn {
            let started = Instant::now();
            support::spool::commit(&spool, records);
            ours.push(started.elapsed());
        }
        let between = support::written_bytes();
        for records in turn {
            let bytes: Vec<u8> = records.iter().flat_map(|record| record.body.iter().copied()).collect();
            let started = Instant::now();
            bare.write_all(&bytes).unwrap();
            bare.sync_data().unwrap();
            theirs.push(started.elapsed());
            payload += bytes.len() as u64;
        }
        ours_bytes += between - before;
        theirs_bytes += support::written_bytes() - between;
    }
    spool.close();

    let samples = (groups.len() * group * RECORD_SAMPLES) as f64;
    let rate = |times: &[Duration]| samples / times.iter().sum::<Duration>().as_secs_f64();
    let (ours_rate, theirs_rate) = (rate(&ours), rate(&theirs));
    let ratio = ours_rate / theirs_rate;
    println!(
        "| {group} | {} | {} | **{ratio:.2}** | ≥ 0.5: {} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.1} | {:.1} |",
        support::grouped(ours_rate),
        support::grouped(theirs_rate),
        support::verdict(ratio >= 0.5),
        support::ms(support::quantile(&mut ours, 0.5)),
        support::ms(support::quantile(&mut theirs, 0.5)),
        support::ms(support::quantile(&mut ours, 0.99)),
        support::ms(support::quantile(&mut theirs, 0.99)),
        ours_bytes as f64 / payload as f64,
        theirs_bytes as f64 / payload as f64,
    );
}

/// `count` records of samples, without the intervals between them.
fn records(count: usize) -> Vec<Record> {
    let mut device = support::device::Device::new(11);
    let record = |_| {
        let scans = (0..SCANS).map(|_| device.poll());
        let mut meaning = Meaning::new(support::device::points());
        scans.for_each(|scan| meaning.take(scan));
        let mut records = support::spool::close(&mut meaning);
        records.truncate(1);
        records.remove(0)
    };
    (0..count).map(record).collect()
}
