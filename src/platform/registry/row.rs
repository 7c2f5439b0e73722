//! One line of a registry file and its fields.

use crate::runtime::{lang::Text, place::Problem};
use rust_decimal::Decimal;

const FIELD_BYTES_MAX: usize = 4 * 1024;

pub struct Row<'a> {
    pub file: &'a str,
    pub line: u64,
    pub columns: &'a [&'static str],
    pub record: &'a csv::StringRecord,
    pub problems: &'a mut Vec<Problem>,
}

impl Row<'_> {
    pub fn problem(&mut self, column: &str, what: Text, fix: Text) {
        let place = if column.is_empty() { String::new() } else { format!("{column}: ") };
        let what = Text::new(format!("{place}{}", what.zh), format!("{place}{}", what.en));
        let number = self.columns.iter().position(|name| *name == column).map_or(1, |index| index + 1);
        let line = usize::try_from(self.line).unwrap_or(usize::MAX);
        self.problems.push(Problem { file: self.file.to_owned(), line, column: number, what, fix });
    }

    /// The field as it stands, blanks around it removed.
    pub fn optional(&self, column: &str) -> String {
        let index = self.columns.iter().position(|name| *name == column);
        index.and_then(|index| self.record.get(index)).unwrap_or_default().trim().to_owned()
    }

    pub fn text(&mut self, column: &'static str) -> Option<String> {
        let text = self.optional(column);
        if !text.is_empty() && text.len() <= FIELD_BYTES_MAX {
            return Some(text);
        }
        self.problem(
            column,
            Text::new("为空或超过 4 KiB", "empty, or longer than 4 KiB"),
            Text::new("必须填写", "a value is needed"),
        );
        None
    }

    pub fn decimal_or_none(&mut self, column: &'static str) -> Option<Decimal> {
        if self.optional(column).is_empty() { None } else { self.decimal(column, false) }
    }

    pub fn decimal(&mut self, column: &'static str, positive: bool) -> Option<Decimal> {
        let text = self.optional(column);
        let limit = Decimal::from(1_000_000_000_000_i64);
        match Decimal::from_str_exact(&text) {
            Ok(value) if value.abs() <= limit && (!positive || value > Decimal::ZERO) => return Some(value),
            _ => {}
        }
        let shown: String = text.chars().take(64).collect();
        let (zh, en) = if positive { ("大于 0 的数", "a number above 0") } else { ("数字", "a number") };
        self.problem(
            column,
            Text::new(format!("`{shown}` 不是{zh}"), format!("`{shown}` is not {en}")),
            Text::new(
                "使用小数点，不要千分位，例如 18.6",
                "with a decimal point and no thousands separator, such as 18.6",
            ),
        );
        None
    }

    pub fn whole_or_none(&mut self, column: &'static str) -> Option<u32> {
        let text = self.optional(column);
        if text.is_empty() {
            return None;
        }
        let whole = text.parse().ok();
        if whole.is_none() {
            let shown: String = text.chars().take(64).collect();
            self.problem(
                column,
                Text::new(format!("`{shown}` 不是非负整数"), format!("`{shown}` is no whole number from 0")),
                Text::new("例如 120", "such as 120"),
            );
        }
        whole
    }
}
