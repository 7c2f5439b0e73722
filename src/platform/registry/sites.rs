//! Rows → sites.

use super::{
    Import, Sheet, code, field, industry,
    table::{self, Columns, Row, Rule, take},
};
use crate::{
    model::{Site, region},
    runtime::{
        lang::Text,
        problem::{Problems, Unique, found, quoted},
    },
};

/// The last three may be left out.
const NAMES: [&str; 12] = [
    "credit_code",
    "name",
    "city_code",
    "county_code",
    "industry_code",
    "land_mu",
    "product_code",
    "product_unit",
    "output_value_yuan_per_unit",
    "credit_code_note",
    "industry_code_note",
    "region_code_note",
];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 9 };
const CREDIT_CODE_NOTE: usize = 9;
const INDUSTRY_CODE_NOTE: usize = 10;
const REGION_CODE_NOTE: usize = 11;

/// Sites of a file's text;
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn sites_of(sheet: &Sheet) -> Result<Import<Site>, Problems> {
    let doc = sheet.doc();
    let mut codes = Unique::new("其他行", "row");
    let mut sites = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        codes.claim(&doc, &row.found(0));
        sites.extend(site(row));
    });
    doc.finish(sites).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn site(row: &Row) -> Option<Site> {
    let credit_code = code::credit_code(row, 0, CREDIT_CODE_NOTE);
    let name = take(row, 1, field::name);
    let city_code = noted(row, 2, REGION_CODE_NOTE, city, region::is_code);
    let county_code = noted(row, 3, REGION_CODE_NOTE, |county| county_of(county, row.field(2)), region::is_code);
    let industry_code = noted(row, 4, INDUSTRY_CODE_NOTE, industry::normalised, industry::has_form);
    let land_mu = take(row, 5, field::positive);
    let product_code = take(row, 6, field::short);
    let product_unit = take(row, 7, |unit| match row.field(6) {
        "" => field::short(unit),
        _ => field::unit(unit),
    });
    let output_value_yuan_per_unit = take(row, 8, field::not_negative);
    Some(Site {
        credit_code: credit_code?,
        name: name?,
        city_code: city_code?,
        county_code: county_code?,
        industry_code: industry_code?,
        land_mu: land_mu?,
        product_code: product_code?,
        product_unit: product_unit?,
        output_value_yuan_per_unit: output_value_yuan_per_unit?,
    })
}

/// By its rule, or as it is written where the row gives a reason and the code at least has the `form`.
fn noted(
    row: &Row,
    place: usize,
    note: usize,
    rule: impl Fn(&str) -> Result<String, Rule>,
    form: impl Fn(&str) -> bool,
) -> Option<String> {
    let (text, note) = (row.field(place), take(row, note, field::short)?);
    match rule(text) {
        Err((expected, _)) if !note.is_empty() && form(text) => {
            row.doc.warn(&row.at(place), found(&quoted(text)), expected, code::accepted(&note));
            Some(text.to_owned())
        }
        ruled => ruled.map_err(|refused| row.refuse(place, refused)).ok(),
    }
}

fn city(code: &str) -> Result<String, Rule> {
    if region::is_city(code) {
        return Ok(code.to_owned());
    }
    Err((
        Text::new("GB/T 2260 的六位地市代码", "the six-digit code of a city (GB/T 2260)"),
        Text::new("写作 331000", "write it as 331000"),
    ))
}

fn county_of(county: &str, city: &str) -> Result<String, Rule> {
    if region::is_county_of(county, city) {
        return Ok(county.to_owned());
    }
    let city = city.chars().take(6).collect::<String>();
    Err((
        Text::new(
            format!("city_code {city} 所辖县市区的六位代码"),
            format!("the six-digit code of a county in city_code {city}"),
        ),
        Text::new("写作 331003，前四位与 city_code 相同", "write it as 331003; its first four digits are the city's"),
    ))
}
