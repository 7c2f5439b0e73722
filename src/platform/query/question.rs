//! A question's fields as what is asked. Nothing that is not understood is passed over.

use crate::{
    model::Period,
    platform::assess::{Basis, Figure, RankingQuery},
    wire::proto::RankingRequest,
};
use std::collections::BTreeSet;
use tonic::Status;

/// Rows of one page.
const LIMIT_MAX: u32 = 200;
const LIMIT: u32 = 50;
/// Sites that one question names.
pub const NAMED_MAX: usize = 200;
/// Sites that one subscription names.
pub const FOLLOWED_MAX: usize = 1000;
/// The longest period whose quarter-hours are one answer.
const INTERVALS_DAYS_MAX: i64 = 31;
const DAY_MS: i64 = 86_400_000;

fn bad(zh: impl std::fmt::Display, en: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("{zh} / {en}"))
}

pub fn period(text: &str) -> Result<Period, Status> {
    text.parse().map_err(|_| {
        bad(
            "period 应为 2026、2026-11、2026-11-24 或 2026-11-01..2026-11-24（北京时间）",
            "period is 2026, 2026-11, 2026-11-24 or 2026-11-01..2026-11-24, China Standard Time",
        )
    })
}

pub fn short_period(text: &str) -> Result<Period, Status> {
    let period = period(text)?;
    if period.duration_ms() <= INTERVALS_DAYS_MAX * DAY_MS {
        return Ok(period);
    }
    Err(bad(
        format!("刻钟数据一次最多 {INTERVALS_DAYS_MAX} 天"),
        format!("quarter-hours are given for at most {INTERVALS_DAYS_MAX} days at once"),
    ))
}

pub fn basis(text: &str) -> Result<Basis, Status> {
    match text {
        "" | "calorific" => Ok(Basis::Calorific),
        "equivalent" => Ok(Basis::Equivalent),
        _ => Err(bad("basis 应为 calorific 或 equivalent", "basis is calorific or equivalent")),
    }
}

pub fn limit(limit: u32) -> Result<usize, Status> {
    match limit {
        0 => Ok(LIMIT as usize),
        1..=LIMIT_MAX => Ok(limit as usize),
        _ => Err(bad(format!("limit 最多 {LIMIT_MAX}"), format!("limit is at most {LIMIT_MAX}"))),
    }
}

/// Credit codes that are asked for; `None`: all.
pub fn wanted(codes: &[String], most: usize) -> Result<Option<BTreeSet<String>>, Status> {
    if codes.len() > most {
        return Err(bad(format!("一次最多 {most} 个单位"), format!("at most {most} sites are named at once")));
    }
    if !codes.iter().all(|code| is_credit_code(code)) {
        return Err(bad("统一社会信用代码应为 18 位", "a credit code has 18 digits and capitals"));
    }
    Ok((!codes.is_empty()).then(|| codes.iter().cloned().collect()))
}

/// The signs of a 统一社会信用代码; whether it exists the registry knows.
pub fn is_credit_code(text: &str) -> bool {
    text.len() == 18 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

pub fn ranking(asked: &RankingRequest) -> Result<RankingQuery, Status> {
    let sort = match asked.sort.as_str() {
        "" => Figure::TcePerMu,
        name => name.parse().map_err(|_| {
            let known = Figure::ALL.map(Figure::name).join(", ");
            bad(format!("sort 应为：{known}"), format!("sort is one of {known}"))
        })?,
    };
    let descending = match asked.order.as_str() {
        "" => sort.higher_is_better(),
        "asc" => false,
        "desc" => true,
        _ => return Err(bad("order 应为 asc 或 desc", "order is asc or desc")),
    };
    let county = Some(asked.county_code.clone()).filter(|code| !code.is_empty());
    if county.as_ref().is_some_and(|code| code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit())) {
        return Err(bad("county_code 应为六位行政区划代码", "county_code is a code of six digits (GB/T 2260)"));
    }
    let industry = Some(asked.industry_code.clone()).filter(|code| !code.is_empty());
    if industry.as_ref().is_some_and(|code| code.len() > 5 || !code.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Err(bad("industry_code 应为行业代码或其开头", "industry_code is a GB/T 4754 code or its beginning"));
    }
    Ok(RankingQuery { sort, descending, county, industry })
}
