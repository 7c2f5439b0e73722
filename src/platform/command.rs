//! `mujun-platform`: the command line.

mod evaluation;
mod figure;
mod import;
mod keep;
mod user;

use super::{
    Basics,
    assess::{self, Figure},
    config, explain,
    registry::Kind,
    store::{Store, StoreError},
};
use crate::{
    model::Period,
    runtime::{
        lang::Lang,
        run::{EXIT_CONFIG, until_signal},
        task::blocking,
    },
};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(name = "mujun-platform", version, about = "Takes in the streams of a region and ranks its factories")]
pub struct Arguments {
    /// Language of messages; by default that of the environment
    #[arg(long, global = true)]
    lang: Option<Lang>,
    /// The configuration
    #[arg(long, global = true, default_value = "/etc/mujun/platform.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run until SIGINT or SIGTERM
    Run,
    /// Check the configuration, the registry and the coefficients, and say what is wrong with them
    Check,
    /// Give up the refused records of a gateway, when they can not be mended and hold up its stream; the platform must
    /// be stopped meanwhile
    WriteOffRefused { gateway_id: String },
    /// Show what one figure of a site is made of, down to the readings, and compute it anew; the platform may be running.
    /// Ends with status 1 when it does not come out the same
    Explain {
        /// Credit code, 18 signs
        site: String,
        /// Such as 2026, 2026-11, 2026-11-24 or 2026-11-01..2026-11-24
        period: Period,
        /// Such as kgce or tce_per_mu
        figure: Figure,
        #[arg(long, value_enum, default_value = "calorific")]
        basis: Basis,
        /// JSON, as the API gives it
        #[arg(long)]
        json: bool,
        /// Levels of the tree that are shown
        #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u8).range(1..=100))]
        depth: u8,
        /// Quarter-hours of each register that are listed; for more than 3000 ask for a shorter period
        #[arg(long, default_value_t = explain::INTERVALS)]
        intervals: usize,
    },
    /// Publish the figures of a period that is over, or compare what was published with what is known now; the platform
    /// may be running
    Publish {
        /// The period; not with --check
        #[arg(required_unless_present = "check", conflicts_with = "check")]
        period: Option<Period>,
        #[arg(long, value_enum, default_value = "calorific")]
        basis: Basis,
        /// Why, in your words; by default what has changed
        #[arg(long, conflicts_with = "check")]
        reason: Option<String>,
        /// Compare every published period, and make a new version of each that has changed
        #[arg(long)]
        check: bool,
    },
    /// Import a table into the register, CSV or XLSX; the platform may be running
    Import {
        /// sites, gateways, products, boundary, virtual_points, stock, calorific, profiles, parcels or economy
        #[arg(value_parser = kind)]
        kind: Kind,
        file: PathBuf,
        /// Of a workbook; by default the first that is shown
        #[arg(long)]
        sheet: Option<String>,
        /// Remove the rows that the file does not name; not of economy
        #[arg(long)]
        replace: bool,
        /// Say what it would do, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// For programs
        #[arg(long)]
        json: bool,
        /// Who does it, as it will stand in the version
        #[arg(long, default_value = "local")]
        by: String,
        /// Why, in your words
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Copy the embedded store to an empty PostgreSQL database and prove that both are the same; the platform must be
    /// stopped meanwhile. Then write kind = "postgres" into the configuration
    Move {
        /// Without a password: one that has it stands in MUJUN_STORE_URL
        #[arg(long)]
        to: Option<String>,
    },
    /// Copy the embedded store into a folder, beside a running platform too. The copy is a data folder
    Backup { dir: PathBuf },
    /// Run the rules of the per-mu evaluation over a year, as a trial; the platform may be running
    Evaluate(evaluation::Evaluate),
    /// Rule files of the per-mu evaluation
    #[command(subcommand)]
    Rules(evaluation::Rules),
    /// Local users, who sign in with a password; the platform may be running
    User {
        #[command(subcommand)]
        action: user::UserAction,
    },
    /// Tokens by which programs ask the API; the platform may be running
    Token {
        #[command(subcommand)]
        action: user::TokenAction,
    },
    /// Prove the ledger meter by meter: intervals against readings, rows against stored records; exit status 1 where
    /// something is wrong. Beside a running platform too
    Audit {
        /// Of this gateway only
        #[arg(long)]
        gateway: Option<String>,
        /// For programs
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Basis {
    Calorific,
    Equivalent,
}

impl From<Basis> for assess::Basis {
    fn from(basis: Basis) -> assess::Basis {
        match basis {
            Basis::Calorific => assess::Basis::Calorific,
            Basis::Equivalent => assess::Basis::Equivalent,
        }
    }
}

pub fn run(arguments: Arguments) -> ExitCode {
    let lang = arguments.lang.unwrap_or_else(Lang::from_environment);
    if let Command::Rules(rules) = &arguments.command {
        return evaluation::rules(rules, lang);
    }
    let loaded =
        config::load(&arguments.config).and_then(|config| super::basics(&config).map(|basics| (config, basics)));
    let (config, basics) = match loaded {
        Ok(loaded) => loaded,
        Err(problems) => {
            eprintln!("{}", problems.render(lang));
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    if let Some(warnings) = &basics.warnings {
        eprintln!("{}", warnings.render(lang));
    }
    match arguments.command {
        Command::Check => {
            let (sites, gateways) = (basics.sites.len(), basics.gateways.len());
            println!(
                "{}",
                lang.pick(
                    format!("配置正确：{sites} 个单位、{gateways} 个网关"),
                    format!("the configuration is right: {sites} sites, {gateways} gateways"),
                )
            );
            ExitCode::SUCCESS
        }
        Command::Run => serve(config, basics),
        Command::User { action } => user::user(action, &config, lang),
        Command::Token { action } => user::token(action, &config, lang),
        Command::Explain { site, period, figure, basis, json, depth, intervals } => {
            let question = explain::Question { credit_code: site, period, figure, basis: basis.into(), intervals };
            figure::explain(&config, basics, &question, json, usize::from(depth), lang)
        }
        Command::Publish { period, basis, reason, .. } => {
            figure::publish(&config, basics, period.as_ref(), basis.into(), reason, lang)
        }
        Command::Import { kind, file, sheet, replace, dry_run, json, by, reason } => {
            import::run(&config, import::Asked { kind, file, sheet, replace, dry_run, json, by, reason }, lang)
        }
        Command::Move { to } => keep::transfer(&config, to.as_deref(), lang),
        Command::Backup { dir } => keep::backup(&config, &dir, lang),
        Command::Audit { gateway, json } => super::audit::run(&config.store, gateway.as_deref(), json, lang),
        Command::Evaluate(asked) => evaluation::evaluate(&config, basics, &asked, lang),
        Command::Rules(rules) => evaluation::rules(&rules, lang),
        Command::WriteOffRefused { gateway_id } => {
            match write_off(&config, &gateway_id) {
                Ok(records) => {
                    println!(
                    "{}",
                    lang.pick(
                        format!("已放弃网关 {gateway_id} 的 {records} 条被拒记录，其编号保留"),
                        format!("{records} refused records of gateway {gateway_id} were given up; their numbers stay used"),
                    )
                );
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::FAILURE
                }
            }
        }
    }
}

fn kind(name: &str) -> Result<Kind, String> {
    let known = || format!("there are {}", Kind::ALL.map(Kind::name).join(", "));
    Kind::by_name(name).ok_or_else(known)
}

#[tokio::main(flavor = "current_thread")]
async fn write_off(config: &config::PlatformConfig, gateway_id: &str) -> Result<u64, StoreError> {
    let address = config.store.clone();
    blocking(move || Store::at(&address)).await?.write_off_refused(gateway_id).await
}

#[tokio::main]
async fn serve(config: config::PlatformConfig, basics: Basics) -> ExitCode {
    until_signal(|stop| super::run(config, basics, stop)).await
}
