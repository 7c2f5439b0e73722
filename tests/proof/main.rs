//! The proof: nothing committed is lost, nothing is counted twice. `tests/run --proof` runs it and prints its table.
//!
//! | part | what it does |
//! |---|---|
//! | `power` | records all I/O of a working spool, cuts the power at many of its points, opens what is left |
//! | `kill` | both real binaries, killed at random and at named points, behind a bad link; the ledger against the meters |
//! | `disk` | full, read-only, damaged disks |
//!
//! The model tests are in the library, beside the state machines that they drive (`agent::uplink`). Each part runs its
//! negative controls too: a mistake is planted, and the part must find it. `MUJUN_PROOF=full` is ten times the size.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)] // waits for processes; a helper that panics fails its part

mod dice;
mod disk;
mod kill;
mod power;
mod report;

use report::Report;
use std::{panic::catch_unwind, process::ExitCode};

/// Runs a part, in full size or not.
type Part = fn(bool) -> Report;

const PARTS: [(&str, Part); 3] = [("power", power::run), ("kill", kill::run), ("disk", disk::run)];

fn main() -> ExitCode {
    if power::is_writer() {
        power::write();
        return ExitCode::SUCCESS;
    }
    if disk::is_inside() {
        disk::inside();
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("MUJUN_LOG").is_some() {
        mujun::runtime::log::init();
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let full = std::env::var("MUJUN_PROOF").is_ok_and(|size| size == "full");
    let mut failed = false;
    for (name, part) in PARTS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name || wanted == "table") {
            continue;
        }
        report::forget(name);
        println!("proof: {name}");
        match catch_unwind(|| part(full)) {
            Ok(report) => {
                failed |= !report.problems.is_empty();
                report.save(name);
            }
            Err(_) => failed = true,
        }
    }
    failed |= !report::table();
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
