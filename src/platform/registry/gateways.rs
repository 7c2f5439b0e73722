//! Rows → gateways.

use super::{
    CsvProblem, CsvProblems, Import,
    problem::Found,
    table::{self, Columns},
};
use crate::{
    model::{Gateway, Site},
    runtime::lang::Text,
};
use std::collections::{HashMap, HashSet};

/// The columns of gateways.csv.
pub const GATEWAY_COLUMNS: [&str; 2] = ["gateway_id", "credit_code"];
const COLUMNS: Columns = Columns { all: &GATEWAY_COLUMNS, required: 2 };
const ID_BYTES_MAX: usize = 64;

/// Every gateway stands on one of `sites`.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn gateways_from_csv(bytes: &[u8], sites: &[Site]) -> Result<Import<Gateway>, CsvProblems> {
    let known: HashSet<&str> = sites.iter().map(|site| site.credit_code.as_str()).collect();
    let mut found = Found::default();
    let (mut gateways, mut lines) = (Vec::new(), HashMap::<String, u64>::new());
    for row in table::rows(bytes, COLUMNS, &mut found)? {
        let (gateway_id, credit_code) = (row.field(0), row.field(1));
        if !is_id(gateway_id) {
            found.add(CsvProblem::new(
                row.line,
                "gateway_id",
                gateway_id,
                Text::new(
                    format!("1 至 {ID_BYTES_MAX} 个字母、数字、点、下划线或连字符"),
                    format!("1 to {ID_BYTES_MAX} letters, digits, dots, underscores or hyphens"),
                ),
                Text::new(
                    "请与网关 agent.toml 中的 gateway_id 一致",
                    "write the gateway_id of the gateway's agent.toml",
                ),
            ));
        }
        match lines.get(gateway_id) {
            Some(first) => found.add(CsvProblem::new(
                row.line,
                "gateway_id",
                gateway_id,
                Text::new(
                    format!("每个网关一行，第 {first} 行已有此网关"),
                    format!("one row for a gateway, and line {first} has this one"),
                ),
                Text::new("请删除其中一行", "remove one of the two rows"),
            )),
            None => drop(lines.insert(gateway_id.to_owned(), row.line)),
        }
        if !known.contains(credit_code) {
            found.add(CsvProblem::new(
                row.line,
                "credit_code",
                credit_code,
                Text::new("sites.csv 中的代码", "a code that is in sites.csv"),
                Text::new("请改正代码，或在 sites.csv 中补上该单位", "correct the code, or add the site to sites.csv"),
            ));
        }
        gateways.push(Gateway { gateway_id: gateway_id.to_owned(), credit_code: credit_code.to_owned() });
    }
    found.none_or(Import { rows: gateways, warnings: Vec::new() })
}

fn is_id(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
