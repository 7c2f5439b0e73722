//! What is known of a site beside its energy: its standing, its land, what the bureaus say. And each of it as a term.

use super::Quantity;
use crate::{
    model::{EconomicFigure, EconomicItem, Parcel, Profile, Tenure},
    platform::assess::term::{How, Origin, Part, Term},
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
    /// The year's figure; where there is none, that of its twelve months: their sum, for staff their mean.
    pub(super) fn economic(&self, item: EconomicItem, year: i16) -> Term {
        let of_year = || self.economy.iter().filter(|figure| figure.item == item && figure.year == year);
        let name = item.name();
        if let Some(figure) = of_year().find(|figure| figure.month.is_none()) {
            return entry(name, figure);
        }
        let month = |month: u8| of_year().find(|figure| figure.month == Some(month));
        let missing: Vec<String> = (1..=12).filter(|at| month(*at).is_none()).map(|at| at.to_string()).collect();
        if !missing.is_empty() {
            let (zh, en) = Quantity::Economic(item).title();
            let why = match missing.len() {
                12 => Text::new(format!("没有 {year} 年的{zh}"), format!("no {en} of {year} is known")),
                _ => {
                    let list = missing.join(", ");
                    Text::new(format!("{year} 年的{zh}缺 {list} 月"), format!("{en} of {year} lacks the months {list}"))
                }
            };
            return Term::leaf(name, None, item.unit(), How::Missing).weakened(why);
        }
        let parts = (1..=12).filter_map(month).map(|figure| entry(name, figure).plus()).collect();
        let sum = Term::of(name, item.unit(), How::Sum, parts);
        match item {
            EconomicItem::Staff => {
                let twelve = Term::leaf("months", Some(Decimal::from(12)), "", How::Constant);
                Term::of(name, item.unit(), How::Quotient, vec![sum.plus(), twelve.plus()])
            }
            _ => sum,
        }
    }

    /// Mean land over the year by days, as [`crate::model::land_mu`]; without parcels what the registry says.
    pub(super) fn land(&self, registered_mu: Decimal, year: i16) -> Term {
        const UNIT: &str = "mu";
        let field = |field: &str| How::Registry { field: field.to_owned() };
        if self.parcels.is_empty() {
            return Term::leaf("land_mu", Some(registered_mu), UNIT, field("land_mu"));
        }
        let (start, end) = year_days(year);
        let days = |from: Date, until: Date| Decimal::from(from.until(until).map_or(0, |span| span.get_days()).max(0));
        let constant = |name: &str, days: Decimal| Term::leaf(name, Some(days), "d", How::Constant).plus();
        let of_parcel = |parcel: &Parcel| {
            let used = days(parcel.from.max(start), parcel.until.map_or(end, |until| until.min(end)));
            let tenure = match parcel.tenure {
                Tenure::Own => "own",
                Tenure::LeasedIn => "leased_in",
                Tenure::LeasedOut => "leased_out",
            };
            let name = format!("{tenure} {}", parcel.parcel);
            let area = Term::leaf(&name, Some(parcel.mu), UNIT, field(&format!("parcel: {}", parcel.document)));
            let term = Term::of(&name, "mu·d", How::Product, vec![area.plus(), constant("days in use", used)]);
            Part { minus: parcel.tenure == Tenure::LeasedOut, ..term.plus() }
        };
        let sum = Term::of("land_mu", "mu·d", How::Sum, self.parcels.iter().map(of_parcel).collect());
        Term::of("land_mu", UNIT, How::Quotient, vec![sum.plus(), constant("days of the year", days(start, end))])
    }

    /// Whether the parcels show land of its own in the year.
    pub(super) fn owns_land(&self, year: i16) -> bool {
        let (start, end) = year_days(year);
        let in_year = |parcel: &Parcel| parcel.from < end && parcel.until.is_none_or(|until| until > start);
        self.parcels.iter().any(|parcel| parcel.tenure == Tenure::Own && in_year(parcel))
    }
}

fn entry(name: &str, figure: &EconomicFigure) -> Term {
    let valid_from = match figure.month {
        Some(month) => format!("{}-{month:02}", figure.year),
        None => figure.year.to_string(),
    };
    let origin = Origin { valid_from, source: figure.source.clone(), place: String::new() };
    Term::leaf(name, Some(figure.value), figure.item.unit(), How::Entry(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::land_mu;

    fn parcel(tenure: Tenure, mu: &str, from: Date, until: Option<Date>) -> Parcel {
        let (credit_code, parcel, document) = Default::default();
        Parcel { credit_code, parcel, tenure, mu: mu.parse().unwrap(), from, until, other_site: None, document }
    }

    fn figure(month: Option<u8>, item: EconomicItem, value: i64) -> EconomicFigure {
        let (credit_code, source) = (String::new(), "bureau".to_owned());
        EconomicFigure { credit_code, year: 2022, month, item, value: Decimal::from(value), source }
    }

    #[test]
    fn the_terms_of_the_land_give_what_the_model_gives() {
        let parcels = vec![
            parcel(Tenure::Own, "20.6", date(2010, 1, 1), None),
            parcel(Tenure::LeasedIn, "7.3", date(2022, 3, 5), Some(date(2022, 11, 2))),
            parcel(Tenure::LeasedOut, "1.1", date(2021, 1, 1), Some(date(2022, 2, 2))),
            parcel(Tenure::Own, "9", date(2019, 1, 1), Some(date(2020, 1, 1))),
        ];
        let (start, end) = year_days(2022);
        let facts = Facts { parcels, ..Facts::default() };
        let term = facts.land(Decimal::ONE, 2022);
        assert!(term.holds() && facts.owns_land(2022) && !facts.owns_land(2009));
        assert_eq!(term.value, land_mu(&facts.parcels, start, end));
        let none = Facts::default();
        assert_eq!((none.land(Decimal::TEN, 2022).value, none.owns_land(2022)), (Some(Decimal::TEN), false));
    }

    #[test]
    fn a_year_is_its_own_figure_or_all_twelve_months_and_never_some_of_them() {
        let months = |item, value: fn(u8) -> i64| (1..=12).map(move |at| figure(Some(at), item, value(at)));
        let economy = months(EconomicItem::TaxWan, |_| 5).chain(months(EconomicItem::Staff, i64::from)).collect();
        let mut facts = Facts { economy, ..Facts::default() };
        assert_eq!(facts.economic(EconomicItem::TaxWan, 2022).value, Some(Decimal::from(60)));
        assert_eq!(facts.economic(EconomicItem::Staff, 2022).value, Some(Decimal::new(65, 1)));
        facts.economy.push(figure(None, EconomicItem::TaxWan, 61));
        assert_eq!(facts.economic(EconomicItem::TaxWan, 2022).value, Some(Decimal::from(61)));
        facts.economy.retain(|figure| figure.month != Some(7));
        let staff = facts.economic(EconomicItem::Staff, 2022);
        assert_eq!(
            (staff.value, staff.notes[0].en.as_str()),
            (None, "mean staff of the year of 2022 lacks the months 7")
        );
        assert_eq!(facts.economic(EconomicItem::CodT, 2022).notes[0].en, "no emission of COD of 2022 is known");
    }
}
