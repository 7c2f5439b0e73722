//! `mujun-agent`: the command line.

mod check;
mod meter;
mod plan;
mod spool;

use super::{
    attest::key,
    config::{self, Config},
};
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
    /// Check the configuration, say what is wrong with it, and for how long the disk lasts
    Check,
    /// Show what is asked of each meter, how long a round takes, and whether the line is fast enough for it
    Plan {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Declare what happened to a meter; works while the agent runs and while it is stopped
    Meter {
        #[command(subcommand)]
        action: meter::Action,
    },
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
            check::run(&config, lang);
            match key::load(&config.key_file) {
                Ok(_) | Err(key::KeyError::Absent(_)) => ExitCode::SUCCESS,
                Err(error) => failed(&error, lang),
            }
        }
        Command::Plan { json } => {
            plan::run(&config, json, lang);
            ExitCode::SUCCESS
        }
        Command::Meter { action } => meter::run(action, &config, lang),
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

/// One thread is enough for a gateway, and takes less processor time for each request than two.
#[tokio::main(flavor = "current_thread")]
async fn serve(config: Config) -> ExitCode {
    until_signal(|stop| super::run(config, stop)).await
}
