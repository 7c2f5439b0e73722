//! Rows → sites.

use super::{
    CsvProblem, CsvProblems, Import,
    field::{self, Rule},
    industry,
    problem::Found,
    table::{self, Columns, Row},
};
use crate::{
    model::{
        Site,
        credit_code::{self, ALPHABET, CreditCodeError},
        region,
    },
    runtime::lang::Text,
};
use std::collections::HashMap;

/// The columns of sites.csv. The last may be left out.
pub const SITE_COLUMNS: [&str; 13] = [
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
const COLUMNS: Columns = Columns { all: &SITE_COLUMNS, required: 12 };

/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn sites_from_csv(bytes: &[u8]) -> Result<Import<Site>, CsvProblems> {
    let (mut found, mut warnings) = (Found::default(), Vec::new());
    let (mut sites, mut lines) = (Vec::new(), HashMap::<String, u64>::new());
    for row in table::rows(bytes, COLUMNS, &mut found)? {
        let code = row.field(0);
        if let Some(first) = lines.get(code) {
            found.add(CsvProblem::new(
                row.line,
                "credit_code",
                code,
                Text::new(
                    format!("每个代码一行，第 {first} 行已有此代码"),
                    format!("one row for a code, and line {first} has this one"),
                ),
                Text::new("请删除或合并其中一行", "remove or merge one of the two rows"),
            ));
        } else {
            lines.insert(code.to_owned(), row.line);
        }
        sites.extend(site(&row, &mut found, &mut warnings));
    }
    found.none_or(Import { rows: sites, warnings })
}

fn site(row: &Row, found: &mut Found, warnings: &mut Vec<CsvProblem>) -> Option<Site> {
    let mut take = Take { row, found };
    let credit_code = take.credit_code(warnings);
    let name = take.field(1, field::name);
    let city_code = take.field(2, city);
    let county_code = take.field(3, |county| county_of(county, row.field(2)));
    let industry_code = take.field(4, industry::normalised);
    let land_mu = take.field(5, field::positive);
    let product_code = take.field(6, field::short);
    let product_unit = take.field(7, field::short);
    let output_value_yuan_per_unit = take.field(8, field::not_negative);
    let headcount = take.field(9, field::count);
    let value_added_wan = take.field(10, field::any_sign);
    let tax_wan = take.field(11, field::any_sign);
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

/// Takes fields of a row and notes what is wrong with them.
struct Take<'a> {
    row: &'a Row,
    found: &'a mut Found,
}

impl Take<'_> {
    fn field<T>(&mut self, place: usize, rule: impl Fn(&str) -> Result<T, Rule>) -> Option<T> {
        let text = self.row.field(place);
        rule(text)
            .map_err(|(expected, fix)| {
                let column = SITE_COLUMNS.get(place).copied().unwrap_or_default();
                self.found.add(CsvProblem::new(self.row.line, column, text, expected, fix));
            })
            .ok()
    }

    /// A wrong check character is an error unless the row says why it stands: such codes were really issued.
    fn credit_code(&mut self, warnings: &mut Vec<CsvProblem>) -> Option<String> {
        let code = self.row.field(0);
        let note = self.field(12, field::short)?;
        let problem = |(expected, fix): Rule| CsvProblem::new(self.row.line, "credit_code", code, expected, fix);
        match credit_code::check(code) {
            Ok(()) => {}
            Err(error @ CreditCodeError::Check { .. }) if !note.is_empty() => {
                let (expected, _) = wrong_code(error);
                let fix = Text::new(format!("已按备注接受：{note}"), format!("accepted for the reason given: {note}"));
                warnings.push(problem((expected, fix)));
            }
            Err(error) => {
                self.found.add(problem(wrong_code(error)));
                return None;
            }
        }
        if let Some(computed) = credit_code::wrong_organisation_check(code) {
            warnings.push(problem((
                Text::new(
                    format!("第 17 位为组织机构代码校验码 {computed}（GB 11714）"),
                    format!("the organisation code's check character {computed} at position 17 (GB 11714)"),
                ),
                Text::new("已接受，请核对", "accepted; compare it with the licence"),
            )));
        }
        Some(code.to_owned())
    }
}

fn wrong_code(error: CreditCodeError) -> Rule {
    match error {
        CreditCodeError::Length(length) => (
            Text::new(format!("18 位统一社会信用代码，实际 {length} 位"), format!("18 characters, there are {length}")),
            Text::new("请按营业执照填写", "copy it from the business licence"),
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
                    "请按营业执照填写（不含 I、O、S、V、Z）",
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
                "请按营业执照核对；如确实如此，请在 credit_code_note 列写明原因",
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
        Text::new("请填写如 331000", "write it as 331000"),
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
        Text::new(
            "请填写如 331003，前四位与 city_code 相同",
            "write it as 331003; its first four digits are the city's",
        ),
    ))
}
