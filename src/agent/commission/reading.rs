//! What one read gave: raw words, every plausible decoding, and those that the display shows.

use super::{
    ask::Got,
    decoding::{self, Candidate, Match},
    frames,
    table::Table,
};
use crate::{
    agent::{
        config::{Dlt645Edition, WordOrder},
        source::{cjt188, digits, dlt645},
    },
    model::RawValue,
    runtime::lang::Lang,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Registers as they were read, and those from one register lower: the manual may count from 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Registers {
    pub function: u8,
    pub register: u16,
    pub words: Vec<u16>,
    pub one_lower: Option<Vec<u16>>,
}

impl Registers {
    pub fn table(&self, lang: Lang) -> String {
        let mut parts = vec![raw(self.register, &self.words, lang), grid(self.register, &self.words)];
        if let Some((register, words)) = self.register.checked_sub(1).zip(self.one_lower.as_ref()) {
            let lower = lang.pick(
                "若说明书从 1 数寄存器（报文中的地址少 1）：",
                "where the manual counts registers from 1 (the message's address is one lower):",
            );
            parts.push(lower.to_owned());
            parts.push(raw(register, words, lang));
            parts.push(grid(register, words));
        }
        parts.join("\n")
    }

    pub fn matches(&self, expected: Decimal) -> Vec<Match> {
        decoding::matches(&self.candidates(), self.register, expected)
    }

    fn candidates(&self) -> Vec<Candidate> {
        let mut all = decoding::candidates(self.register, &self.words);
        if let Some((register, words)) = self.register.checked_sub(1).zip(self.one_lower.as_ref()) {
            all.extend(decoding::candidates(register, words).into_iter().filter(|one| one.register == register));
        }
        all
    }

    pub fn json(&self, expected: Option<Decimal>) -> Value {
        let candidate = |one: &Candidate| {
            json!({
                "register": one.register,
                "base": if one.register < self.register { 1 } else { 0 },
                "type": one.value_type.to_string(),
                "word_order": one.order.to_string(),
                "value": decoding::shown(&one.value, one.value_type),
            })
        };
        let matched = |one: &Match| {
            let mut value = candidate(&one.candidate);
            value["power_of_ten"] = one.power.into();
            value["shows"] = one.value.normalize().to_string().into();
            value["toml"] = decoding::toml(one, self.function, expected.unwrap_or_default()).into();
            value
        };
        let mut value = json!({
            "function": self.function,
            "register": self.register,
            "words": hex_words(&self.words),
            "one_lower": self.one_lower.as_deref().map(hex_words),
            "decodings": self.candidates().iter().map(candidate).collect::<Vec<_>>(),
        });
        if let Some(expected) = expected {
            value["matches"] = self.matches(expected).iter().map(matched).collect();
        }
        value
    }
}

/// What the display shows, and the configuration that reads it.
pub fn matches(found: &[Match], function: u8, asked: u16, expected: Decimal, lang: Lang) -> String {
    let Some(best) = found.first() else {
        return lang.pick(
            format!("没有哪种解码是 {expected}\n  改法：核对寄存器号；加大 --count；表计走字时请重新读一次显示"),
            format!("no decoding gives {expected}\n  fix: check the register, raise --count, and read the display once more if it counts"),
        );
    };
    let head = lang.pick(
        ["寄存器", "类型", "字序", "比例", "得到", "说明"],
        ["register", "type", "order", "scale", "gives", "remark"],
    );
    let mut table = Table::new(head);
    for one in found {
        let Candidate { register, value_type, order, .. } = &one.candidate;
        let scale = decoding::times_ten(Decimal::ONE, one.power).unwrap_or_default().normalize();
        let remark = match i32::from(*register) - i32::from(asked) {
            0 => String::new(),
            -1 => lang.pick("说明书从 1 数".to_owned(), "the manual counts from 1".to_owned()),
            away => lang.pick(format!("往后 {away} 个寄存器"), format!("{away} registers further")),
        };
        table.row([
            format!("{register:#06x}"),
            value_type.to_string(),
            order.to_string(),
            scale.to_string(),
            one.value.normalize().to_string(),
            remark,
        ]);
    }
    let paste =
        lang.pick("写进配置（名称、单位、kind 自己定）：", "for the configuration (name, unit and kind are yours):");
    let point = decoding::toml(best, function, expected);
    format!("{}\n\n{paste}\n[[bus.meter.point]]\n{point}", table.render())
}

fn raw(register: u16, words: &[u16], lang: Lang) -> String {
    let (last, words) = (usize::from(register) + words.len().saturating_sub(1), hex_words(words).join(" "));
    lang.pick(
        format!("寄存器 {register:#06x} 到 {last:#06x}（{register} 到 {last}）：{words}"),
        format!("registers {register:#06x} to {last:#06x} ({register} to {last}): {words}"),
    )
}

fn hex_words(words: &[u16]) -> Vec<String> {
    words.iter().map(|word| format!("{word:04X}")).collect()
}

/// Types by orders, of the value that begins at the first register.
fn grid(register: u16, words: &[u16]) -> String {
    let found = decoding::at(register, words);
    let orders: Vec<_> =
        WordOrder::ALL.into_iter().filter(|order| found.iter().any(|one| one.order == *order)).collect();
    let head = std::iter::once(String::new()).chain(orders.iter().map(ToString::to_string));
    let mut table = Table::new(head);
    for value_type in decoding::TYPES {
        let cell = |order: &WordOrder| {
            let one = found.iter().find(|one| one.value_type == value_type && one.order == *order);
            one.map(|one| decoding::shown(&one.value, value_type)).unwrap_or_default()
        };
        let cells: Vec<_> = orders.iter().map(cell).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            table.row(std::iter::once(value_type.to_string()).chain(cells));
        }
    }
    table.render()
}

