//! What is known of a site beside its energy: its standing, its land, what the bureaus say. And each of it as a term.

use super::Quantity;
use crate::{
    model::{EconomicFigure, EconomicItem, Parcel, Profile, Tenure},
    platform::assess::{economic, land, term::Term},
    runtime::lang::Text,
};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// Of one site.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Facts {
    pub profile: Profile,
    pub parcels: Vec<Parcel>,
    pub economy: Vec<EconomicFigure>,
}

/// The year's first day and the day after its last.
pub(super) fn year_days(year: i16) -> (Date, Date) {
    (date(year, 1, 1), date(year.saturating_add(1), 1, 1))
}

impl Facts {
    /// The year's figure, or what its months make; without a value, and with the reason, where they do not say it.
    pub(super) fn economic(&self, item: EconomicItem, year: i16) -> Term {
        let (start, end) = year_days(year);
        let mut term = economic(&self.economy, item, start, end);
        let (zh, en) = Quantity::Economic(item).title();
        for note in &mut term.notes {
            *note = Text::new(format!("{year} 年{zh}：{}", note.zh), format!("{en} of {year}: {}", note.en));
        }
        term
    }

    /// Over the year.
    pub(super) fn land(&self, registered_mu: Decimal, year: i16) -> Term {
        let (start, end) = year_days(year);
        land(&self.parcels, registered_mu, start, end)
    }

    /// Whether the parcels show land of its own in the year.
    pub(super) fn owns_land(&self, year: i16) -> bool {
        let (start, end) = year_days(year);
        let in_year = |parcel: &Parcel| parcel.from < end && parcel.until.is_none_or(|until| until > start);
        self.parcels.iter().any(|parcel| parcel.tenure == Tenure::Own && in_year(parcel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(tenure: Tenure, mu: &str, from: Date, until: Option<Date>) -> Parcel {
        let (credit_code, parcel, document) = Default::default();
        Parcel { credit_code, parcel, tenure, mu: mu.parse().unwrap(), from, until, other_site: None, document }
    }

    fn figure(month: Option<u8>, item: EconomicItem, value: i64) -> EconomicFigure {
        let (credit_code, source) = (String::new(), "bureau".to_owned());
        EconomicFigure { credit_code, year: 2022, month, item, value: Decimal::from(value), source }
    }

    #[test]
    fn land_of_its_own_is_that_of_the_year() {
        let parcels = vec![
            parcel(Tenure::Own, "20.6", date(2010, 1, 1), Some(date(2023, 1, 1))),
            parcel(Tenure::LeasedIn, "7.3", date(2022, 3, 5), Some(date(2024, 11, 2))),
        ];
        let facts = Facts { parcels, ..Facts::default() };
        assert!(facts.owns_land(2022) && !facts.owns_land(2009) && !facts.owns_land(2023));
        assert_eq!(facts.land(Decimal::ONE, 2023).value, Some("7.3".parse().unwrap()));
        let none = Facts::default();
        assert_eq!((none.land(Decimal::TEN, 2022).value, none.owns_land(2022)), (Some(Decimal::TEN), false));
    }

    #[test]
    fn what_a_year_lacks_is_said_with_its_name() {
        let economy = (1..=11).map(|at| figure(Some(at), EconomicItem::Staff, 5)).collect();
        let mut facts = Facts { economy, ..Facts::default() };
        let lacking = facts.economic(EconomicItem::Staff, 2022);
        assert_eq!(lacking.value, None);
        assert_eq!(
            lacking.notes[0].en,
            "mean staff of the year of 2022: the registry has no figure of the whole year, and none of 2022-12"
        );
        facts.economy.push(figure(Some(12), EconomicItem::Staff, 17));
        assert_eq!(facts.economic(EconomicItem::Staff, 2022).value, Some(Decimal::from(6)));
    }
}
