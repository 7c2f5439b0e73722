//! CSV, as spreadsheets and scripts read it.

use super::{Cell, ExportError, Table, failed};
use crate::runtime::lang::Lang;
use rust_decimal::Decimal;
use std::borrow::Cow;

/// Without it Excel takes UTF-8 for the local code page.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub fn write(table: &Table, lang: Lang) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
    let head = table.columns.iter().map(|column| harmless(column.name.in_lang(lang)).into_owned());
    writer.write_record(head).map_err(failed)?;
    for row in &table.rows {
        writer.write_record(row.iter().map(field)).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| failed(error.into_error()))
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) => harmless(text).into_owned(),
        Cell::Integer(integer) => integer.to_string(),
        Cell::Decimal(decimal) => decimal.to_string(),
        Cell::Time(time) => time.to_string(),
    }
}

/// A text that begins as a formula does gets an apostrophe before it, unless it is a number (OWASP, "CSV Injection").
fn harmless(text: &str) -> Cow<'_, str> {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if begins && text.parse::<Decimal>().is_err() { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}
