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
