//! What the spool lost, as records: computed from what lies on the disk, committed before anything else.
//!
//! | lost | lies on the disk until its gap is committed |
//! |---|---|
//! | a damaged generation | `quarantine/g…` without `quarantine/g….reported` |
//! | a dropped generation | `g….dropped`, its marker under another name, and `g….sealed` |
//! | a tail | WITNESS, which the commit of the gap is the first to overwrite |
//!
//! # Promises
//! - A process that ends anywhere between the loss and the commit of its gap leaves what the next start makes the
//!   same gap of. One that ends right behind the commit makes it twice, word for word.

use super::{
    error::SpoolError,
    layout::Layout,
    line,
    note::{Manifest, Marker},
    sled_spool::{Inner, held},
    witness::Said,
};
use crate::{
    model::{GapCause, Span, UtcMillis},
    runtime::clock,
    wire::{
        GenId,
        record::{Content, Gap, Lost, Record, encode},
    },
};

/// A gap that is not committed yet, and what is to be done when it is.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub gap: Gap,
    pub then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Then {
    /// Mark the quarantined generation as reported.
    Report(u64),
    /// Delete what is left of the dropped generation.
    Delete(u64),
    Nothing,
}

/// Gaps of what lies aside and is not reported.
pub(super) fn found(layout: &Layout, said: Option<&Said>) -> Result<Vec<Pending>, SpoolError> {
    let mut pending = Vec::new();
    for ordinal in layout.set_aside().unreported()? {
        pending.push(quarantined(layout, ordinal, said, "damaged on the gateway's disk"));
    }
    for ordinal in layout.dropped_ordinals()? {
        pending.push(dropped(layout, ordinal, "the spool was full"));
    }
    Ok(pending)
}

pub(super) fn quarantined(layout: &Layout, ordinal: u64, said: Option<&Said>, detail: &str) -> Pending {
    let aside = layout.set_aside();
    let marker = aside.read_marker(ordinal).ok().flatten();
    let manifest = aside.read_manifest(ordinal).ok().flatten();
    let gap = gap(GapCause::Quarantined, layout, ordinal, marker, manifest, said, detail);
    Pending { gap, then: Then::Report(ordinal) }
}

pub(super) fn dropped(layout: &Layout, ordinal: u64, detail: &str) -> Pending {
    let marker = layout.read_dropped(ordinal).ok().flatten();
    let manifest = layout.read_manifest(ordinal).ok().flatten();
    let gap = gap(GapCause::Dropped, layout, ordinal, marker, manifest, None, detail);
    Pending { gap, then: Then::Delete(ordinal) }
}

/// Records behind `kept` were committed and are gone.
pub(super) fn tail_lost(kept: u64, kept_until: Option<UtcMillis>, begun: UtcMillis, said: &Said) -> Pending {
    // of the last commit the witness knows the times; of those before it only that they lie in between
    let only_last = kept.saturating_add(u64::from(said.records)) >= said.last_seq;
    let span = said.span.filter(|_| only_last).unwrap_or_else(|| {
        let end = said.span.map_or(said.wall, |span| span.end);
        Span { start: kept_until.unwrap_or(begun).min(end), end }
    });
    let lost = Lost { gen_id: said.gen_id, first_seq: kept.saturating_add(1), last_seq: said.last_seq };
    let detail = "the disk did not keep what it had said was durable".into();
    let gap = Gap { cause: GapCause::TailLost, span: Some(span), series: Vec::new(), lost: Some(lost), detail };
    Pending { gap, then: Then::Nothing }
}

fn gap(
    cause: GapCause,
    layout: &Layout,
    ordinal: u64,
    marker: Option<Marker>,
    manifest: Option<Manifest>,
    said: Option<&Said>,
    detail: &str,
) -> Gap {
    let gen_id: Option<GenId> = marker.map(|m| m.gen_id).or(manifest.map(|m| m.gen_id));
    let said = said.filter(|said| Some(said.gen_id) == gen_id);
    let last_seq = manifest.map(|m| m.extent.last).or(said.map(|said| said.last_seq)).unwrap_or(0);
    // without a word of its own: from its creation to its end, as far as anyone knows
    let lived = || {
        let start = marker?.begun;
        let end = manifest.map(|m| m.ended).or(said.map(|said| said.wall));
        let end = end.or_else(|| next_begun(layout, ordinal)).unwrap_or_else(clock::now);
        Some(Span { start: start.min(end), end })
    };
    let span = manifest.and_then(|manifest| manifest.span).or_else(lived);
    let lost = gen_id.map(|gen_id| Lost { gen_id, first_seq: 1, last_seq });
    Gap { cause, span, series: Vec::new(), lost, detail: detail.to_owned() }
}

fn next_begun(layout: &Layout, ordinal: u64) -> Option<UtcMillis> {
    let later = layout.ordinals().ok()?.into_iter().filter(|other| *other > ordinal);
    later.filter_map(|other| layout.read_marker(other).ok().flatten()).map(|marker| marker.begun).next()
}

impl Inner {
    /// The records of what is pending, and how many gaps they are.
    pub(super) fn gap_records(&self) -> (usize, Vec<Record>) {
        let pending = held(&self.pending);
        (pending.len(), pending.iter().flat_map(|one| encode(&Content::Gap(one.gap.clone()))).collect())
    }

    /// The first `count` pending gaps are committed.
    pub(super) fn settle(&self, count: usize) {
        let settled: Vec<Pending> = {
            let mut pending = held(&self.pending);
            let count = count.min(pending.len());
            pending.drain(..count).collect()
        };
        for Pending { gap, then } in settled {
            tracing::warn!(cause = ?gap.cause, span = ?gap.span, lost = ?gap.lost.map(|lost| (lost.first_seq, lost.last_seq)), detail = gap.detail, "a gap was recorded");
            let done = match then {
                Then::Nothing => Ok(()),
                Then::Report(ordinal) => self.layout.set_aside().write_reported(&*self.disk, ordinal, &gap.detail),
                Then::Delete(ordinal) => super::trim::delete_dropped(&self.layout, &*self.disk, ordinal),
            };
            if let Err(error) = done {
                tracing::warn!(%error, "the gap will be recorded again after the next start");
            }
        }
    }
}

impl Layout {
    fn write_reported(&self, disk: &dyn super::disk::Disk, ordinal: u64, detail: &str) -> Result<(), SpoolError> {
        let text = format!("mujun-reported 1 {} {detail}", clock::now().0);
        line::replace(disk, &self.reported(ordinal), line::checked(&text).as_bytes())
    }
}
