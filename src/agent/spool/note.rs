//! The two small files beside each generation: the marker, with which it begins to exist, and the manifest, with
//! which it ends. Each is one line of text with its checksum.
//!
//! ```text
//!   .ok      mujun-generation 2 <gen_id> <prev gen_id or -> <records it began with> <begun, ms> <crc>
//!   .sealed  mujun-sealed 2 <gen_id> <last seq> <bytes of bodies> <hash> <span start> <span end> <ended, ms> <crc>
//! ```

use super::{
    disk::Disk,
    error::SpoolError,
    generation::Extent,
    layout::Layout,
    line::{self, hex_or_none, id_from_hex, id_or_none},
};
use crate::{
    model::{Span, UtcMillis},
    runtime::fault,
    wire::{
        GenId, hex,
        proto::RecordKind,
        record::{Content, Gap, Record, decode, encode},
    },
};
use bytes::Bytes;

/// What `.ok` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub gen_id: GenId,
    /// Of the generation created before it in this store.
    pub prev: Option<GenId>,
    /// Records that were durable before the generation counted as created.
    pub preamble: u64,
    pub begun: UtcMillis,
}

/// What `.sealed` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub gen_id: GenId,
    pub extent: Extent,
    /// Times of the samples inside, where known.
    pub span: Option<Span>,
    /// Wall clock at the last commit.
    pub ended: UtcMillis,
}

impl Layout {
    pub fn write_marker(&self, disk: &dyn Disk, ordinal: u64, marker: &Marker) -> Result<(), SpoolError> {
        let Marker { gen_id, prev, preamble, begun } = marker;
        let (gen_id, prev) = (hex(gen_id), hex_or_none(prev.as_ref()));
        let text = format!("mujun-generation 2 {gen_id} {prev} {preamble} {}", begun.0);
        line::replace(disk, &self.ok(ordinal), line::checked(&text).as_bytes())
    }

    pub fn write_manifest(&self, disk: &dyn Disk, ordinal: u64, manifest: &Manifest) -> Result<(), SpoolError> {
        let Manifest { gen_id, extent: Extent { last, bytes, hash }, span, ended } = manifest;
        let (start, end) = span.map_or(("-".into(), "-".into()), |s| (s.start.0.to_string(), s.end.0.to_string()));
        let gen_id = hex(gen_id);
        let text = format!("mujun-sealed 2 {gen_id} {last} {bytes} {hash:08x} {start} {end} {}", ended.0);
        fault::point("spool.before_manifest");
        line::replace(disk, &self.sealed(ordinal), line::checked(&text).as_bytes())?;
        fault::point("spool.after_manifest");
        Ok(())
    }

    /// `None` where the line is damaged.
    pub fn read_marker(&self, ordinal: u64) -> Result<Option<Marker>, SpoolError> {
        Ok(line::read_one(&self.ok(ordinal))?.as_deref().and_then(marker))
    }

    /// The marker's line under its other name, and behind it the gaps that the generation held.
    pub fn write_dropped(&self, disk: &dyn Disk, ordinal: u64, carried: &[Gap]) -> Result<(), SpoolError> {
        let ok = self.ok(ordinal);
        let mut text = line::read(&ok).map_err(SpoolError::at(&ok))?.unwrap_or_default();
        for record in carried.iter().flat_map(|gap| encode(&Content::Gap(gap.clone()))) {
            let body = hex(&record.body);
            text.push_str(&line::checked(&format!("gap {body}")));
        }
        line::replace(disk, &self.dropped(ordinal), text.as_bytes())
    }

    /// The marker of a dropped generation.
    pub fn read_dropped(&self, ordinal: u64) -> Result<Option<Marker>, SpoolError> {
        let path = self.dropped(ordinal);
        let text = line::read(&path).map_err(SpoolError::at(&path))?.unwrap_or_default();
        Ok(text.lines().next().and_then(line::unchecked).and_then(marker))
    }

    /// The gaps that a dropped generation held.
    pub fn read_carried(&self, ordinal: u64) -> Result<Vec<Gap>, SpoolError> {
        let path = self.dropped(ordinal);
        let text = line::read(&path).map_err(SpoolError::at(&path))?.unwrap_or_default();
        Ok(text.lines().skip(1).filter_map(|line| gap(line::unchecked(line)?)).collect())
    }

    /// `None` where the line is damaged.
    pub fn read_manifest(&self, ordinal: u64) -> Result<Option<Manifest>, SpoolError> {
        Ok(line::read_one(&self.sealed(ordinal))?.as_deref().and_then(manifest))
    }
}

fn marker(text: &str) -> Option<Marker> {
    let ["mujun-generation", "2", gen_id, prev, preamble, begun] = text.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    Some(Marker {
        gen_id: id_from_hex(gen_id)?,
        prev: id_or_none(prev)?,
        preamble: preamble.parse().ok()?,
        begun: UtcMillis(begun.parse().ok()?),
    })
}

fn manifest(text: &str) -> Option<Manifest> {
    let ["mujun-sealed", "2", gen_id, last, bytes, hash, start, end, ended] = text.split(' ').collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let span = match (start, end) {
        ("-", "-") => None,
        (start, end) => Some(Span { start: UtcMillis(start.parse().ok()?), end: UtcMillis(end.parse().ok()?) }),
    };
    Some(Manifest {
        gen_id: id_from_hex(gen_id)?,
        extent: Extent {
            last: last.parse().ok()?,
            bytes: bytes.parse().ok()?,
            hash: u32::from_str_radix(hash, 16).ok()?,
        },
        span,
        ended: UtcMillis(ended.parse().ok()?),
    })
}

fn gap(text: &str) -> Option<Gap> {
    let digits = text.strip_prefix("gap ")?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let body: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let body = Bytes::from(body?);
    let record = Record { kind: RecordKind::Gap as u8, crc32c: crc32c::crc32c(&body), body };
    match decode(&record) {
        Ok(Content::Gap(gap)) => Some(gap),
        _ => None,
    }
}
