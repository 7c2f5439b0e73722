//! Proxies that we did not write, as child processes on loopback: tinyproxy for HTTP CONNECT, microsocks for SOCKS5.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

pub const USER: &str = "gateway";
/// tinyproxy's configuration takes letters and digits only.
pub const HTTP_PASSWORD: &str = "geheim";
/// With what a URL must escape, and how it does.
pub const SOCKS_PASSWORD: &str = "ge:h@e/i%m";
pub const SOCKS_PASSWORD_IN_URL: &str = "ge%3Ah%40e%2Fi%25m";

/// A running proxy. It ends with its owner.
pub struct Proxy {
    child: Child,
    pub port: u16,
    _folder: TempDir,
}

impl Proxy {
    /// HTTP CONNECT, to any port.
    pub fn http(login: bool) -> Proxy {
        Proxy::start(|port, folder| {
            let config = folder.path().join("tinyproxy.conf");
            let mut text = format!("Port {port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 20\n");
            if login {
                text += &format!("BasicAuth {USER} {HTTP_PASSWORD}\n");
            }
            std::fs::write(&config, text).unwrap();
            let mut command = Command::new("tinyproxy");
            command.arg("-d").arg("-c").arg(config);
            command
        })
    }

    pub fn socks5(login: bool) -> Proxy {
        Proxy::start(|port, _| {
            let mut command = Command::new("microsocks");
            command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
            if login {
                command.args(["-u", USER, "-P", SOCKS_PASSWORD]);
            }
            command
        })
    }

    fn start(command: impl FnOnce(u16, &TempDir) -> Command) -> Proxy {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(port, &folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("tests/run installs tinyproxy-bin and microsocks");
        let mut proxy = Proxy { child, port, _folder: folder };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return proxy;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the proxy does not listen on port {port}: {:?}", proxy.child.try_wait());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
