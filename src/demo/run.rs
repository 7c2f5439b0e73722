//! From start to the balance: builds the county in a folder, runs it, takes it down.

use super::{
    balance::{self, Line, Start},
    broker,
    chaos::{Chaos, Faults},
    county::{CITY_CODE, COUNTY_CODE, FACTORIES, Factory},
    link,
    plant::{self, Plant},
    process::Process,
    view,
};
use crate::{
    model::Period,
    runtime::{
        clock,
        lang::Lang,
        random,
        task::{Tasks, blocking, stop_on_signal},
    },
};
use serde_json::Value;
use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub struct Options {
    pub run_for: Option<Duration>,
    pub chaos: bool,
    pub json: bool,
    pub port: Option<u16>,
    pub lang: Lang,
}

/// From the stop of the meters until everything must be on the ledger.
const DRAIN_DEADLINE: Duration = Duration::from_secs(90);
/// From the start until every meter has been read once.
const WARM_UP_DEADLINE: Duration = Duration::from_secs(60);

pub fn county(options: Options) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let folder = std::env::temp_dir().join(format!("mujun-demo-{:016x}", random::up_to(u64::MAX)));
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| {
        std::fs::create_dir_all(&folder)?;
        runtime.block_on(run(&options, &folder))
    });
    let failed = !matches!(outcome, Ok(true));
    if failed {
        eprintln!(
            "{}",
            options.lang.pick("日志保留在", "the logs stay in").to_owned() + " " + &folder.display().to_string()
        );
    } else {
        let _ = std::fs::remove_dir_all(&folder);
    }
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mujun-demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `Ok(true)`: stopped by hand, or balanced.
async fn run(options: &Options, folder: &Path) -> Result<bool, Failure> {
    let stop = CancellationToken::new();
    let mut tasks = Tasks::new(stop.clone());
    tasks.spawn("signals", stop_on_signal(stop.clone()));

    let plants: Vec<_> = (0..).zip(FACTORIES).map(|(seed, factory)| Plant::new(factory, seed)).collect();
    let starts: Vec<_> =
        plants.iter().map(|plant| Start { plant: plant.clone(), registers: plant.registers() }).collect();
    let ports = Ports::choose(options.port)?;
    broker::start(ports.mqtt).map_err(|error| error.to_string())?;
    let switch = link::Switch::default();
    let relay = TcpListener::bind(("127.0.0.1", 0)).await?;
    let link_port = relay.local_addr()?.port();
    tasks.spawn("link", link::run(relay, ports.ingest, switch.clone(), stop.clone()));

    let platform_config = write_platform(folder, &ports)?;
    let platform = Process::start("platform", "platform", &platform_config, folder)?;
    let mut agents = Vec::new();
    for plant in &plants {
        let meters = TcpListener::bind(("127.0.0.1", 0)).await?;
        let config = write_agent(folder, plant.factory, meters.local_addr()?.port(), ports.mqtt, link_port)?;
        tasks.spawn("plant", plant::serve(plant.clone(), meters, stop.clone()));
        tasks.spawn("machine", broker::machine(plant.clone(), ports.mqtt, stop.clone()));
        agents.push(Process::start(plant.factory.key, "agent", &config, folder)?);
    }
    tasks.spawn("time", plant::run(plants.clone(), stop.clone()));

    let api = Api { base: format!("http://127.0.0.1:{}", ports.api) };
    let mut county = County { options, agents, platform, switch, api, plants, starts, stop: stop.clone() };
    let outcome = county.live().await;
    for agent in &mut county.agents {
        agent.stop().await?;
    }
    county.platform.stop().await?;
    stop.cancel();
    tasks.join(Duration::from_secs(5)).await;
    outcome
}

struct County<'a> {
    options: &'a Options,
    agents: Vec<Process>,
    platform: Process,
    switch: link::Switch,
    api: Api,
    plants: Vec<Arc<Plant>>,
    starts: Vec<Start>,
    stop: CancellationToken,
}

