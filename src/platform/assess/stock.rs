//! Fuel by the tank or by the truck: consumption out of a stock book.
//!
//! ```text
//!   consumption = opening + Σ deliveries − closing
//! ```
//!
//! # Promises
//! - Nothing is guessed: without a stock at the beginning and at the end of the period the consumption is unknown.
//! - Where the carrier has meters too, they count, and the book is compared with them.

use super::{
    balance::{Carrier, in_unit, missing},
    check, note,
    site::Days,
    term::{How, Origin, Part, Term},
};
use crate::{
    model::{Doubts, StockEntry, StockKind},
    platform::store::SiteLedger,
    runtime::lang::Text,
};
use jiff::civil::Date;
use std::{collections::BTreeSet, sync::Arc};

pub(super) fn add(
    ledger: &SiteLedger,
    days: Option<Days>,
    carriers: &mut Vec<Carrier>,
    unknown: &mut Vec<Arc<Term>>,
    notes: &mut Vec<Text>,
) {
    let Some(days) = days else { return };
    let entries = &ledger.declared.stock;
    let books: BTreeSet<(&str, &str)> =
        entries.iter().map(|entry| (entry.carrier.as_str(), entry.unit.as_str())).collect();
    for (carrier, unit) in books {
        let own: Vec<_> = entries.iter().filter(|entry| entry.carrier == carrier && entry.unit == unit).collect();
        let term = consumption(carrier, unit, &own, days).map(Arc::new);
        if let Some(metered) = carriers.iter().find(|row| row.carrier == carrier) {
            let book = term.map(|term| in_unit(&term, &metered.unit).term);
            if let Some((book, meters)) = book.and_then(|book| book.value).zip(metered.amount.value)
                && check::apart(book, meters)
            {
                notes.push(note::book_differs(carrier, book, meters, &metered.unit));
            }
            continue;
        }
        match term {
            Some(amount) => {
                let (carrier, unit) = (carrier.to_owned(), unit.to_owned());
                carriers.push(Carrier { carrier, unit, amount, raw_material: None, renewable: None });
            }
            None => {
                notes.push(note::no_stock(carrier));
                unknown.retain(|term| term.name != carrier);
                unknown.push(missing(carrier, note::no_stock(carrier)));
            }
        }
    }
}

/// `None` without a stock at either end.
fn consumption(carrier: &str, unit: &str, book: &[&StockEntry], days: Days) -> Option<Term> {
    let on = |date: Option<Date>, kind: StockKind| {
        book.iter().copied().find(|entry| Some(entry.date) == date && entry.kind == kind)
    };
    // the stock as one day ends is that as the next one begins
    let opening =
        on(Some(days.first), StockKind::Opening).or_else(|| on(days.first.yesterday().ok(), StockKind::Closing))?;
    let closing =
        on(Some(days.last), StockKind::Closing).or_else(|| on(days.last.tomorrow().ok(), StockKind::Opening))?;
    let delivered = book
        .iter()
        .copied()
        .filter(|entry| entry.kind == StockKind::Delivery && (days.first..=days.last).contains(&entry.date));
    let part = |entry: &StockEntry, minus: bool| Part { minus, term: Arc::new(entered(entry)) };
    let mut parts = vec![part(opening, false)];
    parts.extend(delivered.map(|entry| part(entry, false)));
    parts.push(part(closing, true));
    Some(Term::of(carrier, unit, How::Sum, parts))
}

fn entered(entry: &StockEntry) -> Term {
    let kind = match entry.kind {
        StockKind::Opening => "opening stock",
        StockKind::Delivery => "delivery",
        StockKind::Closing => "closing stock",
    };
    let origin = Origin { valid_from: entry.date.to_string(), source: entry.document.clone(), place: String::new() };
    Term::leaf(kind, Some(entry.quantity), &entry.unit, How::Entry(origin)).judged(Doubts::MANUAL)
}
