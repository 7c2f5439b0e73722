//! A stock book → consumption: fuel by the tank and by the truck.
//!
//! ```text
//!   between two stock readings:  consumption = opening + Σ deliveries − closing
//! ```
//!
//! # Promises
//! - The consumption of a stretch between two stock readings is exact. Within it, it is spread evenly over the days,
//!   rounded down at the end of each, so that the days add up to the stretch, whatever the periods are.
//! - Days that lie between no two stock readings are told as missing. They are never zero.
//! - An opening is at the beginning of its day, a closing at the end of its day; a closing is the next day's opening
//!   unless one is written.
//!
//! # Does not
//! Know when in a stretch it was burnt: what is spread is an estimate, and all of it was written by hand.

use crate::model::{StockEntry, StockKind, unit};
use jiff::civil::Date;
use rust_decimal::Decimal;

const DECIMALS: u32 = 6;

/// What lies between two stock readings; days are both included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    pub first: Date,
    pub last: Date,
    pub consumed: Decimal,
    /// The places of its entries in the slice that was given, the opening one first, the closing one last.
    pub entries: Vec<usize>,
}

/// The consumption of one carrier on the days of a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consumed {
    pub amount: Decimal,
    /// Days of the period, and those of them that lie between two stock readings.
    pub days: u32,
    pub days_known: u32,
    /// A stretch reaches beyond the period: a part of it was taken, as if every day were alike.
    pub estimated: bool,
    pub stretches: Vec<Stretch>,
}

/// `None` where no day of the period lies between two stock readings.
pub fn consumed(book: &[StockEntry], carrier: &str, unit: &str, first: Date, last: Date) -> Option<Consumed> {
    let mut stretches = stretches(book, carrier, unit)?;
    stretches.retain(|stretch| stretch.first <= last && first <= stretch.last);
    let (mut amount, mut days_known, mut estimated) = (Decimal::ZERO, 0, false);
    for stretch in &stretches {
        let (from, until) = (stretch.first.max(first), stretch.last.min(last));
        let before = days(stretch.first, from)? - 1;
        let through = days(stretch.first, until)?;
        amount = amount.checked_add(stretch.through(through)?.checked_sub(stretch.through(before)?)?)?;
        days_known += through - before;
        estimated |= (from, until) != (stretch.first, stretch.last);
    }
    let days = days(first, last)?;
    (days_known > 0).then(|| Consumed { amount: amount.normalize(), days, days_known, estimated, stretches })
}

/// All stretches of a carrier, in `unit`, in order. Entries in units of another quantity are none of them. `None` beyond
/// 28 digits.
pub fn stretches(book: &[StockEntry], carrier: &str, unit: &str) -> Option<Vec<Stretch>> {
    let mut entries: Vec<_> = (0..)
        .zip(book)
        .filter(|(_, entry)| entry.carrier == carrier)
        .filter_map(|(place, entry)| Some((place, entry, unit::ratio(&entry.unit, unit)?)))
        .collect();
    entries.sort_by_key(|(_, entry, _)| (entry.date, entry.kind));
    let mut found = Vec::new();
    // the stretch that runs: since when, what there was and came, its entries
    let mut running: Option<(Date, Decimal, Vec<usize>)> = None;
    for (place, entry, ratio) in entries {
        let quantity = entry.quantity.checked_mul(ratio)?;
        let last = match entry.kind {
            StockKind::Delivery => {
                if let Some((_, there, places)) = &mut running {
                    *there = there.checked_add(quantity)?;
                    places.push(place);
                }
                continue;
            }
            StockKind::Opening => entry.date.yesterday().ok(),
            StockKind::Closing => Some(entry.date),
        }?;
        if let Some((first, there, mut entries)) = running.take()
            && first <= last
        {
            entries.push(place);
            found.push(Stretch { first, last, consumed: there.checked_sub(quantity)?, entries });
        }
        running = Some((last.tomorrow().ok()?, quantity, vec![place]));
    }
    Some(found)
}

impl Stretch {
    /// Consumed through its first `days` days.
    fn through(&self, part: u32) -> Option<Decimal> {
        let whole = days(self.first, self.last)?;
        if part == whole {
            return Some(self.consumed);
        }
        let share = self.consumed.checked_mul(Decimal::from(part))?.checked_div(Decimal::from(whole))?;
        Some(share.trunc_with_scale(DECIMALS.max(self.consumed.scale())))
    }
}

