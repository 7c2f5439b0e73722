//! `mujun-agent`: the command line.

use super::config::{self, Config};
use crate::runtime::{
    lang::Lang,
    run::{EXIT_CONFIG, until_signal},
};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(
    name = "mujun-agent",
    version,
    about = "Reads meters and machines, keeps what they say, and streams it to the platform"
)]
pub struct Arguments {
    /// Language of messages; by default that of the environment
    #[arg(long, global = true)]
    lang: Option<Lang>,
    /// The configuration
    #[arg(long, global = true, default_value = "/etc/mujun/agent.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run until SIGINT or SIGTERM
    Run,
    /// Check the configuration and say what is wrong with it
    Check,
}

pub fn run(arguments: Arguments) -> ExitCode {
    let lang = arguments.lang.unwrap_or_else(Lang::from_environment);
    let config = match config::load(&arguments.config) {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("{}", errors.render(lang));
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    match arguments.command {
        Command::Check => {
            println!("{}", summary(&config, lang));
            ExitCode::SUCCESS
        }
        Command::Run => serve(config),
    }
}

fn summary(config: &Config, lang: Lang) -> String {
    let meters: usize = config.modbus.iter().map(|bus| bus.meters.len()).sum();
    let topics: usize = config.mqtt.iter().map(|broker| broker.topics.len()).sum();
    let points = config.points.len();
    lang.pick(
        format!("配置正确：{meters} 台 Modbus 仪表、{topics} 个 MQTT 主题、{points} 个计量点"),
        format!("the configuration is right: {meters} Modbus meters, {topics} MQTT topics, {points} points"),
    )
}

/// One thread is enough for a gateway, and takes less processor time for each request than two.
#[tokio::main(flavor = "current_thread")]
async fn serve(config: Config) -> ExitCode {
    until_signal(|stop| super::run(config, stop)).await
}
