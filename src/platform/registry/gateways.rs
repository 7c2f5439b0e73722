//! Rows → gateways.

use super::{
    Import, Sheet,
    table::{self, Columns},
};
use crate::{
    model::{Gateway, Site},
    runtime::{
        lang::Text,
        problem::{Problems, Unique},
    },
};
use std::collections::HashSet;

pub(super) const COLUMNS: Columns = Columns { all: &["gateway_id", "credit_code", "public_key"], required: 2 };
/// Keys of one gateway: each that it ever had.
const KEYS_MAX: usize = 8;

/// Every gateway stands on one of `sites`.
///
/// # Errors
/// Every problem of the file, and then nothing is imported.
pub fn gateways_of(sheet: &Sheet, sites: &[Site]) -> Result<Import<Gateway>, Problems> {
    let doc = sheet.doc();
    let known: HashSet<&str> = sites.iter().map(|site| site.credit_code.as_str()).collect();
    let mut ids = Unique::new("其他行", "row");
    let mut gateways = Vec::new();
    table::each(&doc, COLUMNS, |row| {
        let (gateway_id, credit_code) = (row.field(0), row.field(1));
        if !Gateway::is_id(gateway_id) {
            row.refuse(
                0,
                (
                    Text::new(
                        "1 到 64 个字符，只含英文字母、数字和 . _ -",
                        "1 to 64 of the letters A-Z a-z, digits and . _ -",
                    ),
                    Text::new(
                        "与网关 agent.toml 中的 gateway_id 一致",
                        "write the gateway_id of the gateway's agent.toml",
                    ),
                ),
            );
        }
        ids.claim(&doc, &row.found(0));
        if !known.contains(credit_code) {
            row.refuse(
                1,
                (
                    Text::new("用能单位登记表中的代码", "a code that is in the registry of sites"),
                    Text::new("改正代码，或在登记表中补上该单位", "correct the code, or add the site to the registry"),
                ),
            );
        }
        let public_keys = public_keys(row.field(2)).unwrap_or_else(|| {
            row.refuse(
                2,
                (
                    Text::new(
                        format!("64 位十六进制的公钥，最多 {KEYS_MAX} 个，以空格分隔"),
                        format!("public keys of 64 hex digits, {KEYS_MAX} at most, with blanks between them"),
                    ),
                    Text::new(
                        "写上该网关 mujun-agent key 的输出，或留空",
                        "write what `mujun-agent key` prints on the gateway, or nothing",
                    ),
                ),
            );
            Vec::new()
        });
        gateways.push(Gateway { gateway_id: gateway_id.to_owned(), credit_code: credit_code.to_owned(), public_keys });
    });
    doc.finish(gateways).map(|(rows, warnings)| Import { rows, warnings })
}

/// Separated by blanks; none of nothing.
fn public_keys(text: &str) -> Option<Vec<[u8; 32]>> {
    let key = |word: &str| -> Option<[u8; 32]> {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let digits = (word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(word)?;
        digits.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
    };
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    (words.len() <= KEYS_MAX).then_some(words)?.into_iter().map(key).collect()
}
