//! Rows → energy quotas of sites (用能预算): one row for each site and year.

use super::{
    Import, Sheet, economy, field,
    table::{self, Columns, Row, take},
};
use crate::{
    model::{Quota, Site},
    runtime::problem::{Problems, Unique},
};

const COLUMNS: Columns = Columns { all: &["credit_code", "year", "quota_tce", "source", "quota_kwh"], required: 4 };

/// Every quota is of one of `sites`; `by` is who brings the file.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn quotas_of(sheet: &Sheet, sites: &[Site], by: &str) -> Result<Import<Quota>, Problems> {
    let (doc, sites) = (sheet.doc(), field::Sites::of(sites));
    let mut rows = Unique::new("该单位同一年度的其他行", "row of the site and year");
    let mut quotas = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        rows.claim_as(&doc, [0, 1].map(|place| row.field(place)).join("\n"), &row.found(0));
        quotas.extend(quota(row, &sites, by));
    });
    doc.finish(quotas).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn quota(row: &Row, sites: &field::Sites<'_>, by: &str) -> Option<Quota> {
    let site = take(row, 0, |code| sites.find(code));
    let year = take(row, 1, economy::year);
    let tce = take(row, 2, field::positive);
    let source = take(row, 3, economy::source);
    let kwh = take(row, 4, |text| if text.is_empty() { Ok(None) } else { field::positive(text).map(Some) });
    let (site, year, tce, source, kwh) = (site?, year?, tce?, source?, kwh?);
    Some(Quota { credit_code: site.credit_code.clone(), year, tce, kwh, source, by: by.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::lang::Lang;

    const SITE: &str = "91331003MA0000015F";

    fn read(text: &str) -> Result<Import<Quota>, Problems> {
        let site = Site {
            credit_code: SITE.into(),
            name: "Mill".into(),
            city_code: "331000".into(),
            county_code: "331003".into(),
            industry_code: "C1713".into(),
            land_mu: "1".parse().unwrap(),
            product_code: String::new(),
            product_unit: String::new(),
            output_value_yuan_per_unit: None,
        };
        quotas_of(&Sheet::read(text.as_bytes(), "quotas.csv", None)?, &[site], "li")
    }

    #[test]
    fn quotas_are_read_under_either_name_of_a_column_and_all_or_nothing() {
        let text = format!("统一社会信用代码,年度,用能预算,来源\n{SITE},2026,1200.5,黄发改〔2026〕1号\n");
        let [quota] = read(&text).unwrap().rows.try_into().unwrap();
        assert_eq!(
            (quota.tce.to_string().as_str(), quota.year, quota.kwh, quota.by.as_str()),
            ("1200.5", 2026, None, "li")
        );
        let bad = format!("{text}{SITE},2026,1,x\n91331004MA0000020K,2026,0,\n");
        let told = read(&bad).unwrap_err().render(Lang::En);
        for place in ["quotas.csv:3:", "quotas.csv:4:1", "quotas.csv:4:25", "quotas.csv:4:27"] {
            assert!(told.contains(place), "{place}\n{told}");
        }
    }
}
