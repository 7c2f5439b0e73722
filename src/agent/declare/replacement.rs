//! A replaced meter, as a person says it → counts, checked against the configuration.

use super::number::{self, label, time};
use crate::{
    agent::config::Config,
    model::{Event, EventKind, PointKind, Register, Replaced, Series, UtcMillis},
    runtime::{
        lang::Text,
        problem::{Problems, did_you_mean, found, quoted},
    },
    wire::record::{NAME_BYTES_MAX, NOTE_BYTES_MAX},
};
use std::collections::BTreeSet;

const REGISTERS_MAX: usize = 64;

/// As on the command line.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub meter: String,
    /// `POINT=VALUE`, in the unit, as the old meter shows it.
    pub finals: Vec<String>,
    pub initials: Vec<String>,
    pub serial_old: String,
    pub serial_new: String,
    pub by: String,
    pub note: String,
    pub at: Option<String>,
}

/// The event that says so, under this id.
///
/// # Errors
/// All that is wrong, each with its argument and a remedy.
pub fn replacement(config: &Config, asked: &Asked, event_id: [u8; 16], now: UtcMillis) -> Result<Event, Problems> {
    let mut wrong = Vec::new();
    let series: Vec<&Series> = config.points.iter().map(|point| &point.series).collect();
    let own: Vec<&Series> = series.iter().copied().filter(|series| series.meter == asked.meter).collect();
    if own.is_empty() {
        let fix =
            did_you_mean(&asked.meter, series.iter().map(|series| series.meter.as_str()).collect::<BTreeSet<_>>());
        wrong.push(Problems::of_file(
            "METER",
            Text::new(format!("没有仪表 {}", quoted(&asked.meter)), format!("no meter {}", quoted(&asked.meter))),
            Text::new("配置文件中的仪表名称", "the name of a meter of the configuration"),
            fix.unwrap_or_else(|| {
                Text::new("用 check 列出仪表和计量点", "`mujun-agent check` lists meters and points")
            }),
        ));
    }
    let mut registers: Vec<Register> = own
        .iter()
        .filter(|series| series.kind == PointKind::Cumulative)
        .map(|series| Register { point: series.point.clone(), final_count: None, initial_count: None })
        .collect();
    for (argument, written, last) in asked
        .finals
        .iter()
        .map(|text| ("--final", text, true))
        .chain(asked.initials.iter().map(|text| ("--initial", text, false)))
    {
        if own.is_empty() {
            break;
        }
        match reading(&own, argument, written) {
            Ok((point, count)) => {
                let register = registers.iter_mut().find(|register| register.point == point);
                let place = register.map(|one| if last { &mut one.final_count } else { &mut one.initial_count });
                if place.is_some_and(|place| place.replace(count).is_some()) {
                    wrong.push(Problems::of_file(
                        &format!("{argument} {written}"),
                        Text::new(format!("{} 写了两次", quoted(&point)), format!("{} a second time", quoted(&point))),
                        Text::new("每个计量点一次", "each point once"),
                        Text::new("删除其中一个", "leave one of them out"),
                    ));
                }
            }
            Err(problem) => wrong.push(problem),
        }
    }
    if registers.len() > REGISTERS_MAX {
        let count = registers.len();
        wrong.push(Problems::of_file(
            "METER",
            Text::new(
                format!("{} 有 {count} 个累计量", quoted(&asked.meter)),
                format!("{} has {count} cumulative points", quoted(&asked.meter)),
            ),
            Text::new(
                format!("不超过 {REGISTERS_MAX} 个：换表声明涉及全部累计量"),
                format!("at most {REGISTERS_MAX}: a replacement ends all of them"),
            ),
            Text::new(
                "在配置文件中把该仪表拆成几个，再逐个声明",
                "divide it into several meters in the configuration, and declare each",
            ),
        ));
    }
    let texts = [
        ("--serial-old", &asked.serial_old, NAME_BYTES_MAX),
        ("--serial-new", &asked.serial_new, NAME_BYTES_MAX),
        ("--by", &asked.by, NAME_BYTES_MAX),
        ("--note", &asked.note, NOTE_BYTES_MAX),
    ];
    wrong.extend(texts.into_iter().filter_map(|(argument, text, bytes_max)| label(argument, text, bytes_max)));
    let time = time(asked.at.as_deref(), now).unwrap_or_else(|problem| {
        wrong.push(problem);
        now
    });
    if let Some(problems) = Problems::gathered(wrong) {
        return Err(problems);
    }
    let Asked { meter, serial_old, serial_new, by, note, .. } = asked.clone();
    Ok(Event {
        event_id,
        time,
        what: EventKind::Replaced(Replaced { meter, registers, serial_old, serial_new, by, note }),
    })
}

/// The point and the count that `POINT=VALUE` says. A point's name may hold `=`: the last one divides.
fn reading(own: &[&Series], argument: &str, written: &str) -> Result<(String, i64), Problems> {
    let wrong = |found, expected, fix| Problems::of_file(&format!("{argument} {written}"), found, expected, fix);
    let such = || Text::new("例如 energy=12345.67", "such as energy=12345.67");
    let Some((point, value)) = written.rsplit_once('=') else {
        return Err(wrong(found(&quoted(written)), Text::new("计量点=读数", "POINT=VALUE"), such()));
    };
    let cumulative = own.iter().filter(|series| series.kind == PointKind::Cumulative);
    let Some(series) = cumulative.clone().find(|series| series.point == point) else {
        let names: Vec<&str> = cumulative.map(|series| series.point.as_str()).collect();
        let list = Text::new(
            format!("该仪表的累计量：{}", names.join("、")),
            format!("its cumulative points: {}", names.join(", ")),
        );
        return Err(wrong(
            Text::new(format!("没有累计量 {}", quoted(point)), format!("no cumulative point {}", quoted(point))),
            Text::new("该仪表的一个累计量", "a cumulative point of the meter"),
            did_you_mean(point, names).unwrap_or(list),
        ));
    };
    let count = number::count(series, &format!("{argument} {written}"), value, such())?;
    Ok((point.to_owned(), count))
}
