//! `mujun-agent`: reads meters and machines, keeps what they say, and streams it to the platform.

use clap::Parser;
use mujun::{
    agent::command::{self, Arguments},
    runtime::log,
};

fn main() -> std::process::ExitCode {
    log::init();
    command::run(Arguments::parse())
}
