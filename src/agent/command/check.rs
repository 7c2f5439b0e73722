//! `mujun-agent check`: what the configuration says, in words.

use crate::{
    agent::{config::Config, spool::Outlook},
    model::{PointKind, Series},
    runtime::{clock, lang::Lang},
};

pub fn run(config: &Config, lang: Lang) {
    println!("{}", summary(config, lang));
    for (id, point) in (0..).zip(&config.points) {
        if point.series.kind == PointKind::Cumulative {
            println!("  {}", register(&point.series, config.rates_assumed.contains(&id), lang));
        }
    }
    if !config.rates_assumed.is_empty() {
        println!("{}", assumed(config.rates_assumed.len(), lang));
    }
    for warning in super::plan::warnings(config, lang) {
        println!("{warning}");
    }
    println!("{}", outlook(config, lang));
}

fn summary(config: &Config, lang: Lang) -> String {
    let meters: usize = config.buses.iter().map(|bus| bus.meters.len()).sum();
    let topics: usize = config.mqtt.iter().map(|broker| broker.topics.len()).sum();
    let points = config.points.len();
    lang.pick(
        format!("配置正确：{meters} 台 Modbus 仪表、{topics} 个 MQTT 主题、{points} 个计量点"),
        format!("the configuration is right: {meters} Modbus meters, {topics} MQTT topics, {points} points"),
    )
}

/// What holds for the register of a cumulative point.
fn register(series: &Series, rate_assumed: bool, lang: Lang) -> String {
    let Series { meter, point, unit, scale, physics, .. } = series;
    // all of them were made of decimals that fit
    let value =
        |count: i64| scale.value_from_count(count).map_or_else(|| format!("{count} ×"), |value| value.to_string());
    let end = match (physics.restarts, physics.modulus) {
        (true, _) => lang.pick("运行中清零".to_owned(), "set to 0 in operation".to_owned()),
        (false, Some(modulus)) => {
            let end = value(modulus);
            lang.pick(format!("到 {end} {unit} 归零"), format!("starts again at {end} {unit}"))
        }
        (false, None) => lang.pick("表底上限未知".to_owned(), "its end is not known".to_owned()),
    };
    let rate = match physics.rate_max_per_h {
        None => lang.pick("增速不限".to_owned(), "any rate".to_owned()),
        Some(rate) => {
            let (rate, guess) = (value(rate), if rate_assumed { lang.pick("（默认）", " (assumed)") } else { "" });
            lang.pick(format!("每小时最多增加 {rate} {unit}{guess}"), format!("at most {rate} {unit} an hour{guess}"))
        }
    };
    let (back, warm_up_s) = (value(physics.backstep_max), physics.warm_up_ms / 1000);
    lang.pick(
        format!("{meter}/{point}：每个计数 {scale} {unit}，{end}，{rate}，回退不超过 {back} {unit} 视为抖动，上电 {warm_up_s} s 内读数可忽略"),
        format!(
            "{meter}/{point}: {scale} {unit} a count, {end}, {rate}, a step back of up to {back} {unit} is jitter, \
             {warm_up_s} s of warm-up"
        ),
    )
}

fn assumed(points: usize, lang: Lang) -> String {
    lang.pick(
        format!(
            "警告：{points} 个计量点没有写 rate_max，按单位取默认上限（很宽）；写上进线或开关容量对应的值，可识别更小的错误跳变"
        ),
        format!(
            "warning: the highest rate of {points} points is assumed from their units, and generous; write rate_max, what \
             the feeder or the breaker allows, and smaller wrong jumps are told apart"
        ),
    )
}

fn outlook(config: &Config, lang: Lang) -> String {
    let outlook = Outlook::of(&config.spool.dir, clock::now());
    let mib = |bytes: u64| bytes >> 20;
    match outlook.map(|outlook| (outlook, outlook.bytes_per_day, outlook.days(config.spool.bytes_max))) {
        Ok((outlook, Some(rate), Some(days))) => {
            let (held, rate) = (mib(outlook.bytes), mib(rate).max(1));
            lang.pick(
                format!("缓存已用 {held} MiB；按最近一天的速度（每天约 {rate} MiB），本机磁盘还可断网保存 {days} 天"),
                format!(
                    "the spool holds {held} MiB; at today's rate of about {rate} MiB a day this disk holds {days} days \
                     without a platform"
                ),
            )
        }
        Ok((outlook, ..)) => {
            let (held, free) = (mib(outlook.bytes), mib(outlook.free));
            lang.pick(
                format!("缓存已用 {held} MiB，磁盘空闲 {free} MiB；记录满一小时后可估算还能保存多少天"),
                format!(
                    "the spool holds {held} MiB, the disk has {free} MiB left; after an hour of recording it can be \
                     said for how many days that lasts"
                ),
            )
        }
        Err(error) => lang.pick(
            format!("缓存文件夹尚不可用（{error}）；首次运行时会创建"),
            format!("the spool folder can not be looked at ({error}); the first run makes it"),
        ),
    }
}
