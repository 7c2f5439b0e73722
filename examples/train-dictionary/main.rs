//! Makes a dictionary for `wire::compression`: `cargo run --release --example train-dictionary -- 2 out.zdict`.
//!
//! The same id gives the same bytes: all randomness is seeded. A dictionary that was shipped is never made anew; a better
//! one gets the next id, and stands behind the others in `wire::compression::DICTIONARIES`.
//!
//! # What it is trained on
//! Records as `agent::meaning` makes them of the devices in `devices.rs`: sub-meters, flow meters, counters and sensors of
//! 3 to 32 points, polled every 2 to 60 s, committed every 1 to 8 polls. Nothing of it is in the tests or the benches: those
//! poll another meter of 40 registers every second, with other scales and loads, or replay a factory's recorded year.

#![allow(clippy::unwrap_used)] // a tool at a developer's desk

mod devices;

use mujun::{agent::meaning::Meaning, wire::compression};

const DICTIONARY_BYTES: usize = 12 * 1024;
/// More of them take longer and change little.
const GATEWAYS: u64 = 400;
const COMMITS: usize = 24;

fn main() {
    let usage = "train-dictionary <id> <file>";
    let mut arguments = std::env::args().skip(1);
    let id: u32 = arguments.next().and_then(|id| id.parse().ok()).filter(|id| (1..256).contains(id)).expect(usage);
    let file = arguments.next().expect(usage);

    let messages: Vec<Vec<u8>> = (0..GATEWAYS).flat_map(|seed| messages(u64::from(id) << 32 | seed)).collect();
    let bytes: usize = messages.iter().map(Vec::len).sum();
    let mut dictionary = zstd::dict::from_samples(&messages, DICTIONARY_BYTES).unwrap();
    // zstd puts a random id of four bytes behind the magic number; ours takes one byte of each frame
    dictionary[4..8].copy_from_slice(&id.to_le_bytes());
    std::fs::write(&file, &dictionary).unwrap();
    println!("{file}: {} bytes, from {} messages of {bytes} bytes", dictionary.len(), messages.len());
    println!("CRC-32C {:#010x}", crc32c::crc32c(&dictionary));
}

/// The messages of one gateway, before compression.
fn messages(seed: u64) -> Vec<Vec<u8>> {
    let mut gateway = devices::gateway(&mut fastrand::Rng::with_seed(seed));
    let mut meaning = Meaning::new(gateway.points());
    let mut records = meaning.preamble();
    for commit in 0..COMMITS {
        for _ in 0..gateway.polls_per_commit {
            gateway.poll().into_iter().for_each(|scan| meaning.take(scan));
        }
        records.extend(meaning.close().0);
        // also what comes late in an hour: closed quarter-hours, and counts that have grown
        if commit % 8 == 7 {
            gateway.pass(900);
        }
    }
    records.iter().map(|record| compression::inflate(&record.body).unwrap()).collect()
}
