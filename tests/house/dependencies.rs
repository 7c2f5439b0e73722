//! The agent alone carries these crates and no others. `UPDATE_GOLDEN=1 cargo test --test house` writes the list anew.

use std::{collections::BTreeSet, process::Command};

const GOLDEN: &str = "tests/golden/agent-dependencies.txt";

#[test]
fn the_agents_dependencies_are_the_known_ones() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--no-default-features", "--features", "agent"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}", "--target", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let names: BTreeSet<_> = String::from_utf8_lossy(&tree.stdout)
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .filter(|name| !name.is_empty() && name != "mujun")
        .collect();
    let fresh = names.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all("tests/golden").unwrap();
        std::fs::write(GOLDEN, &fresh).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert_eq!(golden, fresh, "the agent's dependencies changed: look at each, then UPDATE_GOLDEN=1");
    assert!(!fresh.lines().any(|name| ["axum", "rusqlite", "csv", "rumqttd"].contains(&name)));
}
