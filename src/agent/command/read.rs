//! `mujun-agent read`: what a meter says, raw and decoded.

use super::tool::{Bench, EXIT_FINDINGS, refused};
use crate::{
    agent::{
        commission::{
            ask::{Ask, Got},
            frames,
            link::LinkArguments,
            reading::{self, Registers},
            session::Session,
            table::Table,
        },
        config::{Bus, Dlt645Edition, Function, Meter, ModbusPoint, Station, ValueType},
        meaning,
        source::{
            cjt188, dlt645,
            line::Fault,
            modbus::{self, Answer, Part, Read, Role},
        },
    },
    model::{RawValue, Reason, Value as Reading},
    runtime::lang::Lang,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::{path::Path, process::ExitCode, str::FromStr};

#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    link: LinkArguments,
    /// A meter of the bus: all of its points, as the agent reads them
    #[arg(long, value_name = "NAME", requires = "bus", conflicts_with_all = ["unit", "dlt645", "cjt188"])]
    meter: Option<String>,
    /// One point of the meter
    #[arg(long, value_name = "NAME", requires = "meter")]
    point: Option<String>,
    /// A Modbus unit
    #[arg(long, value_name = "ID", requires = "register", conflicts_with_all = ["dlt645", "cjt188"])]
    unit: Option<u8>,
    /// 3: holding registers, 4: input registers, 1: coils, 2: discrete inputs
    #[arg(long, default_value_t = 3)]
    function: u8,
    /// The address in the message, counted from 0; 0x for hexadecimal
    #[arg(long, value_name = "REGISTER", value_parser = register)]
    register: Option<u16>,
    /// Registers, or bits
    #[arg(long, default_value_t = 4)]
    count: u16,
    /// A DL/T 645 meter, by the 12 digits of its number
    #[arg(long, value_name = "ADDRESS", requires = "identifier", conflicts_with = "cjt188")]
    dlt645: Option<String>,
    /// Of DL/T 645: 2007 or 1997
    #[arg(long, default_value = "2007")]
    edition: String,
    /// A CJ/T 188 meter, by the 14 digits of its number
    #[arg(long, value_name = "ADDRESS")]
    cjt188: Option<String>,
    /// Of CJ/T 188: 0x10 water, 0x20 heat, 0x21 cooling, 0x30 gas
    #[arg(long, value_name = "KIND", default_value = "0x10", value_parser = register)]
    kind: u16,
    /// The data identifier, as the standard prints it; of CJ/T 188 by default 901F
    #[arg(long, value_name = "HEX")]
    identifier: Option<String>,
    /// What the meter's display shows: the decodings that give it are named, with lines for the configuration
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    expect: Option<String>,
}

fn register(text: &str) -> Result<u16, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "0 … 65535 / 0x0000 … 0xFFFF".to_owned())
}

/// What is to be read, after the check.
enum Wanted {
    Meter(Meter),
    Registers { unit: u8, function: Function, register: u16, count: u16 },
    Dlt645 { edition: Dlt645Edition, address: dlt645::Address, identifier: u32 },
    Cjt188 { address: cjt188::Address, identifier: u16 },
}

pub fn run(arguments: &Arguments, config: &Path, lang: Lang) -> ExitCode {
    let prepared = Bench::new(&arguments.link, config, None, lang)
        .and_then(|bench| Ok((wanted(arguments, &bench.target.bus, lang)?, expected(arguments, lang)?, bench)));
    let (wanted, expected, bench) = match prepared {
        Ok(prepared) => prepared,
        Err(text) => return refused(&text),
    };
    bench.run(async {
        let reader = Reader { bench: &bench, json: arguments.link.json, point: arguments.point.clone(), expected };
        let mut session = Session::new(&bench.target.bus, bench.journal.clone(), &bench.stop);
        tokio::select! {
            () = bench.stop.cancelled() => ExitCode::from(EXIT_FINDINGS),
            code = reader.read(wanted, &mut session) => code,
        }
    })
}

struct Reader<'a> {
    bench: &'a Bench,
    json: bool,
    /// Only this one of a meter.
    point: Option<String>,
    expected: Option<Decimal>,
}