/// Digits in what a DL/T 645 or CJ/T 188 meter sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digits {
    pub offset: u8,
    pub bytes: u8,
    pub signed: bool,
    pub value: i64,
    /// By the standard: digits behind the point, and the unit.
    pub places: Option<u8>,
    pub unit: Option<String>,
    pub unit_code: Option<u8>,
}

/// Of DL/T 645: what the standard says where it says it, and otherwise each length from the first byte on.
pub fn digits_of_dlt645(edition: Dlt645Edition, identifier: u32, data: &[u8]) -> Vec<Digits> {
    let item = dlt645::item(edition, identifier);
    let lengths: Vec<_> = match item {
        Some(item) => vec![(item.bytes, item.signed)],
        None => (2..=data.len().min(8)).filter_map(|bytes| Some((u8::try_from(bytes).ok()?, false))).collect(),
    };
    let step = item.map_or(usize::MAX, |item| usize::from(item.bytes).max(1));
    let starts = (0..data.len()).step_by(step);
    let at = |start: usize| {
        lengths.clone().into_iter().filter_map(move |(bytes, signed)| {
            let value = number(data.get(start..start + usize::from(bytes))?, signed)?;
            let (places, unit) = item.map_or((None, None), |item| (Some(item.places), Some(item.unit.to_owned())));
            Some(Digits { offset: u8::try_from(start).ok()?, bytes, signed, value, places, unit, unit_code: None })
        })
    };
    starts.flat_map(at).collect()
}

/// Of CJ/T 188: four bytes of digits before or behind a code that is one of a unit.
pub fn digits_of_cjt188(data: &[u8]) -> Vec<Digits> {
    let at = |start: usize| {
        let value = number(data.get(start..start + 4)?, false)?;
        let code = *data.get(start + 4)?;
        let unit = cjt188::unit(code)?;
        let offset = u8::try_from(start).ok()?;
        let (unit, unit_code) = (Some(unit.to_string()), Some(code));
        Some(Digits { offset, bytes: 4, signed: false, value, places: Some(2), unit, unit_code })
    };
    // the values stand five bytes apart
    (0..data.len()).step_by(5).filter_map(at).collect()
}

impl Digits {
    pub fn shown(&self) -> Decimal {
        Decimal::try_new(self.value, self.places.unwrap_or_default().into()).unwrap_or_default()
    }

    /// The power of ten by which the display's number comes out.
    pub fn power(&self, expected: Decimal) -> Option<i32> {
        let unit = Decimal::new(1, expected.scale());
        let near = |power: &i32| {
            decoding::times_ten(Decimal::from(self.value), *power).is_some_and(|value| (value - expected).abs() <= unit)
        };
        (-4..=3).find(near)
    }

    fn toml(&self, identifier: &str, power: i32) -> String {
        let scale = decoding::times_ten(Decimal::ONE, power).unwrap_or(Decimal::ONE).normalize();
        let Digits { offset, bytes, signed, .. } = self;
        let signed = if *signed { "signed = true\n" } else { "" };
        let code = self.unit_code.map(|code| format!("unit_code = {code:#04x}\n")).unwrap_or_default();
        format!(
            "identifier = \"{identifier}\"\noffset = {offset}\nbytes = {bytes}\n{signed}{code}scale = \"{scale}\"\n"
        )
    }
}

