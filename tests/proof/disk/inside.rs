//! A process with a small tmpfs of its own.

use crate::{
    dice::Dice,
    power::work::{self, LIMITS, gaps, numbers, record},
};
use mujun::{
    agent::spool::{Limits, SledSpool, Spool, SpoolError, WhenFull},
    model::GapCause,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
};

pub const TRIALS: &str = "MUJUN_PROOF_DISK_TRIALS";

pub fn is_inside() -> bool {
    std::env::var_os(TRIALS).is_some()
}

pub fn inside() {
    let trials: u64 = std::env::var(TRIALS).unwrap().parse().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let disk = scratch.path();
    for trial in 0..trials {
        mount(&["-t", "tmpfs", "-o", "size=12m", "tmpfs"], disk);
        let mut dice = Dice::new(trial);
        let what = match trial % 4 {
            0 => full(disk, &mut dice, true),
            1 => full(disk, &mut dice, false),
            2 => dropping(disk, &mut dice),
            _ => read_only(disk),
        };
        println!("  disk: {what}");
        assert!(Command::new("umount").arg(disk).status().unwrap().success());
    }
}

/// Under the policy that refuses what is new.
fn open(folder: &Path) -> Result<SledSpool, SpoolError> {
    work::open_with(folder, Limits { when_full: WhenFull::Refuse, ..LIMITS })
}

fn mount(how: &[&str], disk: &Path) {
    assert!(Command::new("mount").args(how).arg(disk).status().unwrap().success(), "mount {how:?}");
}

/// Commits one after the other, from `from`, until one is refused or `to` is done; the last that was taken, and why
/// it ended.
fn commit(spool: &SledSpool, from: u64, to: u64) -> (u64, Option<String>) {
    for number in from..=to {
        if let Err(error) = spool.commit(&[record(number)], None) {
            return (number - 1, Some(error.to_string()));
        }
    }
    (to, None)
}

/// Something else fills the disk, at some time, to some byte.
fn full(disk: &Path, dice: &mut Dice, restart: bool) -> String {
    let folder = disk.join("spool");
    let spool = open(&folder).unwrap();
    let (taken, refused) = commit(&spool, 1, 20 + dice.below(40));
    assert_eq!(refused, None);
    let filler = fill(disk, dice.below(300 * 1024));
    let (taken, refused) = commit(&spool, taken + 1, taken + 2000);
    let refused = refused.expect("a full disk takes no 2,000 records");
    let said = ["No space", "os error 28", "StorageFull"].iter().any(|text| refused.contains(text));
    let spool = if restart {
        drop(spool);
        // while the disk is full it opens, or says that it can not
        if let Ok(spool) = open(&folder) {
            assert_eq!(spool.quarantined(), 0, "a full disk is no damage");
        }
        fs::remove_file(filler).unwrap();
        open(&folder).expect("it opens when the space is back")
    } else {
        fs::remove_file(filler).unwrap();
        spool
    };
    assert_eq!(spool.quarantined(), 0, "a full disk is no damage");
    let after = match numbers(&spool).unwrap().last().copied() {
        // refused, and found all the same: allowed where the process ended before the next commit
        Some(last) if restart && last == taken + 1 => last,
        _ => taken,
    };
    let (last, error) = commit(&spool, after + 1, after + 20);
    assert_eq!(error, None, "it takes records again");
    hold(&spool, last);
    drop(spool);
    hold(&open(&folder).unwrap(), last);
    let how = if restart { ", restarted" } else { "" };
    format!("full after {taken} records{how}: {last} of {last} are there; {}", if said { "No space" } else { &refused })
}

/// Under the policy that drops the oldest: what is gone is what the gap records say.
fn dropping(disk: &Path, dice: &mut Dice) -> String {
    let folder = disk.join("spool");
    let spool = work::open(&folder).unwrap();
    let mut written = BTreeMap::<_, BTreeSet<u64>>::new();
    let (mut taken, mut refused) = (0, 0);
    for number in 1..=400 {
        if number == 60 {
            fill(disk, dice.below(300 * 1024));
        }
        if spool.commit(&[record(taken + 1)], None).is_err() {
            refused += 1;
            continue;
        }
        taken += 1;
        let generation = spool.generations().last().unwrap().gen_id;
        written.entry(generation).or_default().insert(taken);
    }
    let found: BTreeSet<u64> = numbers(&spool).unwrap().into_iter().collect();
    let said: BTreeSet<u64> = gaps(&spool)
        .unwrap()
        .iter()
        .filter(|gap| gap.cause == GapCause::Dropped)
        .filter_map(|gap| written.get(&gap.lost?.gen_id))
        .flatten()
        .copied()
        .collect();
    let gone: BTreeSet<u64> = (1..=taken).filter(|number| !found.contains(number)).collect();
    assert_eq!(gone, said, "gone, and said to be gone");
    format!("full, the oldest go: {taken} taken, {refused} refused, {} dropped and each said to be", gone.len())
}

/// Takes all but `rest` bytes.
fn fill(disk: &Path, rest: u64) -> std::path::PathBuf {
    let path = disk.join("filler");
    let mut file = File::create(&path).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    let size = file.metadata().unwrap().len();
    file.set_len(size.saturating_sub(rest)).unwrap();
    path
}

fn read_only(disk: &Path) -> String {
    let folder = disk.join("spool");
    let spool = open(&folder).unwrap();
    let (taken, _) = commit(&spool, 1, 30);
    drop(spool);
    mount(&["-o", "remount,ro"], disk);
    let error = open(&folder).map(drop).expect_err("nothing can be written").to_string();
    assert!(error.contains("Read-only file system"), "{error}");
    mount(&["-o", "remount,rw"], disk);
    let spool = open(&folder).unwrap();
    assert_eq!(spool.quarantined(), 0, "a read-only disk is no damage");
    let (last, refused) = commit(&spool, taken + 1, taken + 5);
    assert_eq!(refused, None);
    hold(&spool, last);
    format!("read-only and back: {last} of {last} are there; {error}")
}

fn hold(spool: &SledSpool, last: u64) {
    let found = numbers(spool).unwrap();
    assert!(found.iter().copied().eq(1..=last), "{last} were committed, {found:?} are there");
}
