//! The one door through which time enters. Everything else is handed an instant; the linter bans the others.

use crate::model::UtcMillis;

/// The wall clock, UTC.
#[allow(clippy::disallowed_methods)]
pub fn now() -> UtcMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    UtcMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The monotonic clock, for distances. Under `tokio::time::pause` it follows the test's time.
#[allow(clippy::disallowed_methods)]
pub fn monotonic() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Since the kernel's boot, the time it slept included: no step of the wall clock is in it.
#[cfg(feature = "agent")]
pub fn since_boot_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

/// Whether the kernel says that something keeps its clock right (adjtimex(2): not `TIME_ERROR`). Where it does not
/// tell, nothing does.
#[cfg(feature = "agent")]
pub fn disciplined() -> bool {
    const TIME_ERROR: i32 = 5;
    rtime_clock::adjtime::adjtimex(&mut rtime_clock::adjtime::Timex::new()).is_ok_and(|state| state != TIME_ERROR)
}