pub fn digits_table(identifier: &str, data: &[u8], found: &[Digits], expected: Option<Decimal>, lang: Lang) -> String {
    let hex = frames::hex(data);
    let mut parts = vec![lang.pick(format!("数据标识 {identifier}：{hex}"), format!("identifier {identifier}: {hex}"))];
    let head = lang.pick(["偏移", "字节", "数值", "单位"], ["offset", "bytes", "value", "unit"]);
    let mut table = Table::new(head);
    for one in found {
        let unit = one.unit.clone().unwrap_or_default();
        table.row([one.offset.to_string(), one.bytes.to_string(), one.shown().to_string(), unit]);
    }
    parts.push(table.render());
    if let Some(expected) = expected {
        let fits = found.iter().find_map(|one| Some((one, one.power(expected)?)));
        parts.push(match fits {
            Some((one, power)) => {
                let paste = lang.pick("写进配置：", "for the configuration:");
                format!("\n{paste}\n[[bus.meter.point]]\n{}", one.toml(identifier, power))
            }
            None => lang.pick(
                format!("没有哪种解码是 {expected}\n  改法：核对数据标识；表计走字时请重新读一次显示"),
                format!("no decoding gives {expected}\n  fix: check the identifier, and read the display once more if it counts"),
            ),
        });
    }
    parts.join("\n")
}

pub fn digits_json(identifier: &str, data: &[u8], found: &[Digits], expected: Option<Decimal>) -> Value {
    let of = |one: &Digits| {
        let power = expected.and_then(|expected| one.power(expected));
        json!({
            "offset": one.offset,
            "bytes": one.bytes,
            "value": one.shown().to_string(),
            "unit": one.unit,
            "unit_code": one.unit_code,
            "toml": power.map(|power| one.toml(identifier, power)),
        })
    };
    json!({ "identifier": identifier, "data": frames::hex(data), "decodings": found.iter().map(of).collect::<Vec<_>>() })
}

/// Bits, or a refusal, in words.
pub fn other(got: &Got, lang: Lang) -> String {
    match got {
        Got::Refused(text) => text.in_lang(lang).to_owned(),
        Got::Bits(bits) => bits.iter().map(|bit| if *bit { "1" } else { "0" }).collect::<Vec<_>>().join(" "),
        Got::Words(words) => hex_words(words).join(" "),
        Got::Bytes(bytes) => frames::hex(bytes),
    }
}

fn number(bytes: &[u8], signed: bool) -> Option<i64> {
    match digits::number(bytes, signed).ok()? {
        RawValue::UInt(value) => i64::try_from(value).ok(),
        RawValue::Int(value) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn registers() -> Registers {
        Registers { function: 3, register: 0x2012, words: vec![0x0012, 0xD687], one_lower: Some(vec![0x0000, 0x0012]) }
    }

    #[test]
    fn types_and_orders_stand_side_by_side() {
        let text = registers().table(Lang::En);
        let golden = "registers 0x2012 to 0x2013 (8210 to 8211): 0012 D687\n";
        assert!(text.starts_with(golden), "{text}");
        let row = |name: &str| {
            text.lines()
                .find(|line| line.starts_with(name))
                .map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>())
        };
        assert_eq!(row("u16 "), Some(vec!["18", "4608"]));
        assert_eq!(row("u32 "), Some(vec!["1234567", "302024662", "3599171602", "2278953472"]));
        assert!(text.contains("one lower") && registers().table(Lang::Zh).contains("从 1 数"));
    }

    #[test]
    fn what_the_display_shows_is_said_with_the_lines_to_paste() {
        let expected = Decimal::from_str("12345.67").unwrap();
        let found = registers().matches(expected);
        let text = matches(&found, 3, 0x2012, expected, Lang::En);
        let paste = "[[bus.meter.point]]\nfunction = 3\nregister = 8210\ntype = \"u32\"\nword_order = \"ABCD\"\nscale = \"0.01\"\n";
        assert!(text.ends_with(paste), "{text}");
        let none = matches(&[], 3, 0x2012, expected, Lang::Zh);
        assert!(none.contains("没有哪种解码是 12345.67") && none.contains("改法"));
        let json = registers().json(Some(expected));
        assert_eq!(json["matches"][0]["word_order"], "ABCD");
        assert_eq!(json["words"][1], "D687");
    }

    #[test]
    fn digits_of_a_meter_are_what_the_standard_says() {
        let found = digits_of_dlt645(Dlt645Edition::E2007, 0x0001_0000, &[0x78, 0x56, 0x34, 0x12]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].shown().to_string(), found[0].unit.as_deref()), ("123456.78".into(), Some("kWh")));
        let text =
            digits_table("00010000", &[0x78, 0x56, 0x34, 0x12], &found, Decimal::from_str("123456.78").ok(), Lang::En);
        assert!(text.contains("identifier = \"00010000\"\noffset = 0\nbytes = 4\nscale = \"0.01\"\n"), "{text}");
        let water = [0x78, 0x56, 0x34, 0x12, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x2C];
        let found = digits_of_cjt188(&water);
        assert_eq!(found.iter().map(|one| one.shown().to_string()).collect::<Vec<_>>(), ["123456.78", "0.00"]);
        assert_eq!(found[0].unit.as_deref(), Some("m3"));
    }
}
