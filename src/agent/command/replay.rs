//! `mujun-agent replay`: a capture, frame by frame.

use super::tool::{EXIT_FINDINGS, refused};
use crate::{
    agent::commission::{
        frames::{self, Row, State},
        recording::{self, Recorded},
        table::Table,
    },
    runtime::lang::Lang,
};
use serde_json::json;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// A file that `capture` wrote
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

const FILE_MAX: u64 = 4 << 30;

pub fn run(arguments: &Arguments, lang: Lang) -> ExitCode {
    let file = &arguments.file;
    let recorded = match load(file, lang) {
        Ok(recorded) => recorded,
        Err(text) => return refused(&text),
    };
    let rows = frames::rows(&recorded.chunks);
    println!("{}", if arguments.json { json(&recorded, &rows) } else { table(&recorded, &rows, lang) });
    let sound = rows.iter().all(|row| row.state == State::Sound && row.noise == 0);
    if sound { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FINDINGS) }
}

fn load(path: &Path, lang: Lang) -> Result<Recorded, String> {
    let shown = path.display();
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_MAX).read_to_string(&mut text));
    read.map_err(|error| {
        lang.pick(format!("{shown} 无法读取（{error}）"), format!("{shown} can not be read ({error})"))
    })?;
    recording::parse(&text).map_err(|(line, fix)| format!("{shown}:{line}: {}", fix.in_lang(lang)))
}

pub fn table(recorded: &Recorded, rows: &[Row], lang: Lang) -> String {
    let head = lang.pick(
        ["时刻 s", "协议", "询问", "应答 ms", "状态", "噪声", "发出", "收到"],
        ["time s", "protocol", "asked", "reply ms", "state", "noise", "sent", "received"],
    );
    let mut table = Table::new(head);
    for row in rows {
        let turnaround = row.turnaround.map(|time| format!("{:.1}", time.as_secs_f64() * 1000.0));
        table.row([
            format!("{:.3}", row.at.as_secs_f64()),
            row.protocol.to_owned(),
            row.asked.clone(),
            turnaround.unwrap_or_else(|| "-".into()),
            row.state.text().in_lang(lang).to_owned(),
            row.noise.to_string(),
            frames::hex(&row.sent),
            frames::hex(&row.received),
        ]);
    }
    let count = |state: State| rows.iter().filter(|row| row.state == state).count();
    let (all, sound, damaged, nothing) =
        (rows.len(), count(State::Sound), count(State::Damaged), count(State::Nothing));
    let line = &recorded.line;
    let full = if recorded.full {
        lang.pick("；文件已满，后面的没有保存", "; the file was full, what followed is not in it")
    } else {
        ""
    };
    let sum = lang.pick(
        format!("{line}：{all} 次，完好 {sound}，校验错 {damaged}，无回答 {nothing}{full}"),
        format!(
            "{line}: {all} exchanges, {sound} sound, {damaged} with a wrong checksum, {nothing} without a reply{full}"
        ),
    );
    format!("{}\n{sum}", table.render())
}

fn json(recorded: &Recorded, rows: &[Row]) -> String {
    let of = |row: &Row| {
        json!({
            "at_s": row.at.as_secs_f64(),
            "protocol": row.protocol,
            "asked": row.asked,
            "turnaround_ms": row.turnaround.map(|time| time.as_secs_f64() * 1000.0),
            "state": row.state,
            "noise": row.noise,
            "sent": frames::hex(&row.sent),
            "received": frames::hex(&row.received),
        })
    };
    json!({ "line": recorded.line, "full": recorded.full, "exchanges": rows.iter().map(of).collect::<Vec<_>>() })
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURE: &str = "# mujun capture 1\n# line /dev/ttyUSB0 9600 8N1\n\
        +0.000000 > 01 03 00 64 00 01 C5 D5\n+0.031000 < 01 03 02 00 64 B9 AF\n\
        +1.000000 > 01 03 00 64 00 01 C5 D5\n+1.020000 < 01 03 02 00 65 B9 AF\n\
        +2.000000 > 01 03 00 64 00 01 C5 D5\n";

    fn shown(lang: Lang) -> String {
        let recorded = recording::parse(CAPTURE).unwrap();
        table(&recorded, &frames::rows(&recorded.chunks), lang)
    }

    #[test]
    fn a_capture_is_a_table_in_both_languages() {
        let english = "\
time s  protocol    asked            reply ms  state           noise  sent                     received
------  ----------  ---------------  --------  --------------  -----  -----------------------  --------------------
0.000   modbus-rtu  1: 3 @0x0064 x1  31.0      sound           0      01 03 00 64 00 01 C5 D5  01 03 02 00 64 B9 AF
1.000   modbus-rtu  1: 3 @0x0064 x1  20.0      wrong checksum  0      01 03 00 64 00 01 C5 D5  01 03 02 00 65 B9 AF
2.000   modbus-rtu  1: 3 @0x0064 x1  -         no reply        0      01 03 00 64 00 01 C5 D5
/dev/ttyUSB0 9600 8N1: 3 exchanges, 1 sound, 1 with a wrong checksum, 1 without a reply";
        assert_eq!(shown(Lang::En), english);
        let chinese = "\
时刻 s  协议        询问             应答 ms  状态    噪声  发出                     收到
------  ----------  ---------------  -------  ------  ----  -----------------------  --------------------
0.000   modbus-rtu  1: 3 @0x0064 x1  31.0     完好    0     01 03 00 64 00 01 C5 D5  01 03 02 00 64 B9 AF
1.000   modbus-rtu  1: 3 @0x0064 x1  20.0     校验错  0     01 03 00 64 00 01 C5 D5  01 03 02 00 65 B9 AF
2.000   modbus-rtu  1: 3 @0x0064 x1  -        无回答  0     01 03 00 64 00 01 C5 D5
/dev/ttyUSB0 9600 8N1：3 次，完好 1，校验错 1，无回答 1";
        assert_eq!(shown(Lang::Zh), chinese);
    }
}