impl Reader<'_> {
    async fn read(&self, wanted: Wanted, session: &mut Session) -> ExitCode {
        let lang = self.bench.lang;
        // of a DTU: its call is waited for
        if let Err(fault) = session.listen(std::time::Duration::ZERO).await {
            return self.failed(&fault, &self.bench.target.bus);
        }
        match wanted {
            Wanted::Meter(meter) => self.meter(&meter, session).await,
            Wanted::Registers { unit, function, register, count } => {
                let got = match Ask::modbus(unit, function, register, count).send(&mut session.endpoint).await {
                    Ok(got) => got,
                    Err(fault) => return self.failed(&fault, &session.bus),
                };
                let Got::Words(words) = got else { return self.other(&got) };
                // what is one register lower may not exist: then it is left out
                let lower = match register.checked_sub(1) {
                    Some(lower) => Ask::modbus(unit, function, lower, count).send(&mut session.endpoint).await.ok(),
                    None => None,
                };
                let one_lower = lower.and_then(|got| match got {
                    Got::Words(words) => Some(words),
                    _ => None,
                });
                self.registers(&Registers { function: function as u8, register, words, one_lower })
            }
            Wanted::Dlt645 { edition, address, identifier } => {
                let name = identifier_name(edition, identifier);
                let Some(ask) = Ask::dlt645(edition, address, identifier) else {
                    return refused(lang.pick("数据标识不可用", "the identifier can not be asked for"));
                };
                match ask.send(&mut session.endpoint).await {
                    Ok(Got::Bytes(data)) => {
                        self.digits(&name, &data, &reading::digits_of_dlt645(edition, identifier, &data))
                    }
                    Ok(got) => self.other(&got),
                    Err(fault) => self.failed(&fault, &session.bus),
                }
            }
            Wanted::Cjt188 { address, identifier } => {
                let Some(ask) = Ask::cjt188(address, identifier) else {
                    return refused(lang.pick("数据标识不可用", "the identifier can not be asked for"));
                };
                match ask.send(&mut session.endpoint).await {
                    Ok(Got::Bytes(data)) => {
                        self.digits(&format!("{identifier:04X}"), &data, &reading::digits_of_cjt188(&data))
                    }
                    Ok(got) => self.other(&got),
                    Err(fault) => self.failed(&fault, &session.bus),
                }
            }
        }
    }

    fn registers(&self, registers: &Registers) -> ExitCode {
        let lang = self.bench.lang;
        if self.json {
            println!("{}", registers.json(self.expected));
        } else {
            println!("{}", registers.table(lang));
        }
        let Some(expected) = self.expected else { return ExitCode::SUCCESS };
        let found = registers.matches(expected);
        if !self.json {
            println!("\n{}", reading::matches(&found, registers.function, registers.register, expected, lang));
        }
        if found.is_empty() { ExitCode::from(EXIT_FINDINGS) } else { ExitCode::SUCCESS }
    }

    fn digits(&self, identifier: &str, data: &[u8], found: &[reading::Digits]) -> ExitCode {
        if self.json {
            println!("{}", reading::digits_json(identifier, data, found, self.expected));
        } else {
            println!("{}", reading::digits_table(identifier, data, found, self.expected, self.bench.lang));
        }
        let fits = |expected: Decimal| found.iter().any(|one| one.power(expected).is_some());
        if self.expected.is_none_or(fits) { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FINDINGS) }
    }

    /// Bits, or a refusal.
    fn other(&self, got: &Got) -> ExitCode {
        let text = reading::other(got, self.bench.lang);
        let refused = matches!(got, Got::Refused(_));
        if self.json {
            let key = if refused { "refused" } else { "bits" };
            println!("{}", json!({ key: text }));
        } else {
            println!("{text}");
        }
        if refused { ExitCode::from(EXIT_FINDINGS) } else { ExitCode::SUCCESS }
    }

    fn failed(&self, fault: &Fault, bus: &Bus) -> ExitCode {
        let advice = fault.advice(&bus.link);
        let lang = self.bench.lang;
        if self.json {
            println!("{}", json!({ "fault": fault.to_string(), "try": advice.in_lang(lang) }));
        } else {
            println!(
                "{}",
                lang.pick(
                    format!("没有读到（{fault}）\n  改法：{}；mujun-agent doctor 会细查", advice.zh),
                    format!("nothing was read ({fault})\n  fix: {}; mujun-agent doctor looks closer", advice.en),
                )
            );
        }
        ExitCode::from(EXIT_FINDINGS)
    }

    /// All points of a configured meter, each asked for by itself, as the configuration decodes it.
    async fn meter(&self, meter: &Meter, session: &mut Session) -> ExitCode {
        let lang = self.bench.lang;
        let head = lang.pick(["计量点", "原始", "数值", "单位"], ["point", "raw", "value", "unit"]);
        let (mut table, mut rows, mut bad) = (Table::new(head), Vec::new(), false);
        let named = |series: u32| self.bench.target.config.as_ref()?.points.get(series as usize);
        let wanted = |series: u32| {
            let only = self.point.as_ref();
            named(series).is_some_and(|point| only.is_none_or(|only| *only == point.series.point))
        };
        for (series, raw, value) in self.values(&meter.station, wanted, session).await {
            let Some(point) = named(series) else { continue };
            let sample = meaning::sample(series, point, value);
            let point = &point.series;
            let shown = match sample.value {
                Some(Reading::Count(count)) => {
                    point.scale.value_from_count(count).map(|value| value.normalize().to_string())
                }
                Some(Reading::Real(real)) => Some(real.to_string()),
                None => None,
            };
            let good = shown.is_some();
            bad |= !good;
            let shown = shown.unwrap_or_else(|| format!("{:?}", sample.reason));
            rows.push(json!({ "point": point.point, "raw": raw, "value": shown, "unit": point.unit, "good": good }));
            table.row([point.point.clone(), raw, shown, point.unit.clone()]);
        }
        if rows.is_empty() {
            let (meter, point) = (&meter.name, self.point.as_deref().unwrap_or_default());
            return refused(
                &lang.pick(format!("仪表 {meter} 没有计量点 {point}"), format!("meter {meter} has no point {point}")),
            );
        }
        if self.json {
            println!("{}", json!({ "meter": meter.name, "points": Value::Array(rows) }));
        } else {
            println!("{}\n{}", meter.name, table.render());
        }
        if bad { ExitCode::from(EXIT_FINDINGS) } else { ExitCode::SUCCESS }
    }

    async fn values(
        &self,
        station: &Station,
        wanted: impl Fn(u32) -> bool,
        session: &mut Session,
    ) -> Vec<(u32, String, Result<RawValue, Reason>)> {
        let mut found = Vec::new();
        match station {
            Station::Modbus { unit_id, points, .. } => {
                for point in points.iter().filter(|point| wanted(point.series)) {
                    let (raw, value) = modbus_point(*unit_id, point, session).await;
                    found.push((point.series, raw, value));
                }
            }
            Station::Dlt645 { edition, address, points } => {
                let address = dlt645::Address::printed(*address);
                for point in points.iter().filter(|point| wanted(point.series)) {
                    for request in dlt645::plan(*edition, std::slice::from_ref(point)) {
                        let seen = |received: &[u8]| request.seen(address, received);
                        let reply = session.endpoint.exchange(&request.frame(address), seen).await;
                        let (raw, mut values) = match &reply {
                            Ok(reply) => (frames::hex(reply), request.values(reply)),
                            Err(fault) => (String::new(), request.none(fault.reason())),
                        };
                        found.extend(values.pop().map(|(_, value)| (point.series, raw, value)));
                    }
                }
            }
            Station::Cjt188 { kind, address, points } => {
                let address = cjt188::Address::printed(*kind, *address);
                for request in cjt188::plan(points) {
                    let seen = |received: &[u8]| request.seen(address, received);
                    let reply = session.endpoint.exchange(&request.frame(address), seen).await;
                    let (raw, values) = match &reply {
                        Ok(reply) => (frames::hex(reply), request.values(reply)),
                        Err(fault) => (String::new(), request.none(fault.reason())),
                    };
                    for (place, value) in values {
                        let point = points.get(place).filter(|point| wanted(point.series));
                        found.extend(point.map(|point| (point.series, raw.clone(), value)));
                    }
                }
            }
        }
        found
    }
}

