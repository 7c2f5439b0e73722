//! `mujun-demo`: the command line.

use super::{process, run};
use crate::{
    agent, platform,
    runtime::{self, lang::Lang},
};
use clap::{Parser, Subcommand};
use std::{process::ExitCode, time::Duration};

#[derive(Parser)]
#[command(version, about = "A simulated county: factories with meters, real agents, a real platform and its dashboard")]
struct Arguments {
    /// Language of messages; by default that of the environment
    #[arg(long, global = true)]
    lang: Option<Lang>,
    /// Run this long (90s, 5m), stop the meters, drain, compare every register with the ledger; exit status 1 when
    /// they do not agree
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    run_for: Option<Duration>,
    /// Kill agents and platform with SIGKILL and cut the link while it runs
    #[arg(long)]
    chaos: bool,
    /// Let meters fail while they run: passing zeros and spikes, a register that passes its end, a reset, a replacement
    #[arg(long)]
    bad_meters: bool,
    /// Print one JSON object at the end instead of the live table
    #[arg(long, requires = "run_for")]
    json: bool,
    /// Port of the dashboard on 127.0.0.1; by default 7601, or a free one when that is taken
    #[arg(long)]
    port: Option<u16>,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What the demo starts itself as.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Agent(Box<agent::command::Arguments>),
    #[command(hide = true)]
    Platform(platform::command::Arguments),
}

pub fn main() -> ExitCode {
    runtime::log::init();
    let arguments = Arguments::parse();
    let lang = arguments.lang.unwrap_or_else(Lang::from_environment);
    match arguments.role {
        Some(Role::Agent(arguments)) => {
            process::die_with_parent();
            agent::command::run(*arguments)
        }
        Some(Role::Platform(arguments)) => {
            process::die_with_parent();
            platform::command::run(arguments)
        }
        None => {
            let Arguments { run_for, chaos, bad_meters, json, port, .. } = arguments;
            run::county(run::Options { run_for, chaos, bad_meters, json, port, lang })
        }
    }
}

/// `90s`, `5m`, `1h` or plain seconds, from a second to a day.
fn duration(text: &str) -> Result<Duration, String> {
    let (digits, factor) = match text.chars().last() {
        Some('s') => (&text[..text.len() - 1], 1),
        Some('m') => (&text[..text.len() - 1], 60),
        Some('h') => (&text[..text.len() - 1], 3600),
        _ => (text, 1),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    match seconds {
        Some(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("`{text}` is no time from 1s to 24h, such as 60s or 5m")),
    }
}
