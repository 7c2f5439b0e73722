//! `mujun-agent manual`: a reading or a delivery that a person enters.

use crate::{
    agent::{
        config::Config,
        declare::{Written, enter, entry, file},
    },
    model::{Entered, Event, EventKind},
    runtime::{clock, lang::Lang, random},
    wire::hex,
};
use clap::Args;
use std::{path::PathBuf, process::ExitCode};

#[derive(Args)]
pub struct Arguments {
    /// The name of a [[manual]] of the configuration
    meter: String,
    /// Its point
    point: String,
    /// What the meter shows, or how much was delivered, in the point's unit
    value: String,
    /// Who read it or took the delivery
    #[arg(long, value_name = "NAME")]
    by: String,
    /// What proves it: the number of a weighing slip, of a list
    #[arg(long, value_name = "TEXT")]
    evidence: String,
    /// A file that shows it, such as a photograph: its name and its SHA-256 are kept, the file stays where it is
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// When it was read or delivered, in China's time or with a zone; by default now. Any time in the past is welcome
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

pub fn run(arguments: Arguments, config: &Config, lang: Lang) -> ExitCode {
    let Arguments { meter, point, value, by, evidence, file: path, at } = arguments;
    let proof = match path.as_deref().map(file).transpose() {
        Ok(proof) => proof,
        Err(problems) => {
            eprintln!("{}", problems.render(lang));
            return ExitCode::FAILURE;
        }
    };
    let written = Written { meter, point, value, by, evidence, file: proof, at };
    let event = match entry(&config.points, &config.manual, &written, random::id(), clock::now()) {
        Ok(event) => event,
        Err(problems) => {
            eprintln!("{}", problems.render(lang));
            return ExitCode::FAILURE;
        }
    };
    match enter(&config.spool.dir, event) {
        Ok(event) => {
            println!("{}", said(config, &event, lang));
            ExitCode::SUCCESS
        }
        Err(refused) => {
            eprintln!("{}", refused.text(&config.spool.dir).in_lang(lang));
            ExitCode::FAILURE
        }
    }
}

fn said(config: &Config, event: &Event, lang: Lang) -> String {
    let EventKind::Entered(Entered { meter, point, count, delivery, by, evidence, .. }) = &event.what else {
        return String::new();
    };
    let (id, time) = (hex(&event.event_id), event.time);
    let series = config.points.iter().map(|point| &point.series).find(|one| one.meter == *meter && one.point == *point);
    let value = series.and_then(|series| series.scale.value_from_count(*count)).unwrap_or_default();
    let unit = series.map_or("", |series| series.unit.as_str());
    let what = match delivery {
        true => lang.pick("进货", "delivery"),
        false => lang.pick("读数", "reading"),
    };
    lang.pick(
        format!(
            "已登记{what}：{meter} / {point}，{time}，{value} {unit}，{by}：{evidence}（编号 {id}）\n运行中的服务在两秒内接收；未运行时，下次启动接收"
        ),
        format!(
            "entered: a {what} of {meter} / {point} at {time}, {value} {unit}, by {by}: {evidence} (event {id})\na running agent takes it up within two seconds, otherwise the next one does"
        ),
    )
}
