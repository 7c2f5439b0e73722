//! `mujun-agent scan`: who is on a line, or on a range of a network.

use super::tool::{Bench, EXIT_FINDINGS, drive, refused};
use crate::{
    agent::{
        commission::{
            frames, hosts,
            identity::{self, Identity},
            link::{self, LinkArguments},
            progress::Progress,
            scan::{
                self, Scan, Survey, network,
                order::{self, Protocol, Step},
                report,
            },
            wire,
        },
        config::{Bus, Config, Link, Wire},
        library::Library,
    },
    runtime::lang::Lang,
};
use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const TIMEOUT: Duration = Duration::from_millis(200);
const NETWORK_TIMEOUT: Duration = Duration::from_millis(500);
/// Another master asks more often than that.
const LISTEN: Duration = Duration::from_secs(2);

#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    link: LinkArguments,
    /// Modbus addresses, such as 1-32,100; by default 1-247, and 1 of a network
    #[arg(long)]
    units: Option<String>,
    /// Protocols, with commas between; by default all
    #[arg(long, value_enum, value_delimiter = ',')]
    protocol: Vec<Protocol>,
    /// Try every setting, also when meters were found at one
    #[arg(long)]
    all: bool,
    /// A range of a network that you may scan, such as 192.168.1.0/28 (1,024 hosts at most)
    #[arg(long, value_name = "RANGE", conflicts_with_all = ["bus", "serial", "tcp", "serial_server", "capture"])]
    hosts: Option<String>,
    #[arg(long, default_value_t = 502, requires = "hosts")]
    port: u16,
    /// Print what was found as configuration, to paste
    #[arg(long, conflicts_with = "json")]
    toml: bool,
    /// Scan although another master was heard on the line
    #[arg(long)]
    anyway: bool,
}

pub fn run(arguments: &Arguments, config: &Path, lang: Lang) -> ExitCode {
    let asked = match asked_units(arguments, lang) {
        Ok(units) => units,
        Err(text) => return refused(&text),
    };
    if let Some(range) = &arguments.hosts {
        return network(arguments, range, asked, lang);
    }
    let bench = match Bench::new(&arguments.link, config, Some(TIMEOUT), lang) {
        Ok(bench) => bench,
        Err(text) => return refused(&text),
    };
    let steps = match steps(arguments, &bench.target.bus, &asked, lang) {
        Ok(steps) => steps,
        Err(text) => return refused(&text),
    };
    bench.run(async {
        if !arguments.anyway
            && let Err(code) = polite(&bench, &steps, lang).await
        {
            return code;
        }
        let progress = Progress::new(steps.iter().map(Step::weight).sum());
        let identities = library(bench.target.config.as_ref(), lang);
        let survey = Scan {
            bus: &bench.target.bus,
            journal: bench.journal.clone(),
            identities: &identities,
            all: arguments.all,
            stop: bench.stop.clone(),
            lang,
        }
        .run(steps, &progress)
        .await;
        drop(progress);
        said(&survey, arguments, &bench.target.bus, lang)
    })
}

/// What is said on the line before we speak.
async fn polite(bench: &Bench, steps: &[Step], lang: Lang) -> Result<(), ExitCode> {
    let Some(first) = steps.first().and_then(|step| step.wire) else { return Ok(()) };
    let bus = Bus { link: link::at(&bench.target.bus.link, first), ..bench.target.bus.clone() };
    // what can not be opened is said by the scan itself
    let Ok(came) = scan::listen(&bus, bench.journal.clone(), LISTEN, &bench.stop).await else { return Ok(()) };
    let heard = frames::overheard(&came);
    let (bytes, count) = (came.len(), heard.frames.len());
    let Some((protocol, asked)) = heard.frames.first() else {
        if bytes > 0 {
            eprintln!(
                "{}",
                lang.pick(
                    format!("注意：无人询问时线上来了 {bytes} 个字节：有干扰、缺偏置，或另有主站用别的速率"),
                    format!("note: {bytes} bytes came while nobody was asked: interference, no bias, or another master at another speed"),
                )
            );
        }
        return Ok(());
    };
    eprintln!(
        "{}",
        lang.pick(
            format!(
                "线上另有主站：{} 秒内听到 {count} 个报文，例如 {protocol} {asked}\n  改法：先停掉它再扫描；确需同时扫描时加 --anyway（双方都会有报文被撞坏）",
                LISTEN.as_secs()
            ),
            format!(
                "another master is on this line: {count} requests within {} s, such as {protocol} {asked}\n  fix: stop it first; with \
                 --anyway both will lose some",
                LISTEN.as_secs()
            ),
        )
    );
    Err(ExitCode::from(EXIT_FINDINGS))
}

