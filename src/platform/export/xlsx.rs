//! XLSX, one sheet. Its numbers are of double precision, which keeps 15 digits: longer decimals are texts.

use super::{Cell, ExportError, Kind, Table, failed};
use crate::runtime::lang::Lang;
use rust_decimal::{Decimal, prelude::ToPrimitive};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, XlsxError};

/// Digits that a double keeps (IEEE 754: DBL_DIG).
const DIGITS_MAX: u32 = 15;
/// Signs of one cell (Excel's specifications and limits).
const SIGNS_MAX: usize = 32_767;
const COLUMN_WIDTH: f64 = 18.0;

pub fn write(table: &Table, lang: Lang) -> Result<Vec<u8>, ExportError> {
    sheet(table, lang).map_err(failed)
}

fn sheet(table: &Table, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    // shared texts are kept once: a list repeats its codes and units
    let sheet = book.add_worksheet();
    for (at, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, at, column.name.in_lang(lang), &bold)?;
        if column.kind == Kind::Time {
            sheet.set_column_format(at, &time)?;
        }
        sheet.set_column_width(at, COLUMN_WIDTH)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (line, row) in (1..).zip(&table.rows) {
        for (at, cell) in (0..).zip(row) {
            match cell {
                Cell::Nothing => {}
                Cell::Text(text) => {
                    sheet.write_string(line, at, text.chars().take(SIGNS_MAX).collect::<String>())?;
                }
                Cell::Integer(integer) => match exact(&Decimal::from(*integer)) {
                    Some(number) => drop(sheet.write_number(line, at, number)?),
                    None => drop(sheet.write_string(line, at, integer.to_string())?),
                },
                Cell::Decimal(decimal) => match exact(decimal) {
                    Some(number) => drop(sheet.write_number(line, at, number)?),
                    None => drop(sheet.write_string(line, at, decimal.to_string())?),
                },
                Cell::Time(instant) => {
                    let civil = instant.civil().map(|civil| civil.to_string());
                    match civil.as_deref().map(ExcelDateTime::parse_from_str) {
                        Some(Ok(date)) => drop(sheet.write_datetime_with_format(line, at, &date, &time)?),
                        _ => drop(sheet.write_string(line, at, instant.0.to_string())?),
                    }
                }
            }
        }
    }
    book.save_to_buffer()
}

/// The double that shows the same digits.
fn exact(decimal: &Decimal) -> Option<f64> {
    let plain = decimal.normalize();
    let digits = plain.mantissa().unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
    // 0.000…1 has one digit, and as many as its scale when it is shown
    (digits.max(plain.scale()) <= DIGITS_MAX).then(|| plain.to_f64()).flatten()
}
