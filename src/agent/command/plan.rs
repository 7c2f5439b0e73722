//! `mujun-agent plan`: what is asked of each meter, how long that takes, and whether the line is fast enough for it.

use crate::{
    agent::{
        config::{Bus, Config, Function, Link, Meter, Parity, Station, Wire},
        source::bus::{Asks, Estimate, Findings, MeterEstimate, Outline, at_baud, told},
    },
    runtime::lang::{Lang, Text},
};
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};

/// Speeds that most meters can be set to.
const FASTER_BAUDS: [u32; 3] = [19_200, 38_400, 115_200];
/// Points of a request that are named; the others are counted.
const NAMES_MAX: usize = 4;

pub fn run(config: &Config, as_json: bool, lang: Lang) {
    let findings = Findings::open(&config.spool.dir, &config.buses);
    let plans = config.buses.iter().map(|bus| (bus, Estimate::of(bus, |meter| findings.of(bus, meter))));
    if as_json {
        let buses: Vec<Value> = plans.map(|(bus, estimate)| bus_json(config, bus, &estimate, &findings)).collect();
        println!("{}", json!({ "buses": buses }));
        return;
    }
    if config.buses.is_empty() {
        println!("{}", lang.pick("没有 [[bus]]，无可计划", "there is no [[bus]]: nothing to plan"));
    }
    for (bus, estimate) in plans {
        print!("{}", page(config, bus, &estimate, &findings, lang));
    }
}

/// One line for each bus that is too slow, for `check`.
pub fn warnings(config: &Config, lang: Lang) -> Vec<String> {
    let findings = Findings::open(&config.spool.dir, &config.buses);
    let estimates = config.buses.iter().map(|bus| (bus, Estimate::of(bus, |meter| findings.of(bus, meter))));
    let slow = estimates.filter(|(_, estimate)| !estimate.fits());
    slow.map(|(bus, estimate)| {
        let more = lang.pick("；详见 mujun-agent plan", "; `mujun-agent plan` shows what to do");
        let warning = lang.pick("警告", "warning");
        format!("{warning}: {}{more}", verdict(bus, &estimate).in_lang(lang))
    })
    .collect()
}

fn page(config: &Config, bus: &Bus, estimate: &Estimate, findings: &Findings, lang: Lang) -> String {
    let mut page = String::new();
    let meters = bus.meters.len();
    let head = lang.pick(format!("{meters} 台仪表"), format!("{meters} meters"));
    // writing to a String does not fail
    let _ = writeln!(page, "{}  {}  {head}", bus.name, line(&bus.link));
    for (meter, plan) in bus.meters.iter().zip(&estimate.meters) {
        let (name, every, requests) = (&meter.name, seconds(plan.interval), plan.requests.len());
        let head = lang.pick(
            format!("{name}（{}）：每 {every} 一次，{requests} 个请求，{}", station(meter), seconds(plan.poll)),
            format!("{name} ({}): every {every}, {requests} requests, {}", station(meter), seconds(plan.poll)),
        );
        let _ = writeln!(page, "  {head}");
        for (outline, time) in &plan.requests {
            let (asks, points) = (asks(outline, lang), names(config, meter, outline));
            let _ = writeln!(page, "    {asks:<34} {:>8}  {points}", seconds(*time));
        }
        let learned = told(&findings.of(bus, meter));
        if !learned.is_empty() {
            let learned = learned.join(", ");
            let text = lang.pick(
                format!("仪表拒绝，不再读取：{learned}"),
                format!("refused by the meter and left out: {learned}"),
            );
            let _ = writeln!(page, "    {text}");
        }
    }
    let _ = writeln!(page, "  {}", verdict(bus, estimate).in_lang(lang));
    for advice in advice(bus, estimate, findings) {
        let _ = writeln!(page, "    - {}", advice.in_lang(lang));
    }
    let _ = writeln!(page, "  {}", assumed(estimate).in_lang(lang));
    page
}

/// Whether the line is fast enough.
fn verdict(bus: &Bus, estimate: &Estimate) -> Text {
    let (round, load) = (seconds(estimate.round()), percent(estimate.load_permille()));
    let name = &bus.name;
    if estimate.fits() {
        return Text::new(
            format!("一轮 {round}，线路占用 {load}"),
            format!("a round takes {round}; the line is busy {load} of the time"),
        );
    }
    match estimate.one_interval().map(seconds) {
        Some(asked) => Text::new(
            format!("{name}：一轮需要 {round}，要求 {asked}：将漏掉轮询（线路占用 {load}）"),
            format!("{name}: needs {round}, you asked {asked}: polls will be left out (the line is busy {load})"),
        ),
        None => Text::new(
            format!("{name}：按各自周期，线路占用 {load}（一轮 {round}）：将漏掉轮询"),
            format!(
                "{name}: at the intervals asked the line is busy {load} (a round takes {round}): polls will be left out"
            ),
        ),
    }
}