impl County<'_> {
    async fn live(&mut self) -> Result<bool, Failure> {
        let started = clock::monotonic();
        while !self.api.get("/api/v1/ledger").await.is_ok_and(|ledger| balance::all_read(&ledger)) {
            self.check()?;
            if clock::monotonic() > started + WARM_UP_DEADLINE {
                return Err(format!("after {WARM_UP_DEADLINE:?} not every meter was read").into());
            }
            if self.stop.run_until_cancelled(sleep(Duration::from_millis(200))).await.is_none() {
                return Ok(true);
            }
        }
        self.plants.iter().for_each(|plant| plant.set_running(true));
        let dashboard = format!("{}/", self.api.base);
        eprintln!("{}", self.options.lang.pick(format!("看板：{dashboard}"), format!("dashboard: {dashboard}")));

        let ends = self.options.run_for.map(|run_for| clock::monotonic() + run_for);
        let mut chaos = Chaos::new();
        let mut strike_at = clock::monotonic() + Duration::from_secs(4);
        while ends.is_none_or(|ends| clock::monotonic() < ends) {
            self.check()?;
            if self.options.chaos && clock::monotonic() > strike_at {
                chaos.strike(&mut self.agents, &mut self.platform, &self.switch).await?;
                strike_at = clock::monotonic() + Duration::from_millis(2_000 + random::up_to(2_000));
            }
            if !self.options.json {
                self.show(&dashboard).await;
            }
            if self.stop.run_until_cancelled(sleep(Duration::from_secs(1))).await.is_none() {
                return Ok(true);
            }
        }
        self.plants.iter().for_each(|plant| plant.set_running(false));
        let lines = self.drain().await?;
        self.report(&lines, chaos.faults)
    }

    fn check(&mut self) -> io::Result<()> {
        self.platform.check()?;
        self.agents.iter_mut().try_for_each(Process::check)
    }

    /// Waits until every register is on the ledger, as long as the deadline allows.
    async fn drain(&mut self) -> Result<Vec<Line>, Failure> {
        let deadline = clock::monotonic() + DRAIN_DEADLINE;
        loop {
            self.check()?;
            let ledger = self.api.get("/api/v1/ledger").await.unwrap_or(Value::Null);
            let lines = balance::lines(&self.starts, &ledger);
            if lines.iter().all(|line| line.balanced) || clock::monotonic() > deadline {
                return Ok(lines);
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    async fn show(&self, dashboard: &str) {
        let today = Period::day_of(clock::now()).map(|day| day.to_string()).unwrap_or_default();
        let path = format!("/api/v1/ranking?period={today}&sort=tce_per_mu");
        let text = match self.api.get(&path).await {
            Ok(ranking) => view::table(&ranking, dashboard, self.options.lang),
            Err(error) => {
                self.options.lang.pick(format!("平台暂不可达：{error}\n"), format!("the platform is away: {error}\n"))
            }
        };
        let mut out = io::stdout().lock();
        let clear = if out.is_terminal() { "\x1b[2J\x1b[H" } else { "" };
        let _ = write!(out, "{clear}{text}").and_then(|()| out.flush());
    }

    fn report(&self, lines: &[Line], faults: Faults) -> Result<bool, Failure> {
        let balanced = lines.iter().all(|line| line.balanced);
        let seconds = self.options.run_for.unwrap_or_default().as_secs();
        let report = serde_json::json!({ "balanced": balanced, "seconds": seconds, "faults": faults, "meters": lines });
        let mut out = io::stdout().lock();
        if self.options.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        } else {
            for line in lines.iter().filter(|line| !line.balanced) {
                writeln!(out, "{line:?}")?;
            }
            writeln!(out, "balanced: {balanced} ({} registers)", lines.len())?;
        }
        Ok(balanced)
    }
}

/// The platform's public API, as any client sees it.
#[derive(Clone)]
struct Api {
    base: String,
}

impl Api {
    async fn get(&self, path: &str) -> Result<Value, String> {
        let url = format!("{}{path}", self.base);
        blocking(move || {
            let agent: ureq::Agent =
                ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().into();
            let mut response = agent.get(&url).call().map_err(|error| error.to_string())?;
            response.body_mut().read_json().map_err(|error| error.to_string())
        })
        .await
    }
}

struct Ports {
    ingest: u16,
    api: u16,
    mqtt: u16,
}

impl Ports {
    /// Free ones. They are asked for and given back, so another process could take one in between: then the process
    /// that needs it says so.
    fn choose(api: Option<u16>) -> io::Result<Ports> {
        let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port));
        let api = match api {
            Some(port) => free(port)?,
            None => free(7601).or_else(|_| free(0))?,
        };
        let (ingest, mqtt) = (free(0)?, free(0)?);
        let port = |listener: &std::net::TcpListener| listener.local_addr().map(|address| address.port());
        Ok(Ports { ingest: port(&ingest)?, api: port(&api)?, mqtt: port(&mqtt)? })
    }
}

