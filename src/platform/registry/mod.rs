//! The registry's files: CSV in, sites and gateways out, or every problem by line and column.
//!
//! # Promises
//! - Any error and nothing is imported.
//! - All problems of a file are reported at once, up to [`PROBLEMS_MAX`], each with its line, column and remedy.
//!
//! # Does not
//! Correct: a value is taken as it stands or refused.

mod row;

use crate::{
    model::{Gateway, Site, credit_code},
    runtime::{
        lang::Text,
        place::{Problem, Problems},
    },
};
use row::Row;
use std::collections::{HashMap, HashSet};

/// After that many the rest of the file is not worth reading.
pub const PROBLEMS_MAX: usize = 1_000;
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
const ROWS_MAX: u64 = 200_000;

const SITE_COLUMNS: [&str; 12] = [
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
];

/// Sites from `sites.csv`. `file` is its name, for messages.
pub fn sites_from_csv(file: &str, bytes: &[u8]) -> Result<Vec<Site>, Problems> {
    let mut known: HashMap<String, u64> = HashMap::new();
    rows(file, bytes, &SITE_COLUMNS, |row| {
        let credit_code = credit_code(row);
        if let Some(code) = &credit_code
            && let Some(first) = known.insert(code.clone(), row.line)
        {
            row.problem(
                "credit_code",
                Text::new(format!("与第 {first} 行重复"), format!("`{code}` stands in line {first} already")),
                Text::new("删除其中一行", "remove one of the two lines"),
            );
        }
        let (city_code, county_code) = (region(row, "city_code"), region(row, "county_code"));
        if let (Some(city), Some(county)) = (&city_code, &county_code)
            && city[..4] != county[..4]
        {
            row.problem(
                "county_code",
                Text::new(format!("{county} 不属于 {city}"), format!("{county} is no county of {city}")),
                Text::new("前四位应相同（GB/T 2260）", "the first four digits must be the same (GB/T 2260)"),
            );
        }
        let industry_code = industry(row);
        let land_mu = row.decimal("land_mu", true);
        let name = row.text("name");
        let (product_code, product_unit) = (row.optional("product_code"), row.optional("product_unit"));
        let output_value_yuan_per_unit = row.decimal_or_none("output_value_yuan_per_unit");
        let headcount = row.whole_or_none("headcount");
        let (value_added_wan, tax_wan) = (row.decimal_or_none("value_added_wan"), row.decimal_or_none("tax_wan"));
        Some(Site {
            credit_code: credit_code?,
            name: name?,
            city_code: city_code?,
            county_code: county_code?,
            industry_code: industry_code?,
            land_mu: land_mu?,
            product_code,
            product_unit,
            output_value_yuan_per_unit,
            headcount,
            value_added_wan,
            tax_wan,
        })
    })
}

/// Gateways from `gateways.csv`, each on one of `sites`.
pub fn gateways_from_csv(file: &str, bytes: &[u8], sites: &[Site]) -> Result<Vec<Gateway>, Problems> {
    let known: HashSet<&str> = sites.iter().map(|site| site.credit_code.as_str()).collect();
    let mut seen: HashMap<String, u64> = HashMap::new();
    rows(file, bytes, &["gateway_id", "credit_code"], |row| {
        let (gateway_id, credit_code) = (row.text("gateway_id"), row.text("credit_code"));
        if let Some(code) = credit_code.as_deref().filter(|code| !known.contains(code)) {
            row.problem(
                "credit_code",
                Text::new(format!("`{code}` 不在单位登记表中"), format!("`{code}` is not in the sites' file")),
                Text::new("先在单位登记表中登记该单位", "register the site first"),
            );
        }
        if let Some(id) = &gateway_id
            && let Some(first) = seen.insert(id.clone(), row.line)
        {
            row.problem(
                "gateway_id",
                Text::new(format!("与第 {first} 行重复"), format!("`{id}` stands in line {first} already")),
                Text::new("一个网关只能属于一个单位", "a gateway stands on one site only"),
            );
        }
        Some(Gateway { gateway_id: gateway_id?, credit_code: credit_code? })
    })
}

