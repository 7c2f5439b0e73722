use super::*;
use crate::runtime::{lang::Lang, problem::cases};

const SHIPPED: &str = include_str!("../../../deploy/platform.toml");

fn refused(old: &str, new: &str) -> String {
    let problems = parse(&SHIPPED.replacen(old, new, 1), Path::new("platform.toml")).unwrap_err();
    assert!(problems.render(Lang::Zh).contains("改法"));
    problems.render(Lang::En)
}

fn line_of(words: &str) -> usize {
    1 + SHIPPED.lines().position(|line| line.starts_with(words)).unwrap()
}

#[test]
fn the_shipped_file_is_read_and_its_paths_begin_at_its_folder() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/platform.toml");
    let config = load(&path).unwrap();
    assert_eq!(config.data_dir, Path::new("/var/lib/mujun-platform"));
    assert_eq!(config.sites, path.parent().unwrap().join("sites.example.csv"));
    assert!(config.coefficients.iter().all(|file| file.is_file()));
    assert_eq!(config.ingest_listen.to_string(), "127.0.0.1:7600");
    assert_eq!(config.api_listen.to_string(), "127.0.0.1:7601");
}

#[test]
fn nothing_listens_beyond_loopback_unless_it_is_said() {
    let error = refused("127.0.0.1:7600", "0.0.0.0:7600");
    let line = line_of("[ingest]") + 1;
    assert!(error.starts_with(&format!("platform.toml:{line}:10  ingest.listen: found 0.0.0.0:7600")), "{error}");
    assert!(error.contains("allow_remote = true"), "{error}");
    let allowed = SHIPPED.replace("\"127.0.0.1:7600\"", "\"0.0.0.0:7600\"\nallow_remote = true");
    assert!(parse(&allowed, Path::new("p")).is_ok());
    // the permission of one address is not that of the other
    assert!(parse(&allowed.replace("127.0.0.1:7601", "[::]:7601"), Path::new("p")).is_err());
    assert!(parse(&SHIPPED.replace("127.0.0.1:7601", "[::1]:7601"), Path::new("p")).is_ok());
}

#[test]
fn what_is_missing_has_no_default() {
    for key in ["data_dir", "sites", "gateways", "coefficients", "listen"] {
        let error = refused(&format!("\n{key} ="), &format!("\n_{key} ="));
        assert!(error.contains(&format!("{key}: missing; expected ")), "{error}");
    }
    assert!(parse(&SHIPPED.replace("[\"coefficients/gbt-2589-2020.toml\"]", "[]"), Path::new("p")).is_ok());
}

#[test]
fn the_messages_of_every_case_are_as_recorded() {
    cases::hold("platform", "toml", |name, text| parse(text, Path::new(name)).map(|_| None));
}