const COEFFICIENTS: [(&str, &str); 2] = [
    ("gbt-2589-2020.toml", include_str!("../../deploy/coefficients/gbt-2589-2020.toml")),
    ("demo-equivalent.toml", include_str!("../../deploy/coefficients/demo-equivalent.toml")),
];

fn write_platform(folder: &Path, ports: &Ports) -> io::Result<PathBuf> {
    let mut sites = String::from(
        "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,\
         output_value_yuan_per_unit,headcount,value_added_wan,tax_wan\n",
    );
    let mut gateways = String::from("gateway_id,credit_code\n");
    for f in FACTORIES {
        sites += &format!(
            "{},{},{CITY_CODE},{COUNTY_CODE},{},{},{},piece,{},{},{},{}\n",
            f.credit_code,
            f.name,
            f.industry_code,
            f.land_mu,
            f.product_code,
            f.output_value_yuan_per_unit,
            f.headcount,
            f.value_added_wan,
            f.tax_wan
        );
        gateways += &format!("{},{}\n", f.key, f.credit_code);
    }
    std::fs::write(folder.join("sites.csv"), sites)?;
    std::fs::write(folder.join("gateways.csv"), gateways)?;
    for (name, text) in COEFFICIENTS {
        std::fs::write(folder.join(name), text)?;
    }
    let config = format!(
        "[platform]\ndata_dir = \"platform\"\nsites = \"sites.csv\"\ngateways = \"gateways.csv\"\n\
         coefficients = [\"{}\", \"{}\"]\n\n[ingest]\nlisten = \"127.0.0.1:{}\"\n\n[api]\nlisten = \"127.0.0.1:{}\"\n",
        COEFFICIENTS[0].0, COEFFICIENTS[1].0, ports.ingest, ports.api
    );
    let path = folder.join("platform.toml");
    std::fs::write(&path, config)?;
    Ok(path)
}

fn write_agent(folder: &Path, factory: Factory, modbus: u16, mqtt: u16, platform: u16) -> io::Result<PathBuf> {
    let Factory { key, product_code, .. } = factory;
    let topic = broker::topic(key);
    let config = format!(
        r#"[agent]
gateway_id = "{key}"
trust_clock = true

[spool]
dir = "spool-{key}"
commit_interval_ms = 1000

[[uplink]]
name = "county"
platform_url = "http://127.0.0.1:{platform}"
start_spread_s = 0

[[modbus]]
name = "line-1"
address = "127.0.0.1:{modbus}"

[[modbus.meter]]
name = "main"
unit_id = 1

[[modbus.meter.point]]
name = "energy"
register = 0
type = "u64"
word_order = "ABCD"
kind = "cumulative"
scale = "0.01"
unit = "kWh"
carrier = "electricity"
counts_as = "site_energy"

[[modbus.meter.point]]
name = "power"
register = 4
type = "f32"
word_order = "ABCD"
unit = "kW"

[[modbus.meter]]
name = "workshop"
unit_id = 2

[[modbus.meter.point]]
name = "energy"
register = 0
type = "u32"
word_order = "CDAB"
kind = "cumulative"
scale = "0.01"
unit = "kWh"
carrier = "electricity"

[[mqtt]]
name = "machines"
url = "mqtt://127.0.0.1:{mqtt}"

[[mqtt.topic]]
topic = "{topic}"
meter = "press"
time = {{ pointer = "/ts", format = "unix_ms" }}

[[mqtt.topic.point]]
name = "pieces"
pointer = "/count"
kind = "cumulative"
resolution = "1"
unit = "piece"
product = "{product_code}"
counts_as = "output"
"#
    );
    let path = folder.join(format!("{key}.toml"));
    std::fs::write(&path, config)?;
    Ok(path)
}
