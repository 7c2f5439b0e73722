//! What the evaluation must know of a site beside its figures: its standing as a firm, and its land.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A site's standing. What is not known is `None`, never guessed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Profile {
    pub credit_code: String,
    /// GB/T 10114 code of the township, nine digits that begin with the county's six.
    pub township_code: Option<String>,
    /// 法人: the credit code of the legal person, where a site is only a part of it.
    pub legal_person: Option<String>,
    /// 规上: main-business revenue of at least 20 million yuan a year, as the statistics bureau lists it.
    pub above_scale: Option<bool>,
    pub registered_on: Option<Date>,
    /// Since when its newest land is granted.
    pub land_granted_on: Option<Date>,
    /// Whose land it stands on, where it rents: another site's credit code.
    pub landlord: Option<String>,
    /// What rules ask for by name, such as `utility`, `listed`, `high_tech`, `small_firm_park`.
    pub tags: BTreeSet<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tenure {
    Own,
    LeasedIn,
    LeasedOut,
}

/// A piece of land in use, for `[from, until)`. Land in use = own + leased in − leased out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Parcel {
    pub credit_code: String,
    /// Number in the land register, or the lease's.
    pub parcel: String,
    pub tenure: Tenure,
    /// Above 0.
    pub mu: Decimal,
    pub from: Date,
    /// Exclusive; `None`: still so.
    pub until: Option<Date>,
    /// From whom or to whom it is leased, where that is a registered site.
    pub other_site: Option<String>,
    /// Deed or lease.
    pub document: String,
}
