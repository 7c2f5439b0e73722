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

#[test]
fn where_no_value_is_known_there_is_no_factor() {
    use crate::energy::coal::{Basis, Lookup, Question};
    use jiff::civil::date;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients");
    let factors = load(&[folder.join("gbt-2589-2020.toml")]).unwrap();
    let ask = |carrier: &str, unit: &str, basis: Basis, year: i16| {
        let (first, last) = (date(year, 1, 1), date(year, 12, 31));
        match factors.look_up(Question { carrier, unit, basis, province: "330000", first, last }) {
            Lookup::Found { kgce_per_unit, .. } => kgce_per_unit.to_string(),
            Lookup::Open(_) => "open".to_owned(),
            Lookup::Missing => "none".to_owned(),
            other => format!("{other:?}"),
        }
    };
    // Zhejiang's 等价 value was not found, and a kWh of 等价 is not one of 当量
    assert_eq!(ask("electricity", "kWh", Basis::Equivalent, 2026), "none");
    assert_eq!(ask("electricity", "kWh", Basis::Calorific, 2026), "0.1229");
    assert_eq!(ask("heat", "GJ", Basis::Calorific, 2026), "34.12");
    assert_eq!(ask("heat", "GJ", Basis::Equivalent, 2026), "none");
    for carrier in ["natural_gas", "coke_oven_gas", "biogas"] {
        assert_eq!(ask(carrier, "m3", Basis::Calorific, 2026), "open");
    }
    assert_eq!(ask("steam", "t", Basis::Calorific, 2026), "none");
    assert_eq!(ask("compressed_air", "m3", Basis::Calorific, 2026), "none", "working media have an 等价 value alone");
    assert_eq!(ask("compressed_air", "m3", Basis::Equivalent, 2026), "0.04");
    assert_eq!(ask("coke", "kg", Basis::Calorific, 2020), "none", "before the standard");
}

#[test]
fn each_shipped_value_is_its_calorific_value_over_that_of_standard_coal() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients/gbt-2589-2020.toml"));
    // kJ of the table, to 4 decimals of a kgce
    for (carrier, kj) in [
        ("raw_coal", "20934"),
        ("washed_coal", "29727"),
        ("middlings", "8374"),
        ("coke", "28470"),
        ("coal_tar", "33494"),
        ("crude_oil", "41868"),
        ("fuel_oil", "41868"),
        ("gasoline", "43124"),
        ("kerosene", "43124"),
        ("diesel", "42705"),
        ("lng", "51498"),
        ("lpg", "50242"),
        ("refinery_gas", "46055"),
        ("blast_furnace_gas", "3768"),
        ("producer_gas", "5234"),
        ("heavy_oil_catalytic_gas", "19259"),
        ("heavy_oil_cracking_gas", "35588"),
        ("coke_gas", "16329"),
        ("pressure_gasification_gas", "15072"),
        ("water_gas", "10467"),
        ("crude_benzene", "41869"),
        ("methanol", "19913"),
        ("ethanol", "26800"),
        ("hydrogen", "9756"),
        ("electricity", "3600"),
    ] {
        let kgce = kj.parse::<Decimal>().unwrap() / crate::energy::calorific::KJ_PER_KGCE;
        let entry = format!("carrier = \"{carrier}\"");
        let text = text.as_ref().unwrap();
        let written = text.split("[[factor]]").find(|one| one.contains(&entry)).unwrap();
        let written = written.split("kgce_per_unit = \"").nth(1).unwrap().split('"').next().unwrap();
        let off = (written.parse::<Decimal>().unwrap() - kgce).abs();
        assert!(off <= Decimal::new(1, 4), "{carrier}: {written} is not {kgce}");
    }
}
