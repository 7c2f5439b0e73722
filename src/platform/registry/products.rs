//! products.csv: rows → products, for sites that make more than one.

use super::{
    Import, Sheet, field,
    table::{self, Columns, Row, take},
};
use crate::{
    model::{Limit, Product, Site},
    runtime::{
        lang::Text,
        problem::{Problems, Unique},
    },
};

const NAMES: [&str; 7] = [
    "credit_code",
    "product_code",
    "name",
    "unit",
    "output_value_yuan_per_unit",
    "limit_kgce_per_unit",
    "limit_standard",
];
pub(super) const COLUMNS: Columns = Columns { all: &NAMES, required: 5 };

/// Every product is of one of `sites`.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn products_of(sheet: &Sheet, sites: &[Site]) -> Result<Import<Product>, Problems> {
    let (doc, sites) = (sheet.doc(), field::Sites::of(sites));
    let mut codes = Unique::new("该单位的其他行", "row of the site");
    let mut products = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        codes.claim_as(&doc, format!("{} {}", row.field(0), row.field(1)), &row.found(1));
        products.extend(product(row, &sites));
    });
    doc.finish(products).map(|(rows, warnings)| Import { rows, warnings })
}

/// `None` where a problem was reported.
fn product(row: &Row, sites: &field::Sites<'_>) -> Option<Product> {
    let site = take(row, 0, |code| sites.find(code));
    if let Some(site) = site.filter(|site| !site.product_code.is_empty() || !site.product_unit.is_empty()) {
        let shown = &site.product_code;
        row.refuse(
            0,
            (
                Text::new(
                    format!("登记表中没有产品的单位（sites.csv 中已写有 `{shown}`）"),
                    format!("a site without a product in the registry of sites, which has `{shown}` for it"),
                ),
                Text::new(
                    "把该单位的全部产品写在这里，清空 sites.csv 的 product_code、product_unit 和 output_value_yuan_per_unit",
                    "write all products of the site here, and leave product_code, product_unit and output_value_yuan_per_unit of sites.csv empty",
                ),
            ),
        );
    }
    let code = take(row, 1, field::name);
    let name = take(row, 2, field::short);
    let unit = take(row, 3, field::unit);
    let output_value_yuan_per_unit = take(row, 4, field::not_negative);
    let limit = take(row, 5, |text| if text.is_empty() { Ok(None) } else { field::positive(text).map(Some) });
    let standard = take(row, 6, field::short);
    if row.field(5).is_empty() != row.field(6).is_empty() {
        row.refuse(
            if row.field(5).is_empty() { 5 } else { 6 },
            (
                Text::new("限额值与其标准同时填写，或同时为空", "a limit and its standard, or neither"),
                Text::new("补上另一列", "fill in the other column"),
            ),
        );
        return None;
    }
    Some(Product {
        credit_code: site?.credit_code.clone(),
        code: code?,
        name: name?,
        unit: unit?,
        output_value_yuan_per_unit: output_value_yuan_per_unit?,
        limit: limit?.zip(standard).map(|(kgce_per_unit, standard)| Limit { kgce_per_unit, standard }),
    })
}
