//! Lists as files: one table, written as CSV, XLSX or Parquet.
//!
//! ```text
//!   an area's rows ─▶ Table ─┬▶ csv      UTF-8 with a byte order mark, RFC 4180
//!                            ├▶ xlsx     ECMA-376, one sheet, the head stays
//!                            └▶ parquet  zstd, one row group
//! ```
//!
//! # Promises
//! - Every decimal arrives to its last digit, or as text where the format has no number of that many digits.
//! - What is unknown is an empty cell, never 0.
//! - No text is taken for a formula by a spreadsheet.
//! - A table has at most [`ROWS_MAX`] rows: what has more is refused, and never cut short.
//!
//! # Does not
//! Choose rows, or say who may see them: that is the area's.

mod csv;
mod parquet;
mod xlsx;

use crate::{
    model::UtcMillis,
    runtime::lang::{Lang, Text},
};
use rust_decimal::Decimal;

/// Three times a province's enterprises, or five years of one site's quarter-hours; a table of so many rows and twenty
/// columns takes about 300 MiB while it is written.
pub const ROWS_MAX: usize = 180_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Csv,
    Xlsx,
    Parquet,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Text,
    Integer,
    Decimal,
    /// An instant: in CSV with its offset, in XLSX China Standard Time, in Parquet milliseconds UTC.
    Time,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As the API calls it; what Parquet calls it.
    pub key: &'static str,
    pub name: Text,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Unknown.
    Nothing,
    Text(String),
    Integer(i64),
    Decimal(Decimal),
    Time(UtcMillis),
}

/// Rows have a cell for each column, of the column's kind or [`Cell::Nothing`].
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{0} rows, {ROWS_MAX} at most")]
    Rows(usize),
    #[error("the file could not be made: {0}")]
    Format(Box<dyn std::error::Error + Send + Sync>),
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Csv, Format::Xlsx, Format::Parquet];

    /// The file's ending.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Parquet => "parquet",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Parquet => "application/vnd.apache.parquet",
        }
    }
}

impl Column {
    pub fn new(key: &'static str, zh: &str, en: &str, kind: Kind) -> Column {
        Column { key, name: Text::new(zh, en), kind }
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Nothing, Into::into)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<Decimal> for Cell {
    fn from(decimal: Decimal) -> Cell {
        Cell::Decimal(decimal)
    }
}

impl From<UtcMillis> for Cell {
    fn from(time: UtcMillis) -> Cell {
        Cell::Time(time)
    }
}

impl From<i64> for Cell {
    fn from(integer: i64) -> Cell {
        Cell::Integer(integer)
    }
}

impl From<u64> for Cell {
    fn from(integer: u64) -> Cell {
        i64::try_from(integer).map_or(Cell::Nothing, Cell::Integer)
    }
}

/// The file's bytes. CSV and XLSX have the columns' names in `lang`, Parquet their keys.
///
/// # Errors
/// [`ExportError::Rows`] for more than [`ROWS_MAX`].
pub fn write(table: &Table, format: Format, lang: Lang) -> Result<Vec<u8>, ExportError> {
    if table.rows.len() > ROWS_MAX {
        return Err(ExportError::Rows(table.rows.len()));
    }
    match format {
        Format::Csv => csv::write(table, lang),
        Format::Xlsx => xlsx::write(table, lang),
        Format::Parquet => parquet::write(table),
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ExportError {
    ExportError::Format(Box::new(error))
}

#[cfg(test)]
mod tests;
