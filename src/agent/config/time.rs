//! How a payload writes its time.

use super::{
    PayloadTime, TimeFormat,
    key::{FORMAT, OFFSET},
};
use crate::runtime::{lang::Text, problem::did_you_mean, settings::Section};
use jiff::{civil::DateTime, fmt::strtime};

/// What `format` says, before the offset is known.
enum Written {
    Known(TimeFormat),
    Pattern(String),
}

/// `pointer` reads where the time stands.
pub(super) fn payload_time(section: &Section, pointer: impl Fn(&Section) -> String) -> PayloadTime {
    let pointer = pointer(section);
    let offset = section.parse(&OFFSET, offset_s).map(|offset| offset.value);
    let written = section.parse(&FORMAT, written).map(|format| format.value);
    let format = match written {
        Some(Written::Pattern(pattern)) => {
            if !section.has(&OFFSET) {
                section.missing(&OFFSET);
            }
            TimeFormat::Pattern { pattern, offset_s: offset.unwrap_or_default() }
        }
        Some(Written::Known(format)) => {
            if section.has(&OFFSET) {
                section.doc.report(
                    &section.at(&OFFSET),
                    Text::new("写有 offset", "found an offset"),
                    Text::new("不写：只有 strptime 格式才带 offset", "one beside a strptime pattern only"),
                    Text::new("删除 offset：此格式自带时区", "remove offset: this format says its zone itself"),
                );
            }
            format
        }
        None => TimeFormat::UNIX_MS,
    };
    PayloadTime { pointer, format }
}

fn written(text: &str) -> Result<Written, Text> {
    const KNOWN: [(&str, TimeFormat); 5] = [
        ("unix_ms", TimeFormat::UNIX_MS),
        ("unix_s", TimeFormat::UNIX_S),
        ("unix_us", TimeFormat::UNIX_US),
        ("unix_ns", TimeFormat::UNIX_NS),
        ("iso8601", TimeFormat::Iso8601),
    ];
    if let Some((_, format)) = KNOWN.iter().find(|(word, _)| *word == text) {
        return Ok(Written::Known(format.clone()));
    }
    if !text.contains('%') {
        let pattern = || Text::new("格式例如 \"%d/%m/%Y %H:%M\"", "a pattern is such as \"%d/%m/%Y %H:%M\"");
        return Err(did_you_mean(text, KNOWN.iter().map(|(word, _)| *word)).unwrap_or_else(pattern));
    }
    check_pattern(text)?;
    Ok(Written::Pattern(text.to_owned()))
}

/// A pattern is right when an instant written with it is read back as the same minute.
fn check_pattern(pattern: &str) -> Result<(), Text> {
    let known = DateTime::constant(2021, 11, 24, 13, 47, 5, 0);
    let round = strtime::format(pattern, known).and_then(|text| strtime::parse(pattern, text));
    let back = round.map_err(|error| {
        Text::new(
            format!("改正格式（{error}）；报文自带时区时用 iso8601"),
            format!("correct the pattern ({error}); where the payload names its zone use iso8601"),
        )
    })?;
    let minute = |time: DateTime| (time.date(), time.hour(), time.minute());
    if back.to_datetime().is_ok_and(|back| minute(back) == minute(known)) {
        return Ok(());
    }
    Err(Text::new(
        "格式须含年、月、日、时、分，例如 \"%Y-%m-%d %H:%M\"（12 小时制用 %I 加 %p）",
        "the pattern must hold year, month, day, hour and minute, such as \"%Y-%m-%d %H:%M\" (%I needs %p beside it)",
    ))
}

/// Seconds east of UTC of `+08:00`.
fn offset_s(text: &str) -> Result<i32, Text> {
    let read = || {
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, minutes) = text.get(1..)?.split_once(':')?;
        let number = |part: &str, max: i32| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i32>().ok().filter(|number| digits && *number <= max)
        };
        let seconds = number(hours, 14)? * 3600 + number(minutes, 59)? * 60;
        (seconds <= 14 * 3600).then_some(sign * seconds)
    };
    read().ok_or_else(|| Text::new("中国标准时间写作 \"+08:00\"", "China Standard Time is \"+08:00\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_must_hold_a_whole_minute() {
        for pattern in ["%d/%m/%Y %H:%M", "%Y%m%d%H%M%S", "%Y-%m-%d %I:%M %p", "%F %T%.f", "%b %d %y, %R"] {
            assert!(check_pattern(pattern).is_ok(), "{pattern}");
        }
        for pattern in
            ["%Y-%m-%d", "%H:%M", "%Y-%m-%d %H", "%Y-%m-%d %I:%M", "%m-%d %H:%M", "%Q", "%", "%s", "%F %T %z"]
        {
            assert!(check_pattern(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn offsets_are_hours_and_minutes() {
        assert_eq!(offset_s("+08:00").ok(), Some(28_800));
        assert_eq!(offset_s("-03:30").ok(), Some(-12_600));
        for text in ["", "08:00", "+8:00", "+08", "+08:60", "+14:01", "+15:00", "Z", "+0x:00", "＋08:00"] {
            assert!(offset_s(text).is_err(), "{text}");
        }
    }
}
