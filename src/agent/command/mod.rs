//! `mujun-agent`: the command line.

mod spool;

use super::{
    attest::key,
    config::{self, Config},
    spool::Outlook,
};
use crate::runtime::{
    clock,
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
    /// Check the configuration, say what is wrong with it, and for how long the disk lasts
    Check,
    /// Print the public half of the gateway's key, for the platform's gateways.csv
    Key,
    /// Look into the spool of an agent that is stopped, or into a copy
    Spool {
        /// The spool's folder; by default that of the configuration
        #[arg(long)]
        dir: Option<PathBuf>,
        #[command(subcommand)]
        action: spool::Action,
    },
}

pub fn run(arguments: Arguments) -> ExitCode {
    let lang = arguments.lang.unwrap_or_else(Lang::from_environment);
    if let Command::Spool { dir: Some(dir), action } = &arguments.command {
        return spool::run(action, dir, lang);
    }
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
            println!("{}", outlook(&config, lang));
            match key::load(&config.key_file) {
                Ok(_) | Err(key::KeyError::Absent(_)) => ExitCode::SUCCESS,
                Err(error) => failed(&error, lang),
            }
        }
        Command::Key => match key::load(&config.key_file) {
            Ok(key) => {
                println!("{}", key::public_hex(&key));
                ExitCode::SUCCESS
            }
            Err(error) => failed(&error, lang),
        },
        Command::Spool { action, .. } => spool::run(&action, &config.spool.dir, lang),
        Command::Run => serve(config),
    }
}

fn failed(error: &key::KeyError, lang: Lang) -> ExitCode {
    eprintln!("{}", error.text().in_lang(lang));
    ExitCode::FAILURE
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

fn outlook(config: &Config, lang: Lang) -> String {
    let outlook = Outlook::of(&config.spool.dir, clock::now());
    let mib = |bytes: u64| bytes >> 20;
    match outlook.map(|outlook| (outlook, outlook.bytes_per_day, outlook.days(config.spool.bytes_max))) {
        Ok((outlook, Some(rate), Some(days))) => {
            let (held, rate) = (mib(outlook.bytes), mib(rate).max(1));
            lang.pick(
                format!("缓存已用 {held} MiB；按最近一天的速度（每天约 {rate} MiB），本机磁盘还可断网保存 {days} 天"),
                format!(
                    "the spool holds {held} MiB; at today's rate of about {rate} MiB a day this disk holds {days} days \
                     without a platform"
                ),
            )
        }
        Ok((outlook, ..)) => {
            let (held, free) = (mib(outlook.bytes), mib(outlook.free));
            lang.pick(
                format!("缓存已用 {held} MiB，磁盘空闲 {free} MiB；记录满一小时后可估算还能保存多少天"),
                format!(
                    "the spool holds {held} MiB, the disk has {free} MiB left; after an hour of recording it can be \
                     said for how many days that lasts"
                ),
            )
        }
        Err(error) => lang.pick(
            format!("缓存文件夹尚不可用（{error}）；首次运行时会创建"),
            format!("the spool folder can not be looked at ({error}); the first run makes it"),
        ),
    }
}

/// One thread is enough for a gateway, and takes less processor time for each request than two.
#[tokio::main(flavor = "current_thread")]
async fn serve(config: Config) -> ExitCode {
    until_signal(|stop| super::run(config, stop)).await
}
