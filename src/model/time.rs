//! Instants.

use std::fmt;

/// China Standard Time is UTC+8 the whole year; civil days and months of every assessment are counted in it.
pub const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "platform", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct UtcMillis(pub i64);

impl UtcMillis {
    /// The start of the aligned stretch of `width_ms` that holds this instant.
    pub fn floor(self, width_ms: i64) -> UtcMillis {
        UtcMillis(self.0.div_euclid(width_ms) * width_ms)
    }

    pub fn plus_ms(self, ms: i64) -> UtcMillis {
        UtcMillis(self.0.saturating_add(ms))
    }

    /// The civil time in China; `None` outside of the years that a calendar knows.
    pub fn civil(self) -> Option<jiff::civil::DateTime> {
        let instant = jiff::Timestamp::from_millisecond(self.0).ok()?;
        Some(jiff::tz::Offset::constant(8).to_datetime(instant))
    }

    /// Milliseconds from `earlier` to this instant, negative when `earlier` is later.
    pub fn since(self, earlier: UtcMillis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// ISO 8601 in China Standard Time, for people.
impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(civil) => write!(f, "{civil}+08:00"),
            None => write!(f, "{} ms", self.0),
        }
    }
}
