//! `mujun-agent doctor`: what is wrong with a line, and what to try.

use super::tool::{Bench, EXIT_FINDINGS, refused};
use crate::{
    agent::{
        commission::{
            ask::{self, Ask},
            diagnosis,
            doctor::{self, Doctor, Patient},
            hosts,
            link::LinkArguments,
            progress::Progress,
        },
        config::{Bus, Function},
    },
    runtime::lang::{Lang, Text},
};
use serde_json::json;
use std::{path::Path, process::ExitCode, time::Duration};

#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    link: LinkArguments,
    /// Modbus addresses to ask, such as 1-20; by default the meters of the configuration, and 1 without one
    #[arg(long)]
    units: Option<String>,
    /// For so many seconds, and at least one round
    #[arg(long = "for", value_name = "SECONDS", default_value_t = 30)]
    seconds: u64,
}

/// A short reply, and one that is long enough to show what length does to it.
const SHORT: u16 = 1;
const LONG: u16 = 40;

pub fn run(arguments: &Arguments, config: &Path, lang: Lang) -> ExitCode {
    let bench = match Bench::new(&arguments.link, config, None, lang) {
        Ok(bench) => bench,
        Err(text) => return refused(&text),
    };
    let patients = match patients(arguments.units.as_deref(), &bench.target.bus, lang) {
        Ok(patients) => patients,
        Err(text) => return refused(&text),
    };
    let time = Duration::from_secs(arguments.seconds.min(86_400));
    bench.run(async {
        let progress = Progress::new(100);
        let doctor =
            Doctor { bus: &bench.target.bus, patients, time, journal: bench.journal.clone(), stop: bench.stop.clone() };
        let seen = doctor.run(&progress, lang).await;
        drop(progress);
        let found = diagnosis::diagnose(&seen);
        if arguments.link.json {
            let mut value = doctor::json(&seen, lang);
            let of = |finding: &diagnosis::Finding| {
                let tries: Vec<_> = finding.try_this.iter().map(|one| one.in_lang(lang)).collect();
                json!({
                    "suspicion": finding.suspicion,
                    "meter": finding.meter.as_ref().map(|meter| meter.in_lang(lang)),
                    "text": finding.text.in_lang(lang),
                    "evidence": finding.evidence.in_lang(lang),
                    "try": tries,
                })
            };
            value["findings"] = found.iter().map(of).collect();
            println!("{value}");
        } else {
            println!("{}\n\n{}", doctor::table(&seen, lang), doctor::findings(&found, lang));
        }
        if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FINDINGS) }
    })
}

/// Whom to ask what: the meters of the configuration, or units by number.
fn patients(units: Option<&str>, bus: &Bus, lang: Lang) -> Result<Vec<Patient>, String> {
    if units.is_none() && !bus.meters.is_empty() {
        let meters = bus.meters.iter().map(|meter| {
            let asks = ask::of_station(&meter.station);
            Patient { name: Text::new(&meter.name, &meter.name), asks }
        });
        return Ok(meters.filter(|patient| !patient.asks.is_empty()).collect());
    }
    let text = units.unwrap_or("1");
    let units = hosts::units(text).ok_or_else(|| {
        lang.pick(
            format!("--units {text}：写作 1-20 或 1,2,7，在 1 到 247 之间"),
            format!("--units {text}: write 1-20 or 1,2,7, within 1 to 247"),
        )
    })?;
    let patient = |unit: u8| {
        let ask = |count| Ask::modbus(unit, Function::HoldingRegisters, 0, count);
        let asks = vec![ask(SHORT), ask(LONG)];
        let name = asks
            .first()
            .map(|ask| Text::new(ask.whom(Lang::Zh), ask.whom(Lang::En)))
            .unwrap_or_else(|| Text::new("", ""));
        Patient { name, asks }
    };
    Ok(units.into_iter().map(patient).collect())
}
