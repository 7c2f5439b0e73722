//! For how long the disk lasts: from the sizes of what is there and of what was recorded lately.

use super::{SpoolError, layout::Layout};
use crate::{model::UtcMillis, runtime::space};
use std::path::Path;

/// Less than this is no measurement.
const MEASURED_MS_MIN: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Of a spool folder, whether an agent uses it or not. Nothing is opened and nothing written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outlook {
    /// What the generations take.
    pub bytes: u64,
    /// What the disk still has room for.
    pub free: u64,
    /// Bytes of the disk for each day of recording, where generations of an hour at least are there.
    pub bytes_per_day: Option<u64>,
}

impl Outlook {
    /// # Errors
    /// `Io`: there is no such folder.
    pub fn of(dir: &Path, now: UtcMillis) -> Result<Outlook, SpoolError> {
        let layout = Layout::create_nothing(dir)?;
        let free = space::free_bytes(dir).map_err(SpoolError::at(dir))?;
        let (mut bytes, mut recent, mut begun) = (0_u64, 0_u64, None::<UtcMillis>);
        for ordinal in layout.list()?.0.into_keys() {
            let size = layout.generation_bytes(ordinal);
            bytes = bytes.saturating_add(size);
            let marker = layout.read_marker(ordinal).ok().flatten();
            if let Some(marker) = marker.filter(|marker| now.since(marker.begun) <= DAY_MS) {
                recent = recent.saturating_add(size);
                begun = Some(begun.map_or(marker.begun, |begun| begun.min(marker.begun)));
            }
        }
        let length = begun.map(|begun| now.since(begun)).filter(|length| *length >= MEASURED_MS_MIN);
        let bytes_per_day = length.and_then(|length| {
            let a_day = u128::from(recent) * u128::from(DAY_MS.unsigned_abs()) / u128::from(length.unsigned_abs());
            u64::try_from(a_day).ok()
        });
        Ok(Outlook { bytes, free, bytes_per_day })
    }

    /// Whole days until a budget of `bytes_max`, or the disk, is used up.
    pub fn days(&self, bytes_max: u64) -> Option<u64> {
        let room = bytes_max.saturating_sub(self.bytes).min(self.free);
        room.checked_div(self.bytes_per_day?.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        agent::spool::{Limits, SledSpool, Spool},
        runtime::clock,
        wire::record::Record,
    };

    #[test]
    fn it_divides_the_room_by_the_last_days_rate() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Outlook::of(&folder.path().join("none"), clock::now()).is_err());
        let spool = SledSpool::open(folder.path(), Vec::new(), &[], Limits::DEFAULT).unwrap();
        let body = vec![7; 7000];
        let record = Record { kind: 2, crc32c: crc32c::crc32c(&body), body: body.into() };
        spool.commit(&vec![record; 100], None).unwrap();
        assert_eq!(Outlook::of(folder.path(), clock::now()).unwrap().bytes_per_day, None, "too short to say");
        let outlook = Outlook::of(folder.path(), clock::now().plus_ms(DAY_MS / 2)).unwrap();
        assert!(outlook.bytes > 700_000);
        let rate = outlook.bytes_per_day.unwrap();
        assert!(rate / 1000 <= outlook.bytes * 2 / 1000 && rate > outlook.bytes, "{rate}");
        assert_eq!(outlook.days(outlook.bytes + rate * 10 + 5), Some(10));
        assert_eq!(Outlook { free: rate * 2, ..outlook }.days(u64::MAX), Some(2));
        assert_eq!(outlook.days(0), Some(0));
        let later = Outlook::of(folder.path(), clock::now().plus_ms(DAY_MS * 3)).unwrap();
        assert_eq!(later.bytes_per_day, None, "nothing was recorded lately");
    }
}
