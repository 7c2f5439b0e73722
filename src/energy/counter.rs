//! From one reading of a register to the next: may they be subtracted?
//!
//! # Promises
//! A difference is never taken across an epoch: a stretch of readings of one running register.
//!
//! # Does not
//! Tell a rollover from a reset, or a passing wrong value from a true one: a register that falls ends its epoch,
//! whatever the cause.

use crate::model::Reading;

/// Counts of the ledger lie within ±2^61, so that no difference and no sum of three leaves 63 bits. No meter's
/// register reaches this; a count beyond stays in its block and takes no part in the ledger.
pub const COUNT_MAX: i64 = 1 << 61;

/// Whether `next`, the reading that follows `previous` in time, continues its epoch.
pub fn continues(previous: Reading, next: Reading) -> bool {
    next.count >= previous.count && next.count.checked_sub(previous.count).is_some()
}
