//! kill -9 of a process that commits: what it said was committed is there, in order, once.
//!
//! The test starts itself again as the process to be killed, over one folder, many times.

#![cfg(feature = "agent")]
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use mujun::{
    agent::spool::{Generation, Limits, SledSpool, Spool, SpoolError},
    runtime::random,
    wire::record::Record,
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    time::Duration,
};

const FOLDER: &str = "MUJUN_TEST_SPOOL_FOLDER";
const KILLS: u64 = 30;

/// Rotates often, so that kills meet that too.
const LIMITS: Limits = Limits { generation_bytes_max: 20_000, ..Limits::DEFAULT };

fn open_with(folder: &Path, preamble: Vec<Record>, limits: Limits) -> Result<SledSpool, SpoolError> {
    SledSpool::open(folder, preamble, &["platform".into()], limits)
}

/// Bytes 0–7: the number; the rest follows from it.
fn record(number: u64) -> Record {
    let size = 100 + usize::try_from(number * 7919 % 900).unwrap();
    let mut body = number.to_le_bytes().to_vec();
    body.extend((0..size).map(|at| (number.wrapping_mul(31) ^ (at as u64)).to_le_bytes()[0]));
    Record { kind: 2, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) }
}

fn preamble() -> Vec<Record> {
    vec![record(0)]
}

/// The numbers of all records, in order, each checked.
fn numbers(spool: &SledSpool) -> Vec<u64> {
    let mut numbers = Vec::new();
    for generation in spool.generations() {
        let mut seq = 1;
        loop {
            let page = spool.read(&generation.gen_id, seq, 100, 1 << 20).unwrap();
            if page.is_empty() {
                break;
            }
            for stored in page {
                let number = u64::from_le_bytes(stored.body[..8].try_into().unwrap());
                assert_eq!(stored, record(number), "the content is what was committed");
                assert_eq!(seq == 1, number == 0, "a generation begins with its preamble");
                numbers.extend((number > 0).then_some(number));
                seq += 1;
            }
        }
        assert_eq!(seq, generation.last_seq + 1);
    }
    numbers
}

/// The process to be killed: commits on from the last number there is, and says so. Does nothing in a normal run.
#[test]
fn child_writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    println!("\nstart");
    let spool = open_with(Path::new(&folder), preamble(), LIMITS).unwrap();
    let mut number = numbers(&spool).last().copied().unwrap_or(0);
    for size in (1..=4).cycle() {
        let batch: Vec<_> = (number + 1..=number + size).map(record).collect();
        spool.commit(&batch, None).unwrap();
        number += size;
        println!("committed {number}");
    }
}

/// Starts the child; its lines arrive until it is dead.
fn start(folder: &Path) -> (Child, Receiver<String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_writer", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (line, lines) = sync_channel(100_000);
    mujun::runtime::task::thread("child-lines", move || {
        for text in out.lines().map_while(Result::ok) {
            if line.send(text).is_err() {
                break;
            }
        }
    })
    .unwrap();
    (child, lines)
}

#[test]
fn a_kill_loses_nothing_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut said, mut before) = (0, Vec::<Generation>::new());
    for kill in 0..KILLS {
        let (mut child, lines) = start(folder.path());
        while lines.recv().unwrap() != "start" {}
        let mut heard = Vec::new();
        if kill % 3 == 0 {
            // while it opens, or soon after
            let wait = Duration::from_micros(random::up_to(60_000));
            heard.extend(lines.recv_timeout(wait).ok());
        } else {
            for _ in 0..=random::up_to(60) {
                heard.push(lines.recv().unwrap());
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        heard.extend(lines); // until the pipe ends
        for line in heard {
            if let Some(number) = line.strip_prefix("committed ") {
                said = said.max(number.parse().unwrap());
            }
        }

        let spool = open_with(folder.path(), preamble(), LIMITS).unwrap();
        assert_eq!(spool.quarantined(), 0, "kill {kill}");
        let found = numbers(&spool);
        let last = found.last().copied().unwrap_or(0);
        assert!(found.into_iter().eq(1..=last), "kill {kill}: in order, no hole, nothing twice");
        assert!(last >= said, "kill {kill}: {said} was committed, {last} is the last");
        assert!(last <= said + 4, "kill {kill}: at most the commit that was under way is there unsaid");
        let now = spool.generations();
        assert_eq!(now[..before.len()], before, "kill {kill}: a sealed generation never changes");
        assert!(now.len() > before.len(), "kill {kill}: each run has a generation of its own");
        drop(spool);
        before = now;
        before.iter_mut().for_each(|generation| generation.sealed = true);
    }
    assert!(said > 200, "{said}: the child was alive long enough to be killed at work");
    println!("{KILLS} kills, {said} records committed, {} generations", before.len());
}
