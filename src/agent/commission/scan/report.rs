//! What a scan found, for people, programs and the configuration.

use super::{Found, Garbled, Survey, order::Protocol};
use crate::{
    agent::{
        commission::{link, table::Table, wire},
        config::{Bus, Link},
    },
    runtime::lang::Lang,
};
use serde_json::{Value, json};

/// While it runs.
pub fn line(found: &Found, lang: Lang) -> String {
    let models = found.models.join(" / ");
    let (place, protocol, address) = (place(found), found.protocol.name(), &found.address);
    lang.pick(
        format!("找到：{place} {protocol} 地址 {address} {models}"),
        format!("found: {place} {protocol} address {address} {models}"),
    )
}

pub fn table(survey: &Survey, lang: Lang) -> String {
    let mut lines = Vec::new();
    if let Some(trouble) = &survey.trouble {
        lines.push(trouble.in_lang(lang).to_owned());
    }
    if survey.stopped {
        lines.push(match survey.found.is_empty() {
            true => {
                lang.pick("已中断；到此为止没有找到仪表".to_owned(), "stopped; no meter was found so far".to_owned())
            }
            false => lang.pick("已中断；到此为止找到的是：".to_owned(), "stopped; found so far:".to_owned()),
        });
    }
    let head = lang.pick(["线路", "协议", "地址", "型号", "备注"], ["line", "protocol", "address", "model", "remark"]);
    let mut table = Table::new(head);
    for found in &survey.found {
        let said = found.said.as_ref().map(|text| text.in_lang(lang).to_owned()).unwrap_or_default();
        let models = if found.models.is_empty() { "?".into() } else { found.models.join(" / ") };
        table.row([place(found), found.protocol.name().into(), found.address.clone(), models, said]);
    }
    if table.is_empty() && survey.trouble.is_none() && !survey.stopped {
        lines.push(lang.pick(
            "没有找到仪表\n  改法：对调 A、B 两线再试；核对供电；mujun-agent doctor 会说明线上有什么".to_owned(),
            "no meter was found\n  fix: swap A and B and try again; check the meters' power; mujun-agent doctor says what is on the line"
                .to_owned(),
        ));
    } else if !table.is_empty() {
        lines.push(table.render());
    }
    for Garbled { wire, address, bytes } in &survey.garbled {
        let setting = wire.map(wire::shown).unwrap_or_default();
        lines.push(lang.pick(
            format!("{setting} 地址 {address}：有回答但不完整（{bytes} 字节）：可能两块表同一地址，或校验位不同"),
            format!("{setting} address {address}: something answers that is no whole reply ({bytes} bytes): two meters of one address, or another parity"),
        ));
    }
    lines.join("\n")
}

pub fn json(survey: &Survey, lang: Lang) -> Value {
    let of = |found: &Found| {
        json!({
            "baud": found.wire.map(|wire| wire.baud),
            "format": found.wire.map(wire::format),
            "host": found.host,
            "protocol": found.protocol.name(),
            "address": found.address,
            "kind": found.kind,
            "models": found.models,
            "said": found.said.as_ref().map(|text| text.in_lang(lang)),
        })
    };
    let garbled = |one: &Garbled| {
        json!({
            "baud": one.wire.map(|wire| wire.baud),
            "format": one.wire.map(wire::format),
            "address": one.address,
            "bytes": one.bytes,
        })
    };
    json!({
        "found": survey.found.iter().map(of).collect::<Vec<_>>(),
        "garbled": survey.garbled.iter().map(garbled).collect::<Vec<_>>(),
        "trouble": survey.trouble.as_ref().map(|text| text.in_lang(lang)),
        "stopped": survey.stopped,
    })
}

