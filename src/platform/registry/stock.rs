//! stock.csv: rows → the stock books of fuels that come by the truck and lie in tanks and yards.

use super::{
    Import, Sheet, field,
    table::{self, Columns, Row, take},
};
use crate::{
    energy::stock::stretches,
    model::{Site, StockEntry, StockKind, unit},
    runtime::{
        lang::Text,
        problem::{At, Doc, Problems, Unique, found},
    },
};
use jiff::civil::Date;
use std::collections::BTreeMap;

const NAMES: [&str; 8] = ["credit_code", "carrier", "unit", "date", "kind", "quantity", "document", "note"];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 6 };
const QUANTITY: usize = 5;

const KINDS: [(&str, StockKind); 3] =
    [("opening", StockKind::Opening), ("delivery", StockKind::Delivery), ("closing", StockKind::Closing)];

/// Every entry is of one of `sites`.
///
/// # Errors
/// Every problem of the file, also a stock that grew without a delivery, and then nothing is imported.
pub fn stock_of(sheet: &Sheet, sites: &[Site]) -> Result<Import<StockEntry>, Problems> {
    let (doc, sites) = (sheet.doc(), field::Sites::of(sites));
    let mut readings = Unique::new("该品种同日同类的行", "row of the day and kind");
    let mut books: BTreeMap<(String, String), Vec<(StockEntry, At)>> = BTreeMap::new();
    table::each(&doc, COLUMNS, |row| {
        let Some(entry) = entry(row, &sites) else { return };
        if entry.kind != StockKind::Delivery {
            let id = format!("{} {} {} {:?}", entry.credit_code, entry.carrier, entry.date, entry.kind);
            readings.claim_as(&doc, id, &row.found(3));
        }
        let book = books.entry((entry.credit_code.clone(), entry.carrier.clone())).or_default();
        if let Some((other, _)) = book.first().filter(|(first, _)| unit::ratio(&entry.unit, &first.unit).is_none()) {
            let other = &other.unit;
            row.refuse(
                2,
                (
                    Text::new(format!("可与 {other} 换算的单位"), format!("a unit that is some number of {other}")),
                    Text::new(
                        "同一品种的账目用同一种量（体积或质量）",
                        "keep the book of one carrier in one quantity, mass or volume",
                    ),
                ),
            );
        }
        book.push((entry, row.at(QUANTITY)));
    });
    for book in books.values() {
        check_growth(&doc, book);
        warn_of_corrections(&doc, book);
    }
    let entries = books.into_values().flatten().map(|(entry, _)| entry).collect();
    doc.finish(entries).map(|(rows, warnings)| Import { rows, warnings })
}

/// Reports each stock reading that is more than there can have been.
fn check_growth(doc: &Doc, book: &[(StockEntry, At)]) {
    let entries: Vec<_> = book.iter().map(|(entry, _)| entry.clone()).collect();
    let Some(first) = entries.first() else { return };
    for stretch in stretches(&entries, &first.carrier, &first.unit).unwrap_or_default() {
        let Some((closing, at)) = stretch.entries.last().and_then(|place| book.get(*place)) else { continue };
        if stretch.consumed.is_sign_positive() || stretch.consumed.is_zero() {
            continue;
        }
        let (grown, unit, since) = (-stretch.consumed, &first.unit, stretch.first);
        let carrier = &closing.carrier;
        doc.report(
            at,
            Text::new(
                format!("自 {since} 以来，{carrier} 的库存比期初加进货还多 {grown} {unit}"),
                format!(
                    "a stock of {carrier} that is {grown} {unit} above what there was on {since} and what came since"
                ),
            ),
            Text::new("至多为期初与进货之和", "at most the opening stock and the deliveries"),
            Text::new("补上漏记的进货，或改正盘点数", "add the delivery that is missing, or correct the stock"),
        );
    }
}

/// What lies between a closing and the next day's opening is in no consumption.
fn warn_of_corrections(doc: &Doc, book: &[(StockEntry, At)]) {
    let of = |kind: StockKind| book.iter().filter(move |(entry, _)| entry.kind == kind);
    let closings: BTreeMap<Date, &StockEntry> = of(StockKind::Closing).map(|(entry, _)| (entry.date, entry)).collect();
    for (opening, at) in of(StockKind::Opening) {
        let closing = opening.date.yesterday().ok().and_then(|day| closings.get(&day));
        let Some(closing) = closing else { continue };
        let there = unit::ratio(&closing.unit, &opening.unit).and_then(|units| closing.quantity.checked_mul(units));
        let Some(there) = there.filter(|there| *there != opening.quantity) else { continue };
        let (quantity, unit, there) = (opening.quantity, &opening.unit, there.normalize());
        doc.warn(
            at,
            found(&format!("{quantity} {unit}")),
            Text::new(
                format!("与前一日期末相同的 {there} {unit}；差额不计入消耗"),
                format!("the {there} {unit} that the day before closed with; the difference is in no consumption"),
            ),
            Text::new("核对两次盘点", "compare the two stock takings"),
        );
    }
}

fn entry(row: &Row, sites: &field::Sites<'_>) -> Option<StockEntry> {
    let site = take(row, 0, |code| sites.find(code));
    let carrier = take(row, 1, field::carrier);
    let unit = take(row, 2, field::energy_unit);
    let date = take(row, 3, field::day);
    let kind = take(row, 4, |text| field::one_of(text, &KINDS));
    let quantity = take(row, QUANTITY, |text| match kind {
        Some(StockKind::Delivery) => field::positive(text),
        _ => field::zero_or_more(text),
    });
    let document = take(row, 6, field::short);
    let note = take(row, 7, field::short);
    Some(StockEntry {
        credit_code: site?.credit_code.clone(),
        carrier: carrier?,
        unit: unit?,
        date: date?,
        kind: kind?,
        quantity: quantity?,
        document: document?,
        note: note?,
    })
}
