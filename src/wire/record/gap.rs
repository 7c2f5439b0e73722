//! Gaps ↔ their message.

use super::RecordError;
use crate::{
    model::{GapCause, Span, UtcMillis},
    wire::{GenId, proto},
};
use bytes::Bytes;

/// A stretch of which the gateway has nothing to give.
#[derive(Clone, PartialEq, Debug)]
pub struct Gap {
    pub cause: GapCause,
    /// What is missing lies in it; `None` where not even that is known.
    pub span: Option<Span>,
    /// Whose; empty: all of the gateway's.
    pub series: Vec<u32>,
    /// The records that are gone, where the gap is one of the spool.
    pub lost: Option<Lost>,
    /// For people, English, at most 256 bytes.
    pub detail: String,
}

/// Records `first_seq..=last_seq` of a generation; `last_seq` 0 where the end is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lost {
    pub gen_id: GenId,
    pub first_seq: u64,
    pub last_seq: u64,
}

/// Bytes of a gap's detail.
pub const DETAIL_BYTES_MAX: usize = 256;

pub(super) fn message_from(gap: &Gap) -> proto::Gap {
    let (start, end) = gap.span.map_or((0, 0), |span| (span.start.0, span.end.0));
    let (gen_id, first_seq, last_seq) =
        gap.lost.map_or((Bytes::new(), 0, 0), |lost| (lost.gen_id.to_vec().into(), lost.first_seq, lost.last_seq));
    let ends = (0..=DETAIL_BYTES_MAX.min(gap.detail.len())).rev().find(|end| gap.detail.is_char_boundary(*end));
    let detail = gap.detail[..ends.unwrap_or(0)].to_owned();
    proto::Gap {
        cause: i32::from(gap.cause.code()),
        start_ms: start,
        end_ms: end,
        series: gap.series.clone(),
        gen_id,
        first_seq,
        last_seq,
        detail,
    }
}

pub(super) fn from_message(message: proto::Gap) -> Result<Gap, RecordError> {
    let cause = u32::try_from(message.cause).ok().and_then(GapCause::from_code);
    let cause = cause.ok_or(RecordError::Content("a gap without a cause that is known here"))?;
    let (start, end) = (UtcMillis(message.start_ms), UtcMillis(message.end_ms));
    if start > end {
        return Err(RecordError::Content("a gap that ends before it starts"));
    }
    let lost = match message.gen_id.len() {
        0 => None,
        _ => Some(Lost {
            gen_id: GenId::try_from(&message.gen_id[..])
                .map_err(|_| RecordError::Content("a gap whose generation id has not 16 bytes"))?,
            first_seq: message.first_seq,
            last_seq: message.last_seq,
        }),
    };
    if message.detail.len() > DETAIL_BYTES_MAX {
        return Err(RecordError::Content("a gap with a detail of more than 256 bytes"));
    }
    let span = (message.start_ms, message.end_ms) != (0, 0);
    Ok(Gap { cause, span: span.then_some(Span { start, end }), series: message.series, lost, detail: message.detail })
}
