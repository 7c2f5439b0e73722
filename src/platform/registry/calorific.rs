//! calorific.csv: rows → measured net calorific values.

use super::{
    Import, Sheet, field,
    table::{self, Columns, Row, Rule, take},
};
use crate::{
    model::{CalorificValue, Site, unit::ratio},
    runtime::{lang::Text, problem::Problems},
};
use rust_decimal::Decimal;

const NAMES: [&str; 7] = ["credit_code", "carrier", "date", "ncv_kj_per_unit", "unit", "quantity", "source"];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 7 };

/// Every value is of a fuel of one of `sites`. A day may have several.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn calorific_of(sheet: &Sheet, sites: &[Site]) -> Result<Import<CalorificValue>, Problems> {
    let (doc, sites) = (sheet.doc(), field::Sites::of(sites));
    let mut values = Vec::new();
    table::each(&doc, COLUMNS, |row| values.extend(value(row, &sites)));
    doc.finish(values).map(|(rows, warnings)| Import { rows, warnings })
}

fn value(row: &Row, sites: &field::Sites<'_>) -> Option<CalorificValue> {
    let site = take(row, 0, |code| sites.find(code));
    let carrier = take(row, 1, field::fuel);
    let date = take(row, 2, field::day);
    let unit = take(row, 4, mass_or_volume);
    let ncv = take(row, 3, |text| plausible(field::positive(text)?, unit.as_deref()));
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

fn mass_or_volume(text: &str) -> Result<String, Rule> {
    let unit = field::energy_unit(text)?;
    if ratio(&unit, "kg").is_some() || ratio(&unit, "m3").is_some() {
        return Ok(unit);
    }
    Err((Text::new("质量或体积单位", "a unit of mass or volume"), Text::new("写 kg、t 或 m3", "write kg, t or m3")))
}

/// From the lean gas of a blast furnace (3,800 kJ/m³) to hydrogen (120,000 kJ/kg), with room: MJ for kJ and t for kg
/// are slips by a factor of 1,000.
fn plausible(kj: Decimal, unit: Option<&str>) -> Result<Decimal, Rule> {
    let Some(per) = unit.and_then(|unit| ratio(unit, "kg").or_else(|| ratio(unit, "m3"))) else { return Ok(kj) };
    let (low, high) = (Decimal::from(500), Decimal::from(200_000));
    if kj.checked_div(per).is_some_and(|one| (low..=high).contains(&one)) {
        return Ok(kj);
    }
    Err((
        Text::new(
            format!("以 kJ 计的低位发热量，每 kg 或 m3 为 {low}–{high} kJ"),
            format!("a net calorific value in kJ: {low} to {high} for each kg or m3"),
        ),
        Text::new(
            "核对单位：1 MJ = 1000 kJ，1 kcal = 4.1868 kJ",
            "compare the units: 1 MJ is 1000 kJ, 1 kcal is 4.1868 kJ",
        ),
    ))
}