fn rows<T>(
    file: &str,
    bytes: &[u8],
    columns: &[&'static str],
    mut read: impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Result<Vec<T>, Problems> {
    let whole = |what: Text, fix: Text| Problems(vec![Problem::at(file, "", None, what, fix)]);
    if bytes.len() > FILE_BYTES_MAX {
        return Err(whole(
            Text::new("文件超过 64 MiB", "the file is larger than 64 MiB"),
            Text::new("拆分文件", "split it"),
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        whole(
            Text::new(format!("第 {line} 行不是 UTF-8"), format!("line {line} is not UTF-8")),
            Text::new("请另存为“CSV UTF-8”", "save it as \"CSV UTF-8\""),
        )
    })?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let malformed = |error: csv::Error| {
        let said = error.to_string();
        whole(
            Text::new(format!("不是有效的 CSV：{said}"), said),
            Text::new("请检查引号和逗号", "check quotes and commas"),
        )
    };
    let header: Vec<String> = reader.headers().map_err(malformed)?.iter().map(|name| name.trim().to_owned()).collect();
    if header != columns {
        let (found, expected) = (header.join(","), columns.join(","));
        return Err(whole(
            Text::new(format!("表头为 {found}"), format!("the header is {found}")),
            Text::new(format!("表头应为 {expected}"), format!("it must be {expected}")),
        ));
    }
    let (mut items, mut problems) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row { file, line, columns, record: &record, problems: &mut problems };
        if record.len() != columns.len() {
            let (found, expected) = (record.len(), columns.len());
            row.problem(
                "",
                Text::new(
                    format!("有 {found} 个字段，应为 {expected} 个"),
                    format!("{found} fields instead of {expected}"),
                ),
                Text::new("检查缺少或多余的逗号", "look for a comma that is missing or too many"),
            );
        } else {
            items.extend(read(&mut row));
        }
        if line > ROWS_MAX || problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    if problems.is_empty() { Ok(items) } else { Err(Problems(problems)) }
}

fn credit_code(row: &mut Row<'_>) -> Option<String> {
    let code = row.text("credit_code")?;
    match credit_code::check(&code) {
        Ok(()) => Some(code),
        Err(error) => {
            row.problem(
                "credit_code",
                Text::new(
                    format!("`{code}` 不是统一社会信用代码：{error}"),
                    format!("`{code}` is no unified social credit code: {error}"),
                ),
                Text::new("与营业执照核对（GB 32100-2015）", "compare it with the business licence (GB 32100-2015)"),
            );
            None
        }
    }
}

fn region(row: &mut Row<'_>, column: &'static str) -> Option<String> {
    let code = row.text(column)?;
    if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
        return Some(code);
    }
    row.problem(
        column,
        Text::new(format!("`{code}` 不是六位行政区划代码"), format!("`{code}` is no region code of six digits")),
        Text::new("例如 331003（GB/T 2260）", "such as 331003 (GB/T 2260)"),
    );
    None
}

/// GB/T 4754-2017: a section letter and four digits.
fn industry(row: &mut Row<'_>) -> Option<String> {
    let code = row.text("industry_code")?;
    let (letter, digits) = code.split_at_checked(1).unwrap_or_default();
    if letter.bytes().all(|b| (b'A'..=b'T').contains(&b))
        && digits.len() == 4
        && digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(code);
    }
    row.problem(
        "industry_code",
        Text::new(format!("`{code}` 不是行业代码"), format!("`{code}` is no industry code")),
        Text::new(
            "门类字母加四位小类，例如 C2927（GB/T 4754-2017）",
            "section letter and four digits, such as C2927 (GB/T 4754-2017)",
        ),
    );
    None
}

#[cfg(test)]
mod tests;
