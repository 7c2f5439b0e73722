//! Evaluations: rule sets, runs, a site's workings, what-if, comparison, objections, publication.
//!
//! # Promises
//! - A run is seen by those whose region it touches, and in it the sites of their region. Running and objecting is an
//!   operator's, for rules whose regions they see whole; publishing an administrator's.

mod view;

use super::{
    Answer, State,
    body::Posted,
    json,
    question::{self, Asked},
    refusal::{Refusal, quoted},
    visible,
};
use crate::{
    platform::{
        access::{Asker, Role},
        evaluation::{Change, Correction, Quantity, RunError, compare, rule::RuleSet, stored_site},
        store::{EvaluationRow, SiteQuery, SiteSort},
    },
    runtime::{lang::Text, task},
};
use axum::{
    Extension,
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{StatusCode, Uri},
};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

type Number = Result<Path<i64>, PathRejection>;

/// Rows of a page.
const LIMIT_MAX: u64 = 200;
const LIMIT: u64 = 50;
/// Changes of one what-if: one for each quantity is more than anybody asks.
const CHANGES_MAX: usize = 20;
/// Characters of evidence or reason.
const WORDS_MAX: usize = 2_000;
/// Runs of one site that are listed.
const GRADES_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(rules))
        .routes(routes!(rule_set))
        .routes(routes!(list, try_out))
        .routes(routes!(compared))
        .routes(routes!(what_if))
        .routes(routes!(one))
        .routes(routes!(workings))
        .routes(routes!(object))
        .routes(routes!(publish))
        .routes(routes!(grades))
}

/// The rule sets that are loaded
#[utoipa::path(get, path = "/api/v1/rules", responses((status = 200, body = view::RuleSets)))]
async fn rules(Shared(state): Shared<State>, uri: Uri) -> Answer {
    Asked::read(&uri, &[])?;
    json(move || Ok(view::RuleSets::of(state.runs.sets()))).await
}

/// One rule set: groups, indicators, weights, base values, bands, and what its source does not give
#[utoipa::path(get, path = "/api/v1/rules/{id}", params(("id" = String, Path)),
    responses((status = 200, body = view::RuleSetWhole)))]
async fn rule_set(Shared(state): Shared<State>, path: Result<Path<String>, PathRejection>, uri: Uri) -> Answer {
    Asked::read(&uri, &[])?;
    let id = path.map(|Path(id)| id).unwrap_or_default();
    json(move || Ok(view::RuleSetWhole::of(state.runs.set(&id)?))).await
}

/// Runs, the newest first
#[utoipa::path(get, path = "/api/v1/evaluations", params(
    ("year" = Option<i16>, Query, minimum = 1970, maximum = 2199),
    ("region" = Option<String>, Query, description = "GB/T 2260 code that the rules hold for"),
), responses((status = 200, body = view::Runs)))]
async fn list(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["year", "region"])?;
    let year = number(&asked, "year", 1970..=2199)?.and_then(|year| i16::try_from(year).ok());
    let region = region(&asked)?;
    let mut runs = state.store.evaluations(year).await?;
    runs.retain(|run| touches(&asker.regions, &run.regions) && touches(std::slice::from_ref(&region), &run.regions));
    json(move || Ok(view::Runs::of(&runs))).await
}

/// What to run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrialAsked {
    rules: String,
    #[schema(minimum = 1970, maximum = 2199)]
    year: i16,
}

/// Run rules over a year's figures, as a trial
#[utoipa::path(post, path = "/api/v1/evaluations", request_body = TrialAsked,
    responses((status = 200, body = view::Made)))]
async fn try_out(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    Posted(asked): Posted<TrialAsked>,
) -> Answer {
    asker.need(Role::Operator)?;
    let rules = owned(&state, &asker, &asked.rules)?;
    let id = state.runs.try_out(&rules, year(asked.year)?, asker.name).await?;
    json(move || Ok(view::Made { id })).await
}

