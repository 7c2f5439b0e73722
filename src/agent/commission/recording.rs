//! A capture: every byte of a line with its direction and time, as text.
//!
//! ```text
//!   # mujun capture 1
//!   # line /dev/ttyUSB0 9600 8N1
//!   # begun 2026-11-24 20:00:00.123+08:00
//!   +0.000000 > 01 03 20 12 00 02 6F CE
//!   +0.031402 < 01 03 04 00 00 00 00 FA 33
//! ```
//! Seconds since the beginning by a clock that never steps; `>` was sent, `<` came in; bytes in hexadecimal. Lines that
//! begin with `#` are for people. Bytes of one line were handed over at once, which says nothing about frames.
//!
//! # Promises
//! - A file is no longer than asked; where it is full it says so, and the line goes on.

use crate::{agent::source::line::Event, runtime::lang::Text};
use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    time::Duration,
};
use tokio::time::Instant;

const MAGIC: &str = "# mujun capture 1";
/// Two days of a line at 9600 baud that is asked once a second.
pub const BYTES_MAX: u64 = 32 << 20;
const FULL: &str = "# full: what follows was not kept\n";

pub struct Recording {
    out: BufWriter<File>,
    line: String,
    begun: Option<Instant>,
    room: u64,
    error: Option<io::Error>,
}

impl Recording {
    pub fn create(path: &Path, line: &str, bytes_max: u64) -> io::Result<Recording> {
        let out = BufWriter::new(File::create(path)?);
        Ok(Recording { out, line: line.into(), begun: None, room: bytes_max, error: None })
    }

    pub fn told(&mut self, event: &Event<'_>) {
        let (at, sign, bytes) = match event {
            Event::Sent { at, bytes } => (at, '>', *bytes),
            Event::Received { at, bytes } => (at, '<', *bytes),
            Event::Ended(_) => return,
        };
        let mut text = String::new();
        let begun = *self.begun.get_or_insert_with(|| {
            text = format!("{MAGIC}\n# line {}\n# begun {}\n", self.line, at.wall);
            at.steady
        });
        let time = at.steady.saturating_duration_since(begun);
        // writing to a string can not fail
        let _ = write!(text, "+{}.{:06} {sign}", time.as_secs(), time.subsec_micros());
        bytes.iter().for_each(|byte| {
            let _ = write!(text, " {byte:02X}");
        });
        text.push('\n');
        self.put(&text);
    }

    fn put(&mut self, text: &str) {
        let length = (text.len() + FULL.len()) as u64;
        let text = match self.room {
            0 => return,
            room if room < length => {
                self.room = 0;
                FULL
            }
            room => {
                self.room = room - text.len() as u64;
                text
            }
        };
        if let Err(error) = self.out.write_all(text.as_bytes()) {
            self.error.get_or_insert(error);
        }
    }

    /// Its trouble, if there was any.
    pub fn close(mut self) -> Option<io::Error> {
        if self.begun.is_none() {
            self.put(&format!("{MAGIC}\n# line {}\n# nothing was heard\n", self.line));
        }
        let flushed = self.out.flush().err();
        self.error.or(flushed)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Sent,
    Received,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    pub at: Duration,
    pub direction: Direction,
    pub bytes: Vec<u8>,
}

/// A capture as it is read again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recorded {
    pub line: String,
    pub chunks: Vec<Chunk>,
    /// It was longer than its bound.
    pub full: bool,
}

/// What is wrong, with the line's number.
pub fn parse(text: &str) -> Result<Recorded, (usize, Text)> {
    let mut lines = (1..).zip(text.lines());
    if lines.next().map(|(_, line)| line.trim_end()) != Some(MAGIC) {
        let fix = Text::new(
            format!("这不是抓包文件：第一行须为“{MAGIC}”（由 mujun-agent capture 生成）"),
            format!("this is no capture: its first line is `{MAGIC}` (mujun-agent capture writes it)"),
        );
        return Err((1, fix));
    }
    let mut recorded = Recorded::default();
    for (number, line) in lines {
        if let Some(line) = line.strip_prefix("# line ") {
            recorded.line = line.into();
        }
        recorded.full |= FULL.starts_with(line) && line.starts_with("# full");
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        recorded.chunks.push(chunk(line).ok_or_else(|| {
            let fix = Text::new(
                "须为“+秒 > 十六进制字节”，例如 +0.031402 < 01 03 04",
                "`+seconds > bytes in hexadecimal` is expected, such as +0.031402 < 01 03 04",
            );
            (number, fix)
        })?);
    }
    Ok(recorded)
}

fn chunk(line: &str) -> Option<Chunk> {
    let (time, rest) = line.strip_prefix('+')?.split_once(' ')?;
    let (seconds, fraction) = time.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let micros = fraction.parse::<u32>().ok().filter(|_| fraction.len() == 6 && digits(fraction))?;
    let at = Duration::new(seconds.parse().ok().filter(|_| digits(seconds))?, micros * 1000);
    let (sign, bytes) = rest.split_once(' ')?;
    let direction = match sign {
        ">" => Direction::Sent,
        "<" => Direction::Received,
        _ => return None,
    };
    let hex = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |text: &str| u8::from_str_radix(text, 16).ok().filter(|_| hex(text));
    Some(Chunk { at, direction, bytes: bytes.split_whitespace().map(byte).collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::source::line::Moment;

    fn written(bytes_max: u64, events: usize) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c");
        let mut recording = Recording::create(&path, "/dev/a 9600 8N1", bytes_max).unwrap();
        let start = Moment::now();
        for event in 0..events {
            let at = Moment { steady: start.steady + Duration::from_micros(1500 * event as u64), ..start };
            recording.told(&Event::Sent { at, bytes: &[1, 0xAB] });
            recording.told(&Event::Received { at, bytes: &[2] });
        }
        assert!(recording.close().is_none());
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_was_recorded_is_read_again() {
        let text = written(BYTES_MAX, 2);
        let recorded = parse(&text).unwrap();
        let chunk =
            |us, direction, bytes: &[u8]| Chunk { at: Duration::from_micros(us), direction, bytes: bytes.into() };
        assert_eq!(recorded.line, "/dev/a 9600 8N1");
        assert_eq!(
            recorded.chunks,
            [
                chunk(0, Direction::Sent, &[1, 0xAB]),
                chunk(0, Direction::Received, &[2]),
                chunk(1500, Direction::Sent, &[1, 0xAB]),
                chunk(1500, Direction::Received, &[2])
            ]
        );
        assert_eq!(parse(&written(BYTES_MAX, 0)).unwrap().chunks, []);
    }

    #[test]
    fn it_is_no_longer_than_asked_and_says_that_it_is_full() {
        let text = written(400, 1000);
        assert!(text.len() <= 400 && text.ends_with(FULL), "{}", text.len());
        let recorded = parse(&text).unwrap();
        assert!(recorded.full && recorded.chunks.len() > 3);
    }

    #[test]
    fn what_is_no_capture_is_refused_with_its_line() {
        let wrong = |text: &str| parse(text).unwrap_err().0;
        assert_eq!(wrong(""), 1);
        assert_eq!(wrong("# mujun capture 2\n"), 1);
        for line in [
            "0.1 > 01",
            "+0.1 > 01",
            "+0.000000 = 01",
            "+0.000000 > 1",
            "+0.000000 > xx",
            "+0.000000 >",
            "+-1.000000 > 01",
        ] {
            assert_eq!(wrong(&format!("{MAGIC}\n\n{line}\n")), 3, "{line}");
        }
    }
}
