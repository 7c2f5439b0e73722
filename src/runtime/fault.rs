//! Faults on purpose, for `tests/proof`: a process that kills itself at a named place, a mistake that is planted, a
//! note of each commit. Without the cargo feature `fault`, which no build for use has, all of it is nothing.
//!
//! | variable of the environment | then |
//! |---|---|
//! | `MUJUN_FAULT_KILL=spool.after_flush:3` | SIGKILL to itself at the third pass of that place |
//! | `MUJUN_FAULT_PLANT=NoFsync` | the mistake is made |
//! | `MUJUN_FAULT_NOTES=<file>` | a line for each durable record: generation, seq, checksum; and for each acknowledgement |
//! | `MUJUN_FAULT_HASTE=1` | pauses between connections of milliseconds instead of seconds |

use crate::wire::{GenId, record::Record};

/// A mistake that the proof must find. Each is one that was made somewhere, by somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// No file is fsynced.
    NoFsync,
    /// No folder is fsynced.
    NoFolderFsync,
    /// Pages so large that they land in sled's blob files, which it never fsyncs.
    BlobsAllowed,
    /// A new run goes on under the id of the generation before it, from seq 1 again.
    ReusedSeq,
    /// The platform answers before its commit.
    AckBeforeCommit,
    /// The platform commits the mark first, and the records it counts after it.
    MarkApart,
}

/// Every place that has a [`point`].
pub const POINTS: [&str; 20] = [
    "spool.before_flush",
    "spool.after_flush",
    "spool.after_fsync",
    "spool.after_witness",
    "spool.before_create",
    "spool.before_marker",
    "spool.after_marker",
    "spool.before_manifest",
    "spool.before_rename",
    "spool.after_manifest",
    "spool.before_trim",
    "spool.in_trim",
    "spool.after_trim",
    "uplink.before_acked",
    "mqtt.before_ack",
    "mqtt.after_ack",
    "platform.before_commit",
    "platform.after_commit",
    "platform.before_ack",
    "platform.after_ack",
];

#[cfg(feature = "fault")]
mod active {
    use super::{Fault, GenId, POINTS, Record};
    use rustix::process::{Signal, getpid, kill_process};
    use std::{
        fmt::Write as _,
        fs::File,
        io::Write as _,
        sync::{
            LazyLock,
            atomic::{AtomicU64, Ordering::Relaxed},
        },
    };

    struct Kill {
        at: String,
        passes_left: AtomicU64,
    }

    static KILL: LazyLock<Option<Kill>> = LazyLock::new(|| {
        let text = std::env::var("MUJUN_FAULT_KILL").ok()?;
        let (at, pass) = text.split_once(':')?;
        Some(Kill { at: at.to_owned(), passes_left: AtomicU64::new(pass.parse().ok()?) })
    });
    static PLANTED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("MUJUN_FAULT_PLANT").ok());
    static NOTES: LazyLock<Option<File>> = LazyLock::new(|| {
        let path = std::env::var_os("MUJUN_FAULT_NOTES")?;
        Some(File::options().create(true).append(true).open(path).expect("the file of MUJUN_FAULT_NOTES opens"))
    });

    pub fn point(name: &str) {
        debug_assert!(POINTS.contains(&name), "{name} is not in POINTS");
        if let Some(kill) = &*KILL
            && kill.at == name
            && kill.passes_left.fetch_sub(1, Relaxed) == 1
        {
            let _ = kill_process(getpid(), Signal::KILL);
            // the signal may reach another thread first: this one must not go on meanwhile
            loop {
                std::thread::park();
            }
        }
    }

    pub fn planted(fault: Fault) -> bool {
        PLANTED.as_ref().is_some_and(|name| *name == format!("{fault:?}"))
    }

    pub fn haste() -> bool {
        std::env::var_os("MUJUN_FAULT_HASTE").is_some()
    }

    #[allow(clippy::disallowed_methods)]
    pub fn linger() {
        std::thread::sleep(std::time::Duration::from_millis(30));
    }

    fn note(lines: impl FnOnce(&mut String)) {
        let Some(mut file) = NOTES.as_ref() else { return };
        // a kill can cut the write short: the next one begins on a line of its own
        let mut text = String::from("\n");
        lines(&mut text);
        file.write_all(text.as_bytes()).expect("the file of MUJUN_FAULT_NOTES takes lines");
    }

    pub fn committed(gen_id: &GenId, first_seq: u64, records: &[Record]) {
        note(|text| {
            let generation = u128::from_be_bytes(*gen_id);
            for (seq, record) in (first_seq..).zip(records) {
                let _ = writeln!(text, "{generation:032x} {seq:016x} {:08x}", record.crc32c);
            }
        });
    }

    pub fn acked(gen_id: &GenId, seq: u64) {
        note(|text| {
            let _ = writeln!(text, "acked {:032x} {seq:016x}", u128::from_be_bytes(*gen_id));
        });
    }
}

#[cfg(not(feature = "fault"))]
mod active {
    use super::{Fault, GenId, Record};

    #[inline(always)]
    pub fn point(_name: &str) {}

    #[inline(always)]
    pub const fn planted(_fault: Fault) -> bool {
        false
    }

    #[inline(always)]
    pub const fn haste() -> bool {
        false
    }

    #[inline(always)]
    pub fn linger() {}

    #[inline(always)]
    pub fn committed(_gen_id: &GenId, _first_seq: u64, _records: &[Record]) {}

    #[inline(always)]
    pub fn acked(_gen_id: &GenId, _seq: u64) {}
}

/// Ends the process here as `kill -9` would, where the environment says so.
#[inline(always)]
pub fn point(name: &str) {
    active::point(name);
}

/// Whether this mistake is to be made.
#[inline(always)]
pub fn planted(fault: Fault) -> bool {
    active::planted(fault)
}

/// Whether pauses are to be short, so that a test meets many restarts.
#[inline(always)]
pub fn haste() -> bool {
    active::haste()
}

/// Behind a planted answer: time for it to leave the process.
#[inline(always)]
pub fn linger() {
    active::linger();
}

/// Notes that these records are durable.
#[inline(always)]
pub fn committed(gen_id: &GenId, first_seq: u64, records: &[Record]) {
    active::committed(gen_id, first_seq, records);
}

/// Notes that the platform says it holds the generation through `seq`.
#[inline(always)]
pub fn acked(gen_id: &GenId, seq: u64) {
    active::acked(gen_id, seq);
}
