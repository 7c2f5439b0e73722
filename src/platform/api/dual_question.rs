//! What questions about dual control, and what is written of it, have in common.

use super::{
    question::Asked,
    refusal::{Refusal, quoted},
};
use crate::{
    model::{Period, UtcMillis},
    platform::intensity::span,
    runtime::lang::Text,
};
use axum::http::StatusCode;

/// Rows of one page of a sorted list.
const LIMIT_MAX: usize = 200;
const LIMIT: usize = 50;
/// Rows that one request writes: a province's key units.
const ROWS_MAX: usize = 20_000;
const SOURCE_BYTES_MAX: usize = 512;
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

/// By default the year that holds `now`, China Standard Time.
pub fn year(asked: &Asked, now: UtcMillis) -> Result<i16, Refusal> {
    let Some(text) = asked.value("year") else {
        return Ok(now.civil().map_or(*YEARS.start(), |civil| civil.year()));
    };
    text.parse().ok().filter(|year| YEARS.contains(year)).ok_or_else(wrong_year)
}

/// # Errors
/// Where it is outside of what periods may be.
pub fn checked_year(year: i16) -> Result<i16, Refusal> {
    Some(year).filter(|year| YEARS.contains(year)).ok_or_else(wrong_year)
}

fn wrong_year() -> Refusal {
    Refusal::bad("year 应为 1970 到 2199", "year is a number from 1970 to 2199")
}

/// Beside days, months and years a quarter and twelve rolling months; by default this year.
pub fn period(asked: &Asked, now: UtcMillis) -> Result<Period, Refusal> {
    let this_year = now.civil().map_or_else(String::new, |civil| format!("{:04}", civil.year()));
    let text = asked.value("period").unwrap_or(&this_year);
    span(text).ok_or_else(|| {
        let text = quoted(text);
        Refusal::bad(
            format!("{text} 不是周期；例如 2026、2026-Q3、2026-11、2026-11-24、2026-01..2026-10 或 rolling:2026-11（连续十二个月）"),
            format!("{text} is no period: write 2026, 2026-Q3, 2026-11, 2026-11-24, 2026-01..2026-10 or rolling:2026-11 (twelve months)"),
        )
    })
}

/// Offset and limit.
pub fn page(asked: &Asked) -> Result<(usize, usize), Refusal> {
    let wrong = || {
        Refusal::bad(
            format!("offset 为非负整数，limit 为 1 到 {LIMIT_MAX}"),
            format!("offset is a number from 0, limit one from 1 to {LIMIT_MAX}"),
        )
    };
    let number =
        |key: &str, default: usize| asked.value(key).map_or(Ok(default), |text| text.parse().map_err(|_| wrong()));
    let (offset, limit) = (number("offset", 0)?, number("limit", LIMIT)?);
    if (1..=LIMIT_MAX).contains(&limit) { Ok((offset, limit)) } else { Err(wrong()) }
}

/// A region's code: six digits (GB/T 2260) or nine (GB/T 10114).
pub fn region<'a>(asked: &'a Asked, key: &str) -> Result<Option<&'a str>, Refusal> {
    asked.value(key).map(region_code).transpose()
}

pub fn region_code(text: &str) -> Result<&str, Refusal> {
    if matches!(text.len(), 6 | 9) && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(text);
    }
    Err(Refusal::bad(
        "行政区划代码应为六位（GB/T 2260）或九位（GB/T 10114）数字",
        "a region's code has six digits (GB/T 2260) or nine (GB/T 10114)",
    ))
}

/// The beginning of an industry's code.
pub fn industry(asked: &Asked) -> Result<Option<&str>, Refusal> {
    let Some(code) = asked.value("industry") else { return Ok(None) };
    let fits = match code.as_bytes() {
        [b'A'..=b'T', digits @ ..] => digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let wrong = || {
        Refusal::bad(
            "industry 应为 GB/T 4754 行业代码或其开头，例如 C17",
            "industry is a GB/T 4754 code or its beginning, such as C17",
        )
    };
    if fits { Ok(Some(code)) } else { Err(wrong()) }
}

/// One of the names.
pub fn one_of<'n, T: Copy>(asked: &Asked, key: &str, known: &'n [(&'n str, T)], default: T) -> Result<T, Refusal> {
    let Some(text) = asked.value(key) else { return Ok(default) };
    known.iter().find(|(name, _)| *name == text).map(|(_, one)| *one).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let (text, names) = (quoted(text), names.join(", "));
        Refusal::bad(
            format!("{key} 不能是 {text}；可用：{names}"),
            format!("{key} can not be {text}; known are {names}"),
        )
    })
}

/// A document's name.
pub fn source(text: String) -> Result<String, Refusal> {
    if text.trim().is_empty() || text.len() > SOURCE_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Refusal::bad(
            format!("source 应写明依据文件，一行，最多 {SOURCE_BYTES_MAX} 字节"),
            format!("source names the document, in one line of at most {SOURCE_BYTES_MAX} bytes"),
        ));
    }
    Ok(text)
}

pub fn bounded<T>(rows: Vec<T>) -> Result<Vec<T>, Refusal> {
    if (1..=ROWS_MAX).contains(&rows.len()) {
        return Ok(rows);
    }
    Err(Refusal::bad(format!("应有 1 到 {ROWS_MAX} 行"), format!("there are 1 to {ROWS_MAX} rows")))
}

pub fn not_theirs(code: &str) -> Refusal {
    let code = quoted(code);
    let text = Text::new(format!("没有 {code}"), format!("there is no {code}"));
    Refusal { status: StatusCode::NOT_FOUND, text }
}

/// A row's number is what a person looks for.
pub fn numbered<T, U>(rows: Vec<T>, read: impl Fn(T) -> Result<U, Refusal>) -> Result<Vec<U>, Refusal> {
    let numbered = |(row, one): (usize, T)| {
        read(one).map_err(|mut refusal| {
            let Text { zh, en } = refusal.text;
            refusal.text = Text::new(format!("第 {row} 行：{zh}"), format!("row {row}: {en}"));
            refusal
        })
    };
    (1..).zip(rows).map(numbered).collect()
}
