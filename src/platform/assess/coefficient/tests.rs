use super::*;
use crate::runtime::lang::Lang;

const ONE: &str = r#"[[factor]]
carrier = "electricity"
unit = "kWh"
kgce_per_unit = "0.1229"
basis = "calorific"
valid_from = "2021-04-01"
source = "GB/T 2589-2020"
"#;

fn refused(text: &str) -> String {
    let problems = parse([("f.toml", text)]).unwrap_err();
    assert!(!problems.render(Lang::Zh).is_empty());
    problems.render(Lang::En)
}

#[test]
fn the_shipped_files_are_sound_together() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients");
    load(&[folder.join("gbt-2589-2020.toml"), folder.join("demo-equivalent.toml")]).unwrap();
}

#[test]
fn a_missing_file_is_named() {
    let error = load(&["nowhere/x.toml"]).unwrap_err().render(Lang::En);
    assert!(error.starts_with("nowhere/x.toml: the coefficient file can not be read"), "{error}");
}

#[test]
fn each_problem_has_its_place_and_its_fix() {
    for (old, new, place, words) in [
        ("electricity", "electrcity", "f.toml:2:11", "which is not known"),
        ("kWh", "kwh", "f.toml:3:8", "use one of Wh, kWh"),
        ("0.1229", "-1", "f.toml:4:17", "decimals above 0"),
        ("0.1229", "0", "f.toml:4:17", "decimals above 0"),
        ("0.1229", "1_000", "f.toml:4:17", "decimals above 0"),
        ("\"calorific\"", "\"caloric\"", "f.toml:5:9", "unknown variant"),
        ("2021-04-01", "2021-04-31", "f.toml:6:14", "which is no date"),
        ("source", "sauce", "f.toml:7:1", "unknown field"),
        ("source = ", "province = \"3300\"\nsource = ", "f.toml:7:12", "no code of a province"),
        ("source = ", "valid_until = \"2020-01-01\"\nsource = ", "f.toml:1:1", "is before valid_from"),
        ("source = ", "range = [\"1\", \"2\"]\nsource = ", "f.toml:1:1", "exactly one of kgce_per_unit and range"),
        ("kgce_per_unit = \"0.1229\"", "range = [\"2\", \"1\"]", "f.toml:4:9", "from low to high"),
        ("\"0.1229\"", "0.1229", "f.toml:4:17", "invalid type"),
    ] {
        let error = refused(&ONE.replacen(old, new, 1));
        assert!(error.starts_with(place) && error.contains(words) && error.contains("\n  fix: "), "{new}: {error}");
    }
}

#[test]
fn an_overlap_names_both_places() {
    let error = parse([("a.toml", ONE), ("b.toml", &format!("\n{ONE}"))]).unwrap_err().render(Lang::En);
    assert!(error.starts_with("b.toml:2:1: ") && error.contains("overlaps the one at a.toml:1:1"), "{error}");
    let later = ONE.replace("2021-04-01", "2024-01-01");
    assert!(parse([("a.toml", ONE), ("b.toml", &later)]).is_err());
    let ended = ONE.replace("source", "valid_until = \"2023-12-31\"\nsource");
    assert!(parse([("a.toml", ended.as_str()), ("b.toml", &later)]).is_ok());
}

#[test]
fn all_problems_are_told_at_once() {
    let text = format!("{}{}", ONE.replace("kWh", "kwh"), ONE.replace("2021", "21"));
    assert_eq!(parse([("a.toml", text.as_str()), ("b.toml", "x = 1")]).unwrap_err().0.len(), 3);
}
