//! `mujun-platform`: the command line.

use super::{
    Basics, config,
    store::{Store, StoreError},
};
use crate::runtime::{
    lang::Lang,
    run::{EXIT_CONFIG, until_signal},
    task::blocking,
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

pub fn run(arguments: Arguments) -> ExitCode {
    let lang = arguments.lang.unwrap_or_else(Lang::from_environment);
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
        Command::Audit { gateway, json } => super::audit::run(&config.data_dir, gateway.as_deref(), json, lang),
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

#[tokio::main(flavor = "current_thread")]
async fn write_off(config: &config::PlatformConfig, gateway_id: &str) -> Result<u64, StoreError> {
    let dir = config.data_dir.clone();
    blocking(move || Store::open(&dir)).await?.write_off_refused(gateway_id).await
}

#[tokio::main]
async fn serve(config: config::PlatformConfig, basics: Basics) -> ExitCode {
    until_signal(|stop| super::run(config, basics, stop)).await
}