/// A run: its grades, and its sites page by page
#[utoipa::path(get, path = "/api/v1/evaluations/{id}", params(
    ("id" = i64, Path),
    ("group" = Option<String>, Query),
    ("grade" = Option<String>, Query, description = "`-`: those without a grade"),
    ("region" = Option<String>, Query, description = "GB/T 2260 code"),
    ("sort" = Option<String>, Query, description = "rank (by default), score, grade, name or credit_code"),
    ("order" = Option<String>, Query, description = "asc or desc"),
    ("offset" = Option<u64>, Query),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "50 by default"),
), responses((status = 200, body = view::RunPage)))]
async fn one(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, id: Number, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["group", "grade", "region", "sort", "order", "offset", "limit"])?;
    let query = site_query(&asked, &asker)?;
    let run = seen(&state, &asker, id).await?;
    let page = state.store.evaluation_sites(run.id, query.clone()).await?;
    let grades = state.store.evaluation_grades(run.id, query).await?;
    json(move || view::RunPage::of(&run, &grades, &page)).await
}

/// One site of a run down to registers, entries and rule lines
#[utoipa::path(get, path = "/api/v1/evaluations/{id}/sites/{code}", params(
    ("id" = i64, Path), ("code" = String, Path, description = "Credit code"),
), responses((status = 200, body = view::SiteWorkings)))]
async fn workings(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    path: Result<Path<(i64, String)>, PathRejection>,
    uri: Uri,
) -> Answer {
    Asked::read(&uri, &[])?;
    let Path((id, code)) = path.map_err(|_| no_run())?;
    let code = question::credit_code(&code)?.to_owned();
    let run = seen(&state, &asker, Ok(Path(id))).await?;
    let worked = state.runs.workings(id, &code).await?;
    // as it was then: the site may have left the registry
    if !asker.sees(&worked.site.county_code) {
        return Err(Refusal::no_such_site());
    }
    let rules = state.runs.rules_of(id).await?;
    json(move || Ok(view::SiteWorkings::of(&run, &rules, worked))).await
}

/// What is asked of one site.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WhatIfAsked {
    rules: String,
    #[schema(minimum = 1970, maximum = 2199)]
    year: i16,
    site: String,
    changes: Vec<ChangeAsked>,
}

/// One quantity, with a factor or a value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeAsked {
    item: String,
    factor: Option<String>,
    value: Option<String>,
}

/// What a site would get with other quantities; nothing is stored
#[utoipa::path(post, path = "/api/v1/evaluations/what-if", request_body = WhatIfAsked,
    responses((status = 200, body = view::WhatIfAnswer)))]
async fn what_if(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    Posted(asked): Posted<WhatIfAsked>,
) -> Answer {
    let code = question::credit_code(&asked.site)?.to_owned();
    visible::site(&state, &asker, &code).await?;
    if asked.changes.len() > CHANGES_MAX {
        return Err(Refusal::bad(format!("最多 {CHANGES_MAX} 项改动"), format!("at most {CHANGES_MAX} changes")));
    }
    let changes = asked.changes.iter().map(change).collect::<Result<_, _>>()?;
    let rules = state.runs.set(&asked.rules)?.clone();
    let found = state.runs.what_if(&rules, year(asked.year)?, &code, changes).await?;
    json(move || Ok(view::WhatIfAnswer::of(found))).await
}

/// Two runs beside each other: who moves, from which grade to which, because of what
#[utoipa::path(get, path = "/api/v1/evaluations/compare", params(
    ("a" = i64, Query, minimum = 1), ("b" = i64, Query, minimum = 1),
    ("offset" = Option<u64>, Query),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "50 by default"),
), responses((status = 200, body = view::ComparedPage)))]
async fn compared(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["a", "b", "offset", "limit"])?;
    let (offset, limit) = page(&asked)?;
    let id = |key: &str| {
        let missing = || Refusal::bad(format!("缺少 {key}：评价的编号"), format!("{key} is missing: the id of a run"));
        number(&asked, key, 1..=i64::MAX as u64)?.and_then(|id| i64::try_from(id).ok()).ok_or_else(missing)
    };
    let (a, b) = (seen(&state, &asker, Ok(Path(id("a")?))).await?, seen(&state, &asker, Ok(Path(id("b")?))).await?);
    let old = state.runs.sites(a.id, asker.regions.clone()).await?;
    let new = state.runs.sites(b.id, asker.regions.clone()).await?;
    json(move || Ok(view::ComparedPage::of(&a, &b, compare(&old, &new), offset, limit))).await
}

/// A term that somebody corrects.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ObjectionAsked {
    site: String,
    item: String,
    value: String,
    evidence: String,
    reason: String,
}

