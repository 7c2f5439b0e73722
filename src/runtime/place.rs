//! Where in a file something is wrong, and how a person is told.

use super::lang::{Lang, Text};
use std::{fmt, ops::Range};

/// Line and column, both from 1, of a byte of `text`; the column counts characters. An offset behind the end, or
/// inside of a character, is that of the character before.
pub fn line_column(text: &str, byte_offset: usize) -> (usize, usize) {
    let before = text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= byte_offset);
    before.fold((1, 1), |(line, column), (_, c)| if c == '\n' { (line + 1, 1) } else { (line, column + 1) })
}

/// One thing wrong in a settings file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub file: String,
    /// From 1; 0 when the file as a whole is meant.
    pub line: usize,
    pub column: usize,
    /// What was found and what was expected.
    pub what: Text,
    pub fix: Text,
}

impl Problem {
    pub fn at(file: &str, text: &str, span: Option<Range<usize>>, what: Text, fix: Text) -> Problem {
        let (line, column) = span.map_or((0, 0), |span| line_column(text, span.start));
        Problem { file: file.to_owned(), line, column, what, fix }
    }

    /// What the TOML reader found: bad syntax, an unknown or missing key, another type.
    pub fn toml(file: &str, text: &str, error: &toml::de::Error) -> Problem {
        let said = error.message();
        let (zh, fix) = if said.starts_with("unknown field") {
            ("未知的键", Text::new("请改正或删除该键", "correct or remove this key"))
        } else if said.starts_with("missing field") {
            ("缺少键", Text::new("请补上该键", "add this key"))
        } else if said.starts_with("invalid type") || said.starts_with("unknown variant") {
            ("值不符合要求", Text::new("请按所示要求填写", "write a value of the expected kind"))
        } else {
            ("不是有效的 TOML", Text::new("请检查引号、括号和等号", "check quotes, brackets and equals signs"))
        };
        Problem::at(file, text, error.span(), Text::new(format!("{zh}：{said}"), said), fix)
    }

    pub fn render(&self, lang: Lang) -> String {
        let place =
            if self.line == 0 { self.file.clone() } else { format!("{}:{}:{}", self.file, self.line, self.column) };
        let fix = lang.pick("改法", "fix");
        format!("{place}: {}\n  {fix}: {}", self.what.in_lang(lang), self.fix.in_lang(lang))
    }
}

/// One or more of them: nothing of the file was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub fn render(&self, lang: Lang) -> String {
        self.0.iter().map(|problem| problem.render(lang)).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Lang::En))
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "a\n亩均 = 1\n";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 2), (2, 1));
        assert_eq!(line_column(text, 9), (2, 4));
        assert_eq!(line_column(text, 3), (2, 1));
        assert_eq!(line_column(text, 999), (3, 1));
        assert_eq!(line_column("", 0), (1, 1));
    }
}