/// What to do about a line that is too slow.
fn advice(bus: &Bus, estimate: &Estimate, findings: &Findings) -> Vec<Text> {
    if estimate.fits() {
        return Vec::new();
    }
    let needed_ms = estimate.interval_needed().as_millis();
    let factor = format!("{}.{}", estimate.factor_tenths() / 10, estimate.factor_tenths() % 10);
    let mut all = vec![match estimate.one_interval() {
        Some(_) => Text::new(
            format!("把 poll_interval_ms 设为 {needed_ms} 或更大"),
            format!("set poll_interval_ms to {needed_ms} or more"),
        ),
        None => Text::new(
            format!("把各 poll_interval_ms 乘以 {factor}，或只延长读得最多的仪表"),
            format!(
                "multiply each poll_interval_ms by {factor}, or lengthen those of the meters with the longest polls"
            ),
        ),
    }];
    if let Some(wire) = bus.link.wire() {
        let faster = FASTER_BAUDS.into_iter().filter(|baud| *baud > wire.baud);
        let at = faster.map(|baud| (baud, Estimate::of(&at_baud(bus, baud), |meter| findings.of(bus, meter))));
        let at: Vec<_> = at.collect();
        let enough = at.iter().find(|(_, estimate)| estimate.fits()).or(at.last());
        if let Some((baud, estimate)) = enough {
            let round = seconds(estimate.round());
            all.push(Text::new(
                format!("在仪表和这里把 baud 改为 {baud}：一轮 {round}"),
                format!("set the meters and `baud` here to {baud}: a round then takes {round}"),
            ));
        }
    }
    let strict = |meter: &&Meter| matches!(&meter.station, Station::Modbus { limits, .. } if limits.gap_max == 0);
    let filled = filled(bus);
    let fewer = Estimate::of(&filled, |meter| findings.of(bus, meter));
    if bus.meters.iter().any(|meter| strict(&meter)) && fewer.round() < estimate.round() * 9 / 10 {
        let round = seconds(fewer.round());
        all.push(Text::new(
            format!("若仪表允许读取相邻的空寄存器，写 gap_max = 16：一轮 {round}"),
            format!("write gap_max = 16 where the meters let registers between be read: a round then takes {round}"),
        ));
    }
    let lines = estimate.lines_needed();
    if bus.meters.len() > 1 {
        all.push(Text::new(
            format!("或分成 {lines} 条线路，或减少计量点"),
            format!("or divide the meters among {lines} lines, or read fewer points"),
        ));
    }
    all
}

/// The same bus, where gaps may be filled.
fn filled(bus: &Bus) -> Bus {
    let mut bus = bus.clone();
    for meter in &mut bus.meters {
        if let Station::Modbus { limits, .. } = &mut meter.station {
            limits.gap_max = limits.gap_max.max(16);
        }
    }
    bus
}

fn assumed(estimate: &Estimate) -> Text {
    let ms = |time: Duration| time.as_millis();
    let of = estimate.assumed;
    let (modbus, other, network) = (ms(of.modbus_turnaround), ms(of.other_turnaround), ms(of.network));
    Text::new(
        format!(
            "估算假定：Modbus 仪表 {modbus} ms 内应答，DL/T 645 和 CJ/T 188 仪表 {other} ms，网络往返 {network} ms，无超时"
        ),
        format!(
            "assumed: Modbus meters answer within {modbus} ms, DL/T 645 and CJ/T 188 meters within {other} ms, \
             {network} ms of network, no time-out"
        ),
    )
}

