//! Bytes → rows of named fields.

use super::problem::{CsvProblem, CsvProblems, Found};
use crate::runtime::lang::Text;

const FILE_BYTES_MAX: usize = 64 << 20;
const ROWS_MAX: usize = 200_000;
const FIELD_BYTES_MAX: usize = 4 << 10;

/// The columns of a file: those after `required` may be left out.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) all: &'static [&'static str],
    pub(super) required: usize,
}

/// A row whose fields are in the order of [`Columns::all`]; a column that the file does not have gives "".
pub(super) struct Row {
    pub(super) line: u64,
    fields: Vec<String>,
}

impl Row {
    pub(super) fn field(&self, place: usize) -> &str {
        self.fields.get(place).map_or("", String::as_str)
    }
}

/// Rows that are well-formed; what is not well-formed is in `found`.
///
/// # Errors
/// When no row can be understood: encoding, size or header.
pub(super) fn rows(bytes: &[u8], columns: Columns, found: &mut Found) -> Result<Vec<Row>, CsvProblems> {
    let text = text(bytes)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records.next().transpose().ok().flatten().unwrap_or_default();
    let order = order(&header, columns)?;
    let (mut rows, mut lines) = (Vec::new(), Lines { text: text.as_bytes(), at: 0, line: 1 });
    for record in records {
        // the text is UTF-8, lengths are free and memory is the source: the reader has nothing left to refuse
        let Ok(record) = record else { continue };
        let line = lines.of(&record);
        if rows.len() == ROWS_MAX {
            found.add(CsvProblem::new(
                line,
                "",
                "…",
                Text::new(format!("至多 {ROWS_MAX} 行"), format!("at most {ROWS_MAX} rows")),
                Text::new("请拆分文件", "split the file"),
            ));
            break;
        }
        if record.len() != order.len() {
            found.add(CsvProblem::new(
                line,
                "",
                &record.iter().collect::<Vec<_>>().join(","),
                Text::new(
                    format!("{} 个字段，实际 {} 个", order.len(), record.len()),
                    format!("{} fields, there are {}", order.len(), record.len()),
                ),
                Text::new("请检查逗号和引号", "check commas and quotes"),
            ));
            continue;
        }
        let mut fields = vec![String::new(); columns.all.len()];
        let mut sound = true;
        for (field, place) in record.iter().zip(&order) {
            let name = columns.all.get(*place).copied().unwrap_or_default();
            if let Some((expected, fix)) = unsound(field) {
                found.add(CsvProblem::new(line, name, field, expected, fix));
                sound = false;
            }
            if let Some(slot) = fields.get_mut(*place) {
                field.clone_into(slot);
            }
        }
        if sound {
            rows.push(Row { line, fields });
        }
    }
    Ok(rows)
}

/// Counts lines by itself: the reader's own number is where it stood before the empty lines and the rest of a
/// CR LF that it skips.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, record: &csv::StringRecord) -> u64 {
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        while let Some(byte) = self.text.get(self.at) {
            if self.at >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

fn text(bytes: &[u8]) -> Result<&str, CsvProblems> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(whole(
            &format!("{} bytes", bytes.len()),
            Text::new(format!("至多 {FILE_BYTES_MAX} 字节"), format!("at most {FILE_BYTES_MAX} bytes")),
            Text::new("请拆分文件", "split the file"),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|b| **b == b'\n').count() as u64;
        let found = bytes.get(error.valid_up_to()).map_or_else(String::new, |byte| format!("byte 0x{byte:02X}"));
        let problem = CsvProblem::new(
            line,
            "",
            &found,
            Text::new("UTF-8 编码", "text in UTF-8"),
            Text::new(
                "请另存为“CSV UTF-8（逗号分隔）”，目前不支持 GBK",
                "save the file as \"CSV UTF-8\"; GBK is not read",
            ),
        );
        CsvProblems { problems: vec![problem], more: 0 }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// For each column of the file its place among the known ones.
fn order(header: &csv::StringRecord, columns: Columns) -> Result<Vec<usize>, CsvProblems> {
    let (required, optional) = columns.all.split_at(columns.required);
    let list = required.join(",");
    let or = |zh: &str, en: &str| match optional {
        [] => String::new(),
        _ => format!("{zh}{}{en}", optional.join(",")),
    };
    let expected = || {
        Text::new(format!("表头 {list}{}", or("，可选 ", "")), format!("the columns {list}{}", or("; optional ", "")))
    };
    let (mut found, mut order) = (Found::default(), Vec::new());
    for name in header {
        let problem = |zh: &str, en: &str| CsvProblem::new(1, name, name, expected(), Text::new(zh, en));
        match columns.all.iter().position(|known| *known == name) {
            None => found.add(problem("请删除或改正该列名", "remove or correct this column name")),
            Some(place) if order.contains(&place) => {
                found.add(problem("该列出现两次，请删除一列", "this column is there twice: remove one"));
            }
            Some(place) => order.push(place),
        }
    }
    let missing: Vec<_> =
        (0..).zip(required).filter(|(place, _)| !order.contains(place)).map(|(_, name)| *name).collect();
    if !missing.is_empty() {
        let missing = missing.join(",");
        let fix = Text::new(format!("请补上缺少的列 {missing}"), format!("add what is missing: {missing}"));
        found.add(CsvProblem::new(1, "", &header.iter().collect::<Vec<_>>().join(","), expected(), fix));
    }
    found.none_or(order)
}

/// What no field may be, whatever its column.
fn unsound(field: &str) -> Option<(Text, Text)> {
    if field.len() > FIELD_BYTES_MAX {
        let expected = Text::new(format!("至多 {FIELD_BYTES_MAX} 字节"), format!("at most {FIELD_BYTES_MAX} bytes"));
        return Some((expected, Text::new("请检查是否缺少右引号", "check for a quote that is not closed")));
    }
    if field.trim() != field {
        let expected = Text::new("首尾没有空白的值", "no blanks around the value");
        return Some((expected, Text::new("请删除首尾空白", "remove the blanks")));
    }
    if field.chars().any(char::is_control) {
        let expected = Text::new("一行文字，不含控制字符", "one line of text without control characters");
        return Some((expected, Text::new("请删除换行等控制字符", "remove line breaks and control characters")));
    }
    None
}

fn whole(found: &str, expected: Text, fix: Text) -> CsvProblems {
    CsvProblems { problems: vec![CsvProblem::new(0, "", found, expected, fix)], more: 0 }
}
