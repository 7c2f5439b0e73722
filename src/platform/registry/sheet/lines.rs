//! Cells in the order of their rows → lines of text, of which line n is row n.

use super::{Remark, cell::Unfit};
use crate::runtime::lang::Text;
use std::collections::BTreeMap;

/// Far more than any table has; beyond stand remains of other work.
const COLUMNS_MAX: usize = 256;
/// Twice what the largest file of CSV may have.
const TEXT_MIB_MAX: usize = 64;

#[derive(Default)]
pub(super) struct Lines {
    text: String,
    remarks: Vec<Remark>,
    /// Lines that are written.
    rows: usize,
    /// The row that is being gathered, from 0, and its cells.
    row: usize,
    cells: Vec<String>,
    /// What was found in them, by column.
    notes: BTreeMap<usize, (bool, Unfit)>,
    /// Columns of the first row that has any.
    width: usize,
}

/// Why the cells are not a table.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    TooLarge,
    /// At this row and column, from 0.
    TooWide(usize, usize),
    OutOfOrder(usize, usize),
}

impl Lines {
    /// The next cell; rows and columns are counted from 0.
    pub(super) fn add(&mut self, (row, column): (usize, usize), text: String) -> Result<(), Refused> {
        self.reach(row, column)?;
        if text.is_empty() {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            return Err(Refused::TooWide(row, column));
        }
        if column < self.cells.len() {
            return Err(Refused::OutOfOrder(row, column));
        }
        self.cells.resize(column, String::new());
        self.cells.push(text);
        if self.text.len() > TEXT_MIB_MAX << 20 { Err(Refused::TooLarge) } else { Ok(()) }
    }

    /// Something about the cell that comes next, or has just come.
    pub(super) fn note(&mut self, (row, column): (usize, usize), refused: bool, unfit: Unfit) -> Result<(), Refused> {
        self.reach(row, column)?;
        // what is refused goes before what is only told
        if self.notes.get(&column).is_none_or(|(told, _)| !told & refused) {
            self.notes.insert(column, (refused, unfit));
        }
        Ok(())
    }

    fn reach(&mut self, row: usize, column: usize) -> Result<(), Refused> {
        if row < self.row {
            return Err(Refused::OutOfOrder(row, column));
        }
        if row > self.row {
            self.write();
            self.row = row;
        }
        Ok(())
    }

    /// The gathered row, behind empty lines for those before it that have nothing.
    fn write(&mut self) {
        let (cells, notes) = (std::mem::take(&mut self.cells), std::mem::take(&mut self.notes));
        let last_note = notes.iter().filter(|(_, (refused, _))| *refused).map(|(column, _)| *column + 1).max();
        let width = cells.len().max(last_note.unwrap_or_default());
        if width == 0 {
            return;
        }
        if self.width == 0 {
            self.width = width;
        }
        (self.rows..self.row).for_each(|_| self.text.push('\n'));
        self.rows = self.row + 1;
        for column in 0..width.max(self.width) {
            if column > 0 {
                self.text.push(',');
            }
            let start = self.text.len();
            field(&mut self.text, cells.get(column).map_or("", String::as_str));
            if let Some((refused, (found, expected, fix))) = notes.get(&column) {
                let (found, expected, fix) = (found.clone(), expected.clone(), fix.clone());
                self.remarks.push(Remark { span: start..self.text.len(), refused: *refused, found, expected, fix });
            }
        }
        // a line of one empty field is no line for those who read it
        if width.max(self.width) == 1 && cells.is_empty() {
            self.text.push_str("\"\"");
        }
        self.text.push('\n');
    }

    pub(super) fn end(mut self) -> (String, Vec<Remark>) {
        self.write();
        (self.text, self.remarks)
    }
}

/// As CSV writes it.
fn field(text: &mut String, value: &str) {
    if !value.contains(['"', ',', '\n', '\r']) {
        text.push_str(value);
        return;
    }
    text.push('"');
    text.push_str(&value.replace('"', "\"\""));
    text.push('"');
}

impl Refused {
    /// What was found, what is expected, what to do.
    pub(super) fn said(&self) -> Unfit {
        let cell = |row: &usize, column: &usize| format!("{}{}", crate::runtime::problem::letters(column + 1), row + 1);
        match self {
            Refused::TooLarge => (
                Text::new(
                    format!("表格文字超过 {TEXT_MIB_MAX} MiB"),
                    format!("the table has more than {TEXT_MIB_MAX} MiB of text"),
                ),
                Text::new(format!("至多 {TEXT_MIB_MAX} MiB"), format!("{TEXT_MIB_MAX} MiB at most")),
                Text::new("拆分文件", "divide the file"),
            ),
            Refused::TooWide(row, column) => (
                Text::new(
                    format!("单元格 {} 中的内容", cell(row, column)),
                    format!("found something in cell {}", cell(row, column)),
                ),
                Text::new(format!("至多 {COLUMNS_MAX} 列"), format!("at most {COLUMNS_MAX} columns")),
                Text::new("删除表格右侧的多余内容", "remove what stands to the right of the table"),
            ),
            Refused::OutOfOrder(row, column) => (
                Text::new(
                    format!("单元格 {} 次序错乱", cell(row, column)),
                    format!("cell {} is out of its order", cell(row, column)),
                ),
                Text::new("表格软件保存的工作簿", "a workbook as a spreadsheet saves it"),
                Text::new("用表格软件打开并另存", "open it in a spreadsheet, and save it again"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_n_is_row_n_and_short_rows_are_filled_up() {
        let mut lines = Lines::default();
        for (place, text) in [((1, 0), "a"), ((1, 2), "c,\"d\""), ((3, 1), "x"), ((9, 5), ""), ((9, 6), "y")] {
            lines.add(place, text.to_owned()).unwrap();
        }
        assert_eq!(lines.end().0, "\na,,\"c,\"\"d\"\"\"\n\n,x,\n\n\n\n\n\n,,,,,,y\n");
    }

    #[test]
    fn what_is_out_of_order_or_too_wide_is_refused() {
        let mut lines = Lines::default();
        lines.add((2, 2), "a".into()).unwrap();
        assert_eq!(lines.add((1, 5), "b".into()), Err(Refused::OutOfOrder(1, 5)));
        assert_eq!(lines.add((2, 2), "b".into()), Err(Refused::OutOfOrder(2, 2)));
        let wide = lines.add((3, COLUMNS_MAX), "b".into()).unwrap_err();
        assert!(wide.said().0.en.contains("IW4"), "{wide:?}");
    }
}
