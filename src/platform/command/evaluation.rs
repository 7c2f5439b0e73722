//! `evaluate` and `rules check`.

use super::super::{
    Basics,
    config::PlatformConfig,
    evaluation::{
        RunError, Runs, SiteOutcome,
        rule::{self, RuleSet},
    },
    figures::Figures,
    store::{Store, StoreError},
};
use crate::runtime::{lang::Lang, problem::Problems, run::EXIT_CONFIG, task::blocking};
use clap::{Args, Subcommand};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Who runs it at the machine itself, as it stands in the run.
const AUTHOR: &str = "local";

#[derive(Args)]
pub struct Evaluate {
    /// Id of a rule set that the configuration names
    rules: String,
    /// The evaluated year
    #[arg(value_parser = clap::value_parser!(i16).range(1970..=2199))]
    year: i16,
    /// Publish it too; by default it is a trial
    #[arg(long)]
    publish: bool,
    /// For programs
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
pub enum Rules {
    /// Check rule files, and say what is wrong with them
    Check {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// Checks files by themselves, without a configuration.
pub fn rules(rules: &Rules, lang: Lang) -> ExitCode {
    let Rules::Check { files } = rules;
    match rule::load_all(files) {
        Ok(sets) => {
            sets.iter().for_each(|set| println!("{}", described(set, lang)));
            ExitCode::SUCCESS
        }
        Err(problems) => refused(&problems, lang),
    }
}

fn refused(problems: &Problems, lang: Lang) -> ExitCode {
    eprintln!("{}", problems.render(lang));
    ExitCode::from(EXIT_CONFIG)
}

/// A line about a set, and one for each thing that its source leaves out.
fn described(set: &RuleSet, lang: Lang) -> String {
    let (groups, indicators) = (set.groups.len(), set.groups.iter().map(|group| group.indicators.len()).sum::<usize>());
    let (id, name) = (&set.id, set.name.in_lang(lang));
    let mut said = lang.pick(
        format!("{id}：{name}，{groups} 组 {indicators} 项指标，正确"),
        format!("{id}: {name}, {groups} groups with {indicators} indicators: right"),
    );
    for group in &set.groups {
        for one in &group.not_given {
            said += &format!("\n  {}: {}", group.id, one.text().in_lang(lang));
        }
    }
    said
}

/// Runs rules over a year beside a platform that may be running.
#[tokio::main(flavor = "current_thread")]
pub async fn evaluate(config: &PlatformConfig, basics: Basics, asked: &Evaluate, lang: Lang) -> ExitCode {
    let address = config.store.clone();
    let store: Result<Store, StoreError> = blocking(move || Store::beside_at(&address)).await;
    let store = match store {
        Ok(store) => store,
        Err(error) => return failed(&RunError::from(error), lang),
    };
    let figures = Figures::new(store.clone(), Arc::new(basics.rules));
    let runs = Runs::new(store, figures, Arc::new(basics.rule_sets));
    match run(&runs, asked).await {
        Ok((id, sites)) if asked.json => {
            let state = if asked.publish { "published" } else { "trial" };
            println!("{}", serde_json::json!({ "id": id, "state": state, "sites": sites }));
            ExitCode::SUCCESS
        }
        Ok((id, sites)) => {
            let count = sites.len();
            println!("{}", lang.pick(format!("第 {id} 次评价，{count} 家"), format!("evaluation {id}, {count} sites")));
            sites.iter().for_each(|site| println!("{}", line(site, lang)));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error, lang),
    }
}

/// Its sites by group and rank.
async fn run(runs: &Runs, asked: &Evaluate) -> Result<(i64, Vec<SiteOutcome>), RunError> {
    let rules = runs.set(&asked.rules)?.clone();
    let id = runs.try_out(&rules, asked.year, AUTHOR.to_owned()).await?;
    if asked.publish {
        runs.publish(id, AUTHOR.to_owned()).await?;
    }
    let mut sites = runs.sites(id, vec![String::new()]).await?;
    sites.sort_by(|a, b| (&a.group, a.rank.is_none(), a.rank).cmp(&(&b.group, b.rank.is_none(), b.rank)));
    Ok((id, sites))
}

fn line(site: &SiteOutcome, lang: Lang) -> String {
    let dash = || "—".to_owned();
    let (group, grade) = (site.group.clone().unwrap_or_else(dash), site.grade.clone().unwrap_or_else(dash));
    let rank = site.rank.map_or_else(dash, |rank| rank.to_string());
    let score = site.score.map_or_else(dash, |score| score.to_string());
    let reasons: Vec<&str> = site.reasons.iter().map(|reason| reason.text.in_lang(lang)).collect();
    format!("{group}\t{rank}\t{score}\t{grade}\t{} {}\t{}", site.credit_code, site.name, reasons.join("; "))
}

fn failed(error: &RunError, lang: Lang) -> ExitCode {
    match error {
        RunError::Refused(text) | RunError::NotFound(text) => eprintln!("{}", text.in_lang(lang)),
        other => eprintln!("{other}"),
    }
    ExitCode::FAILURE
}