/// Tables to paste: one `[[bus]]` for each setting or host, with its meters. What is to be chosen stands in a comment.
pub fn toml(survey: &Survey, bus: &Bus, lang: Lang) -> String {
    let mut text = String::new();
    let mut places: Vec<(Option<crate::agent::config::Wire>, Option<String>)> = Vec::new();
    for found in &survey.found {
        let place = (found.wire, found.host.clone());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    for (number, (wire, host)) in (1..).zip(&places) {
        let link = match (wire, host) {
            (_, Some(host)) => Link::Tcp(host.clone()),
            (Some(wire), None) => link::at(&bus.link, *wire),
            (None, None) => bus.link.clone(),
        };
        if number > 1 {
            text.push('\n');
        }
        text.push_str(&link::toml(&format!("line-{number}"), &link));
        let here = survey.found.iter().filter(|found| (found.wire, &found.host) == (*wire, host));
        for found in here {
            text.push('\n');
            text.push_str(&meter(found, number, lang));
        }
    }
    text
}

fn meter(found: &Found, line: usize, lang: Lang) -> String {
    let Found { protocol, address, kind, models, .. } = found;
    let mut text = format!("[[bus.meter]]\nname = \"meter-{line}-{address}\"\n");
    match models.as_slice() {
        [] => {
            text.push_str(lang.pick(
                "# 型号未识别：写 model = \"…\"（mujun-agent models 列出），或写 [[bus.meter.point]]（mujun-agent read 可找出）\n",
                "# no model was recognised: write model = \"…\" (mujun-agent models lists them), or its [[bus.meter.point]] (mujun-agent read finds them)\n",
            ));
        }
        [model] => text.push_str(&format!("model = \"{model}\"\n")),
        several => {
            let several = several.join(", ");
            text.push_str(&lang.pick(
                format!("# 可能的型号：{several}；核对铭牌后写 model = \"…\"\n"),
                format!("# it can be {several}: look at its plate and write model = \"…\"\n"),
            ));
        }
    }
    match protocol {
        Protocol::Modbus => text.push_str(&format!("unit_id = {address}\n")),
        Protocol::Dlt645Of2007 | Protocol::Dlt645Of1997 => {
            text.push_str(&format!("protocol = \"{}\"\naddress = \"{address}\"\n", protocol.name()));
        }
        Protocol::Cjt188 => {
            let kind = kind.unwrap_or(0x10);
            text.push_str(&format!("protocol = \"cjt188\"\nkind = {kind:#04x}\naddress = \"{address}\"\n"));
        }
    }
    text
}

fn place(found: &Found) -> String {
    match (&found.host, found.wire) {
        (Some(host), _) => host.clone(),
        (None, Some(wire)) => wire::shown(wire),
        (None, None) => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agent::config::{Serial, Wire},
        runtime::lang::Text,
    };
    use std::time::Duration;

    fn found(wire: Wire, protocol: Protocol, address: &str, models: &[&str]) -> Found {
        let models = models.iter().map(|model| (*model).to_owned()).collect();
        Found { wire: Some(wire), host: None, protocol, address: address.into(), kind: None, models, said: None }
    }

    fn survey() -> Survey {
        let [modbus, digits] = [(9600, "8N1"), (2400, "8E1")].map(|(baud, format)| wire::wire(baud, format).unwrap());
        let refused = Text::new("仪表拒绝", "refused");
        Survey {
            found: vec![
                found(modbus, Protocol::Modbus, "1", &["jsy-mk-333"]),
                Found { said: Some(refused), ..found(modbus, Protocol::Modbus, "7", &[]) },
                found(digits, Protocol::Dlt645Of2007, "202100123456", &["a", "b"]),
            ],
            garbled: vec![Garbled { wire: Some(modbus), address: "9".into(), bytes: 14 }],
            ..Survey::default()
        }
    }

    #[test]
    fn what_was_found_is_a_table_in_both_languages() {
        let english = "\
line      protocol     address       model       remark
--------  -----------  ------------  ----------  -------
9600 8N1  modbus       1             jsy-mk-333
9600 8N1  modbus       7             ?           refused
2400 8E1  dlt645-2007  202100123456  a / b
9600 8N1 address 9: something answers that is no whole reply (14 bytes): two meters of one address, or another parity";
        assert_eq!(table(&survey(), Lang::En), english);
        let chinese = "\
线路      协议         地址          型号        备注
--------  -----------  ------------  ----------  --------
9600 8N1  modbus       1             jsy-mk-333
9600 8N1  modbus       7             ?           仪表拒绝
2400 8E1  dlt645-2007  202100123456  a / b
9600 8N1 地址 9：有回答但不完整（14 字节）：可能两块表同一地址，或校验位不同";
        assert_eq!(table(&survey(), Lang::Zh), chinese);
        let nothing = Survey { stopped: true, ..Survey::default() };
        assert_eq!(table(&nothing, Lang::En), "stopped; no meter was found so far");
    }

    #[test]
    fn what_was_found_is_a_bus_for_each_setting() {
        let wire = wire::wire(9600, "8N1").unwrap();
        let link = Link::Serial(Serial { path: "/dev/ttyUSB0".into(), wire, rs485: false });
        let (timeout, poll_interval) = (Duration::from_secs(1), Duration::from_secs(1));
        let bus = Bus { name: "x".into(), link, timeout, poll_interval, meters: Vec::new() };
        let text = toml(&survey(), &bus, Lang::En);
        let golden = "\
[[bus]]
name = \"line-1\"
link = \"serial\"
port = \"/dev/ttyUSB0\"
baud = 9600
format = \"8N1\"

[[bus.meter]]
name = \"meter-1-1\"
model = \"jsy-mk-333\"
unit_id = 1

[[bus.meter]]
name = \"meter-1-7\"
# no model was recognised: write model = \"…\" (mujun-agent models lists them), or its [[bus.meter.point]] (mujun-agent read finds them)
unit_id = 7

[[bus]]
name = \"line-2\"
link = \"serial\"
port = \"/dev/ttyUSB0\"
baud = 2400
format = \"8E1\"

[[bus.meter]]
name = \"meter-2-202100123456\"
# it can be a, b: look at its plate and write model = \"…\"
protocol = \"dlt645-2007\"
address = \"202100123456\"
";
        assert_eq!(text, golden);
    }
}
