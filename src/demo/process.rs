//! Agents and platform as processes of their own: this same binary under another command.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::{Child, Command};

/// One process that can be killed and started again.
pub struct Process {
    pub name: String,
    role: &'static str,
    config: PathBuf,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// `role` is `agent` or `platform`. Its log goes to `<folder>/<name>.log`.
    pub fn start(name: &str, role: &'static str, config: &Path, folder: &Path) -> io::Result<Process> {
        let log = folder.join(format!("{name}.log"));
        let child = spawn(role, config, &log)?;
        Ok(Process { name: name.to_owned(), role, config: config.to_owned(), log, child })
    }

    /// kill -9, and wait until it is gone.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    pub fn restart(&mut self) -> io::Result<()> {
        self.child = spawn(self.role, &self.config, &self.log)?;
        Ok(())
    }

    /// An error when the process has ended by itself.
    pub fn check(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            Some(status) => Err(io::Error::other(format!("{} ended: {status}; see {}", self.name, self.log.display()))),
            None => Ok(()),
        }
    }

    /// SIGTERM, and SIGKILL when that is not enough.
    pub async fn stop(&mut self) -> io::Result<()> {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        match tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await {
            Ok(status) => status.map(|_| ()),
            Err(_) => self.kill().await,
        }
    }
}

fn spawn(role: &'static str, config: &Path, log: &Path) -> io::Result<Child> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
    Command::new(std::env::current_exe()?)
        .args([role, "run", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C at the terminal is the demo's; it stops the others in its own order
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Called first thing by a child: it does not outlive a demo that was itself killed.
pub fn die_with_parent() {
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
}
