//! What the installer's tools have in common: the runtime, Ctrl-C, the capture file, the exit status.

use super::{capture, doctor, read, replay, scan};
use crate::{
    agent::commission::{
        journal::Journal,
        link::{self, LinkArguments, Target},
        recording::{self, Recording},
    },
    runtime::{lang::Lang, run::EXIT_CONFIG, task::stop_on_signal},
};
use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

#[derive(clap::Subcommand)]
pub enum Tool {
    /// Find the meters of a line, or of a range of a network
    Scan(scan::Arguments),
    /// Read a meter: raw words and every plausible decoding; --expect finds the one on the display
    Read(read::Arguments),
    /// Say what is wrong with a line, and what to try
    Doctor(doctor::Arguments),
    /// Keep what is said on a line in a file; nothing is sent
    Capture(capture::Arguments),
    /// Show a captured file, frame by frame
    Replay(replay::Arguments),
}

impl Tool {
    pub fn run(&self, config: &Path, lang: Lang) -> ExitCode {
        match self {
            Tool::Scan(arguments) => scan::run(arguments, config, lang),
            Tool::Read(arguments) => read::run(arguments, config, lang),
            Tool::Doctor(arguments) => doctor::run(arguments, config, lang),
            Tool::Capture(arguments) => capture::run(arguments, config, lang),
            Tool::Replay(arguments) => replay::run(arguments, lang),
        }
    }
}

/// Findings, or nothing found.
pub const EXIT_FINDINGS: u8 = 1;

/// Where a tool works, and where it keeps what it hears.
pub struct Bench {
    pub target: Target,
    pub journal: Arc<Journal>,
    pub stop: CancellationToken,
    pub lang: Lang,
}

/// What is wrong with the command line or the configuration is said, with the status for it.
pub fn refused(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::from(EXIT_CONFIG)
}

impl Bench {
    pub fn new(arguments: &LinkArguments, config: &Path, usual: Option<Duration>, lang: Lang) -> Result<Bench, String> {
        let target = arguments.target(config, usual, lang)?;
        let recording = match &arguments.capture {
            None => None,
            Some(path) => Some(record(path, &link::place(&target.bus.link), recording::BYTES_MAX, lang)?),
        };
        Ok(Bench { target, journal: Arc::new(Journal::new(recording)), stop: CancellationToken::new(), lang })
    }

    /// Runs `work` until its end; the first Ctrl-C cancels `stop`, and the work says what it has by then.
    pub fn run(&self, work: impl Future<Output = ExitCode>) -> ExitCode {
        let code = drive(&self.stop, work);
        match self.journal.close() {
            None => code,
            Some(error) => {
                eprintln!(
                    "{}",
                    self.lang.pick(
                        format!("抓包文件未写完整（{error}）\n  改法：核对磁盘空间和权限"),
                        format!("the capture is not complete ({error})\n  fix: check the disk's room and who may write there"),
                    )
                );
                ExitCode::FAILURE
            }
        }
    }
}

/// The log is the service's: what a tool has to say it says itself.
pub fn drive(stop: &CancellationToken, work: impl Future<Output = ExitCode>) -> ExitCode {
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || until_done(stop, work))
}

#[tokio::main(flavor = "current_thread")]
async fn until_done(stop: &CancellationToken, work: impl Future<Output = ExitCode>) -> ExitCode {
    let work = async {
        let code = work.await;
        stop.cancel();
        code
    };
    let (signals, code) = tokio::join!(stop_on_signal(stop.clone()), work);
    match signals {
        Ok(()) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

pub fn record(path: &Path, line: &str, bytes_max: u64, lang: Lang) -> Result<Recording, String> {
    Recording::create(path, line, bytes_max).map_err(|error| {
        let path = path.display();
        lang.pick(
            format!("{path} 不能写入（{error}）\n  改法：换一个可写的文件"),
            format!("{path} can not be written ({error})\n  fix: name a file that can"),
        )
    })
}
