//! Reads everything and says what is there.

use super::{SpoolError, StoppedSpool};
use crate::{
    agent::{
        archive::{Archive, ArchiveLimits},
        spool::{generation::Extent, span},
    },
    model::{Span, UtcMillis},
    wire::{hex, record::decode},
};

/// One generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub ordinal: u64,
    /// `None` where its marker is damaged.
    pub gen_id: Option<String>,
    pub state: State,
    /// Readable from the first one on.
    pub records: u64,
    pub bytes: u64,
    pub span: Option<Span>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Sealed,
    /// The run that wrote it did not end in order.
    Open,
    Quarantined,
    /// Its gap is not recorded yet.
    Dropped,
}

impl StoppedSpool {
    /// Every generation, those in quarantine last.
    ///
    /// # Errors
    /// `Io` and `Database`: the surroundings, such as a full disk. Damage is no error.
    pub fn verify(&self) -> Result<Vec<Checked>, SpoolError> {
        let mut all = Vec::new();
        for layout in [self.layout.clone(), self.layout.set_aside()] {
            let aside = layout.dir() != self.layout.dir();
            if !layout.dir().exists() {
                continue;
            }
            for (ordinal, names) in layout.list()?.0 {
                let state = match names {
                    _ if aside => State::Quarantined,
                    names if names.dropped => State::Dropped,
                    names if !names.ok => continue, // never created to the end, or deleted
                    names if names.sealed => State::Sealed,
                    _ => State::Open,
                };
                all.push(self.check(&layout, ordinal, state)?);
            }
        }
        Ok(all)
    }

    fn check(&self, layout: &super::Layout, ordinal: u64, state: State) -> Result<Checked, SpoolError> {
        let marker = layout.read_marker(ordinal).ok().flatten();
        let manifest = layout.read_manifest(ordinal).ok().flatten();
        let (mut extent, mut found, mut unreadable) = (Extent::default(), None, None);
        let last = manifest.map_or(u64::MAX, |manifest| manifest.extent.last);
        let mut problem = None;
        if state != State::Dropped {
            problem = StoppedSpool::each(layout, ordinal, last, |record| {
                extent = extent.with(std::slice::from_ref(&record));
                found = span::cover(found, span::of(&record));
                if let Err(error) = decode(&record) {
                    unreadable.get_or_insert(format!("record {}: {error}", extent.last));
                }
                true
            })?;
        }
        let differs = manifest.filter(|manifest| state != State::Dropped && manifest.extent != extent);
        let differs = differs.map(|manifest| format!("{} records were sealed", manifest.extent.last));
        let unmarked = marker.is_none() && state != State::Dropped;
        problem = problem.or(unreadable).or(differs).or(unmarked.then(|| "its marker is damaged".to_owned()));
        let gen_id = marker.map(|marker| hex(&marker.gen_id));
        let Extent { last: records, bytes, .. } = extent;
        let span = found.or(manifest.and_then(|manifest| manifest.span));
        Ok(Checked { ordinal, gen_id, state, records, bytes, span, problem })
    }

    /// Days, quarter-hours and damaged blocks of the archive.
    ///
    /// # Errors
    /// `Io`.
    pub fn verify_archive(&self) -> Result<(usize, u64, u64), SpoolError> {
        let path = self.layout.archive();
        let archive = Archive::new(path.clone(), ArchiveLimits { days: u32::MAX, bytes_max: u64::MAX });
        let all = Span { start: UtcMillis(i64::MIN), end: UtcMillis(i64::MAX) };
        let days = archive.days(all).map_err(SpoolError::at(&path))?;
        let (mut intervals, mut damaged) = (0, 0);
        for day in &days {
            let day = archive.day(*day).map_err(SpoolError::at(&path))?;
            intervals += day.parts.iter().map(|part| part.intervals.len() as u64).sum::<u64>();
            damaged += day.damaged;
        }
        Ok((days.len(), intervals, damaged))
    }
}
