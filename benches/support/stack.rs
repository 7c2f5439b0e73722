//! A platform and an agent as processes, in a folder of their own, and a meter.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

const CREDIT_CODE: &str = "91331003MA0000015F";
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that ends with its owner.
pub struct Running(Child);

impl Running {
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Stack {
    folder: tempfile::TempDir,
    api: String,
    ingest: u16,
    meter: u16,
    platform: Running,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Stack {
    /// The platform alone.
    pub fn start() -> Stack {
        let folder = super::folder();
        let (ingest, api, meter) = (free_port(), free_port(), super::meter::start());
        let coefficients = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/coefficients/gbt-2589-2020.toml");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "sites.csv",
            &format!(
                "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,\
                 output_value_yuan_per_unit\n\
                 {CREDIT_CODE},Bench,331000,331003,C3120,100,,,\n"
            ),
        );
        write("gateways.csv", &format!("gateway_id,credit_code\ngw,{CREDIT_CODE}\nidle,{CREDIT_CODE}\n"));
        write(
            "platform.toml",
            &format!(
                "[platform]\ndata_dir = \"data\"\nsites = \"sites.csv\"\ngateways = \"gateways.csv\"\n\
                 coefficients = [\"{}\"]\n[ingest]\nlisten = \"127.0.0.1:{ingest}\"\n[api]\nlisten = \"127.0.0.1:{api}\"\n",
                coefficients.display()
            ),
        );
        let platform = binary(env!("CARGO_BIN_EXE_mujun-platform"), folder.path(), "platform");
        Stack { folder, api: format!("http://127.0.0.1:{api}"), ingest, meter, platform }
    }

    pub fn platform_id(&self) -> u32 {
        self.platform.id()
    }

    /// The folder of [`agent`](Self::agent)'s spool.
    pub fn spool(&self) -> PathBuf {
        self.folder.path().join("spool")
    }

    /// The agent with the backlog.
    pub fn agent(&self) -> Running {
        self.agent_named("gw", "live", "spool")
    }

    /// The ages that a second agent's meter has at the platform, for a while; that agent has no backlog.
    pub fn calm_ages(&self, stretch: Duration, every: Duration) -> Vec<Duration> {
        let _agent = self.agent_named("idle", "calm", "spool-idle");
        let patience = Instant::now() + PATIENCE;
        while self.age("calm").is_none() && Instant::now() < patience {
            sleep(every);
        }
        let end = Instant::now() + stretch;
        let mut ages = Vec::new();
        while Instant::now() < end {
            ages.extend(self.age("calm"));
            sleep(every);
        }
        ages
    }

    /// `None` while the platform has no reading of it.
    pub fn live_age(&self) -> Option<Duration> {
        self.age("live")
    }

    fn agent_named(&self, gateway_id: &str, meter: &str, spool: &str) -> Running {
        let (ingest, port) = (self.ingest, self.meter);
        let config = format!(
            "[agent]\ngateway_id = \"{gateway_id}\"\ntrust_clock = true\n[spool]\ndir = \"{spool}\"\ncommit_interval_ms = 500\n\
             [[uplink]]\nname = \"county\"\nplatform_url = \"http://127.0.0.1:{ingest}\"\nstart_spread_s = 0\n\
             [[bus]]\nname = \"bus\"\naddress = \"127.0.0.1:{port}\"\n\
             [[bus.meter]]\nname = \"{meter}\"\nunit_id = 1\n\
             [[bus.meter.point]]\nname = \"energy\"\nregister = 0\ntype = \"u32\"\nword_order = \"ABCD\"\n\
             kind = \"cumulative\"\nunit = \"kWh\"\nscale = \"0.01\"\ncarrier = \"electricity\"\n"
        );
        let name = format!("agent-{gateway_id}");
        fs::write(self.folder.path().join(format!("{name}.toml")), config).unwrap();
        binary(env!("CARGO_BIN_EXE_mujun-agent"), self.folder.path(), &name)
    }

    fn age(&self, meter: &str) -> Option<Duration> {
        let last = Duration::from_millis(self.last_ms(meter)?);
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.checked_sub(last)
    }

    /// The newest reading on the ledger, of the meter's first register that is there.
    pub fn last_ms(&self, meter: &str) -> Option<u64> {
        let url = format!("{}/api/v1/ledger", self.api);
        let ledger: serde_json::Value = ureq::get(url).call().ok()?.body_mut().read_json().ok()?;
        let line = ledger.as_array()?.iter().find(|line| line["meter"] == meter)?;
        line["last_ms"].as_u64()
    }
}

/// glibc's allocator on a short lead: left to itself it gives each of sled's threads an arena, and after a database was
/// closed fills the next one's page table, 6 MiB of which sled uses a page or two, with zeros on the heap.
const MALLOC: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "131072")];

fn binary(path: &str, folder: &Path, name: &str) -> Running {
    let log = File::create(folder.join(format!("{name}.log"))).unwrap();
    let config = folder.join(format!("{name}.toml"));
    let mut command = Command::new(path);
    command.args(["run", "--config"]).arg(config).envs(MALLOC).stderr(log).stdin(Stdio::null());
    Running(command.spawn().unwrap())
}
