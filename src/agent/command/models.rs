//! `mujun-agent models`: the meter library, as a table or one model with all that is known of it.

use crate::{
    agent::{
        config::{Points, format_word},
        library::{FactorySettings, Library, LineSettings, Model, Ratio},
    },
    runtime::lang::Lang,
};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

pub fn run(name: Option<&str>, dir: Option<&Path>, as_json: bool, lang: Lang) -> ExitCode {
    let library = match Library::load(dir) {
        Ok(library) => library,
        Err(problems) => {
            eprintln!("{}", problems.render(lang));
            return ExitCode::FAILURE;
        }
    };
    let text = match name.map(|name| library.find(name).ok_or_else(|| library.suggest(name))) {
        None if as_json => lines(&Value::Array(library.models().map(summary).collect())),
        None => table(&library, lang),
        Some(Ok(model)) if as_json => lines(&whole(model)),
        Some(Ok(model)) => shown(model, lang),
        Some(Err(fix)) => {
            let name = name.unwrap_or_default();
            eprintln!("{}", lang.pick(format!("没有型号 {name}"), format!("there is no model {name}")));
            eprintln!("{}", fix.in_lang(lang));
            return ExitCode::FAILURE;
        }
    };
    // a reader that has seen enough, such as head, is no failure
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn lines(value: &Value) -> String {
    format!("{value:#}\n")
}

fn table(library: &Library, lang: Lang) -> String {
    let rows: Vec<[String; 5]> = library
        .models()
        .map(|model| {
            [
                model.id.clone(),
                format!("{} {}", model.make, model.model),
                model.measures.text().in_lang(lang).to_owned(),
                model.protocol.word().to_owned(),
                model.confidence.text().in_lang(lang).to_owned(),
            ]
        })
        .collect();
    let head = lang
        .pick(["型号名", "仪表", "计量", "协议", "依据"], ["name", "meter", "measures", "protocol", "founded on"])
        .map(str::to_owned);
    let all: Vec<&[String; 5]> = [&head].into_iter().chain(&rows).collect();
    let wide = |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let mut out = String::new();
    for row in all {
        let cells = row.iter().zip(&widths).map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide - width(cell))));
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    let n = rows.len();
    out + &lang.pick(
        format!("共 {n} 个型号；mujun-agent models 型号名 显示计量点和出处\n"),
        format!("{n} models; mujun-agent models NAME shows one with its points and sources\n"),
    )
}

/// Columns on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum()
}

fn shown(model: &Model, lang: Lang) -> String {
    let Model { id, make, model: label, names, .. } = model;
    let mut out = format!("{id}: {make} {label}");
    if !names.is_empty() {
        out += &format!(" ({})", names.join(", "));
    }
    out += &format!(
        "\n{}, {}, {}, {}\n",
        model.measures.text().in_lang(lang),
        model.protocol.word(),
        model.confidence.text().in_lang(lang),
        if model.secondary {
            lang.pick("二次侧数值，须写 ct、pt", "values of the secondary side: ct and pt are needed")
        } else {
            lang.pick("一次侧数值", "values of the primary side")
        }
    );
    if let Some(factory) = factory_text(&model.factory) {
        out += &format!("{}{factory}\n", lang.pick("出厂设置：", "leaves the factory with "));
    }
    if let Some(note) = &model.note {
        out += &format!("{}\n", note.in_lang(lang));
    }
    out += &format!("\n{}\n", lang.pick("计量点", "points"));
    for (place, template) in model.templates.iter().enumerate() {
        let series = &template.point.series;
        let ratio = if template.ratio == Ratio::None { String::new() } else { format!(" × {}", word(template.ratio)) };
        out += &format!(
            "  {:<26} {:<6} × {}{ratio}  {}\n",
            series.point,
            series.unit,
            series.scale,
            place_text(model, place)
        );
    }
    out += &format!("\n{}\n", lang.pick("出处", "sources"));
    for source in &model.sources {
        out += &format!("  {}: {}\n", source.title, source.location);
        if let Some(says) = &source.says {
            out += &format!("    {says}\n");
        }
    }
    for disagreement in &model.disagreements {
        let points = disagreement.points.join(", ");
        out += &format!("  {} {points}: {}\n", lang.pick("分歧", "they differ in"), disagreement.text.in_lang(lang));
    }
    out
}

fn word(ratio: Ratio) -> &'static str {
    Ratio::WORDS.iter().find(|(_, known)| *known == ratio).map_or("", |(word, _)| word)
}

fn factory_text(factory: &FactorySettings) -> Option<String> {
    let FactorySettings { line: LineSettings { baud, format }, unit_id } = *factory;
    let parts = [
        baud.map(|baud| baud.to_string()),
        format.map(|(parity, stop_bits)| format_word(parity, stop_bits).to_owned()),
        unit_id.map(|unit_id| format!("unit_id {unit_id}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Where a point lies.
fn place_text(model: &Model, place: usize) -> String {
    let found = match &model.points {
        Points::Modbus(points) => points.get(place).map(|point| {
            let order = if point.value_type.registers() > 1 { format!(" {}", point.word_order) } else { String::new() };
            let (function, register) = (point.function as u8, point.register);
            format!("function {function} register {register} (0x{register:04X}) {}{order}", point.value_type)
        }),
        Points::Dlt645(points) => points
            .get(place)
            .map(|point| format!("{:X} offset {} bytes {}", Wide(point.identifier), point.offset, point.bytes)),
        Points::Cjt188(points) => points
            .get(place)
            .map(|point| format!("{:04X} offset {} bytes {}", point.identifier, point.offset, point.bytes)),
    };
    found.unwrap_or_default()
}

/// An identifier in as many digits as its edition has.
struct Wide(u32);

impl std::fmt::UpperHex for Wide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 > 0xFFFF { write!(f, "{:08X}", self.0) } else { write!(f, "{:04X}", self.0) }
    }
}

fn summary(model: &Model) -> Value {
    json!({
        "name": model.id,
        "make": model.make,
        "model": model.model,
        "names": model.names,
        "measures": model.measures,
        "protocol": model.protocol.word(),
        "confidence": model.confidence,
        "values": if model.secondary { "secondary" } else { "primary" },
        "shipped": model.shipped,
    })
}

fn whole(model: &Model) -> Value {
    let points: Vec<Value> = model
        .templates
        .iter()
        .enumerate()
        .map(|(place, template)| {
            let series = &template.point.series;
            json!({
                "name": series.point,
                "unit": series.unit,
                "scale": series.scale.to_string(),
                "ratio": word(template.ratio),
                "carrier": series.carrier,
                "place": place_text(model, place),
            })
        })
        .collect();
    let mut value = summary(model);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("note".into(), json!(model.note));
        fields.insert("sources".into(), json!(model.sources));
        fields.insert("factory".into(), json!(factory_text(&model.factory)));
        fields.insert("points".into(), points.into());
        let disagreements =
            model.disagreements.iter().map(|found| json!({ "points": found.points, "text": found.text }));
        fields.insert("disagreements".into(), disagreements.collect());
    }
    value
}
