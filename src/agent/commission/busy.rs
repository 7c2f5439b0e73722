//! Whether a running agent has the line.
//!
//! # Does not
//! See an agent that runs with another configuration: the port itself refuses a second program (TIOCEXCL).

use crate::{
    agent::config::{Config, Link},
    runtime::lang::Lang,
};
use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::Path,
};

/// Refuses a serial port that the agent of this configuration has while it runs.
pub fn check(config: &Config, port: &Path, lang: Lang) -> Result<(), String> {
    let same = |other: &Path| other == port || same_device(other, port);
    let owner = config.buses.iter().find(|bus| matches!(&bus.link, Link::Serial(serial) if same(&serial.path)));
    match owner {
        Some(bus) if agent_runs(&config.spool.dir) => Err(refused(&port.display().to_string(), &bus.name, lang)),
        _ => Ok(()),
    }
}

/// The same of the port at which DTUs call.
pub fn check_dial_in(config: &Config, listen: SocketAddr, lang: Lang) -> Result<(), String> {
    let owner = config.buses.iter().find(|bus| matches!(&bus.link, Link::DialIn(dial_in) if dial_in.listen == listen));
    match owner {
        Some(bus) if agent_runs(&config.spool.dir) => Err(refused(&listen.to_string(), &bus.name, lang)),
        _ => Ok(()),
    }
}

/// Its spool's lock is held. Nothing is created by looking.
fn agent_runs(spool: &Path) -> bool {
    let held = |file: File| matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    File::open(spool.join("LOCK")).is_ok_and(held)
}

fn same_device(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}

fn refused(port: &str, bus: &str, lang: Lang) -> String {
    lang.pick(
        format!(
            "{port} 正由运行中的 mujun-agent 使用（总线 {bus}）：同一条线上只能有一个主站\n  改法：先停止服务（systemctl stop mujun-agent），\
             完成后再启动；仪表的读数和状态可在网关页面上看到"
        ),
        format!(
            "{port} belongs to the running mujun-agent (bus {bus}): one line takes one master\n  fix: stop it first \
             (systemctl stop mujun-agent) and start it afterwards; the gateway's console shows readings and their state"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_runs_while_its_lock_is_held() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!agent_runs(dir.path()), "no spool yet");
        let lock = File::create(dir.path().join("LOCK")).unwrap();
        assert!(!agent_runs(dir.path()));
        lock.lock().unwrap();
        assert!(agent_runs(dir.path()));
        drop(lock);
        assert!(!agent_runs(dir.path()));
    }

    #[test]
    fn a_link_to_a_port_is_that_port() {
        let dir = tempfile::tempdir().unwrap();
        let (port, link) = (dir.path().join("ttyUSB0"), dir.path().join("by-id"));
        File::create(&port).unwrap();
        std::os::unix::fs::symlink(&port, &link).unwrap();
        assert!(same_device(&link, &port) && !same_device(&link, dir.path()));
    }
}
