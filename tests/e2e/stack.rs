//! One platform and one agent as processes, in a folder of their own.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub const CREDIT_CODE: &str = "91331003MA0000015F";
const SITES: &str = "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,\
    output_value_yuan_per_unit,headcount,value_added_wan,tax_wan\n\
    91331003MA0000015F,Steel,331000,331003,C3120,100,,,,,,\n";

/// A process that ends with its owner.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Stack {
    folder: tempfile::TempDir,
    pub api: String,
    ingest: u16,
    platform: Option<Running>,
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Stack {
    pub fn start() -> Stack {
        let mut stack = Stack::prepared();
        stack.start_platform();
        stack
    }

    /// A platform that does not run yet.
    pub fn prepared() -> Stack {
        let folder = tempfile::tempdir().unwrap();
        let (ingest, api) = (free_port(), free_port());
        let coefficients = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients/gbt-2589-2020.toml");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("sites.csv", SITES);
        write("gateways.csv", &format!("gateway_id,credit_code\ngw,{CREDIT_CODE}\n"));
        write(
            "platform.toml",
            &format!(
                "[platform]\ndata_dir = \"data\"\nsites = \"sites.csv\"\ngateways = \"gateways.csv\"\n\
                 coefficients = [\"{}\"]\n[ingest]\nlisten = \"127.0.0.1:{ingest}\"\n[api]\nlisten = \"127.0.0.1:{api}\"\n",
                coefficients.display()
            ),
        );
        Stack { folder, api: format!("http://127.0.0.1:{api}"), ingest, platform: None }
    }

    pub fn start_platform(&mut self) {
        self.platform = Some(binary(env!("CARGO_BIN_EXE_mujun-platform"), self.folder.path(), "platform"));
    }

    /// `[[uplink]]` to this platform.
    pub fn uplink(&self, name: &str) -> String {
        let url = format!("http://127.0.0.1:{}", self.ingest);
        format!("[[uplink]]\nname = \"{name}\"\nplatform_url = \"{url}\"\nstart_spread_s = 0\n")
    }

    /// Starts the agent with `sources` behind the usual head.
    pub fn agent(&self, sources: &str) -> Running {
        self.agent_to(&self.uplink("county"), sources)
    }

    pub fn agent_to(&self, uplinks: &str, sources: &str) -> Running {
        let head = "[agent]\ngateway_id = \"gw\"\n[spool]\ndir = \"spool\"\ncommit_interval_ms = 500\n";
        std::fs::write(self.folder.path().join("agent.toml"), format!("{head}{uplinks}{sources}")).unwrap();
        binary(env!("CARGO_BIN_EXE_mujun-agent"), self.folder.path(), "agent")
    }

    pub fn get(&self, path: &str) -> Option<serde_json::Value> {
        ureq::get(format!("{}{path}", self.api)).call().ok()?.body_mut().read_json().ok()
    }

    /// Asks until `ready`, at most `patience`.
    pub fn wait(
        &self,
        path: &str,
        patience: Duration,
        ready: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let end = Instant::now() + patience;
        loop {
            let answer = self.get(path).unwrap_or_default();
            if ready(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{path} after {patience:?}: {answer:#}\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    pub fn logs(&self) -> String {
        ["agent.log", "platform.log"]
            .map(|name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .concat()
    }
}

fn binary(path: &str, folder: &Path, name: &str) -> Running {
    let log = File::create(folder.join(format!("{name}.log"))).unwrap();
    let config = folder.join(format!("{name}.toml"));
    Running(Command::new(path).args(["run", "--config"]).arg(config).stderr(log).stdin(Stdio::null()).spawn().unwrap())
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