/// Correct one quantity of one site with evidence: a new version, and both stay
#[utoipa::path(post, path = "/api/v1/evaluations/{id}/objections", params(("id" = i64, Path)),
    request_body = ObjectionAsked, responses((status = 200, body = view::Made)))]
async fn object(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    id: Number,
    Posted(asked): Posted<ObjectionAsked>,
) -> Answer {
    asker.need(Role::Operator)?;
    let run = seen(&state, &asker, id).await?;
    let code = question::credit_code(&asked.site)?.to_owned();
    // the new version has all sites of the run in it
    if !run.regions.iter().all(|region| asker.sees(region)) {
        return Err(no_run());
    }
    for (name, words) in [("evidence", &asked.evidence), ("reason", &asked.reason)] {
        if words.trim().is_empty() || words.chars().count() > WORDS_MAX {
            return Err(Refusal::bad(
                format!("{name} 应为 1 至 {WORDS_MAX} 字"),
                format!("{name} has 1 to {WORDS_MAX} characters"),
            ));
        }
    }
    let (item, value) = (quantity(&asked.item)?, decimal("value", &asked.value)?);
    let correction = Correction { credit_code: code, item, value, evidence: asked.evidence, reason: asked.reason };
    let id = state.runs.object(run.id, correction, asker.name).await?;
    json(move || Ok(view::Made { id })).await
}

/// Publish a run of a year that is over
#[utoipa::path(post, path = "/api/v1/evaluations/{id}/publish", params(("id" = i64, Path)),
    responses((status = 200, body = view::Made)))]
async fn publish(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, id: Number) -> Answer {
    asker.need(Role::Administrator)?;
    let run = seen(&state, &asker, id).await?;
    if !run.regions.iter().all(|region| asker.sees(region)) {
        return Err(no_run());
    }
    state.runs.publish(run.id, asker.name).await?;
    json(move || Ok(view::Made { id: run.id })).await
}

/// What a site got in all runs, the newest first
#[utoipa::path(get, path = "/api/v1/sites/{code}/grades", params(
    ("code" = String, Path, description = "Credit code"),
), responses((status = 200, body = view::Grades)))]
async fn grades(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Answer {
    Asked::read(&uri, &[])?;
    let code = path.map(|Path(code)| code).unwrap_or_default();
    let code = question::credit_code(&code)?.to_owned();
    visible::site(&state, &asker, &code).await?;
    let rows = state.store.site_grades(code, GRADES_MAX).await?;
    let read = task::blocking(move || {
        rows.into_iter().map(|row| Ok((stored_site(&row.body)?, row))).collect::<std::io::Result<Vec<_>>>()
    });
    let rows = read.await.map_err(|error| Refusal::failed(&error))?;
    json(move || Ok(view::Grades::of(rows))).await
}

/// A run that touches the asker's regions.
async fn seen(state: &State, asker: &Asker, id: Number) -> Result<EvaluationRow, Refusal> {
    let Path(id) = id.map_err(|_| no_run())?;
    let run = state.runs.run(id).await?;
    if touches(&asker.regions, &run.regions) { Ok(run) } else { Err(no_run()) }
}

/// Whether one of the beginnings lies in one of the regions, or holds it.
fn touches(beginnings: &[String], regions: &[String]) -> bool {
    let stem = |code: &str| code.strip_suffix("0000").or_else(|| code.strip_suffix("00")).unwrap_or(code).to_owned();
    regions.iter().any(|region| {
        let region = stem(region);
        beginnings.iter().any(|begin| region.starts_with(begin.as_str()) || begin.starts_with(region.as_str()))
    })
}

/// A rule set all of whose regions the asker sees.
fn owned(state: &State, asker: &Asker, id: &str) -> Result<RuleSet, Refusal> {
    let set = state.runs.set(id)?;
    let all = set.regions.iter().all(|region| asker.sees(region));
    if all { Ok(set.clone()) } else { Err(not_found("没有这个规则集", "there is no such rule set")) }
}

fn site_query(asked: &Asked, asker: &Asker) -> Result<SiteQuery, Refusal> {
    let (offset, limit) = page(asked)?;
    let sort = match asked.value("sort") {
        None | Some("rank") => SiteSort::Rank,
        Some("score") => SiteSort::Score,
        Some("grade") => SiteSort::Grade,
        Some("name") => SiteSort::Name,
        Some("credit_code") => SiteSort::CreditCode,
        Some(other) => return Err(one_of("sort", other, "score, rank, grade, name, credit_code")),
    };
    let descending = match asked.value("order") {
        None => sort == SiteSort::Score,
        Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(one_of("order", other, "asc, desc")),
    };
    let owned = |key| asked.value(key).map(str::to_owned);
    let (group, grade, region) = (owned("group"), owned("grade"), region(asked)?);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(SiteQuery { seen: asker.regions.clone(), region, group, grade, sort, descending, offset, limit })
}

/// The beginning of the codes in a region, without its final zeros; everything without one.
fn region(asked: &Asked) -> Result<String, Refusal> {
    let Some(code) = asked.value("region") else { return Ok(String::new()) };
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::bad(
            "region 应为六位行政区划代码，例如 331003",
            "region is a code of six digits (GB/T 2260), such as 331003",
        ));
    }
    Ok(code.strip_suffix("0000").or_else(|| code.strip_suffix("00")).unwrap_or(code).to_owned())
}

