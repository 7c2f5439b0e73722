//! What each destination holds: kept over a start, so that a generation that is complete at one of two platforms is
//! not held for both.
//!
//! ```text
//!   MARKS: a line for each destination and generation that is begun there
//!     <gen_id> <seq> <1 complete, 0 not> <destination's name> <crc>
//! ```
//!
//! # Promises
//! - Written when a generation is complete at one destination and not at all, and at the end of a run.
//! - A line that is damaged counts for nothing: the platform's Welcome says it again.

use super::{
    SpoolError,
    index::{Index, Mark},
    line,
    sled_spool::{Inner, held},
};
use crate::wire::hex;
use std::{collections::HashMap, io, path::Path};

/// By destination and generation.
pub(super) type Marks = HashMap<(usize, [u8; 16]), Mark>;

/// Those of `destinations`; a line of another name counts for nothing.
pub(super) fn read(path: &Path, destinations: &[String]) -> Result<Marks, SpoolError> {
    let text = match line::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Marks::new()),
        read => read.map_err(SpoolError::at(path))?.unwrap_or_default(),
    };
    let mut marks = Marks::new();
    for line in text.lines() {
        let parsed = line::unchecked(line).and_then(|text| {
            let mut words = text.splitn(4, ' ');
            let gen_id = line::id_from_hex(words.next()?)?;
            let seq = words.next()?.parse().ok()?;
            let complete = words.next()? == "1";
            Some((gen_id, Mark { seq, complete }, words.next()?))
        });
        let Some((gen_id, mark, name)) = parsed else {
            tracing::warn!(path = %path.display(), "a damaged line is passed over");
            continue;
        };
        if let Some(destination) = destinations.iter().position(|known| known == name) {
            marks.insert((destination, gen_id), mark);
        }
    }
    Ok(marks)
}

impl Inner {
    /// An error costs a repetition after the next start and nothing else.
    pub(super) fn write_marks(&self) {
        let _one_at_a_time = held(&self.marks_file);
        let text = text(&held(&self.index), &self.destinations);
        if let Err(error) = line::replace(&*self.disk, &self.layout.marks(), text.as_bytes()) {
            tracing::warn!(%error, "what the platforms hold could not be written down, they will say it again");
        }
    }
}

fn text(index: &Index, destinations: &[String]) -> String {
    let mut text = String::new();
    for entry in index.entries() {
        for (mark, name) in entry.marks.iter().zip(destinations).filter(|(mark, _)| mark.seq > 0 || mark.complete) {
            let line = format!("{} {} {} {name}", hex(&entry.gen_id), mark.seq, u8::from(mark.complete));
            text.push_str(&line::checked(&line));
        }
    }
    text
}
