//! From when the samples of a record are. A commit says so; after a kill it is read out of the records.

use crate::{
    model::Span,
    wire::{
        proto::RecordKind,
        record::{Content, Record, decode},
    },
};

/// `None` for a record that holds no samples, or that is not readable here.
pub(super) fn of(record: &Record) -> Option<Span> {
    if i32::from(record.kind) != RecordKind::Samples as i32 {
        return None;
    }
    let Ok(Content::Samples(_, samples)) = decode(record) else { return None };
    samples.iter().map(|one| Span { start: one.time, end: one.time.plus_ms(1) }).reduce(Span::cover)
}

/// The shortest span that holds both.
pub(super) fn cover(one: Option<Span>, other: Option<Span>) -> Option<Span> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.cover(other)),
        (one, other) => one.or(other),
    }
}
