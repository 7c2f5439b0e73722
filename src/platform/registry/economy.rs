//! Rows → the bureaus' figures: one row for each site and year or month, one column for each item.

use super::{
    Import, Sheet, field,
    table::{self, Columns, Row, Rule, take},
};
use crate::{
    model::{EconomicFigure, EconomicItem, Site},
    runtime::{
        lang::Text,
        problem::{Problems, Unique},
    },
};
use std::ops::RangeInclusive;

/// The items' columns are behind these.
const NAMES: [&str; 4 + EconomicItem::ALL.len()] = [
    "credit_code",
    "year",
    "source",
    "month",
    "tax_wan",
    "value_added_wan",
    "value_added_comparable_wan",
    "output_value_wan",
    "revenue_wan",
    "research_wan",
    "staff",
    "cod_t",
    "ammonia_nitrogen_t",
    "so2_t",
    "nox_t",
];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 3 };
const SOURCE: usize = 2;
const MONTH: usize = 3;
const ITEMS: usize = 4;
/// What a slip of the keyboard is not.
const YEARS: RangeInclusive<i16> = 1990..=2100;

/// Every figure is of one of `sites`. An empty field says nothing.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn economy_of(sheet: &Sheet, sites: &[Site]) -> Result<Import<EconomicFigure>, Problems> {
    let (doc, sites) = (sheet.doc(), field::Sites::of(sites));
    let mut rows = Unique::new("该单位同一时段的其他行", "row of the site and time");
    let mut figures = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        rows.claim_as(&doc, [0, 1, MONTH].map(|place| row.field(place)).join("\n"), &row.found(0));
        figures.extend(of_row(row, &sites).unwrap_or_default());
    });
    doc.finish(figures).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn of_row(row: &Row, sites: &field::Sites<'_>) -> Option<Vec<EconomicFigure>> {
    let site = take(row, 0, |code| sites.find(code));
    let year = take(row, 1, year);
    let month = take(row, MONTH, month);
    let source = take(row, SOURCE, source);
    let values = EconomicItem::ALL.into_iter().zip(ITEMS..).map(|(item, place)| {
        let value = take(row, place, |text| match text {
            "" => Ok(None),
            text => value_of(item, text).map(Some),
        });
        value.map(|value| (item, value))
    });
    // every column is looked at, whatever the others say
    let values: Option<Vec<_>> = values.collect::<Vec<_>>().into_iter().collect();
    let (site, year, month, source, values) = (site?, year?, month?, source?, values?);
    let figures = values.into_iter().filter_map(|(item, value)| {
        let (credit_code, source) = (site.credit_code.clone(), source.clone());
        value.map(|value| EconomicFigure { credit_code, year, month, item, value, source })
    });
    let figures: Vec<_> = figures.collect();
    if figures.is_empty() {
        row.refuse(
            0,
            (
                Text::new("至少一项经济数据", "a row with at least one figure"),
                Text::new("填写，或删除此行", "fill one in, or remove the row"),
            ),
        );
        return None;
    }
    Some(figures)
}

/// Losses and refunds are below 0; nobody employs, sells, researches or emits less than nothing.
fn value_of(item: EconomicItem, text: &str) -> Result<rust_decimal::Decimal, Rule> {
    use EconomicItem::{OutputValueWan, TaxWan, ValueAddedComparableWan, ValueAddedWan};
    match item {
        TaxWan | ValueAddedWan | ValueAddedComparableWan | OutputValueWan => {
            field::any_sign(text).and_then(|value| value.ok_or_else(missing))
        }
        _ => field::zero_or_more(text),
    }
}

/// A figure that a person enters, by the rules of the table; no value is no figure.
///
/// # Errors
/// What is expected, and what to do.
pub fn figure(
    item: EconomicItem,
    year: &str,
    month: &str,
    value: Option<&str>,
    source: &str,
) -> Result<(i16, Option<u8>, Option<rust_decimal::Decimal>, String), Rule> {
    let value = value.map(|value| value_of(item, value)).transpose()?;
    Ok((self::year(year)?, self::month(month)?, value, self::source(source)?))
}

fn missing() -> Rule {
    (Text::new("一个数", "a number"), Text::new("填写", "fill it in"))
}

pub(super) fn year(text: &str) -> Result<i16, Rule> {
    let (first, last) = (YEARS.start(), YEARS.end());
    let year = Some(text).filter(|text| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()));
    year.and_then(|text| text.parse().ok()).filter(|year| YEARS.contains(year)).ok_or_else(|| {
        (
            Text::new(format!("{first} 到 {last} 之间的年份"), format!("a year between {first} and {last}")),
            Text::new("写作 2025", "write it as 2025"),
        )
    })
}

fn month(text: &str) -> Result<Option<u8>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    let month = Some(text).filter(|text| text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()));
    month.and_then(|text| text.parse().ok()).filter(|month| (1..=12).contains(month)).map(Some).ok_or_else(|| {
        (
            Text::new("1 到 12 的月份；全年数据留空", "a month from 1 to 12, or nothing for the whole year"),
            Text::new("写作 3，或留空", "write it as 3, or leave it empty"),
        )
    })
}

pub(super) fn source(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Err((
            Text::new("数据来源", "who says so"),
            Text::new("写明部门和文号，如 税务局 2026-03", "write the bureau and its document"),
        ));
    }
    field::short(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_the_items_in_their_order() {
        let items = EconomicItem::ALL.map(EconomicItem::name);
        assert_eq!(NAMES[ITEMS..], items);
    }
}
