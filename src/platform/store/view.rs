//! The types of what is read out of the ledger.

use super::EpochEnd;
use crate::model::{Declared, Doubts, EconomicFigure, Gateway, Parcel, Profile, Reading, Series, Site, UtcMillis};
use rust_decimal::Decimal;
use std::sync::Arc;

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
    pub declared: Declared,
    pub profile: Profile,
    pub parcels: Vec<Parcel>,
    /// Of the years that the period touches, by year, month and item.
    pub economy: Vec<EconomicFigure>,
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
    /// Of `amount`, counts that come from pairs of readings more than 22.5 minutes apart, or that no reading parted:
    /// their sum is exact, and their place in the period is estimated.
    pub estimated: i64,
    /// How often an epoch ended and another began inside the period: what ran between the two is not in `amount`.
    pub breaks: u64,
    /// The first [`super::EPOCHS_MAX`] of them, in order.
    pub epochs: Vec<EpochEnd>,
    /// Readings of the period that are in no difference: passing wrong ones, and those that wait for later ones.
    pub set_aside: u64,
    /// Union of those of the intervals inside the period.
    pub doubts: Doubts,
    /// For `product`, `shift` and `order`: how `amount` is shared among the values that the meter's tags had. Empty for a
    /// name that no tag of the meter ever had, and for a register that is neither output nor scrap.
    pub outputs_by_tag: Vec<TagShare>,
}

/// The part of a flow that belongs to one value of a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct TagShare {
    /// `product`, `shift` or `order`.
    pub name: String,
    /// Empty: before the first tag, or while nothing was tagged.
    pub value: String,
    /// Counts. Over all values of a name they add up to the flow's amount.
    pub amount: i64,
}

/// A quarter-hour of a site's balance.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteInterval {
    pub start: UtcMillis,
    /// By carrier and unit: what entered less what left.
    pub energy: Vec<Amount>,
    /// Qualified and rejected product, by product and unit.
    pub output: Vec<Amount>,
    pub scrap: Vec<Amount>,
    /// Whether any register was read in it. Otherwise its amounts are shares of longer stretches.
    pub readings_present: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Carrier or product.
    pub name: Arc<str>,
    pub unit: Arc<str>,
    pub amount: Decimal,
    pub doubts: Doubts,
}

/// One cumulative series over all time.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerLine {
    pub gateway_id: String,
    pub series: Series,
    pub first: Option<Reading>,
    pub last: Option<Reading>,
    /// Σ of all intervals, counts.
    pub total: i64,
    /// How often an epoch ended and another began.
    pub breaks: u64,
    /// Quarter-hours from the first to the last reading, but for those inside a break.
    pub intervals: u64,
}
