//! Reading the tree that TOML parsed to, table by table: each getter reports what is wrong with its value and
//! returns `None`, so that one pass finds every problem.
//!
//! # Promises
//! - `None` for a required key, or for a key that is there, means that a problem was reported: a value put in its
//!   place never reaches a [`super::Config`].

use super::{
    key::{Key, SHAPES, Shape},
    problem::{ConfigErrors, Excerpt, Position, Problem, cut, may_hold_login, quoted},
    suggest::nearest,
};
use crate::runtime::lang::Text;
use std::{
    cell::{Cell, RefCell},
    ops::{Range, RangeInclusive},
};
use toml::de::{DeTable, DeValue};

/// The file under examination and what was found wrong in it so far.
pub(super) struct Doc<'d> {
    pub file: &'d str,
    pub text: &'d str,
    problems: RefCell<Vec<Problem>>,
    unlisted: Cell<usize>,
}

/// Where something stands: its key path and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct At {
    pub path: String,
    pub span: Range<usize>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub value: T,
    pub at: At,
}

/// Why a string is not what its key wants: the remedy, and whether the string may be shown.
pub(super) struct Refusal {
    pub fix: Text,
    pub secret: bool,
}

impl From<Text> for Refusal {
    fn from(fix: Text) -> Refusal {
        Refusal { fix, secret: false }
    }
}

impl<'d> Doc<'d> {
    pub fn new(file: &'d str, text: &'d str) -> Doc<'d> {
        Doc { file, text, problems: RefCell::default(), unlisted: Cell::new(0) }
    }

    pub fn report(&self, at: &At, found: Text, expected: Text, fix: Text) {
        self.push(at, found, expected, fix, self.excerpt(&at.span));
    }

    fn push(&self, at: &At, found: Text, expected: Text, fix: Text, excerpt: Option<Excerpt>) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() >= ConfigErrors::LISTED_MAX {
            self.unlisted.set(self.unlisted.get() + 1);
            return;
        }
        let (file, key) = (self.file.to_owned(), at.path.clone());
        problems.push(Problem { file, position: Some(self.position(&at.span)), key, found, expected, fix, excerpt });
    }

    pub fn position(&self, span: &Range<usize>) -> Position {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        Position { line, column: 1 + before[line_start..].chars().count() }
    }

    fn excerpt(&self, span: &Range<usize>) -> Option<Excerpt> {
        let before = self.text.get(..span.start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        if may_hold_login(self.text.get(line_start..)?.lines().next().unwrap_or_default()) {
            return None;
        }
        let line = &before[line_start..];
        let marked = self.text.get(span.clone())?.lines().next().unwrap_or_default();
        if line.is_empty() && marked.is_empty() { None } else { Excerpt::new(line, marked) }
    }

    /// `value`, unless a problem was reported.
    pub fn finish<T>(self, value: T) -> Result<T, ConfigErrors> {
        let problems = self.problems.into_inner();
        if problems.is_empty() { Ok(value) } else { Err(ConfigErrors::new(problems, self.unlisted.get())) }
    }
}

/// One table of the file. Its unknown keys and missing required keys are reported as it is opened.
pub(super) struct Section<'d> {
    pub doc: &'d Doc<'d>,
    pub at: At,
    shape: &'static Shape,
    table: &'d DeTable<'d>,
}

