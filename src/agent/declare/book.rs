//! What was entered at this gateway, one line of JSON each: `<spool>/declared/entered.jsonl`.
//!
//! # Promises
//! - Two deliveries to one point never have one time: that of the later entry moves on by 2 ms, so that both count.
//! - A second reading of a point at one time that says otherwise is refused, since nobody can tell which one is right.
//! - The line is on the disk before the event is: an entry that failed may stand here, none is missing.
//!
//! # Does not
//! Feed anything: the records are what counts. The file may be moved away, and only these two promises forget with it.

use super::declare;
use crate::{
    model::{Entered, Event, EventKind, UtcMillis},
    runtime::lang::Text,
    wire::hex,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

const NAME: &str = "entered.jsonl";
/// A hundred thousand entries.
const BYTES_MAX: u64 = 32 << 20;
/// From the 0 before a delivery to that of the next one.
const DELIVERY_MS: i64 = 2;
/// Deliveries at one time that are told apart; more are a program gone wrong.
const SAME_TIME_MAX: i64 = 500;

#[derive(Serialize, Deserialize)]
struct Line {
    id: String,
    time_ms: i64,
    entered_ms: i64,
    meter: String,
    point: String,
    count: i64,
    delivery: bool,
    by: String,
    evidence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// Why an entry was not taken.
#[derive(Debug)]
pub enum Refused {
    Disk(io::Error),
    /// A reading of that time says this count already.
    Contradicts(i64),
    /// So many deliveries of one time.
    Crowded,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        Refused::Disk(error)
    }
}

impl Refused {
    pub fn text(&self, dir: &Path) -> Text {
        let dir = dir.display();
        match self {
            Refused::Disk(error) => Text::new(
                format!("未能写入 {dir}/declared（{error}），没有登记\n  改法：核对磁盘，并以运行服务的用户执行"),
                format!(
                    "{dir}/declared can not be written ({error}); nothing was entered\n  fix: check the disk, and run it as the service's user"
                ),
            ),
            Refused::Contradicts(count) => Text::new(
                format!(
                    "该时刻已登记过另一读数（{count} 个计数），没有登记\n  改法：核对时间；确有两次抄表，写各自的时刻"
                ),
                format!(
                    "another reading ({count} counts) was entered for that time; nothing was entered\n  fix: check the time; where it was read twice, write the time of each"
                ),
            ),
            Refused::Crowded => Text::new(
                format!("该时刻已登记 {SAME_TIME_MAX} 次进货，没有登记\n  改法：写各自的时刻"),
                format!(
                    "{SAME_TIME_MAX} deliveries were entered for that time; nothing was entered\n  fix: write the time of each"
                ),
            ),
        }
    }
}

/// Notes and declares an entry for the agent of the spool in `dir`; durable on return. Gives the event as it was
/// declared. Blocks on the disk.
pub fn enter(dir: &Path, mut event: Event) -> Result<Event, Refused> {
    let EventKind::Entered(entered) = event.what.clone() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it enters nothing").into());
    };
    let folder = super::folder(dir);
    fs::create_dir_all(&folder)?;
    let mut book = OpenOptions::new().read(true).append(true).create(true).open(folder.join(NAME))?;
    // until the file is closed: a command and the console may be at it at once
    book.lock()?;
    event.time = free(&lines(&mut book)?, &entered, event.time)?;
    let line = Line {
        id: hex(&event.event_id),
        time_ms: event.time.0,
        entered_ms: entered.entered.0,
        meter: entered.meter,
        point: entered.point,
        count: entered.count,
        delivery: entered.delivery,
        by: entered.by,
        evidence: entered.evidence,
        sha256: entered.file.as_ref().map(|file| hex(&file.sha256)),
        file: entered.file.map(|file| file.name),
    };
    let mut text = serde_json::to_vec(&line).map_err(io::Error::other)?;
    text.push(b'\n');
    book.write_all(&text)?;
    book.sync_all()?;
    declare(dir, &event)?;
    Ok(event)
}

fn lines(book: &mut File) -> io::Result<Vec<Line>> {
    let mut text = String::new();
    book.seek(SeekFrom::Start(0))?;
    book.take(BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > BYTES_MAX {
        return Err(io::Error::other(format!("{NAME} is full: move it away, it is not needed for what was entered")));
    }
    // a line that a power cut tore says nothing
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The time under which the entry stands beside those that are there.
fn free(lines: &[Line], entered: &Entered, time: UtcMillis) -> Result<UtcMillis, Refused> {
    let own = lines.iter().filter(|line| line.meter == entered.meter && line.point == entered.point);
    if !entered.delivery {
        let other = own.clone().find(|line| line.time_ms == time.0 && line.count != entered.count);
        return other.map_or(Ok(time), |line| Err(Refused::Contradicts(line.count)));
    }
    let taken: Vec<i64> = own.map(|line| line.time_ms).collect();
    let apart = |at: UtcMillis| taken.iter().all(|other| other.abs_diff(at.0) >= DELIVERY_MS.unsigned_abs());
    let places = (0..SAME_TIME_MAX).map(|step| time.plus_ms(step * DELIVERY_MS));
    places.into_iter().find(|at| apart(*at)).ok_or(Refused::Crowded)
}
