//! What is wrong with a file that a person wrote, where, and what to do about it.
//!
//! ```text
//!   file ─▶ doc: where things stand, what was found wrong ─▶ Problems
//! ```
//!
//! # Promises
//! - A problem names file, line, column and key, what was found, what was expected, and a fix, in Chinese and in
//!   English, in one form for every file.
//! - What a file says is shown quoted, escaped and cut short. There are at most [`Problems::LISTED_MAX`] of them.
//!
//! # Does not
//! Know what a file should say: that is for those who read it.

#[cfg(test)]
pub mod cases;
mod doc;
mod excerpt;
mod suggest;
mod unique;

pub use doc::{At, Doc, Found};
pub use suggest::{did_you_mean, nearest};
pub use unique::Unique;

use super::lang::{Lang, Text};
use excerpt::Excerpt;
use std::fmt;

/// All that was found wrong: at least one problem, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    listed: Vec<Problem>,
    /// Problems beyond [`Problems::LISTED_MAX`], which are counted only.
    unlisted: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// `None` where the file as a whole is meant.
    pub position: Option<Position>,
    /// The position is a cell of a workbook: row, and column as a number.
    pub cells: bool,
    /// Such as `bus[0].meter[0].point[1].word_order`, or a table's column; empty where no key is meant.
    pub key: String,
    pub found: Text,
    pub expected: Text,
    pub fix: Text,
    excerpt: Option<Excerpt>,
}

/// Line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Problems {
    /// A table of thousands of sites may have as many slips of its own; more is a wrong file.
    pub const LISTED_MAX: usize = 1_000;

    /// Problems, and those that are only counted.
    pub fn count(&self) -> usize {
        self.listed.len() + self.unlisted
    }

    fn none() -> Problems {
        Problems { listed: Vec::new(), unlisted: 0 }
    }

    fn add(&mut self, problem: Problem) {
        if self.listed.len() < Self::LISTED_MAX {
            self.listed.push(problem);
        } else {
            self.unlisted += 1;
        }
    }

    /// `None` where there are none.
    fn in_order(mut self) -> Option<Problems> {
        self.listed.sort_by_key(|problem| problem.position);
        (!self.listed.is_empty()).then_some(self)
    }

    /// The one thing that is wrong with a file as a whole.
    pub fn of_file(file: &str, found: Text, expected: Text, fix: Text) -> Problems {
        let (file, key) = (file.to_owned(), String::new());
        Problem { file, position: None, cells: false, key, found, expected, fix, excerpt: None }.into()
    }

    /// Those of several files as one; `None` where there are none.
    pub fn gathered(files: impl IntoIterator<Item = Problems>) -> Option<Problems> {
        files.into_iter().reduce(|mut all, more| {
            all.unlisted += more.unlisted;
            more.listed.into_iter().for_each(|problem| all.add(problem));
            all
        })
    }

    pub fn listed(&self) -> &[Problem] {
        &self.listed
    }

    /// One paragraph a problem: place, key, what was found and expected; the fix; the line it is about.
    pub fn render(&self, lang: Lang) -> String {
        let mut paragraphs: Vec<String> = self.listed.iter().map(|problem| problem.render(lang)).collect();
        if self.unlisted > 0 {
            let n = self.unlisted;
            paragraphs.push(lang.pick(format!("另有 {n} 个问题未列出\n"), format!("and {n} more problems\n")));
        }
        paragraphs.join("\n")
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Problems {
        Problems { listed: vec![problem], unlisted: 0 }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Lang::En))
    }
}

impl std::error::Error for Problems {}

impl Problem {
    fn render(&self, lang: Lang) -> String {
        let mut out = self.file.clone();
        if let Some(Position { line, column }) = self.position {
            out += &if self.cells { format!("!{}{line}", letters(column)) } else { format!(":{line}:{column}") };
        }
        out += if self.position.is_some() { "  " } else { ": " };
        if !self.key.is_empty() {
            out += &format!("{}{}", self.key, lang.pick("：", ": "));
        }
        let (found, expected, fix) = (self.found.in_lang(lang), self.expected.in_lang(lang), self.fix.in_lang(lang));
        // Chinese sets a blank between its own characters and Latin ones
        let gap = if expected.starts_with(|c: char| c.is_ascii()) { " " } else { "" };
        out += &lang.pick(
            format!("{found}；应为{gap}{expected}\n  改法：{fix}\n"),
            format!("{found}; expected {expected}\n  fix: {fix}\n"),
        );
        if let (Some(excerpt), Some(position)) = (&self.excerpt, self.position) {
            out += &excerpt.render(position.line);
        }
        out
    }
}

/// A workbook's column, from 1, in its letters: 28 is AB.
pub fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    while let Some(rest) = column.checked_sub(1) {
        letters.insert(0, char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        column = rest / 26;
    }
    letters.into_iter().collect()
}

/// "Found", in front of what is written in the file.
pub fn found(written: &str) -> Text {
    Text::new(format!("写的是 {written}"), format!("found {written}"))
}

/// A value as it is shown in a message: quoted, escaped, cut short, and without the login of a URL.
pub fn quoted(value: &str) -> String {
    match (value.split_once("://"), value.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, address))) => format!("{:?}", cut(&format!("{scheme}://…@{address}"))),
        _ => format!("{:?}", cut(value)),
    }
}

/// Whether a line may hold the login of a URL: then it is not repeated.
fn may_hold_login(line: &str) -> bool {
    line.contains("://") && line.contains('@')
}

/// The first characters of something that may be long.
pub fn cut(value: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut shown: String = value.chars().take(CHARS_MAX).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}
