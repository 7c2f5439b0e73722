//! A replaced meter, as a person says it → counts, checked against the configuration.

use crate::{
    agent::config::Config,
    energy::counter::COUNT_MAX,
    model::{Event, EventKind, PointKind, Register, Replaced, Series, UtcMillis},
    runtime::{
        lang::Text,
        problem::{Problems, did_you_mean, found, quoted},
    },
    wire::{
        FUTURE_MS_MAX, TIME_MIN_MS,
        record::{NAME_BYTES_MAX, NOTE_BYTES_MAX},
    },
};
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use rust_decimal::Decimal;
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
    let too_much = |number: Decimal, expected| {
        wrong(found(&number.to_string()), expected, Text::new("核对读数与单位", "check the reading and its unit"))
    };
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
    let number = value.trim().parse::<Decimal>().ok().filter(|number| !number.is_sign_negative() || number.is_zero());
    let Some(number) = number else {
        return Err(wrong(found(&quoted(value)), Text::new("不小于 0 的小数", "a decimal of 0 or more"), such()));
    };
    let unit = &series.unit;
    let (count, exact) = series
        .scale
        .count_from_value(number)
        .filter(|(count, _)| (0..=COUNT_MAX).contains(count))
        .ok_or_else(|| too_much(number, Text::new("表底能有的读数", "a reading that the register can have")))?;
    if !exact {
        let near = series.scale.value_from_count(count).unwrap_or_default();
        let scale = series.scale;
        return Err(wrong(
            Text::new(format!("写的是 {number} {unit}"), format!("found {number} {unit}")),
            Text::new(
                format!("{scale} {unit}（一个计数）的整数倍"),
                format!("a multiple of {scale} {unit}, which is one count"),
            ),
            Text::new(
                format!("照表计的显示写，scale 中有互感器变比时乘以变比；最近的读数是 {near}"),
                format!(
                    "write what the meter shows, times its transformer ratio where the scale has one; the nearest is {near}"
                ),
            ),
        ));
    }
    if let Some(modulus) = series.physics.modulus.filter(|modulus| count >= *modulus) {
        let end = series.scale.value_from_count(modulus).unwrap_or_default();
        return Err(too_much(
            number,
            Text::new(
                format!("小于 {end} {unit}（表底在此归零）"),
                format!("less than {end} {unit}, where the register starts again"),
            ),
        ));
    }
    Ok((point.to_owned(), count))
}

fn label(argument: &str, text: &str, bytes_max: usize) -> Option<Problems> {
    let fits =
        !text.is_empty() && text.len() <= bytes_max && text.trim() == text && !text.chars().any(char::is_control);
    (!fits).then(|| {
        Problems::of_file(
            argument,
            Text::new(
                format!("{} 字节：{}", text.len(), quoted(text)),
                format!("found {} of {} bytes", quoted(text), text.len()),
            ),
            Text::new(
                format!("1 到 {bytes_max} 字节，首尾无空格，无控制字符"),
                format!("1 to {bytes_max} bytes, without blanks at the ends and control characters"),
            ),
            Text::new(
                "此事要能查证：写清楚，不过长",
                "this is kept as evidence: write it, and shorten it where it is too long",
            ),
        )
    })
}

/// ISO 8601 with its zone, or a civil time in China.
fn time(at: Option<&str>, now: UtcMillis) -> Result<UtcMillis, Problems> {
    let Some(text) = at else { return Ok(now) };
    let civil = || text.parse::<DateTime>().ok().and_then(|civil| Offset::constant(8).to_timestamp(civil).ok());
    let time = text.parse::<Timestamp>().ok().or_else(civil).map(|time| UtcMillis(time.as_millisecond()));
    time.filter(|time| time.0 >= TIME_MIN_MS && time.since(now) <= FUTURE_MS_MAX).ok_or_else(|| {
        Problems::of_file(
            "--at",
            found(&quoted(text)),
            Text::new(
                format!("2000 年以后、不晚于现在（{now}）的时间"),
                format!("a time since 2000 and not later than now, which is {now}"),
            ),
            Text::new(
                "例如 2026-11-24T08:30（北京时间）",
                "such as 2026-11-24T08:30 (in China), or with its zone: 2026-11-24T00:30Z",
            ),
        )
    })
}
