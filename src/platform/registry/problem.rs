//! What is wrong in a CSV file, and how a person is told.

use crate::runtime::lang::{Lang, Text};
use std::fmt;

/// One problem in a CSV file.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct CsvProblem {
    /// Line of the file, from 1; 0 when the whole file is meant.
    pub line: u64,
    /// Name of the column; empty when the whole row or file is meant.
    pub column: String,
    /// The field, shortened.
    pub found: String,
    pub expected: Text,
    pub fix: Text,
}

impl CsvProblem {
    const FOUND_CHARS_MAX: usize = 40;

    pub fn new(line: u64, column: &str, found: &str, expected: Text, fix: Text) -> CsvProblem {
        let mut shown: String = found.chars().take(Self::FOUND_CHARS_MAX).collect();
        if shown.len() < found.len() {
            shown.push('…');
        }
        CsvProblem { line, column: column.to_owned(), found: shown, expected, fix }
    }

    pub fn render(&self, lang: Lang) -> String {
        let place = match (self.line, self.column.as_str()) {
            (0, _) => lang.pick("文件", "file").to_owned(),
            (line, "") => lang.pick(format!("第 {line} 行"), format!("line {line}")),
            (line, column) => lang.pick(format!("第 {line} 行 {column}"), format!("line {line}, {column}")),
        };
        let (found, expected, fix) = (self.found.escape_debug(), self.expected.in_lang(lang), self.fix.in_lang(lang));
        lang.pick(
            format!("{place}：实际为“{found}”，应为{expected}。改法：{fix}"),
            format!("{place}: found \"{found}\", expected {expected}; fix: {fix}"),
        )
    }
}

/// At least one problem: nothing was imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CsvProblems {
    /// In the order of the file.
    pub problems: Vec<CsvProblem>,
    /// How many more were counted and not kept.
    pub more: usize,
}

impl CsvProblems {
    pub fn render(&self, lang: Lang) -> String {
        let mut lines: Vec<_> = self.problems.iter().map(|problem| problem.render(lang)).collect();
        if self.more > 0 {
            lines.push(lang.pick(format!("另有 {} 个问题", self.more), format!("and {} more problems", self.more)));
        }
        lines.join("\n")
    }
}

impl fmt::Display for CsvProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Lang::En))
    }
}

impl std::error::Error for CsvProblems {}

/// Collects problems up to a limit.
#[derive(Default)]
pub(super) struct Found {
    problems: Vec<CsvProblem>,
    more: usize,
}

impl Found {
    const PROBLEMS_MAX: usize = 1_000;

    pub(super) fn add(&mut self, problem: CsvProblem) {
        if self.problems.len() < Self::PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// `rows` if there was no problem.
    pub(super) fn none_or<T>(self, rows: T) -> Result<T, CsvProblems> {
        if self.problems.is_empty() { Ok(rows) } else { Err(CsvProblems { problems: self.problems, more: self.more }) }
    }
}
