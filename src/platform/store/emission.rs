//! What emission monitors report, and a year's mass of it by site.

use super::{
    Store, StoreError,
    sql::{Tx, params},
};
use crate::{
    model::{EconomicFigure, EconomicItem, Period, UtcMillis},
    platform::emission::{DAY, Report, Station},
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

const DAY_MS: i64 = 86_400_000;

impl Store {
    /// Puts a list of monitors in the place of the stored one. What others reported is kept.
    pub async fn register_stations(&self, stations: Vec<Station>) -> Result<(), StoreError> {
        let replace = move |tx: Tx<'_>| {
            tx.execute("DELETE FROM station", params![])?;
            for Station { mn, credit_code, password } in &stations {
                tx.execute("INSERT INTO station VALUES (?1, ?2, ?3)", params![mn, credit_code, password])?;
            }
            Ok(())
        };
        self.inner.writer.write(replace).await
    }

    /// Stores what a monitor reports, durable on return. `false`, and nothing stored: no station has this MN and PW.
    pub async fn report_emission(
        &self,
        mn: &str,
        password: &str,
        reports: Vec<Report>,
        now: UtcMillis,
    ) -> Result<bool, StoreError> {
        let (mn, password) = (mn.to_owned(), password.to_owned());
        self.inner.writer.write(move |tx| report(tx, &mn, &password, &reports, now)).await
    }

    /// What each site's monitors reported of a year.
    pub async fn emissions(&self, year: i16) -> Result<Vec<Emitted>, StoreError> {
        self.inner.readers.read(move |tx| emissions(tx, year)).await
    }
}

/// What the monitors of a site reported of an item over a year. A day is its own report or, without one, the sum of its
/// hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Emitted {
    pub credit_code: String,
    pub item: EconomicItem,
    pub tonnes: Decimal,
    /// Those of which there is a report, and those of the year.
    pub days: usize,
    pub days_of_year: usize,
}

impl Emitted {
    /// What stands for the year where its bureau says nothing: only a year without a missing day does.
    pub fn figure(self, year: i16) -> Option<EconomicFigure> {
        (self.days == self.days_of_year).then(|| EconomicFigure {
            credit_code: self.credit_code,
            year,
            month: None,
            item: self.item,
            value: self.tonnes,
            source: "HJ 212".into(),
        })
    }
}

fn report(tx: Tx<'_>, mn: &str, password: &str, reports: &[Report], now: UtcMillis) -> Result<bool, StoreError> {
    let known: Option<String> = tx.one("SELECT password FROM station WHERE mn = ?1", params![mn], |row| row.get(0))?;
    if known.as_deref() != Some(password) {
        return Ok(false);
    }
    for Report { item, cn, start, kg } in reports {
        tx.execute(
            "INSERT INTO emission VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (mn, item, cn, start) DO UPDATE SET kg = excluded.kg, received = excluded.received",
            params![mn, item.name(), *cn, *start, &kg.to_string(), now],
        )?;
    }
    Ok(true)
}

/// A day's own report, and the sum of its hours.
#[derive(Default)]
struct OfDay {
    day: Option<Decimal>,
    hours: Decimal,
}

/// By site and item.
pub fn emissions(tx: Tx<'_>, year: i16) -> Result<Vec<Emitted>, StoreError> {
    let Ok(period) = format!("{year:04}").parse::<Period>() else { return Ok(Vec::new()) };
    let mut days: BTreeMap<(String, EconomicItem, String, i64), OfDay> = BTreeMap::new();
    tx.each(
        "SELECT credit_code, item, emission.mn, cn, start, kg FROM emission JOIN station ON station.mn = emission.mn
         WHERE start >= ?1 AND start < ?2 ORDER BY credit_code, item, emission.mn, start",
        params![period.start, period.end],
        |row| {
            let Some(item) = EconomicItem::by_name(&row.get::<String>(1)?) else { return Ok(()) };
            let day = row.get::<UtcMillis>(4)?.since(period.start) / DAY_MS;
            let of_day = days.entry((row.get(0)?, item, row.get(2)?, day)).or_default();
            let kg: Decimal = row.get(5)?;
            match row.get::<u16>(3)? {
                DAY => of_day.day = Some(kg),
                // bounded at the intake: a year of hours stays below 28 digits
                _ => of_day.hours += kg,
            }
            Ok(())
        },
    )?;
    let mut sums: BTreeMap<(String, EconomicItem), (Decimal, BTreeSet<i64>)> = BTreeMap::new();
    for ((credit_code, item, _, day), of_day) in days {
        let (kg, seen) = sums.entry((credit_code, item)).or_default();
        *kg += of_day.day.unwrap_or(of_day.hours);
        seen.insert(day);
    }
    let days_of_year = usize::try_from(period.duration_ms() / DAY_MS).unwrap_or_default();
    let emitted = sums.into_iter().map(|((credit_code, item), (kg, days))| Emitted {
        credit_code,
        item,
        tonnes: (kg / Decimal::ONE_THOUSAND).normalize(),
        days: days.len(),
        days_of_year,
    });
    Ok(emitted.collect())
}
