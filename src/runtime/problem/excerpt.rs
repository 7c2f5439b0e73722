//! The line that a problem is about, with a mark under what is meant.

/// The line up to the end of what is meant. What follows on it, such as the value behind an unknown key
/// `password`, is not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    before: String,
    marked: String,
}

impl Excerpt {
    const BYTES_MAX: usize = 160;

    /// `None` for a line too long to be of help.
    pub fn new(before: &str, marked: &str) -> Option<Excerpt> {
        let fits = before.len() + marked.len() <= Self::BYTES_MAX;
        fits.then(|| Excerpt { before: printable(before), marked: printable(marked) })
    }

    pub fn render(&self, line: usize) -> String {
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
