//! Reading the tree that TOML parsed to, table by table: each getter reports what is wrong with its value and
//! returns `None`, so that one pass finds every problem.
//!
//! # Promises
//! - `None` for a required key, or for a key that is there, means that a problem was reported: a value put in its
//!   place never leaves [`super::read`].

use super::{
    key::{Key, Shape},
    message::{expected, fix_of_type, kind_of, such_as, use_header},
};
use crate::runtime::{
    lang::Text,
    problem::{At, Doc, Found, cut, did_you_mean, found, nearest, quoted},
};
use std::ops::{Range, RangeInclusive};
use toml::de::{DeTable, DeValue};

/// Why a string is not what its key wants: the remedy, and whether the string may be shown.
pub struct Refusal {
    pub fix: Text,
    pub secret: bool,
}

impl From<Text> for Refusal {
    fn from(fix: Text) -> Refusal {
        Refusal { fix, secret: false }
    }
}

/// One table of the file. Its unknown keys and missing required keys are reported as it is opened.
pub struct Section<'d> {
    pub doc: &'d Doc<'d>,
    pub at: At,
    shape: &'static Shape,
    /// Those of the whole file, to tell where a misplaced key belongs.
    shapes: &'static [&'static Shape],
    /// `None`: it is not written.
    table: Option<&'d DeTable<'d>>,
    /// What holds where the table says nothing, of another file.
    base: Option<&'d DeTable<'d>>,
    /// Keys of the base that do not hold here.
    hidden: Vec<&'static str>,
}

