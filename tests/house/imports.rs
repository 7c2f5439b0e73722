//! Imports go down the path, never up, and each prescribed crate has one home.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The order of `lib.rs`: a module may import those before it.
const ORDER: [&str; 7] = ["model", "energy", "wire", "runtime", "agent", "platform", "demo"];

/// Pairs that would be legal by the order and are not.
const FORBIDDEN: [(&str, &str); 1] = [("platform", "agent")];

/// What is not one of ours, such as a macro, is no import.
fn allowed(from: &str, to: &str) -> bool {
    let place = |name: &str| ORDER.iter().position(|module| *module == name);
    match (place(from), place(to)) {
        (Some(from_place), Some(to_place)) => to_place <= from_place && !FORBIDDEN.contains(&(from, to)),
        _ => true,
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("generated.rs") {
            found.push(path);
        }
    }
}

/// `crate::x::…` and the first words of `crate::{x::…, y}`.
fn imported(line: &str) -> Vec<String> {
    line.match_indices("crate::")
        .map(|(at, word)| line[at + word.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

fn violations(file: &str, text: &str) -> Vec<String> {
    let from = file.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
    let mut inside_braces = false;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        let mut names = imported(code);
        // rustfmt puts one module on a line inside of `use crate::{ … };`
        if inside_braces && code.starts_with("    ") && !code.starts_with("     ") {
            names.push(code.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
        inside_braces = code.contains("use crate::{") && !code.contains('}') || inside_braces && !code.starts_with('}');
        for to in names.iter().filter(|to| !allowed(from, to)) {
            found.push(format!("{file}:{number}: {from} may not import {to}"));
        }
        for (name, home) in [
            ("sled", "src/agent/spool/"),
            ("tokio_modbus", "src/agent/source/modbus/"),
            ("rumqttc", "src/agent/source/mqtt/"),
        ] {
            if code.contains(&format!("{name}::")) && !file.starts_with(home) && from != "demo" {
                found.push(format!("{file}:{number}: only {home} may name {name}"));
            }
        }
    }
    found
}

#[test]
fn imports_go_down_the_path() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let found: Vec<_> =
        files.iter().flat_map(|file| violations(file.to_str().unwrap(), &fs::read_to_string(file).unwrap())).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_wrong_import_is_found() {
    assert_eq!(violations("src/agent/mod.rs", "use crate::platform::store;").len(), 1);
    assert_eq!(
        violations("src/model/time.rs", "use crate::{\n    energy::interval,\n    model::Reading,\n};").len(),
        1
    );
    assert_eq!(violations("src/platform/mod.rs", "use crate::agent::spool;").len(), 1);
    assert_eq!(violations("src/agent/uplink/mod.rs", "let db = sled::open(path);").len(), 1);
    assert_eq!(violations("src/agent/mod.rs", "use crate::model::Reading;").len(), 0);
}
