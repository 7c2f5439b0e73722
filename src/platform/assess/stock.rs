//! Fuel by the tank or by the truck: consumption out of a stock book, as [`crate::energy::stock`] counts it.
//!
//! # Promises
//! - Nothing is guessed: days that lie between no two stock readings are told, and where there is none it is unknown.
//! - Where the carrier has meters too, they count, and the book is compared with them.

use super::{
    balance::{Carrier, in_unit, missing},
    check, note,
    site::Days,
    term::{How, Origin, Part, Term},
};
use crate::{
    energy::stock::{self, Stretch},
    model::{Doubts, StockEntry, StockKind},
    platform::store::SiteLedger,
    runtime::lang::Text,
};
use std::{collections::BTreeMap, sync::Arc};

pub(super) fn add(
    ledger: &SiteLedger,
    days: Option<Days>,
    carriers: &mut Vec<Carrier>,
    unknown: &mut Vec<Arc<Term>>,
    notes: &mut Vec<Text>,
) {
    let Some(days) = days else { return };
    let book = &ledger.declared.stock;
    // in the unit of its first entry
    let carriers_of: BTreeMap<&str, &str> =
        book.iter().rev().map(|entry| (entry.carrier.as_str(), entry.unit.as_str())).collect();
    for (carrier, unit) in carriers_of {
        let term = consumption(carrier, unit, book, days).map(Arc::new);
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

/// `None` where no day of the period lies between two stock readings.
fn consumption(carrier: &str, unit: &str, book: &[StockEntry], days: Days) -> Option<Term> {
    let (first, last) = (days.first, days.last);
    let found = stock::consumed(book, carrier, unit, first, last)?;
    let parts = found.stretches.iter().map(|stretch| {
        if first <= stretch.first && stretch.last <= last {
            return Some(whole(carrier, unit, book, stretch).plus());
        }
        let (from, until) = (stretch.first.max(first), stretch.last.min(last));
        let part = stock::consumed(book, carrier, unit, from, until)?.amount;
        let source = format!("{} – {}", stretch.first, stretch.last);
        let origin = Origin { valid_from: from.to_string(), source, place: String::new() };
        let leaf = Term::leaf(carrier, Some(part), unit, How::Entry(origin));
        Some(leaf.judged(Doubts::MANUAL | Doubts::ESTIMATED_SHAPE).plus())
    });
    let term = Term::of(carrier, unit, How::Sum, parts.collect::<Option<_>>()?);
    Some(match found.days_known < found.days {
        true => term.weakened(note::stock_days(carrier, found.days_known, found.days)),
        false => term,
    })
}

/// Opening and deliveries less closing.
fn whole(carrier: &str, unit: &str, book: &[StockEntry], stretch: &Stretch) -> Term {
    let last = stretch.entries.len().saturating_sub(1);
    let entries = stretch.entries.iter().enumerate();
    let parts = entries.filter_map(|(at, place)| {
        let part = in_unit(&Arc::new(entered(book.get(*place)?)), unit);
        Some(Part { minus: at == last, ..part })
    });
    Term::of(carrier, unit, How::Sum, parts.collect())
}

fn entered(entry: &StockEntry) -> Term {
    let kind = match entry.kind {
        StockKind::Opening => "opening stock",
        StockKind::Delivery => "delivery",
        StockKind::Closing => "closing stock",
    };
    let name = format!("{kind} {} {}", entry.carrier, entry.date);
    let origin = Origin { valid_from: entry.date.to_string(), source: entry.document.clone(), place: String::new() };
    Term::leaf(&name, Some(entry.quantity), &entry.unit, How::Entry(origin)).judged(Doubts::MANUAL)
}
