//! Processes that end with their owner, and what they are started with.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
};

/// A process that ends with its owner, by SIGKILL.
pub struct Running(pub Child);

impl Running {
    /// SIGTERM, and the exit status.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM)
    }

    /// Ctrl-C, and the exit status.
    pub fn interrupt(mut self) -> ExitStatus {
        self.signal(Signal::INT)
    }

    fn signal(&mut self, signal: Signal) -> ExitStatus {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, signal).unwrap();
        self.0.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The Python with the test peers, installed by `tests/run`.
pub fn python(script: &str) -> Command {
    let python =
        std::env::var_os("MUJUN_TEST_PYTHON").map_or_else(|| PathBuf::from("target/venv/bin/python"), PathBuf::from);
    assert!(python.exists(), "{} is missing: tests/run installs it", python.display());
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(script));
    command
}

/// The first line that a process prints.
pub fn first_line(process: &mut Running) -> String {
    let mut line = String::new();
    BufReader::new(process.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line
}
