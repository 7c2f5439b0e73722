//! Bytes of a file → a table: rows of text with places, whether it was CSV or XLSX.
//!
//! ```text
//!   bytes ─▶ PK.. ─▶ unpacked (how large) ─▶ book ─▶ cells ─▶ lines ┐
//!         └▶ other ─▶ text: UTF-8, else GBK ─────────▶ lines ───────┴▶ Sheet ─▶ table
//! ```
//!
//! # Promises
//! - What a file is, its bytes say, not its name. CSV is UTF-8 (with or without its mark) or GBK, and no byte of it is guessed.
//! - A cell is the text that a person would have written into CSV: dates as 2026-11-24, numbers as plain decimals of the 15
//!   digits that a spreadsheet keeps. What has no such text — merged cells, errors, formulas that were never computed —
//!   is a problem with its cell and what to do.
//! - Whatever a file holds, what is made of it is bounded: bytes, unpacked bytes, rows, columns and cells.
//!
//! # Does not
//! Know columns or values: that is `table` and the readers of each kind.

mod book;
mod cell;
mod lines;
mod text;
mod unpacked;

use crate::runtime::{
    lang::Text,
    problem::{At, Doc, Problems},
};
use std::ops::Range;

/// A table as text, one line for each row.
#[derive(Clone, Debug)]
pub struct Sheet {
    file: String,
    text: String,
    form: Form,
    remarks: Vec<Remark>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// As a person wrote it.
    Csv,
    /// Line n is row n of a workbook's sheet, and its field m the cell of column m.
    Cells,
}

/// What was found at a cell before any column was looked at.
#[derive(Clone, Debug)]
struct Remark {
    span: Range<usize>,
    /// The table is not taken.
    refused: bool,
    found: Text,
    expected: Text,
    fix: Text,
}

impl Sheet {
    /// A file of at most [`super::FILE_MIB_MAX`]; `file` is what messages call it. Of a workbook the sheet of that name, or
    /// the first that is shown.
    ///
    /// # Errors
    /// What is wrong with the file as a whole. What is wrong with a cell is told with the rest of the table.
    pub fn read(bytes: &[u8], file: &str, name: Option<&str>) -> Result<Sheet, Problems> {
        if bytes.len() > super::FILE_MIB_MAX << 20 {
            return Err(too_large(file));
        }
        match bytes {
            [b'P', b'K', 3, 4, ..] => book::read(bytes, file, name),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(old_or_locked(file)),
            _ => Ok(Sheet::csv(text::decoded(bytes, file)?, file)),
        }
    }

    /// A table that is text already.
    pub fn csv(text: impl Into<String>, file: &str) -> Sheet {
        Sheet { file: file.to_owned(), text: text.into(), form: Form::Csv, remarks: Vec::new() }
    }

    /// What messages call it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// For one reading of it, with what was found at its cells.
    pub(super) fn doc(&self) -> Doc<'_> {
        let doc = match self.form {
            Form::Csv => Doc::new(&self.file, &self.text),
            Form::Cells => Doc::of_cells(&self.file, &self.text),
        };
        for Remark { span, refused, found, expected, fix } in &self.remarks {
            let at = At { path: String::new(), span: span.clone() };
            let tell = if *refused { Doc::report } else { Doc::warn };
            tell(&doc, &at, found.clone(), expected.clone(), fix.clone());
        }
        doc
    }
}

fn too_large(file: &str) -> Problems {
    let mib = super::FILE_MIB_MAX;
    Problems::of_file(
        file,
        Text::new(format!("文件大于 {mib} MiB"), format!("the file has more than {mib} MiB")),
        Text::new(format!("最大 {mib} MiB"), format!("{mib} MiB at most")),
        Text::new("核对是否给错了文件，或将其拆分", "check that it is the right file, or divide it"),
    )
}

fn old_or_locked(file: &str) -> Problems {
    Problems::of_file(
        file,
        Text::new("旧版 .xls 文件，或加了密码的工作簿", "an old .xls file, or a workbook with a password"),
        Text::new("未加密的 .xlsx 或 CSV", ".xlsx without a password, or CSV"),
        Text::new("去掉密码，另存为 .xlsx", "remove the password, and save it as .xlsx"),
    )
}

#[cfg(test)]
mod tests;
