//! What is wrong with a configuration, where, and what to do about it.

use crate::runtime::lang::{Lang, Text};
use std::fmt;

/// All that was found wrong in one file: at least one problem, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
    /// Problems beyond [`ConfigErrors::LISTED_MAX`], which are counted only.
    unlisted: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub file: String,
    /// `None` where the file could not be read at all.
    pub position: Option<Position>,
    /// Such as `modbus[0].meter[0].point[1].word_order`; empty where no key is meant.
    pub key: String,
    pub found: Text,
    pub expected: Text,
    pub fix: Text,
    pub(super) excerpt: Option<Excerpt>,
}

/// Line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// The line up to the end of what is meant. What follows on it, such as the value behind an unknown key
/// `password`, is not repeated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Excerpt {
    before: String,
    marked: String,
}

impl ConfigErrors {
    /// More than anyone reads in one go: the rest is mostly what follows from the first.
    pub(super) const LISTED_MAX: usize = 100;

    pub(super) fn new(mut problems: Vec<Problem>, unlisted: usize) -> ConfigErrors {
        problems.sort_by_key(|problem| problem.position);
        ConfigErrors { problems, unlisted }
    }

    /// Gives all problems one place.
    pub(super) fn place(&mut self, position: Position) {
        self.problems.iter_mut().for_each(|problem| problem.position = Some(position));
    }

    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// One paragraph a problem: place, key, what was found and expected; the remedy; the line it is about.
    pub fn render(&self, lang: Lang) -> String {
        let mut paragraphs: Vec<String> = self.problems.iter().map(|problem| problem.render(lang)).collect();
        if self.unlisted > 0 {
            let n = self.unlisted;
            paragraphs.push(lang.pick(format!("另有 {n} 个问题未列出\n"), format!("and {n} more problems\n")));
        }
        paragraphs.join("\n")
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Lang::En))
    }
}

impl std::error::Error for ConfigErrors {}

impl Problem {
    fn render(&self, lang: Lang) -> String {
        let mut out = self.file.clone();
        if let Some(Position { line, column }) = self.position {
            out += &format!(":{line}:{column}");
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

impl Excerpt {
    const CHARS_MAX: usize = 160;

    /// `None` for a line too long to be of help.
    pub(super) fn new(before: &str, marked: &str) -> Option<Excerpt> {
        let fits = before.len() + marked.len() <= Self::CHARS_MAX;
        fits.then(|| Excerpt { before: printable(before), marked: printable(marked) })
    }

    fn render(&self, line: usize) -> String {
        let gutter = " ".repeat(line.to_string().len());
        let (blank, carets) = (width(&self.before, ' '), width(&self.marked, '^'));
        let carets = if carets.is_empty() { "^" } else { &carets };
        format!("  {line} | {}{}\n  {gutter} | {blank}{carets}\n", self.before, self.marked)
    }
}

/// As many `mark`s as the text is wide; Chinese characters take two columns.
fn width(text: &str, mark: char) -> String {
    text.chars().flat_map(|c| std::iter::repeat_n(mark, if c >= '\u{2e80}' { 2 } else { 1 })).collect()
}

/// A file may hold anything; a terminal must not obey it.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c == '\t' { ' ' } else { c }).map(|c| if c.is_control() { '�' } else { c }).collect()
}

/// A value as it is shown in a message: quoted, escaped, cut short, and without the login of a URL.
pub(super) fn quoted(value: &str) -> String {
    match (value.split_once("://"), value.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, address))) => format!("{:?}", cut(&format!("{scheme}://…@{address}"))),
        _ => format!("{:?}", cut(value)),
    }
}

/// Whether a line may hold the login of a URL: then it is not repeated.
pub(super) fn may_hold_login(line: &str) -> bool {
    line.contains("://") && line.contains('@')
}

/// The first characters of something that may be long.
pub(super) fn cut(value: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut shown: String = value.chars().take(CHARS_MAX).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}
