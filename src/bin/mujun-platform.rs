//! `mujun-platform`: takes in the streams of a region and ranks its factories.

use clap::Parser;
use mujun::{platform::command, runtime::log};

#[derive(Parser)]
#[command(version, about = "Takes in the streams of a region and ranks its factories")]
struct Arguments {
    #[command(flatten)]
    arguments: command::Arguments,
}

fn main() -> std::process::ExitCode {
    log::init();
    command::run(Arguments::parse().arguments)
}
