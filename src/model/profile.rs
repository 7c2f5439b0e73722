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

/// Mean area over `[start, end)`, by days, mu; `None` where there is no parcel at all. May be 0 or below where the
/// register says so: the caller must look.
pub fn land_mu(parcels: &[Parcel], start: Date, end: Date) -> Option<Decimal> {
    let days_of = |from: Date, until: Date| Decimal::from(from.until(until).map_or(0, |span| span.get_days()).max(0));
    let days = days_of(start, end);
    if parcels.is_empty() || days.is_zero() {
        return None;
    }
    let mut area_days = Decimal::ZERO;
    for parcel in parcels {
        let area =
            parcel.mu.checked_mul(days_of(parcel.from.max(start), parcel.until.map_or(end, |until| until.min(end))))?;
        area_days = match parcel.tenure {
            Tenure::Own | Tenure::LeasedIn => area_days.checked_add(area)?,
            Tenure::LeasedOut => area_days.checked_sub(area)?,
        };
    }
    area_days.checked_div(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn parcel(tenure: Tenure, mu: &str, from: Date, until: Option<Date>) -> Parcel {
        let (credit_code, parcel, document) = Default::default();
        Parcel { credit_code, parcel, tenure, mu: mu.parse().unwrap(), from, until, other_site: None, document }
    }

    #[test]
    fn land_is_own_and_leased_in_less_leased_out_by_days() {
        let since = date(2010, 1, 1);
        let all = [
            parcel(Tenure::Own, "20.6", since, None),
            parcel(Tenure::LeasedIn, "6.0", since, None),
            parcel(Tenure::LeasedOut, "1.0", since, None),
        ];
        let (start, end) = (date(2022, 1, 1), date(2023, 1, 1));
        assert_eq!(land_mu(&all, start, end), Some("25.6".parse().unwrap()));
        assert_eq!(land_mu(&[], start, end), None);
        // for 73 of 365 days
        let fifth = [parcel(Tenure::Own, "10", since, Some(date(2022, 3, 15)))];
        assert_eq!(land_mu(&fifth, start, end), Some("2".parse().unwrap()));
        let gone = [parcel(Tenure::Own, "10", since, Some(since))];
        assert_eq!(land_mu(&gone, start, end), Some(Decimal::ZERO));
    }
}
