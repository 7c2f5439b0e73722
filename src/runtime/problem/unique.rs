//! Names that may stand only once in a file.

use super::{At, Doc, Found, quoted};
use crate::runtime::lang::Text;
use std::collections::{HashMap, hash_map::Entry};

/// The names of one kind that were met so far, and where.
pub struct Unique {
    /// Of what kind, in Chinese and in English: "no other … has it".
    kind: (&'static str, &'static str),
    met: HashMap<String, At>,
}

impl Unique {
    pub fn new(zh: &'static str, en: &'static str) -> Unique {
        Unique { kind: (zh, en), met: HashMap::new() }
    }

    /// Whether `name` is new; reports it where it was met before.
    pub fn claim(&mut self, doc: &Doc, name: &Found<&str>) -> bool {
        self.claim_as(doc, name.value.to_owned(), name)
    }

    /// As [`Unique::claim`], where it is `id` that must be unique and `name` what the file says.
    pub fn claim_as(&mut self, doc: &Doc, id: String, name: &Found<&str>) -> bool {
        let first = match self.met.entry(id) {
            Entry::Vacant(place) => {
                place.insert(name.at.clone());
                return true;
            }
            Entry::Occupied(first) => first.into_mut(),
        };
        let (line, (zh, en), written) = (doc.position(&first.span).line, self.kind, quoted(name.value));
        doc.report(
            &name.at,
            Text::new(format!("{written} 已用于第 {line} 行"), format!("{written} is used on line {line} already")),
            Text::new(format!("{zh}没有用过的值"), format!("what no other {en} has")),
            Text::new("改用别的值，或删除其中一处", "choose another, or remove one of the two"),
        );
        false
    }
}
