//! A reading or a delivery, as a person says it → an event, checked against the configuration.

use super::number::{count, label, time};
use crate::{
    agent::config::{ManualPoint, Point},
    model::{Entered, Event, EventKind, Proof, Series, UtcMillis},
    runtime::{
        lang::Text,
        problem::{Problems, did_you_mean, found, quoted},
    },
    wire::record::{NAME_BYTES_MAX, NOTE_BYTES_MAX},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read},
    path::Path,
};

/// A photograph or a scan, and far more.
const FILE_MIB_MAX: u64 = 64;

/// As on the command line, or in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub meter: String,
    pub point: String,
    /// In the unit: what the meter shows, or how much was delivered.
    pub value: String,
    pub by: String,
    pub evidence: String,
    pub file: Option<Proof>,
    pub at: Option<String>,
}

/// The event that says so, under this id.
///
/// # Errors
/// All that is wrong, each with its argument and a remedy.
pub fn entry(
    points: &[Point],
    manual: &[ManualPoint],
    written: &Written,
    event_id: [u8; 16],
    now: UtcMillis,
) -> Result<Event, Problems> {
    let mut wrong = Vec::new();
    let known: Vec<(&Series, bool)> = manual
        .iter()
        .filter_map(|one| points.get(one.series as usize).map(|point| (&point.series, one.delivery)))
        .collect();
    let at_hand = match find(&known, written) {
        Ok((series, delivery)) => number(series, delivery, &written.value)
            .map_err(|problem| wrong.push(problem))
            .ok()
            .map(|count| (count, delivery)),
        Err(problem) => {
            wrong.push(problem);
            None
        }
    };
    let file = written.file.as_ref().map(|file| ("--file", &file.name, NAME_BYTES_MAX));
    let texts = [("--by", &written.by, NAME_BYTES_MAX), ("--evidence", &written.evidence, NOTE_BYTES_MAX)];
    wrong.extend(texts.into_iter().chain(file).filter_map(|(argument, text, max)| label(argument, text, max)));
    let time = time(written.at.as_deref(), now).unwrap_or_else(|problem| {
        wrong.push(problem);
        now
    });
    let Some((count, delivery)) = at_hand.filter(|_| wrong.is_empty()) else {
        return Err(Problems::gathered(wrong).unwrap_or_else(nothing));
    };
    let Written { meter, point, by, evidence, file, .. } = written.clone();
    let entered = Entered { meter, point, count, delivery, by, evidence, file, entered: now };
    Ok(Event { event_id, time, what: EventKind::Entered(entered) })
}

/// Nothing was found wrong and there is no number: this can not be, and is no reason to end.
fn nothing() -> Problems {
    Problems::of_file(
        "VALUE",
        Text::new("没有读数", "no value"),
        Text::new("一个读数", "a value"),
        Text::new("写上读数", "write one"),
    )
}

fn find<'a>(known: &[(&'a Series, bool)], written: &Written) -> Result<(&'a Series, bool), Problems> {
    let meters: BTreeSet<&str> = known.iter().map(|(series, _)| series.meter.as_str()).collect();
    if !meters.contains(written.meter.as_str()) {
        let list = match meters.is_empty() {
            true => Text::new("在配置文件中加上 [[manual]]", "add [[manual]] to the configuration"),
            false => Text::new(
                format!("手工抄录的仪表：{}", joined(&meters, "、")),
                format!("meters that are read by hand: {}", joined(&meters, ", ")),
            ),
        };
        return Err(Problems::of_file(
            "METER",
            Text::new(
                format!("没有手工抄录的仪表 {}", quoted(&written.meter)),
                format!("no meter {} that is read by hand", quoted(&written.meter)),
            ),
            Text::new("一个 [[manual]] 的名称", "the name of a [[manual]]"),
            did_you_mean(&written.meter, meters).unwrap_or(list),
        ));
    }
    let own = known.iter().filter(|(series, _)| series.meter == written.meter);
    let points: BTreeSet<&str> = own.clone().map(|(series, _)| series.point.as_str()).collect();
    own.copied().find(|(series, _)| series.point == written.point).ok_or_else(|| {
        let list = Text::new(
            format!("该仪表的计量点：{}", joined(&points, "、")),
            format!("its points: {}", joined(&points, ", ")),
        );
        Problems::of_file(
            "POINT",
            Text::new(format!("没有计量点 {}", quoted(&written.point)), format!("no point {}", quoted(&written.point))),
            Text::new("该仪表的一个计量点", "a point of the meter"),
            did_you_mean(&written.point, points.clone()).unwrap_or(list),
        )
    })
}

fn joined(names: &BTreeSet<&str>, between: &str) -> String {
    names.iter().copied().collect::<Vec<_>>().join(between)
}

fn number(series: &Series, delivery: bool, value: &str) -> Result<i64, Problems> {
    let count = count(series, "VALUE", value, Text::new("例如 12345.67", "such as 12345.67"))?;
    if delivery && count == 0 {
        return Err(Problems::of_file(
            "VALUE",
            found("0"),
            Text::new("大于 0 的进货量", "an amount above 0 that was delivered"),
            Text::new("没有进货就不必登记", "where nothing was delivered there is nothing to enter"),
        ));
    }
    Ok(count)
}

/// The hash of a file that shows what was entered. Blocks on the disk.
///
/// # Errors
/// It can not be read, or is too large.
pub fn file(path: &Path) -> Result<Proof, Problems> {
    let failed = |error: &io::Error| {
        Problems::of_file(
            "--file",
            Text::new(format!("{}：{error}", path.display()), format!("{}: {error}", path.display())),
            Text::new(
                format!("一个能读取的文件，最大 {FILE_MIB_MAX} MiB"),
                format!("a file that can be read, of {FILE_MIB_MAX} MiB at most"),
            ),
            Text::new("核对路径与权限", "check the path and its rights"),
        )
    };
    let hash = || -> io::Result<[u8; 32]> {
        let (mut bytes, mut left) = (File::open(path)?, FILE_MIB_MAX << 20);
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
        loop {
            let count = bytes.read(&mut buffer)?;
            if count == 0 {
                return Ok(hash.finalize().into());
            }
            left = left.checked_sub(count as u64).ok_or_else(|| io::Error::other("the file is too large"))?;
            hash.update(buffer.get(..count).unwrap_or_default());
        }
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    hash().map(|sha256| Proof { name, sha256 }).map_err(|error| failed(&error))
}
