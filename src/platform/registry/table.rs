//! A sheet → its rows, each field with its place.

use super::{
    place::{span, start},
    word,
};
use crate::runtime::{
    lang::Text,
    problem::{At, Doc, Found, found, nearest, quoted},
};
use csv::StringRecord;

/// Of a file; a province's sites fit into one, and what is read of more would fill the memory.
pub(super) const ROWS_MAX: usize = 200_000;
const FIELD_BYTES_MAX: usize = 4 << 10;

/// The columns of a file: those after `required` may be left out.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) all: &'static [&'static str],
    pub(super) required: usize,
}

/// A row that has every column of its file. Places are those in [`Columns::all`].
pub(super) struct Row<'r> {
    pub(super) doc: &'r Doc<'r>,
    columns: Columns,
    /// For each column of the file its place and its name there.
    order: &'r [(usize, String)],
    /// The byte that the row begins with.
    start: usize,
    record: &'r StringRecord,
}

/// What is expected of a field, and the fix.
pub type Rule = (Text, Text);

impl<'r> Row<'r> {
    /// Empty where the file does not have the column.
    pub(super) fn field(&self, place: usize) -> &'r str {
        self.here(place).and_then(|here| self.record.get(here)).unwrap_or_default()
    }

    pub(super) fn found(&self, place: usize) -> Found<&'r str> {
        Found { value: self.field(place), at: self.at(place) }
    }

    pub(super) fn at(&self, place: usize) -> At {
        let here = self.here(place);
        let written = here.and_then(|here| self.order.get(here)).map(|(_, name)| name.as_str());
        let path = written.or(self.columns.all.get(place).copied()).unwrap_or_default().to_owned();
        let nowhere = self.start..self.start;
        At { path, span: here.map_or(nowhere, |here| span(self.doc.text, self.start, here)) }
    }

    pub(super) fn refuse(&self, place: usize, (expected, fix): Rule) {
        self.doc.report(&self.at(place), found(&quoted(self.field(place))), expected, fix);
    }

    /// The column's own name, whatever the file calls it.
    pub(super) fn name(&self, place: usize) -> &'static str {
        self.columns.all.get(place).copied().unwrap_or_default()
    }

    fn here(&self, place: usize) -> Option<usize> {
        self.order.iter().position(|(known, _)| *known == place)
    }

    /// Every field in the order of [`Columns::all`].
    pub(super) fn fields(&self) -> Vec<String> {
        (0..self.columns.all.len()).map(|place| self.field(place).to_owned()).collect()
    }
}

/// The field by its rule; `None` where it was refused.
pub(super) fn take<T>(row: &Row, place: usize, rule: impl Fn(&str) -> Result<T, Rule>) -> Option<T> {
    rule(row.field(place)).map_err(|refused| row.refuse(place, refused)).ok()
}

/// Gives each well-formed row to `take`; what is not well-formed is reported.
pub(super) fn each(doc: &Doc, columns: Columns, mut take: impl FnMut(&Row)) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(doc.text.as_bytes());
    let mut record = StringRecord::new();
    // the text is UTF-8, lengths are free and memory is the source: the reader has nothing to refuse
    let mut next = |record: &mut StringRecord| reader.read_record(record).unwrap_or(false);
    next(&mut record);
    let Some(order) = order(doc, &record, columns) else { return };
    let mut rows = 0;
    while next(&mut record) {
        let start = start(doc.text, &record);
        let here = |span| At { path: String::new(), span };
        if rows == ROWS_MAX {
            doc.report(
                &here(start..start),
                Text::new("更多的行", "more rows"),
                Text::new(format!("至多 {ROWS_MAX} 行"), format!("at most {ROWS_MAX} rows")),
                Text::new("拆分文件", "divide the file"),
            );
            return;
        }
        rows += 1;
        let row = Row { doc, columns, order: &order, start, record: &record };
        if record.len() != order.len() {
            let (fields, needed) = (record.len(), order.len());
            doc.report(
                &here(start..span(doc.text, start, usize::MAX).end),
                Text::new(format!("有 {fields} 个字段"), format!("found {fields} fields")),
                Text::new(format!("{needed} 个"), format!("{needed}")),
                Text::new("核对逗号和引号", "check commas and quotes"),
            );
            continue;
        }
        let mut sound = true;
        for (field, (place, _)) in record.iter().zip(&order) {
            if let Err(rule) = check(field) {
                row.refuse(*place, rule);
                sound = false;
            }
        }
        if sound {
            take(&row);
        }
    }
}

/// For each column of the file its place among the known ones.
fn order(doc: &Doc, header: &StringRecord, columns: Columns) -> Option<Vec<(usize, String)>> {
    let (required, optional) = columns.all.split_at(columns.required);
    let expected = || {
        let also = |zh: &str| if optional.is_empty() { String::new() } else { format!("{zh}{}", optional.join(", ")) };
        let list = required.join(", ");
        Text::new(format!("列 {list}{}", also("，可选 ")), format!("the columns {list}{}", also("; optional ")))
    };
    let (mut order, mut sound) = (Vec::new(), true);
    for (here, name) in header.iter().enumerate() {
        let shown = quoted(name);
        let refuse = |zh: &str, en: &str, fix: Text| {
            let at = At { path: String::new(), span: span(doc.text, start(doc.text, header), here) };
            doc.report(&at, Text::new(format!("{zh} {shown}"), format!("{en} {shown}")), expected(), fix);
            false
        };
        sound &= match word::place(name, columns.all) {
            Some(place) if order.iter().any(|(known, _)| *known == place) => {
                refuse("再次出现的列", "a second column", Text::new("删除其中一列", "remove one of the two"))
            }
            Some(place) => {
                order.push((place, name.to_owned()));
                true
            }
            None => refuse(
                "未知的列",
                "unknown column",
                match nearest(name, word::all(columns.all)) {
                    Some(near) => Text::new(format!("是否应写作 {near}？"), format!("did you mean {near}?")),
                    None => Text::new("删除或改正该列名", "remove it, or correct its name"),
                },
            ),
        };
    }
    let missing: Vec<_> = (0..)
        .zip(required)
        .filter(|(place, _)| !order.iter().any(|(known, _)| known == place))
        .map(|(_, name)| *name)
        .collect();
    if missing.is_empty() {
        return sound.then_some(order);
    }
    let missing = missing.join(", ");
    doc.report(
        &At { path: String::new(), span: 0..0 },
        Text::new(format!("首行缺少 {missing}"), format!("the first line is missing {missing}")),
        expected(),
        Text::new("在首行补上", "add them to the first line"),
    );
    None
}

/// What every field must be, whatever its column.
fn check(field: &str) -> Result<(), Rule> {
    if field.len() > FIELD_BYTES_MAX {
        let expected = Text::new(format!("至多 {FIELD_BYTES_MAX} 字节"), format!("at most {FIELD_BYTES_MAX} bytes"));
        return Err((expected, Text::new("检查是否缺少右引号", "check for a quote that is not closed")));
    }
    if field.trim() != field {
        let expected = Text::new("首尾没有空白的值", "no blanks around the value");
        return Err((expected, Text::new("删除首尾空白", "remove the blanks")));
    }
    if field.chars().any(char::is_control) {
        let expected = Text::new("一行文字，不含控制字符", "one line of text without control characters");
        return Err((expected, Text::new("删除换行等控制字符", "remove line breaks and control characters")));
    }
    Ok(())
}
