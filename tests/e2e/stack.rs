//! One platform and one agent as processes, in a folder of their own.

use super::process::{Running, free_port};
use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

pub const CREDIT_CODE: &str = "91331003MA0000015F";
pub const SITES: &str = "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,\
    output_value_yuan_per_unit\n\
    91331003MA0000015F,Steel,331000,331003,C3120,100,,,\n";

const AGENT: &str = env!("CARGO_BIN_EXE_mujun-agent");
const PLATFORM: &str = env!("CARGO_BIN_EXE_mujun-platform");

/// The platform's end is its field's: setting it to `None` is SIGKILL.
pub struct Stack {
    folder: tempfile::TempDir,
    pub api: String,
    ingest: u16,
    pub platform: Option<Running>,
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
        let stack = Stack { folder, api: format!("http://127.0.0.1:{api}"), ingest, platform: None };
        stack.write("sites.csv", SITES);
        stack.write("gateways.csv", &format!("gateway_id,credit_code\ngw,{CREDIT_CODE}\n"));
        stack.write("economy.csv", &format!("credit_code,year,tax_wan,source\n{CREDIT_CODE},2024,640,bureau\n"));
        stack.write(
            "platform.toml",
            &format!(
                "[platform]\ndata_dir = \"data\"\nsites = \"sites.csv\"\ngateways = \"gateways.csv\"\n\
                 coefficients = [\"{}\"]\n[ingest]\nlisten = \"127.0.0.1:{ingest}\"\n[api]\nlisten = \"127.0.0.1:{api}\"\n\
                 [registry]\neconomy = \"economy.csv\"\n",
                coefficients.display()
            ),
        );
        stack
    }

    pub fn start_platform(&mut self) {
        self.platform = None;
        self.platform = Some(self.spawn(PLATFORM, "platform"));
    }

    /// Where gateways come to it.
    pub fn ingest(&self) -> String {
        format!("127.0.0.1:{}", self.ingest)
    }

    /// `[[uplink]]` to this platform.
    pub fn uplink(&self, name: &str) -> String {
        let url = format!("http://127.0.0.1:{}", self.ingest);
        format!("[[uplink]]\nname = \"{name}\"\nplatform_url = \"{url}\"\nstart_spread_s = 0\n")
    }

    /// The agent's file: `sources` behind the usual head.
    pub fn configure_agent(&self, sources: &str) {
        self.configure_agent_to(&self.uplink("county"), sources);
    }

    fn configure_agent_to(&self, uplinks: &str, sources: &str) {
        let head =
            "[agent]\ngateway_id = \"gw\"\ntrust_clock = true\n[spool]\ndir = \"spool\"\ncommit_interval_ms = 500\n";
        self.write("agent.toml", &format!("{head}{uplinks}{sources}"));
    }

    pub fn agent_to(&self, uplinks: &str, sources: &str) -> Running {
        self.configure_agent_to(uplinks, sources);
        self.start_agent()
    }

    pub fn start_agent(&self) -> Running {
        self.spawn(AGENT, "agent")
    }

    pub fn agent(&self, sources: &str) -> Running {
        self.configure_agent(sources);
        self.start_agent()
    }

    /// What the agent or the platform says when its files keep it from starting.
    pub fn refused(&self, name: &str) -> String {
        let path = if name == "agent" { AGENT } else { PLATFORM };
        let Output { status, stderr, .. } = self.command(path, name).args(["--lang", "en"]).output().unwrap();
        let said = String::from_utf8_lossy(&stderr).into_owned();
        assert_eq!(status.code(), Some(i32::from(mujun::runtime::run::EXIT_CONFIG)), "{said}");
        said
    }

    /// What the agent's other commands print, and whether they succeed.
    pub fn ask_agent(&self, command: &str) -> (bool, String) {
        let config = self.path("agent.toml");
        let done = Command::new(AGENT).args(["--lang", "en", command, "--config"]).arg(config).output().unwrap();
        let said = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    fn spawn(&self, path: &str, name: &str) -> Running {
        let log = OpenOptions::new().create(true).append(true).open(self.path(&format!("{name}.log"))).unwrap();
        Running(self.command(path, name).stderr(log).spawn().unwrap())
    }

    fn command(&self, path: &str, name: &str) -> Command {
        let mut command = Command::new(path);
        command.args(["run", "--config"]).arg(self.path(&format!("{name}.toml"))).stdin(Stdio::null());
        command
    }

    /// What another command of the agent says of the agent's file.
    pub fn agent_says(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(AGENT);
        command.args(["--lang", "en", "--config"]).arg(self.path("agent.toml")).args(arguments);
        command.stdin(Stdio::null()).output().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Every file below a folder, byte for byte.
    pub fn contents(&self, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![self.path(folder)]);
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.clone(), std::fs::read(path).unwrap());
                }
            }
        }
        found
    }

    /// Waits for a line with all these texts in a process's log.
    pub fn wait_log(&self, name: &str, texts: &[&str]) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.read(name).lines().any(|line| texts.iter().all(|text| line.contains(text))) {
            assert!(Instant::now() < end, "no line with {texts:?} in {name}:\n{}", self.read(name));
            std::thread::sleep(Duration::from_millis(100));
        }
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
        ["agent.log", "platform.log"].map(|name| self.read(name)).concat()
    }
}
