//! Epochs of a register: where one ends and another begins.

use super::sql::{Tx, params};
use super::{StoreError, row::reading_of, run::cause_of_code};
use crate::{
    energy::counter::EpochCause,
    model::{Reading, UtcMillis},
};

/// Epoch ends that one [`super::Flow`] or [`super::Trace`] names.
pub const EPOCHS_MAX: usize = 100;

/// One epoch of a register ends and another begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochEnd {
    /// When the new one begins.
    pub time: UtcMillis,
    pub cause: EpochCause,
    /// The last reading of the old one and the first of the new one.
    pub before: Reading,
    pub after: Reading,
}

/// Those that begin inside `[from, until)`, which are starts of quarter-hours: the first [`EPOCHS_MAX`], in order.
pub fn ends(tx: Tx<'_>, series: i64, from: UtcMillis, until: UtcMillis) -> Result<Vec<EpochEnd>, StoreError> {
    let select = "SELECT cause, first_t, first_c,
                (SELECT last_t FROM cell AS b WHERE b.series = a.series AND (b.start, b.part) < (a.start, a.part)
                 ORDER BY b.start DESC, b.part DESC LIMIT 1),
                (SELECT last_c FROM cell AS b WHERE b.series = a.series AND (b.start, b.part) < (a.start, a.part)
                 ORDER BY b.start DESC, b.part DESC LIMIT 1)
         FROM cell AS a INDEXED BY cell_cause
         WHERE series = ?1 AND cause > 0 AND start >= ?2 AND start < ?3 ORDER BY start, part LIMIT ?4";
    let limit = i64::try_from(EPOCHS_MAX).unwrap_or(i64::MAX);
    tx.rows(select, params![series, from.0, until.0, limit], |row| {
        let after = reading_of(row, 1)?;
        // a register's very first epoch may be the one that a declaration opens
        let before = if row.get::<Option<i64>>(3)?.is_some() { reading_of(row, 3)? } else { after };
        Ok(EpochEnd { time: after.time, cause: cause_of_code(row.get(0)?), before, after })
    })
}
