//! `/api/v1/exports/<list>.<csv|xlsx|parquet>`: the lists as files.
//!
//! An area that has a list to give adds it to [`lists`]; the question is the one of the list itself, without its page.

use super::{
    State,
    list::cause_name,
    question::{self, Asked},
    refusal::Refusal,
    visible,
};
use crate::{
    model::{Doubts, Reading, Scale},
    platform::{
        access::Asker,
        assess::{Figure, ranking_among, role_name},
        export::{Cell, Column, ExportError, Format, Kind, ROWS_MAX, Table, write},
        store::{GapRow, Listing},
    },
    runtime::{clock, task},
};
use axum::{
    Extension,
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use std::{collections::HashSet, pin::Pin};
use utoipa_axum::{router::OpenApiRouter, routes};

pub type Rows = Pin<Box<dyn Future<Output = Result<Table, Refusal>> + Send>>;

/// A list that can be had as a file.
pub struct List {
    /// The file's name.
    pub name: &'static str,
    /// What may be asked; `lang` comes to it.
    pub keys: &'static [&'static str],
    /// What the asker sees of it, all of it.
    pub rows: fn(State, Asker, Asked) -> Rows,
}

/// Each area's lists, one line each.
fn lists() -> Vec<List> {
    vec![
        List {
            name: "ranking",
            keys: &["period", "sort", "order", "county", "region", "industry", "query", "basis"],
            rows: |state, asker, asked| Box::pin(ranking(state, asker, asked)),
        },
        List {
            name: "intervals",
            keys: &["site", "period"],
            rows: |state, asker, asked| Box::pin(intervals(state, asker, asked)),
        },
        List {
            name: "gaps",
            keys: &["site", "gateway", "period"],
            rows: |state, asker, asked| Box::pin(gaps(state, asker, asked)),
        },
        List { name: "ledger", keys: &[], rows: |state, asker, _| Box::pin(ledger(state, asker)) },
    ]
}

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(exported))
}

/// A list as a file
///
/// CSV (UTF-8 with a byte order mark), XLSX or Parquet. Takes the query of the list itself, without its page, and `lang`.
/// A list of more than 180,000 rows is refused.
#[utoipa::path(get, path = "/api/v1/exports/{file}", params(
    ("file" = String, Path, description = "ranking, intervals, gaps or ledger, then .csv, .xlsx or .parquet"),
    ("lang" = Option<String>, Query, description = "zh (by default) or en: the language of the head"),
    ("period" = Option<String>, Query, description = "As in the list"),
    ("basis" = Option<String>, Query, description = "As in the list"),
    ("site" = Option<String>, Query, description = "As in the list"),
), responses((status = 200, description = "The file", content_type = "application/octet-stream")))]
async fn exported(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let file = path.map(|Path(file)| file).unwrap_or_default();
    let (name, ending) = file.rsplit_once('.').ok_or_else(Refusal::no_such_page)?;
    let format = Format::ALL.into_iter().find(|format| format.name() == ending).ok_or_else(Refusal::no_such_page)?;
    let list = lists().into_iter().find(|list| list.name == name).ok_or_else(Refusal::no_such_page)?;
    let asked = Asked::read(&uri, &[list.keys, &["lang"]].concat())?;
    let lang = asked.lang()?;
    let table = (list.rows)(state, asker, asked).await?;
    let bytes = task::blocking(move || write(&table, format, lang)).await.map_err(refused)?;
    let kept = format!("attachment; filename=\"{}.{}\"", list.name, format.name());
    Ok(([(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, kept)], bytes)
        .into_response())
}

fn refused(error: ExportError) -> Refusal {
    match error {
        ExportError::Rows(rows) => too_long(rows),
        ExportError::Format(_) => Refusal::failed(&error),
    }
}

fn too_long(rows: usize) -> Refusal {
    Refusal::bad(
        format!("该列表有 {rows} 行以上，文件最多 {ROWS_MAX} 行；请缩短周期或缩小范围"),
        format!(
            "the list has {rows} rows or more, a file {ROWS_MAX} at most: ask for a shorter period or less of the region"
        ),
    )
}