impl<'d> Section<'d> {
    pub(super) fn open(
        doc: &'d Doc<'d>,
        shape: &'static Shape,
        shapes: &'static [&'static Shape],
        table: &'d DeTable<'d>,
        at: At,
    ) -> Section<'d> {
        let (table, base, hidden) = (Some(table), None, Vec::new());
        let section = Section { doc, at, shape, shapes, table, base, hidden };
        for (name, _) in section.table.into_iter().flatten() {
            if !shape.keys.iter().any(|key| key.name == name.get_ref().as_ref()) {
                section.refuse_unknown(name.get_ref(), name.span());
            }
        }
        for key in shape.keys.iter().filter(|key| key.required && !section.has(key)) {
            section.missing(key);
        }
        section
    }

    /// The same table over one of another file: what it does not say is read there, but for the `hidden` keys. A problem
    /// with such a value is shown where this table stands.
    pub fn over<'s>(&'s self, base: &Section<'s>, hidden: Vec<&'static str>) -> Section<'s> {
        let Section { doc, shape, shapes, table, .. } = *self;
        Section { doc, at: self.at.clone(), shape, shapes, table, base: base.table, hidden }
    }

    /// A table that is not written, since the value of `key` stands for all of it: it says what `base` says.
    pub fn instead<'s>(&'s self, key: &Key, base: &Section<'s>) -> Section<'s> {
        let Section { doc, shapes, .. } = *self;
        Section { doc, at: self.at(key), shape: base.shape, shapes, table: None, base: base.table, hidden: Vec::new() }
    }

    pub fn has(&self, key: &Key) -> bool {
        self.get(key.name).is_some()
    }

    /// Whether the table itself has it, whatever its base says.
    pub fn writes(&self, key: &Key) -> bool {
        self.table.is_some_and(|table| table.contains_key(key.name))
    }

    fn get(&self, name: &str) -> Option<&'d toml::Spanned<DeValue<'d>>> {
        let based = || self.base.filter(|_| !self.hidden.contains(&name)).and_then(|base| base.get(name));
        self.table.and_then(|table| table.get(name)).or_else(based)
    }

    /// Where the key's value stands, or the table where it is missing.
    pub fn at(&self, key: &Key) -> At {
        let written = self.table.and_then(|table| table.get(key.name));
        let span = written.map_or(self.at.span.clone(), |value| value.span());
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
        } else if header.is_empty() {
            Text::new(format!("在文件开头加上 {example}"), format!("add {example} at the top of the file"))
        } else {
            Text::new(format!("在 {header} 中加上 {example}"), format!("add {example} to {header}"))
        };
        self.refuse(key, Text::new("缺少", "missing"), fix);
    }

    fn refuse_unknown(&self, name: &str, span: Range<usize>) {
        let known: Vec<&str> = self.shape.keys.iter().map(|key| key.name).collect();
        let header = if self.shape.header.is_empty() { "the top" } else { self.shape.header };
        let home = self.shapes.iter().find(|shape| shape.keys.iter().any(|key| key.name == name));
        // password is no misspelling of password_file, and that is meant
        let longer = known.iter().copied().find(|key| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')));
        let fix = match (nearest(name, known.iter().copied()).or(longer), home) {
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
        let zh_header = if self.shape.header.is_empty() { "顶层".to_owned() } else { format!("{header} ") };
        let expected = Text::new(
            format!("{zh_header}的键之一：{}", known.join("、")),
            format!("one of the keys of {header}: {list}"),
        );
        let shown: String = cut(name).escape_debug().collect();
        let at = At { path: self.path(&shown), span };
        // the line may hold what nobody else is to read
        if ["password", "passwd", "secret", "token"].iter().any(|word| name.to_ascii_lowercase().contains(word)) {
            self.doc.report_secret(&at, found, expected, fix);
        } else {
            self.doc.report(&at, found, expected, fix);
        }
    }

    fn value(&self, key: &Key) -> Option<Found<&'d DeValue<'d>>> {
        self.get(key.name).map(|value| Found { value: value.get_ref(), at: self.at(key) })
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
                self.doc.report_secret(&at, found, expected(key), fix);
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
                self.refuse(key, found(&cut(&written.to_string())), such_as(key));
                None
            }
        }
    }

    pub fn boolean(&self, key: &Key) -> Option<Found<bool>> {
        let Found { value, at } = self.value(key)?;
        let truth = value.as_bool();
        if truth.is_none() {
            self.wrong_type(key, value);
        }
        Some(Found { value: truth?, at })
    }

    /// A word out of a list.
    pub fn one_of<T: Copy>(&self, key: &Key, choices: &[(&str, T)]) -> Option<Found<T>> {
        self.parse(key, |text| match choices.iter().find(|(word, _)| *word == text) {
            Some((_, choice)) => Ok(*choice),
            None => Err(did_you_mean(text, choices.iter().map(|(word, _)| *word)).unwrap_or_else(|| such_as(key))),
        })
    }

    /// The strings of an array, each of which `parse` understands.
    pub fn parse_each<T>(&self, key: &Key, parse: impl Fn(&'d str) -> Result<T, Text>) -> Option<Vec<T>> {
        let Found { value, at } = self.value(key)?;
        let Some(array) = value.as_array() else {
            self.wrong_type(key, value);
            return None;
        };
        let read = |(i, value): (usize, &'d toml::Spanned<DeValue<'d>>)| {
            let at = At { path: format!("{}[{i}]", at.path), span: value.span() };
            let (shown, fix) = match value.get_ref().as_str().map(|text| (text, parse(text))) {
                Some((_, Ok(parsed))) => return Some(parsed),
                Some((text, Err(fix))) => (found(&quoted(text)), fix),
                None => (kind_of(value.get_ref()), fix_of_type(key, value.get_ref())),
            };
            self.doc.report(&at, shown, expected(key), fix);
            None
        };
        // every element is looked at, also behind a wrong one
        let read: Vec<Option<T>> = array.iter().enumerate().map(read).collect();
        read.into_iter().collect()
    }

    /// Pairs of numbers: an array of arrays of two.
    pub fn pairs(&self, key: &Key, range: RangeInclusive<i64>) -> Option<Vec<(i64, i64)>> {
        let Found { value, at } = self.value(key)?;
        let Some(array) = value.as_array() else {
            self.wrong_type(key, value);
            return None;
        };
        let number = |value: &DeValue| {
            let written = value.as_integer()?;
            i64::from_str_radix(written.as_str(), written.radix()).ok().filter(|number| range.contains(number))
        };
        let read = |(i, value): (usize, &'d toml::Spanned<DeValue<'d>>)| {
            let pair = value.get_ref().as_array().and_then(|pair| match pair.iter().collect::<Vec<_>>()[..] {
                [first, last] => number(first.get_ref()).zip(number(last.get_ref())),
                _ => None,
            });
            if pair.is_none() {
                let at = At { path: format!("{}[{i}]", at.path), span: value.span() };
                self.doc.report(&at, kind_of(value.get_ref()), expected(key), such_as(key));
            }
            pair
        };
        let read: Vec<_> = array.iter().enumerate().map(read).collect();
        read.into_iter().collect()
    }

    /// A table of strings under names of the writer's choice.
    pub fn strings_by_name(&self, key: &Key) -> Option<Vec<(String, Found<&'d str>)>> {
        let Found { value, at } = self.value(key)?;
        let Some(table) = value.as_table() else {
            self.wrong_type(key, value);
            return None;
        };
        let read = |(name, value): (&toml::Spanned<toml::de::DeString<'d>>, &'d toml::Spanned<DeValue<'d>>)| {
            let name = name.get_ref().to_string();
            let at = At { path: format!("{}.{}", at.path, cut(&name).escape_debug()), span: value.span() };
            let text = value.get_ref().as_str();
            if text.is_none() {
                self.doc.report(&at, kind_of(value.get_ref()), expected(key), fix_of_type(key, value.get_ref()));
            }
            Some((name, Found { value: text?, at }))
        };
        let read: Vec<_> = table.iter().map(read).collect();
        read.into_iter().collect()
    }

    /// Whether the key's value is a string, where another type would do as well.
    pub fn is_string(&self, key: &Key) -> bool {
        self.value(key).is_some_and(|found| found.value.as_str().is_some())
    }

    pub fn table(&self, key: &Key, shape: &'static Shape) -> Option<Section<'d>> {
        let Found { value, at } = self.value(key)?;
        match value.as_table() {
            // its places are those of another file
            Some(table) if !self.writes(key) => {
                let (table, base, hidden) = (None, Some(table), Vec::new());
                Some(Section { doc: self.doc, at, shape, shapes: self.shapes, table, base, hidden })
            }
            Some(table) => Some(Section::open(self.doc, shape, self.shapes, table, at)),
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
                Some(table) => Some(Section::open(self.doc, shape, self.shapes, table, at)),
                None => {
                    self.doc.report(&at, kind_of(value.get_ref()), expected(key), use_header(key));
                    None
                }
            }
        };
        array.iter().enumerate().filter_map(open).collect()
    }

    fn wrong_type(&self, key: &Key, value: &DeValue) {
        self.refuse(key, kind_of(value), fix_of_type(key, value));
    }
}
