//! `import`: a table into the register, beside a running platform too.

use super::super::{
    access::Asker,
    config::PlatformConfig,
    import::{self, Imported, Outcome, Part},
    registry::{FILE_MIB_MAX, Kind},
    store::Store,
};
use crate::runtime::{file, lang::Lang, problem::Problems, task::blocking};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What is to be imported, and how.
pub struct Asked {
    pub kind: Kind,
    pub file: PathBuf,
    pub sheet: Option<String>,
    pub replace: bool,
    pub dry_run: bool,
    pub json: bool,
    pub by: String,
    pub reason: String,
}

/// Fails where nothing could be taken.
#[tokio::main(flavor = "current_thread")]
pub async fn run(config: &PlatformConfig, asked: Asked, lang: Lang) -> ExitCode {
    let Asked { kind, file, sheet, replace, dry_run, json, by, reason } = asked;
    let part = match blocking(move || part(kind, &file, sheet.as_deref(), replace)).await {
        Ok(part) => part,
        Err(problems) => return refused(&problems, json, lang),
    };
    let address = config.store.clone();
    let asker = Asker { name: by, ..Asker::local() };
    let imported = match blocking(move || Store::beside_at(&address)).await {
        Ok(store) => import::import(&store, vec![part], &asker, &reason, dry_run).await,
        Err(error) => Err(error),
    };
    match imported {
        Ok(Imported::Taken { outcomes, warnings }) => {
            if let Some(warnings) = warnings {
                eprintln!("{}", warnings.render(lang));
            }
            outcomes.iter().for_each(|outcome| match json {
                true => println!("{}", in_json(outcome)),
                false => println!("{}", said(outcome, dry_run, lang)),
            });
            ExitCode::SUCCESS
        }
        Ok(Imported::Refused(problems)) => refused(&problems, json, lang),
        Ok(Imported::Overtaken) => {
            eprintln!("{}", lang.pick("同时有另一次导入，请重试", "there was another import meanwhile: try again"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn part(kind: Kind, file: &Path, sheet: Option<&str>, replace: bool) -> Result<Part, Problems> {
    let bytes = file::bytes(file, FILE_MIB_MAX)?;
    // figures are removed one by one, by hand
    Part::read(kind, &bytes, &file.display().to_string(), sheet, replace && kind != Kind::Economy)
}

fn refused(problems: &Problems, json: bool, lang: Lang) -> ExitCode {
    if json {
        let problems = problems.listed().iter().map(|problem| {
            let (row, column) = problem.position.map(|at| (at.line, at.column)).unzip();
            serde_json::json!({
                "file": problem.file, "row": row, "position": column, "column": problem.key,
                "found": problem.found, "expected": problem.expected, "fix": problem.fix,
            })
        });
        println!("{}", serde_json::json!({ "problems": problems.collect::<Vec<_>>() }));
    } else {
        eprintln!("{}", problems.render(lang));
    }
    ExitCode::FAILURE
}

fn in_json(outcome: &Outcome) -> String {
    let difference = &outcome.difference;
    serde_json::json!({
        "kind": outcome.kind.name(), "rows": outcome.rows, "added": difference.added, "changed": difference.changed,
        "removed": difference.removed, "unchanged": difference.unchanged, "version": outcome.version, "problems": [],
    })
    .to_string()
}

/// A line of counts, then the rows that change.
fn said(outcome: &Outcome, dry_run: bool, lang: Lang) -> String {
    let Outcome { kind, rows, difference, version } = outcome;
    let (kind, added, changed) = (kind.name(), difference.added, difference.changed);
    let (removed, unchanged) = (difference.removed, difference.unchanged);
    let end = match (version, dry_run) {
        (Some(version), _) => lang.pick(format!("已存为第 {version} 版"), format!("stored as version {version}")),
        (None, true) => lang.pick("试运行，未写入".to_owned(), "a dry run: nothing was written".to_owned()),
        (None, false) => lang.pick("与登记的相同，没有新版本".to_owned(), "as it was: no new version".to_owned()),
    };
    let mut text = lang.pick(
        format!("{kind}：{rows} 行，新增 {added}，修改 {changed}，删除 {removed}，不变 {unchanged}；{end}"),
        format!(
            "{kind}: {rows} rows, {added} added, {changed} changed, {removed} removed, {unchanged} unchanged; {end}"
        ),
    );
    for (before, after) in &difference.listed {
        for (sign, entry) in [('-', before), ('+', after)] {
            if let Some(entry) = entry {
                text += &format!("\n  {sign} {}", entry.fields.join(" | "));
            }
        }
    }
    text
}
