//! Debian's mosquitto as a child process: loopback only, everything in a folder of its own.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A running broker. It ends with its owner, and its folder after it.
pub struct Mosquitto {
    child: Child,
    port: u16,
    folder: TempDir,
    settings: String,
}

impl Mosquitto {
    /// On a free port, with every change saved at once. Returns when the broker listens.
    pub fn start() -> Mosquitto {
        Mosquitto::start_with("autosave_on_changes true\nautosave_interval 1\n")
    }

    /// With further lines of mosquitto's own configuration.
    pub fn start_with(settings: impl Into<String>) -> Mosquitto {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Mosquitto::start_at_with(port, settings.into())
    }

    /// On a port that was another's.
    #[allow(dead_code)] // by one of the tests that share this file
    pub fn start_at(port: u16) -> Mosquitto {
        Mosquitto::start_at_with(port, String::new())
    }

    fn start_at_with(port: u16, settings: String) -> Mosquitto {
        let folder = tempfile::tempdir().unwrap();
        let mut broker = Mosquitto { child: spawn(folder.path(), port, &settings), port, folder, settings };
        broker.wait();
        broker
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// SIGKILL, and the broker again with what it had saved.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.child = spawn(self.folder.path(), self.port, &self.settings);
        self.wait();
    }

    /// Whether `bytes`, a payload, stand in the file that outlives a kill.
    pub fn has_saved(&self, bytes: &[u8]) -> bool {
        let saved = std::fs::read(self.folder.path().join("mosquitto.db")).unwrap_or_default();
        saved.windows(bytes.len()).any(|window| window == bytes)
    }

    fn wait(&mut self) {
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("mosquitto does not listen on port {}: {:?}", self.port, self.child.try_wait());
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(folder: &Path, port: u16, settings: &str) -> Child {
    let config = folder.join("mosquitto.conf");
    // `user` counts only where the tests run as root, as in a container: mosquitto would become a user that may not
    // write here
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\npersistence_location {}/\n\
         max_inflight_messages 20\n{settings}",
        folder.display()
    );
    std::fs::write(&config, text).unwrap();
    let program = if Path::new("/usr/sbin/mosquitto").exists() { "/usr/sbin/mosquitto" } else { "mosquitto" };
    let mut command = Command::new(program);
    command.arg("-c").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("tests/run installs mosquitto")
}
