//! Bad disks: full, read-only, damaged.
//!
//! # Promises
//! - A disk that is full or read-only is an error that says so; when its cause is gone, everything is there and more
//!   is taken.
//! - A damaged file costs at most its own generation, which is in quarantine then. All others are read, and what is
//!   read is what was committed.

mod damage;
mod inside;

use crate::report::Report;
use std::process::Command;

pub use inside::{inside, is_inside};

pub fn run(full: bool) -> Report {
    let mut report = Report::default();
    damage::run(&mut report, if full { 2000 } else { 200 });
    match namespace() {
        Some(mut unshare) => {
            let out = unshare.arg(std::env::current_exe().unwrap()).env(inside::TRIALS, "24").output().unwrap();
            let said = String::from_utf8_lossy(&out.stdout);
            print!("{said}");
            let trials = said.lines().filter(|line| line.starts_with("  disk: ")).count();
            report.count("disk trials", trials as u64);
            if !out.status.success() {
                report.problem(format!("a full or read-only disk: {}", String::from_utf8_lossy(&out.stderr)));
            }
        }
        None => report.skip("full and read-only disks: neither root nor a user namespace may mount here"),
    }
    report
}

/// Where a tmpfs may be mounted that nobody else sees.
fn namespace() -> Option<Command> {
    ["-rm", "-m"].into_iter().find_map(|how| {
        let mounts = Command::new("unshare")
            .args([how, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"])
            .output()
            .is_ok_and(|out| out.status.success());
        mounts.then(|| {
            let mut command = Command::new("unshare");
            command.arg(how);
            command
        })
    })
}
