//! `mujun-agent`: reads meters and machines, keeps what they say, and streams it to the platform.

use clap::Parser;
use mujun::{agent::command, runtime::log};

#[derive(Parser)]
#[command(version, about = "Reads meters and machines, keeps what they say, and streams it to the platform")]
struct Arguments {
    #[command(flatten)]
    arguments: command::Arguments,
}

fn main() -> std::process::ExitCode {
    log::init();
    command::run(Arguments::parse().arguments)
}