fn steps(arguments: &Arguments, bus: &Bus, units: &[u8], lang: Lang) -> Result<Vec<Step>, String> {
    let protocols = if arguments.protocol.is_empty() { &Protocol::ALL[..] } else { &arguments.protocol };
    let wires = match &bus.link {
        Link::Serial(_) => {
            let LinkArguments { baud, format, .. } = &arguments.link;
            let bauds = if baud.is_empty() { wire::BAUDS.to_vec() } else { baud.clone() };
            let formats = if format.is_empty() {
                wire::FORMATS.iter().map(|(name, ..)| (*name).to_owned()).collect()
            } else {
                format.clone()
            };
            LinkArguments { baud: bauds, format: formats, ..LinkArguments::default() }.wires(lang)?
        }
        // its speed is set at the other end
        link => link.wire().into_iter().collect::<Vec<Wire>>(),
    };
    Ok(order::steps(&wires, protocols, units))
}

fn asked_units(arguments: &Arguments, lang: Lang) -> Result<Vec<u8>, String> {
    let usual = if arguments.hosts.is_some() { "1" } else { "1-247" };
    let text = arguments.units.as_deref().unwrap_or(usual);
    hosts::units(text).ok_or_else(|| {
        lang.pick(
            format!("--units {text}：写作 1-32 或 1,2,7，在 1 到 247 之间"),
            format!("--units {text}: write 1-32 or 1,2,7, within 1 to 247"),
        )
    })
}

fn network(arguments: &Arguments, range: &str, units: Vec<u8>, lang: Lang) -> ExitCode {
    let Some(hosts) = hosts::hosts(range) else {
        return refused(&lang.pick(
            format!("--hosts {range}：写作 192.168.1.0/28 或 192.168.1.10-20，最多 {} 台", hosts::HOSTS_MAX),
            format!("--hosts {range}: write 192.168.1.0/28 or 192.168.1.10-20, {} hosts at most", hosts::HOSTS_MAX),
        ));
    };
    let stop = CancellationToken::new();
    let timeout = arguments.link.timeout_ms.map_or(NETWORK_TIMEOUT, Duration::from_millis);
    let progress = Progress::new(hosts.len());
    let identities = Arc::new(library(None, lang));
    let range = network::Range { hosts, port: arguments.port, units, timeout, identities };
    drive(&stop, async {
        let survey = network::run(range, &progress, &stop).await;
        drop(progress);
        let nowhere = Link::Tcp(String::new());
        let bus = Bus { name: String::new(), link: nowhere, timeout, poll_interval: timeout, meters: Vec::new() };
        said(&survey, arguments, &bus, lang)
    })
}

fn said(survey: &Survey, arguments: &Arguments, bus: &Bus, lang: Lang) -> ExitCode {
    if arguments.link.json {
        println!("{}", report::json(survey, lang));
    } else if arguments.toml && !survey.found.is_empty() {
        print!("{}", report::toml(survey, bus, lang));
    } else {
        println!("{}", report::table(survey, lang));
    }
    if survey.found.is_empty() { ExitCode::from(EXIT_FINDINGS) } else { ExitCode::SUCCESS }
}

/// By what models are known; of the operator's folder too, where the configuration names one.
fn library(config: Option<&Config>, lang: Lang) -> Vec<Identity> {
    match Library::load(config.and_then(|config| config.meter_dir.as_deref())) {
        Ok(library) => identity::of_library(&library),
        Err(problems) => {
            eprintln!("{}", problems.render(lang));
            Vec::new()
        }
    }
}