async fn modbus_point(unit: u8, point: &ModbusPoint, session: &mut Session) -> (String, Result<RawValue, Reason>) {
    let read = |function, start, count| Read { function, start, count, parts: Vec::new() };
    let own = read(point.function, point.register, point.value_type.registers());
    let answer = match session.endpoint.read(unit, &own).await {
        Ok(answer) => answer,
        Err(fault) => return (String::new(), Err(fault.reason())),
    };
    let raw = match &answer {
        Answer::Words(words) => words.iter().map(|word| format!("{word:04X}")).collect::<Vec<_>>().join(" "),
        Answer::Bits(bits) => bits.iter().take(1).map(|bit| u8::from(*bit).to_string()).collect(),
        Answer::Exception(code) => format!("!{code}"),
    };
    let factor = match &point.multiplier {
        None => None,
        Some(multiplier) => {
            let other = read(multiplier.function, multiplier.register, multiplier.value_type.registers());
            let answer = session.endpoint.read(unit, &other).await;
            let factor = answer
                .map_err(|fault| fault.reason())
                .and_then(|answer| modbus::factor(&answer, multiplier, &alone(multiplier.value_type)));
            match factor {
                Ok(factor) => Some(factor),
                Err(reason) => return (raw, Err(reason)),
            }
        }
    };
    (raw, modbus::value(&answer, point, &alone(point.value_type), factor))
}

/// The whole answer.
fn alone(value_type: ValueType) -> Part {
    Part { point: 0, role: Role::Value, offset: 0, width: value_type.registers().into() }
}

fn identifier_name(edition: Dlt645Edition, identifier: u32) -> String {
    match edition {
        Dlt645Edition::E2007 => format!("{identifier:08X}"),
        Dlt645Edition::E1997 => format!("{identifier:04X}"),
    }
}