fn bus_json(config: &Config, bus: &Bus, estimate: &Estimate, findings: &Findings) -> Value {
    let meter = |(meter, plan): (&Meter, &MeterEstimate)| {
        let request = |(outline, time): &(Outline, Duration)| {
            let points: Vec<&str> =
                outline.points.iter().filter_map(|place| point_name(config, meter, *place)).collect();
            let (bytes, reply_bytes) = outline.lengths;
            let mut request =
                json!({ "points": points, "request_bytes": bytes, "reply_bytes": reply_bytes, "ms": millis(*time) });
            match &outline.asks {
                Asks::Modbus { function, start, count } => {
                    request["function"] = json!(*function as u8);
                    request["start"] = json!(start);
                    request["count"] = json!(count);
                }
                Asks::Identifier(name) => request["identifier"] = json!(name),
            }
            request
        };
        json!({
            "meter": meter.name,
            "protocol": protocol(meter),
            "station": station(meter),
            "interval_ms": meter.poll_interval.as_millis() as u64,
            "poll_ms": millis(plan.poll),
            "learned": told(&findings.of(bus, meter)),
            "requests": plan.requests.iter().map(request).collect::<Vec<_>>(),
        })
    };
    let permille = estimate.load_permille();
    json!({
        "bus": bus.name,
        "line": line(&bus.link),
        "round_ms": millis(estimate.round()),
        "load_percent": format!("{}.{}", permille / 10, permille % 10),
        "fits": estimate.fits(),
        "verdict": verdict(bus, estimate),
        "advice": advice(bus, estimate, findings),
        "assumed": {
            "modbus_turnaround_ms": millis(estimate.assumed.modbus_turnaround),
            "other_turnaround_ms": millis(estimate.assumed.other_turnaround),
            "network_ms": millis(estimate.assumed.network),
        },
        "meters": bus.meters.iter().zip(&estimate.meters).map(meter).collect::<Vec<_>>(),
    })
}

fn asks(outline: &Outline, lang: Lang) -> String {
    match &outline.asks {
        Asks::Modbus { function, start, count } => {
            let last = u32::from(*start) + u32::from(*count).saturating_sub(1);
            let table = match function {
                Function::Coils => lang.pick("线圈", "coils"),
                Function::DiscreteInputs => lang.pick("离散输入", "inputs"),
                Function::HoldingRegisters => lang.pick("保持寄存器", "holding registers"),
                Function::InputRegisters => lang.pick("输入寄存器", "input registers"),
            };
            format!("{:02} {table} {start}..{last} ({count})", *function as u8)
        }
        Asks::Identifier(name) => name.clone(),
    }
}

fn names(config: &Config, meter: &Meter, outline: &Outline) -> String {
    let names: Vec<&str> = outline.points.iter().filter_map(|place| point_name(config, meter, *place)).collect();
    let shown = names.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} + {more}"),
    }
}

fn point_name<'a>(config: &'a Config, meter: &Meter, place: usize) -> Option<&'a str> {
    let series = *meter.station.series().get(place)?;
    config.points.get(usize::try_from(series).ok()?).map(|point| point.series.point.as_str())
}

fn protocol(meter: &Meter) -> &'static str {
    use crate::agent::config::Dlt645Edition::{E1997, E2007};
    match meter.station {
        Station::Modbus { .. } => "modbus",
        Station::Dlt645 { edition: E1997, .. } => "dlt645-1997",
        Station::Dlt645 { edition: E2007, .. } => "dlt645-2007",
        Station::Cjt188 { .. } => "cjt188",
    }
}

fn station(meter: &Meter) -> String {
    let digits = |address: &[u8]| address.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match &meter.station {
        Station::Modbus { unit_id, .. } => format!("modbus {unit_id}"),
        Station::Dlt645 { address, .. } => format!("{} {}", protocol(meter), digits(address)),
        Station::Cjt188 { address, .. } => format!("cjt188 {}", digits(address)),
    }
}

fn line(link: &Link) -> String {
    let wire = |wire: &Wire| {
        let parity = match wire.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        format!("{} 8{parity}{}", wire.baud, wire.stop_bits)
    };
    match link {
        Link::Tcp(address) => format!("tcp {address}"),
        Link::Tls(address, _) => format!("tls {address}"),
        Link::SerialServer(address, of) => format!("serial_server {address} {}", wire(of)),
        Link::Serial(serial) => format!("serial {} {}", serial.path.display(), wire(&serial.wire)),
        Link::DialIn(dial_in) => format!("dial_in {} {}", dial_in.listen, wire(&dial_in.wire)),
    }
}

/// Hundredths of a second below ten, tenths above.
fn seconds(time: Duration) -> String {
    match time.as_millis() {
        ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
        ms if ms < 10_000 => format!("{:.2} s", time.as_secs_f64()),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

fn percent(permille: u64) -> String {
    format!("{} %", permille.div_ceil(10))
}

#[cfg(test)]
mod tests;
