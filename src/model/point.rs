//! Points: the measured quantities of meters (计量点).

use super::Scale;

/// Whether the value is of an instant or only counts up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum PointKind {
    Gauge,
    Cumulative,
}

/// What the point stands for in its site's balance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, serde::Serialize, serde::Deserialize)]
pub enum Role {
    /// Shown, and in no balance: sub-meters, gauges.
    None,
    /// Energy that enters the site at its boundary.
    SiteEnergy,
    /// Energy that leaves the site at its boundary: subtracted.
    SiteExport,
    /// Qualified product.
    Output,
    /// Rejected product.
    Scrap,
}

/// All that must be known to understand the counts of one point. A changed scale or unit is another series: a
/// difference is never taken between two of them.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Series {
    /// The meter's name on its gateway.
    pub meter: String,
    /// The point's name on its meter.
    pub point: String,
    pub kind: PointKind,
    pub role: Role,
    /// Energy carrier (能源品种), such as `electricity`; empty where it is none.
    pub carrier: String,
    /// Product code; empty where it is no output.
    pub product: String,
    /// Unit of the scaled value, such as `kWh`.
    pub unit: String,
    pub scale: Scale,
    /// No part of what makes a series: it may be stated better later, and then holds for all of its readings.
    pub physics: Physics,
}

/// The physics of a cumulative point's register, in counts of its series. Unknown is the default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Physics {
    /// The register runs from 0 to `modulus - 1` and starts again.
    pub modulus: Option<i64>,
    /// The fastest rise that is plausible, counts per hour; `None`: any.
    pub rate_max_per_h: Option<i64>,
    /// A step back by so many counts is still the same register: rounding, jitter.
    pub backstep_max: i64,
    /// For so long a meter may say one constant wrong value after its start.
    pub warm_up_ms: i64,
    /// Set to 0 in operation, as counters of batches and shifts are: every fall is a restart from 0.
    pub restarts: bool,
}
