//! The county as a new user starts it: an address, a table that fills, a balance, a clean end.

use super::process::Running;
use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Starts the demo in a folder of its own; it writes to `out` and `err` there, and everything else below `tmp`.
fn start(folder: &Path, arguments: &[&str]) -> Running {
    let tmp = folder.join("tmp");
    fs::create_dir(&tmp).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mujun-demo"));
    command.args(["--lang", "en", "--port", "0"]).args(arguments).env("TMPDIR", tmp).stdin(Stdio::null());
    let file = |name: &str| File::create(folder.join(name)).unwrap();
    Running(command.stdout(file("out")).stderr(file("err")).spawn().unwrap())
}

fn written(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The dashboard's address, where it was said.
fn address(folder: &Path) -> Option<String> {
    written(folder, "err").lines().find_map(|line| line.strip_prefix("dashboard: ").map(str::to_owned))
}

/// Rows of the live table: rank, site, kWh and so on.
fn rows(out: &str) -> Vec<Vec<&str>> {
    let cells = |line| str::split_whitespace(line).collect::<Vec<_>>();
    out.lines().map(cells).filter(|cells| cells.len() == 9 && cells[0].parse::<u32>().is_ok()).collect()
}

#[test]
fn the_county_says_its_address_fills_its_table_and_ends_at_ctrl_c_with_nothing_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = start(folder.path(), &[]);
    let moved = |row: &Vec<&str>| row[2].parse::<f64>().is_ok_and(|kwh| kwh > 0.0);
    for _ in 0..600 {
        let out = written(folder.path(), "out");
        // the last table may be written in part
        if address(folder.path()).is_some() && rows(&out).iter().filter(|row| moved(row)).count() >= 8 {
            break;
        }
        assert_eq!(demo.0.try_wait().unwrap(), None, "{}", written(folder.path(), "err"));
        std::thread::sleep(Duration::from_millis(100));
    }
    let url = address(folder.path()).expect("an address");
    let page = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(page.contains("<title>"), "the dashboard is at {url}");
    let out = written(folder.path(), "out");
    assert!(out.contains(&format!("dashboard {url}")), "the table's head says it too:\n{out}");
    assert!(rows(&out).iter().any(moved), "{out}");

    assert!(demo.interrupt().success(), "{}", written(folder.path(), "err"));
    assert!(ureq::get(&url).call().is_err(), "the platform has ended");
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0, "its folder is gone");
}

#[test]
fn a_county_that_runs_for_a_time_shows_its_table_before_its_balance() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = start(folder.path(), &["--for", "8s"]);
    assert!(demo.0.wait().unwrap().success(), "{}", written(folder.path(), "err"));
    let out = written(folder.path(), "out");
    assert!(address(folder.path()).is_some());
    let (before, after) = out.split_once("balanced: true (24 registers)").expect("a balance");
    assert!(rows(before).len() >= 8 && rows(after).is_empty(), "{out}");
}
