//! Polling: one connection beside a bare C loop, a gateway's fleet of meters, and a line with dead meters on it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a benchmark that fails must stop, and it measures time

#[path = "../tests/support/line.rs"]
mod line;
mod support;

use line::{Behaviour, Line, Slave};
use mujun::agent::{
    config::{Bus, Function, Link, ModbusLimits, ModbusPoint, ValueType, WordOrder},
    source::{
        line::Endpoint,
        modbus::{Answer, Learned, Read, plan},
    },
};
use std::{
    fs,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use support::{grouped, peer, sized, verdict};

const ENDPOINTS: usize = 50;
const POINTS: usize = 20;
/// Samples of the first seconds, in which all connections are made, do not count.
const WARM_UP: Duration = Duration::from_secs(5);

fn main() {
    one_connection();
    fleet();
    dead_meters();
}

fn one_connection() {
    let seconds = sized(5, 1);
    let servers = peer::servers(1);
    let (few, many) = (request(10), request(100));
    println!("## Polling one Modbus TCP server\n");
    println!(
        "Reads on one connection over the loopback address to a libmodbus server, {seconds} s each, one after the other: a C loop around `modbus_read_registers`, and the agent's own endpoint as a bus uses it.\n"
    );
    println!("| registers | libmodbus, requests/s | Mujun, requests/s | ratio | goal |\n|---|---|---|---|---|");
    for read in [&few, &many] {
        let bare = peer::bare_loop(servers.ports[0], read.count, seconds);
        let ours = requests_per_s(servers.ports[0], std::slice::from_ref(read), seconds);
        let ratio = ours / bare;
        println!(
            "| {} | {} | {} | **{ratio:.2}** | ≥ 0.9: {} |",
            read.count,
            grouped(bare),
            grouped(ours),
            verdict(ratio >= 0.9)
        );
    }
    let limits = ModbusLimits::default();
    let single = ModbusLimits { registers_max: 1, ..ModbusLimits::default() };
    println!("\n| 100 points as | requests | points/s |\n|---|---|---|");
    for (what, limits) in [("the plan reads them", limits), ("one request a point", single)] {
        let reads = plan(&points(100), &limits, &Learned::default());
        let rate = requests_per_s(servers.ports[0], &reads, seconds) / reads.len() as f64 * 100.0;
        println!("| {what} | {} | {} |", reads.len(), grouped(rate));
    }
    println!();
}

fn points(count: u16) -> Vec<ModbusPoint> {
    let point = |register| ModbusPoint {
        series: u32::from(register),
        function: Function::HoldingRegisters,
        register,
        value_type: ValueType::U16,
        word_order: WordOrder::Abcd,
        no_value: Vec::new(),
        multiplier: None,
    };
    (0..count).map(point).collect()
}

fn request(registers: u16) -> Read {
    plan(&points(registers), &ModbusLimits::default(), &Learned::default()).remove(0)
}

fn requests_per_s(port: u16, reads: &[Read], seconds: u64) -> f64 {
    let bus = Bus {
        name: "bench".into(),
        link: Link::Tcp(format!("127.0.0.1:{port}")),
        timeout: Duration::from_secs(1),
        poll_interval: Duration::from_secs(1),
        meters: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut endpoint = Endpoint::new(&bus);
        let (started, mut requests) = (Instant::now(), 0_u32);
        while started.elapsed() < Duration::from_secs(seconds) {
            for read in reads {
                let Answer::Words(words) = endpoint.read(1, read).await.unwrap() else { panic!("no words") };
                assert_eq!(words.first(), Some(&(read.start.wrapping_mul(31).wrapping_add(7))));
                requests += 1;
            }
        }
        f64::from(requests) / started.elapsed().as_secs_f64()
    })
}

/// A real agent and its folder.
struct Agent {
    folder: tempfile::TempDir,
    process: Child,
}

impl Agent {
    fn start(sources: &str) -> Agent {
        let folder = support::folder();
        let config =
            format!("[agent]\ngateway_id = \"bench\"\ntrust_clock = true\n[spool]\ndir = \"spool\"\n{sources}");
        fs::write(folder.path().join("agent.toml"), config).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mujun-agent"));
        command.args(["run", "--config"]).arg(folder.path().join("agent.toml")).stderr(log).stdin(Stdio::null());
        Agent { process: command.spawn().unwrap(), folder }
    }

    /// Seconds of processor time so far.
    fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        // USER_HZ is 100 on every Linux that runs Rust
        ticks / 100.0
    }

    /// Stops it and gives all samples that it committed: their time in ms since 1970, and whether there is a value.
    fn samples(mut self) -> Vec<(i64, bool)> {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.process.wait().unwrap();
        let exported = self.folder.path().join("samples.csv");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mujun-agent"));
        command
            .args(["spool", "export", "--to"])
            .arg(&exported)
            .arg("--config")
            .arg(self.folder.path().join("agent.toml"));
        assert!(command.stderr(Stdio::null()).status().unwrap().success());
        let text = fs::read_to_string(&exported).unwrap();
        let sample = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            let time: jiff::Timestamp = fields.first()?.parse().ok()?;
            Some((time.as_millisecond(), !fields.get(3)?.is_empty()))
        };
        text.lines().skip(1).filter_map(sample).collect()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn table(name: &str, unit: u8, points: usize) -> String {
    let point =
        |register| format!("[[bus.meter.point]]\nname = \"r{register}\"\nregister = {register}\ntype = \"u16\"\n");
    format!("[[bus.meter]]\nname = \"{name}\"\nunit_id = {unit}\n{}", (0..points).map(point).collect::<String>())
}

