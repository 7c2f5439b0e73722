//! Rows → land parcels: own, leased in, leased out, each with its dates.

use super::{
    Import, Sheet, field,
    table::{self, Columns, Row, Rule, take},
};
use crate::{
    model::{Parcel, Site, Tenure},
    runtime::{
        lang::Text,
        problem::{At, Doc, Problems, found, quoted},
    },
};
use jiff::civil::Date;
use std::collections::BTreeMap;

const NAMES: [&str; 8] = ["credit_code", "parcel", "tenure", "mu", "from", "until", "other_site", "document"];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 5 };
const FROM: usize = 4;
const UNTIL: usize = 5;
const TENURES: [(&str, Tenure); 6] = [
    ("own", Tenure::Own),
    ("leased_in", Tenure::LeasedIn),
    ("leased_out", Tenure::LeasedOut),
    ("自有", Tenure::Own),
    ("租入", Tenure::LeasedIn),
    ("租出", Tenure::LeasedOut),
];

/// Every parcel is of one of `sites`. No piece of land is held twice: of one parcel number a site has one holding at a
/// time, its own or leased in, and one site owns it; parts of it may be leased out to several.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn parcels_of(sheet: &Sheet, sites: &[Site]) -> Result<Import<Parcel>, Problems> {
    let (doc, sites) = (sheet.doc(), field::Sites::of(sites));
    let mut parcels = Vec::new();
    table::each(&doc, COLUMNS, |row| parcels.extend(parcel(row, &sites).map(|parcel| (parcel, row.at(FROM)))));
    refuse_overlaps(&doc, &parcels);
    let parcels = parcels.into_iter().map(|(parcel, _)| parcel).collect();
    doc.finish(parcels).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn parcel(row: &Row, sites: &field::Sites<'_>) -> Option<Parcel> {
    let site = take(row, 0, |code| sites.find(code));
    let parcel = take(row, 1, field::name);
    let tenure = take(row, 2, |text| field::one_of(text, &TENURES));
    let mu = take(row, 3, field::positive);
    let from = take(row, FROM, field::day);
    let until = take(row, UNTIL, |text| until(text, from));
    let other_site = take(row, 6, |text| match text {
        "" => Ok(None),
        other if other == row.field(0) => Err(its_own_partner()),
        other => sites.find(other).map(|site| Some(site.credit_code.clone())),
    });
    let document = take(row, 7, field::short);
    Some(Parcel {
        credit_code: site?.credit_code.clone(),
        parcel: parcel?,
        tenure: tenure?,
        mu: mu?,
        from: from?,
        until: until?,
        other_site: other_site?,
        document: document?,
    })
}

fn until(text: &str, from: Option<Date>) -> Result<Option<Date>, Rule> {
    match field::day_or_none(text)? {
        Some(until) if from.is_some_and(|from| until <= from) => Err((
            Text::new("from 之后的日期（不含当日），或空", "a day after from, itself not included, or nothing"),
            Text::new("改正其一；仍在使用则留空", "correct one of the two; leave it empty while the land is in use"),
        )),
        until => Ok(until),
    }
}

fn its_own_partner() -> Rule {
    (
        Text::new("空，或另一单位的代码", "nothing, or another site's code"),
        Text::new(
            "写租赁的对方；未登记则留空",
            "write the other party of the lease; leave it empty where it is not registered",
        ),
    )
}

/// A key that may be held once at a time, and in whose words the holding is told.
type Holdings<'p> = BTreeMap<(&'p str, &'p str, &'p str), Vec<(Date, Option<Date>, &'p At)>>;

fn refuse_overlaps(doc: &Doc, parcels: &[(Parcel, At)]) {
    let mut holdings = Holdings::new();
    for (parcel, at) in parcels {
        let Parcel { credit_code, parcel: number, tenure, from, until, document, .. } = parcel;
        let mut hold = |key| holdings.entry(key).or_default().push((*from, *until, at));
        match tenure {
            Tenure::LeasedOut => {
                let lease = [document.as_str(), parcel.other_site.as_deref().unwrap_or_default()];
                // leases of one parcel differ by their paper, or by who leases it
                let lease = lease.into_iter().find(|word| !word.is_empty()).unwrap_or_default();
                hold((credit_code, number, lease));
            }
            Tenure::Own => {
                hold((credit_code, number, "held\n"));
                hold(("owned\n", number, ""));
            }
            Tenure::LeasedIn => hold((credit_code, number, "held\n")),
        }
    }
    let mut told: Vec<&At> = Vec::new();
    for ((_, number, _), mut spans) in holdings {
        spans.sort_by_key(|(from, ..)| *from);
        for pair in spans.windows(2) {
            let [(_, until, first), (from, _, second)] = pair else { continue };
            if until.is_some_and(|until| until <= *from) || told.contains(second) {
                continue;
            }
            told.push(second);
            let line = doc.position(&first.span).line;
            let number = quoted(number);
            doc.report(
                second,
                found(&number),
                Text::new(
                    format!("同一宗地同一时间只有一处（第 {line} 行尚未截止）"),
                    format!("a parcel that is held once at a time; the row of line {line} has not ended"),
                ),
                Text::new("写上前者的 until，或改正宗地号", "write the other's until, or correct the number"),
            );
        }
    }
}
