//! Power cuts: all I/O of a working spool is recorded, and at many of its points the folder is rebuilt as a cut would
//! have left it, opened, and read.
//!
//! # Promises
//! - The recorder sees everything: replaying its log gives the folder byte for byte, or the part fails.
//! - Images are distinct: one that was tried before, with the same records to be found in it, is not counted.
//!
//! # Does not
//! Cover drives that lie about a flush, or file systems worse than the two models of `disk.rs`.

mod disk;
mod judge;
mod log;
pub mod work;

use crate::{
    dice::Dice,
    report::{self, Report},
};
use disk::{Contents, Disk, Image, Names};
use judge::{State, Verdict};
use log::Op;
use std::{
    collections::{BTreeSet, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};
pub use work::{is_writer, write};

const WORKERS: usize = 2;
/// Kill -9, then twice nothing but what was fsynced, then chance.
const MODELS: [(Contents, Names); 7] = [
    (Contents::All, Names::Ext4),
    (Contents::Drop, Names::Posix),
    (Contents::Drop, Names::Ext4),
    (Contents::Rand, Names::Posix),
    (Contents::Rand, Names::Ext4),
    (Contents::Rand, Names::Posix),
    (Contents::Rand, Names::Ext4),
];

pub fn run(full: bool) -> Report {
    let (images_min, runs) = if full { (100_000, 80) } else { (10_000, 8) };
    let mut report = Report::default();
    let recorder = log::build(&report::folder());
    let mut sum = Tally { keep_failed: std::env::var_os("MUJUN_PROOF_KEEP").is_some(), ..Tally::default() };
    let mut start = None;
    let mut seed = 1;
    while sum.images < images_min {
        let recording = Recording::make(&recorder, seed, start.take(), None).unwrap();
        sum.try_all(&recording, images_min.div_ceil(runs), seed);
        println!("  {} images at {} points", sum.images, sum.points);
        // the next spool begins as a power cut left this one
        start = Some(recording.cut(&mut Dice::new(seed)));
        seed += 1;
        if sum.failures.len() > 20 {
            break;
        }
    }
    let committed = sum.committed;
    report.count("crash images", sum.images);
    report.count("I/O points", sum.points);
    report.count("records committed", committed);
    report.count("lost", sum.verdict.lost);
    report.count("doubled", sum.verdict.doubled);
    report.count("torn or reordered", sum.verdict.torn + sum.verdict.reordered);
    for failure in sum.failures {
        report.problem(failure);
    }
    for mistake in ["NoFsync", "NoFolderFsync", "BlobsAllowed", "ReusedSeq"] {
        // a mistake may end the process between a write and its line in the log: then it is made again
        let made = (99..104).find_map(|seed| match Recording::make(&recorder, seed, None, Some(mistake)) {
            Ok(recording) => Some(recording),
            Err(blind) => {
                println!("  control {mistake}, made again: {blind}");
                None
            }
        });
        let Some(recording) = made else {
            report.control(mistake, false, "");
            continue;
        };
        let mut tally = Tally::default();
        tally.try_all(&recording, 400, 99);
        let how = format!(
            "{} of {} images, such as: {}",
            tally.failed,
            tally.images,
            tally.failures.first().map_or("", |f| f)
        );
        report.control(mistake, tally.failed > 0, &how);
    }
    report
}

/// The log of one folder through some lives of a process.
struct Recording {
    before: Disk,
    state: State,
    ops: Vec<Op>,
}

impl Recording {
    fn make(
        recorder: &Path,
        seed: u64,
        start: Option<(Image, State)>,
        mistake: Option<&str>,
    ) -> Result<Recording, String> {
        let scratch = scratch();
        let root = scratch.path().join("spool");
        std::fs::create_dir(&root).unwrap();
        let (image, state) = start.unwrap_or_default();
        disk::write(&image, &root);
        let before = Disk::of(&root);
        let log = scratch.path().join("ops.log");
        for life in 0..3 {
            let mut writer = Command::new(std::env::current_exe().unwrap());
            writer.envs(work::environment(&root, seed * 10 + life)).env("LD_PRELOAD", recorder);
            writer.env("MUJUN_RECORD_ROOT", &root).env("MUJUN_RECORD_LOG", &log);
            writer.envs(mistake.map(|mistake| ("MUJUN_FAULT_PLANT", mistake)));
            let out = writer.output().unwrap();
            let code = out.status.code();
            // a planted mistake may also end it
            assert!(
                matches!(code, None | Some(0)) || mistake.is_some(),
                "{code:?}: {}",
                String::from_utf8_lossy(&out.stderr)
            );
        }
        let recording = Recording { before, state, ops: log::read(&log) };
        recording.sees_everything(&root)?;
        Ok(recording)
    }

    /// The log's effects are the folder's contents.
    fn sees_everything(&self, root: &Path) -> Result<(), String> {
        let mut replayed = self.before.clone();
        self.ops.iter().for_each(|op| replayed.apply(op));
        let dice = &mut Dice::new(0);
        let replayed = replayed.image(Contents::All, Names::Ext4, dice);
        let found = Disk::of(root).image(Contents::All, Names::Ext4, dice);
        let names = |image: &Image| image.keys().cloned().collect::<BTreeSet<_>>();
        if names(&replayed) != names(&found) {
            return Err("the recorder is blind for some names".into());
        }
        match found.iter().find(|(path, contents)| replayed[*path] != **contents) {
            Some((path, _)) => Err(format!("the recorder is blind for some writes to {path}")),
            None => Ok(()),
        }
    }

    /// What a cut at a random point left.
    fn cut(&self, dice: &mut Dice) -> (Image, State) {
        let stop = self.ops.len() / 2 + usize::try_from(dice.below(self.ops.len() as u64 / 2)).unwrap();
        let (mut disk, mut state) = (self.before.clone(), self.state);
        for op in &self.ops[..stop] {
            disk.apply(op);
            state.note(op);
        }
        (disk.image(Contents::Rand, Names::Ext4, dice), state)
    }
}

#[derive(Default)]
struct Tally {
    images: u64,
    points: u64,
    failed: u64,
    committed: u64,
    verdict: Verdict,
    failures: Vec<String>,
    keep_failed: bool,
}

impl Tally {
    /// Tries images at points spread over the recording, at least `wanted` where it has so many.
    fn try_all(&mut self, recording: &Recording, wanted: u64, seed: u64) {
        let points = usize::try_from(wanted).unwrap().div_ceil(MODELS.len() - 1).min(recording.ops.len());
        let step = (recording.ops.len() / points).max(1);
        let seen = Mutex::new(HashSet::new());
        let sum = Mutex::new(self);
        std::panic::set_hook(Box::new(|_| {})); // sled panics over damaged files, which the spool catches
        std::thread::scope(|scope| {
            for worker in 0..WORKERS {
                let (seen, sum) = (&seen, &sum);
                scope.spawn(move || {
                    let (mut disk, mut state) = (recording.before.clone(), recording.state);
                    for (at, op) in recording.ops.iter().enumerate() {
                        disk.apply(op);
                        state.note(op);
                        if at % step != 0 || (at / step) % WORKERS != worker {
                            continue;
                        }
                        try_point(&disk, &state, seed << 32 | at as u64, seen, sum);
                    }
                });
            }
        });
        drop(std::panic::take_hook());
        let sum = sum.into_inner().unwrap();
        let mut state = recording.state;
        recording.ops.iter().for_each(|op| state.note(op));
        sum.committed += state.committed.saturating_sub(recording.state.committed);
    }
}

fn try_point(disk: &Disk, state: &State, seed: u64, seen: &Mutex<HashSet<u64>>, sum: &Mutex<&mut Tally>) {
    let mut new_here = false;
    for (variant, (contents, names)) in (0..).zip(MODELS) {
        let image = disk.image(contents, names, &mut Dice::new(seed * 8 + variant));
        let mut hasher = DefaultHasher::new();
        (&image, state).hash(&mut hasher);
        if !seen.lock().unwrap().insert(hasher.finish()) {
            continue;
        }
        let folder = scratch();
        disk::write(&image, folder.path());
        let verdict = judge::judge(folder.path(), state);
        if verdict.failure.is_some() && sum.lock().unwrap().keep_failed {
            keep(&image, seed, variant);
        }
        let mut sum = sum.lock().unwrap();
        sum.images += 1;
        sum.points += u64::from(!new_here);
        new_here = true;
        sum.verdict.add(&verdict);
        if let Some(what) = verdict.failure {
            sum.failed += 1;
            if sum.failures.len() < 50 {
                let kill = if contents == Contents::All { " (kill -9: also a blind recorder does this)" } else { "" };
                sum.failures.push(format!("{contents:?}/{names:?} at {:#x}{kill}: {what}", seed));
            }
        }
    }
}

/// For whoever looks into a failure: `MUJUN_PROOF_KEEP=1` lays the images that failed out in `target/proof/failed/`.
fn keep(image: &Image, seed: u64, variant: u64) {
    let folder = report::folder().join(format!("failed/{seed:x}-{variant}"));
    let _earlier = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    disk::write(image, &folder);
}

/// In memory where that is possible: tens of thousands of images are written.
fn scratch() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}