fn page(asked: &Asked) -> Result<(u64, u64), Refusal> {
    let offset = number(asked, "offset", 0..=u64::from(u32::MAX))?.unwrap_or(0);
    Ok((offset, number(asked, "limit", 1..=LIMIT_MAX)?.unwrap_or(LIMIT)))
}

fn number(asked: &Asked, key: &str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, Refusal> {
    let Some(text) = asked.value(key) else { return Ok(None) };
    let found = text.parse().ok().filter(|number| range.contains(number));
    found.map(Some).ok_or_else(|| {
        let (low, high) = (range.start(), range.end());
        Refusal::bad(format!("{key} 应为 {low} 到 {high}"), format!("{key} is a number from {low} to {high}"))
    })
}

fn year(year: i16) -> Result<i16, Refusal> {
    let known = (1970..2200).contains(&year);
    known.then_some(year).ok_or_else(|| Refusal::bad("year 应为 1970 到 2199", "year is a number from 1970 to 2199"))
}

fn change(asked: &ChangeAsked) -> Result<(Quantity, Change), Refusal> {
    let item = quantity(&asked.item)?;
    match (&asked.factor, &asked.value) {
        (Some(factor), None) => Ok((item, Change::Factor(decimal("factor", factor)?))),
        (None, Some(value)) => Ok((item, Change::Value(decimal("value", value)?))),
        _ => Err(Refusal::bad("factor 与 value 写其一", "write one of factor and value")),
    }
}

fn quantity(name: &str) -> Result<Quantity, Refusal> {
    Quantity::by_name(name).ok_or_else(|| {
        let known: Vec<_> = Quantity::all().map(Quantity::name).collect();
        one_of("item", name, &known.join(", "))
    })
}

/// As it stands in the bureaus' files: at most 12 digits before the point and 6 behind.
fn decimal(key: &str, text: &str) -> Result<Decimal, Refusal> {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let sound = plain(whole) && plain(part) && whole.len() <= 12 && part.len() <= 6;
    sound.then(|| text.parse().ok()).flatten().ok_or_else(|| {
        Refusal::bad(
            format!("{key} 应为数字，例如 \"0.92\"（至多 12 位整数、6 位小数）"),
            format!("{key} is a decimal such as \"0.92\", with up to 12 digits before the point and 6 behind"),
        )
    })
}

fn one_of(key: &str, found: &str, known: &str) -> Refusal {
    let found = quoted(found);
    Refusal::bad(format!("{key} 不能是 {found}；可用：{known}"), format!("{key} can not be {found}; known are {known}"))
}

fn no_run() -> Refusal {
    not_found("没有这次评价", "there is no such evaluation")
}

fn not_found(zh: &str, en: &str) -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, text: Text::new(zh, en) }
}

impl From<RunError> for Refusal {
    fn from(error: RunError) -> Refusal {
        match error {
            RunError::Refused(text) => Refusal { status: StatusCode::BAD_REQUEST, text },
            RunError::NotFound(text) => Refusal { status: StatusCode::NOT_FOUND, text },
            other => Refusal::failed(&other),
        }
    }
}

#[cfg(test)]
mod tests;
