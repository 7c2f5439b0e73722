//! What may stand behind the question mark.

use super::Refusal;
use crate::{
    model::{Period, UtcMillis},
    platform::assess::{Basis, Figure, RankingQuery},
    runtime::lang::Text,
};
use axum::{
    extract::Query,
    http::{StatusCode, Uri},
};
use serde::Deserialize;

const QUERY_BYTES_MAX: usize = 2 * 1024;

pub struct RankingRequest {
    pub period: Period,
    pub basis: Basis,
    pub ranking: RankingQuery,
}

pub struct PeriodRequest {
    pub period: Period,
    pub basis: Basis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RankingKeys {
    period: Option<String>,
    sort: Option<String>,
    order: Option<Order>,
    county: Option<String>,
    industry: Option<String>,
    basis: Option<Basis>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodKeys {
    period: Option<String>,
    basis: Option<Basis>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Order {
    Asc,
    Desc,
}

pub fn ranking(raw: &str, now: UtcMillis) -> Result<RankingRequest, Refusal> {
    let keys: RankingKeys = parsed(raw)?;
    let sort = match keys.sort.as_deref() {
        None => Figure::TcePerMu,
        Some(name) => name.parse().map_err(|error: crate::platform::assess::UnknownFigure| {
            let known: Vec<_> = Figure::ALL.iter().map(|figure| figure.name()).collect();
            let known = known.join(", ");
            refuse(format!("没有该排序指标；可用：{known}"), format!("{error}; known are {known}"))
        })?,
    };
    let filter = |text: Option<String>| text.filter(|text| !text.is_empty());
    let ranking = RankingQuery {
        sort,
        descending: keys.order.map_or(sort.higher_is_better(), |order| order == Order::Desc),
        county: filter(keys.county),
        industry: filter(keys.industry),
    };
    Ok(RankingRequest {
        period: period_or_month(keys.period, now)?,
        basis: keys.basis.unwrap_or(Basis::Calorific),
        ranking,
    })
}

pub fn period(raw: &str, now: UtcMillis) -> Result<PeriodRequest, Refusal> {
    let keys: PeriodKeys = parsed(raw)?;
    Ok(PeriodRequest { period: period_or_month(keys.period, now)?, basis: keys.basis.unwrap_or(Basis::Calorific) })
}

fn parsed<T: serde::de::DeserializeOwned>(raw: &str) -> Result<T, Refusal> {
    if raw.len() > QUERY_BYTES_MAX {
        return Err(refuse("查询过长".into(), format!("the query is longer than {QUERY_BYTES_MAX} bytes")));
    }
    let refuse_query = |said: String| refuse(format!("查询参数有误：{said}"), said);
    let uri: Uri = format!("/?{raw}").parse().map_err(|_| refuse_query("the query is no query".into()))?;
    Query::try_from_uri(&uri).map(|Query(keys)| keys).map_err(|rejection| refuse_query(rejection.body_text()))
}

/// The current month where none is asked for.
fn period_or_month(text: Option<String>, now: UtcMillis) -> Result<Period, Refusal> {
    let asked = match text {
        Some(text) => text.parse(),
        None => Period::day_of(now).and_then(|day| day.to_string().get(..7).unwrap_or_default().parse()),
    };
    asked.map_err(|error| {
        let zh = "时段应为年 2026、月 2026-11、日 2026-11-24 或 2026-11-01..2026-11-24（北京时间）";
        refuse(zh.into(), error.to_string())
    })
}

fn refuse(zh: String, en: String) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, Text { zh, en })
}
