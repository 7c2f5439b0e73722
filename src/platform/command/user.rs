//! `user` and `token`: they work beside a running platform, and on the folder of one that never ran.

use super::super::{
    access::{Role, Secret, is_name, password, region, terminal},
    config::PlatformConfig,
    store::{Account, ApiToken, Store, StoreError},
};
use crate::{
    model::UtcMillis,
    runtime::{
        clock,
        lang::{Lang, Text},
        task::blocking,
    },
};
use clap::{Args, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Who changed it, in the audit log: whoever may write the platform's folder.
const BY: &str = "command";
const DAY_MS: i64 = 86_400_000;

/// Who may see and do what.
#[derive(Args)]
pub struct Grant {
    name: String,
    #[arg(long, value_parser = role)]
    role: Role,
    /// GB/T 2260 code of a province, city or county; '*' for all. May be given several times
    #[arg(long, required = true)]
    region: Vec<String>,
}

#[derive(Subcommand)]
pub enum UserAction {
    /// A new user; the password is asked for, or read from a file or standard input
    Add {
        #[command(flatten)]
        grant: Grant,
        /// Its first line is the password
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
    /// All users, their roles and regions
    List,
    /// The user may not come in any more; their sessions end
    Disable { name: String },
    /// A new password; their sessions end
    Passwd {
        name: String,
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub enum TokenAction {
    /// A new token, shown once: the program sends `Authorization: Bearer TOKEN`
    Add {
        #[command(flatten)]
        grant: Grant,
        /// After so many days it is over
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
    },
    /// All tokens, and until when they hold
    List,
    /// The token holds no longer
    Revoke { name: String },
}

enum Failed {
    Said(Text),
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed::Store(error)
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::of_name(text).ok_or_else(|| Role::ALL.map(Role::name).join(", "))
}

#[tokio::main(flavor = "current_thread")]
pub async fn user(action: UserAction, config: &PlatformConfig, lang: Lang) -> ExitCode {
    ended(user_action(action, config, lang).await, lang)
}

#[tokio::main(flavor = "current_thread")]
pub async fn token(action: TokenAction, config: &PlatformConfig, lang: Lang) -> ExitCode {
    ended(token_action(action, config).await, lang)
}

async fn user_action(action: UserAction, config: &PlatformConfig, lang: Lang) -> Result<String, Failed> {
    match action {
        UserAction::Add { grant: Grant { name, role, region }, password_file } => {
            let (name, regions) = (named(name)?, regions(&region)?);
            let password = new_password(&name, password_file, lang)?;
            let created = clock::now();
            let account =
                Account { name: name.clone(), role: role.name().into(), regions, password, created, disabled: None };
            let added = store(config).await?.add_account(account, BY.into()).await?;
            added.then_some(name).ok_or_else(taken)
        }
        UserAction::List => {
            let row = |one: Account| {
                let state = if one.disabled.is_some() { "disabled" } else { "active" };
                format!("{}\t{}\t{}\t{state}", one.name, one.role, one.regions)
            };
            Ok(store(config).await?.accounts().await?.into_iter().map(row).collect::<Vec<_>>().join("\n"))
        }
        UserAction::Disable { name } => {
            let done = store(config).await?.disable_account(name.clone(), BY.into()).await?;
            done.then_some(name).ok_or_else(unknown)
        }
        UserAction::Passwd { name, password_file } => {
            let store = store(config).await?;
            if store.account(name.clone()).await?.is_none() {
                return Err(unknown());
            }
            let password = new_password(&name, password_file, lang)?;
            let done = store.set_password(name.clone(), password, BY.into()).await?;
            done.then_some(name).ok_or_else(unknown)
        }
    }
}

async fn token_action(action: TokenAction, config: &PlatformConfig) -> Result<String, Failed> {
    match action {
        TokenAction::Add { grant: Grant { name, role, region }, days } => {
            let (name, regions) = (named(name)?, regions(&region)?);
            let (secret, created) = (Secret::fresh(), clock::now());
            let token = ApiToken {
                name,
                token_sha256: secret.sha256(),
                role: role.name().into(),
                regions,
                created,
                expires: created.plus_ms(i64::from(days) * DAY_MS),
                revoked: None,
            };
            let added = store(config).await?.add_token(token, BY.into()).await?;
            added.then(|| secret.text().to_owned()).ok_or_else(taken)
        }
        TokenAction::List => {
            let now = clock::now();
            let row = |one: ApiToken| format!("{}\t{}\t{}\t{}", one.name, one.role, one.regions, state(&one, now));
            Ok(store(config).await?.tokens().await?.into_iter().map(row).collect::<Vec<_>>().join("\n"))
        }
        TokenAction::Revoke { name } => {
            let done = store(config).await?.revoke_token(name.clone(), BY.into()).await?;
            done.then_some(name).ok_or_else(unknown)
        }
    }
}

fn state(token: &ApiToken, now: UtcMillis) -> String {
    match token.revoked {
        Some(_) => "revoked".into(),
        None if token.expires <= now => "expired".into(),
        None => format!("until {}", token.expires),
    }
}

fn named(name: String) -> Result<String, Failed> {
    let wrong = || {
        Failed::Said(Text::new(
            "名称应为 1 到 64 字节的字母、汉字、数字或 .-_@",
            "a name has 1 to 64 bytes: letters, digits and .-_@",
        ))
    };
    is_name(&name).then_some(name).ok_or_else(wrong)
}

fn regions(codes: &[String]) -> Result<String, Failed> {
    let wrong = || {
        Failed::Said(Text::new(
            "--region 应为六位（或乡镇九位）行政区划代码，例如 331003；全部写 '*'",
            "--region is a code of six digits (nine of a township), such as 331003, or '*' for all",
        ))
    };
    let found: Option<Vec<String>> = codes.iter().map(|code| region::beginning(code)).collect();
    found.map(|regions| region::kept(&regions)).ok_or_else(wrong)
}

fn new_password(name: &str, file: Option<PathBuf>, lang: Lang) -> Result<String, Failed> {
    let said = |error: &dyn std::fmt::Display| Failed::Said(Text::new(error.to_string(), error.to_string()));
    let password = terminal::password(file.as_deref(), lang).map_err(|error| said(&error))?;
    password::good(name, &password).map_err(Failed::Said)?;
    password::hash(&password).map_err(|error| said(&error))
}

fn taken() -> Failed {
    Failed::Said(Text::new("已有同名者", "there is one of that name"))
}

fn unknown() -> Failed {
    Failed::Said(Text::new("没有这个名称，或已停用", "there is none of that name, or it is over already"))
}

/// Beside a platform that may run on it; made where there is none yet.
async fn store(config: &PlatformConfig) -> Result<Store, StoreError> {
    let address = config.store.clone();
    blocking(move || Store::beside_or_new(&address)).await
}

fn ended(result: Result<String, Failed>, lang: Lang) -> ExitCode {
    match result {
        Ok(text) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Failed::Said(text)) => eprintln!("{}", text.in_lang(lang)),
        Err(Failed::Store(error)) => eprintln!("{error}"),
    }
    ExitCode::FAILURE
}