fn fleet() {
    let stretch = Duration::from_secs(sized(600, 5));
    let servers = peer::servers(ENDPOINTS);
    let bus = |(i, port): (usize, &u16)| {
        format!("[[bus]]\nname = \"bus-{i}\"\naddress = \"127.0.0.1:{port}\"\n{}", table(&format!("m{i}"), 1, POINTS))
    };
    let agent = Agent::start(&servers.ports.iter().enumerate().map(bus).collect::<String>());
    sleep(WARM_UP);
    let now = || jiff::Timestamp::now().as_millisecond().div_euclid(1000) * 1000 + 500;
    let (begun, cpu) = (now(), agent.cpu());
    sleep(stretch);
    let (end, cpu) = (now(), agent.cpu() - cpu);
    let memory = support::memory_kib(agent.process.id(), "VmHWM") as f64 / 1024.0;
    // the last scans' commit
    sleep(Duration::from_secs(3));
    let samples: Vec<(i64, bool)> =
        agent.samples().into_iter().filter(|(time, _)| (begun..end).contains(time)).collect();
    let due = (end - begun) / 1000 * (ENDPOINTS * POINTS) as i64;
    let good = samples.iter().filter(|(_, good)| *good).count();
    let mut late: Vec<Duration> =
        samples.iter().map(|(time, _)| Duration::from_millis(time.rem_euclid(1000).unsigned_abs())).collect();
    println!("## A gateway's fleet\n");
    println!(
        "{} points, {POINTS} at each of {ENDPOINTS} Modbus TCP endpoints (libmodbus, one process), read once a second for {} s by the agent as a process, which keeps them durably. Jitter: from the second to the sample's time, when its reply was whole.\n",
        ENDPOINTS * POINTS,
        (end - begun) / 1000
    );
    println!(
        "| samples due | delivered | jitter p50 | jitter p99 | CPU | RSS, at most | goals |\n|---|---|---|---|---|---|---|"
    );
    println!(
        "| {} | {} ({:.2} %) | {:.0} ms | **{:.0} ms** | {cpu:.1} s | **{memory:.1} MiB** | 100 %: {}; ≤ 16 MiB: {} |\n",
        grouped(due as f64),
        grouped(good as f64),
        100.0 * good as f64 / due as f64,
        support::ms(support::quantile(&mut late, 0.5)),
        support::ms(support::quantile(&mut late, 0.99)),
        verdict(good as i64 == due),
        verdict(memory <= 16.0),
    );
}

/// 9600 baud, 8N1: ten bits.
const BAUD: u32 = 9600;
const TURNAROUND: Duration = Duration::from_millis(20);
const METERS: u8 = 31;
const DEAD: [u8; 3] = [5, 17, 29];

fn dead_meters() {
    let stretch = Duration::from_secs(sized(240, 12));
    let character = line::character(BAUD, 10);
    let slave = |unit| {
        let mut slave = Slave::sound(unit, TURNAROUND);
        if DEAD.contains(&unit) {
            slave.behaviour = Behaviour::Dead;
        }
        slave
    };
    let simulated = Line::start(character, false, (1..=METERS).map(slave).collect());
    let meters: String = (1..=METERS).map(|unit| table(&format!("m{unit}"), unit, POINTS)).collect();
    let agent = Agent::start(&format!(
        "[[bus]]\nname = \"line\"\nlink = \"serial_server\"\naddress = \"{}\"\nbaud = {BAUD}\nformat = \"8N1\"\ntimeout_ms = 300\npoll_interval_ms = 1000\n{meters}",
        simulated.address
    ));
    sleep(stretch);
    drop(agent);
    let asked = simulated.asked();
    // the second half: by then the dead ones are known
    let half = asked.first().map(|first| first.at + stretch / 2).unwrap();
    let first: Vec<Instant> = asked.iter().filter(|one| one.unit == 1 && one.at >= half).map(|one| one.at).collect();
    let cycles = first.len().saturating_sub(1).max(1) as u32;
    let cycle = first.last().zip(first.first()).map_or(Duration::ZERO, |(last, first)| *last - *first) / cycles;
    // request 8 bytes, reply 5 and its registers, 3.5 characters of silence behind each
    let exchange = character.mul_f64(8.0 + 3.5 + 5.0 + 2.0 * POINTS as f64 + 3.5) + TURNAROUND;
    let least = exchange * (u32::from(METERS) - DEAD.len() as u32);
    let ratio = cycle.as_secs_f64() / least.as_secs_f64();
    println!("## A line with dead meters\n");
    println!(
        "{METERS} RTU meters with {POINTS} registers each on one simulated line of {BAUD} baud (`tests/support/line.rs`), {} of them dead, turnaround {} ms, time-out 300 ms; asked for each second, so that the line is never idle. The least is the line's time for the live ones.\n",
        DEAD.len(),
        TURNAROUND.as_millis()
    );
    println!("| least cycle | measured cycle | ratio | cycles | goal |\n|---|---|---|---|---|");
    println!(
        "| {:.2} s | {:.2} s | **{ratio:.2}** | {cycles} | ≤ 1.15: {} |\n",
        least.as_secs_f64(),
        cycle.as_secs_f64(),
        verdict(ratio <= 1.15)
    );
}
