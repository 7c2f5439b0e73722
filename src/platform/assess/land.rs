//! Land in use over a period: own + leased in − leased out, by days; without parcels what the site's row says.
//!
//! # Promises
//! - Each parcel is a term of it with its deed or lease.
//! - Land below 0 is unknown, with a note.

use super::term::{How, Origin, Part, Term};
use crate::{
    model::{Parcel, Tenure},
    runtime::lang::Text,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::sync::Arc;

const NAME: &str = "land_mu";
const UNIT: &str = "mu";

/// The mean over `[start, end)`, mu; without a value, and with the reason as its note, where the parcels can not be.
pub fn land(parcels: &[Parcel], registered_mu: Decimal, start: Date, end: Date) -> Term {
    if parcels.is_empty() {
        return registered(registered_mu);
    }
    let land = of_parcels(parcels, start, end);
    if land.value.is_none_or(|value| value < Decimal::ZERO) {
        let note = Text::new(
            "出租的土地多于自有和租入的土地，用地面积未知",
            "more land is leased out than there is: the land in use is unknown",
        );
        return Term { notes: vec![note], ..Term::leaf(NAME, None, UNIT, How::Missing) };
    }
    land
}

/// As the site's row says.
pub(super) fn registered(land_mu: Decimal) -> Term {
    Term::leaf(NAME, Some(land_mu), UNIT, How::Registry { field: NAME.to_owned() })
}

fn of_parcels(parcels: &[Parcel], start: Date, end: Date) -> Term {
    let held = parcels.iter().filter_map(|parcel| {
        let (from, until) = (parcel.from.max(start), parcel.until.map_or(end, |until| until.min(end)));
        let days = days_between(from, until);
        (days > 0).then_some((parcel, days))
    });
    let (held, whole) = (held.collect::<Vec<_>>(), days_between(start, end));
    let sum = |name: &str, unit: &str, part: &dyn Fn(&Parcel, i32) -> Term| {
        let parts = held.iter().map(|(parcel, days)| Part {
            minus: parcel.tenure == Tenure::LeasedOut,
            term: Arc::new(part(parcel, *days)),
        });
        Term::of(name, unit, How::Sum, parts.collect())
    };
    if held.iter().all(|(_, days)| *days == whole) {
        return sum(NAME, UNIT, &|parcel, _| leaf(parcel));
    }
    let constant = |days: i32| Term::leaf("days", Some(Decimal::from(days)), "d", How::Constant);
    let weighed = sum("mu days", "mu·d", &|parcel, days| {
        Term::of(&parcel.parcel, "mu·d", How::Product, vec![leaf(parcel).plus(), constant(days).plus()])
    });
    Term::of(NAME, UNIT, How::Quotient, vec![weighed.plus(), constant(whole).plus()])
}

fn leaf(parcel: &Parcel) -> Term {
    let tenure = match parcel.tenure {
        Tenure::Own => "own",
        Tenure::LeasedIn => "leased in",
        Tenure::LeasedOut => "leased out",
    };
    let origin = Origin { valid_from: parcel.from.to_string(), source: parcel.document.clone(), place: String::new() };
    Term::leaf(&format!("{} {tenure}", parcel.parcel), Some(parcel.mu), UNIT, How::Entry(origin))
}

fn days_between(from: Date, until: Date) -> i32 {
    from.until(until).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_terms_give_what_the_register_of_land_gives() {
        let parcel = |tenure, mu: &str, from, until| Parcel {
            credit_code: "s".into(),
            parcel: "P".into(),
            tenure,
            mu: mu.parse().unwrap(),
            from,
            until,
            other_site: None,
            document: "deed".into(),
        };
        let since = date(2010, 1, 1);
        let mut all = vec![
            parcel(Tenure::Own, "20.6", since, None),
            parcel(Tenure::LeasedIn, "6.0", since, None),
            parcel(Tenure::LeasedOut, "1.0", since, None),
        ];
        let (start, end) = (date(2022, 1, 1), date(2023, 1, 1));
        let value = |all: &[Parcel]| {
            let term = of_parcels(all, start, end);
            assert!(term.holds());
            term.value.unwrap()
        };
        assert_eq!(value(&all), "25.6".parse().unwrap());
        all.push(parcel(Tenure::LeasedIn, "10", date(2022, 10, 20), None));
        assert_eq!(value(&all), "27.6".parse().unwrap());
        all.push(parcel(Tenure::Own, "3", since, Some(since)));
        assert_eq!(value(&all), "27.6".parse().unwrap());
    }

    #[test]
    fn more_land_leased_out_than_there_is_leaves_it_unknown() {
        let out = Parcel {
            credit_code: "s".into(),
            parcel: "P".into(),
            tenure: Tenure::LeasedOut,
            mu: Decimal::ONE,
            from: date(2010, 1, 1),
            until: None,
            other_site: None,
            document: "lease".into(),
        };
        let (start, end) = (date(2022, 1, 1), date(2023, 1, 1));
        let term = land(&[out], Decimal::TEN, start, end);
        assert_eq!((term.value, term.notes.len()), (None, 1));
        assert_eq!(land(&[], Decimal::TEN, start, end).value, Some(Decimal::TEN));
    }
}
