//! A file under examination: where things stand in it, and what was found wrong so far.

use super::{Excerpt, Position, Problem, Problems, may_hold_login};
use crate::runtime::lang::Text;
use std::{cell::RefCell, ops::Range};

pub struct Doc<'d> {
    pub file: &'d str,
    pub text: &'d str,
    /// Lines are rows of a workbook's sheet, and columns its cells.
    cells: bool,
    /// The byte with which each line begins.
    lines: Vec<usize>,
    problems: RefCell<Problems>,
    warnings: RefCell<Problems>,
}

/// Where something stands: its key path and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct At {
    pub path: String,
    pub span: Range<usize>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Found<T> {
    pub value: T,
    pub at: At,
}

impl<'d> Doc<'d> {
    pub fn new(file: &'d str, text: &'d str) -> Doc<'d> {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Doc { file, text, cells: false, lines, problems: Problems::none().into(), warnings: Problems::none().into() }
    }

    /// Of a workbook's sheet as CSV, in which line n is row n.
    pub fn of_cells(file: &'d str, text: &'d str) -> Doc<'d> {
        Doc { cells: true, ..Doc::new(file, text) }
    }

    pub fn report(&self, at: &At, found: Text, expected: Text, fix: Text) {
        self.problems.borrow_mut().add(self.problem(at, found, expected, fix));
    }

    /// As [`Doc::report`], for what must not be shown.
    pub fn report_secret(&self, at: &At, found: Text, expected: Text, fix: Text) {
        self.problems.borrow_mut().add(Problem { excerpt: None, ..self.problem(at, found, expected, fix) });
    }

    /// What a person should look at, although it is taken.
    pub fn warn(&self, at: &At, found: Text, expected: Text, fix: Text) {
        self.warnings.borrow_mut().add(self.problem(at, found, expected, fix));
    }

    pub fn problem(&self, at: &At, found: Text, expected: Text, fix: Text) -> Problem {
        let (position, excerpt) = (Some(self.position(&at.span)), self.excerpt(&at.span));
        let (file, key, cells) = (self.file.to_owned(), at.path.clone(), self.cells);
        Problem { file, position, cells, key, found, expected, fix, excerpt }
    }

    pub fn position(&self, span: &Range<usize>) -> Position {
        let (line, before) = self.line(span);
        Position { line, column: 1 + if self.cells { fields(before) } else { before.chars().count() } }
    }

    /// The number of the line that the span begins on, and what stands there before it.
    fn line(&self, span: &Range<usize>) -> (usize, &'d str) {
        let line = self.lines.partition_point(|start| *start <= span.start).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        (line, self.text.get(start..span.start).unwrap_or_default())
    }

    /// None of a workbook: its reader looks at the cell.
    fn excerpt(&self, span: &Range<usize>) -> Option<Excerpt> {
        if self.cells {
            return None;
        }
        let (line, before) = self.line(span);
        let whole = self.lines.get(line - 1).and_then(|start| self.text.get(*start..)?.lines().next());
        if may_hold_login(whole.unwrap_or_default()) {
            return None;
        }
        let marked = self.text.get(span.clone())?.lines().next().unwrap_or_default();
        if before.is_empty() && marked.is_empty() { None } else { Excerpt::new(before, marked) }
    }

    /// `value` and the warnings, unless a problem was reported.
    pub fn finish<T>(self, value: T) -> Result<(T, Option<Problems>), Problems> {
        match self.problems.into_inner().in_order() {
            Some(problems) => Err(problems),
            None => Ok((value, self.warnings.into_inner().in_order())),
        }
    }
}

/// Fields that end in this beginning of a line of CSV.
fn fields(before: &str) -> usize {
    let (fields, _) = before.bytes().fold((0, false), |(fields, quoted), byte| match byte {
        b'"' => (fields, !quoted),
        b',' if !quoted => (fields + 1, quoted),
        _ => (fields, quoted),
    });
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let doc = Doc::new("f", "a\n亩均 = 1\r\n\n");
        let place = |at: usize| {
            let Position { line, column } = doc.position(&(at..at));
            (line, column)
        };
        assert_eq!([place(0), place(2), place(9), place(14), place(15)], [(1, 1), (2, 1), (2, 4), (3, 1), (4, 1)]);
        let empty = Doc::new("f", "").position(&(0..0));
        assert_eq!((empty.line, empty.column), (1, 1));
    }

    #[test]
    fn a_place_in_a_workbook_is_its_cell() {
        let doc = Doc::of_cells("f.xlsx", "a,b\n\n\"x,\"\"y\",z\n");
        let problem = doc.problem(&At { path: "b".into(), span: 14..15 }, text("1"), text("2"), text("3"));
        assert_eq!(problem.position, Some(Position { line: 3, column: 2 }));
        assert_eq!(Problems::from(problem).to_string(), "f.xlsx!B3  b: 1; expected 2\n  fix: 3\n");
    }

    fn text(text: &str) -> Text {
        Text::new(text, text)
    }

    #[test]
    fn problems_stand_in_the_order_of_the_file_and_a_flood_is_counted() {
        let doc = Doc::new("f", "a\nb\n");
        let text = || Text::new("z", "e");
        for start in [2, 0] {
            doc.report(&At { path: String::new(), span: start..start + 1 }, text(), text(), text());
        }
        let listed = doc.finish(()).unwrap_err();
        assert_eq!(listed.listed().iter().map(|p| p.position.unwrap().line).collect::<Vec<_>>(), [1, 2]);

        let doc = Doc::new("f", "a");
        (0..1_500).for_each(|_| doc.report(&At { path: String::new(), span: 0..1 }, text(), text(), text()));
        let flood = doc.finish(()).unwrap_err();
        assert_eq!(flood.listed().len(), 1_000);
        assert!(flood.to_string().ends_with("and 500 more problems\n"));
        let twice = Problems::gathered([flood.clone(), flood]).unwrap();
        assert!(twice.listed().len() == 1_000 && twice.to_string().ends_with("and 2000 more problems\n"));
    }
}
