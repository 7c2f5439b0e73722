//! The bureaus' figures, one row for each site, year, month and item.

use super::super::{
    StoreError,
    emission::emissions,
    sql::{Row, Tx, params},
};
use super::FigureKey;
use crate::model::{EconomicFigure, EconomicItem, Period};
use std::collections::BTreeMap;

/// Stands for the whole year in the column `month`.
const WHOLE_YEAR: u8 = 0;
const COLUMNS: &str = "credit_code, year, month, item, value, source";

/// Of the years that a period touches, by credit code; each site's by year, month and item. What a bureau says of an item
/// and a year goes before what the site's monitors reported, which stands behind.
pub fn of_period(tx: Tx<'_>, period: &Period) -> Result<BTreeMap<String, Vec<EconomicFigure>>, StoreError> {
    let mut sites: BTreeMap<String, Vec<EconomicFigure>> = BTreeMap::new();
    let (Some(first), Some(last)) = (period.start.civil(), period.end.plus_ms(-1).civil()) else { return Ok(sites) };
    tx.each(
        &format!(
            "SELECT {COLUMNS} FROM economy WHERE year >= ?1 AND year <= ?2 ORDER BY credit_code, year, month, item"
        ),
        params![first.year(), last.year()],
        |row| {
            if let Some(figure) = of_row(row)? {
                sites.entry(figure.credit_code.clone()).or_default().push(figure);
            }
            Ok(())
        },
    )?;
    for year in first.year()..=last.year() {
        for figure in emissions(tx, year)?.into_iter().filter_map(|emitted| emitted.figure(year)) {
            let stated = sites.entry(figure.credit_code.clone()).or_default();
            if !stated.iter().any(|one| one.year == year && one.item == figure.item) {
                stated.push(figure);
            }
        }
    }
    Ok(sites)
}

/// Of these years, both included, of all sites.
pub fn between(tx: Tx<'_>, first: i16, last: i16) -> Result<Vec<EconomicFigure>, StoreError> {
    let select = format!("SELECT {COLUMNS} FROM economy WHERE year >= ?1 AND year <= ?2");
    Ok(tx.rows(&select, params![first, last], of_row)?.into_iter().flatten().collect())
}

/// Of a site, by year, month and item.
pub fn of_site(tx: Tx<'_>, credit_code: &str) -> Result<Vec<EconomicFigure>, StoreError> {
    let select = format!("SELECT {COLUMNS} FROM economy WHERE credit_code = ?1 ORDER BY year, month, item");
    Ok(tx.rows(&select, params![credit_code], of_row)?.into_iter().flatten().collect())
}

pub fn remove(tx: Tx<'_>, (credit_code, year, month, item): &FigureKey) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM economy WHERE credit_code = ?1 AND year = ?2 AND month = ?3 AND item = ?4",
        params![credit_code, *year, month.unwrap_or(WHOLE_YEAR), item.name()],
    )?;
    Ok(())
}

/// Adds a figure, or puts it in the place of the one of the same site, year, month and item.
pub fn put(tx: Tx<'_>, figure: &EconomicFigure) -> Result<(), StoreError> {
    let EconomicFigure { credit_code, year, month, item, value, source } = figure;
    let value = value.to_string();
    tx.execute(
        "INSERT INTO economy VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (credit_code, year, month, item) DO UPDATE SET value = excluded.value, source = excluded.source",
        params![credit_code, *year, month.unwrap_or(WHOLE_YEAR), item.name(), &value, source],
    )?;
    Ok(())
}

/// `None` for an item that this version does not know.
fn of_row(row: &Row<'_>) -> Result<Option<EconomicFigure>, StoreError> {
    let Some(item) = EconomicItem::by_name(&row.get::<String>(3)?) else { return Ok(None) };
    Ok(Some(EconomicFigure {
        credit_code: row.get(0)?,
        year: row.get(1)?,
        month: Some(row.get(2)?).filter(|month| *month != WHOLE_YEAR),
        item,
        value: row.get(4)?,
        source: row.get(5)?,
    }))
}
