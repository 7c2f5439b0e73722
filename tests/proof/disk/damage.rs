//! Files that are not what was written.

use crate::{
    dice::Dice,
    power::work::{gaps, numbers, numbers_of, open, record},
    report::Report,
};
use mujun::agent::spool::Spool;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Each generation's records: their numbers, and the last seq.
type Kept = BTreeMap<[u8; 16], (Vec<u64>, u64)>;

/// Damages one file of a copy of a healthy spool, and looks at what is left of it.
pub fn run(report: &mut Report, trials: u64) {
    let healthy = tempfile::tempdir().unwrap();
    let (mut kept, mut last) = (Kept::new(), 0);
    for _run in 0..3 {
        let spool = open(healthy.path()).unwrap();
        for _ in 0..12 {
            spool.commit(&[record(last + 1), record(last + 2)], None).unwrap();
            last += 2;
        }
        for generation in spool.generations() {
            kept.insert(generation.gen_id, (numbers_of(&spool, &generation).unwrap(), generation.last_seq));
        }
    }
    std::panic::set_hook(Box::new(|_| {})); // sled panics over damaged files, which the spool catches
    let mut set_aside = 0;
    for trial in 0..trials {
        let scratch = tempfile::tempdir().unwrap();
        copy(healthy.path(), scratch.path());
        let what = harm(scratch.path(), &mut Dice::new(trial));
        match look(scratch.path(), &kept, last) {
            Ok(quarantined) => set_aside += quarantined,
            Err(problem) => report.problem(format!("{what}: {problem}")),
        }
    }
    drop(std::panic::take_hook());
    println!("  {trials} damaged spools opened, {set_aside} generations set aside");
    report.count("disk trials", trials);
    // otherwise nothing was damaged
    if set_aside < trials / 10 {
        report.problem(format!("only {set_aside} generations of {trials} were set aside"));
    }
}

fn harm(folder: &Path, dice: &mut Dice) -> String {
    let mut files = Vec::new();
    list(folder, &mut files);
    files.retain(|file| fs::metadata(file).unwrap().len() > 0);
    files.sort();
    let file = &files[usize::try_from(dice.below(files.len() as u64)).unwrap()];
    let mut bytes = fs::read(file).unwrap();
    let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
    let what = match dice.below(4) {
        0 => {
            bytes.truncate(at);
            "cut"
        }
        1 => {
            let end = bytes.len().min(at + 4096);
            bytes[at..end].fill(0);
            "zeros"
        }
        _ => {
            bytes[at] ^= 1 << dice.below(8);
            "a bit flipped"
        }
    };
    fs::write(file, bytes).unwrap();
    format!("{} at {at} of {}", what, file.strip_prefix(folder).unwrap().display())
}

/// The generations that are gone are those in quarantine, one at most, and all else is as it was.
fn look(folder: &Path, kept: &Kept, last: u64) -> Result<u64, String> {
    let spool = open(folder).map_err(|error| format!("does not open: {error}"))?;
    let mut found = Vec::new();
    for generation in spool.generations() {
        // what a read finds damaged is set aside then
        if let Ok(numbers) = numbers_of(&spool, &generation) {
            if kept.get(&generation.gen_id).is_some_and(|(kept, _)| *kept != numbers) {
                return Err("a generation has other records than it had".into());
            }
            found.extend(numbers);
        }
    }
    let quarantined = spool.quarantined();
    let gone = (1..=last).filter(|number| !found.contains(number)).count();
    let of_one = kept.values().any(|(numbers, _)| gone == numbers.len() && numbers.iter().all(|n| !found.contains(n)));
    match quarantined {
        0 if gone == 0 => {}
        1 if of_one => {}
        _ => return Err(format!("{gone} records are gone, {quarantined} generations in quarantine")),
    }
    spool.commit(&[record(last + 1)], None).map_err(|error| format!("takes nothing new: {error}"))?;
    // and the loss is on record
    let gaps = gaps(&spool)?;
    if gaps.len() as u64 != quarantined {
        return Err(format!("{quarantined} generations in quarantine, {gaps:?}"));
    }
    let there: Vec<_> = spool.generations().iter().map(|generation| generation.gen_id).collect();
    for lost in gaps.iter().filter_map(|gap| gap.lost) {
        let right = kept.get(&lost.gen_id).is_some_and(|(_, last_seq)| {
            !there.contains(&lost.gen_id) && lost.first_seq == 1 && [0, *last_seq].contains(&lost.last_seq)
        });
        if !right {
            return Err(format!("a gap of what is not lost, or not of all of it: {lost:?}"));
        }
    }
    if numbers(&spool)?.last() != Some(&(last + 1)) {
        return Err("a new record is not there".into());
    }
    Ok(quarantined)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            let mut target = File::create(&to).unwrap();
            std::io::copy(&mut File::open(entry.path()).unwrap(), &mut target).unwrap();
        }
    }
}
