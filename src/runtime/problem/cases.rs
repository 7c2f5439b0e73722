//! For tests: a folder of files and the messages that each must give.

use super::Problems;
use crate::runtime::{file, lang::Lang};
use std::{fs, path::Path};

/// Holds each `tests/cases/<folder>/<case>.<ending>` to its `<case>.txt`: "taken" or not, and the problems or warnings
/// in both languages. `UPDATE_GOLDEN=1` writes them anew. `check` gets name and text.
pub fn hold(folder: &str, ending: &str, check: impl Fn(&str, &str) -> Result<Option<Problems>, Problems>) {
    hold_files(folder, ending, |name, path| check(name, &file::read(path, 1)?));
}

/// As [`hold`], for files that need not be text; `check` gets name and path.
pub fn hold_files(folder: &str, ending: &str, check: impl Fn(&str, &Path) -> Result<Option<Problems>, Problems>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    cases.sort();
    assert!(cases.len() > 5, "the cases are missing");
    let mut differing = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let both = |problems: Problems| format!("{}\n----\n\n{}", problems.render(Lang::En), problems.render(Lang::Zh));
        let found = match check(name, &case) {
            Ok(None) => "taken\n".to_owned(),
            Ok(Some(warnings)) => format!("taken\n\n{}", both(warnings)),
            Err(problems) => both(problems),
        };
        let found = found.replace(&format!("{}/", folder.display()), "");
        let golden = case.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &found).unwrap();
        }
        if fs::read_to_string(&golden).unwrap_or_default() != found {
            differing.push(format!("{name}:\n{found}"));
        }
    }
    assert!(differing.is_empty(), "UPDATE_GOLDEN=1 records these:\n{}", differing.join("\n"));
}
