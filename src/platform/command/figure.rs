//! `explain` and `publish`: they work beside a running platform, and on the folder of one that is stopped.

use super::super::{
    Basics,
    assess::Basis,
    config::PlatformConfig,
    explain::{self, Question},
    publication::{self, Grounds, PublishError, Published},
    store::{Store, StoreError},
};
use crate::{
    model::Period,
    runtime::{lang::Lang, task::blocking},
};
use std::{process::ExitCode, sync::Arc};

/// Prints the figure's tree. Fails when it can not be computed to the same value again.
#[tokio::main(flavor = "current_thread")]
pub async fn explain(
    config: &PlatformConfig,
    basics: Basics,
    question: &Question,
    json: bool,
    depth: usize,
    lang: Lang,
) -> ExitCode {
    let rules = Arc::new(basics.rules);
    let found = match beside(config).await {
        Ok(store) => explain::explain(&store, &rules, question).await,
        Err(error) => Err(error),
    };
    let explanation = match found {
        Ok(Some(explanation)) => explanation,
        Ok(None) => {
            let code = &question.credit_code;
            eprintln!(
                "{}",
                lang.pick(
                    format!("登记表中没有 {code}"),
                    format!("no site {code} is in the registry of this platform")
                )
            );
            return ExitCode::FAILURE;
        }
        Err(error) => return failed(&error),
    };
    match json {
        false => print!("{}", explain::render(&explanation, depth, lang)),
        true => match serde_json::to_string_pretty(&explanation) {
            Ok(text) => println!("{text}"),
            Err(error) => return failed(&error),
        },
    }
    if explanation.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Publishes a period, or compares all that are published.
#[tokio::main(flavor = "current_thread")]
pub async fn publish(
    config: &PlatformConfig,
    basics: Basics,
    period: Option<&Period>,
    basis: Basis,
    reason: Option<String>,
    lang: Lang,
) -> ExitCode {
    let grounds = Grounds { rules: Arc::new(basics.rules), inputs: Arc::new(basics.inputs) };
    let store = match beside(config).await {
        Ok(store) => store,
        Err(error) => return failed(&error),
    };
    let outcomes: Result<Vec<_>, PublishError> = match period {
        Some(period) => publication::publish(&store, &grounds, period, basis, reason)
            .await
            .map(|published| vec![(period.to_string(), basis.name().to_owned(), published)]),
        None => publication::check(&store, &grounds).await.map(|outcomes| {
            outcomes.into_iter().map(|(last, published)| (last.period, last.basis, published)).collect()
        }),
    };
    match outcomes {
        Ok(outcomes) => {
            outcomes
                .iter()
                .for_each(|(period, basis, published)| println!("{period} {basis}: {}", said(published, lang)));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

fn said(published: &Published, lang: Lang) -> String {
    match published {
        Published::New { version, reason } => lang.pick(
            format!("已发布第 {version} 版：{}", reason.zh),
            format!("version {version} is published: {}", reason.en),
        ),
        Published::Same { version } => {
            lang.pick(format!("与第 {version} 版相同"), format!("the same as version {version}"))
        }
        Published::Overtaken => lang.pick(
            "同时有另一版本发布，或版本已达上限；请重试".to_owned(),
            "another version was published meanwhile, or there are 1000 of them: try again".to_owned(),
        ),
    }
}

async fn beside(config: &PlatformConfig) -> Result<Store, StoreError> {
    let address = config.store.clone();
    blocking(move || Store::beside_at(&address)).await
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