fn wanted(arguments: &Arguments, bus: &Bus, lang: Lang) -> Result<Wanted, String> {
    if let Some(name) = &arguments.meter {
        return meter(bus, name, lang).map(Wanted::Meter);
    }
    if let Some((unit, register)) = arguments.unit.zip(arguments.register) {
        let function = Function::of(arguments.function).ok_or_else(|| {
            lang.pick("--function 须为 1、2、3、4".to_owned(), "--function is 1, 2, 3 or 4".to_owned())
        })?;
        let count = arguments.count;
        if !(1..=125).contains(&count) || u32::from(register) + u32::from(count) > 65_536 {
            return Err(lang.pick(
                format!("--count {count}：须为 1 到 125，且不超过寄存器 65535"),
                format!("--count {count}: from 1 to 125 is needed, and no further than register 65535"),
            ));
        }
        return Ok(Wanted::Registers { unit, function, register, count });
    }
    let identifier = arguments.identifier.as_deref();
    if let Some(address) = &arguments.dlt645 {
        let address = dlt645::Address::printed(digits(address, "--dlt645", lang)?);
        let (edition, length) = match arguments.edition.as_str() {
            "1997" => (Dlt645Edition::E1997, 4),
            _ => (Dlt645Edition::E2007, 8),
        };
        return Ok(Wanted::Dlt645 { edition, address, identifier: hex(identifier.unwrap_or_default(), length, lang)? });
    }
    if let Some(address) = &arguments.cjt188 {
        let kind = u8::try_from(arguments.kind).ok().filter(|kind| (0x10..=0x49).contains(kind)).ok_or_else(|| {
            lang.pick("--kind 须为 0x10 到 0x49".to_owned(), "--kind is from 0x10 to 0x49".to_owned())
        })?;
        let address = cjt188::Address::printed(kind, digits(address, "--cjt188", lang)?);
        let identifier = hex(identifier.unwrap_or("901F"), 4, lang)?;
        return Ok(Wanted::Cjt188 { address, identifier: identifier as u16 });
    }
    Err(lang.pick(
        "没有说读什么：写 --meter 名称（配合 --bus）、--unit 1 --register 0x2012 --count 4、--dlt645 表号 --identifier 00010000 或 --cjt188 表号"
            .to_owned(),
        "what is to be read is not named: write --meter NAME (with --bus), --unit 1 --register 0x2012 --count 4, --dlt645 ADDRESS \
         --identifier 00010000, or --cjt188 ADDRESS"
            .to_owned(),
    ))
}

fn meter(bus: &Bus, name: &str, lang: Lang) -> Result<Meter, String> {
    let Some(meter) = bus.meters.iter().find(|meter| meter.name == name) else {
        let known = bus.meters.iter().map(|meter| meter.name.as_str()).collect::<Vec<_>>().join(lang.pick("、", ", "));
        let bus = &bus.name;
        return Err(lang.pick(
            format!("总线 {bus} 上没有仪表 {name}\n  已有：{known}"),
            format!("bus {bus} has no meter {name}\n  it has: {known}"),
        ));
    };
    Ok(meter.clone())
}

fn digits<const N: usize>(text: &str, what: &str, lang: Lang) -> Result<[u8; N], String> {
    let plain = text.len() <= 2 * N && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut bytes = [0; N];
    if plain {
        let padded = format!("{text:0>width$}", width = 2 * N);
        for (byte, pair) in bytes.iter_mut().zip(padded.as_bytes().chunks(2)) {
            let digit = |at: usize| pair.get(at).map_or(0, |byte| byte - b'0');
            *byte = digit(0) << 4 | digit(1);
        }
        return Ok(bytes);
    }
    let length = 2 * N;
    Err(lang.pick(
        format!("{what} {text}：须为最多 {length} 位十进制数字，印在表上"),
        format!("{what} {text}: up to {length} decimal digits are needed, as printed on the meter"),
    ))
}

fn hex(text: &str, length: usize, lang: Lang) -> Result<u32, String> {
    let plain = text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(text, 16).ok().filter(|_| plain).ok_or_else(|| {
        lang.pick(
            format!("--identifier {text}：须为 {length} 位十六进制"),
            format!("--identifier {text}: {length} hexadecimal digits are needed"),
        )
    })
}

fn expected(arguments: &Arguments, lang: Lang) -> Result<Option<Decimal>, String> {
    let Some(text) = &arguments.expect else { return Ok(None) };
    let value = Decimal::from_str(text).ok().filter(|value| value.abs() < Decimal::from(1_000_000_000_000_000_i64));
    value.map(Some).ok_or_else(|| {
        lang.pick(
            format!("--expect {text}：须为显示屏上的数字，例如 12345.67"),
            format!("--expect {text}: the number on the display is needed, such as 12345.67"),
        )
    })
}
