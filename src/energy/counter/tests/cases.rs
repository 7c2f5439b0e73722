//! The field cases of `tests/cases/counter`: what other systems got wrong, and what it is here.

use super::*;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Where it happened.
    source: String,
    #[serde(default)]
    physics: Stated,
    #[serde(default)]
    declarations: Vec<Declared>,
    /// Second, count and verdict of each reading, and of what is declared or known besides.
    rows: Vec<(i64, i64, String)>,
    /// Counts, over all epochs.
    total: i64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Stated {
    modulus: Option<i64>,
    rate_max_per_h: Option<i64>,
    warm_up_s: i64,
    restarts: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    second: i64,
    r#final: Option<i64>,
    initial: Option<i64>,
}

fn words(judged: &Judged) -> String {
    let verdict = match judged.verdict {
        Verdict::Opens(cause) => format!("opens {cause:?}"),
        other => format!("{other:?}"),
    };
    verdict.to_lowercase() + if judged.declared { ", declared" } else { "" }
}

#[test]
fn field_cases() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/counter");
    let mut cases = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let case: Case = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(case.source.starts_with("https://github.com/"), "{}", path.display());
        let Stated { modulus, rate_max_per_h, warm_up_s, restarts } = case.physics;
        let physics = Physics { modulus, rate_max_per_h, warm_up_ms: warm_up_s * 1_000, restarts, ..ANY };
        let known = |row: &&(i64, i64, String)| !row.2.ends_with(", declared");
        let readings: Vec<_> = case.rows.iter().filter(known).map(|(second, count, _)| r(*second, *count)).collect();
        let declarations: Vec<_> = case
            .declarations
            .iter()
            .map(|one| Declaration {
                time: UtcMillis(one.second * 1_000),
                final_count: one.r#final,
                initial_count: one.initial,
            })
            .collect();
        let judged = resolve(&physics, &readings, &declarations);
        let found: Vec<_> =
            judged.iter().map(|one| (one.reading.time.0 / 1_000, one.reading.count, words(one))).collect();
        assert_eq!(found, case.rows, "{}", path.display());
        let amounts = crate::energy::interval::amounts(&physics, &judged, crate::energy::interval::QUARTER_MS);
        assert_eq!(amounts.iter().map(|one| one.amount).sum::<i64>(), case.total, "{}", path.display());
        cases += 1;
    }
    assert!(cases >= 18, "{cases} cases");
}
