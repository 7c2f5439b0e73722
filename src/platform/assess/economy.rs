//! What the bureaus say of a site, over a period: the year's figure, or months that add up.
//!
//! # Promises
//! - A year's own figure goes before its months. Months count only where every month of the period has one, and the
//!   period is made of whole months: a year's figure is never divided.
//! - Money and emissions add up; persons are a mean over the months.

use super::term::{How, Origin, Part, Term};
use crate::{
    model::{EconomicFigure, EconomicItem},
    runtime::lang::Text,
};
use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;

const YEAR_MONTHS: i8 = 12;
/// Months that a note lists.
const LISTED_MAX: usize = 12;

/// One item over `[start, end)`, in the item's unit; without a value, and with the reason as its note, where the figures do
/// not say it.
pub fn economic(figures: &[EconomicFigure], item: EconomicItem, start: Date, end: Date) -> Term {
    let stated = |year: i16, month: Option<i8>| {
        let wanted = month.and_then(|month| u8::try_from(month).ok());
        figures.iter().find(|figure| figure.item == item && figure.year == year && figure.month == wanted)
    };
    if !figures.iter().any(|figure| figure.item == item) {
        return missing(item, Text::new("登记表中没有该指标", "the registry has no such figure"));
    }
    if start.day() != 1 || end.day() != 1 || start >= end {
        return missing(
            item,
            Text::new(
                "经济数据按年或按月统计，本时段不是整月",
                "economic figures are of years and months, and the period is not made of whole months",
            ),
        );
    }
    let (mut found, mut lacking) = (Vec::new(), Vec::new());
    let mut at = start;
    while at < end {
        let whole_year = at.month() == 1 && at.checked_add(1.year()).is_ok_and(|next| next <= end);
        let year = stated(at.year(), None).filter(|_| whole_year);
        let months = if year.is_some() { YEAR_MONTHS } else { 1 };
        match year.or_else(|| stated(at.year(), Some(at.month()))) {
            Some(figure) => found.push((figure, months)),
            None => lacking.push(format!("{:04}-{:02}", at.year(), at.month())),
        }
        let Ok(next) = at.checked_add(i64::from(months).months()) else { break };
        at = next;
    }
    if !lacking.is_empty() {
        return missing(item, lacks(lacking));
    }
    match found.as_slice() {
        [(figure, _)] => leaf(item.name(), figure),
        _ if item == EconomicItem::Staff => mean(item, &found),
        _ => {
            let parts = found.iter().map(|(figure, _)| leaf(&dated(figure), figure).plus());
            Term::of(item.name(), item.unit(), How::Sum, parts.collect())
        }
    }
}

fn mean(item: EconomicItem, found: &[(&EconomicFigure, i8)]) -> Term {
    let constant = |months: i8| Term::leaf("months", Some(Decimal::from(months)), "months", How::Constant).plus();
    let weighed = found.iter().map(|(figure, months)| {
        let parts = vec![leaf(&dated(figure), figure).plus(), constant(*months)];
        Term::of(&dated(figure), "person months", How::Product, parts).plus()
    });
    let sum = Term::of("staff", "person months", How::Sum, weighed.collect());
    let all: Vec<Part> = found.iter().map(|(_, months)| constant(*months)).collect();
    let months = Term::of("months", "months", How::Sum, all);
    Term::of(item.name(), item.unit(), How::Quotient, vec![sum.plus(), months.plus()])
}

fn leaf(name: &str, figure: &EconomicFigure) -> Term {
    let origin = Origin { valid_from: period(figure), source: figure.source.clone(), place: String::new() };
    Term::leaf(name, Some(figure.value), figure.item.unit(), How::Entry(origin))
}

fn dated(figure: &EconomicFigure) -> String {
    format!("{} {}", figure.item.name(), period(figure))
}

fn period(figure: &EconomicFigure) -> String {
    match figure.month {
        Some(month) => format!("{:04}-{month:02}", figure.year),
        None => format!("{:04}", figure.year),
    }
}

fn lacks(months: Vec<String>) -> Text {
    let more = months.len().saturating_sub(LISTED_MAX);
    let list = months.into_iter().take(LISTED_MAX).collect::<Vec<_>>();
    let (also, and) =
        if more == 0 { Default::default() } else { (format!("等 {more} 个月"), format!(" and {more} more")) };
    Text::new(
        format!("登记表中既无全年数，也缺少 {}{also}", list.join("、")),
        format!("the registry has no figure of the whole year, and none of {}{and}", list.join(", ")),
    )
}

fn missing(item: EconomicItem, note: Text) -> Term {
    Term { notes: vec![note], ..Term::leaf(item.name(), None, item.unit(), How::Missing) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EconomicItem::{Staff, TaxWan};
    use jiff::civil::date;

    fn figure(item: EconomicItem, year: i16, month: Option<u8>, value: &str) -> EconomicFigure {
        let (credit_code, source) = ("s".into(), "bureau".into());
        EconomicFigure { credit_code, year, month, item, value: value.parse().unwrap(), source }
    }

    fn value(figures: &[EconomicFigure], item: EconomicItem, start: Date, end: Date) -> Result<String, String> {
        let term = economic(figures, item, start, end);
        assert!(term.holds());
        term.value.map(|value| value.normalize().to_string()).ok_or_else(|| term.notes[0].en.clone())
    }

    #[test]
    fn a_years_figure_goes_before_its_months_and_is_never_divided() {
        let mut all = vec![figure(TaxWan, 2024, None, "620.5")];
        all.extend((1..=11).map(|month| figure(TaxWan, 2024, Some(month), "50")));
        let (start, end) = (date(2024, 1, 1), date(2025, 1, 1));
        assert_eq!(value(&all, TaxWan, start, end).unwrap(), "620.5");
        assert_eq!(value(&all, TaxWan, start, date(2024, 4, 1)).unwrap(), "150");
        assert!(value(&all, TaxWan, start, date(2024, 4, 2)).unwrap_err().contains("not made of whole months"));
        assert!(value(&all[1..], TaxWan, start, end).unwrap_err().contains("none of 2024-12"));
        assert!(value(&all[..1], TaxWan, date(2024, 2, 1), date(2024, 3, 1)).unwrap_err().contains("2024-02"));
        assert!(value(&all, Staff, start, end).unwrap_err().contains("no such figure"));
        all.push(figure(TaxWan, 2024, Some(12), "-7"));
        assert_eq!(value(&all[1..], TaxWan, start, end).unwrap(), "543");
        all.push(figure(TaxWan, 2025, Some(1), "1"));
        assert_eq!(value(&all, TaxWan, start, date(2025, 2, 1)).unwrap(), "621.5");
    }

    #[test]
    fn persons_are_a_mean_over_months() {
        let all = [figure(Staff, 2024, None, "100"), figure(Staff, 2025, Some(1), "126")];
        assert_eq!(value(&all, Staff, date(2024, 1, 1), date(2025, 2, 1)).unwrap(), "102");
        assert_eq!(value(&all, Staff, date(2025, 1, 1), date(2025, 2, 1)).unwrap(), "126");
    }
}