/// How many days there are, both included; 0 where the last is the day before the first.
fn days(first: Date, last: Date) -> Option<u32> {
    let between = first.until(last).ok()?.get_days();
    u32::try_from(between.checked_add(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn entry(month: i8, day: i8, kind: StockKind, quantity: &str) -> StockEntry {
        StockEntry {
            credit_code: String::new(),
            carrier: "diesel".into(),
            unit: "t".into(),
            date: date(2026, month, day),
            kind,
            quantity: quantity.parse().unwrap(),
            document: String::new(),
            note: String::new(),
        }
    }

    /// November: 10 + 8 + 5 − 3 = 20 t on 30 days; December to the 10th: 3 + 7 − 4 = 6 t on 10 days.
    fn book() -> Vec<StockEntry> {
        vec![
            entry(11, 1, StockKind::Opening, "10"),
            entry(11, 30, StockKind::Closing, "3"),
            entry(11, 4, StockKind::Delivery, "8"),
            entry(11, 30, StockKind::Delivery, "5"),
            entry(12, 5, StockKind::Delivery, "7"),
            entry(12, 10, StockKind::Closing, "4"),
        ]
    }

    fn ask(book: &[StockEntry], from: (i8, i8), until: (i8, i8)) -> Option<(String, u32, u32, bool)> {
        let (first, last) = (date(2026, from.0, from.1), date(2026, until.0, until.1));
        let found = consumed(book, "diesel", "t", first, last)?;
        Some((found.amount.to_string(), found.days_known, found.days, found.estimated))
    }

    #[test]
    fn a_stretch_is_opening_and_deliveries_less_closing() {
        assert_eq!(ask(&book(), (11, 1), (11, 30)), Some(("20".into(), 30, 30, false)));
        assert_eq!(ask(&book(), (11, 1), (12, 10)), Some(("26".into(), 40, 40, false)));
        let kg = consumed(&book(), "diesel", "kg", date(2026, 11, 1), date(2026, 11, 30)).unwrap();
        assert_eq!((kg.amount.to_string(), kg.stretches[0].entries.clone()), ("20000".into(), vec![0, 2, 3, 1]));
    }

    #[test]
    fn days_add_up_to_the_stretch() {
        let day = |day: i8| ask(&book(), (11, day), (11, day)).unwrap();
        assert_eq!(day(1), ("0.666666".into(), 1, 1, true));
        let sum: Decimal = (1..=30).map(|n| day(n).0.parse::<Decimal>().unwrap()).sum();
        assert_eq!(sum, Decimal::from(20));
        let parts: Decimal = [((11, 1), (11, 13)), ((11, 14), (12, 3)), ((12, 4), (12, 10))]
            .map(|(from, until)| ask(&book(), from, until).unwrap().0.parse::<Decimal>().unwrap())
            .iter()
            .sum();
        assert_eq!(parts, Decimal::from(26));
    }

    #[test]
    fn what_no_stock_reading_ends_is_missing_and_not_zero() {
        assert_eq!(ask(&book(), (12, 1), (12, 31)), Some(("6".into(), 10, 31, false)));
        assert_eq!(ask(&book(), (12, 11), (12, 31)), None);
        assert_eq!(ask(&book(), (10, 1), (10, 31)), None);
        assert_eq!(ask(&[entry(11, 4, StockKind::Delivery, "8")], (11, 1), (11, 30)), None);
        assert_eq!(ask(&[entry(11, 1, StockKind::Opening, "8")], (11, 1), (11, 30)), None);
    }

    #[test]
    fn an_opening_ends_a_stretch_too_and_stands_for_itself() {
        let mut book = vec![
            entry(11, 1, StockKind::Opening, "10"),
            entry(11, 11, StockKind::Opening, "4"),
            entry(11, 20, StockKind::Closing, "1"),
        ];
        assert_eq!(ask(&book, (11, 1), (11, 10)), Some(("6".into(), 10, 10, false)));
        assert_eq!(ask(&book, (11, 11), (11, 20)), Some(("3".into(), 10, 10, false)));
        // an inventory that differs from the last closing: the written one holds from there
        book.push(entry(11, 21, StockKind::Opening, "2"));
        book.push(entry(11, 30, StockKind::Closing, "0"));
        assert_eq!(ask(&book, (11, 21), (11, 30)), Some(("2".into(), 10, 10, false)));
        assert_eq!(ask(&book, (11, 11), (11, 20)), Some(("3".into(), 10, 10, false)));
    }
}
