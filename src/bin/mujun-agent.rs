//! `mujun-agent`: reads meters and machines, keeps what they say, and streams it to the platform.

use clap::{Parser, Subcommand};
use mujun::{
    agent::{self, config},
    runtime::{self, lang::Lang, task::Ended},
};
use std::{path::PathBuf, process::ExitCode};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
#[command(version, about = "Reads meters and machines, keeps what they say, and streams it to the platform")]
struct Arguments {
    /// Language of messages; by default that of the environment
    #[arg(long, global = true)]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run until SIGINT or SIGTERM
    Run {
        #[arg(long, default_value = "/etc/mujun/agent.toml")]
        config: PathBuf,
    },
    /// Check the configuration and say what is wrong with it
    Check {
        #[arg(long, default_value = "/etc/mujun/agent.toml")]
        config: PathBuf,
    },
}

/// The configuration is wrong (EX_USAGE).
const EXIT_CONFIG: u8 = 64;

fn main() -> ExitCode {
    runtime::log::init();
    let arguments = Arguments::parse();
    let lang = arguments.lang.unwrap_or_else(Lang::from_environment);
    let (Command::Run { config: path } | Command::Check { config: path }) = &arguments.command;
    let config = match config::load(path) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("{}", errors.render(lang));
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    match arguments.command {
        Command::Check { .. } => {
            let (meters, points) = (config.modbus.iter().map(|b| b.meters.len()).sum::<usize>(), config.points.len());
            let topics: usize = config.mqtt.iter().map(|b| b.topics.len()).sum();
            println!(
                "{}",
                lang.pick(
                    format!("配置正确：{meters} 台 Modbus 仪表、{topics} 个 MQTT 主题、{points} 个计量点"),
                    format!(
                        "the configuration is right: {meters} Modbus meters, {topics} MQTT topics, {points} points"
                    ),
                )
            );
            ExitCode::SUCCESS
        }
        Command::Run { .. } => run(config),
    }
}

/// One thread is enough for a gateway, and costs a third less processor time per request than two.
#[tokio::main(flavor = "current_thread")]
async fn run(config: config::Config) -> ExitCode {
    let stop = CancellationToken::new();
    let (signal, agent) = (runtime::task::stop_on_signal(stop.clone()), agent::run(config, stop.clone()));
    let (signal, ended) = tokio::join!(signal, agent);
    match (signal, ended) {
        (Ok(()), Ok(Ended::Stopped)) => ExitCode::SUCCESS,
        (Err(error), _) => fail(&error),
        (_, Err(error)) => fail(&error),
        (_, Ok(Ended::Failed { task, error })) => fail(&format!("{task}: {error}")),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    tracing::error!("{error}");
    ExitCode::FAILURE
}
