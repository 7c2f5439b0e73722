//! `mujun-agent meter`: what a person declares about a meter.

use crate::{
    agent::{
        config::Config,
        declare::{Asked, declare, replacement},
    },
    model::{Event, EventKind, Register, Replaced},
    runtime::{clock, lang::Lang, random},
    wire::hex,
};
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum Action {
    /// Say that a meter was replaced by another one: the old register ends here, the new one begins
    Replace {
        /// The meter's name in the configuration
        meter: String,
        /// The last reading of the old meter, in the point's unit: POINT=VALUE, once for each point
        #[arg(long = "final", value_name = "POINT=VALUE", num_args = 1..)]
        finals: Vec<String>,
        /// The first reading of the new meter
        #[arg(long = "initial", value_name = "POINT=VALUE", num_args = 1..)]
        initials: Vec<String>,
        #[arg(long)]
        serial_old: String,
        #[arg(long)]
        serial_new: String,
        /// Who replaced it
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        note: String,
        /// When, in China's time or with a zone; by default now
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
}

pub fn run(action: Action, config: &Config, lang: Lang) -> ExitCode {
    let Action::Replace { meter, finals, initials, serial_old, serial_new, by, note, at } = action;
    let asked = Asked { meter, finals, initials, serial_old, serial_new, by, note, at };
    let event = match replacement(config, &asked, random::id(), clock::now()) {
        Ok(event) => event,
        Err(problems) => {
            eprintln!("{}", problems.render(lang));
            return ExitCode::FAILURE;
        }
    };
    match declare(&config.spool.dir, &event) {
        Ok(_) => {
            said(config, &event, lang).iter().for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            let dir = config.spool.dir.display();
            eprintln!(
                "{}",
                lang.pick(
                    format!("未能写入 {dir}/declared（{error}），没有登记\n  改法：核对磁盘，并以运行服务的用户执行"),
                    format!("{dir}/declared can not be written ({error}); nothing was declared\n  fix: check the disk, and run it as the service's user"),
                )
            );
            ExitCode::FAILURE
        }
    }
}

fn said(config: &Config, event: &Event, lang: Lang) -> Vec<String> {
    let EventKind::Replaced(Replaced { meter, registers, serial_old, serial_new, by, note }) = &event.what else {
        return Vec::new();
    };
    let id = hex(&event.event_id);
    let time = event.time;
    let mut lines = vec![lang.pick(
        format!("已登记换表：{meter}，{time}，{serial_old} → {serial_new}，{by}：{note}（编号 {id}）"),
        format!("declared: {meter} was replaced at {time}, {serial_old} → {serial_new}, by {by}: {note} (event {id})"),
    )];
    for Register { point, final_count, initial_count } in registers {
        let series =
            config.points.iter().map(|point| &point.series).find(|one| one.meter == *meter && one.point == *point);
        let shown = |count: &Option<i64>| match count.zip(series) {
            Some((count, series)) => {
                let value = series.scale.value_from_count(count).unwrap_or_default();
                format!("{value} {}", series.unit)
            }
            None => lang.pick("未知".to_owned(), "unknown".to_owned()),
        };
        let (last, first) = (shown(final_count), shown(initial_count));
        lines.push(lang.pick(
            format!("  {point}：旧表止码 {last}，新表起码 {first}"),
            format!("  {point}: the old register ends at {last}, the new one begins at {first}"),
        ));
    }
    lines.push(lang.pick(
        "运行中的服务在两秒内接收；未运行时，下次启动接收".to_owned(),
        "a running agent takes it up within two seconds, otherwise the next one does".to_owned(),
    ));
    lines
}