impl<'d> Section<'d> {
    pub fn open(doc: &'d Doc<'d>, shape: &'static Shape, table: &'d DeTable<'d>, at: At) -> Section<'d> {
        let section = Section { doc, at, shape, table };
        for (name, _) in table.iter() {
            if !shape.keys.iter().any(|key| key.name == name.get_ref().as_ref()) {
                section.refuse_unknown(name.get_ref(), name.span());
            }
        }
        for key in shape.keys.iter().filter(|key| key.required && !section.has(key)) {
            section.missing(key);
        }
        section
    }

    pub fn has(&self, key: &Key) -> bool {
        self.table.contains_key(key.name)
    }

    /// Where the key's value stands, or the table where it is missing.
    pub fn at(&self, key: &Key) -> At {
        let span = self.table.get(key.name).map_or(self.at.span.clone(), |value| value.span());
        At { path: self.path(key.name), span }
    }

    fn path(&self, name: &str) -> String {
        if self.at.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at.path) }
    }

    pub fn refuse(&self, key: &Key, found: Text, fix: Text) {
        self.doc.report(&self.at(key), found, expected(key), fix);
    }

    pub fn missing(&self, key: &Key) {
        let (example, header) = (key.example, self.shape.header);
        let fix = if example.starts_with('[') {
            Text::new(format!("加上 {example}"), format!("add {example}"))
        } else {
            Text::new(format!("在 {header} 中加上 {example}"), format!("add {example} to {header}"))
        };
        self.refuse(key, Text::new("缺少", "missing"), fix);
    }

    fn refuse_unknown(&self, name: &str, span: Range<usize>) {
        let known: Vec<&str> = self.shape.keys.iter().map(|key| key.name).collect();
        let header = if self.shape.header.is_empty() { "the top" } else { self.shape.header };
        let home = SHAPES.iter().find(|shape| shape.keys.iter().any(|key| key.name == name));
        let fix = match (nearest(name, known.iter().copied()), home) {
            (Some(near), _) => Text::new(format!("是否应写作 {near}？"), format!("did you mean {near}?")),
            (None, Some(Shape { header: "", .. })) => {
                Text::new(format!("{name} 是顶层的表"), format!("{name} is a table of its own at the top of the file"))
            }
            (None, Some(Shape { header, .. })) => Text::new(
                format!("{name} 属于 {header}：移到该表头之后、下一个表头之前"),
                format!("{name} belongs to {header}: move it below that header and above the next one"),
            ),
            (None, None) => Text::new("删除此键", "remove it"),
        };
        let list = known.join(", ");
        let found = Text::new(format!("未知的键 {}", quoted(name)), format!("unknown key {}", quoted(name)));
        let zh_header = if self.shape.header.is_empty() { "顶层" } else { header };
        let expected = Text::new(
            format!("{zh_header} 的键之一：{}", known.join("、")),
            format!("one of the keys of {header}: {list}"),
        );
        let shown: String = cut(name).escape_debug().collect();
        self.doc.report(&At { path: self.path(&shown), span }, found, expected, fix);
    }

    fn value(&self, key: &Key) -> Option<Found<&'d DeValue<'d>>> {
        self.table.get(key.name).map(|value| Found { value: value.get_ref(), at: self.at(key) })
    }

    /// What was read of a key: the default where the key is missing, `None` where a problem was reported.
    pub fn or<T>(&self, key: &Key, default: T, read: Option<Found<T>>) -> Option<T> {
        if self.has(key) { read.map(|found| found.value) } else { Some(default) }
    }

    /// A string that was read before: what is wrong with it is not reported again.
    pub fn peek(&self, key: &Key) -> Option<Found<&'d str>> {
        let Found { value, at } = self.value(key)?;
        Some(Found { value: value.as_str()?, at })
    }

    pub fn string(&self, key: &Key) -> Option<Found<&'d str>> {
        let Found { value, at } = self.value(key)?;
        let text = value.as_str();
        if text.is_none() {
            self.wrong_type(key, value);
        }
        Some(Found { value: text?, at })
    }

    /// A string that `parse` understands; its refusal says the remedy.
    pub fn parse<T, R: Into<Refusal>>(
        &self,
        key: &Key,
        parse: impl FnOnce(&'d str) -> Result<T, R>,
    ) -> Option<Found<T>> {
        let Found { value: text, at } = self.string(key)?;
        match parse(text).map_err(Into::into) {
            Ok(value) => Some(Found { value, at }),
            Err(Refusal { fix, secret: false }) => {
                self.refuse(key, found(&quoted(text)), fix);
                None
            }
            Err(Refusal { fix, secret: true }) => {
                let found = Text::new("写有用户名或密码", "found a user name or password");
                self.doc.push(&at, found, expected(key), fix, None);
                None
            }
        }
    }

    pub fn integer(&self, key: &Key, range: RangeInclusive<i64>) -> Option<Found<i64>> {
        let Found { value, at } = self.value(key)?;
        let Some(written) = value.as_integer() else {
            self.wrong_type(key, value);
            return None;
        };
        let number = i64::from_str_radix(written.as_str(), written.radix()).ok();
        match number.filter(|number| range.contains(number)) {
            Some(value) => Some(Found { value, at }),
            None => {
                let example = key.example;
                let fix = Text::new(format!("例如 {example}"), format!("such as {example}"));
                self.refuse(key, found(&cut(&written.to_string())), fix);
                None
            }
        }
    }

    /// A word out of a list.
    pub fn one_of<T: Copy>(&self, key: &Key, choices: &[(&str, T)]) -> Option<Found<T>> {
        self.parse(key, |text| match choices.iter().find(|(word, _)| *word == text) {
            Some((_, choice)) => Ok(*choice),
            None => Err(match nearest(text, choices.iter().map(|(word, _)| *word)) {
                Some(near) => Text::new(format!("是否应写作 \"{near}\"？"), format!("did you mean \"{near}\"?")),
                None => Text::new(format!("例如 {}", key.example), format!("such as {}", key.example)),
            }),
        })
    }

    pub fn table(&self, key: &Key, shape: &'static Shape) -> Option<Section<'d>> {
        let Found { value, at } = self.value(key)?;
        match value.as_table() {
            Some(table) => Some(Section::open(self.doc, shape, table, at)),
            None => {
                self.wrong_type(key, value);
                None
            }
        }
    }

    /// The tables of an array; at least one where the key is required.
    pub fn tables(&self, key: &Key, shape: &'static Shape) -> Vec<Section<'d>> {
        let Some(Found { value, at }) = self.value(key) else { return Vec::new() };
        let Some(array) = value.as_array() else {
            self.wrong_type(key, value);
            return Vec::new();
        };
        if array.is_empty() && key.required {
            self.missing(key);
        }
        let open = |(i, value): (usize, &'d toml::Spanned<DeValue<'d>>)| {
            let at = At { path: format!("{}[{i}]", at.path), span: value.span() };
            match value.get_ref().as_table() {
                Some(table) => Some(Section::open(self.doc, shape, table, at)),
                None => {
                    self.doc.report(&at, kind_of(value.get_ref()), expected(key), use_header(key));
                    None
                }
            }
        };
        array.iter().enumerate().filter_map(open).collect()
    }

    fn wrong_type(&self, key: &Key, value: &DeValue) {
        let example = key.example;
        let fix = match value {
            _ if example.starts_with('[') => use_header(key),
            DeValue::Integer(_) | DeValue::Float(_) if example.contains('"') => {
                Text::new("用引号括起来", "put it in quotes")
            }
            DeValue::String(text) if !example.contains('"') && text.parse::<i64>().is_ok() => {
                Text::new("去掉引号", "leave out the quotes")
            }
            _ => Text::new(format!("例如 {example}"), format!("such as {example}")),
        };
        self.refuse(key, kind_of(value), fix);
    }
}

pub(super) fn expected(key: &Key) -> Text {
    Text::new(key.expected.0, key.expected.1)
}

/// "Found", in front of what is written in the file.
pub(super) fn found(written: &str) -> Text {
    Text::new(format!("写的是 {written}"), format!("found {written}"))
}

fn use_header(key: &Key) -> Text {
    let header = key.example;
    if header.starts_with("[[") {
        return Text::new(
            format!("表头写作 {header}，用双层方括号"),
            format!("write its header {header}, in two brackets each side"),
        );
    }
    Text::new(format!("表头写作 {header}"), format!("write its header {header}"))
}

fn kind_of(value: &DeValue) -> Text {
    match value {
        DeValue::String(text) => found_kind("字符串", "the string", &quoted(text)),
        DeValue::Integer(number) => found_kind("整数", "the integer", &cut(&number.to_string())),
        DeValue::Float(number) => found_kind("小数", "the float", &cut(&number.to_string())),
        DeValue::Boolean(truth) => found_kind("布尔值", "the boolean", &truth.to_string()),
        DeValue::Datetime(time) => found_kind("日期时间", "the date-time", &time.to_string()),
        DeValue::Array(_) => Text::new("写的是数组", "found an array"),
        DeValue::Table(_) => Text::new("写的是表", "found a table"),
    }
}

fn found_kind(zh: &str, en: &str, written: &str) -> Text {
    Text::new(format!("写的是{zh} {written}"), format!("found {en} {written}"))
}
