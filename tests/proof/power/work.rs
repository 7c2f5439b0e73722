//! The recorded process: a spool at work, which says in the log what it did.
//!
//! | note | from then on |
//! |---|---|
//! | `start <from> <to>` | these records may be there, all or none |
//! | `done <to>` | all through `to` must be there |
//! | `delivered <to>` | all through `to` may be gone |

use crate::dice::Dice;
use bytes::Bytes;
use mujun::{
    agent::spool::{Generation, Limits, SledSpool, Spool, SpoolError},
    wire::record::{Content, Gap, Record, decode},
};
use std::{io::Write, path::Path, time::Duration};

const FOLDER: &str = "MUJUN_PROOF_WRITER";
const SEED: &str = "MUJUN_PROOF_SEED";

/// Rotates often, so that cuts meet that too.
pub const LIMITS: Limits = Limits {
    generation_bytes_max: 12_000,
    generation_age_max: Duration::from_secs(3600),
    open_max: 3,
    open_deadline: Duration::from_secs(20),
    // and so that the ballast is no burden to ten thousand images
    bytes_max: 32 << 20,
    ..Limits::DEFAULT
};

/// The kind of the numbered records.
const NUMBERED: u8 = 2;

/// Bytes 0–7: the number; the rest follows from it. Sizes from 100 bytes to the largest.
pub fn record(number: u64) -> Record {
    let mut dice = Dice::new(number);
    let size = match dice.below(12) {
        0 => 7000,
        1..4 => 1500 + dice.below(1500),
        _ => 100 + dice.below(500),
    };
    let mut body = number.to_le_bytes().to_vec();
    while body.len() < usize::try_from(size).unwrap() {
        body.extend(dice.roll().to_le_bytes());
    }
    body.truncate(usize::try_from(size).unwrap());
    Record { kind: NUMBERED, crc32c: crc32c::crc32c(&body), body: Bytes::from(body) }
}

pub fn preamble() -> Vec<Record> {
    let body = Bytes::from_static(b"the dictionary of this generation");
    vec![Record { kind: 1, crc32c: crc32c::crc32c(&body), body }]
}

pub fn open(folder: &Path) -> Result<SledSpool, SpoolError> {
    open_with(folder, LIMITS)
}

pub fn open_with(folder: &Path, limits: Limits) -> Result<SledSpool, SpoolError> {
    SledSpool::open(folder, preamble(), &["platform".to_owned()], limits)
}

/// The numbers of one generation's records, in order; an error where one is not what was committed.
pub fn numbers_of(spool: &SledSpool, generation: &Generation) -> Result<Vec<u64>, String> {
    let mut numbers = Vec::new();
    let mut seq = 1;
    while seq <= generation.last_seq {
        let page = spool.read(&generation.gen_id, seq, 100, 1 << 20).map_err(|error| error.to_string())?;
        if page.is_empty() {
            return Err(format!("record {seq} of {} is not there", generation.last_seq));
        }
        for stored in page {
            seq += 1;
            if stored.kind != NUMBERED {
                continue;
            }
            let number = stored.body.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
            if stored != record(number) {
                return Err(format!("record {} is not what was committed", seq - 1));
            }
            numbers.push(number);
        }
    }
    Ok(numbers)
}

pub fn numbers(spool: &SledSpool) -> Result<Vec<u64>, String> {
    let mut numbers = Vec::new();
    for generation in spool.generations() {
        numbers.extend(numbers_of(spool, &generation)?);
    }
    Ok(numbers)
}

/// The gap records, oldest first.
pub fn gaps(spool: &SledSpool) -> Result<Vec<Gap>, String> {
    let mut gaps = Vec::new();
    for generation in spool.generations() {
        let mut seq = 1;
        while seq <= generation.last_seq {
            let page = spool.read(&generation.gen_id, seq, 100, 1 << 20).map_err(|error| error.to_string())?;
            seq += page.len().max(1) as u64;
            gaps.extend(page.iter().filter_map(|record| match decode(record) {
                Ok(Content::Gap(gap)) => Some(gap),
                _ => None,
            }));
        }
    }
    Ok(gaps)
}

pub fn is_writer() -> bool {
    std::env::var_os(FOLDER).is_some()
}

/// What the parent sets, beside the recorder's own.
pub fn environment(folder: &Path, seed: u64) -> [(&'static str, std::ffi::OsString); 2] {
    [(FOLDER, folder.into()), (SEED, seed.to_string().into())]
}

/// One life of the process. It ends cleanly, or in the middle of something.
pub fn write() {
    let folder = std::env::var_os(FOLDER).unwrap();
    let mut dice = Dice::new(std::env::var(SEED).unwrap().parse().unwrap());
    let log = std::env::var_os("MUJUN_RECORD_LOG").unwrap();
    let mut notes = std::fs::File::create(Path::new(&log).with_extension("log.note")).unwrap();
    let mut note = move |text: String| notes.write_all(text.as_bytes()).unwrap();

    let spool = open(Path::new(&folder)).unwrap();
    let mut last = numbers(&spool).unwrap().last().copied().unwrap_or(0);
    // what a start shows is durable
    note(format!("done {last}"));
    for _ in 0..12 + dice.below(12) {
        let to = last + 1 + dice.below(6);
        note(format!("start {} {to}", last + 1));
        spool.commit(&(last + 1..=to).map(record).collect::<Vec<_>>(), None).unwrap();
        note(format!("done {to}"));
        last = to;
        let generations = spool.generations();
        if generations.len() > 2 && dice.percent(60) {
            let oldest = generations[0];
            if let Some(last) = numbers_of(&spool, &oldest).unwrap().last() {
                note(format!("delivered {last}"));
            }
            spool.acked(0, &oldest.gen_id, oldest.last_seq, true).unwrap();
        }
    }
    match dice.below(3) {
        0 => drop(spool),
        1 => note("kill".into()),
        _ => {
            // in the middle of a commit or a rotation
            note(format!("start {} {}", last + 1, last + 1));
            let after = Duration::from_micros(dice.below(4000));
            let _killer = std::thread::spawn(move || {
                std::thread::sleep(after);
                note("kill".into());
            });
            loop {
                let batch = [record(last + 1)];
                if spool.commit(&batch, None).is_err() {
                    break;
                }
                std::thread::park();
            }
        }
    }
}
