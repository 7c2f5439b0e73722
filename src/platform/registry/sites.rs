//! Rows → sites.

use super::{
    Import, field, industry,
    table::{self, Columns, Row, Rule, take},
};
use crate::{
    model::{
        Site,
        credit_code::{self, ALPHABET, CreditCodeError},
        region,
    },
    runtime::{
        lang::Text,
        problem::{Doc, Problems, Unique, found, quoted},
    },
};

/// The columns of sites.csv. The last may be left out.
const NAMES: [&str; 13] = [
    "credit_code",
    "name",
    "city_code",
    "county_code",
    "industry_code",
    "land_mu",
    "product_code",
    "product_unit",
    "output_value_yuan_per_unit",
    "headcount",
    "value_added_wan",
    "tax_wan",
    "credit_code_note",
];
const COLUMNS: Columns = Columns { all: &NAMES, required: 12 };

/// Sites of a file's text; `file` is what messages call it.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn sites_from_csv(text: &str, file: &str) -> Result<Import<Site>, Problems> {
    let doc = Doc::new(file, text);
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
    let credit_code = credit_code(row);
    let name = take(row, 1, field::name);
    let city_code = take(row, 2, city);
    let county_code = take(row, 3, |county| county_of(county, row.field(2)));
    let industry_code = take(row, 4, industry::normalised);
    let land_mu = take(row, 5, field::positive);
    let product_code = take(row, 6, field::short);
    let product_unit = take(row, 7, |unit| match row.field(6) {
        "" => field::short(unit),
        _ => field::unit(unit),
    });
    let output_value_yuan_per_unit = take(row, 8, field::not_negative);
    let headcount = take(row, 9, field::count);
    let value_added_wan = take(row, 10, field::any_sign);
    let tax_wan = take(row, 11, field::any_sign);
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
        headcount: headcount?,
        value_added_wan: value_added_wan?,
        tax_wan: tax_wan?,
    })
}

/// A wrong check character is an error unless the row says why it stands: such codes were really issued.
fn credit_code(row: &Row) -> Option<String> {
    let code = row.field(0);
    let note = take(row, 12, field::short)?;
    let warn = |(expected, fix): Rule| row.doc.warn(&row.at(0), found(&quoted(code)), expected, fix);
    match credit_code::check(code) {
        Ok(()) => {}
        Err(error @ CreditCodeError::Check { .. }) if !note.is_empty() => {
            let (expected, _) = wrong_code(error);
            warn((
                expected,
                Text::new(format!("已按备注接受：{note}"), format!("accepted for the reason given: {note}")),
            ));
        }
        Err(error) => {
            row.refuse(0, wrong_code(error));
            return None;
        }
    }
    if let Some(computed) = credit_code::wrong_organisation_check(code) {
        warn((
            Text::new(
                format!("第 17 位为组织机构代码校验码 {computed}（GB 11714）"),
                format!("the organisation code's check character {computed} at position 17 (GB 11714)"),
            ),
            Text::new("已接受，请核对", "accepted; compare it with the licence"),
        ));
    }
    Some(code.to_owned())
}

fn wrong_code(error: CreditCodeError) -> Rule {
    match error {
        CreditCodeError::Length(length) => (
            Text::new(format!("18 位统一社会信用代码，实际 {length} 位"), format!("18 characters, there are {length}")),
            Text::new("按营业执照填写", "copy it from the business licence"),
        ),
        CreditCodeError::Character { position, found } => {
            let (zh, en) = if (3..=8).contains(&position) && ALPHABET.contains(found) {
                ("为数字".to_owned(), "a digit".to_owned())
            } else {
                (format!("为 {ALPHABET} 之一"), format!("one of {ALPHABET}"))
            };
            (
                Text::new(
                    format!("第 {position} 位{zh}，实际为 {found}"),
                    format!("{en} at position {position}, there is {found}"),
                ),
                Text::new(
                    "按营业执照填写（不含 I、O、S、V、Z）",
                    "copy it from the business licence; I, O, S, V, Z do not occur",
                ),
            )
        }
        CreditCodeError::Check { computed, .. } => (
            Text::new(
                format!("校验码 {computed}（GB 32100-2015）"),
                format!("the check character {computed} (GB 32100-2015)"),
            ),
            Text::new(
                "按营业执照核对；如确实如此，请在 credit_code_note 列写明原因",
                "compare it with the business licence; if it is really so, give the reason in the column credit_code_note",
            ),
        ),
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
