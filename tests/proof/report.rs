//! What each part found, in `target/proof/`, and the one table made of it.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// The parts, in the table's order; `model` is written by the library's own tests.
const PARTS: [&str; 4] = ["power", "kill", "model", "disk"];

#[derive(Default, Serialize, Deserialize)]
pub struct Report {
    /// By the table's row.
    pub counts: BTreeMap<String, u64>,
    /// Planted mistakes, and whether the part found each.
    pub controls: BTreeMap<String, bool>,
    /// What this machine could not try, and why.
    pub skipped: Vec<String>,
    /// What must not be. Empty is a proof.
    pub problems: Vec<String>,
}

impl Report {
    pub fn count(&mut self, row: &str, count: u64) {
        *self.counts.entry(row.to_owned()).or_default() += count;
    }

    pub fn control(&mut self, name: &str, caught: bool, how: &str) {
        println!("  control {name}: {}", if caught { how } else { "NOT CAUGHT" });
        if !caught {
            self.problems.push(format!("the planted mistake {name} was not found"));
        }
        self.controls.insert(name.to_owned(), caught);
    }

    pub fn skip(&mut self, what: &str) {
        println!("  skipped: {what}");
        self.skipped.push(what.to_owned());
    }

    pub fn problem(&mut self, what: String) {
        if self.problems.len() < 20 {
            println!("  PROBLEM: {what}");
        }
        self.problems.push(what);
    }

    pub fn save(&self, part: &str) {
        std::fs::write(path(part), serde_json::to_string_pretty(self).unwrap()).unwrap();
    }
}

pub fn folder() -> PathBuf {
    let folder = PathBuf::from("target/proof");
    std::fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

fn path(part: &str) -> PathBuf {
    folder().join(format!("{part}.json"))
}

/// A part that fails must not leave the figures of an earlier run.
pub fn forget(part: &str) {
    let _none = std::fs::remove_file(path(part));
}

/// Prints what the parts of which there are figures found; whether all of it is green.
pub fn table() -> bool {
    let mut sum = Report::default();
    let mut parts = Vec::new();
    for part in PARTS {
        let Ok(text) = std::fs::read_to_string(path(part)) else {
            sum.skipped.push(format!("{part}: not run, or failed"));
            continue;
        };
        let report: Report = serde_json::from_str(&text).unwrap();
        report.counts.iter().for_each(|(row, count)| sum.count(row, *count));
        sum.controls.extend(report.controls.into_iter().map(|(name, caught)| (format!("{part}: {name}"), caught)));
        sum.skipped.extend(report.skipped);
        sum.problems.extend(report.problems);
        parts.push(part);
    }
    let caught = sum.controls.values().filter(|caught| **caught).count();
    println!("\nproof ({})", parts.join(", "));
    let rows = [
        "crash images",
        "I/O points",
        "kill cycles",
        "named points",
        "model cases",
        "disk trials",
        "records committed",
        "lost",
        "doubled",
        "torn or reordered",
    ];
    for row in rows {
        if let Some(count) = sum.counts.get(row) {
            println!("  {row:<20} {count:>10}");
        }
    }
    println!("  {:<20} {:>10}", "controls caught", format!("{caught} of {}", sum.controls.len()));
    sum.skipped.iter().for_each(|what| println!("  skipped: {what}"));
    sum.problems.iter().take(20).for_each(|what| println!("  PROBLEM: {what}"));
    sum.problems.is_empty()
}
