use super::*;
use crate::runtime::{lang::Lang, problem::cases};

const ONE: &str = r#"[[factor]]
carrier = "electricity"
unit = "kWh"
kgce_per_unit = "0.1229"
basis = "calorific"
valid_from = "2021-04-01"
source = "GB/T 2589-2020"
"#;

#[test]
fn the_shipped_files_are_sound_together() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients");
    load(&[folder.join("gbt-2589-2020.toml"), folder.join("demo-equivalent.toml")]).unwrap();
}

#[test]
fn what_is_wrong_in_any_file_is_told_with_all_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.toml");
    std::fs::write(&wrong, "x = 1").unwrap();
    let error = load(&[Path::new("nowhere/x.toml"), &wrong]).unwrap_err().render(Lang::En);
    assert!(error.starts_with("nowhere/x.toml: cannot be read"), "{error}");
    assert!(error.contains("wrong.toml:1:1  x: unknown key"), "{error}");
}

#[test]
fn the_messages_of_every_case_are_as_recorded() {
    cases::hold("coefficients", "toml", |name, text| parse([(name, text)]).map(|_| None));
}

#[test]
fn an_overlap_names_both_places() {
    let error = parse([("a.toml", ONE), ("b.toml", &format!("\n{ONE}"))]).unwrap_err().render(Lang::En);
    assert!(error.starts_with("b.toml:2:1  ") && error.contains("overlaps the one at a.toml:1:1"), "{error}");
    let later = ONE.replace("2021-04-01", "2024-01-01");
    assert!(parse([("a.toml", ONE), ("b.toml", &later)]).is_err());
    let ended = ONE.replace("source", "valid_until = \"2023-12-31\"\nsource");
    assert!(parse([("a.toml", ended.as_str()), ("b.toml", &later)]).is_ok());
}

#[test]
fn a_range_has_no_value_yet_and_is_taken() {
    let range = ONE.replace("kgce_per_unit = \"0.1229\"", "range = [\"1.1\", \"1.3\"]");
    assert!(parse([("a.toml", range.as_str())]).is_ok());
}
