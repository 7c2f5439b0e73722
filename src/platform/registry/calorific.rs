//! calorific.csv: rows → measured net calorific values.

use super::{
    Import, field,
    table::{self, Columns, Row, take},
};
use crate::{
    model::{CalorificValue, Site},
    runtime::problem::{Doc, Problems},
};

const NAMES: [&str; 7] = ["credit_code", "carrier", "date", "ncv_kj_per_unit", "unit", "quantity", "source"];
const COLUMNS: Columns = Columns { all: &NAMES, required: 7 };

/// Every value is of a fuel of one of `sites`. A day may have several. `file` is what messages call it.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn calorific_from_csv(text: &str, file: &str, sites: &[Site]) -> Result<Import<CalorificValue>, Problems> {
    let (doc, sites) = (Doc::new(file, text), field::Sites::of(sites));
    let mut values = Vec::new();
    table::each(&doc, COLUMNS, |row| values.extend(value(row, &sites)));
    doc.finish(values).map(|(rows, warnings)| Import { rows, warnings })
}

fn value(row: &Row, sites: &field::Sites<'_>) -> Option<CalorificValue> {
    let site = take(row, 0, |code| sites.find(code));
    let carrier = take(row, 1, field::fuel);
    let date = take(row, 2, field::day);
    let ncv = take(row, 3, field::positive);
    let unit = take(row, 4, field::energy_unit);
    let quantity = take(row, 5, field::positive);
    let source = take(row, 6, field::name);
    Some(CalorificValue {
        credit_code: site?.credit_code.clone(),
        carrier: carrier?,
        date: date?,
        ncv_kj_per_unit: ncv?,
        unit: unit?,
        quantity: quantity?,
        source: source?,
    })
}
