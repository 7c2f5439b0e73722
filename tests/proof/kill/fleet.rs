//! A platform and some gateways as real processes, each gateway with a meter and a bad link, the first with a broker.

use super::{
    broker::Broker,
    meter::{self, Meter},
    proxy::Proxy,
};
use std::{
    fs::File,
    net::TcpListener,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

const SITES: &str = "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,\
    output_value_yuan_per_unit\n\
    91331003MA0000015F,Proof,331000,331003,C3120,100,,,\n";
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

pub struct Fleet {
    folder: tempfile::TempDir,
    pub api: String,
    pub gateways: Vec<Gateway>,
    pub broker: Option<Broker>,
    /// The mistake all processes make.
    mistake: Option<&'static str>,
}

pub struct Gateway {
    pub id: String,
    pub meter: Meter,
    pub proxy: Proxy,
    config: PathBuf,
    /// What it committed, and what it was told is stored.
    pub notes: PathBuf,
}

/// A process that ends with its owner.
pub struct Process(Child);

/// How a life ended.
#[derive(PartialEq, Eq, Debug)]
pub enum End {
    /// By its own hand, at the named point.
    Point,
    /// By ours.
    Killed,
    /// Asked to, in order.
    Stopped,
    Failed(ExitStatus),
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Whether it ends by itself within `time`.
    pub fn wait(&mut self, time: Duration) -> Option<End> {
        let end = Instant::now() + time;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return Some(match status.signal() {
                    Some(SIGKILL) => End::Point,
                    // asked to stop before it listened for that
                    Some(SIGTERM) => End::Killed,
                    _ if status.success() => End::Stopped,
                    _ => End::Failed(status),
                });
            }
            if Instant::now() >= end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn kill(mut self) -> End {
        // it may have come to its point just now
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        End::Killed
    }

    pub fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Fleet {
    pub fn new(gateways: u64, seed: u64, broker: bool, mistake: Option<&'static str>) -> Fleet {
        let folder = tempfile::tempdir().unwrap();
        let (ingest, api) = (free_port(), free_port());
        let broker = broker.then(Broker::start);
        let made: Vec<Gateway> = (0..gateways)
            .map(|n| Gateway::new(folder.path(), n, ingest, seed + n, broker.as_ref().filter(|_| n == 0)))
            .collect();
        let coefficients = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients/gbt-2589-2020.toml");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let rows: String = made.iter().map(|gateway| format!("{},91331003MA0000015F\n", gateway.id)).collect();
        write("sites.csv", SITES);
        write("gateways.csv", &format!("gateway_id,credit_code\n{rows}"));
        write(
            "platform.toml",
            &format!(
                "[platform]\ndata_dir = \"data\"\nsites = \"sites.csv\"\ngateways = \"gateways.csv\"\n\
                 coefficients = [\"{}\"]\n[ingest]\nlisten = \"127.0.0.1:{ingest}\"\n[api]\nlisten = \"127.0.0.1:{api}\"\n",
                coefficients.display()
            ),
        );
        Fleet { folder, api: format!("http://127.0.0.1:{api}"), gateways: made, broker, mistake }
    }

    /// `kill` is the point and the pass at which it kills itself.
    pub fn platform(&self, kill: Option<&str>) -> Process {
        let config = self.folder.path().join("platform.toml");
        self.start(env!("CARGO_BIN_EXE_mujun-platform"), &config, None, kill)
    }

    pub fn agent(&self, gateway: &Gateway, kill: Option<&str>) -> Process {
        self.start(env!("CARGO_BIN_EXE_mujun-agent"), &gateway.config, Some(&gateway.notes), kill)
    }

    fn start(&self, binary: &str, config: &Path, notes: Option<&Path>, kill: Option<&str>) -> Process {
        let log = File::options().create(true).append(true).open(config.with_extension("log")).unwrap();
        let mut command = Command::new(binary);
        command.args(["run", "--config"]).arg(config).stdin(Stdio::null()).stderr(log);
        command.env("MUJUN_FAULT_HASTE", "1").env_remove("MUJUN_LOG");
        command.envs(notes.map(|notes| ("MUJUN_FAULT_NOTES", notes)));
        command.envs(kill.map(|kill| ("MUJUN_FAULT_KILL", kill)));
        command.envs(self.mistake.map(|mistake| ("MUJUN_FAULT_PLANT", mistake)));
        Process(command.spawn().unwrap())
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("data/mujun.db")
    }

    pub fn get(&self, path: &str) -> Option<serde_json::Value> {
        ureq::get(format!("{}{path}", self.api)).call().ok()?.body_mut().read_json().ok()
    }

    /// The last lines that a process wrote.
    pub fn log(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.folder.path().join(format!("{name}.log"))).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Gateway {
    fn new(folder: &Path, n: u64, ingest: u16, seed: u64, broker: Option<&Broker>) -> Gateway {
        let (meter, proxy) = (Meter::start(), Proxy::start(ingest, seed));
        let mut text = format!(
            "[agent]\ngateway_id = \"gw{n}\"\ntrust_clock = true\n[spool]\ndir = \"spool{n}\"\ncommit_interval_ms = 200\n\
             [[uplink]]\nname = \"county\"\nplatform_url = \"http://127.0.0.1:{}\"\nstart_spread_s = 0\n\
             [[bus]]\nname = \"line\"\naddress = \"127.0.0.1:{}\"\npoll_interval_ms = 100\n\
             [[bus.meter]]\nname = \"m\"\nunit_id = 1\n",
            proxy.port, meter.port
        );
        for (name, register, _) in meter::POINTS {
            text += &format!(
                "[[bus.meter.point]]\nname = \"{name}\"\nregister = {register}\ntype = \"u32\"\nword_order = \"ABCD\"\n\
                 kind = \"cumulative\"\nunit = \"kWh\"\ncarrier = \"electricity\"\n"
            );
        }
        text += &broker.map(Broker::config).unwrap_or_default();
        let config = folder.join(format!("gw{n}.toml"));
        std::fs::write(&config, text).unwrap();
        Gateway { id: format!("gw{n}"), meter, proxy, config, notes: folder.join(format!("gw{n}.notes")) }
    }
}