async fn ranking(state: State, asker: Asker, asked: Asked) -> Result<Table, Refusal> {
    let (period, basis, query) = (asked.period(clock::now())?, asked.basis()?, asked.ranking()?);
    let among = asked.among()?;
    let seen = state.figures.seen(&period, basis).await?;
    let made = task::blocking(move || {
        let assessment = &seen.assessment;
        let ranked = ranking_among(assessment, &query, |site| asker.sees(&site.county_code) && among.has(site));
        let row = |(rank, at): (Option<u32>, usize)| {
            let site = assessment.sites.get(at)?;
            let mut row = vec![
                rank.map(i64::from).into(),
                site.credit_code.as_str().into(),
                site.name.as_str().into(),
                site.county_code.as_str().into(),
                site.industry_code.as_str().into(),
                site.land_mu.into(),
            ];
            row.extend(Figure::ALL.into_iter().map(|figure| Cell::from(figure.of(site))));
            row.push(site.output_unit.as_str().into());
            Some(row)
        };
        ranked.rows.into_iter().filter_map(row).collect()
    });
    let rows = made.await;
    let mut columns = vec![
        Column::new("rank", "名次", "rank", Kind::Integer),
        Column::new("credit_code", "统一社会信用代码", "credit code", Kind::Text),
        Column::new("name", "名称", "name", Kind::Text),
        Column::new("county_code", "区县代码", "county code", Kind::Text),
        Column::new("industry_code", "行业代码", "industry code", Kind::Text),
        Column::new("land_mu", "用地（亩）", "land (mu)", Kind::Decimal),
    ];
    columns.extend(Figure::ALL.map(|figure| {
        let (zh, en) = figure_name(figure);
        Column::new(figure.name(), zh, en, Kind::Decimal)
    }));
    columns.push(Column::new("output_unit", "产量单位", "unit of output", Kind::Text));
    Ok(Table { columns, rows })
}

fn figure_name(figure: Figure) -> (&'static str, &'static str) {
    match figure {
        Figure::Kwh => ("电（千瓦时）", "electricity (kWh)"),
        Figure::Kgce => ("综合能耗（千克标准煤）", "energy (kgce)"),
        Figure::KgceWithoutRawMaterial => ("扣除原料用能（千克标准煤）", "energy without raw material (kgce)"),
        Figure::KgceWithoutRenewable => ("扣除可再生能源（千克标准煤）", "energy without renewable (kgce)"),
        Figure::Co2T => ("二氧化碳（吨）", "CO2 (t)"),
        Figure::Output => ("产量", "output"),
        Figure::OutputValueWan => ("产值（万元）", "output value (10,000 yuan)"),
        Figure::KgcePerProduct => ("单位产品能耗（千克标准煤）", "energy per product (kgce)"),
        Figure::TcePerWan => ("单位产值能耗（吨标准煤/万元）", "energy per output value (tce/10,000 yuan)"),
        Figure::OutputValueWanPerMu => ("亩均产值（万元/亩）", "output value per mu (10,000 yuan)"),
        Figure::TcePerMu => ("亩均能耗（吨标准煤/亩）", "energy per mu (tce)"),
        Figure::TaxWanPerMu => ("亩均税收（万元/亩）", "tax per mu (10,000 yuan)"),
        Figure::ValueAddedWanPerMu => ("亩均增加值（万元/亩）", "value added per mu (10,000 yuan)"),
        Figure::Completeness => ("完整率", "completeness"),
    }
}

async fn intervals(state: State, asker: Asker, asked: Asked) -> Result<Table, Refusal> {
    let period = asked.period_of_intervals(clock::now())?;
    let code = question::credit_code(asked.value("site").unwrap_or_default())?.to_owned();
    visible::site(&state, &asker, &code).await?;
    let intervals = state.store.intervals(&code, &period).await?;
    let made = task::blocking(move || {
        let mut rows = Vec::new();
        for quarter in &intervals {
            for (kind, amounts) in [("energy", &quarter.energy), ("output", &quarter.output), ("scrap", &quarter.scrap)]
            {
                rows.extend(amounts.iter().map(|one| {
                    vec![
                        quarter.start.into(),
                        kind.into(),
                        (&*one.name).into(),
                        one.amount.normalize().into(),
                        (&*one.unit).into(),
                        doubts(one.doubts),
                    ]
                }));
            }
        }
        rows
    });
    let columns = vec![
        Column::new("start", "刻钟起始", "quarter-hour", Kind::Time),
        Column::new("kind", "类别", "kind", Kind::Text),
        Column::new("name", "能源或产品", "carrier or product", Kind::Text),
        Column::new("amount", "数量", "amount", Kind::Decimal),
        Column::new("unit", "单位", "unit", Kind::Text),
        Column::new("doubts", "存疑", "doubts", Kind::Text),
    ];
    Ok(Table { columns, rows: made.await })
}

