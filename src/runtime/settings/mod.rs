//! Reading a TOML file of ours by a description of its keys.
//!
//! ```text
//!   text ─▶ TOML's tree ─▶ sections, each held to its shape ─▶ what the caller made of them, or every problem
//! ```
//!
//! # Promises
//! - One pass finds all problems of a file that is TOML.
//! - An unknown key is refused, with the key that was probably meant or the table where it belongs. No value is
//!   silently repaired.
//!
//! # Does not
//! Know a key: shapes are the caller's.

mod key;
mod listen;
mod message;
mod section;

pub use key::{Key, Shape, key};
pub use listen::listen;
pub use message::{expected, such_as};
pub use section::{Refusal, Section};

use super::{
    lang::Text,
    problem::{At, Doc, Problems},
};
use toml::de::DeTable;

/// What `take` makes of the file's top, unless a problem was reported. `file` is what messages call it; `shapes`
/// are those of its tables that a misplaced key may belong to.
pub fn read<T>(
    text: &str,
    file: &str,
    top: &'static Shape,
    shapes: &'static [&'static Shape],
    take: impl FnOnce(&Section<'_>) -> T,
) -> Result<T, Problems> {
    let doc = Doc::new(file, text);
    let tree = DeTable::parse(text).map_err(|error| not_toml(&doc, &error))?;
    let root = Section::open(&doc, top, shapes, tree.get_ref(), At { path: String::new(), span: 0..0 });
    let taken = take(&root);
    doc.finish(taken).map(|(taken, _)| taken)
}

/// A path that is not empty.
pub fn path(text: &str) -> Result<&std::path::Path, Text> {
    let fits = !text.is_empty() && !text.contains('\0');
    fits.then(|| text.as_ref()).ok_or_else(|| Text::new("写上路径", "write the path"))
}

fn not_toml(doc: &Doc, error: &toml::de::Error) -> Problems {
    let message = error.message().replace('\n', ", ");
    let end = doc.text.len();
    let at = At { path: String::new(), span: error.span().unwrap_or(end..end) };
    let problem = doc.problem(
        &at,
        Text::new(format!("TOML 语法错误（{message}）"), format!("not TOML ({message})")),
        Text::new("符合 TOML 语法的一行", "a line that is TOML"),
        Text::new(
            "改正此行；字符串加引号，每个键在一个表中只写一次",
            "correct this line: strings stand in quotes, a key stands once in its table",
        ),
    );
    problem.into()
}
