//! A workbook → the lines of one of its sheets.

use super::{
    Form, Sheet, cell,
    lines::{Lines, Refused},
    unpacked::{self, UNPACKED_MIB_MAX},
};
use crate::runtime::{
    lang::Text,
    problem::{Problems, quoted},
};
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use std::{
    collections::HashMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// 200,000 rows of 64 columns; cells that only have a colour count too.
const CELLS_MAX: usize = 12_800_000;

type Book<'b> = Xlsx<Cursor<&'b [u8]>>;
/// By row and column from 0: the area whose first cell it is.
type Merged = HashMap<(usize, usize), String>;

pub(super) fn read(bytes: &[u8], file: &str, name: Option<&str>) -> Result<Sheet, Problems> {
    let merged = unpacked::merged(bytes).map_err(|unfit| unopened(file, &unfit))?;
    // damage that nobody thought of makes the reader panic, and is damage all the same
    let read = catch_unwind(AssertUnwindSafe(|| open(bytes, file, name, merged)));
    read.unwrap_or_else(|_| Err(damaged(file, "the reader gave up")))
}

fn open(bytes: &[u8], file: &str, name: Option<&str>, merged: bool) -> Result<Sheet, Problems> {
    let broken = |error: XlsxError| damaged(file, &error.to_string());
    let mut book = Book::new(Cursor::new(bytes)).map_err(broken)?;
    let name = choose(&book, file, name)?;
    let merged = if merged { areas(&mut book, &name).map_err(broken)? } else { Merged::new() };
    let (text, remarks) = lines(&mut book, &name, &merged, file)?.end();
    Ok(Sheet { file: file.to_owned(), text, form: Form::Cells, remarks })
}

fn choose(book: &Book<'_>, file: &str, wanted: Option<&str>) -> Result<String, Problems> {
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let mut sheets = sheets.collect::<Vec<_>>();
    sheets.sort_by_key(|sheet| sheet.visible != SheetVisible::Visible);
    let found = sheets.iter().find(|sheet| wanted.is_none_or(|wanted| sheet.name == wanted));
    if let Some(found) = found {
        return Ok(found.name.clone());
    }
    let names: Vec<_> = sheets.iter().map(|sheet| quoted(&sheet.name)).collect();
    let (names, wanted) = (names.join(", "), quoted(wanted.unwrap_or_default()));
    Err(Problems::of_file(
        file,
        Text::new(format!("没有工作表 {wanted}"), format!("there is no sheet {wanted}")),
        Text::new(format!("其中之一：{names}"), format!("one of {names}")),
        Text::new("改正工作表名称", "correct the sheet's name"),
    ))
}

fn areas(book: &mut Book<'_>, name: &str) -> Result<Merged, XlsxError> {
    let place = |(row, column): (u32, u32)| (row as usize, column as usize);
    let shown = |(row, column): (usize, usize)| format!("{}{}", crate::runtime::problem::letters(column + 1), row + 1);
    let areas = book.merge_cells_by_sheet_name(name)?;
    let areas = areas.iter().map(|area| (place(area.start), place(area.end)));
    Ok(areas.map(|(start, end)| (start, format!("{}:{}", shown(start), shown(end)))).collect())
}

fn lines(book: &mut Book<'_>, name: &str, merged: &Merged, file: &str) -> Result<Lines, Problems> {
    let broken = |error: XlsxError| damaged(file, &error.to_string());
    let refused = |refused: Refused| {
        let (found, expected, fix) = refused.said();
        Problems::of_file(file, found, expected, fix)
    };
    let mut cells = book.worksheet_cells_reader(name).map_err(broken)?;
    let mut lines = Lines::default();
    // computed cells of each column are told once
    let mut computed: Vec<u32> = Vec::new();
    for _ in 0..CELLS_MAX {
        let Some(cell) = cells.next_cell_with_formula_metadata().map_err(broken)? else { return Ok(lines) };
        let place = (cell.pos.0 as usize, cell.pos.1 as usize);
        if let Some(area) = merged.get(&place).filter(|_| cell.value != DataRef::Empty) {
            lines.note(place, true, merged_cells(area)).map_err(refused)?;
        }
        if cell.formula.is_some() {
            if cell.value == DataRef::Empty {
                lines.note(place, true, never_computed()).map_err(refused)?;
            } else if !computed.contains(&cell.pos.1) {
                computed.push(cell.pos.1);
                lines.note(place, false, formula()).map_err(refused)?;
            }
        }
        match cell::text(&cell.value) {
            Ok(text) => lines.add(place, text).map_err(refused)?,
            Err(unfit) => lines.note(place, true, *unfit).map_err(refused)?,
        }
    }
    Err(refused(Refused::TooLarge))
}

fn merged_cells(area: &str) -> cell::Unfit {
    (
        Text::new(format!("合并单元格 {area}"), format!("found the merged cells {area}")),
        Text::new("每行每列各有自己的单元格", "a cell of its own for each row and column"),
        Text::new("取消合并，并在每个单元格中填写", "unmerge them, and fill in each cell"),
    )
}

fn never_computed() -> cell::Unfit {
    (
        Text::new("没有结果的公式", "found a formula without a result"),
        Text::new("一个值，或公式及其结果", "a value, or a formula with its result"),
        Text::new(
            "用表格软件打开并保存，或选择性粘贴为数值",
            "open and save it in a spreadsheet, or paste the values in its place",
        ),
    )
}

fn formula() -> cell::Unfit {
    (
        Text::new(
            "该列有公式，已取保存时的结果",
            "there are formulas in this column: the results that were saved are taken",
        ),
        Text::new("数值", "values"),
        Text::new("确认结果是最新的", "see that the results are up to date"),
    )
}

fn unopened(file: &str, unfit: &unpacked::Unfit) -> Problems {
    match unfit {
        unpacked::Unfit::Damaged(error) => damaged(file, error),
        unpacked::Unfit::TooLarge => Problems::of_file(
            file,
            Text::new(
                format!("解压后超过 {UNPACKED_MIB_MAX} MiB"),
                format!("unpacked it has more than {UNPACKED_MIB_MAX} MiB"),
            ),
            Text::new(format!("至多 {UNPACKED_MIB_MAX} MiB"), format!("{UNPACKED_MIB_MAX} MiB at most")),
            Text::new("拆分文件，删除图片和其他工作表", "divide it, and remove pictures and other sheets"),
        ),
    }
}

fn damaged(file: &str, error: &str) -> Problems {
    let error = quoted(error);
    Problems::of_file(
        file,
        Text::new(format!("无法作为 .xlsx 打开（{error}）"), format!("it can not be opened as .xlsx ({error})")),
        Text::new("一个 .xlsx 工作簿", "a workbook as .xlsx"),
        Text::new(
            "用表格软件打开，另存为 .xlsx 或 CSV UTF-8",
            "open it in a spreadsheet, and save it as .xlsx or CSV UTF-8",
        ),
    )
}