/// As the API names them, empty for none.
fn doubts(doubts: Doubts) -> Cell {
    let names = serde_json::to_value(doubts).ok();
    let names = names.as_ref().and_then(|names| names.as_array()).into_iter().flatten();
    names.filter_map(|name| name.as_str()).collect::<Vec<_>>().join(" ").into()
}

/// Rows that are read from the store in one go.
const PAGE_ROWS: usize = 1000;

async fn gaps(state: State, asker: Asker, asked: Asked) -> Result<Table, Refusal> {
    let mut listing = Listing { limit: PAGE_ROWS, ..asked.listing()? };
    let mut rows = Vec::new();
    loop {
        let page = state.store.gaps(listing.clone()).await?;
        let seen = visible::rows(&state, &asker, page.rows, |row| &row.credit_code).await?;
        rows.extend(seen.into_iter().map(gap));
        if rows.len() > ROWS_MAX {
            return Err(too_long(rows.len()));
        }
        listing.after = page.next;
        if listing.after.is_none() {
            break;
        }
    }
    let columns = vec![
        Column::new("gateway_id", "网关", "gateway", Kind::Text),
        Column::new("credit_code", "统一社会信用代码", "credit code", Kind::Text),
        Column::new("cause", "原因", "cause", Kind::Text),
        Column::new("noted", "记录时间", "noted", Kind::Time),
        Column::new("start", "起", "from", Kind::Time),
        Column::new("end", "止", "until", Kind::Time),
        Column::new("series_count", "涉及测点数", "registers", Kind::Integer),
        Column::new("series", "测点", "some of them", Kind::Text),
        Column::new("detail", "说明", "detail", Kind::Text),
    ];
    Ok(Table { columns, rows })
}

fn gap(row: GapRow) -> Vec<Cell> {
    vec![
        row.gateway_id.into(),
        row.credit_code.into(),
        cause_name(row.cause).into(),
        row.noted.into(),
        row.start.into(),
        row.end.into(),
        row.series_count.into(),
        row.series.join(" ").into(),
        row.detail.into(),
    ]
}

async fn ledger(state: State, asker: Asker) -> Result<Table, Refusal> {
    let mut lines = state.store.ledger().await?;
    if !asker.sees_everything() {
        let gateways = visible::rows(&state, &asker, state.store.gateways().await?, |one| &one.credit_code).await?;
        let seen: HashSet<String> = gateways.into_iter().map(|gateway| gateway.gateway_id).collect();
        lines.retain(|line| seen.contains(&line.gateway_id));
    }
    let rows = lines.into_iter().map(|line| {
        let scale: Scale = line.series.scale;
        let value = |reading: Option<Reading>| Cell::from(reading.and_then(|one| scale.value_from_count(one.count)));
        vec![
            line.gateway_id.into(),
            line.series.meter.into(),
            line.series.point.into(),
            role_name(line.series.role).into(),
            line.series.carrier.into(),
            line.series.product.into(),
            line.series.unit.into(),
            line.first.map(|reading| reading.time).into(),
            value(line.first),
            line.last.map(|reading| reading.time).into(),
            value(line.last),
            line.first.and_then(|_| scale.value_from_count(line.total)).into(),
            line.breaks.into(),
            line.intervals.into(),
        ]
    });
    let columns = vec![
        Column::new("gateway_id", "网关", "gateway", Kind::Text),
        Column::new("meter", "仪表", "meter", Kind::Text),
        Column::new("point", "测点", "point", Kind::Text),
        Column::new("role", "用途", "role", Kind::Text),
        Column::new("carrier", "能源", "carrier", Kind::Text),
        Column::new("product", "产品", "product", Kind::Text),
        Column::new("unit", "单位", "unit", Kind::Text),
        Column::new("first_time", "首次读数时间", "first reading at", Kind::Time),
        Column::new("first", "首次读数", "first reading", Kind::Decimal),
        Column::new("last_time", "末次读数时间", "last reading at", Kind::Time),
        Column::new("last", "末次读数", "last reading", Kind::Decimal),
        Column::new("total", "累计", "total", Kind::Decimal),
        Column::new("breaks", "断点", "breaks", Kind::Integer),
        Column::new("intervals", "刻钟数", "quarter-hours", Kind::Integer),
    ];
    Ok(Table { columns, rows: rows.collect() })
}

#[cfg(test)]
mod tests;
