//! Records → snapshot: the ledger.

use crate::model::{Gateway, Reading, Series, Site, UtcMillis};

/// What the ledger says of one period. It never changes under its reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub as_of: UtcMillis,
    pub sites: Vec<SiteLedger>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SiteLedger {
    pub site: Site,
    pub gateways: Vec<Gateway>,
    /// One for each cumulative series of the site's gateways.
    pub flows: Vec<Flow>,
}

/// One cumulative series over the period.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    pub gateway_id: String,
    pub series: Series,
    /// Σ of the intervals inside the period, counts of the series' scale.
    pub amount: i64,
    /// First and last reading inside the period.
    pub first: Option<Reading>,
    pub last: Option<Reading>,
    /// Quarter-hours of the period, from the series' first reading ever to the snapshot's instant, and those of
    /// them that hold a reading.
    pub slots_expected: u64,
    pub slots_received: u64,
    /// How often the register fell inside the period: at each the difference is unknown and not in `amount`.
    pub breaks: u64,
}
