//! From start to the balance: builds the county in a folder, runs it, takes it down.

use super::{
    balance::{self, Line},
    broker,
    chaos::{Chaos, Faults},
    county::{FACTORIES, Factory},
    link,
    mishap::{self, Mishaps},
    plant::{self, Plant},
    process::Process,
    setup::{Ports, write_agent, write_platform},
    view,
};
use crate::{
    model::{Period, UtcMillis},
    runtime::{
        clock,
        lang::Lang,
        random,
        task::{Tasks, blocking, stop_on_signal},
    },
};
use serde_json::Value;
use std::{
    collections::HashMap,
    io::{self, IsTerminal, Write},
    path::Path,
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
    pub bad_meters: bool,
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

    let modulus = |factory: Factory| mishap::workshop_modulus(factory.key).filter(|_| options.bad_meters);
    let plants: Vec<_> =
        (0..).zip(FACTORIES).map(|(seed, factory)| Plant::new(factory, seed, modulus(factory))).collect();
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
        let config = write_agent(
            folder,
            plant.factory,
            modulus(plant.factory),
            meters.local_addr()?.port(),
            ports.mqtt,
            link_port,
        )?;
        tasks.spawn("plant", plant::serve(plant.clone(), meters, stop.clone()));
        tasks.spawn("machine", broker::machine(plant.clone(), ports.mqtt, stop.clone()));
        agents.push(Process::start(plant.factory.key, "agent", &config, folder)?);
    }
    tasks.spawn("time", plant::run(plants.clone(), stop.clone()));

    let api = Api { base: format!("http://127.0.0.1:{}", ports.api) };
    let mut county = County { options, agents, platform, switch, api, plants, folder, stop: stop.clone() };
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
    folder: &'a Path,
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
        let (begun, began) = (clock::monotonic(), clock::now());
        let mut chaos = Chaos::new();
        let mut mishaps = Mishaps::new(&self.plants, self.folder);
        let mut strike_at = clock::monotonic() + Duration::from_secs(4);
        while ends.is_none_or(|ends| clock::monotonic() < ends) {
            self.check()?;
            if self.options.chaos && clock::monotonic() > strike_at {
                chaos.strike(&mut self.agents, &mut self.platform, &self.switch).await?;
                strike_at = clock::monotonic() + Duration::from_millis(2_000 + random::up_to(2_000));
            }
            if self.options.bad_meters {
                mishaps.until((clock::monotonic() - begun).as_secs()).await?;
            }
            if !self.options.json {
                self.show(&dashboard).await;
            }
            if self.stop.run_until_cancelled(sleep(Duration::from_secs(1))).await.is_none() {
                return Ok(true);
            }
        }
        self.plants.iter().for_each(|plant| plant.set_running(false));
        mishaps.mend();
        let lines = self.drain(began).await?;
        self.report(&lines, chaos.faults, mishaps.made)
    }

    fn check(&mut self) -> io::Result<()> {
        self.platform.check()?;
        self.agents.iter_mut().try_for_each(Process::check)
    }

    /// Waits until every register is on the ledger, as long as the deadline allows.
    async fn drain(&mut self, began: UtcMillis) -> Result<Vec<Line>, Failure> {
        let deadline = clock::monotonic() + DRAIN_DEADLINE;
        loop {
            self.check()?;
            let ledger = self.api.get("/api/v1/ledger").await.unwrap_or(Value::Null);
            let sites = self.sites(began).await;
            let lines = balance::lines(&self.plants, &ledger, &sites);
            if lines.iter().all(|line| line.balanced) || clock::monotonic() > deadline {
                return Ok(lines);
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// The sites' registers since the start, where their epochs are to be known.
    async fn sites(&self, began: UtcMillis) -> HashMap<&'static str, Value> {
        let mut sites = HashMap::new();
        let day = |instant| Period::day_of(instant).map(|day| day.to_string()).unwrap_or_default();
        let period = format!("{}..{}", day(began), day(clock::now()));
        for factory in FACTORIES.iter().filter(|_| self.options.bad_meters) {
            let path = format!("/api/v1/sites/{}?period={period}", factory.credit_code);
            sites.insert(factory.credit_code, self.api.get(&path).await.unwrap_or(Value::Null));
        }
        sites
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

    fn report(&self, lines: &[Line], faults: Faults, meter_faults: mishap::Made) -> Result<bool, Failure> {
        let balanced = lines.iter().all(|line| line.balanced);
        let seconds = self.options.run_for.unwrap_or_default().as_secs();
        let report = serde_json::json!({
            "balanced": balanced, "seconds": seconds, "faults": faults, "meter_faults": meter_faults, "meters": lines
        });
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
