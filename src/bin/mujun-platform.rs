//! `mujun-platform`: takes in the streams of a region and ranks its factories.

use clap::Parser;
use mujun::{
    platform::command::{self, Arguments},
    runtime::log,
};

fn main() -> std::process::ExitCode {
    log::init();
    command::run(Arguments::parse())
}
